"""What a training is asked to do: how each output is judged, and how parameters change."""

from collections.abc import Sequence

import numpy

from fastnn_ext.engine.run cimport Head, Rule
from fastnn_ext.tables.enums cimport fastnn_is_summed, Loss, LOSSES, RULES, UpdateRule


cdef class LossOptions:
    """How one output is judged.

    Parameters
    ----------
    loss : Loss
    loss_numbers : sequence of float
        What the loss is told beside, such as Huber's delta, or the quantile; the last one stands for all that follow,
        as one for each output does.
    from_logits : bool
        The outputs are those before the softmax or sigmoid that a cross-entropy means.
    of_shares : bool
        A cross-entropy divides the outputs of a sample by their sum first, as Keras does.
    label_smoothing : float
        The share of a target that all classes get in equal parts.
    loss_function : tuple of two callables, optional
        The user's own loss in place of ``loss``: its value, one number or one a sample, and its gradient with respect
        to the outputs for the mean over the batch, both of (y_true, y_pred).
    target_low, target_high : float
        Targets beyond them are bad data.
    loss_weight : float
        What this loss is multiplied by among those of several outputs.

    Examples
    --------
    >>> from fastnn_ext.tables.enums import Loss
    >>> LossOptions(Loss.HUBER, loss_numbers=(2.0,)).loss_numbers
    (2.0,)
    """

    def __init__(
        self, Loss loss, *, loss_numbers=(0.0,), bint from_logits=False, bint of_shares=False,
        double label_smoothing=0.0, loss_function=None, double target_low=-numpy.inf, double target_high=numpy.inf,
        double loss_weight=1.0,
    ):
        if not 0 <= loss < LOSSES:
            raise ValueError(f"loss must be a member of Loss, but it is {<int> loss}")
        if not isinstance(loss_numbers, Sequence):
            raise ValueError(f"loss_numbers must be a sequence of 1 to outputs + 3 numbers, but it is {loss_numbers!r}")
        self.loss, self.loss_numbers = loss, tuple(loss_numbers)
        self.from_logits, self.of_shares = from_logits, of_shares
        self.label_smoothing, self.loss_function = label_smoothing, loss_function
        self.target_low, self.target_high, self.loss_weight = target_low, target_high, loss_weight

    cdef int describe(self, Head* head) except -1:
        # The same to the kernels; who calls it keeps this object alive.
        head.loss, head.from_logits = self.loss, self.from_logits
        head.of_shares, head.weight = self.of_shares, self.loss_weight
        head.target_scale = 1 - self.label_smoothing
        # Towards the middle of one decision, or of all classes.
        head.target_shift = self.label_smoothing / (head.size if fastnn_is_summed(self.loss) else 2)
        head.target_low, head.target_high = self.target_low, self.target_high
        head.function = NULL if self.loss_function is None else <void*> self.loss_function
        return 0


cdef class RuleOptions:
    """How parameters change.

    Parameters
    ----------
    optimizer : UpdateRule
        COLLECT changes nothing and keeps the gradients for `Training.gradients`.
    learning_rate, beta_1, beta_2, epsilon, weight_decay : float
        beta_1 is also the momentum of SGD, beta_2 also RMSprop's rho; weight_decay is decoupled, as in AdamW.
    squares_weight : float, optional
        Of a new square in RMSprop's mean of squares; by default 1 - beta_2. Adagrad is RMSprop with beta_2 and this of
        1.
    momentum_decay : float
        Of Nadam's schedule of momentums.
    initial_square : float
        Where means of squares start.
    coupled_decay : float
        Times the parameters, is added to their gradients.
    epsilon_hat : bool
        In Adam and Nadam epsilon is added to the root of squares before that is corrected for its start at zero.
    epsilon_inside : bool
        In RMSprop and Adagrad epsilon is added to squares before their root is taken, as in Keras.
    rate_in_velocity : bool
        Momentum is ``v = beta_1 v - learning_rate g; w += v``, as in Keras: it differs where the rate changes.
    clip_value, clip_norm, global_clip_norm : float
        The largest size of a number of a gradient, norm of one array's gradient, norm of all together. 0: any.

    Examples
    --------
    >>> from fastnn_ext.tables.enums import UpdateRule
    >>> rule = RuleOptions(UpdateRule.MOMENTUM, 0.1, beta_1=0.9)
    """

    def __init__(
        self, UpdateRule optimizer, double learning_rate, double beta_1=0.0, double beta_2=0.0, double epsilon=0.0,
        double weight_decay=0.0, *, squares_weight=None, double momentum_decay=0.0, double initial_square=0.0,
        double coupled_decay=0.0, double clip_value=0.0, double clip_norm=0.0, double global_clip_norm=0.0,
        bint epsilon_hat=False, bint epsilon_inside=False, bint rate_in_velocity=False,
    ):
        cdef Rule* rule = &self.rule
        if not 0 <= optimizer < RULES:
            raise ValueError(f"optimizer must be a member of UpdateRule, but it is {<int> optimizer}")
        rule.optimizer, rule.learning_rate, rule.beta_1, rule.beta_2 = optimizer, learning_rate, beta_1, beta_2
        rule.epsilon, rule.weight_decay = epsilon, weight_decay
        rule.momentum_decay, rule.coupled_decay = momentum_decay, coupled_decay
        rule.squares_weight = 1 - beta_2 if squares_weight is None else squares_weight
        rule.clip_value, rule.clip_norm, rule.global_clip_norm = clip_value, clip_norm, global_clip_norm
        rule.epsilon_hat, rule.epsilon_inside, rule.rate_in_velocity = epsilon_hat, epsilon_inside, rate_in_velocity
        self.initial_square = initial_square
