"""Random sequences of ordinary calls on one model, with data of every kind, beside the same calls with plain arrays.

``FASTNN_SEQUENCES`` says how many; `docs/reliability.md` tells how many have been run, and how they were watched.
"""

import copy
import os
import pickle

import numpy as np
import pytest

from fastnn import load_model
from fastnn.layers import BatchNormalization, Dense, Dropout, Input
from fastnn.models import Sequential

csr_array = pytest.importorskip("scipy.sparse").csr_array

SEQUENCES = int(os.environ.get("FASTNN_SEQUENCES", "24"))


class Data:
    """Samples of small whole numbers, exact in every dtype, and one-hot classes."""

    def __init__(self, rng, inputs):
        self.rng, self.inputs = rng, inputs

    def batch(self, samples):
        kept = self.rng.random((samples, self.inputs)) < self.rng.choice([0.05, 0.3, 1.0])
        x = (self.rng.integers(0, 4, (samples, self.inputs)) * kept).astype(np.float32)
        return x, np.eye(3, dtype=np.float32)[self.rng.integers(0, 3, samples)]


def unaligned(x):
    memory = np.zeros(x.nbytes + 1, np.uint8)
    result = memory[1:].view(x.dtype).reshape(x.shape)
    result[...] = x
    return result


def wide(x):
    result = np.zeros((len(x), x.shape[1] + 3), x.dtype)
    result[:, :-3] = x
    return result[:, :-3]


KINDS = {
    "contiguous": lambda x: x,
    "float64": lambda x: x.astype(np.float64),
    "uint8": lambda x: x.astype(np.uint8),
    "int64": lambda x: x.astype(np.int64),
    "backwards": lambda x: x[::-1].copy()[::-1],
    "part of wider rows": wide,
    "Fortran order": np.asfortranarray,
    "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
    "unaligned": unaligned,
    "big endian": lambda x: x.astype(">f4"),
    "list": lambda x: x.tolist(),
    "CSR": csr_array,
    "CSR of float64": lambda x: csr_array(x.astype(np.float64)),
    "CSC": lambda x: csr_array(x).tocsc(),
}
BAD = {
    "empty": lambda x, y: (x[:0], y[:0]),
    "too narrow": lambda x, y: (x[:, 1:], y),
    "NaN": lambda x, y: (np.where(np.arange(x.size).reshape(x.shape) == x.size - 1, np.nan, x), y),
    "NaN in CSR": lambda x, y: (csr_array(np.where(np.arange(x.size).reshape(x.shape) == x.size - 1, np.inf, x)), y),
    "targets too few": lambda x, y: (x, y[1:]),
    "targets too wide": lambda x, y: (x, np.hstack([y, y])),
    "target out of bounds": lambda x, y: (x, y * 2),
    "text": lambda x, y: (np.full(x.shape, "a"), y),
    "nothing": lambda x, y: (x, None),
}


def bits(model):
    state = model.optimizer_state
    return [array.tobytes() for array in model.get_weights() + (state.arrays or [])] + [state.step]


def made(rng):
    inputs, units = int(rng.integers(2, 70)), int(rng.choice([5, 20, 130, 400]))
    layers = [Input((inputs,)), Dense(units, "relu")]
    layers += [Dropout(0.3)] if rng.random() < 0.3 else []
    layers += [BatchNormalization()] if rng.random() < 0.3 else []
    layers += [Dense(90, "tanh")] if rng.random() < 0.4 else []
    model = Sequential([*layers, Dense(3, "softmax")], seed=int(rng.integers(1000)))
    metrics = ["accuracy"] if rng.random() < 0.3 else []
    model.compile(str(rng.choice(["sgd", "rmsprop", "adam", "nadam"])), "categorical_crossentropy", metrics=metrics)
    return model


def train_step(rng, data, tried, plain):
    x, y = data.batch(int(rng.choice([1, 2, 7, 33, 64])))
    form = rng.choice(list(KINDS))
    assert tried.train_on_batch(KINDS[form](x), y) == plain.train_on_batch(x, y), form


def refused_step(rng, data, tried, plain):
    arguments = BAD[rng.choice(list(BAD))](*data.batch(int(rng.choice([2, 9]))))
    before = bits(tried)
    for call in (tried.train_on_batch, tried.fit, tried.evaluate):
        with pytest.raises((TypeError, ValueError)):
            call(*arguments)
        assert bits(tried)[:-1] == before[:-1]


def fit(rng, data, tried, plain):
    x, y = data.batch(int(rng.choice([5, 40, 130])))
    form, how = rng.choice(list(KINDS)), {"batch_size": int(rng.choice([1, 8, 64])), "epochs": int(rng.integers(1, 3))}
    histories = [model.fit(given, y, **how).history for model, given in ((tried, KINDS[form](x)), (plain, x))]
    assert histories[0] == histories[1], form


def fit_batches(rng, data, tried, plain):
    batches = [data.batch(int(rng.integers(1, 20))) for _ in range(4)]
    forms = rng.choice(list(KINDS), len(batches))
    mixed = [(KINDS[form](x), y) for form, (x, y) in zip(forms, batches, strict=True)]
    histories = [model.fit(iter(given)).history for model, given in ((tried, mixed), (plain, batches))]
    assert histories[0] == histories[1], forms


def look(rng, data, tried, plain):
    x, y = data.batch(int(rng.choice([1, 3, 50])))
    form = rng.choice(list(KINDS))
    assert tried.predict(KINDS[form](x)).tobytes() == plain.predict(x).tobytes(), form
    assert tried.evaluate(KINDS[form](x), y) == plain.evaluate(x, y), form


STEPS = {train_step: 6, refused_step: 2, fit: 2, fit_batches: 2, look: 2}


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_the_same_calls_with_any_data_give_the_same_bits(seed, tmp_path):
    rng = np.random.default_rng(seed)
    tried = made(rng)
    data = Data(rng, tried.input_shape[0])
    plain = copy.deepcopy(tried)
    for _ in range(14):
        if rng.random() < 0.25:
            way = rng.choice(["deepcopy", "pickle", "file"])
            if way == "file":
                tried.save(tmp_path / "model.safetensors")
                tried = load_model(tmp_path / "model.safetensors")
            else:
                tried = copy.deepcopy(tried) if way == "deepcopy" else pickle.loads(pickle.dumps(tried))
        step = rng.choice(list(STEPS), p=np.array(list(STEPS.values())) / sum(STEPS.values()))
        step(rng, data, tried, plain)
        assert bits(tried) == bits(plain), step.__name__
