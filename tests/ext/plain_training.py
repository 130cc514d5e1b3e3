"""What the engine computes, in plain float64 NumPy: the oracle of its tests, and the networks that they share."""

import copy

import numpy as np
from binding_table import (
    FUNCTIONS,
    NUMBERS,
    cross_entropy_gradient,
    cross_entropy_value,
    mse_gradient,
    mse_value,
    softmax_jacobian_product,
    softmax_rows,
)
from optimizer_table import STEADY

from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Activation, Loss

# What the engine takes of the shared optimisers.
RULES = {name: optimizer.rule() for name, optimizer in STEADY.items()}


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
        elif part == "log_softmax":
            plan.add_log_softmax()
        else:
            plan.add_activation(part, *NUMBERS[part])
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


OF_ROWS = {"softmax": softmax_rows, "log_softmax": lambda x: np.log(softmax_rows(x))}


def outputs_of(network, x):
    """The input and then the output of each part."""
    values = [x]
    for part in network:
        x = values[-1]
        if isinstance(part, tuple):
            values.append(x @ part[0] + part[1])
        else:
            values.append(OF_ROWS[part](x) if part in OF_ROWS else FUNCTIONS[part][0](x))
    return values


def loss_of(network, x, y, loss):
    return (cross_entropy_value if loss == Loss.CROSS_ENTROPY else mse_value)(y, outputs_of(network, x)[-1])


def optimizer_of(rule):
    """The shared optimiser that has this rule, but for the rate and the decay of weights, which a test may change."""

    def numbers(rule):
        return {name: value for name, value in rule.items() if name not in ("learning_rate", "weight_decay")}

    found = copy.copy(next(each for name, each in STEADY.items() if numbers(RULES[name]) == numbers(rule)))
    vars(found).update(_learning_rate=rule["learning_rate"], weight_decay=rule.get("weight_decay"))
    return found


class PlainTraining:
    """Trains a float64 network in place by the textbook's loop."""

    def __init__(self, network, x, y, batch_size, loss, **rule):
        self.network, self.x, self.y = network, x.astype(np.float64), y.astype(np.float64)
        self.batch_size, self.loss, self.optimizer, self.steps = batch_size, loss, optimizer_of(rule), 0
        self.state = {id(array): {} for array in parameters_of(network)}

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
                    array[...] = self.optimizer.formula(array, gradient, self.state[id(array)], self.steps)
            elif part == "softmax":
                error = softmax_jacobian_product(error, after)
            elif part == "log_softmax":
                error = error - np.exp(after) * error.sum(axis=1, keepdims=True)
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
    "log softmax last": (5, Activation.TANH, 3, "log_softmax"),
    "log softmax inside": (4, "log_softmax", 3),
    "log softmax alone": ("log_softmax",),
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
