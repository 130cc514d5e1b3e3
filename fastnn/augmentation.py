"""Image augmentation: every time an image is trained on, it is turned, moved, zoomed, mirrored and made noisy anew.

A model that never sees the same pixels twice learns what does not change: the digit, and not its place. The engine does
it as it gathers each batch, with random numbers that depend on the model's seed, the step and the place in the batch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.numbers import real_array
from fastnn.checking.scalars import non_negative_number, true_or_false
from fastnn.checking.strict import Strict
from fastnn_ext.engine.options import LossOptions, RuleOptions
from fastnn_ext.engine.plan import Plan
from fastnn_ext.engine.training import Training
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

__all__ = ["ImageAugmentation"]


class ImageAugmentation(Strict):
    """What may happen to an image: each number is the most that is drawn, uniformly and to both sides.

    Names are those of Keras' ``ImageDataGenerator``. Places between pixels are interpolated linearly.

    Parameters
    ----------
    rotation_range : float, default 0
        Degrees.
    width_shift_range, height_shift_range : float, default 0
        Shares of the image's width and height.
    zoom_range : float, default 0
        0.1 zooms by 0.9 to 1.1. Below 1.
    horizontal_flip : bool, default False
        Mirror every other image from left to right. A mirrored digit is another one.
    noise_stddev : float, default 0
        Standard deviation of normal noise that is added to every pixel.
    fill_value : float, default 0
        What lies beyond the edges.

    Raises
    ------
    TypeError, ValueError
        For numbers that are not finite, or negative where they may not be.

    Examples
    --------
    >>> augmentation = ImageAugmentation(rotation_range=10, width_shift_range=0.1)
    >>> augmentation(np.ones((2, 28, 28)), seed=0).shape
    (2, 28, 28)
    """

    def __init__(
        self,
        rotation_range: float = 0.0,
        width_shift_range: float = 0.0,
        height_shift_range: float = 0.0,
        zoom_range: float = 0.0,
        horizontal_flip: bool = False,
        noise_stddev: float = 0.0,
        fill_value: float = 0.0,
    ) -> None:
        self.rotation_range = non_negative_number(rotation_range, "rotation_range")
        self.width_shift_range = non_negative_number(width_shift_range, "width_shift_range")
        self.height_shift_range = non_negative_number(height_shift_range, "height_shift_range")
        self.zoom_range = non_negative_number(zoom_range, "zoom_range")
        if self.zoom_range >= 1:
            raise ValueError(f"zoom_range must be below 1, but it is {zoom_range}: it would shrink images to nothing")
        self.horizontal_flip = true_or_false(horizontal_flip, "horizontal_flip")
        self.noise_stddev = non_negative_number(noise_stddev, "noise_stddev")
        self.fill_value = float(fill_value)
        if not np.isfinite(self.fill_value):
            raise ValueError(f"fill_value must be finite, but it is {fill_value}")

    def engine_fields(self, shape: Sequence[int]) -> dict[str, Any]:
        """The engine's numbers, for images of shape (height, width) or (height, width, channels)."""
        if len(shape) not in (2, 3):
            raise ValueError(
                f"augmentation is for images, (height, width) or (height, width, channels), but samples have shape "
                f"{tuple(shape)}: start the model with Input((28, 28)) and Flatten(), say"
            )
        return {
            "height": shape[0],
            "width": shape[1],
            "channels": shape[2] if len(shape) == 3 else 1,
            "rotation": np.deg2rad(self.rotation_range),
            "height_shift": self.height_shift_range,
            "width_shift": self.width_shift_range,
            "zoom": self.zoom_range,
            "noise": self.noise_stddev,
            "fill": self.fill_value,
            "horizontal_flip": self.horizontal_flip,
        }

    def __call__(self, images: ArrayLike, seed: int = 0) -> NDArray[np.float32]:
        """Images as training would see them once, to be looked at.

        Parameters
        ----------
        images : array-like, shape (samples, height, width) or (samples, height, width, channels)
        seed : int, default 0
            Another one draws other changes.
        """
        array = real_array(images, "images")
        if array.ndim not in (3, 4) or not array.size:
            raise ValueError(f"images must have shape (samples, height, width), but their shape is {array.shape}")
        rows = np.ascontiguousarray(array.reshape(len(array), -1), dtype=np.float32)
        # A plan that hands its inputs on, in a training that learns nothing and keeps its outputs.
        plan = Plan(rows.shape[1], np.float32)
        plan.add_activation(Activation.LEAKY_RELU, 1.0)
        training = Training(
            plan,
            rows,
            np.zeros_like(rows),
            len(rows),
            LossOptions(Loss.MEAN_SQUARED_ERROR),
            RuleOptions(UpdateRule.SGD, 0.0),
            record=True,
            seed=seed,
            augmentation=self.engine_fields(array.shape[1:]),
        )
        training.run_epoch()
        assert training.outputs is not None
        result: NDArray[np.float32] = training.outputs.reshape(array.shape)
        return result

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments as plain values."""
        return dict(vars(self))

    def __repr__(self) -> str:
        changed = {name: value for name, value in vars(self).items() if value}
        return f"ImageAugmentation({', '.join(f'{name}={value}' for name, value in changed.items())})"
