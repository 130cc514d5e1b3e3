"""Pictures of models: what is drawn is what the model holds, the model stays as it is, and bad input is refused."""

import sys

import numpy as np
import pytest

from fastnn import plotting
from fastnn.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Input,
    LayerNormalization,
    LeakyReLU,
    ReLU,
    Rescaling,
    Softmax,
)
from fastnn.losses import BinaryCrossentropy, Hinge
from fastnn.models import History, Sequential
from fastnn.plotting.canvas import COLOURS
from fastnn.plotting.loss_surface import losses_around, random_direction

mpl = pytest.importorskip("matplotlib")
mpl.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")
LineCollection, PathCollection = mpl.collections.LineCollection, mpl.collections.PathCollection
to_rgb, Figure, Annotation = mpl.colors.to_rgb, mpl.figure.Figure, mpl.text.Annotation


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def model():
    """A compiled 2-5-3 model with biases that are not 0."""
    made = Sequential([Input((2,)), Dense(5, "relu"), Dense(3, "softmax")], seed=0, name="small")
    rng = np.random.default_rng(1)
    made.set_weights([rng.normal(size=array.shape) for array in made.get_weights()])
    made.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


@pytest.fixture
def data():
    rng = np.random.default_rng(2)
    return rng.normal(size=(40, 2)).astype(np.float32), rng.integers(0, 3, 40)


def every_kind():
    return Sequential(
        [
            Input((4, 2)),
            Rescaling(0.5, -1.0),
            Flatten(),
            Dense(300, name="a_name_that_is_longer_than_any_box_is_wide"),
            BatchNormalization(),
            ReLU(),
            Dropout(0.25),
            Dense(6, "tanh", use_bias=False),
            LayerNormalization(),
            GaussianNoise(0.1),
            Dense(1),
            Activation("sigmoid"),
        ],
        seed=0,
        name="every kind",
    )


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def overlapping(ax):
    """Pairs of texts of an Axes, its title and its legend that cover each other, as they are drawn."""
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    parts = [text for text in (*ax.texts, ax.title, *(legend.get_texts() if legend else ())) if text.get_text()]
    boxes = [text.get_window_extent() for text in parts]
    return [
        (parts[i].get_text(), parts[j].get_text())
        for i in range(len(boxes))
        for j in range(i)
        if boxes[i].overlaps(boxes[j])
    ]


# The history.


def test_history_has_an_axes_for_each_name_with_validation_dashed():
    curves = {
        "loss": [3.0, 2.0, 1.0],
        "accuracy": [0.1, 0.5, 0.9],
        "val_loss": [3.0, 2.5, 2.25],
        "val_accuracy": [0.1] * 3,
    }
    figure = plotting.plot_history(curves)
    assert isinstance(figure, Figure)
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "accuracy"]
    training, validation = figure.axes[0].lines
    np.testing.assert_array_equal(training.get_xydata(), [[1, 3], [2, 2], [3, 1]])
    np.testing.assert_array_equal(validation.get_xydata(), [[1, 3], [2, 2.5], [3, 2.25]])
    assert (training.get_linestyle(), validation.get_linestyle()) == ("-", "--")
    assert training.get_color() != validation.get_color()
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["training", "validation"]
    figure.canvas.draw()


def test_history_leaves_out_epochs_without_a_value():
    history = History()
    for epoch, values in ((2, {"loss": 3.0}), (3, {"loss": 2.0, "val_loss": 3.5}), (4, {"loss": 1.5}),
                          (5, {"loss": 1.0, "val_loss": 2.5})):  # fmt: skip
        history.add(epoch, values)
    training, validation = plotting.plot_history(history).axes[0].lines
    np.testing.assert_array_equal(training.get_xydata(), [[3, 3], [4, 2], [5, 1.5], [6, 1]])
    np.testing.assert_array_equal(validation.get_xydata(), [[4, 3.5], [6, 2.5]])
    assert (training.get_marker(), validation.get_marker()) == ("None", "o")
    figure = plotting.plot_history({"loss": [4.0, 3.0, 2.0, 1.0], "val_loss": [np.nan, 3.5, np.nan, 2.5]})
    validation = figure.axes[0].lines[1]
    np.testing.assert_array_equal(validation.get_xydata(), [[2, 3.5], [4, 2.5]])
    assert validation.get_marker() == "o"
    only = plotting.plot_history({"val_loss": [1.0]}, figure=Figure())
    assert [line.get_label() for line in only.axes[0].lines] == ["validation"]
    # No epoch 0.99: the one there is has the only tick within sight.
    low, high = only.axes[0].get_xlim()
    assert [tick for tick in only.axes[0].get_xticks() if low <= tick <= high] == [1]


def test_history_of_a_model_counts_epochs_and_is_written_to_a_file(model, data, tmp_path):
    history = model.fit(*data, epochs=5, initial_epoch=2, validation_split=0.25)
    figure = history.plot(tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    assert len(figure.axes) == 2
    for ax, name in zip(figure.axes, ("loss", "accuracy"), strict=True):
        for line, key in zip(ax.lines, (name, f"val_{name}"), strict=True):
            np.testing.assert_array_equal(line.get_xdata(), [3, 4, 5])
            np.testing.assert_array_equal(line.get_ydata(), history.history[key])
    given = plt.figure()
    assert plotting.plot_history(history.history, figure=given) is given
    np.testing.assert_array_equal(given.axes[0].lines[0].get_xdata(), [1, 2, 3])


# The network.


def test_boxes_tell_every_layer():
    model = every_kind()
    ax = plotting.plot_network(model)
    assert len(ax.patches) == len(model.layers) == 11
    told = texts(ax)
    assert told.count("Dense") == 3
    for words in ("input", "output", "re_lu", "rate 0.25", "stddev 0.1", "tanh", "a_name_that_is_longer_than_…"):
        assert words in told, words
    assert told.count("300 values") == 4
    assert told.count("2,700 parameters") == 1
    assert "1 value" in told
    assert ax.get_title() == "every kind: 5,719 parameters"
    # One before and one behind each layer.
    assert sum(isinstance(part, Annotation) for part in ax.texts) == 12
    assert not overlapping(ax)
    # Whatever size the caller's Axes have, words stay apart.
    assert not overlapping(plotting.plot_network(model, ax=plt.figure(figsize=(4, 3.5)).subplots()))


def test_units_show_weights_by_sign_and_size():
    model = Sequential([Input((3,)), Dense(2), Dense(20, "relu"), Dropout(0.5)], seed=0)
    model.layers[0].arrays["kernel"][...] = [[-4.0, -2.0], [1.0, 0.5], [-1.0, 2.0]]
    ax = plotting.plot_network(model, style="units", max_units=5)
    circles = [part for part in ax.collections if isinstance(part, PathCollection)]
    # Six places for the last layer, of which the fourth is the ellipsis'.
    heights_of = [part.get_offsets()[:, 1].tolist() for part in circles]
    assert heights_of == [[1, 0, -1], [0.5, -0.5], [2.5, 1.5, 0.5, -1.5, -2.5]]
    assert texts(ax) == ["input\n3 values", "dense\n2 units\nlinear", "⋮", "dense_1\n20 units\nrelu\nDropout"]
    assert ax.texts[2].get_position() == (2, -0.5)
    first, second = (part for part in ax.collections if isinstance(part, LineCollection))
    assert len(first.get_segments()) == 6
    assert len(second.get_segments()) == 10
    # The last is drawn on top: that of weight -4, from the first unit to the first.
    np.testing.assert_array_equal(first.get_segments()[-1], [[0, 1], [1, 0.5]])
    assert first.get_linewidths()[-1] == max(first.get_linewidths()) > 1.5 * min(first.get_linewidths())
    assert tuple(first.get_colors()[-1][:3]) == to_rgb(COLOURS[0])
    colours = [tuple(colour[:3]) for colour in first.get_colors()]
    assert colours.count(to_rgb(COLOURS[1])) == 3
    assert colours.count(to_rgb(COLOURS[0])) == 3
    assert not overlapping(ax)
    assert not overlapping(plotting.plot_network(every_kind(), style="units"))


def test_model_plots_itself(model, tmp_path):
    boxes, units = model.plot(tmp_path / "boxes.png"), model.plot(str(tmp_path / "units.svg"), style="units")
    assert len(boxes.patches) == 2
    assert not units.patches
    assert (tmp_path / "boxes.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "units.svg").read_bytes()
    given = plt.figure().subplots()
    assert plotting.plot_network(model, ax=given) is given


# Histograms.


def heights(ax):
    return [patch.get_height() for patch in ax.patches]


def test_weight_histograms_hold_all_weights_and_biases():
    model = every_kind()
    model.layers[2].arrays["bias"][...] = np.linspace(-1, 1, 300)
    figure = plotting.plot_weight_histograms(model)
    assert [ax.get_title() for ax in figure.axes] == [
        "a_name_that_is_longer_t… (Dense, linear)",
        "dense (Dense, tanh)",
        "dense_1 (Dense, linear)",
    ]
    for ax in figure.axes:
        assert sum(heights(ax)) == pytest.approx(1.0)
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xdata(), model.layers[2].arrays["bias"])
    labels = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in figure.axes]
    assert labels == [["2,400 weights", "300 biases"], ["1,800 weights"], ["6 weights", "1 bias"]]
    figure.canvas.draw()


def test_layer_outputs_are_those_of_the_formulas():
    model = Sequential(
        [
            Input((3, 2)),
            Rescaling(1 / 255),
            Flatten(),
            Dense(7),
            LeakyReLU(0.1),
            Dropout(0.5),
            BatchNormalization(),
            Dense(4, (np.sin, np.cos)),
            Softmax(),
        ],
        dtype=np.float64,
        seed=3,
    )
    rng = np.random.default_rng(4)
    norm = model.layers[5].arrays
    norm["moving_mean"][...], norm["moving_variance"][...] = rng.normal(size=7), rng.uniform(0.5, 2, 7)
    x = rng.integers(0, 256, (9, 3, 2), dtype=np.uint8)
    outputs = plotting.layer_outputs(model, x)

    rows = x.reshape(9, 6) / 255
    dense = rows @ model.layers[2].arrays["kernel"]
    leaky = np.where(dense > 0, dense, 0.1 * dense)
    normal = (leaky - norm["moving_mean"]) / np.sqrt(norm["moving_variance"] + 1e-3)
    sines = np.sin(normal @ model.layers[6].arrays["kernel"])
    soft = np.exp(sines) / np.exp(sines).sum(axis=1, keepdims=True)
    assert list(outputs) == [layer.name for layer in model.layers]
    expected = (rows, rows, dense, leaky, leaky, normal, sines, soft)
    for (name, values), truth in zip(outputs.items(), expected, strict=True):
        # Sums of seven numbers of about 1, in another order.
        np.testing.assert_allclose(values, truth, rtol=1e-13, atol=1e-14, err_msg=name)


def test_activation_histograms_tell_zeros_and_dead_units(model, data):
    x, _ = data
    model.layers[0].arrays["kernel"][:, 3] = 0
    model.layers[0].arrays["bias"][3] = -1
    before = model.parameters.copy()
    figure = plotting.plot_activation_histograms(model, x)
    hidden, output = figure.axes
    values = plotting.layer_outputs(model, x)["dense"]
    zeros = (values == 0).mean()
    assert 0.2 <= zeros < 1
    assert sum(heights(hidden)) == pytest.approx(1 - zeros)
    assert hidden.get_xlabel() == f"output\nexactly 0: {100 * zeros:.0f} %, dead: 1 of 5 units (20 %)"
    assert output.get_xlabel() == "output"
    assert sum(heights(output)) == pytest.approx(1.0)
    np.testing.assert_array_equal(model.parameters, before)
    figure.canvas.draw()
    # Nothing but zeros.
    model.layers[0].arrays["kernel"][...] = 0
    model.layers[0].arrays["bias"][...] = -1
    dead = plotting.plot_activation_histograms(model, x).axes[0]
    assert sum(heights(dead)) == 0
    assert "dead: 5 of 5 units (100 %)" in dead.get_xlabel()


# The loss surface.


def test_loss_surface_is_what_evaluate_says_there(model, data):
    rng = np.random.default_rng(5)
    first, second = random_direction(model, rng), random_direction(model, rng)
    steps = np.linspace(-1, 1, 3)
    losses = losses_around(model, *data, first, second, steps)
    assert losses[1, 1] == model.evaluate(*data)[0]
    here = model.get_weights()
    for row, column in ((0, 0), (2, 0), (1, 2)):
        model.set_weights([w + steps[column] * a + steps[row] * b for w, a, b in zip(here, first, second, strict=True)])
        assert losses[row, column] == model.evaluate(*data)[0]
    assert len(np.unique(losses)) == 9


def test_directions_have_the_norm_of_each_units_weights(model):
    model.layers[1].arrays["bias"][...] = 0
    steps = random_direction(model, np.random.default_rng(6))
    for step, array in zip(steps, model.get_weights(), strict=True):
        axis = 0 if array.ndim == 2 else None
        # Norms of float32 numbers.
        np.testing.assert_allclose(np.linalg.norm(step, axis=axis), np.linalg.norm(array, axis=axis), rtol=1e-6)
    assert not steps[-1].any()


def test_loss_surface_is_drawn_around_the_present_weights(model, data):
    before, history = model.parameters.copy(), model.evaluate(*data)
    ax = plotting.plot_loss_surface(model, *data, span=0.5, resolution=7, rng=8)
    rng = np.random.default_rng(8)
    directions = random_direction(model, rng), random_direction(model, rng)
    losses = losses_around(model, *data, *directions, np.linspace(-0.5, 0.5, 7))
    surface = ax.collections[0]
    np.testing.assert_array_equal([surface.zmin, surface.zmax], [losses.min(), losses.max()])
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 0]])
    assert ax.lines[0].get_label() == f"present weights: loss {history[0]:.3g}"
    assert ax.get_xlim() == (-0.5, 0.5)
    assert model.parameters.tobytes() == before.tobytes()
    ax.figure.canvas.draw()
    # A surface that is flat: every weight, and so every direction, is 0.
    model.parameters[...] = 0
    plotting.plot_loss_surface(model, *data, resolution=2).figure.canvas.draw()


def test_loss_surface_leaves_the_model_when_it_fails(model, data):
    calls = []

    def loss(y_true, y_pred):
        calls.append(1)
        if len(calls) > 3:
            raise ArithmeticError("enough")
        return ((y_true - y_pred) ** 2).mean(axis=1)

    model.compile("sgd", (loss, lambda y_true, y_pred: 2 * (y_pred - y_true) / 3))
    before = model.parameters.copy()
    with pytest.raises(ArithmeticError, match="enough"):
        plotting.plot_loss_surface(model, data[0], np.eye(3)[data[1]], rng=0)
    assert model.parameters.tobytes() == before.tobytes()
    assert not plt.get_fignums()


# Other pictures that take a model.


def test_decision_regions_of_a_model(data):
    x = data[0]
    y = (x[:, 0] > 0).astype(int)
    model = Sequential([Input((2,)), Dense(1, "sigmoid")])
    model.set_weights([[[3.0], [0.0]], [-1.5]])
    ax = plotting.plot_decision_regions(model, x, y, resolution=20)
    regions = np.asarray(ax.images[0].get_array())
    left, right = ax.images[0].get_extent()[:2]
    np.testing.assert_array_equal(regions, np.tile(np.linspace(left, right, 20) > 0.5, (20, 1)))
    # The same border, with outputs from which the sigmoid is missing.
    for loss in (BinaryCrossentropy(from_logits=True), Hinge()):
        logits = Sequential([Input((2,)), Dense(1)])
        logits.set_weights(model.get_weights())
        logits.compile(loss=loss)
        again = plotting.plot_decision_regions(logits, x, y, resolution=20)
        np.testing.assert_array_equal(np.asarray(again.images[0].get_array()), regions)


def test_weights_of_a_model():
    model = Sequential([Input((4, 5)), Flatten(), Dense(3), Dense(20)], seed=0)
    kernel = model.layers[1].arrays["kernel"]
    canvas = np.asarray(plotting.plot_weights(model).images[0].get_array().compressed())
    np.testing.assert_array_equal(np.sort(canvas), np.sort(kernel.ravel().astype(float)))
    rows = Sequential([Input((20,)), Dense(3)], seed=0)
    assert plotting.plot_weights(rows, (4, 5)).images


# What is refused.

UNBUILT = Sequential([Dense(2)])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: plotting.plot_history(History()), ValueError, "no epochs yet: train the model"),
        (lambda m: plotting.plot_history([1.0]), TypeError, "history must be what model.fit returned"),
        (lambda m: plotting.plot_history({"loss": 1.0}), ValueError, r"history\['loss'\] must be a list"),
        (lambda m: UNBUILT.plot(), RuntimeError, r"not built: call model.build\(input_shape\)"),
        (
            lambda m: plotting.plot_network([]),
            TypeError,
            "model must be a fastnn.Sequential or a list of layers, but it is of type list",
        ),
        (lambda m: plotting.plot_network(m, style="dots"), ValueError, "style must be 'boxes' or 'units'"),
        (lambda m: plotting.plot_network(m, style="units", max_units=1), ValueError, "max_units must be at least 2"),
        (lambda m: Sequential([Input((2,)), ReLU()]).plot(style="units"), ValueError, "no layer with weights"),
        (lambda m: plotting.plot_weight_histograms(UNBUILT), RuntimeError, "not built"),
        (lambda m: plotting.plot_activation_histograms(UNBUILT, [[1.0]]), RuntimeError, "not built"),
        (lambda m: plotting.plot_activation_histograms(m, np.zeros((3, 5))), ValueError, r"shape \(samples, 2\)"),
        (lambda m: plotting.plot_activation_histograms(m, np.zeros((0, 2))), ValueError, "at least one sample"),
        (lambda m: plotting.layer_outputs(m, [[np.nan, 0.0]]), ValueError, r"x\[0, 0\] is nan"),
        (lambda m: plotting.plot_loss_surface(m, [[0.0, 1.0]], [0], resolution=1), ValueError, "resolution must be"),
        (lambda m: plotting.plot_loss_surface(m, [[0.0, 1.0]], [0], span=np.inf), ValueError, "span must be a finite"),
        (lambda m: plotting.plot_loss_surface(m, [[0.0, 1.0]], [0, 1]), ValueError, "y must have as many samples"),
        (lambda m: plotting.plot_loss_surface(m, np.zeros((0, 2)), []), ValueError, "at least one sample"),
        (lambda m: plotting.plot_loss_surface(UNBUILT, [[0.0]], [0]), RuntimeError, "not built"),
        (lambda m: plotting.plot_loss_surface(every_kind(), [[0.0]], [0]), RuntimeError, "not compiled"),
        (lambda m: plotting.plot_decision_regions(UNBUILT, [[0.0, 1.0]], [0]), RuntimeError, "not built"),
        (lambda m: plotting.plot_weights(UNBUILT), RuntimeError, "not built"),
        (lambda m: plotting.plot_weights(m), ValueError, r"weights must have shape \(784, units\)"),
    ],
)
def test_refuses(model, call, error, message):
    with pytest.raises(error, match=message):
        call(model)
    assert not plt.get_fignums()
    assert not UNBUILT.built


def test_refuses_numbers_that_are_not_finite(model, data):
    model.layers[0].arrays["kernel"][...] = 3e38
    with pytest.raises(ValueError, match="no loss around the present weights is finite"):
        plotting.plot_loss_surface(model, *data, span=1e-3, resolution=3, rng=0)
    with pytest.raises(ValueError, match="the outputs of dense must hold finite"):
        plotting.plot_activation_histograms(model, data[0])
    model.layers[0].arrays["kernel"][...] = np.nan
    with pytest.raises(ValueError, match="the kernel of dense must hold finite"):
        plotting.plot_weight_histograms(model)
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    "call",
    [
        lambda m, x, y: plotting.plot_history({"loss": [1.0]}),
        lambda m, x, y: m.plot(),
        lambda m, x, y: m.plot(style="units"),
        lambda m, x, y: plotting.plot_weight_histograms(m),
        lambda m, x, y: plotting.plot_activation_histograms(m, x),
        lambda m, x, y: plotting.plot_loss_surface(m, x, y, resolution=2),
        lambda m, x, y: plotting.plot_decision_regions(m, x, y, resolution=2),
        lambda m, x, y: plotting.plot_weights(m, (1, 2)),
    ],
)
def test_without_matplotlib_says_how_to_get_it(model, data, call, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install fastnn-ext\[plot\]"):
        call(model, *data)
