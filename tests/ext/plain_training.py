"""What the engine computes, in plain float64 NumPy: the oracle of its tests, and the networks that they share."""

import numpy as np
from binding_table import (
    FUNCTIONS,
    SLOPE,
    cross_entropy_gradient,
    cross_entropy_value,
    mse_gradient,
    mse_value,
    softmax_jacobian_product,
    softmax_rows,
)

from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Activation, Loss, UpdateRule

RATE = 0.02

# An optimiser divides by the root of the squares it has seen: where gradients are near zero that turns roundings into
# whole steps. An epsilon of 1e-3 and a small rate keep the comparison well-conditioned.
RULES = {
    "sgd": {"optimizer": UpdateRule.SGD, "learning_rate": RATE},
    "sgd with decay": {"optimizer": UpdateRule.SGD, "learning_rate": RATE, "weight_decay": 0.5},
    "momentum": {"optimizer": UpdateRule.MOMENTUM, "learning_rate": RATE, "beta_1": 0.9},
    "nesterov": {"optimizer": UpdateRule.NESTEROV, "learning_rate": RATE, "beta_1": 0.7},
    "rmsprop": {"optimizer": UpdateRule.RMSPROP, "learning_rate": 1e-3, "beta_2": 0.9, "epsilon": 1e-3},
    "adam": {"optimizer": UpdateRule.ADAM, "learning_rate": 1e-3, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3},
    "adamw": {
        "optimizer": UpdateRule.ADAM,
        "learning_rate": 1e-3,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-3,
        "weight_decay": 0.5,
    },
    "nadam": {
        "optimizer": UpdateRule.NADAM,
        "learning_rate": 1e-3,
        "beta_1": 0.8,
        "beta_2": 0.95,
        "epsilon": 1e-3,
        "momentum_decay": 0.1,
    },
    "adagrad": {
        "optimizer": UpdateRule.RMSPROP,
        "learning_rate": 1e-3,
        "beta_2": 1.0,
        "squares_weight": 1.0,
        "epsilon": 1e-3,
    },
}


def network_of(parts, inputs, dtype=np.float64, seed=0):
    """The parts with (weights, bias) in place of a number of units, and the number of outputs."""
    rng = np.random.default_rng(seed)
    network, width = [], inputs
    for part in parts:
        if type(part) is int:
            weights = rng.normal(size=(width, part)) / np.sqrt(width)
            network.append((weights.astype(dtype), 0.1 * rng.normal(size=(1, part)).astype(dtype)))
            width = part
        else:
            network.append(part)
    return network, width


def plan_of(network, inputs, dtype=np.float64, isa=None):
    plan = Plan(inputs, dtype, isa=isa)
    for part in network:
        if isinstance(part, tuple):
            plan.add_dense(*part)
        elif part == "softmax":
            plan.add_softmax()
        else:
            plan.add_activation(part, SLOPE)
    return plan


def data_of(inputs, outputs, samples, dtype=np.float64, density=1.0, seed=1):
    """Random rows with so many non-zero numbers, and one class each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, inputs))
    x[rng.random(x.shape) >= density] = 0
    return x.astype(dtype), np.eye(outputs)[rng.integers(outputs, size=samples)].astype(dtype)


def copied(network, dtype=None):
    return [tuple(a.astype(dtype or a.dtype) for a in part) if isinstance(part, tuple) else part for part in network]


def parameters_of(network):
    return [array for part in network if isinstance(part, tuple) for array in part]


def bytes_of(network):
    return [array.tobytes() for array in parameters_of(network)]


def outputs_of(network, x):
    """The input and then the output of each part."""
    values = [x]
    for part in network:
        x = values[-1]
        if isinstance(part, tuple):
            values.append(x @ part[0] + part[1])
        else:
            values.append(softmax_rows(x) if part == "softmax" else FUNCTIONS[part][0](x))
    return values


def loss_of(network, x, y, loss):
    return (cross_entropy_value if loss == Loss.CROSS_ENTROPY else mse_value)(y, outputs_of(network, x)[-1])


def step_in_numpy(
    parameters,
    gradient,
    first,
    second,
    step,
    *,
    optimizer,
    learning_rate,
    beta_1=0,
    beta_2=0,
    epsilon=0,
    weight_decay=0,
    squares_weight=None,
    momentum_decay=0,
):
    """One step of an optimiser from its formula, in place."""
    parameters *= 1 - learning_rate * weight_decay
    if optimizer == UpdateRule.SGD:
        parameters -= learning_rate * gradient
    elif optimizer in (UpdateRule.MOMENTUM, UpdateRule.NESTEROV):
        first[...] = beta_1 * first + gradient
        parameters -= learning_rate * (gradient + beta_1 * first if optimizer == UpdateRule.NESTEROV else first)
    elif optimizer == UpdateRule.RMSPROP:
        second[...] = beta_2 * second + (1 - beta_2 if squares_weight is None else squares_weight) * gradient**2
        parameters -= learning_rate * gradient / (np.sqrt(second) + epsilon)
    elif optimizer not in (UpdateRule.ADAM, UpdateRule.NADAM):
        raise NotImplementedError(f"the formula of {optimizer!r} is not written down here")
    else:
        first[...] = beta_1 * first + (1 - beta_1) * gradient
        second[...] = beta_2 * second + (1 - beta_2) * gradient**2
        mean, square = first / (1 - beta_1**step), second / (1 - beta_2**step)
        if optimizer == UpdateRule.NADAM:
            momentums = [beta_1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in range(1, step + 2)]
            now, ahead = np.prod(momentums[:-1]), np.prod(momentums)
            mean = (1 - momentums[-2]) / (1 - now) * gradient + momentums[-1] / (1 - ahead) * first
        parameters -= learning_rate * mean / (np.sqrt(square) + epsilon)


class PlainTraining:
    """Trains a float64 network in place by the textbook's loop."""

    def __init__(self, network, x, y, batch_size, loss, **rule):
        self.network, self.x, self.y = network, x.astype(np.float64), y.astype(np.float64)
        self.batch_size, self.loss, self.rule, self.steps = batch_size, loss, rule, 0
        self.state = {id(array): (np.zeros_like(array), np.zeros_like(array)) for array in parameters_of(network)}

    def run_epoch(self, order=None):
        """The mean loss of a sample."""
        total = 0.0
        order = np.arange(len(self.x)) if order is None else order
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            total += self.step(self.x[rows], self.y[rows]) * len(rows)
        return total / len(order)

    def step(self, x, y):
        values = outputs_of(self.network, x)
        entropy = self.loss == Loss.CROSS_ENTROPY
        error = (cross_entropy_gradient if entropy else mse_gradient)(y, values[-1])
        self.steps += 1
        for part, before, after in reversed(list(zip(self.network, values, values[1:], strict=False))):
            if isinstance(part, tuple):
                error, output_error = error @ part[0].T, error
                for array, gradient in zip(
                    part, (before.T @ output_error, output_error.sum(axis=0, keepdims=True)), strict=True
                ):
                    step_in_numpy(array, gradient, *self.state[id(array)], self.steps, **self.rule)
            elif part == "softmax":
                error = softmax_jacobian_product(error, after)
            else:
                error = error * FUNCTIONS[part][1](before)
        return (cross_entropy_value if entropy else mse_value)(y, values[-1])


def assert_learnt(network, exact, start, case):
    """``network`` has moved from ``start`` as ``exact`` has: errors are held to the largest change of each array."""
    for number, (array, right, old) in enumerate(
        zip(*(parameters_of(each) for each in (network, exact, start)), strict=True)
    ):
        # A gradient is a sum of up to some thousand terms through a few layers, and every step rounds the parameter.
        few_steps = 32 * np.finfo(array.dtype).eps * np.abs(right).max()
        relative = 1e-11 if array.dtype == np.float64 else 2e-4
        allowed = relative * np.abs(right - old).max() + few_steps
        off = np.abs(array - right).max()
        assert off <= allowed, f"parameter {number}: off by {off}, allowed {allowed}; {case}"


# A number is a dense layer of so many units.
NETWORKS = {
    "dense": (3,),
    **{kind.name.lower(): (5, kind, 3) for kind in Activation},
    "relu, softmax": (6, Activation.RELU, 3, "softmax"),
    "tanh, softmax": (6, Activation.TANH, 3, "softmax"),
    "activation last": (6, Activation.RELU, 3, Activation.SIGMOID),
    "three dense": (8, Activation.TANH, 7, Activation.LEAKY_RELU, 3, "softmax"),
    "wider than its input": (40, Activation.RELU, 1),
    "softmax inside": (4, "softmax", 3),
    "dense after dense": (5, 4, 3, "softmax"),
    "two activations": (6, Activation.TANH, Activation.SIGMOID, 3),
    "activation after softmax": (4, "softmax", Activation.TANH),
    "activation first": (Activation.TANH, 4, "softmax"),
    "no dense": (Activation.SIGMOID,),
    "softmax alone": ("softmax",),
    "no dense, softmax": (Activation.TANH, "softmax"),
}
GIVES_PROBABILITIES = {name for name, parts in NETWORKS.items() if parts[-1] in ("softmax", Activation.SIGMOID)}
CASES = [(name, Loss.MEAN_SQUARED_ERROR) for name in NETWORKS]
CASES += [(name, Loss.CROSS_ENTROPY) for name in NETWORKS if name in GIVES_PROBABILITIES]
