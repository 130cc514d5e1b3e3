"""Random graphs against PyTorch's autograd in float64: outputs, gradients, and fifty steps of training.

``FASTNN_RANDOM_GRAPHS`` says how many.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import layers
from fastnn.layers import merging
from fastnn.optimizers import SGD

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))
from random_graphs import data_of, random_graph  # noqa: E402

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": torch.nn.functional.gelu,
    "elu": torch.nn.functional.elu,
    "silu": torch.nn.functional.silu,
    "softplus": torch.nn.functional.softplus,
    "softmax": lambda x: torch.softmax(x, dim=1),
}
MERGES = {
    layers.Add: lambda parts: sum(parts[1:], parts[0]),
    layers.Subtract: lambda parts: parts[0] - parts[1],
    layers.Multiply: lambda parts: torch.stack(parts).prod(dim=0),
    layers.Average: lambda parts: torch.stack(parts).mean(dim=0),
    # The first that has it gets all of the gradient, as here.
    layers.Maximum: lambda parts: _chosen(parts, torch.ge),
    layers.Minimum: lambda parts: _chosen(parts, torch.le),
    layers.Concatenate: lambda parts: torch.cat(parts, dim=1),
}


def _chosen(parts, better):
    result = parts[0]
    for part in parts[1:]:
        result = torch.where(better(result, part), result, part)
    return result


class Twin:
    """The same graph of PyTorch's tensors; of a model within a graph, its layers."""

    def __init__(self, model):
        self.model, self.tensors = model, {}

    def tensor(self, array):
        """A leaf with the numbers of an array, one for each array."""
        key = array.ctypes.data
        if key not in self.tensors:
            self.tensors[key] = torch.tensor(np.array(array), requires_grad=True)
        return self.tensors[key]

    def __call__(self, inputs, training):
        return self.run(self.model, inputs, training)

    def run(self, model, inputs, training):
        """What a model gives, in a list."""
        if isinstance(model, fastnn.Sequential):
            for layer in model.layers:
                inputs = [self.apply(layer, inputs, training)]
            return inputs
        graph, values = model.graph, []
        # Of calls that give several values, all.
        given = {}
        for number, node in enumerate(graph.nodes):
            layer = graph.layers[node.layer]
            if node.output:
                values.append(given[node.sources[0]][node.output])
                continue
            taken = [values[source] if source >= 0 else inputs[-1 - source] for source in node.sources]
            if layer.inner_model is None:
                values.append(self.apply(layer, taken, training))
            else:
                given[number] = self.run(layer.inner_model, taken, training)
                values.append(given[number][0])
        return [values[end] for end in graph.outputs]

    def apply(self, layer, taken, training):
        x = taken[0]
        arrays = layer.arrays
        match layer:
            case merging.Merge():
                return MERGES[type(layer)](taken)
            case layers.Dense():
                return ACTIVATIONS[layer.activation.name](
                    x @ self.tensor(arrays["kernel"]) + self.tensor(arrays["bias"])
                )
            case layers.Embedding():
                return self.tensor(arrays["embeddings"])[x.long()]
            case layers.Flatten():
                return x.reshape(len(x), -1)
            case layers.Rescaling():
                return x * layer.scale + layer.offset
            case layers.LayerNormalization():
                shape, scale = x.shape[1:], self.tensor(arrays["gamma"])
                return torch.nn.functional.layer_norm(x, shape, scale, self.tensor(arrays["beta"]), layer.epsilon)
            case layers.BatchNormalization():
                moving = [torch.tensor(np.array(arrays[f"moving_{name}"])) for name in ("mean", "variance")]
                gamma, beta = self.tensor(arrays["gamma"]), self.tensor(arrays["beta"])
                return torch.nn.functional.batch_norm(x, *moving, gamma, beta, training, eps=layer.epsilon)
        assert isinstance(layer, layers.Identity)
        return x


def each(data):
    return data if isinstance(data, list) else [data]


def close(one, other):
    # Some hundred roundings in float64, fifty times over.
    np.testing.assert_allclose(one, other, atol=1e-10 * max(1, np.abs(other).max()))


@pytest.mark.parametrize("seed", range(int(os.environ.get("FASTNN_RANDOM_GRAPHS", "15"))))
def test_outputs_gradients_and_training_are_those_of_torch(seed):
    model = random_graph(seed, "float64", still=True)
    x = data_of(model, 12, seed)
    rng = np.random.default_rng(seed)
    y = [rng.normal(size=(12, int(np.prod(shape)))) for shape in model.output_shapes]
    given = x if len(x) > 1 else x[0]
    targets = y if len(y) > 1 else y[0]
    twin = Twin(model)
    inputs = [torch.tensor(part) for part in x]
    for one, other in zip(each(model.predict(given)), twin(inputs, training=False), strict=True):
        close(one, other.detach().numpy())

    model.compile(SGD(0.01), "mse")
    found = model.gradients(given, targets)
    loss = sum(((out - torch.tensor(part)) ** 2).mean() for out, part in zip(twin(inputs, True), y, strict=True))
    loss.backward()
    assert found.loss == pytest.approx(loss.item(), rel=1e-10)
    arrays = {
        f"{layer.name}.{variable.name}": layer.arrays[variable.name]
        for layer in model.layers
        for variable in layer.variables()
        if variable.trainable
    }
    for name, gradient in found.named.items():
        tensor = twin.tensors.get(arrays[name].ctypes.data)
        # A layer that no output needs has none.
        close(gradient, np.zeros(gradient.shape) if tensor is None or tensor.grad is None else tensor.grad.numpy())

    optimizer = torch.optim.SGD(twin.tensors.values(), lr=0.01)
    for _ in range(50):
        optimizer.zero_grad()
        outputs = twin(inputs, training=True)
        loss = sum(((out - torch.tensor(part)) ** 2).mean() for out, part in zip(outputs, y, strict=True))
        loss.backward()
        optimizer.step()
        model.train_on_batch(given, targets)
    for array in arrays.values():
        tensor = twin.tensors.get(array.ctypes.data)
        if tensor is not None:
            close(array, tensor.detach().numpy())
