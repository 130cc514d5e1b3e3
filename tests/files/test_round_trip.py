"""Round trips: what is saved comes back as it was, to the last bit, for all that the package has."""

import numpy as np
import pytest
from layer_table import OF_CATEGORIES
from model_files import bits, data, everything, trained
from optimizer_table import STEADY

import fastnn
from fastnn import constraints, initializers, layers, losses, metrics, optimizers, regularizers
from fastnn.activations.registry import ACTIVATIONS
from fastnn.files.description import _CLASSES
from fastnn.layers import Dense, Input, merging
from fastnn.models import Sequential
from fastnn.optimizers import schedules

DTYPES = ["float32", "float64"]
# Arguments other than the defaults, for classes that have some.
LAYERS = {
    "Rescaling": [layers.Rescaling(0.5, offset=0.25)],
    "Flatten": [layers.Flatten()],
    "Dense": [Dense(3, "elu", use_bias=False, kernel_regularizer=regularizers.L1L2(0.1, 0.2)), Dense(2, name="last")],
    "Activation": [layers.Activation("tanh")],
    "LeakyReLU": [layers.LeakyReLU(0.07)],
    "ELU": [layers.ELU(0.3)],
    "Dropout": [layers.Dropout(0.4)],
    "GaussianNoise": [layers.GaussianNoise(0.2)],
    "AlphaDropout": [layers.AlphaDropout(0.4)],
    "GaussianDropout": [layers.GaussianDropout(0.4)],
    "Normalization": [layers.Normalization(mean=[1, 2, 3], variance=[1.0, 2.0, 3.0])],
    "PReLU": [layers.PReLU("random_normal")],
    "Reshape": [layers.Reshape((3, -1)), layers.Reshape([3])],
    "Permute": [layers.Permute((1,))],
    "RMSNormalization": [layers.RMSNormalization(epsilon=0.1)],
    "BatchNormalization": [
        layers.BatchNormalization(center=False, scale=False),
        layers.BatchNormalization(momentum=0.9, epsilon=1e-2),
    ],
    "LayerNormalization": [
        layers.LayerNormalization(epsilon=1e-2),
        layers.LayerNormalization(center=False, scale=False),
    ],
}
LOSSES = {
    "Huber": losses.Huber(0.3),
    "Quantile": losses.Quantile(0.9),
    "BinaryCrossentropy": losses.BinaryCrossentropy(True, 0.1),
    "CategoricalCrossentropy": losses.CategoricalCrossentropy(True, 0.1),
    "SparseCategoricalCrossentropy": losses.SparseCategoricalCrossentropy(True),
}
METRICS = {
    "BinaryAccuracy": metrics.BinaryAccuracy("decided", threshold=0.3),
    "TopKCategoricalAccuracy": metrics.TopKCategoricalAccuracy(2, "top"),
    "SparseTopKCategoricalAccuracy": metrics.SparseTopKCategoricalAccuracy(2),
    "Precision": metrics.Precision(0.4, class_id=1, name="exact"),
    "Recall": metrics.Recall(0.4, class_id=0),
    "F1Score": metrics.F1Score("weighted", 0.2),
    "AUC": metrics.AUC(multi_label=True),
}
OPTIMIZERS = {type(optimizer).__name__: optimizer for optimizer in STEADY.values()} | {
    "SGD": optimizers.SGD(0.02, momentum=0.8, nesterov=True, weight_decay=1e-3, clipnorm=2.0),
    "Adagrad": optimizers.Adagrad(0.02, 0.2, 1e-5),
    "RMSprop": optimizers.RMSprop(0.02, 0.8, clipvalue=0.5),
    "Adam": optimizers.Adam(0.02, 0.8, 0.99, 1e-6, global_clipnorm=1.0),
    "LBFGS": optimizers.LBFGS(5, 1e-6, 1e-8),
}
SCHEDULES = {
    "StepDecay": schedules.StepDecay(0.1, 3, 0.5),
    "PiecewiseConstantDecay": schedules.PiecewiseConstantDecay([2, 4], [0.1, 0.05, 0.01]),
    "InverseTimeDecay": schedules.InverseTimeDecay(0.1, 3, 0.5),
    "PolynomialDecay": schedules.PolynomialDecay(0.1, 3, 0.05, 2.0),
    "ExponentialDecay": schedules.ExponentialDecay(0.1, 3, 0.5, staircase=True),
    "CosineDecayRestarts": schedules.CosineDecayRestarts(0.01, 3, 1.5, 0.9, 0.1),
    "CosineDecay": schedules.CosineDecay(0.01, 9, 0.1, warmup_target=0.1, warmup_steps=2),
    "OneCycle": schedules.OneCycle(0.1, 9, 0.4, 20.0, 1e3),
}


def names(module):
    return _CLASSES[module].split()


def made(table, module, name):
    """The class' object with unusual arguments, or with none."""
    return table[name] if name in table else getattr(module, name)()


def reloaded(model, tmp_path, x):
    """The model from its file, once all of it has been compared."""
    path = tmp_path / "model.safetensors"
    model.save(path)
    again = fastnn.load_model(path)
    assert everything(again) == everything(model)
    assert again.predict(x).tobytes() == model.predict(x).tobytes()
    again.save(path)
    assert everything(fastnn.load_model(path)) == everything(model)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    return again


def test_files_know_every_public_class():
    # What a module shows and a file may not name.
    bases = {"Input", "Layer", "Loss", "CustomLoss", "Metric", "FunctionMetric", "Mean", "Optimizer"}
    bases |= {"LearningRateSchedule"}
    shown = {"layers": layers, "losses": losses, "metrics": metrics, "optimizers": optimizers}
    for place, module in {**shown, "optimizers.schedules": schedules}.items():
        classes = {name for name in module.__all__ if isinstance(getattr(module, name), type)}
        assert classes - bases == set(names(place)), place


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(set(names("layers")) - {*merging.__all__} - OF_CATEGORIES))
def test_layers(tmp_path, name, dtype):
    x, y = data(outputs=2)
    tested = LAYERS.get(name) or [getattr(layers, name)()]
    # A model of its own for each test: layers belong to one.
    stack = [type(layer)(**layer.configuration()) for layer in tested]
    model = Sequential([Input((3,)), *stack, Dense(2)], seed=1, dtype=dtype)
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, epochs=2)
    reloaded(model, tmp_path, x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_activations_in_one_model(tmp_path, dtype):
    x, y = data()
    slopes = [layers.LeakyReLU(0.4), layers.ELU(2.0), fastnn.leaky_relu]
    stack = [Dense(4, kind) for kind in [*ACTIVATIONS.by_name(), *slopes]]
    model = Sequential([Input((3,)), *stack, Dense(2)], seed=1, dtype=dtype)
    model.compile("sgd", "mse")
    model.fit(x, y)
    again = reloaded(model, tmp_path, x)
    for old, new in zip(stack, again.layers, strict=False):
        assert old.activation.configuration() == new.activation.configuration()


@pytest.mark.parametrize("name", names("losses"))
def test_losses(tmp_path, name):
    x, _ = data()
    # Positive outputs and targets that any loss takes; class numbers where they are wanted.
    labels = np.arange(len(x)) % 2
    y = labels if name.startswith("Sparse") else np.eye(2, dtype=np.float32)[labels]
    model = Sequential([Input((3,)), Dense(2, "softmax")], seed=2)
    model.compile("adam", made(LOSSES, losses, name))
    model.fit(x, y)
    again = reloaded(model, tmp_path, x)
    assert again.evaluate(x, y) == model.evaluate(x, y)


@pytest.mark.parametrize("name", names("metrics"))
def test_metrics(tmp_path, name):
    x, _ = data()
    y = np.eye(2, dtype=np.float32)[np.arange(len(x)) % 2]
    made_metric = getattr(metrics, name)(k=2) if name.startswith(("TopK", "SparseTopK")) else None
    model = Sequential([Input((3,)), Dense(2, "softmax")], seed=2)
    model.compile("adam", "mse", metrics=[METRICS.get(name) or made_metric or getattr(metrics, name)()])
    model.fit(x, y)
    again = reloaded(model, tmp_path, x)
    assert [metric.name for metric in again.metrics] == [metric.name for metric in model.metrics]
    assert again.evaluate(x, y) == model.evaluate(x, y)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", names("optimizers"))
def test_optimizers(tmp_path, name, dtype):
    if name == "LBFGS":
        pytest.importorskip("scipy")
    x, y = data()
    model = Sequential([Input((3,)), Dense(4, "tanh"), Dense(2)], seed=3, dtype=dtype)
    model.compile(OPTIMIZERS[name], "mse")
    model.fit(x, y, epochs=2, batch_size=7)
    again = reloaded(model, tmp_path, x)
    assert again.optimizer.configuration() == OPTIMIZERS[name].configuration()


@pytest.mark.parametrize("name", names("optimizers.schedules"))
def test_schedules(tmp_path, name):
    x, y = data()
    model = Sequential([Input((3,)), Dense(2)], seed=3)
    model.compile(optimizers.SGD(SCHEDULES[name]), "mse")
    model.fit(x, y, batch_size=7)
    assert reloaded(model, tmp_path, x).optimizer.learning_rate == SCHEDULES[name]


@pytest.mark.parametrize("regularizer", [regularizers.L1(0.1), regularizers.L2(0.2), regularizers.L1L2(0.1, 0.2)])
def test_regularizers_and_constraints(tmp_path, regularizer):
    x, y = data()
    last = Dense(2, kernel_regularizer=regularizer, kernel_constraint=constraints.MaxNorm(0.5))
    model = Sequential([Input((3,)), last], seed=3)
    model.compile("adam", "mse")
    model.fit(x, y)
    layer = reloaded(model, tmp_path, x).layers[0]
    assert (layer.kernel_regularizer, layer.kernel_constraint) == (regularizer, constraints.MaxNorm(0.5))


@pytest.mark.parametrize("name", [name for name in initializers.__all__ if name not in ("Initializer", "resolve")])
def test_initializers_leave_their_numbers(tmp_path, name):
    model = Sequential([Input((3,)), Dense(4, kernel_initializer=getattr(initializers, name)())], seed=3)
    again = reloaded(model, tmp_path, data()[0])
    assert bits(again.get_weights()) == bits(model.get_weights())


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_generators_go_on_where_they_stopped(tmp_path, kind):
    rng = np.random.Generator(getattr(np.random, kind)(5))
    rng.integers(9, dtype=np.uint32)  # leaves half a number for later
    model = Sequential([Input((3,)), Dense(2)], seed=rng)
    again = reloaded(model, tmp_path, data()[0])
    assert again.rng.random(1000).tobytes() == model.rng.random(1000).tobytes()


def test_metadata_history_and_name(tmp_path):
    model = trained()
    model.name = "Näme"
    model.metadata = {
        "deep": {"list": [1, 2.5, None, True, "ü"]},
        "class": "os.system",
        "own": "x",
        "nan": float("inf"),
    }
    model.history.history["loss"][0] = float("nan")
    again = reloaded(model, tmp_path, data()[0])
    assert again.metadata == model.metadata
    assert again.history.epoch == [0, 1]
    assert again.history.params == model.history.params


def test_shapes_of_samples(tmp_path):
    x = np.random.default_rng(0).normal(size=(5, 2, 3, 2))
    stacks = [Input((2, 3, 2)), layers.Flatten(), Dense(2)], [layers.Flatten(input_shape=(2, 3, 2)), Dense(2)]
    for stack in stacks:
        model = Sequential(stack, seed=0)
        assert reloaded(model, tmp_path, x).input_shape == (2, 3, 2)


def test_a_model_that_is_not_compiled_or_not_built(tmp_path):
    plain = Sequential([Input((3,)), Dense(2)], seed=0)
    assert reloaded(plain, tmp_path, data()[0]).optimizer is None
    shapeless = Sequential([Dense(2)], seed=0)
    with pytest.raises(ValueError, match="the shape of a sample is not known"):
        shapeless.save(tmp_path / "shapeless.safetensors")
    with pytest.raises(ValueError, match="the shape of a sample is not known"):
        Sequential().save(tmp_path / "shapeless.safetensors")
    assert [file.name for file in tmp_path.iterdir()] == ["model.safetensors"]


def test_without_compiling(tmp_path, good):
    model = fastnn.load_model(good, compile=False)
    assert (model.optimizer, model.loss, model.metrics, model.optimizer_state.arrays) == (None, None, [], None)
    x, _ = data()
    assert model.predict(x).tobytes() == fastnn.load_model(good).predict(x).tobytes()
    with pytest.raises(RuntimeError, match="not compiled"):
        model.evaluate(x, x[:, :2])
