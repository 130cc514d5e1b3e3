from enum import IntEnum
from typing import Any

from numpy.typing import ArrayLike, NDArray

class Loss(IntEnum):
    MEAN_SQUARED_ERROR = 0
    CROSS_ENTROPY = 1
    BINARY_CROSS_ENTROPY = 2
    MEAN_ABSOLUTE_ERROR = 3
    HUBER = 4
    QUANTILE = 5
    POISSON = 6
    HINGE = 7
    KL_DIVERGENCE = 8

def mse(y_true: ArrayLike, y_pred: ArrayLike) -> float: ...
def mse_prime(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]: ...
def cross_entropy(y_true: ArrayLike, y_pred: ArrayLike) -> float: ...
def cross_entropy_prime(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]: ...
def softmax_with_loss(y_true: ArrayLike, logits: ArrayLike, loss: Loss) -> tuple[float, NDArray[Any]]: ...
