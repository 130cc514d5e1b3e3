"""``fastnn demo``: the teaching notebook's main job on real MNIST, timed beside the notebook's own formulas."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

import fastnn
from fastnn.cli import notebook_numpy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What the notebook itself printed for this network after 40 epochs, of all 10,000 test images.
NOTEBOOK_ACCURACY = 0.8592
NOTEBOOK_MSE = 0.0214


def run(arguments: argparse.Namespace) -> None:
    """Train both ways, print the figures and save the pictures."""
    (images, labels), (test_images, test_labels) = fastnn.datasets.load_mnist_sample()
    x_train, x_test = images.astype(numpy.float32) / 255, test_images.astype(numpy.float32) / 255
    y_train, y_test = fastnn.to_categorical(labels, 10), fastnn.to_categorical(test_labels, 10)
    rng = numpy.random.default_rng(arguments.seed)
    first, second = fastnn.FCLayer(28 * 28, 20, rng=rng), fastnn.FCLayer(20, 10, rng=rng)
    network = [
        fastnn.FlattenLayer((28, 28)),
        first,
        fastnn.ActivationLayer(fastnn.relu, fastnn.relu_prime),
        second,
        fastnn.SoftmaxLayer(10),
    ]
    twins = [
        notebook_numpy.Flatten(),
        notebook_numpy.FullyConnected(first.weights, first.bias),
        notebook_numpy.Relu(),
        notebook_numpy.FullyConnected(second.weights, second.bias),
        notebook_numpy.Softmax(),
    ]
    rate = f"learning rate {arguments.learning_rate:g}"
    print(f"784-20-10, {len(x_train)} images of MNIST, {arguments.epochs} epochs, {rate}")

    # Both show a bar; what loading it takes is no one's training.
    from tqdm.auto import tqdm

    started = time.perf_counter()
    _, errors = fastnn.train(network, x_train, y_train, arguments.epochs, arguments.learning_rate, verbose=True)
    seconds = time.perf_counter() - started
    output = fastnn.predict(network, x_test)
    accuracy, mse = fastnn.accuracy(y_test, output), fastnn.mse(y_test, output)
    print(f"test accuracy  {accuracy:.4f}   (the notebook: {NOTEBOOK_ACCURACY} after 40 epochs)")
    print(f"test MSE       {mse:.4f}   (the notebook: {NOTEBOOK_MSE})")

    numpy_errors, numpy_seconds = _train_in_numpy(
        twins, x_train, y_train, arguments.epochs, arguments.learning_rate, tqdm
    )
    samples = max(1, arguments.epochs * len(x_train))
    print(f"fastnn         {seconds:8.3f} s   {1e6 * seconds / samples:8.2f} µs a sample, float32")
    print(f"plain NumPy    {numpy_seconds:8.3f} s   {1e6 * numpy_seconds / samples:8.2f} µs a sample, float64")
    if errors:
        difference = max(abs(a - b) / b for a, b in zip(errors, numpy_errors, strict=True))
        print(f"fastnn is {numpy_seconds / seconds:.0f} times as fast")
        print(f"the two error curves differ by {difference:.1e} of their height at most")
    if not arguments.no_plots:
        _save_pictures(Path(arguments.output), errors, first.weights, x_test, test_labels, output)


def _train_in_numpy(
    twins: list[Any], x: NDArray[Any], y: NDArray[Any], epochs: int, learning_rate: float, bar_of: Any
) -> tuple[list[float], float]:
    errors: list[float] = []
    started = time.perf_counter()
    with bar_of(total=epochs, unit="epoch", desc="plain NumPy") as bar:
        for _ in range(epochs):
            errors.append(notebook_numpy.train_epoch(twins, zip(x, y, strict=True), learning_rate))
            bar.set_postfix(error=f"{errors[-1]:.6f}", refresh=False)
            bar.update()
    return errors, time.perf_counter() - started


def _save_pictures(
    folder: Path,
    errors: list[float],
    weights: NDArray[Any],
    images: NDArray[Any],
    labels: NDArray[Any],
    output: NDArray[Any],
) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        print("no pictures: they need matplotlib, pip install fastnn-ext[plot]", file=sys.stderr)
        return
    from fastnn import plotting
    from fastnn.files.writing import naming

    folder.mkdir(parents=True, exist_ok=True)

    def axes(width: float, height: float) -> "Axes":
        # A canvas of its own: no display is needed, and the user's backend is left alone.
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        return figure.subplots()

    def save(ax: "Axes", name: str, title: str) -> None:
        ax.set_title(title)
        figure = ax.get_figure(root=True)
        assert figure is not None
        with naming(folder / name):
            figure.savefig(folder / name, dpi=120)
        print(f"saved {folder / name}")

    predicted = output.argmax(axis=1)
    if errors:
        save(plotting.plot_error_curve(errors, ax=axes(6.4, 4.8)), "error-curve.png", "error of training")
    for name, chosen in (("right", predicted == labels), ("wrong", predicted != labels)):
        rows = numpy.flatnonzero(chosen)[:24]
        if len(rows):
            ax = plotting.plot_images(images[rows], labels[rows], predicted[rows], columns=6, ax=axes(7, 6.4))
            save(ax, f"{name}.png", f"predicted {name}, of the test images")
    save(plotting.plot_weights(weights, ax=axes(8, 6)), "weights.png", "what each unit of the first layer looks for")
    save(plotting.plot_confusion_matrix(labels, output, ax=axes(7.2, 6.4)), "confusion.png", "test images")
