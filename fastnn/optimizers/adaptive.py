"""Optimisers that divide by the size of the gradients they have seen, so that every parameter has a rate of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fastnn.optimizers.base import Optimizer
from fastnn_ext.plan import Optimizer as Rule

if TYPE_CHECKING:
    from fastnn.optimizers.schedules import LearningRateSchedule

__all__ = ["Adagrad", "RMSprop", "Adam", "AdamW", "Nadam"]


class Adagrad(Optimizer):
    """``v = v + g**2; w -= learning_rate * g / (sqrt(v) + epsilon)`` (Duchi, Hazan and Singer 2011).

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    initial_accumulator_value : float, default 0.1
        Where the sums of squares start: Keras' default; PyTorch's is 0.
    epsilon : float, default 1e-7
    clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Adagrad(0.1).initial_accumulator_value
    0.1
    """

    initial_accumulator_value: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self._numbers(initial_accumulator_value=initial_accumulator_value, epsilon=epsilon)

    def rule(self) -> dict[str, Any]:
        # The engine's RMSprop with squares that do not decay.
        return {
            "optimizer": Rule.RMSPROP,
            "learning_rate": self.rate_at(0),
            "beta_2": 1.0,
            "squares_weight": 1.0,
            "epsilon": self.epsilon,
            "initial_square": self.initial_accumulator_value,
        }


class RMSprop(Optimizer):
    """``v = rho * v + (1 - rho) * g**2; w -= learning_rate * g / (sqrt(v) + epsilon)`` (Tieleman and Hinton 2012).

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    rho : float, default 0.9
        In [0, 1).
    epsilon : float, default 1e-7
        Added outside the root, as in PyTorch; Keras adds it inside.
    clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> RMSprop().rho
    0.9
    """

    rho: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        *,
        epsilon: float = 1e-7,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self._numbers(rho=rho, epsilon=epsilon)

    def rule(self) -> dict[str, Any]:
        return {
            "optimizer": Rule.RMSPROP,
            "learning_rate": self.rate_at(0),
            "beta_2": self.rho,
            "epsilon": self.epsilon,
        }


class Adam(Optimizer):
    """Adam (Kingma and Ba 2015, algorithm 1): momentum over the root of the mean square, corrected for their start.

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
    beta_1, beta_2 : float, default 0.9 and 0.999
        Decay of the mean and of the mean square of gradients, in [0, 1).
    epsilon : float, default 1e-7
        Added to the corrected root, as in the paper and PyTorch.
    clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Adam(0.01).learning_rate
    0.01
    """

    _instead: ClassVar = {"weight_decay": "AdamW is Adam with weight decay"}

    beta_1: float
    beta_2: float
    epsilon: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self._numbers(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)

    def rule(self) -> dict[str, Any]:
        return {
            "optimizer": Rule.ADAM,
            "learning_rate": self.rate_at(0),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


class AdamW(Adam):
    """Adam with decoupled weight decay: first ``w *= 1 - learning_rate * weight_decay`` (Loshchilov and Hutter 2019).

    Parameters
    ----------
    learning_rate
        As in `Adam`.
    weight_decay : float, default 0.004
        Keras' default; biases decay too, as in PyTorch.
    beta_1, beta_2, epsilon
        As in `Adam`.
    clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> AdamW(weight_decay=0.01).rule()["weight_decay"]
    0.01
    """

    _instead: ClassVar = {}

    weight_decay: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
        )
        self._numbers(weight_decay=weight_decay)

    def rule(self) -> dict[str, Any]:
        return super().rule() | {"weight_decay": self.weight_decay}


class Nadam(Adam):
    """Adam with Nesterov's momentum (Dozat 2016), in PyTorch's form.

    The momentum of step t is ``beta_1 * (1 - 0.5 * 0.96**(t * momentum_decay))``.

    Parameters
    ----------
    learning_rate, beta_1, beta_2, epsilon
        As in `Adam`.
    momentum_decay : float, default 0.004
        PyTorch's default, as in the paper; Keras' rule is that of 1.
    clipnorm, clipvalue, global_clipnorm : float, optional
        As in `Optimizer`.

    Examples
    --------
    >>> Nadam().momentum_decay
    0.004
    """

    momentum_decay: float

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        momentum_decay: float = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
        )
        self._numbers(momentum_decay=momentum_decay)

    def rule(self) -> dict[str, Any]:
        return super().rule() | {"optimizer": Rule.NADAM, "momentum_decay": self.momentum_decay}
