"""Penalties and constraints of all arrays and of outputs: the numbers are those of Keras, and files have them."""

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm, resolve
from fastnn.interop import from_keras, to_keras
from fastnn.layers import ActivityRegularization, BatchNormalization, Dense, Input, LayerNormalization, PReLU
from fastnn.optimizers import LBFGS, SGD
from fastnn.regularizers import L1L2

# Keras' own, of NumPy's new arguments.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype(np.float32)
Y = RNG.normal(size=(40, 2)).astype(np.float32)
CONSTRAINTS = {
    "columns": lambda k: k.MaxNorm(0.7),
    "rows": lambda k: k.MaxNorm(0.7, axis=1),
    "the last axis": lambda k: k.MinMaxNorm(0.5, 0.9, rate=0.5, axis=-1),
    "bounds": lambda k: k.MinMaxNorm(0.6, 0.8),
    "a part of the way": lambda k: k.MinMaxNorm(1.5, 2.0, rate=0.3),
    "units": lambda k: k.UnitNorm(),
    "units of rows": lambda k: k.UnitNorm(axis=1),
    "nothing negative": lambda k: k.NonNeg(),
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_constraint_gives_what_keras_gives(keras, name):
    mine, theirs = CONSTRAINTS[name](fastnn.constraints), CONSTRAINTS[name](keras.constraints)
    w = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    # Keras adds 1e-7 to each norm.
    np.testing.assert_allclose(mine(w), keras.ops.convert_to_numpy(theirs(w)), rtol=2e-6, atol=1e-7)
    assert mine(w).dtype == np.float32
    assert type(mine)(**mine.configuration()) == mine


def first_weights(model):
    rng = np.random.default_rng(1)
    return [np.abs(rng.normal(size=array.shape, scale=0.5)) for array in model.get_weights()]


def penalised(k):
    penalty = k.regularizers.L1L2
    return [
        k.layers.Dense(6, "tanh", bias_regularizer=penalty(0.01, 0.02), activity_regularizer=penalty(0.02, 0.1)),
        k.layers.BatchNormalization(beta_regularizer="l2", gamma_regularizer=penalty(l1=0.05)),
        k.layers.ActivityRegularization(l1=0.01, l2=0.02),
        k.layers.Dense(5, kernel_regularizer="l2"),
        k.layers.PReLU(alpha_regularizer=penalty(0.03, 0.2)),
        k.layers.LayerNormalization(gamma_regularizer="l2", beta_regularizer=penalty(l1=0.01)),
        k.layers.Dense(2),
    ]


def limited(k):
    c = k.constraints
    return [
        k.layers.Dense(6, "tanh", kernel_constraint=c.UnitNorm(axis=1), bias_constraint=c.NonNeg()),
        k.layers.BatchNormalization(gamma_constraint=c.UnitNorm(), beta_constraint=c.MaxNorm(0.5)),
        k.layers.Dense(5, kernel_constraint=c.MinMaxNorm(0.5, 0.8, rate=0.5), bias_constraint=c.MaxNorm(1.0)),
        k.layers.PReLU(alpha_constraint=c.MaxNorm(0.3)),
        k.layers.LayerNormalization(gamma_constraint="non_neg", beta_constraint=c.MinMaxNorm(0.1, 0.5)),
        k.layers.Dense(2, kernel_constraint="unit_norm"),
    ]


NETWORKS = {"penalised": penalised, "limited": limited}
every_network = pytest.mark.parametrize("name", NETWORKS)


def built(k, name):
    model = k.Sequential([k.Input((4,)), *NETWORKS[name](k)])
    model.set_weights(first_weights(model))
    return model


@every_network
def test_the_numbers_are_those_of_keras(keras, name):
    numbers, models = [], []
    for k in (ours, keras):
        model = built(k, name)
        model.compile(optimizer=k.optimizers.SGD(0.05), loss="mse", jit_compile=False)
        history = model.fit(X, Y, epochs=2, batch_size=20, shuffle=False, verbose=0).history["loss"]
        numbers.append([*history, model.evaluate(X, Y, batch_size=20, verbose=0)])
        models.append(model)
    # Four steps in float32, in numbers around 1, and the 1e-7 that Keras adds to norms.
    np.testing.assert_allclose(*numbers, rtol=5e-5)
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=5e-5)


def asked(layer):
    """What is asked of the arrays and the outputs of a layer; an L1 is an L1L2."""
    return {
        name: value if value is None or not isinstance(value, L1L2) else (value.l1, value.l2)
        for name, value in vars(layer).items()
        if name.endswith(("_regularizer", "_constraint", "_penalty"))
    }


@every_network
def test_models_come_from_keras_and_go_there(keras, name, tmp_path):
    mine = from_keras(built(keras, name))
    for found, right in zip(mine.layers, built(ours, name).layers, strict=True):
        assert asked(found) == asked(right)
    to_keras(mine, tmp_path / "model.keras")
    again = from_keras(keras.models.load_model(tmp_path / "model.keras"))
    for one, other in zip(mine.layers, again.layers, strict=True):
        assert asked(one) == asked(other)


@every_network
def test_a_training_that_is_taken_up_ends_with_the_same_bits(name, tmp_path):
    def made():
        model = fastnn.Sequential([Input((4,)), *NETWORKS[name](fastnn)], seed=0)
        model.compile("adam", "mse")
        return model

    whole, part = made(), made()
    whole.fit(X, Y, epochs=4, batch_size=10, verbose=0)
    part.fit(X, Y, epochs=2, batch_size=10, verbose=0)
    part.save(tmp_path / "half.safetensors")
    rest = fastnn.load_model(tmp_path / "half.safetensors")
    for one, other in zip(rest.layers, whole.layers, strict=True):
        assert repr(vars(one).get("bias_constraint")) == repr(vars(other).get("bias_constraint"))
    rest.fit(X, Y, epochs=4, initial_epoch=2, batch_size=10, verbose=0)
    for one, other in zip(rest.get_weights(), whole.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()


def test_graphs_have_them():
    x = Input((4,))
    shared = Dense(4, bias_regularizer=L1L2(l2=0.5), kernel_constraint=UnitNorm(), name="shared")
    model = fastnn.Model(x, Dense(2)(ActivityRegularization(l2=0.1)(shared(shared(x)))), seed=0)
    shared.bias.assign(np.ones(4))
    model.compile("sgd", "mse")
    hidden = shared.kernel.astype(np.float64)
    twice = (X @ hidden + 1) @ hidden + 1
    loss = np.mean((model.predict(X) - Y) ** 2) + 0.5 * 4 + 0.1 * np.square(twice).sum() / len(X)
    # Sums of a hundred numbers in float32.
    assert model.evaluate(X, Y) == pytest.approx(loss, rel=1e-5)
    model.fit(X, Y, verbose=0)
    np.testing.assert_allclose(np.square(shared.kernel).sum(axis=0), 1, rtol=1e-6)


def test_predictions_know_nothing_of_them():
    plain = fastnn.Sequential([Input((4,)), Dense(3, name="first"), Dense(2)], seed=0)
    layers = [Dense(3, activity_regularizer="l2", name="first"), ActivityRegularization(0.1), Dense(2)]
    model = fastnn.Sequential([Input((4,)), *layers], seed=0)
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))


def test_lbfgs_takes_penalties_and_refuses_constraints():
    pytest.importorskip("scipy")
    layers = [Input((4,)), Dense(2, activity_regularizer=L1L2(l2=0.5), bias_regularizer="l2")]
    model = fastnn.Sequential(layers, seed=0)
    model.compile(LBFGS(), "mse")
    # A ridge regression of outputs: the sum of both losses has one minimum, with the gradient zero.
    model.fit(X, Y, epochs=50, verbose=0)
    kernel, bias = (array.astype(np.float64) for array in model.get_weights())
    outputs = X @ kernel + bias
    slopes = 2 * (outputs - Y) / Y.size + 2 * 0.5 * outputs / len(X)
    np.testing.assert_allclose(slopes.sum(axis=0) + 2 * 0.01 * bias, 0, atol=1e-4)
    for layer in (Dense(2, bias_constraint="non_neg"), BatchNormalization(gamma_constraint="unit_norm")):
        limited = fastnn.Sequential([Input((4,)), layer, Dense(2)])
        limited.compile(LBFGS(), "mse")
        with pytest.raises(ValueError, match="LBFGS knows no constraints"):
            limited.fit(X, Y, verbose=0)


@pytest.mark.parametrize("name", ["NonNeg", "non_neg", "max_norm", "MaxNorm", "MinMaxNorm", "unit_norm"])
def test_names_are_those_of_keras(name):
    assert type(resolve(name)).__name__.lower() == name.lower().replace("_", "")
    assert resolve(getattr(fastnn.constraints, type(resolve(name)).__name__)) == resolve(name)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MaxNorm(0), ValueError, "max_value must be above 0"),
        (lambda: MaxNorm(axis=2), ValueError, "axis must be 0, 1 or -1, but it is 2"),
        (lambda: MinMaxNorm(2.0, 1.0), ValueError, "max_value must be above 0 and at least min_value"),
        (lambda: MinMaxNorm(rate=2.0), ValueError, "rate must be from 0 to 1, but it is 2.0"),
        (lambda: UnitNorm(axis="rows"), ValueError, "axis must be 0, 1 or -1, but it is 'rows'"),
        (lambda: NonNeg(axis=0), TypeError, "NonNeg has no argument 'axis'"),
        (lambda: resolve("max_nrom"), ValueError, "did you mean 'max_norm'?"),
        (lambda: resolve(3), TypeError, "a constraint must be a name or an object"),
        (lambda: ActivityRegularization(-1), ValueError, "l1 must be finite and not negative"),
        (lambda: Dense(3, bias_regularizer=3), TypeError, "a regularizer must be a name or an object"),
        (lambda: LayerNormalization(beta_constraint="unit"), ValueError, "constraint 'unit' is unknown"),
        (
            lambda: fastnn.Sequential([Input((2,)), Dense(2, bias_constraint=MaxNorm(axis=1))]),
            ValueError,
            r"is for matrices, but the array has shape \(2,\): write axis=0",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_norms_of_slopes_are_those_of_rows():
    for constraint in ("max_norm", "unit_norm"):
        with pytest.raises(ValueError, match=r"limits the norm of a row, but it gets samples of shape \(2, 3\)"):
            fastnn.Sequential([Input((2, 3)), PReLU(alpha_constraint=constraint)])
    slopes = PReLU("ones", alpha_constraint="non_neg", alpha_regularizer="l1")
    model = fastnn.Sequential([Input((2, 3)), slopes], seed=0)
    model.compile(SGD(100.0), "mse")
    # A step far below zero, to numbers of another sign.
    model.train_on_batch(-np.ones((4, 2, 3)), np.ones((4, 6)))
    assert (slopes.alpha == 0).all()
