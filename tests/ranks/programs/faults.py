"""Run by three ranks: one fault after the other, each caught; the last training shows that ranks still agree.

With "overlap", sums of gradients begin as early as they can; rank 1 alone is never early.
"""

import contextlib
import json
import sys

import numpy as np
from mpi4py.MPI import COMM_WORLD

import fastnn
from fastnn import layers, optimizers
from fastnn.callbacks import Callback, EarlyStopping, LambdaCallback, TerminateOnNaN
from fastnn.distributed import early, mpi, steps

overlap = sys.argv[2:] == ["overlap"]
if overlap:
    steps.LEAST_BYTES = 1
    early.PAUSE = 60 if COMM_WORLD.rank == 1 else 1e-5
ranks = mpi(overlap=overlap)
own = mpi(data="own", overlap=overlap)
ME = ranks.rank
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(30, 4)), rng.normal(size=(30, 1))


def network(*inner, built=True, rate=0.1, **compiling):
    model = fastnn.Sequential([*(inner or [layers.Dense(3, "tanh")]), layers.Dense(1)], seed=ME, dtype="float64")
    if built:
        model.build((4,))
    model.compile(optimizer=optimizers.SGD(rate), loss="mse", **compiling)
    return model


def fitted(model, x=X, y=Y, **arguments):
    return model.fit(x, y, **{"batch_size": 10, "epochs": 3, "verbose": 0, "distributed": ranks, **arguments})


class Loader:
    """Batches that can be gone through again and again."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


def bad_number():
    x = X.copy()
    if ME == 1:
        x[20, 2] = np.nan
    fitted(network(), x, distributed=own)


def bad_target():
    y = Y.copy()
    if ME == 2:
        y[3] = np.inf
    fitted(network(), y=y, distributed=own)


def other_width():
    fitted(network(), X[:, :3] if ME == 2 else X, distributed=own)


def other_width_of_a_model_that_the_data_build():
    fitted(network(built=False), X[:, :3] if ME == 2 else X, distributed=own)


def other_number_of_samples():
    rows = slice(29 if ME else 30)
    fitted(network(), X[rows], Y[rows])


def no_samples():
    rows = slice(0 if ME == 1 else 30)
    fitted(network(), X[rows], Y[rows], distributed=own)


def other_epochs():
    fitted(network(), epochs=2 + ME)


def other_layers():
    fitted(network(layers.Dense(3, "tanh" if ME else "relu")))


def other_optimizer():
    model = network()
    model.compile(optimizer=optimizers.SGD(0.1, momentum=0.5 if ME == 1 else 0.4), loss="mse")
    fitted(model)


def other_callbacks():
    fitted(network(), callbacks=[EarlyStopping("loss", patience=9)] if ME == 0 else [])


def other_overlap():
    fitted(network(), distributed=mpi(overlap=ME == 1))


def other_dtype():
    model = network()
    if ME == 1:
        model = fastnn.Sequential([layers.Dense(3, "tanh"), layers.Dense(1)], seed=0)
        model.compile(optimizer=optimizers.SGD(0.1), loss="mse")
    fitted(model)


def bad_argument():
    fitted(network(), batch_size=0 if ME == 0 else 10)


class Raises(Callback):
    def __init__(self, rank, epoch, error):
        self.rank, self.epoch, self.error = rank, epoch, error

    def on_epoch_end(self, epoch, logs):
        if epoch == self.epoch and self.rank == ME:
            raise self.error


class OwnError(Exception):
    pass


def callback_raises():
    fitted(network(), callbacks=[Raises(1, 1, KeyError("nothing like it"))])


def callback_raises_an_error_of_its_own():
    fitted(network(), callbacks=[Raises(2, 0, OwnError("of my own"))])


def callback_raises_in_all():
    fitted(network(), callbacks=[Raises(ME, 0, ValueError("the same"))])


def callback_raises_at_the_end():
    class Late(Callback):
        def on_train_end(self, logs=None):
            if ME == 2:
                raise OSError("disk full")

    fitted(network(), callbacks=[Late()])


def callback_interrupts():
    fitted(network(), callbacks=[Raises(1, 0, KeyboardInterrupt())])


def callback_raises_in_a_batch():
    def at(batch, logs):
        if ME == 1 and batch == 1:
            raise ValueError("in a batch")

    fitted(network(), callbacks=[LambdaCallback(on_train_batch_end=at)])


def callback_changes_weights_of_one_rank():
    model = network()

    def change(epoch, logs):
        if ME == 1 and epoch == 1:
            model.parameters[0] += 1

    fitted(model, callbacks=[LambdaCallback(on_epoch_end=change)])


def callback_changes_rate_of_one_rank():
    model = network()

    def change(epoch, logs):
        if ME == 2:
            model.optimizer.learning_rate = 0.05

    fitted(model, callbacks=[LambdaCallback(on_epoch_end=change)])


def metric_raises():
    def metric(y_true, y_pred):
        raise ZeroDivisionError("no such value")

    fitted(network(metrics=[metric]))


def diverges():
    fitted(network(rate=1e200), epochs=30)


def overflows_on_one_rank():
    fitted(network(), np.where(ME == 1, 1e200, 1.0) * X, Y * 1e160, distributed=own)


def gradient_overflows_on_one_rank():
    _gradient_overflows([1], 0)


def gradient_overflows_on_all_ranks():
    _gradient_overflows([0, 1, 2], 0)


def gradient_overflows_where_it_is_summed_early():
    _gradient_overflows([2], -1)


def _gradient_overflows(where, number):
    """Of the layer of this number alone, when those above it may have been summed: the loss is finite."""
    model = network(*(layers.Dense(500) for _ in range(5)))
    model.layers[number].arrays["kernel"][...] *= 1e-160
    x, y = X.copy(), Y.copy()
    if ME in where:
        x[0], y[0] = 1e160, 1e150
    fitted(model, x, y, distributed=own, shuffle=False)


def batch_normalisation():
    fitted(network(layers.Dense(3), layers.BatchNormalization(name="normalised")))


def augmentation_in_python():
    fitted(network(), augmentation=lambda x, rng: x)


def batches_of_a_model_without_shape():
    fitted(network(built=False), Loader([(X, Y)]), None, batch_size=None)


def one_rank_has_bad_batches():
    batches = [(X[:5], Y[:5]), (X[:5], Y[:5]) if ME else (X[:5, :2], Y[:5])]
    fitted(network(), Loader(batches), None, batch_size=None)


def raised():
    """What each of these raises here."""
    found = {}
    for name, fault in FAULTS.items():
        try:
            fault()
        except BaseException as error:
            found[name] = type(error).__name__, str(error)
        else:
            found[name] = None
    return found


FAULTS = {
    fault.__name__: fault
    for fault in (
        *(bad_number, bad_target, other_width, other_width_of_a_model_that_the_data_build, other_number_of_samples),
        *(no_samples, other_epochs, other_layers, other_optimizer, other_callbacks, other_overlap, other_dtype),
        *(bad_argument, callback_raises, callback_raises_an_error_of_its_own, callback_raises_in_all),
        *(callback_raises_at_the_end, callback_interrupts, callback_raises_in_a_batch),
        *(callback_changes_weights_of_one_rank, callback_changes_rate_of_one_rank, metric_raises, diverges),
        *(overflows_on_one_rank, gradient_overflows_on_one_rank, gradient_overflows_on_all_ranks),
        *(gradient_overflows_where_it_is_summed_early, batch_normalisation, augmentation_in_python),
        *(batches_of_a_model_without_shape, one_rank_has_bad_batches),
    )
}


def stops_where_one_rank_wants_to():
    model = network()

    def stop(epoch, logs):
        model.stop_training = model.stop_training or (ME == 1 and epoch == 1)

    return len(fitted(model, epochs=9, callbacks=[LambdaCallback(on_epoch_end=stop)]).epoch)


def stops_within_an_epoch():
    model, seen = network(), []

    def stop(batch, logs):
        seen.append(logs["loss"])
        model.stop_training = model.stop_training or (ME == 2 and batch == 1)

    fitted(model, epochs=9, callbacks=[LambdaCallback(on_train_batch_end=stop)])
    return seen


def ends_on_nan():
    ending = TerminateOnNaN()
    history = fitted(network(rate=1e200), epochs=30, callbacks=[ending])
    return [len(history.epoch) < 30, str(ending.failure)]


def after_bad_data():
    """Weights and state of the generator after bad data in the last batch: those of rank 0 before."""
    model = network()
    before = COMM_WORLD.bcast(model.get_weights()), COMM_WORLD.bcast(model.rng.bit_generator.state)
    x = X.copy()
    if ME == 1:
        x[29] = np.nan
    with contextlib.suppress(ValueError):
        fitted(model, x, distributed=own, shuffle=False)
    same = all(map(np.array_equal, before[0], model.get_weights()))
    return [same, model.rng.bit_generator.state == before[1], model.optimizer_state.step]


def batches_of_each_rank():
    """Ranks whose iterables have one, two and three batches, as one process that has these together."""
    steps = [(X[5 * n : 5 * n + 5], Y[5 * n : 5 * n + 5]) for n in range(6)]
    mine = [[0], [3, 1], [5, 4, 2]][ME]
    model = network()
    values = fitted(model, Loader([steps[n] for n in mine]), None, batch_size=None).history["loss"]
    together = [[0, 3, 5], [1, 4], [2]]
    alone = fastnn.Sequential([layers.Dense(3, "tanh"), layers.Dense(1)], seed=0, dtype="float64")
    alone.compile(optimizer=optimizers.SGD(0.1), loss="mse")
    joined = [tuple(np.concatenate([steps[n][part] for n in step]) for part in (0, 1)) for step in together]
    return [values, alone.fit(Loader(joined), epochs=3, verbose=0).history["loss"]]


def local_statistics():
    ranks_with_local = mpi(local_statistics=True, overlap=overlap)
    model = network(layers.Dense(3), layers.BatchNormalization())
    fitted(model, distributed=ranks_with_local)
    return [float(np.sum(array)) for array in model.get_weights()]


def last():
    # As many as a script may ask for: MPICH has room for some two thousand communicators.
    for _ in range(2500):
        again = mpi(overlap=overlap)
    return fitted(network(), distributed=again).history["loss"]


VALUES = (stops_where_one_rank_wants_to, stops_within_an_epoch, ends_on_nan, after_bad_data)
VALUES += (batches_of_each_rank, local_statistics, last)
found = {"raised": raised()} | {value.__name__: value() for value in VALUES}
with open(f"{sys.argv[1]}.{ME}", "w") as file:
    json.dump(found, file)
