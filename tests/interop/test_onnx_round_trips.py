"""What is written to ONNX, by fastnn or by PyTorch, comes back and predicts the same; products become dense layers."""

import io

import numpy as np
import pytest

from fastnn import Model, Sequential, layers
from fastnn.interop import from_onnx, to_onnx
from fastnn.interop.layer_operations import _MAKERS

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx_models import check_same, each, node, proto_of

RNG = np.random.default_rng(5)
X, W, B = RNG.normal(size=(9, 4)).astype(np.float32), RNG.normal(size=(4, 3)), RNG.normal(size=3)


def chain(*given, shape=(4,)):
    return lambda dtype: Sequential([layers.Input(shape), *(make() for make in given)], dtype=dtype, seed=0)


def merged(make, count=2):
    def model(dtype):
        x = layers.Input((4,))
        return Model(x, make()([x, *(layers.Dense(4)(x) for _ in range(count - 1))]), dtype=dtype, seed=0)

    return model


# What comes back as formulas that no layer is, in float64 alone.
FORMULAS = ("ELU", "LayerNormalization")
LAYERS = {
    "Dense": chain(lambda: layers.Dense(3, "tanh")),
    "Dense of two vectors": chain(lambda: layers.Dense(3, "relu"), shape=(2, 4)),
    "Dense of two vectors without bias": chain(lambda: layers.Dense(3, use_bias=False), shape=(2, 4)),
    "Embedding": chain(lambda: layers.Embedding(5, 3)),
    "Flatten": chain(layers.Flatten, shape=(2, 2)),
    "Activation": chain(lambda: layers.Activation("swish")),
    "ReLU": chain(layers.ReLU),
    "ReLU below": chain(lambda: layers.ReLU(0.7)),
    "ReLU with all": chain(lambda: layers.ReLU(0.7, 0.2, 0.1)),
    "ReLU without a limit": chain(lambda: layers.ReLU(None, 0.2, 0.1)),
    "LeakyReLU": chain(lambda: layers.LeakyReLU(0.2)),
    "ELU": chain(lambda: layers.ELU(0.5)),
    "Softmax": chain(layers.Softmax),
    "PReLU": chain(layers.PReLU),
    "PReLU of shared slopes": chain(lambda: layers.PReLU("ones", shared_axes=2), shape=(2, 4)),
    "BatchNormalization": chain(layers.BatchNormalization),
    "LayerNormalization": chain(layers.LayerNormalization),
    "RMSNormalization": chain(lambda: layers.RMSNormalization(epsilon=0.01)),
    "RMSNormalization of two vectors": chain(lambda: layers.RMSNormalization(epsilon=0.01), shape=(2, 4)),
    "UnitNormalization": chain(layers.UnitNormalization),
    "UnitNormalization of two vectors": chain(layers.UnitNormalization, shape=(2, 4)),
    "Normalization": chain(lambda: layers.Normalization(mean=0.5, variance=2.0)),
    "Rescaling": chain(lambda: layers.Rescaling(0.5, 0.1), layers.Flatten, shape=(2, 4)),
    "Reshape": chain(lambda: layers.Reshape((2, 2))),
    "Permute": chain(lambda: layers.Permute((2, 1)), shape=(2, 3)),
    "Identity": chain(layers.Identity),
    "ActivityRegularization": chain(lambda: layers.ActivityRegularization(0.1)),
    **{
        kind: chain(lambda kind=kind: getattr(layers, kind)(0.5), lambda: layers.Dense(2))
        for kind in ("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise")
    },
    "CategoryEncoding one_hot": chain(lambda: layers.CategoryEncoding(5, "one_hot"), shape=(1,)),
    "CategoryEncoding multi_hot": chain(lambda: layers.CategoryEncoding(5, "multi_hot")),
    "CategoryEncoding count": chain(lambda: layers.CategoryEncoding(5, "count")),
    **{
        kind: merged(getattr(layers, kind))
        for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
    },
    "Average of three": merged(layers.Average, 3),
    "Dot of unit vectors": merged(lambda: layers.Dot(normalize=True)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_comes_back(name, dtype):
    model = LAYERS[name](dtype)
    model.build()
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.3, 1.2, size=array.shape) for array in model.get_weights()])
    proto = to_onnx(model)
    if dtype == "float64" and name in FORMULAS:
        with pytest.raises(ValueError, match=r"the node '[\w.]+' \((Div|Sub)\) cannot become a layer"):
            from_onnx(proto)
        return
    again = from_onnx(proto)
    assert (again.dtype, again.input_names, again.output_names) == (dtype, model.input_names, model.output_names)
    shape = (7, *model.input_shape)
    of_categories = name.startswith(("Embedding", "CategoryEncoding"))
    x = rng.integers(0, 5, size=shape) if of_categories else rng.normal(size=shape)
    # Rows of zeros have no length.
    x[0] = 0
    expected = model.predict(x)
    # A few dozen roundings of numbers up to some ten.
    tolerance = 200 * np.finfo(dtype).eps
    np.testing.assert_allclose(again.predict(x), expected.reshape(len(expected), -1), rtol=0, atol=tolerance)


def test_lookups_do_not_come_back():
    lookup = layers.IntegerLookup(vocabulary=[3, 5])
    model = Sequential([layers.Input((1,)), lookup, layers.Embedding(3, 2)], seed=0)
    model.build()
    with pytest.raises(ValueError, match=r"the node 'integer_lookup.labelencoder' .* is not ONNX's own"):
        from_onnx(to_onnx(model))


def test_no_layer_is_forgotten():
    assert {kind.__name__ for kind in _MAKERS} - {"Lookup"} <= {name.split()[0] for name in LAYERS}


# Nodes from x to y, arrays, and what they become.
DENSE = {
    "a product": ([node("MatMul", "x w")], ["Dense"]),
    "and a bias": ([node("MatMul", "x w", "m"), node("Add", "m b")], ["Dense"]),
    "a bias before it": ([node("MatMul", "x w", "m"), node("Add", "b m")], ["Dense"]),
    "a bias that is taken away": ([node("MatMul", "x w", "m"), node("Sub", "m b")], ["Dense"]),
    "a bias in a row": ([node("MatMul", "x w", "m"), node("Add", "m r")], ["Dense"]),
    "one number": ([node("MatMul", "x w", "m"), node("Add", "m one")], ["Dense"]),
    "an activation": ([node("MatMul", "x w", "m"), node("Add", "m b", "a"), node("Relu", "a")], ["Dense"]),
    "with a number": ([node("Gemm", "x w b", "g"), node("LeakyRelu", "g", alpha=0.3)], ["Dense"]),
    "of whole rows": ([node("Gemm", "x w b", "g"), node("Softmax", "g")], ["Dense"]),
    "with nothing between": ([node("Gemm", "x w b", "g"), node("Identity", "g", "i"), node("Tanh", "i")], ["Dense"]),
    "two activations": ([node("Gemm", "x w b", "g"), node("Tanh", "g", "t"), node("Relu", "t")], ["Dense", "ReLU"]),
    "a product that others take": (
        [node("MatMul", "x w", "m"), node("Add", "m b", "a"), node("Add", "a m")],
        ["Dense", "BatchNormalization", "Add"],
    ),
    "under another name": (
        [node("MatMul", "x w", "m"), node("Identity", "m", "i"), node("Relu", "i", "q"), node("Add", "q m")],
        ["Dense", "ReLU", "Add"],
    ),
    "a second bias": (
        [node("Gemm", "x w b", "g"), node("Add", "g b")],
        ["Dense", "BatchNormalization"],
    ),
    "a bias behind an activation": (
        [node("MatMul", "x w", "m"), node("Relu", "m", "q"), node("Add", "q b")],
        ["Dense", "BatchNormalization"],
    ),
}


@pytest.mark.parametrize("case", DENSE)
def test_products_become_dense_layers(case):
    nodes, kinds = DENSE[case]
    proto = proto_of(nodes, {"w": W, "b": B, "r": B[None], "one": B[:1]})
    model = from_onnx(proto)
    check_same(proto, model, {"x": X})
    assert [type(layer).__name__ for layer in model.layers] == kinds
    outputs = proto_of(nodes, {"w": W, "b": B, "r": B[None], "one": B[:1]}, outputs=["y", nodes[0].output[0]])
    if nodes[0].output[0] != "y":
        # The product is an output, too.
        check_same(outputs, from_onnx(outputs), {"x": X})


# Nodes that end in a shape, s: from exporters' ways to write the size of a batch.
SIZES = {
    "of x": [node("Shape", "x", "d"), node("Gather", "d first", "n"), node("Unsqueeze", "n zero", "u")],
    "a part": [node("Shape", "x", "u", start=0, end=1)],
    "a slice": [node("Shape", "x", "d"), node("Slice", "d zero to", "u")],
    "a cast": [node("Shape", "x", "d", end=1), node("Cast", "d", "u", to=7)],
}


@pytest.mark.parametrize("case", SIZES)
def test_shapes_that_exporters_compute(case):
    nodes = [*SIZES[case], node("Concat", "u rest", "s", axis=0), node("Reshape", "x s", "r"), node("Flatten", "r")]
    arrays = {"first": np.array(0), "zero": np.array([0]), "to": np.array([1]), "rest": np.array([2, -1])}
    proto = proto_of(nodes, arrays)
    check_same(proto, from_onnx(proto), {"x": X})
    computed = [*nodes[:-3], node("Mul", "u to", "v", name="times"), *nodes[-3:]]
    computed[-3].input[0] = "v"
    with pytest.raises(ValueError, match=r"'times' \(Mul\) .*computes with the size of a batch"):
        from_onnx(proto_of(computed, arrays))


def test_arrays_of_a_size_and_batches_that_are_known():
    nodes = [
        node("ConstantOfShape", "s", "c"),
        node("Expand", "one s", "e"),
        node("Add", "c e", "k"),
        node("Mul", "x k"),
    ]
    proto = proto_of(nodes, {"s": np.array([4]), "one": np.array([1.5])})
    check_same(proto, from_onnx(proto), {"x": X})
    proto = proto_of([node("Reshape", "x s", "r"), node("Flatten", "r")], {"s": np.array([9, 2, 2])})
    with pytest.raises(ValueError, match="the batch must stay as it is"):
        from_onnx(proto)
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 9
    check_same(proto, from_onnx(proto), {"x": X})


def torch_modules():
    torch = pytest.importorskip("torch")
    nn, F = torch.nn, torch.nn.functional

    class Own(nn.Module):
        def __init__(self, forward):
            super().__init__()
            self.first, self.last = nn.Linear(4, 6), nn.Linear(6, 4)
            self.table, self.call = nn.Embedding(7, 3), forward

        def forward(self, x):
            return self.call(self, x)

    return {
        "a chain": nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.3), nn.BatchNorm1d(6), nn.Linear(6, 3)),
        "activations": nn.Sequential(nn.Linear(4, 6), nn.ELU(), nn.SELU(), nn.PReLU(), nn.SiLU(), nn.LogSoftmax(-1)),
        "gelu": nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 2), nn.GELU(approximate="tanh")),
        "views": Own(lambda self, x: self.first(x).view(x.shape[0], 2, 3).reshape(x.size(0), -1)),
        "a residual block": Own(lambda self, x: x + self.last(F.relu(self.first(x))) * 0.5 - 1),
        "a new axis": Own(lambda self, x: self.first(x.unsqueeze(1)).squeeze(1)),
        "two sides": Own(lambda self, x: self.first(torch.maximum(x.abs(), x.clamp(min=0)))),
        "a mean": Own(lambda self, x: self.first(x).mean(1, keepdim=True)),
        "categories": Own(lambda self, x: self.last(self.table(x).flatten(1))),
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("opset", [11, 13, 20])
def test_models_that_pytorch_exports(opset):
    modules = torch_modules()
    import torch

    torch.manual_seed(0)
    for name, module in modules.items():
        module.eval()
        x = torch.randint(0, 7, (9, 2)) if name == "categories" else torch.from_numpy(X)
        for axes in ({"x": {0: "batch"}}, None):
            file = io.BytesIO()
            options = {"dynamo": False, "opset_version": opset, "dynamic_axes": axes, "input_names": ["x"]}
            torch.onnx.export(module, (x,), file, output_names=["y"], **options)
            with torch.no_grad():
                expected = module(x).numpy().reshape(9, -1)
            (found,) = each(from_onnx(file.getvalue()).predict(x.numpy()))
            # Sums of a dozen products in float32, through a few layers.
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5, err_msg=f"{name}, {axes}")
