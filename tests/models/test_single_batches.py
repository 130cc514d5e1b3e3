"""Single steps: train_on_batch beside fit, and what bad calls leave as it was."""

import numpy as np
import pytest

from fastnn import losses
from fastnn.layers import BatchNormalization, Dense, Dropout, GaussianNoise, Input
from fastnn.models import Sequential


def data(samples=24, dtype=np.float32):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(samples, 4)).astype(dtype)
    return x, np.eye(3, dtype=dtype)[(x @ rng.normal(size=(4, 3))).argmax(axis=1)]


def model(optimizer="adam", metrics=(), loss="categorical_crossentropy", between=()):
    made = Sequential([Input((4,)), Dense(8, "tanh"), *between, Dense(3, "softmax")], seed=0)
    made.compile(optimizer, loss, metrics=metrics)
    return made


def bits(trained):
    return b"".join(array.tobytes() for array in trained.get_weights())


# Steps.


def test_a_step_returns_the_loss_and_metrics_from_before_it():
    x, y = data()
    for form in ("number", "list", "dict"):
        stepped = model(metrics=() if form == "number" else ("accuracy", "mse"))
        before = stepped.evaluate(x, y)
        start = bits(stepped)
        returned = stepped.train_on_batch(x, y, return_dict=form == "dict")
        assert bits(stepped) != start
        if form == "number":
            assert type(returned) is float
        elif form == "dict":
            assert list(returned) == ["loss", "accuracy", "mse"]
            returned = list(returned.values())
        assert np.shape(returned) == np.shape(before)
        # Two ways of adding up in float32.
        assert returned == pytest.approx(before, rel=1e-6)
    assert model().train_on_batch(x, y, return_dict=True) == {"loss": model().train_on_batch(x, y)}


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "nadam"])
@pytest.mark.parametrize("batch_size", [1, 7])
def test_batches_are_those_of_fit(optimizer, batch_size):
    x, y = data()
    fitted, stepped = (
        model(optimizer, between=(Dropout(0.4), BatchNormalization(), GaussianNoise(0.1))) for _ in range(2)
    )
    losses_seen = fitted.fit(x, y, epochs=2, batch_size=batch_size, shuffle=False).history["loss"]
    again = []
    for _ in range(2):
        pieces = [(x[start : start + batch_size], y[start : start + batch_size]) for start in range(0, 24, batch_size)]
        again.append(sum(stepped.train_on_batch(*piece) * len(piece[0]) for piece in pieces) / 24)
    assert again == pytest.approx(losses_seen, rel=1e-12)
    assert bits(stepped) == bits(fitted)


def test_batches_of_any_size_follow_each_other():
    x, y = data()
    stepped, fitted = model(), model()
    for first, last in ((0, 3), (3, 11), (11, 12), (0, 24), (5, 7), (0, 24)):
        stepped.train_on_batch(x[first:last], y[first:last])
        fitted.fit(x[first:last], y[first:last], batch_size=24, shuffle=False)
        assert bits(stepped) == bits(fitted), (first, last)
    assert stepped.optimizer_state.step == 6


def test_batches_and_fits_take_turns():
    x, y = data()
    turns, fitted = model("nadam"), model("nadam")
    for epochs in (1, 2, 1):
        turns.train_on_batch(x, y)
        turns.fit(x, y, batch_size=24, epochs=epochs, shuffle=False)
    fitted.fit(x, y, batch_size=24, epochs=7, shuffle=False)
    assert bits(turns) == bits(fitted)
    assert turns.optimizer_state.step == 7


def test_a_step_goes_on_from_weights_that_were_set():
    x, y = data()
    stepped, fitted = model(), model()
    for each in (stepped, fitted):
        each.train_on_batch(x, y)
        each.set_weights([array / 2 for array in each.get_weights()])
    stepped.train_on_batch(x, y)
    fitted.fit(x, y, batch_size=24, shuffle=False)
    assert bits(stepped) == bits(fitted)


@pytest.mark.parametrize(
    "form", ["list", "Fortran", "strided", "float64", "float16", "big-endian", "read-only", "int y"]
)
def test_batches_of_any_form(form):
    x, y = data()
    x = x.astype(np.float16).astype(np.float32)
    wide = np.zeros((24, 9), np.float32)
    wide[:, 1::2] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    forms = {
        "list": (x.tolist(), y.tolist()),
        "Fortran": (np.asfortranarray(x), np.asfortranarray(y)),
        "strided": (wide[:, 1::2], y),
        "float64": (x.astype(float), y.astype(float)),
        "float16": (x.astype(np.float16), y),
        "big-endian": (x.astype(">f4"), y.astype(">f8")),
        "read-only": (read_only, y),
        "int y": (x, y.astype(int)),
    }
    plain, other = model(), model()
    for _ in range(3):
        assert other.train_on_batch(*forms[form]) == plain.train_on_batch(x, y)
    assert bits(other) == bits(plain)


def test_class_numbers_are_one_hot_rows():
    x, y = data()
    plain, numbered = model(), model(loss="sparse_categorical_crossentropy")
    for start in range(0, 24, 6):
        expected = plain.train_on_batch(x[start : start + 6], y[start : start + 6])
        assert numbered.train_on_batch(x[start : start + 6], y[start : start + 6].argmax(axis=1)) == expected
    assert bits(plain) == bits(numbered)


def test_the_first_batch_builds_the_model():
    x, y = data()
    later = Sequential([Dense(8, "tanh"), Dense(3, "softmax")], seed=0)
    later.compile("adam", "categorical_crossentropy")
    assert later.train_on_batch(x, y) == model().train_on_batch(x, y)


def test_weights_of_a_step_are_those_of_fit_and_not_of_the_next():
    x, y = data()
    counts, classes = np.linspace(0, 3, 24), {0: 2.0, 2: 0.25}
    stepped, fitted = model(), model()
    for how in (
        {},
        {"sample_weight": counts},
        {},
        {"class_weight": classes},
        {"sample_weight": counts[::-1], "class_weight": classes},
        {},
    ):
        value = stepped.train_on_batch(x, y, **how)
        assert fitted.fit(x, y, batch_size=24, shuffle=False, **how).history["loss"] == [value]
        assert bits(stepped) == bits(fitted), how


def test_samples_that_count_nothing_teach_nothing():
    x, y = data()
    stepped, fewer = model("sgd"), model("sgd")
    stepped.train_on_batch(x, y, sample_weight=np.arange(24) < 12)
    fewer.optimizer.learning_rate = 0.005
    fewer.train_on_batch(x[:12], y[:12])
    # The mean is over 24 samples here, over 12 there.
    np.testing.assert_allclose(stepped.parameters, fewer.parameters, rtol=0, atol=1e-7)


# Bad calls.


def with_number(array, number):
    changed = array.copy()
    changed[5, 1] = number
    return changed


X, Y = data()
BAD = {
    "columns": ((X[:, :3], Y), {}, ValueError, r"x must have shape \(samples, 4\), but its shape is \(24, 3\)"),
    "one row": ((X[0], Y[:1]), {}, ValueError, r"a batch of one sample is x\[None\]"),
    "no row": ((X[:0], Y[:0]), {}, ValueError, "x must hold at least one sample"),
    "NaN in x": ((with_number(X, np.nan), Y), {}, ValueError, r"x\[5, 1\] is nan"),
    "infinity in x": ((with_number(X, -np.inf), Y), {}, ValueError, r"x\[5, 1\] is -inf"),
    "text": ((X.astype(str), Y), {}, TypeError, "x must hold real numbers"),
    "no y": ((X, None), {}, ValueError, "y is missing"),
    "fewer y": ((X, Y[:23]), {}, ValueError, "y must have as many samples as x, 24"),
    "classes": ((X, Y[:, :2]), {}, ValueError, r"takes targets of shape \(samples, 3\)"),
    "NaN in y": ((X, with_number(Y, np.nan)), {}, ValueError, r"y\[5, 1\] is nan"),
    "two in y": ((X, with_number(Y, 2)), {}, ValueError, "takes one-hot rows or probabilities, from 0 to 1"),
    "weights": ((X, Y), {"sample_weight": np.ones(23)}, ValueError, r"sample_weight must have shape \(24,\)"),
    "NaN weight": ((X, Y), {"sample_weight": np.full(24, np.nan)}, ValueError, r"sample_weight\[0\] is nan"),
    "class list": ((X, Y), {"class_weight": [1, 2, 3]}, TypeError, "class_weight must be a dict"),
}


# The engine finds these as it reads.
@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("steps_before", [0, 2])
@pytest.mark.parametrize("metrics", [(), ("accuracy",)], ids=["", "metrics"])
def test_bad_batches_leave_no_trace(case, steps_before, metrics):
    arguments, how, error, message = BAD[case]
    tried, never = model("nadam", metrics), model("nadam", metrics)
    for each in (tried, never):
        for _ in range(steps_before):
            each.train_on_batch(X, Y)
    before = bits(tried)
    for _ in range(2):
        with pytest.raises(error, match=message):
            tried.train_on_batch(*arguments, **how)
    assert bits(tried) == before
    assert tried.train_on_batch(X, Y) == never.train_on_batch(X, Y)
    assert bits(tried) == bits(never)


def test_a_loss_that_is_not_finite_puts_the_weights_of_the_batch_back():
    x, y = data()
    tried = Sequential([Input((4,)), Dense(8, "tanh"), Dense(3, name="last")], seed=0)
    tried.compile("nadam", "mse")
    for _ in range(3):
        tried.train_on_batch(x, y)
    weights = tried.get_weights()
    weights[2][...] = 3e38
    tried.set_weights(weights)
    before = bits(tried)
    message = r"the loss is not finite in this batch; the first output that is not finite is that of last \(Dense\)"
    with pytest.raises(FloatingPointError, match=message):
        tried.train_on_batch(x, y)
    assert bits(tried) == before
    # The optimiser starts anew.
    fresh = Sequential([Input((4,)), Dense(8, "tanh"), Dense(3, name="last")], seed=0)
    fresh.compile("nadam", "mse")
    weights[2][...] = 0.5
    for each in (tried, fresh):
        each.set_weights(weights)
    for _ in range(3):
        assert tried.train_on_batch(x, y) == fresh.train_on_batch(x, y)
    assert bits(tried) == bits(fresh)


def test_an_exception_in_a_loss_of_ones_own_leaves_the_weights():
    x, y = data()

    def fails(t, p):
        raise KeyError("a mistake of the user's")

    own = losses.CustomLoss(lambda t, p: ((p - t) ** 2).mean(axis=1), fails)
    tried = model(loss=own)
    before = bits(tried)
    for _ in range(2):
        with pytest.raises(KeyError, match="a mistake of the user's"):
            tried.train_on_batch(x, y)
    assert bits(tried) == before
    assert np.isfinite(tried.predict(x)).all()
