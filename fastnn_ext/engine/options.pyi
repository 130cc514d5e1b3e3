from collections.abc import Callable, Sequence
from typing import Any

from typing_extensions import disjoint_base

from fastnn_ext.tables.enums import Loss, UpdateRule

@disjoint_base
class LossOptions:
    @property
    def loss(self) -> int: ...
    @property
    def loss_numbers(self) -> tuple[float, ...]: ...
    @property
    def from_logits(self) -> bool: ...
    @property
    def of_shares(self) -> bool: ...
    @property
    def label_smoothing(self) -> float: ...
    @property
    def loss_function(self) -> tuple[Callable[..., Any], Callable[..., Any]] | None: ...
    @property
    def target_low(self) -> float: ...
    @property
    def target_high(self) -> float: ...
    @property
    def loss_weight(self) -> float: ...
    def __init__(
        self,
        loss: Loss,
        *,
        loss_numbers: Sequence[float] = (0.0,),
        from_logits: bool = False,
        of_shares: bool = False,
        label_smoothing: float = 0.0,
        loss_function: tuple[Callable[..., Any], Callable[..., Any]] | None = None,
        target_low: float = ...,
        target_high: float = ...,
        loss_weight: float = 1.0,
    ) -> None: ...

@disjoint_base
class RuleOptions:
    @property
    def initial_square(self) -> float: ...
    def __init__(
        self,
        optimizer: UpdateRule,
        learning_rate: float,
        beta_1: float = 0.0,
        beta_2: float = 0.0,
        epsilon: float = 0.0,
        weight_decay: float = 0.0,
        *,
        squares_weight: float | None = None,
        momentum_decay: float = 0.0,
        initial_square: float = 0.0,
        coupled_decay: float = 0.0,
        clip_value: float = 0.0,
        clip_norm: float = 0.0,
        global_clip_norm: float = 0.0,
        epsilon_hat: bool = False,
        epsilon_inside: bool = False,
        rate_in_velocity: bool = False,
    ) -> None: ...
