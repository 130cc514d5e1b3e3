"""Keras' ``keras.preprocessing.image``: pictures that are changed at random whenever they are trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastnn.arrays.numbers import real_array
from fastnn.augmentation import ImageAugmentation
from fastnn.checking.scalars import whole_number
from fastnn.keras.session import SESSION
from fastnn.keras.translating import attributes

__all__ = ["ImageDataGenerator"]

__getattr__ = attributes(__name__)

# What an ImageAugmentation has in place of others.
_INSTEAD = "fastnn turns, moves, zooms and mirrors from left to right: change the pictures beforehand, and leave it out"
_NONE = {
    **dict.fromkeys(("samplewise_center", "samplewise_std_normalization", "zca_whitening", "vertical_flip"), False),
    **{"brightness_range": None, "shear_range": 0.0, "channel_shift_range": 0.0, "dtype": None},
}


class ImageDataGenerator:
    """Batches of pictures, changed at random.

    `fastnn.Sequential.fit` does the same by ``augmentation=fastnn.ImageAugmentation(...)``, and faster.

    Parameters
    ----------
    rescale : float, optional
        What each number is multiplied by.
    preprocessing_function : function, optional
        Of one picture, called before it is rescaled.
    featurewise_center, featurewise_std_normalization : bool, default False
        Whether the mean of all pictures is subtracted, and they are divided by the deviation: `fit` finds them.
    rotation_range, width_shift_range, height_shift_range, zoom_range, horizontal_flip
        As in `fastnn.ImageAugmentation`.
    fill_mode : {"nearest", "constant"}, default "nearest"
        Taken, where nothing is turned, moved or zoomed; otherwise ``"constant"`` alone, and ``cval``: what lies beyond
        the edges is one number here. The default is 0 there.
    cval : float, default 0
    validation_split : float, default 0
        The share of the last pictures, which ``subset="validation"`` of `flow` gives.

    Raises
    ------
    TypeError
        For what fastnn does not do to pictures.

    Examples
    --------
    >>> generator = ImageDataGenerator(rescale=1 / 255)
    >>> x, y = next(iter(generator.flow(np.full((3, 4, 4, 1), 255), [0, 1, 1], batch_size=2)))
    >>> x.shape, float(x.max())
    ((2, 4, 4, 1), 1.0)
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: float = 0.0,
        height_shift_range: float = 0.0,
        brightness_range: Any = None,
        shear_range: float = 0.0,
        zoom_range: float = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Any = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        dtype: Any = None,
    ) -> None:
        given = locals()
        for name, value in _NONE.items():
            if given[name] not in (value, 0):
                raise TypeError(f"ImageDataGenerator cannot have {name}={given[name]!r}: {_INSTEAD}")
        if data_format not in (None, "channels_last"):
            raise TypeError(f"ImageDataGenerator cannot have data_format={data_format!r}: pictures have channels last")
        if fill_mode not in ("nearest", "constant"):
            raise TypeError(f"ImageDataGenerator cannot have fill_mode={fill_mode!r}: beyond the edges is cval")
        if not 0 <= validation_split < 1:
            raise ValueError(f"validation_split must be at least 0 and below 1, but it is {validation_split}")
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.center, self.divide = featurewise_center, featurewise_std_normalization
        self.validation_split = validation_split
        self.augmentation = ImageAugmentation(
            rotation_range=rotation_range,
            width_shift_range=width_shift_range,
            height_shift_range=height_shift_range,
            zoom_range=zoom_range,
            horizontal_flip=horizontal_flip,
            fill_value=cval,
        )
        self.changes = bool(rotation_range or width_shift_range or height_shift_range or zoom_range or horizontal_flip)
        self.mean: Any = None
        self.std: Any = None

    def fit(self, x: ArrayLike, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Find mean and deviation of each channel of pictures, (samples, height, width, channels)."""
        if augment:
            raise TypeError("fit cannot have augment=True: mean and deviation are those of the pictures as they are")
        array = _pictures(x)
        self.mean = array.mean(axis=(0, 1, 2), dtype=np.float64).astype(np.float32)
        self.std = array.std(axis=(0, 1, 2), dtype=np.float64).astype(np.float32)

    def standardize(self, x: NDArray[Any]) -> NDArray[Any]:
        """Pictures as they are given to a model, without random changes."""
        array = np.asarray(x, dtype=np.float32)
        if self.preprocessing_function is not None:
            array = np.stack([np.asarray(self.preprocessing_function(one), dtype=np.float32) for one in array])
        if self.rescale is not None:
            array = array * np.float32(self.rescale)
        if (self.center or self.divide) and self.mean is None:
            raise RuntimeError("featurewise_center and featurewise_std_normalization need fit(x) first")
        if self.center:
            array = array - self.mean
        return array / (self.std + np.float32(1e-6)) if self.divide else array

    def flow(
        self,
        x: ArrayLike,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        subset: str | None = None,
    ) -> ImageBatches:
        """Batches of pictures, and of what belongs to each."""
        arrays = [_pictures(x), *(np.asarray(one) for one in (y, sample_weight) if one is not None)]
        if len({len(one) for one in arrays}) > 1:
            raise ValueError(f"x, y and sample_weight must be as long as each other: {[len(one) for one in arrays]}")
        if subset not in (None, "training", "validation"):
            raise ValueError(f"subset must be 'training' or 'validation', but it is {subset!r}")
        if subset is not None:
            # Keras takes the first ones.
            split = int(self.validation_split * len(arrays[0]))
            arrays = [one[:split] if subset == "validation" else one[split:] for one in arrays]
        return ImageBatches(self, arrays, batch_size, shuffle, seed)

    def flow_from_directory(self, *given: Any, **options: Any) -> Any:
        """Refused: files are no arrays."""
        raise TypeError("fastnn reads no folders of pictures: load them as one array, and call flow(x, y)")


class ImageBatches:
    """Batches of `ImageDataGenerator.flow`: by number, in turn, or without end by ``next``."""

    def __init__(
        self, generator: ImageDataGenerator, arrays: list[NDArray[Any]], batch_size: int, shuffle: bool, seed: Any
    ) -> None:
        self.generator, self.arrays = generator, arrays
        self.batch_size = whole_number(batch_size, "batch_size", at_least=1)
        self.shuffle, self.n = shuffle, len(arrays[0])
        self.draws = SESSION.generator() if seed is None else np.random.default_rng(seed)
        self.on_epoch_end()
        self._turn = 0

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, number: int) -> Any:
        if not 0 <= number < len(self):
            raise IndexError(f"there are {len(self)} batches, but this is number {number}")
        rows = self.order[number * self.batch_size : (number + 1) * self.batch_size]
        pictures = self.generator.standardize(self.arrays[0][rows])
        if self.generator.changes:
            pictures = self.generator.augmentation(pictures, seed=int(self.draws.integers(1 << 31)))
        return (pictures, *(one[rows] for one in self.arrays[1:])) if len(self.arrays) > 1 else pictures

    def __iter__(self) -> Iterator[Any]:
        for number in range(len(self)):
            yield self[number]

    def __next__(self) -> Any:
        batch = self[self._turn]
        self._turn = (self._turn + 1) % len(self)
        if self._turn == 0:
            self.on_epoch_end()
        return batch

    next = __next__

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self.order = self.draws.permutation(self.n) if self.shuffle else np.arange(self.n)


def _pictures(x: ArrayLike) -> NDArray[Any]:
    array = real_array(x, "x")
    if array.ndim != 4:
        raise ValueError(f"x must have shape (samples, height, width, channels), but its shape is {array.shape}")
    return array
