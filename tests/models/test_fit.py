"""Fitting: history, validation, the order and the weights of samples."""

import numpy as np
import pytest
from small_models import data, model

import fastnn
from fastnn import callbacks, losses, optimizers
from fastnn.layers import Dense, Input
from fastnn.models import Sequential


def test_history_tells_loss_and_metrics_of_every_epoch():
    x, y = data()
    fitted = model()
    history = fitted.fit(x, y, epochs=4, batch_size=10, validation_data=(x[:7], y[:7]))
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 4 for values in history.history.values())
    assert history.epoch == [0, 1, 2, 3]
    assert history.params == {"epochs": 4, "steps": 5, "verbose": 0, "validation_freq": 1}
    assert fitted.history is history
    assert fitted.evaluate(x[:7], y[:7]) == [history.history["val_loss"][-1], history.history["val_accuracy"][-1]]
    assert "4 epochs" in repr(history)


def test_the_loss_of_an_epoch_is_that_of_its_batches():
    x, y = data(20)
    whole, steps = model(), model()
    history = whole.fit(x, y, batch_size=8, shuffle=False)
    values = [steps.train_on_batch(x[i : i + 8], y[i : i + 8])[0] * len(x[i : i + 8]) for i in range(0, 20, 8)]
    assert history.history["loss"][0] == pytest.approx(sum(values) / 20, rel=1e-12)
    assert whole.parameters.tobytes() == steps.parameters.tobytes()


def test_metrics_are_of_what_training_saw():
    x, y = data(30)
    fitted = model(optimizer=optimizers.SGD(0.0))
    history = fitted.fit(x, y, batch_size=7)
    # Nothing was learnt: what training saw is what the model says.
    assert history.history["accuracy"] == [fastnn.accuracy(y, fitted.predict(x))]
    assert history.history["loss"][0] == pytest.approx(fitted.evaluate(x, y)[0], rel=1e-6)


def test_training_goes_on_where_it_stopped():
    x, y = data()
    whole, parts = model(), model()
    expected = whole.fit(x, y, epochs=4).history["loss"]
    got = [loss for _ in range(4) for loss in parts.fit(x, y).history["loss"]]
    assert got == expected
    assert whole.parameters.tobytes() == parts.parameters.tobytes()


def test_initial_epoch():
    x, y = data()
    told = []

    class Teller(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            told.append(epoch)

    history = model().fit(x, y, epochs=5, initial_epoch=3, callbacks=[Teller()])
    assert told == history.epoch == [3, 4]
    assert model().fit(x, y, epochs=3, initial_epoch=3).epoch == []
    assert model().fit(x, y, epochs=0).history == {}


@pytest.mark.parametrize("split", [0.2, 0.5, 0.9, 0.001])
def test_a_split_keeps_the_last_samples(split):
    x, y = data(50)
    fitted, expected = model(), model()
    kept = 50 - int(50 * (1 - split))
    history = fitted.fit(x, y, validation_split=split, epochs=2)
    right = expected.fit(x[: 50 - kept], y[: 50 - kept], validation_data=(x[50 - kept :], y[50 - kept :]), epochs=2)
    assert history.history == right.history


@pytest.mark.parametrize(
    ("split", "error", "message"),
    [
        (1, ValueError, "validation_split must be at least 0 and below 1, but it is 1"),
        (1.5, ValueError, "validation_split must be at least 0"),
        (-0.1, ValueError, "validation_split must be at least 0"),
        (float("nan"), ValueError, "validation_split must be at least 0"),
        ("half", TypeError, "validation_split must be a number"),
    ],
)
def test_bad_splits(split, error, message):
    with pytest.raises(error, match=message):
        model().fit(*data(), validation_split=split)


def test_a_split_of_one_sample_leaves_nothing():
    with pytest.raises(ValueError, match="leaves 0 to train on and 1 to validate with"):
        model().fit(*data(1), validation_split=0.5)


def test_shuffling_visits_all_samples_in_another_order():
    x, y = data()
    orders = []
    for shuffle in (True, True, False, False):
        fitted = model(seed=1)
        fitted.fit(x, y, epochs=2, batch_size=5, shuffle=shuffle)
        orders.append(fitted.parameters.tobytes())
    assert orders[0] == orders[1], "one seed is one order"
    assert orders[2] == orders[3]
    assert orders[0] != orders[2]


# Weights of samples and classes.


def test_weights_of_samples_are_how_often_they_count():
    x, y = data(12)
    weights = np.array([0, 1, 2, 3] * 3)
    weighted, repeated = (model(optimizer=optimizers.SGD(0.1), dtype="float64") for _ in range(2))
    weighted.fit(x, y, batch_size=12, shuffle=False, sample_weight=weights)
    # The mean is over samples: 12 here, 18 there.
    repeated.compile(optimizers.SGD(0.15), "categorical_crossentropy")
    repeated.fit(np.repeat(x, weights, axis=0), np.repeat(y, weights, axis=0), batch_size=18, shuffle=False)
    np.testing.assert_allclose(weighted.parameters, repeated.parameters, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("form", ["one-hot", "numbers"])
def test_weights_of_classes_are_those_of_their_samples(form):
    x, y = data(20)
    loss = "categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy"
    targets = y if form == "one-hot" else y.argmax(axis=1)
    by_class, by_sample = (model(loss=loss) for _ in range(2))
    by_class.fit(x, targets, class_weight={0: 2.0, 2: 0.5})
    by_sample.fit(x, targets, sample_weight=np.array([2.0, 1.0, 0.5])[y.argmax(axis=1)])
    assert by_class.parameters.tobytes() == by_sample.parameters.tobytes()


def test_weights_of_two_classes_with_one_output():
    x, y = data(20, classes=2)
    one = y[:, 1:]
    results = []
    for how in ({"class_weight": {1: 3.0}}, {"sample_weight": np.where(one[:, 0] == 1, 3.0, 1.0)}):
        fitted = Sequential([Input((4,)), Dense(1, "sigmoid")], seed=0)
        fitted.compile("adam", "binary_crossentropy")
        fitted.fit(x, one, **how)
        results.append(fitted.parameters.tobytes())
    assert results[0] == results[1]


def test_a_loss_of_ones_own_and_an_activation_of_ones_own():
    x, y = data(dtype=np.float64)
    own = losses.CustomLoss(lambda t, p: ((p - t) ** 2).mean(axis=1), lambda t, p: 2 * (p - t) / p.size)
    results = []
    for activation, loss in (("tanh", "mse"), ((np.tanh, lambda z: 1 - np.tanh(z) ** 2), own)):
        made = Sequential([Input((4,)), Dense(8, activation), Dense(3)], seed=0, dtype="float64")
        made.compile("adam", loss)
        results.append(made.fit(x, y, epochs=3, sample_weight=np.arange(50)).history["loss"])
    assert results[0] == pytest.approx(results[1], rel=1e-10)


@pytest.mark.parametrize("form", ["one-hot", "numbers"])
@pytest.mark.parametrize("validation", ["split", "data", "weighted data"])
@pytest.mark.parametrize("weights", ["none", "class", "sample", "both"])
def test_what_weighs_the_validation(form, validation, weights):
    # Keras: the samples' own weights of those that are held out, and never those of classes.
    x, y = data(20)
    loss = "categorical_crossentropy" if form == "one-hot" else "sparse_categorical_crossentropy"
    targets = y if form == "one-hot" else y.argmax(axis=1)
    of_samples = np.linspace(0.1, 2, 20)
    how = {"class_weight": {0: 9.0}} if weights in ("class", "both") else {}
    how |= {"sample_weight": of_samples} if weights in ("sample", "both") else {}
    training, held_out = slice(0, 15), slice(15, 20)
    if validation == "split":
        how["validation_split"] = 0.25
        training, counted = slice(0, 20), of_samples[held_out] if "sample_weight" in how else None
    else:
        counted = of_samples[held_out] if validation == "weighted data" else None
        how["validation_data"] = (x[held_out], targets[held_out], *([] if counted is None else [counted]))
        if "sample_weight" in how:
            how["sample_weight"] = of_samples[training]
    fitted = model(loss=loss)
    history = fitted.fit(x[training], targets[training], **how).history
    expected = fitted.evaluate(x[held_out], targets[held_out], sample_weight=counted)
    assert [history["val_loss"][-1], history["val_accuracy"][-1]] == expected
    # Training is weighed by both, on the same samples in either form.
    same = model(loss=loss)
    factors = np.where(y.argmax(axis=1) == 0, 9.0 if "class_weight" in how else 1.0, 1.0)
    factors *= of_samples if "sample_weight" in how else 1.0
    same.fit(x[:15], targets[:15], sample_weight=factors[:15])
    assert fitted.parameters.tobytes() == same.parameters.tobytes()
