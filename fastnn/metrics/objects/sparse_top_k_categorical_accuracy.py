"""Top-k accuracy of class numbers, under Keras' name."""

from typing import SupportsIndex

from fastnn.metrics.objects.top_k_categorical_accuracy import TopKCategoricalAccuracy

__all__ = ["SparseTopKCategoricalAccuracy"]


class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """`TopKCategoricalAccuracy` under the name that Keras gives it for class numbers."""

    aliases = ()

    def __init__(self, k: SupportsIndex = 5, name: str = "sparse_top_k_categorical_accuracy") -> None:
        super().__init__(k, name)
