"""Plots: what is drawn is what was given, and bad input is refused."""

import numpy as np
import pytest

import fastnn
from fastnn import plotting
from fastnn.activations.registry import ACTIVATIONS

mpl = pytest.importorskip("matplotlib")
mpl.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(ax):
    ax.figure.canvas.draw()
    return np.asarray(ax.figure.canvas.buffer_rgba())


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_error_curve_holds_the_errors():
    ax = plotting.plot_error_curve([3.0, 2.0, 1.0])
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    assert drawn(ax).std() > 0
    given = plt.figure().subplots()
    assert plotting.plot_error_curve({"a": [1.0], "b": [2.0, 1.0]}, ax=given) is given
    assert [t.get_text() for t in given.get_legend().get_texts()] == ["a", "b"]


def test_activations_and_derivatives():
    ax = plotting.plot_activations()
    assert len(ax.get_legend().get_texts()) == 8
    x, y = ax.lines[0].get_data()
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    assert ax.lines[0].get_color() == ax.lines[1].get_color()
    own = plotting.plot_activations({"sine": (np.sin, np.cos)})
    np.testing.assert_array_equal(own.lines[1].get_ydata(), np.cos(own.lines[1].get_xdata()))


def test_every_activation_of_the_engine_is_drawn():
    known = [kind for kind in ACTIVATIONS if kind.compiled]
    ax = plotting.plot_activations([kind.name for kind in known])
    for kind, curve, derivative in zip(known, ax.lines[::2], ax.lines[1::2], strict=False):
        x, y = curve.get_data()
        np.testing.assert_array_equal(y, kind.compiled[0](x))
        np.testing.assert_array_equal(derivative.get_ydata(), kind.compiled[1](x))
        assert curve.get_label() == kind.name


def test_images_show_pixels_and_labels():
    images = np.arange(3 * 8 * 8.0).reshape(3, 8, 8)
    before = images.copy()
    ax = plotting.plot_images(images, [1, 2, 3], [1, 2, 4], columns=2)
    assert texts(ax) == ["1", "2", "3 → 4 ✗"]
    assert ax.texts[2].get_color() != ax.texts[0].get_color()
    canvas = ax.images[0].get_array()
    np.testing.assert_array_equal(np.sort(canvas.compressed()), images.ravel())
    np.testing.assert_array_equal(images, before)
    drawn(ax)
    named = plotting.plot_images(images, np.eye(3), class_names=["a", "b", "c"])
    assert texts(named) == ["a", "b", "c"]


def test_weights_are_symmetric_about_white():
    weights = np.random.default_rng(0).normal(size=(784, 20))
    ax = plotting.plot_weights(weights)
    low, high = ax.images[0].get_clim()
    assert low == -high
    drawn(ax)
    drawn(plotting.plot_weights(np.zeros((4, 1)), (2, 2)))


def test_confusion_matrix_counts():
    ax = plotting.plot_confusion_matrix([0, 0, 1, 2], np.eye(3)[[0, 1, 1, 2]])
    assert texts(ax) == ["1", "1", "0", "0", "1", "0", "0", "0", "1"]
    shares = plotting.plot_confusion_matrix([0, 0, 1], [0, 1, 1], class_names=["no", "maybe"], normalize=True)
    assert texts(shares) == ["0.50", "0.50", "0.00", "1.00"]
    assert [t.get_text() for t in shares.get_xticklabels()] == ["no", "maybe"]
    drawn(shares)


def test_decision_regions_follow_the_network():
    x = np.random.default_rng(0).normal(size=(50, 2))
    y = (x[:, 0] > 0).astype(int)
    network = [fastnn.FCLayer(2, 2, dtype=np.float64), fastnn.SoftmaxLayer(2)]
    network[0].weights, network[0].bias = [[-1.0, 1.0], [0.0, 0.0]], [0.0, 0.0]
    ax = plotting.plot_decision_regions(network, x, y, resolution=10)
    regions = np.asarray(ax.images[0].get_array())
    assert (regions[:, 0] == 0).all()
    assert (regions[:, -1] == 1).all()
    column = plotting.plot_decision_regions(lambda grid: 1.0 * (grid[:, :1] > 0), x, np.eye(2)[y], resolution=10)
    np.testing.assert_array_equal(np.asarray(column.images[0].get_array()), regions)
    drawn(column)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.plot_error_curve([np.nan]), "errors must be a list"),
        (lambda: plotting.plot_error_curve({}), "at least one curve"),
        (lambda: plotting.plot_activations(limits=(1, 0)), "limits must be"),
        (lambda: plotting.plot_images(np.full((1, 2, 2), np.nan)), "images must hold finite"),
        (lambda: plotting.plot_images(np.zeros((2, 2, 2)), [1]), "y_true must have a label for each of 2"),
        (lambda: plotting.plot_images(np.zeros((1, 2, 2)), [3], class_names=["a"]), "class_names must name class 3"),
        (lambda: plotting.plot_images(np.zeros((1, 2, 2)), columns=0), "columns must be at least 1"),
        (lambda: plotting.plot_weights(np.full((4, 1), np.inf), (2, 2)), "weights must hold finite"),
        (lambda: plotting.plot_confusion_matrix([0.5], [0]), "y_true must hold class numbers"),
        (lambda: plotting.plot_confusion_matrix([0], [1], class_names=["a"]), "class_names must have 2 names"),
        (lambda: plotting.plot_decision_regions(np.sum, [[0.0, 1.0]], [0, 1]), "y must have a label"),
        (lambda: plotting.plot_decision_regions(np.sum, [[0.0, 1.0]], [0], resolution=1), "resolution"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert not plt.get_fignums()
