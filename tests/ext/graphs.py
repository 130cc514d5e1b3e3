"""Graphs of operations for tests of the engine, and what they compute in plain float64 NumPy, gradients too."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from fastnn_ext.engine.plan import Plan
from fastnn_ext.tables.enums import Activation, OperationKind

# Of the activations here: the function, and its derivative from the output.
FUNCTIONS = {
    Activation.TANH: (np.tanh, lambda y: 1 - y * y),
    Activation.RELU: (lambda x: np.maximum(x, 0), lambda y: (y > 0).astype(np.float64)),
    Activation.SIGMOID: (lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
}


@dataclass
class Node:
    """One operation: its numbers of inputs, negative ones for the graph's own, and what it is made of."""

    kind: OperationKind
    inputs: tuple[int, ...]
    units: int = 0
    activation: Activation | None = None
    # A node whose weights it shares.
    twin: int | None = None


@dataclass
class Graph:
    """Nodes in topological order with their parameters, by node, in float64."""

    input_sizes: tuple[int, ...]
    nodes: list[Node]
    outputs: tuple[int, ...]
    parameters: dict[int, list[np.ndarray]] = field(default_factory=dict)

    def size(self, number):
        if number < 0:
            return self.input_sizes[-1 - number]
        node = self.nodes[number]
        sizes = [self.size(source) for source in node.inputs]
        if node.kind == OperationKind.CONCATENATE:
            return sum(sizes)
        if node.kind == OperationKind.DOT:
            return 1
        return node.units or sizes[0]

    def draw(self, seed):
        """Random parameters."""
        rng = np.random.default_rng(seed)
        for number, node in enumerate(self.nodes):
            if node.twin is not None:
                self.parameters[number] = self.parameters[node.twin]
            elif node.kind == OperationKind.DENSE:
                fan_in = self.size(node.inputs[0])
                weights = rng.normal(size=(fan_in, node.units)) / np.sqrt(fan_in)
                self.parameters[number] = [weights, 0.1 * rng.normal(size=node.units)]
            elif node.kind == OperationKind.LAYER_NORMALIZATION:
                size = self.size(number)
                self.parameters[number] = [rng.uniform(0.5, 1.5, size), 0.1 * rng.normal(size=size)]
        return self

    def own(self):
        """The nodes whose parameters are nobody else's."""
        return [number for number in self.parameters if self.nodes[number].twin is None]

    def plan(self, dtype, isa=None):
        """The engine's plan on copies of the parameters, and these by node."""
        plan = Plan(self.input_sizes[0], dtype, isa=isa)
        for size in self.input_sizes[1:]:
            plan.add_input(size)
        copies = {number: [array.astype(dtype) for array in self.parameters[number]] for number in self.own()}
        values = {-1 - k: -1 - k for k in range(len(self.input_sizes))}
        for number, node in enumerate(self.nodes):
            inputs = [values[source] for source in node.inputs]
            if node.kind == OperationKind.DENSE:
                arrays = copies[number if node.twin is None else node.twin]
                values[number] = plan.add_dense(*arrays, inputs=inputs[0])
                if node.activation is not None:
                    values[number] = plan.add_activation(node.activation, inputs=values[number])
            elif node.kind == OperationKind.ACTIVATION:
                values[number] = plan.add_activation(node.activation, inputs=inputs[0], fuse=False)
            elif node.kind == OperationKind.LAYER_NORMALIZATION:
                values[number] = plan.add_layer_normalization(*copies[number], 1e-3, inputs=inputs[0])
            elif node.kind == OperationKind.SOFTMAX:
                values[number] = plan.add_softmax(inputs=inputs[0])
            elif node.kind == OperationKind.LOG_SOFTMAX:
                values[number] = plan.add_log_softmax(inputs=inputs[0])
            else:
                values[number] = plan.add_merge(node.kind, inputs)
        plan.set_outputs([values[number] for number in self.outputs])
        return plan, copies

    def forward(self, inputs):
        """Every value by its number."""
        values = {-1 - k: x.astype(np.float64) for k, x in enumerate(inputs)}
        for number, node in enumerate(self.nodes):
            values[number] = FORWARD[node.kind](self, number, [values[source] for source in node.inputs])
        return values

    def losses_and_gradients(self, inputs, targets, weights):
        """The weighted sum of mean squared errors, and its gradients by node, for the mean over the batch."""
        values = self.forward(inputs)
        deltas = {number: np.zeros_like(value) for number, value in values.items()}
        gradients = {number: [np.zeros_like(array) for array in self.parameters[number]] for number in self.own()}
        total = 0.0
        for number, y, weight in zip(self.outputs, targets, weights, strict=True):
            error = values[number] - y
            total += weight * (error**2).mean()
            deltas[number] += weight * 2 * error / error.size
        for number in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[number]
            given = [values[source] for source in node.inputs]
            backs, own = BACKWARD[node.kind](self, number, given, values[number], deltas[number])
            for source, back in zip(node.inputs, backs, strict=True):
                deltas[source] += back
            for gradient, more in zip(gradients.get(number if node.twin is None else node.twin, ()), own, strict=False):
                gradient += more
        return total, gradients


def _dense(graph, number, given):
    weights, bias = graph.parameters[number]
    y = given[0] @ weights + bias
    activation = graph.nodes[number].activation
    return y if activation is None else FUNCTIONS[activation][0](y)


def _dense_back(graph, number, given, y, delta):
    activation = graph.nodes[number].activation
    if activation is not None:
        delta = delta * FUNCTIONS[activation][1](y)
    return [delta @ graph.parameters[number][0].T], [given[0].T @ delta, delta.sum(axis=0)]


def _statistics(x):
    return x.mean(axis=1, keepdims=True), 1 / np.sqrt(x.var(axis=1, keepdims=True) + 1e-3)


def _normalized(graph, number, given):
    mean, inverse = _statistics(given[0])
    return (given[0] - mean) * inverse * graph.parameters[number][0] + graph.parameters[number][1]


def _normalized_back(graph, number, given, y, delta):
    mean, inverse = _statistics(given[0])
    standard, scaled = (given[0] - mean) * inverse, delta * graph.parameters[number][0]
    back = scaled - scaled.mean(axis=1, keepdims=True) - standard * (scaled * standard).mean(axis=1, keepdims=True)
    return [inverse * back], [(delta * standard).sum(axis=0), delta.sum(axis=0)]


def _softmax(graph, number, given):
    e = np.exp(given[0] - given[0].max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _parts(given):
    edges = np.cumsum([0, *(x.shape[1] for x in given)])
    return [slice(*pair) for pair in itertools.pairwise(edges)]


def _extreme_back(given, y, delta):
    backs, left = [], np.ones_like(delta, bool)
    for x in given:
        backs.append(delta * (left & (x == y)))
        left &= x != y
    return backs


def _of_inputs(function: Callable[..., object]):
    return lambda graph, number, given: function(given)


def _gradients(function: Callable[..., object]):
    return lambda graph, number, given, y, delta: (function(given, y, delta), [])


FORWARD = {
    OperationKind.DENSE: _dense,
    OperationKind.LAYER_NORMALIZATION: _normalized,
    OperationKind.SOFTMAX: _softmax,
    OperationKind.LOG_SOFTMAX: lambda graph, number, given: np.log(_softmax(graph, number, given)),
    OperationKind.ACTIVATION: lambda graph, number, given: FUNCTIONS[graph.nodes[number].activation][0](given[0]),
    OperationKind.ADD: _of_inputs(sum),
    OperationKind.SUBTRACT: _of_inputs(lambda given: given[0] - given[1]),
    OperationKind.MULTIPLY: _of_inputs(lambda given: np.prod(given, axis=0)),
    OperationKind.AVERAGE: _of_inputs(lambda given: np.mean(given, axis=0)),
    OperationKind.MAXIMUM: _of_inputs(lambda given: np.max(given, axis=0)),
    OperationKind.MINIMUM: _of_inputs(lambda given: np.min(given, axis=0)),
    OperationKind.DOT: _of_inputs(lambda given: (given[0] * given[1]).sum(axis=1, keepdims=True)),
    OperationKind.CONCATENATE: _of_inputs(lambda given: np.concatenate(given, axis=1)),
}
BACKWARD = {
    OperationKind.DENSE: _dense_back,
    OperationKind.LAYER_NORMALIZATION: _normalized_back,
    OperationKind.SOFTMAX: _gradients(lambda given, y, delta: [y * (delta - (delta * y).sum(axis=1, keepdims=True))]),
    OperationKind.LOG_SOFTMAX: _gradients(
        lambda given, y, delta: [delta - np.exp(y) * delta.sum(axis=1, keepdims=True)]
    ),
    OperationKind.ACTIVATION: lambda graph, number, given, y, delta: (
        [delta * FUNCTIONS[graph.nodes[number].activation][1](y)],
        [],
    ),
    OperationKind.ADD: _gradients(lambda given, y, delta: [delta for _ in given]),
    OperationKind.SUBTRACT: _gradients(lambda given, y, delta: [delta, -delta]),
    OperationKind.MULTIPLY: _gradients(
        lambda given, y, delta: [delta * np.prod(given[:k] + given[k + 1 :], axis=0) for k in range(len(given))]
    ),
    OperationKind.AVERAGE: _gradients(lambda given, y, delta: [delta / len(given) for _ in given]),
    OperationKind.MAXIMUM: _gradients(_extreme_back),
    OperationKind.MINIMUM: _gradients(_extreme_back),
    OperationKind.DOT: _gradients(lambda given, y, delta: [delta * given[1], delta * given[0]]),
    OperationKind.CONCATENATE: _gradients(lambda given, y, delta: [delta[:, part] for part in _parts(given)]),
}

MERGES = [
    OperationKind.ADD,
    OperationKind.SUBTRACT,
    OperationKind.MULTIPLY,
    OperationKind.AVERAGE,
    OperationKind.MAXIMUM,
    OperationKind.MINIMUM,
    OperationKind.CONCATENATE,
]


def dense(inputs, units, activation=None, twin=None):
    return Node(OperationKind.DENSE, (inputs,), units, activation, twin)


def merge(kind, *inputs):
    return Node(kind, inputs)


def random_graph(seed, widest=20):
    """A graph of up to fourteen operations, drawn: several inputs and outputs, any merges, shared weights."""
    rng = np.random.default_rng(seed)
    sizes = tuple(int(size) for size in rng.integers(1, widest, rng.integers(1, 4)))
    graph = Graph(sizes, [], ())
    for _ in range(rng.integers(3, 14)):
        numbers = [*range(-len(sizes), 0), *range(len(graph.nodes))]
        graph.nodes.append(_random_node(rng, graph, numbers, widest))
    learning = [number for number, node in enumerate(graph.nodes) if node.kind == OperationKind.DENSE]
    if not learning:
        graph.nodes.append(dense(-1, 3))
    read = {source for node in graph.nodes for source in node.inputs}
    ends = [number for number in range(len(graph.nodes)) if number not in read]
    middle = [int(number) for number in rng.integers(0, len(graph.nodes), 1)]
    graph.outputs = tuple(dict.fromkeys([*ends, *(middle if rng.random() < 0.5 else [])]))
    return graph.draw(seed)


def _random_node(rng, graph, numbers, widest):
    source = int(rng.choice(numbers))
    activation = rng.choice([None, *FUNCTIONS])
    activation = None if activation is None else Activation(activation)
    choice = rng.random()
    if choice < 0.45:
        return dense(source, int(rng.integers(1, widest)), activation)
    twins = [n for n, node in enumerate(graph.nodes) if node.kind == OperationKind.DENSE and node.twin is None]
    if choice < 0.55 and twins:
        twin = int(rng.choice(twins))
        same = [n for n in numbers if graph.size(n) == graph.size(graph.nodes[twin].inputs[0])]
        return dense(int(rng.choice(same)), graph.nodes[twin].units, activation, twin)
    if choice < 0.65:
        return Node(OperationKind.ACTIVATION, (source,), activation=activation or Activation.TANH)
    if choice < 0.7:
        return Node(OperationKind.SOFTMAX if choice < 0.68 else OperationKind.LOG_SOFTMAX, (source,))
    if choice < 0.75:
        return Node(OperationKind.LAYER_NORMALIZATION, (source,))
    kind = MERGES[rng.integers(len(MERGES))]
    same = numbers if kind == OperationKind.CONCATENATE else [n for n in numbers if graph.size(n) == graph.size(source)]
    count = 2 if kind == OperationKind.SUBTRACT else int(rng.integers(2, 4))
    return merge(kind, *(int(rng.choice(same)) for _ in range(count)))
