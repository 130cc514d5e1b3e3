"""Evaluation and prediction tell callbacks, as in Keras: a validation of fit, evaluate and predict."""

import numpy as np
import pytest

from fastnn.callbacks import Callback
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(10, 3)).astype(np.float32), RNG.normal(size=(10, 1)).astype(np.float32)


def compiled():
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    model.compile("sgd", "mse", metrics=["mae"])
    return model


class Listener(Callback):
    def __init__(self):
        self.heard = []

    def on_epoch_begin(self, epoch, logs=None):
        self.heard.append(("epoch", epoch))

    def on_test_begin(self, logs=None):
        self.heard.append("test begins")

    def on_test_end(self, logs=None):
        self.heard.append(("test ends", logs))

    def on_predict_begin(self, logs=None):
        self.heard.append("prediction begins")

    def on_predict_end(self, logs=None):
        self.heard.append("prediction ends")


class BatchListener(Listener):
    def on_test_batch_begin(self, batch, logs=None):
        self.heard.append(("batch begins", batch))

    def on_test_batch_end(self, batch, logs=None):
        self.heard.append(("batch ends", batch, sorted(logs)))

    def on_predict_batch_begin(self, batch, logs=None):
        self.heard.append(("batch begins", batch))

    def on_predict_batch_end(self, batch, logs=None):
        self.heard.append(("batch ends", batch, logs["outputs"].shape))


def test_an_evaluation_is_told_with_its_values():
    listener, model = Listener(), compiled()
    expected = model.evaluate(X, Y, return_dict=True)
    assert model.evaluate(X, Y, callbacks=[listener], return_dict=True) == expected
    assert listener.heard == ["test begins", ("test ends", expected)]


SOURCES = {"arrays": lambda: (X, Y), "batches": lambda: (iter([(X[:4], Y[:4]), (X[4:8], Y[4:8]), (X[8:], Y[8:])]),)}


@pytest.mark.parametrize("source", SOURCES)
def test_batches_of_an_evaluation_are_told(source):
    listener, model = BatchListener(), compiled()
    sizes = {"batch_size": 4} if source == "arrays" else {}
    found = model.evaluate(*SOURCES[source](), **sizes, callbacks=[listener], return_dict=True)
    # Sums of ten float32 errors in another order.
    assert found == pytest.approx(model.evaluate(X, Y, return_dict=True), rel=1e-6)
    told = [each for batch in range(3) for each in (("batch begins", batch), ("batch ends", batch, ["loss"]))]
    assert listener.heard == ["test begins", *told, ("test ends", found)]


@pytest.mark.parametrize("kind", [Listener, BatchListener])
def test_validations_are_told(kind):
    listener, model, silent = kind(), compiled(), compiled()
    history = model.fit(X, Y, epochs=2, validation_data=(X[:6], Y[:6]), batch_size=4, callbacks=[listener])
    ends = [each[1] for each in listener.heard if each[0] == "test ends"]
    assert [end["loss"] for end in ends] == history.history["val_loss"]
    assert [each for each in listener.heard if each == "test begins"] == ["test begins"] * 2
    assert listener.heard.index(("epoch", 1)) > listener.heard.index(("test ends", ends[0]))
    if kind is BatchListener:
        assert [each[1] for each in listener.heard if each[0] == "batch begins"] == [0, 1] * 2
    expected = silent.fit(X, Y, epochs=2, validation_data=(X[:6], Y[:6]), batch_size=4)
    # As above.
    np.testing.assert_allclose(history.history["val_loss"], expected.history["val_loss"], rtol=1e-6)
    np.testing.assert_array_equal(model.parameters, silent.parameters)


@pytest.mark.parametrize("source", SOURCES)
def test_predictions_are_told(source):
    listener, watcher, model = Listener(), BatchListener(), compiled()
    expected = model.predict(X)
    given = SOURCES[source]()
    given = given[0] if source == "batches" else X
    np.testing.assert_array_equal(model.predict(X, callbacks=[listener]), expected)
    assert listener.heard == ["prediction begins", "prediction ends"]
    sizes = {"batch_size": 4} if source == "arrays" else {}
    np.testing.assert_array_equal(model.predict(given, **sizes, callbacks=[watcher]), expected)
    told = [
        each
        for batch, size in enumerate((4, 4, 2))
        for each in (("batch begins", batch), ("batch ends", batch, (size, 1)))
    ]
    assert watcher.heard == ["prediction begins", *told, "prediction ends"]


def test_predictions_into_an_array():
    model, out = compiled(), np.empty((10, 1), np.float32)
    assert model.predict(X, callbacks=[BatchListener()], out=out) is out
    np.testing.assert_array_equal(out, model.predict(X))
    with pytest.raises(ValueError, match="out must be float32 of shape"):
        model.predict(X, callbacks=[BatchListener()], out=np.empty((9, 1), np.float32))


def test_the_end_is_told_where_an_evaluation_fails():
    listener, model = Listener(), compiled()
    spoilt = X.copy()
    spoilt[3, 1] = np.nan
    with pytest.raises(ValueError, match="nan"):
        model.evaluate(spoilt, Y, callbacks=[listener])
    assert listener.heard == ["test begins", ("test ends", {})]


def test_batches_of_sparse_matrices_are_not_watched():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    model, matrix = compiled(), scipy_sparse.csr_matrix(X)
    for call in (lambda: model.evaluate(matrix, Y, callbacks=[BatchListener()]),
                 lambda: model.predict(matrix, callbacks=[BatchListener()])):  # fmt: skip
        with pytest.raises(ValueError, match="batches of a sparse matrix cannot be watched"):
            call()
    assert model.evaluate(matrix, Y, callbacks=[Listener()])[0] > 0


def test_what_is_no_callback():
    for call in (lambda: compiled().evaluate(X, Y, callbacks=[3]), lambda: compiled().predict(X, callbacks=[3])):
        with pytest.raises(TypeError, match="a callback must be an object of"):
            call()
