"""scikit-learn's multilayer perceptrons: the model predicts what they do, and can be trained on."""

import warnings

import numpy as np
import pytest

from fastnn.interop import from_sklearn
from fastnn.optimizers import SGD, Adam

neural_network = pytest.importorskip("sklearn.neural_network")
pipeline = pytest.importorskip("sklearn.pipeline")

# Random networks have at most five layers of at most 70 units: rounding grows by less than this, relative to the
# largest output.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def fitted(estimator, x, y):
    """After one iteration, which is all that is needed and too few to converge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(x, y)


def random_estimator(seed, dtype):
    """A classifier of two, several or overlapping classes, or a regressor of one or several outputs; and its inputs."""
    rng = np.random.default_rng(seed)
    sizes = tuple(int(n) for n in rng.integers(1, 71, size=rng.integers(0, 5)))
    x = rng.normal(size=(30, rng.integers(1, 71))).astype(dtype)
    kind = ["two", "several", "overlapping", "one output", "outputs"][rng.integers(5)]
    options = {
        "hidden_layer_sizes": sizes,
        "activation": str(rng.choice(["identity", "logistic", "tanh", "relu"])),
        "solver": str(rng.choice(["adam", "sgd", "lbfgs"])),
        "max_iter": 1,
        "random_state": seed,
    }
    if kind in ("one output", "outputs"):
        y = rng.normal(size=30 if kind == "one output" else (30, 4)).astype(dtype)
        return fitted(neural_network.MLPRegressor(**options), x, y), x, rng
    y = {
        "two": lambda: np.resize(["no", "yes"], 30),
        "several": lambda: np.resize(range(5), 30),
        "overlapping": lambda: rng.integers(2, size=(30, 4)),
    }[kind]()
    return fitted(neural_network.MLPClassifier(**options), x, y), x, rng


def outputs_of(estimator, x):
    if not hasattr(estimator, "predict_proba"):
        return estimator.predict(x).reshape(len(x), -1)
    found = estimator.predict_proba(x)
    return found[:, 1:] if estimator.n_outputs_ == 1 else found


@pytest.mark.parametrize("seed", range(100))
def test_random_estimator(seed):
    dtype = ("float32", "float64")[seed % 2]
    estimator, x, rng = random_estimator(seed, dtype)
    for array in (*estimator.coefs_, *estimator.intercepts_):
        array[...] = rng.normal(size=array.shape, scale=1.2 / np.sqrt(len(array)))
    ours = from_sklearn(estimator)
    case = f"seed {seed}: {estimator}"
    # Its L-BFGS leaves weights in float64.
    assert ours.dtype == estimator.coefs_[0].dtype, case
    expected = outputs_of(estimator, x)
    assert ours.predict(x).shape == expected.shape, case
    assert np.abs(ours.predict(x) - expected).max() < TOLERANCE[ours.dtype.name] * np.abs(expected).max(), case


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_that_is_asked_for(dtype):
    estimator, _, _ = random_estimator(0, "float32")
    assert from_sklearn(estimator, dtype).dtype == dtype


def small(kind="MLPClassifier", classes=2, **options):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    y = np.resize(range(classes), 40) if kind == "MLPClassifier" else x[:, 0]
    make = getattr(neural_network, kind)
    return fitted(make(hidden_layer_sizes=(4,), max_iter=1, random_state=0, **options), x, y)


def test_what_it_is_compiled_with():
    adam = from_sklearn(small(learning_rate_init=0.01, beta_1=0.8, beta_2=0.9, epsilon=1e-6))
    assert adam.loss.name == "binary_crossentropy"
    assert isinstance(adam.optimizer, Adam)
    found = adam.optimizer
    assert found == Adam(0.01, 0.8, 0.9, 1e-6, epsilon_hat=True)
    descent = from_sklearn(small(classes=3, solver="sgd", learning_rate_init=0.02, momentum=0.7))
    assert descent.loss.name == "categorical_crossentropy"
    assert isinstance(descent.optimizer, SGD)
    assert (descent.optimizer.learning_rate, descent.optimizer.momentum, descent.optimizer.nesterov) == (
        0.02,
        0.7,
        True,
    )
    plain = from_sklearn(small("MLPRegressor", solver="sgd", momentum=0))
    assert plain.loss.name == "mean_squared_error"
    assert (plain.optimizer.momentum, plain.optimizer.nesterov) == (0, False)
    for options in ({"solver": "lbfgs"}, {"solver": "sgd", "learning_rate": "adaptive"}):
        assert from_sklearn(small(**options)).optimizer is None


def test_training_goes_on():
    estimator = small(learning_rate_init=0.02)
    model = from_sklearn(estimator)
    x = np.random.default_rng(1).normal(size=(200, 3))
    y = (x[:, :1] > 0).astype(float)
    losses = model.fit(x, y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    # The estimator keeps its own numbers.
    assert not np.array_equal(model.get_weights()[0], estimator.coefs_[0])


def test_estimators_that_are_none():
    with pytest.raises(ValueError, match="the MLPClassifier is not fitted: call its fit"):
        from_sklearn(neural_network.MLPClassifier())
    steps = pipeline.make_pipeline(neural_network.MLPClassifier())
    for estimator, kind in [(None, "NoneType"), (steps, "Pipeline"), (neural_network.MLPClassifier, "ABCMeta")]:
        with pytest.raises(TypeError, match=f"estimator must be an MLPClassifier or MLPRegressor, but it is a {kind}"):
            from_sklearn(estimator)


def test_what_fastnn_has_not_and_what_does_not_fit():
    def changed(**attributes):
        estimator = small()
        for name, value in attributes.items():
            setattr(estimator, name, value)
        return estimator

    one = np.ones((3, 4))
    for attributes, message in [
        ({"out_activation_": "exp"}, "at its output 'exp', but fastnn has identity, relu, logistic, tanh"),
        ({"activation": "cosine"}, "has the activation 'cosine'"),
        (
            {"coefs_": [one, np.ones((5, 1))]},
            r"the kernel of dense_1 must have shape \(4, 1\), but its shape is \(5, 1\)",
        ),
        ({"coefs_": [one]}, "as many as intercepts_, but there are 1, 2"),
        ({"coefs_": [], "intercepts_": []}, "there are 0, 0"),
        ({"coefs_": [one * np.nan, np.ones((4, 1))]}, "the kernel of dense must hold finite numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            from_sklearn(changed(**attributes))
    with pytest.raises(ValueError, match="too large for float32"):
        from_sklearn(changed(coefs_=[one * 1e300, np.ones((4, 1))]), "float32")
    with pytest.raises(TypeError, match="dtype must be float32 or float64"):
        from_sklearn(small(), "float16")


def test_names_of_columns_carry_over():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=["a", "b", "c"])
    perceptron = neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=1, random_state=0)
    estimator = fitted(perceptron, frame, frame["a"])
    model = from_sklearn(estimator)
    assert model.feature_names == ("a", "b", "c")
    np.testing.assert_array_equal(model.predict(frame[["c", "a", "b"]]), model.predict(frame.to_numpy()))
