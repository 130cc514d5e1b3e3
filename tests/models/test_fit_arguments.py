"""What a fit takes and what it refuses: arguments, forms of targets, layouts of inputs, small and strange data."""

import numpy as np
import pytest
from small_models import data, model

from fastnn import optimizers
from fastnn.augmentation import ImageAugmentation
from fastnn.layers import BatchNormalization, Dense, Flatten, Input, Softmax
from fastnn.models import Sequential


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"sample_weight": np.ones(49)},
            ValueError,
            r"sample_weight must have shape \(50,\), .* but its shape is \(49,\)",
        ),
        ({"sample_weight": np.full(50, np.nan)}, ValueError, r"sample_weight\[0\] is nan"),
        ({"sample_weight": ["a"] * 50}, TypeError, "sample_weight must hold real numbers"),
        ({"class_weight": [1, 2]}, TypeError, "class_weight must be a dict"),
        ({"class_weight": {"a": 1}}, TypeError, "class_weight must have class numbers as keys, but one is 'a'"),
        (
            {"class_weight": {0: -1}},
            ValueError,
            r"class_weight\[0\] must be a finite number of at least 0, but it is -1",
        ),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, but it is 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size must be an integer, but it is 2.5"),
        ({"epochs": -1}, ValueError, "epochs must be at least 0"),
        ({"epochs": True}, TypeError, "epochs must be an integer"),
        ({"verbose": "loud"}, ValueError, "verbose must be 'auto', 0, 1 or 2, but it is 'loud'"),
        ({"validation_freq": 0}, ValueError, "validation_freq must be at least 1"),
        ({"validation_data": np.zeros((3, 4))}, TypeError, r"validation_data must be \(x, y\) or"),
        (
            {"validation_data": (np.zeros((0, 4)), np.zeros((0, 3)))},
            ValueError,
            "validation_data must hold at least one",
        ),
        ({"validation_data": (np.zeros((2, 5)), np.zeros((2, 3)))}, ValueError, "the validation x must have shape"),
        ({"callbacks": ["stop"]}, TypeError, "a callback must be an object of fastnn.callbacks, but it is 'stop'"),
        ({"steps_per_epoch": 3}, ValueError, "steps_per_epoch is for batches from an iterable"),
        ({"augmentation": 3}, TypeError, "augmentation must be an ImageAugmentation or a function"),
        (
            {"augmentation": ImageAugmentation(10)},
            ValueError,
            r"augmentation is for images.* samples have shape \(4,\)",
        ),
    ],
    ids=str,
)
def test_bad_arguments_leave_the_model_as_it_was(arguments, error, message):
    x, y = data()
    fitted = model()
    before = fitted.parameters.copy()
    with pytest.raises(error, match=message):
        fitted.fit(x, y, **arguments)
    assert np.array_equal(fitted.parameters, before)
    fitted.fit(x, y)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("categorical_crossentropy", np.arange(50) % 3, "for class numbers take sparse_categorical_crossentropy"),
        ("categorical_crossentropy", np.eye(4)[np.arange(50) % 4], r"takes targets of shape \(samples, 3\).*\(50, 4\)"),
        (
            "categorical_crossentropy",
            np.full((50, 3), 2.0),
            "takes one-hot rows or probabilities, from 0 to 1.*holds 2",
        ),
        ("sparse_categorical_crossentropy", np.eye(3)[np.arange(50) % 3], "for one-hot rows take categorical_cross"),
        ("sparse_categorical_crossentropy", np.arange(50) % 4, "takes class numbers from 0 to 2 .* but y holds 3"),
        ("sparse_categorical_crossentropy", np.arange(50) % 3 - 1, "takes class numbers from 0 to 2.* but y holds -1"),
        ("sparse_categorical_crossentropy", np.arange(50) % 3 + 0.5, "takes class numbers, but y holds 0.5"),
        ("binary_crossentropy", np.full((50, 3), -1.0), "takes targets from 0 to 1, but y holds -1"),
        ("poisson", np.full((50, 3), -1.0), "takes counts, which are not negative, but y holds -1"),
        ("hinge", np.full((50, 3), 3.0), "takes classes -1 and 1, or 0 and 1, but y holds 3"),
        ("kl_divergence", np.full((50, 3), 1.5), "takes probabilities, from 0 to 1, but y holds 1.5"),
        ("mse", np.full((50, 3), np.nan), r"y\[0, 0\] is nan"),
        ("mse", np.zeros((49, 3)), r"y must have as many samples as x, 50, but its shape is \(49, 3\)"),
        ("mse", None, "y is missing: pass the targets of 50 samples"),
        ("mse", np.zeros((50, 3, 1)), r"takes targets of shape \(samples, 3\)"),
    ],
)
def test_targets_of_the_wrong_form(loss, y, message):
    x, _ = data()
    fitted = model(loss=loss, metrics=())
    before = fitted.parameters.copy()
    for call in (
        lambda: fitted.fit(x, y),
        lambda: fitted.evaluate(x, y),
        lambda: fitted.train_on_batch(x, y),
        lambda: (
            fitted.fit(x, fitted.predict(x) if loss != "sparse_categorical_crossentropy" else np.zeros(50), 32, 1, 0)
            and fitted.train_on_batch(x, y)
        ),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            call()
        if call is not None:
            fitted.parameters[...] = before
    assert np.array_equal(fitted.parameters, before)


def test_a_loss_for_classes_needs_an_output_for_each():
    one = Sequential([Input((4,)), Dense(1, "sigmoid")])
    one.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match="needs an output for each class, but the model has 1"):
        one.fit(np.zeros((3, 4)), np.zeros(3))


# Loss, outputs, last activation, and targets of 0 and 1 or of whole numbers, of which a bool holds no more than two.
WHOLE = {
    "one-hot rows": ("categorical_crossentropy", 3, "softmax", np.eye(3)[np.arange(20) % 3]),
    "class numbers": ("sparse_categorical_crossentropy", 3, "softmax", np.arange(20) % 2),
    "a column of class numbers": ("sparse_categorical_crossentropy", 3, "softmax", np.arange(20)[:, None] % 2),
    "decisions": ("binary_crossentropy", 3, "sigmoid", np.arange(60).reshape(20, 3) % 2),
    "one decision": ("binary_crossentropy", 1, "sigmoid", np.arange(20) % 2),
    "several numbers": ("mse", 3, "linear", np.arange(60).reshape(20, 3) % 2),
    "one number": ("mae", 1, "linear", np.arange(20) % 2),
    "counts": ("poisson", 2, "softplus", np.arange(40).reshape(20, 2) % 2),
}


@pytest.mark.parametrize(
    "form", ["bool", "int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float64", list]
)
@pytest.mark.parametrize("case", WHOLE)
def test_targets_of_any_dtype_are_the_same_targets(case, form):
    loss, outputs, last, numbers = WHOLE[case]
    x, _ = data(20)
    results = []
    for y in (numbers.astype(np.float32), numbers.tolist() if form is list else numbers.astype(form)):
        made = Sequential([Input((4,)), Dense(5, "tanh"), Dense(outputs, last)], seed=0)
        made.compile("adam", loss)
        values = [made.fit(x, y, epochs=2, batch_size=6, shuffle=False).history["loss"], made.evaluate(x, y)]
        values += [made.train_on_batch(x, y), made.train_on_batch(x[:1], y[:1])]
        results.append((values, made.parameters.tobytes()))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("inputs", "shape", "hint"),
    [
        (4, (4,), "a batch of one sample is x"),
        (4, (20,), None),
        (4, (20, 3), None),
        (4, (4, 4, 1), None),
        (1, (20,), "one feature is a column"),
        (1, (20, 2), None),
        (1, (1,), "a batch of one sample is x"),
    ],
    ids=str,
)
def test_hints_for_shapes_that_do_not_fit(inputs, shape, hint):
    made = Sequential([Input((inputs,)), Dense(1)], seed=0)
    made.compile("sgd", "mse")
    for call in (lambda x: made.fit(x, np.zeros(len(x))), lambda x: made.evaluate(x, np.zeros(len(x)))):
        with pytest.raises(ValueError, match=rf"x must have shape \(samples, {inputs}\), but its shape is") as refused:
            call(np.ones(shape))
        said = str(refused.value)
        assert said.endswith(f"its shape is {shape}") if hint is None else hint in said, said
        assert ("one feature" in said) == (hint == "one feature is a column")


def test_one_output_takes_a_flat_y():
    x, _ = data()
    y = x[:, 0] * 2
    losses_seen = []
    for targets in (y, y.reshape(-1, 1), y.tolist(), y.astype(np.float64)):
        one = Sequential([Input((4,)), Dense(1)], seed=0)
        one.compile("sgd", "mse")
        losses_seen.append(one.fit(x, targets).history["loss"])
    assert all(values == losses_seen[0] for values in losses_seen)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((50, 5)), r"x must have shape \(samples, 4\), but its shape is \(50, 5\)"),
        (np.zeros(4), r"x must have shape \(samples, 4\), but its shape is \(4,\): a batch of one sample is x\[None\]"),
        (np.zeros((0, 4)), "x must hold at least one sample"),
        (np.full((50, 4), np.inf), r"x must hold finite numbers, but x\[0, 0\] is inf"),
        (np.full((50, 4), 1e300), "x reaches 1e\\+300, too large for float32"),
        (np.full((50, 4), "a"), "x must hold real numbers"),
        (np.full((50, 4), 1j), "x must hold real numbers"),
        ([[1.0], [1.0, 2.0]], "x must be an array of numbers, but its rows differ in length"),
    ],
)
def test_inputs_that_do_not_fit(x, message):
    _, y = data()
    fitted = model()
    before = fitted.parameters.copy()
    with pytest.raises((TypeError, ValueError), match=message):
        fitted.fit(x, y[: len(x)] if len(x) in (0, 50) else y)
    assert np.array_equal(fitted.parameters, before)


# Small and strange data.


def test_one_sample_one_class_and_constant_features():
    x, y = data()
    assert np.isfinite(model().fit(x[:1], y[:1], epochs=3).history["loss"]).all()
    only = np.eye(3)[np.zeros(50, int)]
    assert model(optimizer=optimizers.Adam(0.1)).fit(x, only, epochs=50).history["accuracy"][-1] == 1
    flat = x.copy()
    flat[:, 1] = 7
    normalised = Sequential([Input((4,)), BatchNormalization(), Dense(3), Softmax()], seed=0)
    normalised.compile("adam", "categorical_crossentropy")
    assert np.isfinite(normalised.fit(flat, y, epochs=3).history["loss"]).all()


def test_a_batch_larger_than_the_data_is_the_data():
    x, y = data()
    results = [model().fit(x, y, batch_size=size, shuffle=False).history for size in (50, 51, 10**9)]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.uint8, np.int64, bool])
def test_inputs_of_any_real_dtype(dtype):
    rng = np.random.default_rng(0)
    x, (_, y) = rng.integers(0, 2, size=(50, 4)), data()
    results = [model().fit(given, y).history for given in (x.astype(dtype), x.astype(np.float32), x.tolist())]
    assert results[0] == results[1] == results[2]


def test_inputs_of_any_layout(tmp_path):
    x, y = data()
    expected = model().fit(x, y).history
    np.save(tmp_path / "x.npy", x)
    read_only = x.copy()
    read_only.flags.writeable = False
    wide = np.zeros((50, 9), np.float32)
    wide[:, 2:6] = x
    for same in (
        np.asfortranarray(x),
        x[::-1][::-1],
        wide[:, 2:6],
        read_only,
        np.load(tmp_path / "x.npy", mmap_mode="r"),
        x.astype(">f4"),
    ):
        assert model().fit(same, y).history == expected


def test_pictures_come_in_their_shape_or_as_rows():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(size=(20, 3, 2)).astype(np.float32), np.eye(2)[rng.integers(2, size=20)]
    results = []
    for given in (x, x.reshape(20, 6)):
        fitted = Sequential([Input((3, 2)), Flatten(), Dense(2, "softmax")], seed=0)
        fitted.compile("adam", "categorical_crossentropy")
        results.append((fitted.fit(given, y).history, fitted.predict(given[0]).tobytes()))
    assert results[0] == results[1]
