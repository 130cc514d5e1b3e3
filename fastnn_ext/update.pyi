from typing import Any

from numpy.typing import ArrayLike, NDArray

def sgd(parameters: NDArray[Any], gradients: ArrayLike, learning_rate: float) -> None: ...
