"""What all optimisers share: numbers that are checked once, a learning rate or its schedule, decay and clipping."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from fastnn.checking.names import snake_case
from fastnn.checking.old_spellings import tell
from fastnn.checking.scalars import non_negative_number, true_or_false
from fastnn.checking.strict import Strict
from fastnn.optimizers.rate import LearningRate, StepCount
from fastnn_ext.engine.options import RuleOptions

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from fastnn.optimizers.schedules import LearningRateSchedule
    from fastnn.registry import Without
    from fastnn_ext.tables.enums import UpdateRule

__all__ = ["PIECES", "Array", "Optimizer"]

Array: TypeAlias = "NDArray[numpy.float64]"

# What each optimiser of the package defines; the registry refuses one that does not.
PIECES = ("aliases", "engine", "keras", "torch", "convention", "numbers", "change")

# What is on or off.
_SWITCHES = {"nesterov", "centered", "amsgrad", "epsilon_hat", "epsilon_inside", "rate_in_velocity"}
# Numbers that are a share of what was before.
_DECAYS = {"momentum", "rho", "beta_1", "beta_2"}


class Optimizer(Strict):
    """An optimiser; use one of its subclasses, each of which holds all there is to say of it, `PIECES`.

    No dataclass: to make a handful of them takes a third of the package's import.

    Parameters
    ----------
    learning_rate : float or schedule
        Finite and not negative, or one of `fastnn.optimizers.schedules`. It may be assigned later.
    weight_decay : float, optional
        Before each step ``w -= learning_rate * weight_decay * w``, biases', too, as in Keras: decoupled from gradients
        and their means (Loshchilov and Hutter 2019). `SGD` has PyTorch's.
    clipnorm : float, optional
        Each array's gradient with a larger Euclidean norm is scaled down to it.
    clipvalue : float, optional
        Each number of a gradient beyond it or its negative is set to it.
    global_clipnorm : float, optional
        All gradients are scaled down together where their common norm is larger, as PyTorch's ``clip_grad_norm_`` does.

    Raises
    ------
    TypeError, ValueError
        For a number that is not finite and at least 0, or a decay outside [0, 1).

    Attributes
    ----------
    aliases : tuple of str
        Further names than that of the class in small letters.
    engine : tuple of fastnn_ext.engine.plan.Optimizer
        The engine's rules that `numbers` may choose.
    keras, torch : str or Without
        What the class is called there.
    convention : str
        Where it follows which of the two, for the documentation.
    """

    aliases: ClassVar[tuple[str, ...]]
    engine: ClassVar[tuple[UpdateRule, ...]]
    keras: ClassVar[str | Without]
    torch: ClassVar[str | Without]
    convention: ClassVar[str]

    weight_decay: float | None
    _learning_rate: float | LearningRateSchedule
    _changeable = frozenset({"learning_rate", "_steps", "_states", "_compiled"})
    # Of `apply_gradients`; beside what an optimiser is, which `vars` tells.
    __slots__ = ("_compiled", "_states", "_steps")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        self._compiled = False
        self._steps: int = 0
        self._states: dict[int, tuple[Any, dict[str, Any]]] = {}
        self.learning_rate = learning_rate
        self._keep(weight_decay=None if weight_decay is None else _checked("weight_decay", weight_decay))
        for name, limit in {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}.items():
            self.__dict__[name] = None if limit is None else _checked(name, limit)
            if limit is not None and self.__dict__[name] == 0:
                raise ValueError(f"{name} must be above 0, but it is 0: leave it out to clip nothing")

    @property
    def learning_rate(self) -> float | LearningRateSchedule:
        """The rate, or its schedule. ``optimizer.learning_rate.assign(0.1)`` is another way to change a rate."""
        rate = self._learning_rate
        return rate if callable(rate) else LearningRate.of(rate, self._assign_rate)

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule) -> None:
        rate = value if callable(value) else float(_checked("learning_rate", value))
        self.__dict__["_learning_rate"] = rate

    @property
    def iterations(self) -> StepCount:
        """The steps that `apply_gradients` has done; Keras' name.

        Raises
        ------
        AttributeError
            For the optimiser of a model that has done none: such a model counts the steps of its training itself.
        """
        # Optimisers from files of before have no such field.
        if getattr(self, "_compiled", False) and not self._steps:
            raise AttributeError(
                f"a {type(self).__name__} counts the steps of its own apply_gradients alone, and has done none: those "
                "of a model's training are model.optimizer_state.step"
            )
        return StepCount(self._steps)

    @property
    def lr(self) -> float | LearningRateSchedule:
        """Keras' old name of `learning_rate`."""
        tell("optimizer.lr", "optimizer.learning_rate")
        return self.learning_rate

    @lr.setter
    def lr(self, value: float | LearningRateSchedule) -> None:
        tell("optimizer.lr", "optimizer.learning_rate")
        self.learning_rate = value

    def _assign_rate(self, value: float) -> None:
        self.learning_rate = value

    def _keep_checked(self, **values: float) -> None:
        """Keep the numbers of a subclass, checked."""
        self._keep(**{name: _checked(name, value) for name, value in values.items()})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self.configuration().items())})"

    def configuration(self) -> dict[str, Any]:
        """The constructor's arguments, without those that are None."""
        return {name.lstrip("_"): value for name, value in vars(self).items() if value is not None}

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as values that JSON can hold, as Keras gives them, and the ``name``.

        A schedule is a dict of its "class_name" and "config".

        >>> from fastnn.optimizers import SGD
        >>> SGD(0.1).get_config()["learning_rate"]
        0.1
        """
        rate = self._learning_rate
        if callable(rate):
            if not hasattr(rate, "configuration"):
                raise TypeError("learning_rate is a function of your own, which no data can hold")
            told: Any = {"class_name": type(rate).__name__, "config": rate.configuration()}
        else:
            told = rate
        rest = {name: value for name, value in vars(self).items() if name != "_learning_rate"}
        return {"name": snake_case(type(self).__name__), "learning_rate": told, **rest}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new one of what `get_config` gave; TypeError or ValueError where it does not fit."""
        given = {name: value for name, value in dict(config).items() if name != "name"}
        rate = given.get("learning_rate")
        if isinstance(rate, Mapping):
            import fastnn.optimizers.schedules as schedules

            kind = rate.get("class_name")
            if kind not in schedules.__all__:
                raise ValueError(f"learning_rate must be a number or one of {', '.join(schedules.__all__)}: {rate!r}")
            given["learning_rate"] = getattr(schedules, str(kind))(**rate["config"])
        return cls(**given)

    def rate_at(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        rate = self._learning_rate
        if not callable(rate):
            return rate
        value = float(rate(step))
        if not 0 <= value < math.inf:
            raise ValueError(
                f"the learning rate's schedule must give a finite rate of at least 0, but gave {value} for step {step}"
            )
        return value

    def rates(self, first: int, count: int) -> NDArray[numpy.float64] | None:
        """The rates of ``count`` steps from step ``first`` on; None where all are `learning_rate`."""
        if not callable(self._learning_rate):
            return None
        import numpy

        steps = numpy.arange(first, first + count)
        rates = numpy.array(self._learning_rate(steps), dtype=numpy.float64)
        if rates.shape != steps.shape or not (numpy.isfinite(rates) & (rates >= 0)).all():
            raise ValueError(
                f"the learning rate's schedule must give a finite rate of at least 0 for each of {count} steps from "
                f"step {first} on, but gave {rates}"
            )
        return rates

    def rule(self) -> dict[str, Any]:
        """All numbers that the engine takes, without those of `clipping`, by the names of its arguments."""
        rule = {"learning_rate": self.rate_at(0)} | self.numbers()
        return rule | ({self._kind_of_decay(): self.weight_decay} if self.weight_decay else {})

    def numbers(self) -> dict[str, Any]:
        """The engine's rule, ``optimizer``, and its numbers, by the names of the engine's arguments."""
        raise NotImplementedError(f"{type(self).__name__} is no optimiser of fastnn")

    def _kind_of_decay(self) -> str:
        """What the engine calls the decay of weights: ``weight_decay``, or ``coupled_decay`` by way of gradients."""
        return "weight_decay"

    def change(self, gradient: Array, rate: float, state: dict[str, Any], step: int) -> Any:
        """What a step at a learning rate takes from the weights; the other arguments are those of `formula`."""
        raise NotImplementedError(f"{type(self).__name__} is no optimiser of fastnn")

    def formula(self, weights: Array, gradient: Array, state: dict[str, Any], step: int) -> Any:
        """The weights after a step, in NumPy and without clipping: what the engine is tested against.

        Parameters
        ----------
        weights, gradient : ndarray
        state : dict
            Of these weights: empty before the first step, and changed in place.
        step : int
            Counted from 1.
        """
        rate, decay = self.rate_at(step - 1), self.weight_decay or 0.0
        if self._kind_of_decay() == "coupled_decay":
            return weights - self.change(gradient + decay * weights, rate, state, step)
        return weights * (1 - rate * decay) - self.change(gradient, rate, state, step)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], **options: Any) -> None:
        """Do a step with arrays of one's own, which change in place: the rule in NumPy, as `formula` has it.

        ``model.apply_gradients`` does so for a model, in compiled code. What is remembered of an array, such as its
        momentum, goes by its place in memory.

        Parameters
        ----------
        grads_and_vars : iterable of (ndarray, ndarray)
            Gradients, and what they are those of.

        Raises
        ------
        FloatingPointError
            For a gradient that is not finite; nothing has changed then.

        Examples
        --------
        >>> import numpy
        >>> from fastnn.optimizers import SGD
        >>> weights = numpy.array([1.0, 2.0])
        >>> SGD(0.1).apply_gradients([(numpy.array([1.0, -1.0]), weights)])
        >>> weights
        array([0.9, 2.1])
        """
        if options.keys() - {"name"}:
            raise TypeError(f"apply_gradients takes pairs of a gradient and an array, but {sorted(options)} came, too")
        from fastnn.optimizers.applying import apply

        self._steps, self._states = apply(self, list(grads_and_vars), self._steps, self._states)

    def clipping(self) -> dict[str, Any]:
        """The limits that gradients have, by the names of the engine's arguments."""
        names = {"clip_norm": "clipnorm", "clip_value": "clipvalue", "global_clip_norm": "global_clipnorm"}
        return {name: self.__dict__[own] for name, own in names.items() if self.__dict__[own] is not None}

    def engine_options(self) -> RuleOptions:
        """How the engine changes parameters."""
        return RuleOptions(**self.rule(), **self.clipping())


def _checked(name: str, value: object) -> float:
    """``value`` as a float that may be the optimiser's number ``name``.

    >>> _checked("momentum", 1)
    Traceback (most recent call last):
    ValueError: momentum must be below 1, but it is 1.0
    """
    if name in _SWITCHES:
        return true_or_false(value, name)
    number = non_negative_number(value, name)
    if name in _DECAYS and number >= 1:
        raise ValueError(f"{name} must be below 1, but it is {number}")
    return number
