"""How often anybody has frozen or thawed anything: what asks in every step asks for one number, not for all layers."""

__all__ = ["FREEZINGS"]


class _Freezings:
    """The assignments of ``trainable``, of all layers and models of the process.

    Attributes
    ----------
    count : int
        It grows. Where it is as it was, so is what every layer says of its training.
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


FREEZINGS = _Freezings()
