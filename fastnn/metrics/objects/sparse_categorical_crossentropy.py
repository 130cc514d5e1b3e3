"""The cross-entropy of class numbers as a metric, under Keras' name."""

from fastnn.metrics.objects.categorical_crossentropy import CategoricalCrossentropy

__all__ = ["SparseCategoricalCrossentropy"]


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """`CategoricalCrossentropy` under the name that Keras gives it for class numbers.

    Parameters
    ----------
    name : str, default "sparse_categorical_crossentropy"
    from_logits : bool, default False
        The outputs are those before the softmax.

    Examples
    --------
    >>> round(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 6)
    0.693147
    """

    aliases = ()

    def __init__(self, name: str = "sparse_categorical_crossentropy", *, from_logits: bool = False) -> None:
        super().__init__(name, from_logits=from_logits)

    def configuration(self) -> dict[str, object]:
        return {"name": self.name, "from_logits": self.from_logits}
