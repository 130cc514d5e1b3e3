"""Plots: what is drawn is what was given, and bad input is refused."""

import numpy as np
import pytest

import fastnn
from fastnn import plotting
from fastnn.activations.registry import ACTIVATIONS
from fastnn.plotting.canvas import COLOURS

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


def curve_of(ax, label):
    [found] = [line for line in ax.lines if line.get_label() == label]
    return found


def test_error_curve_holds_the_errors():
    ax = plotting.plot_error_curve([3.0, 2.0, 1.0])
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    assert drawn(ax).std() > 0
    given = plt.figure().subplots()
    assert plotting.plot_error_curve({"a": [1.0], "b": [2.0, 1.0]}, ax=given) is given
    assert [t.get_text() for t in given.get_legend().get_texts()] == ["a", "b"]


def test_activations_and_derivatives():
    figure = plotting.plot_activations()
    # Each by itself: ReLU and leaky ReLU would lie on each other.
    assert [ax.get_title() for ax in figure.axes] == ["relu", "leaky_relu", "sigmoid", "tanh"]
    x, y = curve_of(figure.axes[0], "relu").get_data()
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in figure.axes}) == 1
    given = mpl.figure.Figure()
    own = plotting.plot_activations({"sine": (np.sin, np.cos)}, figure=given)
    assert own is given
    derivative = curve_of(own.axes[0], "derivative")
    np.testing.assert_array_equal(derivative.get_ydata(), np.cos(derivative.get_xdata()))


def test_every_activation_of_the_engine_is_drawn():
    known = [kind for kind in ACTIVATIONS if kind.compiled]
    figure = plotting.plot_activations([kind.name for kind in known])
    for kind, ax in zip(known, figure.axes, strict=True):
        x, y = curve_of(ax, kind.name).get_data()
        np.testing.assert_array_equal(y, kind.compiled[0](x))
        np.testing.assert_array_equal(curve_of(ax, "derivative").get_ydata(), kind.compiled[1](x))


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


POINTS = np.random.default_rng(0).normal(size=(50, 2))
HALVES = (POINTS[:, 0] > 0).astype(int)


def test_probabilities_are_the_classes_colours():
    def predict(grid):
        p = 1 / (1 + np.exp(-3 * grid[:, 0]))
        return np.stack([1 - p, p], axis=1)

    ax = plotting.plot_decision_regions(predict, POINTS, HALVES, resolution=21, probabilities=True)
    picture = np.asarray(ax.images[0].get_array())
    left, right = (1 - 0.75 * (1 - np.array(mpl.colors.to_rgb(colour))) for colour in COLOURS[:2])
    low, high = ax.get_xlim()
    xs = np.linspace(low, high, 21)
    p = predict(np.stack([xs, xs], axis=1))
    # From a class' colour to white, where both are as likely.
    strength = (2 * p.max(axis=1) - 1)[:, None]
    expected = (p @ np.stack([left, right])) * strength + 1 - strength
    np.testing.assert_allclose(picture[0], expected, rtol=1e-12)
    # The line between them stands at 0.
    [line] = [path for path in ax.collections if isinstance(path, mpl.contour.QuadContourSet)]
    np.testing.assert_allclose(line.get_paths()[0].vertices[:, 0], 0, atol=(xs[1] - xs[0]) / 2)
    assert drawn(ax).std() > 0


FORMS = {
    "one column": lambda grid: 1 / (1 + np.exp(-grid[:, :1])),
    "one number each": lambda grid: 1 / (1 + np.exp(-grid[:, 0])),
}


@pytest.mark.parametrize("form", FORMS)
def test_probabilities_of_one_output(form):
    def rows(grid):
        p = np.asarray(FORMS[form](grid)).reshape(-1)
        return np.stack([1 - p, p], axis=1)

    pictures = [
        np.asarray(
            plotting.plot_decision_regions(predict, POINTS, HALVES, resolution=9, probabilities=True)
            .images[0]
            .get_array()
        )
        for predict in (FORMS[form], rows)
    ]
    np.testing.assert_allclose(*pictures, rtol=1e-12)


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_logits_of_a_model_become_probabilities(outputs):
    model = fastnn.Sequential([fastnn.Input((2,)), fastnn.Dense(outputs)], seed=0)
    of_one = outputs == 1
    kind = fastnn.losses.BinaryCrossentropy if of_one else fastnn.losses.SparseCategoricalCrossentropy
    model.compile("sgd", kind(from_logits=True))

    def shares(grid):
        logits = model.predict(grid).astype(float)
        return 1 / (1 + np.exp(-logits)) if of_one else np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)

    pictures = [
        np.asarray(
            plotting.plot_decision_regions(predict, POINTS, HALVES, resolution=9, probabilities=True)
            .images[0]
            .get_array()
        )
        for predict in (model, shares)
    ]
    np.testing.assert_allclose(*pictures, rtol=1e-9)


def network():
    rng = np.random.default_rng(3)
    return [
        fastnn.FlattenLayer((2, 3)),
        fastnn.FCLayer(6, 4, rng=rng),
        fastnn.ActivationLayer(fastnn.tanh, fastnn.tanh_prime),
        fastnn.FCLayer(4, 2, rng=rng),
        fastnn.ActivationLayer(np.sin, np.cos),
        fastnn.SoftmaxLayer(2),
    ]


def as_object(layers):
    made = fastnn.Network()
    for layer in layers:
        made.add(layer)
    return made


@pytest.mark.parametrize("form", [list, tuple, as_object])
def test_networks_of_the_notebook_are_drawn(form):
    layers = network()
    before = [array.copy() for layer in layers for array in layer.parameters().values()]
    boxes = plotting.plot_network(form(layers))
    assert boxes.get_title() == "network: 38 parameters"
    assert {"FlattenLayer 0", "FCLayer 1", "ActivationLayer 2", "tanh", "sin", "softmax"} <= set(texts(boxes))
    units = plotting.plot_network(form(layers), style="units")
    assert "FCLayer 1\n4 units\ntanh" in texts(units)
    assert "FCLayer 3\n2 units\nsin\nsoftmax" in texts(units)
    picture = plotting.plot_weights(form(layers), columns=4).images[0].get_array().compressed()
    np.testing.assert_array_equal(np.sort(picture), np.sort(layers[1].weights.astype(float).ravel()))
    for array, old in zip((a for layer in layers for a in layer.parameters().values()), before, strict=True):
        np.testing.assert_array_equal(array, old)
    drawn(boxes)


def test_networks_that_no_picture_knows():
    class Own:
        def forward(self, input):
            return input

        def backward(self, output_error, learning_rate):
            return output_error

    with pytest.raises(TypeError, match=r"network\[1\] \(Own\) is a layer of your own, which no picture knows"):
        plotting.plot_network([fastnn.FCLayer(2, 1), Own()])
    with pytest.raises(ValueError, match="no layer has one: add an FCLayer"):
        plotting.plot_network([fastnn.ActivationLayer(fastnn.relu)])
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: plotting.plot_decision_regions(lambda grid: grid, POINTS, HALVES, resolution=3, probabilities=True),
            "predict must return probabilities",
        ),
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
