"""What all schedules share."""

from typing import Any

from numpy.typing import ArrayLike

from fastnn.checking.strict import Strict

__all__ = ["LearningRateSchedule"]


class LearningRateSchedule(Strict):
    """What all schedules share. A schedule of your own is any function of an array of steps."""

    def __call__(self, step: ArrayLike) -> Any:
        """The rate of a step, or of each of an array of them."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(step) that returns rates")

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments as plain values, for saving."""
        return dict(vars(self))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in vars(self).items())})"
