"""Trainings that one process and several ranks must come out of alike: `curves.py` runs them, tests compare."""

import numpy as np
import scipy.sparse
from optimizer_table import STEADY

import fastnn
from fastnn import layers, optimizers
from fastnn.callbacks import EarlyStopping, LambdaCallback, LearningRateScheduler, ReduceLROnPlateau
from fastnn.regularizers import L1L2

ROWS = 67  # no multiple of a number of ranks, nor of a batch


def table(seed=0, columns=5, outputs=2, rows=ROWS):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)), rng.normal(size=(rows, outputs))


def small(*more, outputs=2, optimizer="sgd", loss="mse", dtype="float64", metrics=("mae",), **arguments):
    model = fastnn.Sequential([layers.Dense(6, "tanh"), *more, layers.Dense(outputs)], seed=3, dtype=dtype)
    model.compile(optimizer=optimizer, loss=loss, metrics=list(metrics), **arguments)
    return model


def plain():
    return small(), table(), {"validation_split": 0.2}


def by_optimizer(name):
    def job():
        return small(optimizer=STEADY[name], metrics=()), table(), {}

    return job


def lbfgs():
    return small(optimizer=optimizers.LBFGS()), table(), {"batch_size": None, "validation_split": 0.2}


def penalties():
    limited = layers.Dense(
        6,
        "relu",
        kernel_regularizer=L1L2(0.01, 0.02),
        bias_regularizer="l2",
        activity_regularizer="l2",
        kernel_constraint="max_norm",
    )
    return small(limited, optimizer=optimizers.Adam(1e-2, global_clipnorm=0.5)), table(), {"validation_split": 0.2}


def drawing():
    drawn = layers.Dropout(0.3), layers.GaussianNoise(0.1), layers.AlphaDropout(0.2), layers.GaussianDropout(0.2)
    return small(*drawn), table(), {"validation_split": 0.2}


def images():
    rng = np.random.default_rng(1)
    model = fastnn.Sequential([layers.Flatten(), layers.Dense(3, "softmax")], seed=3, dtype="float64")
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    data = rng.integers(0, 256, (ROWS, 6, 5, 1)).astype(np.uint8), rng.integers(0, 3, ROWS)
    changes = fastnn.ImageAugmentation(10, height_shift_range=0.1, noise_stddev=0.05)
    return model, data, {"augmentation": changes}


def graph():
    rng = np.random.default_rng(2)
    words, numbers = fastnn.Input((3,), name="words"), fastnn.Input((4,), name="numbers")
    shared = layers.Dense(5, "tanh")
    both = layers.Concatenate()([layers.Flatten()(layers.Embedding(9, 2)(words)), shared(numbers)])
    first, second = layers.Dense(1, name="first")(shared(layers.Dense(4)(both))), layers.Dense(2, name="second")(both)
    model = fastnn.Model([words, numbers], [first, second], seed=3, dtype="float64")
    model.compile(
        optimizer=optimizers.SGD(0.05, momentum=0.8),
        loss=["mae", "mse"],
        loss_weights=[1.0, 0.5],
        metrics=[["mse"], []],
        weighted_metrics=[[], ["mae"]],
    )
    x = [rng.integers(0, 9, (ROWS, 3)), rng.normal(size=(ROWS, 4))]
    y = [rng.normal(size=(ROWS, 1)), rng.normal(size=(ROWS, 2))]
    weights = [rng.uniform(0.5, 2, ROWS), rng.uniform(0.5, 2, ROWS)]
    return model, (x, y), {"sample_weight": weights, "validation_data": (x, y)}


def weighed():
    rng = np.random.default_rng(4)
    model = fastnn.Sequential([layers.Dense(4, "relu"), layers.Dense(3, "softmax")], seed=3, dtype="float64")
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"])
    data = rng.normal(size=(ROWS, 5)), np.arange(ROWS) % 3
    weights = rng.uniform(0.1, 2, ROWS)
    return model, data, {"sample_weight": weights, "class_weight": {0: 2.0, 2: 0.5}, "validation_split": 0.3}


def sparse():
    x, y = table(5, columns=40)
    x[np.abs(x) < 1.2] = 0
    return small(), (scipy.sparse.csr_matrix(x), y), {"validation_data": (scipy.sparse.csr_matrix(x[:20]), y[:20])}


def few_rows():
    # The last batch has one row, so that most ranks have nothing of it.
    return small(layers.Dropout(0.2), optimizer="adam"), table(rows=17), {"batch_size": 16}


def one_batch():
    return small(optimizer="nadam"), table(), {"batch_size": 500, "shuffle": False}


def own_functions():
    def value(y_true, y_pred):
        return np.mean((y_true - y_pred) ** 4)

    def gradient(y_true, y_pred):
        return 4 * (y_pred - y_true) ** 3 / y_pred.size

    middle = layers.Dense(4, (np.sin, np.cos))
    return small(middle, loss=(value, gradient)), table(), {}


def single_precision():
    return small(dtype="float32"), table(), {"validation_split": 0.2}


def frozen():
    model = fastnn.Sequential(
        [layers.Dense(6), layers.BatchNormalization(), layers.Dense(2, "tanh")], seed=3, dtype="float64"
    )
    model.build((5,))
    model.layers[1].trainable = False
    model.compile(optimizer="adam", loss="mse")
    return model, table(), {}


def called():
    told = []
    watchers = [
        LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        ReduceLROnPlateau("loss", patience=1, min_delta=1.0),
        EarlyStopping("val_loss", patience=1, min_delta=0.05, restore_best_weights=True),
        LambdaCallback(on_train_batch_end=lambda batch, logs: told.append(logs["loss"])),
    ]
    return small(), table(), {"validation_split": 0.2, "callbacks": watchers, "epochs": 6}


def scheduled():
    rate = optimizers.schedules.InverseTimeDecay(0.05, 1, 0.3)
    return small(optimizer=optimizers.SGD(rate, momentum=0.5)), table(), {}


def deep():
    """Wide enough for gradients to be seen before all are there."""
    x, y = table(6, columns=200, rows=400)
    hidden = [layers.Dense(200, "relu") for _ in range(3)]
    return small(*hidden, optimizer="adam"), (x, y), {"batch_size": 100}


JOBS = {
    job.__name__: job
    for job in (
        *(plain, lbfgs, penalties, drawing, images, graph, weighed, sparse, few_rows, one_batch, own_functions),
        *(single_precision, frozen, called, scheduled, deep),
    )
}
JOBS |= {name: by_optimizer(name) for name in STEADY}
# Those whose rows each rank may have its own of: their validation is by rows that all have, or there is none.
OWN = ["few_rows", "drawing", "weighed", "sparse", "lbfgs", "adam"]


def run(name, rows=None, validate=True, **more):
    """Train a job, on some of its rows where they are named; return history and weights."""
    model, (x, y), arguments = JOBS[name]()
    arguments = {"epochs": 3, "batch_size": 16, "verbose": 0, **arguments, **more}
    if not validate:
        arguments = {key: value for key, value in arguments.items() if not key.startswith("validation")}
    if rows is not None:
        x, y = x[rows], y[rows]
        if "sample_weight" in arguments:
            arguments["sample_weight"] = arguments["sample_weight"][rows]
    history = model.fit(x, y, **arguments).history
    return history, model.get_weights()


def shard(rows, rank, size):
    """Uneven shards: the first ranks have few rows."""
    return slice(rows * rank**2 // size**2, rows * (rank + 1) ** 2 // size**2)


def rows_of(name):
    x = JOBS[name]()[1][0]
    return x.shape[0]
