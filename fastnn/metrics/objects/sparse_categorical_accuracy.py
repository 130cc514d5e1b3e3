"""Accuracy of class numbers, under Keras' name."""

from fastnn.metrics.objects.categorical_accuracy import CategoricalAccuracy

__all__ = ["SparseCategoricalAccuracy"]


class SparseCategoricalAccuracy(CategoricalAccuracy):
    """`CategoricalAccuracy` under the name that Keras gives it for class numbers."""

    aliases = ()

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(name)
