"""Random models on random data: the same bits for any threads, any split of a prediction, and from a file."""

import functools

import numpy as np
import pytest

import fastnn
from fastnn import Sequential, callbacks, constraints, layers, optimizers, regularizers
from fastnn.activations.registry import ACTIVATIONS as REGISTRY
from fastnn.augmentation import ImageAugmentation
from fastnn.losses.names import LOSSES as ALL_LOSSES
from fastnn.models import training
from fastnn.optimizers.names import OPTIMIZERS as RULES
from fastnn.registry import Without
from fastnn_ext.engine.training import Training

# A softmax between layers, or its logarithm, makes all numbers of a wide layer nearly the same.
ACTIVATIONS = [kind.name for kind in REGISTRY if not isinstance(kind.derivative, Without)]
_TUNED = (optimizers.SGD, optimizers.Adagrad)
OPTIMIZERS = {
    "plain": lambda **clipping: optimizers.SGD(0.01, **clipping),
    "nesterov": lambda **clipping: optimizers.SGD(0.01, momentum=0.9, nesterov=True, **clipping),
    "adagrad": lambda **clipping: optimizers.Adagrad(0.01, **clipping),
    # L-BFGS looks at all samples at once.
    **{kind.__name__: kind for kind in RULES if kind not in (*_TUNED, optimizers.LBFGS)},
}


def targets_of(loss):
    return lambda rng, n, outputs: loss.example(rng, n, outputs)[0]


# The last layer's activation, and targets of that form.
LOSSES = {loss.name: (loss.last_layer, targets_of(loss)) for loss in ALL_LOSSES}


class WatchesBatches(callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        pass


def random_layer(rng):
    def maybe(chance):
        return bool(rng.random() < chance)

    kind = rng.integers(7)
    if kind == 0:
        return layers.Dropout(rng.random() * 0.8)
    if kind == 1:
        return layers.GaussianNoise(0.1)
    if kind == 2:
        return layers.BatchNormalization(center=maybe(0.5), scale=maybe(0.5))
    if kind == 3:
        return layers.LayerNormalization(center=maybe(0.5), scale=maybe(0.5))
    return layers.Dense(
        # Narrow, middling and wide layers, and rests of vectors.
        int(rng.choice([1, 2, 7, 17, 33, 64, 130, 330])),
        str(rng.choice(ACTIVATIONS)),
        use_bias=maybe(0.8),
        kernel_regularizer=regularizers.L1L2(1e-3, 1e-3) if maybe(0.2) else None,
        kernel_constraint=constraints.MaxNorm(2.0) if maybe(0.2) else None,
    )


def random_case(seed):
    """A compiled model, its data, and the arguments of its fit."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 40)),) if rng.random() < 0.7 else (int(rng.integers(2, 8)), int(rng.integers(2, 8)))
    outputs = int(rng.integers(2, 6))
    loss = str(rng.choice(list(LOSSES)))
    activation, targets = LOSSES[loss]
    dtype = str(rng.choice(["f8", "f4", "u1"]))
    scaling = [layers.Rescaling(1 / 255)] if dtype == "u1" else []
    inner = [*scaling, layers.Flatten(), *(random_layer(rng) for _ in range(rng.integers(5)))]
    model = Sequential(
        [layers.Input(shape), *inner, layers.Dense(outputs, activation)], seed=seed, dtype=str(rng.choice(["f4", "f8"]))
    )
    clipping = {str(rng.choice(["clipnorm", "clipvalue", "global_clipnorm"])): 0.5} if rng.random() < 0.3 else {}
    model.compile(OPTIMIZERS[str(rng.choice(list(OPTIMIZERS)))](**clipping), loss)

    samples = int(rng.choice([1, 2, 3, 17, 65, 140]))
    x = rng.normal(size=(samples, *shape)) * (rng.random((samples, *shape)) < rng.choice([0.0, 0.1, 0.5, 1.0]))
    x = (np.abs(x * 50) if dtype == "u1" else x).astype(dtype)
    arguments = {
        "batch_size": int(rng.choice([1, 2, 7, 32, 64, 200])),
        "sample_weight": rng.random(samples) if rng.random() < 0.3 else None,
    }
    if len(shape) == 2 and rng.random() < 0.4:
        arguments["augmentation"] = ImageAugmentation(10, 0.1, 0.1, 0.1, horizontal_flip=True, noise_stddev=0.1)
    if rng.random() < 0.2:
        arguments["callbacks"] = [WatchesBatches()]
    elif len(shape) == 1 and x.dtype.kind == "f" and rng.random() < 0.3:
        x = pytest.importorskip("scipy.sparse").csr_array(x)
    return model, x, targets(rng, samples, outputs), arguments


def bits(model):
    return [array.tobytes() for array in model.get_weights()]


@pytest.fixture
def set_threads(monkeypatch):
    """A function that sets the threads also of work so small that it would stay on one."""
    before = fastnn.get_num_threads()

    def set_to(number):
        fastnn.set_num_threads(number)
        monkeypatch.setattr(training, "Training", functools.partial(Training, threads=number))

    yield set_to
    fastnn.set_num_threads(before)


@pytest.mark.parametrize("seed", range(120))
def test_random_models(seed, tmp_path, set_threads):
    results = []
    for threads in (1, 2, 3):
        set_threads(threads)
        model, x, y, arguments = random_case(seed)
        model.fit(x, y, epochs=2, **arguments)
        results.append(bits(model))
    assert results[0] == results[1] == results[2]

    outputs = model.predict(x)
    assert np.isfinite(outputs).all()
    if isinstance(x, np.ndarray):
        np.testing.assert_array_equal(np.concatenate([model.predict(row[None]) for row in x]), outputs)
    model.save(tmp_path / "model.safetensors")
    loaded = fastnn.load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(x), outputs)
    set_threads(1)
    for each in (model, loaded):
        each.fit(x, y, **arguments)
    assert bits(loaded) == bits(model)
