"""How often anybody has frozen or thawed anything: what asks in every step asks for one number, not for all layers."""

import itertools

__all__ = ["FREEZINGS"]


class _Freezings:
    """The assignments of ``trainable``, of all layers and models of the process.

    Attributes
    ----------
    count : int
        Another one after each. Where it is as it was, so is what every layer says of its training.
    """

    __slots__ = ("_numbers", "count")

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.count = 0

    def note(self) -> None:
        """Tell of an assignment, once it is done; two threads that do so at once never leave a number of before."""
        self.count = next(self._numbers)


FREEZINGS = _Freezings()
