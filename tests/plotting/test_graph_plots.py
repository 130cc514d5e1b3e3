"""Pictures of graphs of layers: everything is there once, and nothing lies on anything else."""

import itertools

import numpy as np
import pytest

from fastnn import Model, layers

pyplot = pytest.importorskip("matplotlib.pyplot")
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch  # noqa: E402

from fastnn.plotting import plot_network  # noqa: E402


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def residual():
    x = layers.Input((8,), name="features")
    value = layers.Dense(32, "relu")(x)
    for _ in range(3):
        value = layers.Add()([value, layers.Dense(32, "relu")(layers.Dropout(0.1)(value))])
    return Model(x, layers.Dense(1)(value))


def towers():
    inputs = [layers.Input((4,), name="numbers"), layers.Input((2, 3), name="image"), layers.Input((2,), name="codes")]
    flat = [layers.Flatten()(inputs[1]), layers.Flatten()(layers.Embedding(7, 3)(inputs[2]))]
    both = layers.Concatenate()([inputs[0], *flat])
    shared, first = layers.Dense(6, "tanh"), layers.Dense(6)(both)
    second = shared(first)
    value = layers.Average()([first, second, shared(second)])
    return Model(inputs, {"price": layers.Dense(1)(value), "kind": layers.Dense(3, "softmax")(value), "raw": first})


# The calls of each, and its arrows.
CASES = {"residual": (residual, 11, 15), "towers": (towers, 10, 17)}


def boxes_of(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]


@pytest.mark.parametrize("case", CASES)
def test_every_call_has_a_box_and_every_value_its_arrows(case):
    make, calls, arrows = CASES[case]
    model = make()
    ax = plot_network(model)
    assert len(boxes_of(ax)) == calls == len(model.graph.nodes)
    assert sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches) == arrows
    texts = [text.get_text() for text in ax.texts]
    for name in (*model.input_names, *model.output_names):
        assert name in texts
    assert ax.get_title() == f"{model.name}: {model.count_params():,} parameters"
    if case == "towers":
        assert [text.partition(", ")[2] for text in texts if ", call" in text] == ["call 1 of 2", "call 2 of 2"]


@pytest.mark.parametrize("case", CASES)
def test_no_box_lies_on_another_or_on_an_arrow_of_others(case):
    ax = plot_network(CASES[case][0]())
    extents = [box.get_bbox() for box in boxes_of(ax)]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(extents, 2))
    for patch in ax.patches:
        if isinstance(patch, FancyArrowPatch):
            # Points on the way in the picture's own coordinates, without the head.
            way = patch._path_original.interpolated(20).vertices
            for box in extents:
                inside = (way[:, 0] > box.x0 + 0.01) & (way[:, 0] < box.x1 - 0.01)
                inside &= (way[:, 1] > box.y0 + 0.01) & (way[:, 1] < box.y1 - 0.01)
                assert not inside.any()


def test_arrows_go_down():
    ax = plot_network(towers())
    for patch in ax.patches:
        if isinstance(patch, FancyArrowPatch):
            heights = patch._path_original.vertices[:, 1]
            assert (np.diff(heights) <= 1e-12).all()


def test_a_model_plots_itself(tmp_path):
    towers().plot(tmp_path / "graph.png")
    assert (tmp_path / "graph.png").stat().st_size > 10_000


def test_units_are_of_chains_alone():
    with pytest.raises(ValueError, match="a graph has style='boxes'"):
        plot_network(residual(), style="units")
