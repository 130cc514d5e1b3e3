"""Augmenting images: ``python -m benchmarks.studies.augmentation PEER IMAGES ROUNDS`` answers in JSON, in seconds.

Each image is turned, moved and zoomed at random with linear interpolation, on one thread, in the library's own way:
fastnn in its engine as it trains (the time is what that adds to an epoch of the keras job's network), Keras by its
layers, PyTorch by an affine grid for each batch, SciPy by an affine transformation of each image.
"""

import functools
import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.jobs import JOBS
from benchmarks.peers import fastnn_model, keras, torch
from benchmarks.studies.alternating import median_seconds

# Degrees, and shares of the image's size.
ROTATION, SHIFT, ZOOM = 10.0, 0.1, 0.1
BATCH = 256


def ours(images: NDArray[Any], rounds: int) -> float:
    import fastnn

    fastnn.set_num_threads(1)
    task = JOBS["keras"].make(1)
    model = fastnn_model.build(task)
    labels = np.zeros((len(images), 10), dtype=np.float32)
    labels[:, 0] = 1
    augmentation = fastnn.ImageAugmentation(
        rotation_range=ROTATION, width_shift_range=SHIFT, height_shift_range=SHIFT, zoom_range=ZOOM
    )

    ways = {"with": augmentation, "without": None}
    runs = {way: functools.partial(model.fit, images, labels, augmentation=how) for way, how in ways.items()}
    seconds = median_seconds(runs, rounds)
    return seconds["with"] - seconds["without"]


def with_torch(images: NDArray[Any], rounds: int) -> float:
    task = JOBS["keras"].make(1)
    pytorch = torch.imported(task)
    functional = pytorch.nn.functional
    x = pytorch.from_numpy(images)[:, None]

    def augment(batch: Any) -> Any:
        def drawn(most: float) -> Any:
            return (pytorch.rand(len(batch)) * 2 - 1) * most

        angle, scale = pytorch.deg2rad(drawn(ROTATION)), 1 + drawn(ZOOM)
        cosine, sine = pytorch.cos(angle) * scale, pytorch.sin(angle) * scale
        rows = [pytorch.stack([cosine, -sine, drawn(2 * SHIFT)], 1), pytorch.stack([sine, cosine, drawn(2 * SHIFT)], 1)]
        grid = functional.affine_grid(pytorch.stack(rows, 1), list(batch.shape), align_corners=False)
        return functional.grid_sample(batch, grid, align_corners=False)

    return _seconds(lambda: [augment(batch) for batch in x.split(BATCH)], rounds)


def with_keras(images: NDArray[Any], rounds: int) -> float:
    keras_api, tensorflow = keras.imported(JOBS["keras"].make(1))
    # Shares of a full turn.
    layers: list[Any] = [
        keras_api.layers.RandomRotation(ROTATION / 360, fill_mode="constant"),
        keras_api.layers.RandomTranslation(SHIFT, SHIFT, fill_mode="constant"),
        keras_api.layers.RandomZoom(ZOOM, fill_mode="constant"),
    ]

    def through(batch: Any) -> Any:
        for layer in layers:
            batch = layer(batch, training=True)
        return batch

    compiled = tensorflow.function(through)
    x = images[..., None]
    return _seconds(lambda: [compiled(x[i : i + BATCH]) for i in range(0, len(x), BATCH)], rounds)


def with_scipy(images: NDArray[Any], rounds: int) -> float:
    transform = importlib.import_module("scipy.ndimage").affine_transform
    rng = np.random.default_rng(0)
    side = images.shape[1]
    centre = np.full(2, (side - 1) / 2)

    def augment(image: NDArray[Any]) -> NDArray[Any]:
        angle, scale = np.deg2rad(rng.uniform(-ROTATION, ROTATION)), 1 + rng.uniform(-ZOOM, ZOOM)
        cosine, sine = np.cos(angle) * scale, np.sin(angle) * scale
        matrix = np.array([[cosine, -sine], [sine, cosine]])
        shift = centre - matrix @ centre + rng.uniform(-SHIFT, SHIFT, 2) * side
        moved: NDArray[Any] = transform(image, matrix, shift, order=1)
        return moved

    return _seconds(lambda: [augment(image) for image in images], rounds)


def _seconds(run: Callable[[], Any], rounds: int) -> float:
    return median_seconds({"alone": run}, rounds)["alone"]


PEERS = {"fastnn-model": ours, "torch": with_torch, "keras": with_keras, "scipy": with_scipy}


def main(peer: str, images: str, rounds: str) -> None:
    import fastnn

    (sample, _), _ = fastnn.datasets.load_mnist_sample()
    x = np.resize(sample, (int(images), 28, 28)).astype(np.float32) / 255
    print(json.dumps({"seconds": PEERS[peer](x, int(rounds))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
