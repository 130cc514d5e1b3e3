"""Trainings of the engine as the tests describe them: by the numbers of a loss and a rule, in one list of arguments."""

from fastnn_ext.engine.options import LossOptions, RuleOptions
from fastnn_ext.engine.training import Training

OF_A_LOSS = ("loss_numbers", "from_logits", "of_shares", "label_smoothing", "loss_function", "target_low")
OF_A_LOSS += ("target_high", "loss_weight")
OF_A_TRAINING = ("sample_weight", "record", "inference", "seed", "augmentation", "state", "sparse", "threads")
OF_A_TRAINING += ("keep_index", "streaming", "frozen")


def training_of(plan, x, y, batch_size, loss, *rule, **options):
    """A training whose loss is a member of ``Loss``; what neither it nor the training takes is the rule's."""
    of_loss = {name: options.pop(name) for name in OF_A_LOSS if name in options}
    more = {name: options.pop(name) for name in OF_A_TRAINING if name in options}
    return Training(plan, x, y, batch_size, LossOptions(loss, **of_loss), RuleOptions(*rule, **options), **more)
