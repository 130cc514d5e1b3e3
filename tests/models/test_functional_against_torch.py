"""Graphs of layers against PyTorch's autograd in float64: random ones, with ways round layers and shared weights."""

import numpy as np
import pytest

import fastnn
from fastnn import layers

torch = pytest.importorskip("torch")

GRAPHS = 60
MERGES = {
    "Add": lambda parts: sum(parts),
    "Subtract": lambda parts: parts[0] - parts[1],
    "Multiply": lambda parts: torch.stack(parts).prod(0),
    "Average": lambda parts: torch.stack(parts).mean(0),
    "Maximum": lambda parts: torch.stack(parts).amax(0),
    "Minimum": lambda parts: torch.stack(parts).amin(0),
    "Concatenate": lambda parts: torch.cat(parts, 1),
}
ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda x: x}
WIDTH = 6


class Random:
    """A random graph of ours, and the functions that compute its values in PyTorch."""

    def __init__(self, seed):
        rng = self.rng = np.random.default_rng(seed)
        self.inputs = [layers.Input((int(rng.integers(2, 9)),)) for _ in range(rng.integers(1, 4))]
        self.tensors = [one.tensor for one in self.inputs]
        # For each value: the function of values that it takes, and their places.
        self.steps = [None] * len(self.inputs)
        self.shared = []
        for place in range(len(self.inputs)):
            self.dense(place)
        for _ in range(rng.integers(2, 9)):
            self.dense(self.any()) if rng.random() < 0.5 else self.merge()
        self.ends = []
        for _ in range(rng.integers(0, 4)):
            self.dense(self.any(), units=int(rng.integers(1, 4)), share=False)
            self.ends.append(len(self.tensors) - 1)
        # What nothing reads goes to one more output, so that every value counts.
        read = {place for step in self.steps if step for place in step[1]} | set(self.ends)
        loose = [place for place in range(len(self.tensors)) if place not in read]
        if loose:
            parts = [self.narrowed(place) for place in loose]
            if len(parts) > 1:
                self.add(layers.Add(), lambda values: sum(values), parts)
            self.ends.append(len(self.tensors) - 1)
        self.model = fastnn.Model(
            self.inputs, [self.tensors[end] for end in self.ends], dtype="float64", seed=int(seed)
        )

    def any(self):
        return int(self.rng.integers(len(self.tensors)))

    def add(self, layer, function, places):
        given = [self.tensors[place] for place in places]
        self.tensors.append(layer(given if len(given) > 1 else given[0]))
        self.steps.append((function, places))
        return len(self.tensors) - 1

    def dense(self, place, units=WIDTH, share=True):
        width = self.tensors[place].sample_shape[0]
        known = [one for one in self.shared if one[0].input_shape == (width,) and one[0].units == units]
        if share and known and self.rng.random() < 0.4:
            layer, activation = known[self.rng.integers(len(known))]
        else:
            activation = str(self.rng.choice(list(ACTIVATIONS)))
            layer = layers.Dense(units, activation)
            self.shared.append((layer, activation))

        def forward(values):
            kernel, bias = self.weights[layer.name]
            return ACTIVATIONS[activation](values[0] @ kernel + bias)

        return self.add(layer, forward, [place])

    def narrowed(self, place):
        return self.dense(place, units=2, share=False)

    def merge(self):
        kind = str(self.rng.choice(list(MERGES)))
        places = [place for place in range(len(self.tensors)) if self.tensors[place].sample_shape == (WIDTH,)]
        count = 2 if kind == "Subtract" else int(self.rng.integers(2, 4))
        chosen = [int(place) for place in self.rng.choice(places, count)]
        # A maximum of the same value twice has a kink wherever it is.
        if kind in ("Maximum", "Minimum") and len(set(chosen)) < len(chosen):
            kind = "Add"
        return self.add(getattr(layers, kind)(), MERGES[kind], chosen)

    def start(self):
        """Our weights as PyTorch's, by layer."""
        self.weights = {
            layer.name: [torch.tensor(array, requires_grad=True) for array in layer.get_weights()]
            for layer in self.model.layers
        }
        return [array for arrays in self.weights.values() for array in arrays]

    def forward(self, inputs):
        values = [torch.as_tensor(x) for x in inputs]
        for step in self.steps[len(inputs) :]:
            function, places = step
            values.append(function([values[place] for place in places]))
        return [values[end] for end in self.ends]


@pytest.mark.parametrize("seed", range(GRAPHS))
def test_random_graph(seed):
    graph = Random(seed)
    model, rng = graph.model, graph.rng
    inputs = [rng.normal(size=(21, *shape)) for shape in model.input_shapes]
    targets = [rng.normal(size=(21, *shape)) for shape in model.output_shapes]
    weights = [float(weight) for weight in rng.uniform(0.2, 2, len(targets))]
    one = len(targets) == 1
    parameters = graph.start()
    x = inputs if len(inputs) > 1 else inputs[0]
    predicted = model.predict(x)
    # Sums of up to some twenty numbers, a few layers deep.
    close = {"rtol": 1e-10, "atol": 1e-11}
    for got, expected in zip([predicted] if one else predicted, graph.forward(inputs), strict=True):
        np.testing.assert_allclose(got, expected.detach().numpy(), **close)
    rule = torch.optim.Adam(parameters, lr=0.01, eps=1e-7)
    ours = fastnn.optimizers.Adam(0.01)
    model.compile(ours, "mse", loss_weights=None if one else weights)
    losses = []
    for _ in range(10):
        for rows in (slice(0, 8), slice(8, 16), slice(16, 21)):
            outputs = graph.forward([part[rows] for part in inputs])
            parts = [
                ((output - torch.as_tensor(y[rows])) ** 2).mean() for output, y in zip(outputs, targets, strict=True)
            ]
            loss = sum(weight * part for weight, part in zip([1.0] if one else weights, parts, strict=True))
            rule.zero_grad()
            loss.backward()
            rule.step()
            losses.append(loss.item() * (rows.stop - rows.start) / 21)
    y = targets[0] if one else targets
    history = model.fit(x, y, batch_size=8, epochs=10, shuffle=False, verbose=0)
    np.testing.assert_allclose(history.history["loss"], np.reshape(losses, (10, 3)).sum(axis=1), **close)
    # Adam divides by the roots of squares that may be small: digits are lost, step by step.
    for got, expected in zip(model.get_weights(), parameters, strict=True):
        np.testing.assert_allclose(got, expected.detach().numpy(), rtol=1e-8, atol=1e-9)


def test_the_random_graphs_have_all_kinds():
    graphs = [Random(seed) for seed in range(GRAPHS)]
    kinds = {type(layer).__name__ for graph in graphs for layer in graph.model.layers}
    assert kinds == {"Dense", *MERGES}
    assert {len(graph.inputs) for graph in graphs} == {1, 2, 3}
    assert {len(graph.ends) for graph in graphs} >= {1, 2, 3, 4}
    assert any(len(graph.model._graph.nodes) > len(graph.model.layers) for graph in graphs)
