"""Optimisers: how parameters follow their gradients. Names are Keras', rules are PyTorch's where the two differ.

Each is a plain description; its state (momentum, squares) lives in one training and starts at zero.
"""

import math
import numbers

from fastnn_ext.plan import Optimizer as Rule

__all__ = ["SGD", "RMSprop", "Adam", "AdamW", "Optimizer"]


class Optimizer:
    """What all optimisers share: numbers that are checked once and never change.

    No dataclass: to make five of them takes a third of the package's import.

    Raises
    ------
    TypeError, ValueError
        For a rate that is not a finite number of at least 0, or a decay outside [0, 1).
    """

    learning_rate: float

    def __init__(self, learning_rate: float = 0.01, **more: float) -> None:
        for name, value in {"learning_rate": learning_rate, **more}.items():
            self.__dict__[name] = _checked(name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} cannot be changed: make another {type(self).__name__}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in vars(self).items())})"

    def rule(self) -> dict[str, float | Rule]:
        """The numbers that the engine takes, by the names of its arguments."""
        raise NotImplementedError(f"{type(self).__name__} is no optimiser of fastnn")


def _checked(name: str, value: float) -> float:
    if name == "nesterov":
        if not isinstance(value, bool):
            raise TypeError(f"nesterov must be True or False, but it is {value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, but it is {value!r}")
    number = float(value)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{name} must be finite and not negative, but it is {number}")
    if name in {"momentum", "rho", "beta_1", "beta_2"} and number >= 1:
        raise ValueError(f"{name} must be below 1, but it is {number}")
    return number


class SGD(Optimizer):
    """Gradient descent: ``w -= learning_rate * g``, with momentum ``v = momentum * v + g; w -= learning_rate * v``.

    Parameters
    ----------
    learning_rate : float, default 0.01
    momentum : float, default 0
        In [0, 1).
    nesterov : bool, default False
        Look ahead: ``w -= learning_rate * (g + momentum * v)`` (Sutskever et al. 2013, in PyTorch's form).

    Examples
    --------
    >>> SGD(0.1, momentum=0.9)
    SGD(learning_rate=0.1, momentum=0.9, nesterov=False)
    """

    momentum: float
    nesterov: bool

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False) -> None:
        super().__init__(learning_rate, momentum=momentum, nesterov=nesterov)

    def rule(self) -> dict[str, float | Rule]:
        kind = Rule.SGD if self.momentum == 0 else Rule.NESTEROV if self.nesterov else Rule.MOMENTUM
        return {"optimizer": kind, "learning_rate": self.learning_rate, "beta_1": self.momentum}


class RMSprop(Optimizer):
    """``v = rho * v + (1 - rho) * g**2; w -= learning_rate * g / (sqrt(v) + epsilon)`` (Tieleman and Hinton 2012).

    Parameters
    ----------
    learning_rate : float, default 0.001
    rho : float, default 0.9
        In [0, 1).
    epsilon : float, default 1e-7
        Added outside the root, as in PyTorch; Keras adds it inside.

    Examples
    --------
    >>> RMSprop().rho
    0.9
    """

    rho: float
    epsilon: float

    def __init__(self, learning_rate: float = 0.001, rho: float = 0.9, epsilon: float = 1e-7) -> None:
        super().__init__(learning_rate, rho=rho, epsilon=epsilon)

    def rule(self) -> dict[str, float | Rule]:
        return {
            "optimizer": Rule.RMSPROP,
            "learning_rate": self.learning_rate,
            "beta_2": self.rho,
            "epsilon": self.epsilon,
        }


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015, algorithm 1): momentum over the root of the mean square, corrected for their start.

    Parameters
    ----------
    learning_rate : float, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.999
        Decay of the mean and of the mean square of gradients, in [0, 1).
    epsilon : float, default 1e-7
        Added to the corrected root, as in the paper and PyTorch.

    Examples
    --------
    >>> Adam(0.01).learning_rate
    0.01
    """

    beta_1: float
    beta_2: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)

    def rule(self) -> dict[str, float | Rule]:
        return {
            "optimizer": Rule.ADAM,
            "learning_rate": self.learning_rate,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


class AdamW(Adam):
    """Adam with decoupled weight decay: first ``w *= 1 - learning_rate * weight_decay`` (Loshchilov and Hutter 2019).

    Parameters
    ----------
    learning_rate, beta_1, beta_2, epsilon
        As in `Adam`.
    weight_decay : float, default 0.004
        Keras' default; biases decay too, as in PyTorch.

    Examples
    --------
    >>> AdamW(weight_decay=0.01).rule()["weight_decay"]
    0.01
    """

    weight_decay: float

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float = 0.004,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon)
        self.__dict__["weight_decay"] = _checked("weight_decay", weight_decay)

    def rule(self) -> dict[str, float | Rule]:
        return super().rule() | {"weight_decay": self.weight_decay}
