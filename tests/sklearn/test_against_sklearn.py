"""The estimators against scikit-learn's own perceptrons: in float64 the same numbers, from the first weights on.

Both add up the same sums in another order. Fifty epochs of such roundings stay far below what is allowed here; a rule
that differs in one step, such as the place of adam's epsilon, is seen at once.
"""

import warnings

import numpy as np
import pytest
from sklearn import datasets, neural_network
from sklearn.preprocessing import StandardScaler

from fastnn.sklearn import MLPClassifier, MLPRegressor

ALLOWED = 1e-6
CONFIGURATIONS = 30

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classes(load, count):
    x, y = load(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(x))[:count]
    return StandardScaler().fit_transform(x)[rows], y[rows]


def numbers(outputs):
    x, y = datasets.load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    return StandardScaler().fit_transform(x), y if outputs == 1 else np.column_stack([y, y**2])


def counts():
    x, y = datasets.load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(x), np.floor(y / 50)


def several_labels():
    x, y = classes(datasets.load_digits, 300)
    return x, np.column_stack([y % 2, y > 4, y == 3]).astype(int)


TASKS = {
    "two classes": (neural_network.MLPClassifier, MLPClassifier, classes(datasets.load_breast_cancer, 300), {}),
    "classes": (neural_network.MLPClassifier, MLPClassifier, classes(datasets.load_wine, 170), {}),
    "ten classes": (neural_network.MLPClassifier, MLPClassifier, classes(datasets.load_digits, 300), {}),
    "several labels": (neural_network.MLPClassifier, MLPClassifier, several_labels(), {}),
    "numbers": (neural_network.MLPRegressor, MLPRegressor, numbers(1), {}),
    "pairs of numbers": (neural_network.MLPRegressor, MLPRegressor, numbers(2), {}),
    "counts": (neural_network.MLPRegressor, MLPRegressor, counts(), {"loss": "poisson"}),
}


def both(task, **parameters):
    theirs, ours, data, more = TASKS[task]
    return theirs(**parameters, **more), ours(**parameters, **more), data


def assert_same(theirs, ours, allowed=ALLOWED, case=""):
    """Losses, scores and weights, and all numbers that count."""
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=allowed, atol=allowed, err_msg=case)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=allowed, err_msg=case)
    for name in ("validation_scores_", "best_loss_", "best_validation_score_"):
        expected = getattr(theirs, name)
        if expected is None:
            assert getattr(ours, name) is None, f"{name}; {case}"
        else:
            np.testing.assert_allclose(getattr(ours, name), expected, rtol=allowed, err_msg=f"{name}; {case}")
    assert_same_shape_and_weights(theirs, ours, allowed, case)


def assert_same_shape_and_weights(theirs, ours, allowed, case):
    for name in ("n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name), f"{name}; {case}"
    for name in ("coefs_", "intercepts_"):
        for mine, other in zip(getattr(ours, name), getattr(theirs, name), strict=True):
            np.testing.assert_allclose(mine, other, rtol=allowed, atol=allowed, err_msg=f"{name}; {case}")


def configuration(seed):
    """Random parameters of a fit by sgd or adam."""
    rng = np.random.default_rng(seed)
    solver = str(rng.choice(["sgd", "adam"]))
    return {
        "solver": solver,
        "hidden_layer_sizes": tuple(int(size) for size in rng.integers(3, 14, size=rng.integers(0, 4))),
        "activation": str(rng.choice(["identity", "logistic", "tanh", "relu"])),
        "alpha": float(rng.choice([0.0, 1e-4, 0.1, 2.0])),
        "batch_size": [16, 37, "auto"][rng.integers(3)],
        "learning_rate": str(rng.choice(["constant", "invscaling", "adaptive"])),
        "learning_rate_init": float(rng.choice([0.002, 0.02])),
        "power_t": float(rng.choice([0.3, 0.5])),
        "momentum": float(rng.choice([0.0, 0.6, 0.9])),
        "nesterovs_momentum": bool(rng.integers(2)),
        "shuffle": bool(rng.integers(2)),
        "early_stopping": bool(rng.integers(2)),
        "validation_fraction": float(rng.choice([0.1, 0.25])),
        "beta_1": float(rng.choice([0.8, 0.9])),
        "beta_2": float(rng.choice([0.98, 0.999])),
        "epsilon": float(rng.choice([1e-8, 1e-3])),
        "tol": float(rng.choice([1e-4, 1e-2])),
        "n_iter_no_change": int(rng.choice([2, 10])),
        "max_iter": 50,
        "random_state": int(seed),
    }


@pytest.mark.parametrize("seed", range(CONFIGURATIONS))
def test_random_configurations_follow_scikit_learn(seed):
    task = list(TASKS)[seed % len(TASKS)]
    parameters = configuration(seed)
    theirs, ours, data = both(task, **parameters)
    assert_same(theirs.fit(*data), ours.fit(*data), case=f"{task}, {parameters}")
    outputs = theirs.predict(data[0])
    if outputs.dtype.kind == "f":
        np.testing.assert_allclose(ours.predict(data[0]), outputs, rtol=ALLOWED, atol=ALLOWED)
    else:
        np.testing.assert_array_equal(ours.predict(data[0]), outputs)
        for method in ("predict_proba", "predict_log_proba"):
            expected = getattr(theirs, method)(data[0])
            np.testing.assert_allclose(getattr(ours, method)(data[0]), expected, rtol=ALLOWED, atol=ALLOWED)
    assert ours.score(*data) == pytest.approx(theirs.score(*data), rel=ALLOWED)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_sample_weights(task, solver):
    parameters = {"solver": solver, "hidden_layer_sizes": (6, 5), "activation": "tanh", "alpha": 0.5, "max_iter": 20}
    theirs, ours, (x, y) = both(task, random_state=1, batch_size=50, early_stopping=True, **parameters)
    weights = np.random.default_rng(1).uniform(0.2, 4, size=len(x))
    # fastnn keeps the logarithms of Poisson's loss from zero by 1e-7.
    assert_same(theirs.fit(x, y, weights), ours.fit(x, y, weights), ALLOWED if task != "counts" else 1e-5)


# Iterations, before roundings have grown: a line search takes other points where a comparison falls the other way.
@pytest.mark.parametrize("task", [task for task in TASKS if task != "pairs of numbers"])
@pytest.mark.parametrize("weighted", [False, True])
def test_lbfgs(task, weighted):
    parameters = {"hidden_layer_sizes": (9,), "activation": "tanh", "alpha": 0.2, "max_iter": 15, "random_state": 2}
    theirs, ours, (x, y) = both(task, solver="lbfgs", **parameters)
    weights = np.random.default_rng(1).uniform(0.2, 4, size=len(x)) if weighted else None
    theirs.fit(x, y, weights)
    ours.fit(x, y, weights)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=ALLOWED)
    assert ours.loss_curve_[-1] == ours.loss_
    # Roundings grow with each line search.
    assert_same_shape_and_weights(theirs, ours, 1e-4, task)


def test_lbfgs_of_several_outputs_minimises_what_sgd_does():
    _, ours, (x, y) = both("pairs of numbers", solver="lbfgs", alpha=1.0, max_iter=3000, max_fun=10**6, tol=1e-7,
                           hidden_layer_sizes=(), random_state=0)  # fmt: skip
    ours.fit(x, y)
    ones = np.column_stack([x, np.ones(len(x))])
    # Ridge regression, with a free intercept.
    ridge = np.diag([1.0] * x.shape[1] + [0.0])
    exact = np.linalg.solve(ones.T @ ones + ridge, ones.T @ y)
    np.testing.assert_allclose(ours.coefs_[0], exact[:-1], atol=1e-4)  # the gradient's tolerance is 1e-7
    np.testing.assert_allclose(ours.intercepts_[0], exact[-1], atol=1e-4)


@pytest.mark.filterwarnings("ignore:Got `batch_size` less than 1:UserWarning")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive", "adam"])
def test_partial_fit(task, schedule):
    solver = {"solver": "adam"} if schedule == "adam" else {"solver": "sgd", "learning_rate": schedule}
    theirs, ours, (x, y) = both(task, hidden_layer_sizes=(7,), alpha=0.3, batch_size=40, random_state=3,
                                n_iter_no_change=2, tol=0.5, **solver)  # fmt: skip
    known = {}
    if isinstance(ours, MLPClassifier):
        known = {"classes": np.unique(y) if y.ndim == 1 else np.arange(y.shape[1])}
    steps = [slice(0, 100), *(slice(at, at + 1) for at in range(9)), *(slice(at, at + 7) for at in range(4))]
    for rows in [*steps, slice(0, 90), *steps]:
        for estimator in (theirs, ours):
            estimator.partial_fit(x[rows], y[rows], **known)
        known = {}
    assert_same(theirs, ours)


def test_warm_start_goes_on_with_the_optimiser():
    x, y = TASKS["classes"][2]
    whole = MLPClassifier((5,), solver="adam", max_iter=30, shuffle=False, random_state=0, tol=0).fit(x, y)
    parts = MLPClassifier((5,), solver="adam", max_iter=10, shuffle=False, random_state=0, tol=0, warm_start=True)
    for _ in range(3):
        parts.fit(x, y)
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_, rtol=1e-12)
    # Another penalty leaves the weights; another shape does not.
    before = parts.coefs_[0].copy()
    parts.set_params(alpha=10.0, learning_rate_init=1e-12, max_iter=1).fit(x, y)
    np.testing.assert_allclose(parts.coefs_[0], before, atol=1e-10)
    assert parts.loss_ > 1.2 * whole.loss_
    with pytest.raises(ValueError, match="cannot go on in another shape"):
        parts.set_params(hidden_layer_sizes=(6,)).fit(x, y)
    parts.set_params(hidden_layer_sizes=(5,), alpha=0.0001)
    # Another rate is another optimiser.
    before = parts.coefs_[0].copy()
    parts.set_params(learning_rate_init=1e-12, max_iter=1).fit(x, y)
    np.testing.assert_allclose(parts.coefs_[0], before, atol=1e-10)


def test_float32_is_close():
    theirs, ours, (x, y) = both("ten classes", hidden_layer_sizes=(20,), max_iter=20, random_state=0)
    x = x.astype(np.float32)
    theirs.fit(x, y)
    ours.fit(x, y)
    assert ours.coefs_[0].dtype == ours.predict_proba(x).dtype == np.float32
    # Some hundred steps of float32.
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-4)


def test_batches_that_count_nothing_teach_nothing():
    x, y = TASKS["numbers"][2]
    weights = np.zeros(len(x))
    weights[:20] = 1
    ours = MLPRegressor(
        hidden_layer_sizes=4, solver="sgd", batch_size=20, shuffle=False, max_iter=3, random_state=0, momentum=0
    )
    alone = MLPRegressor(
        hidden_layer_sizes=4, solver="sgd", batch_size=20, shuffle=False, max_iter=3, random_state=0, momentum=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours.fit(x, y, weights)
        alone.fit(x[:20], y[:20])
    np.testing.assert_allclose(ours.coefs_[0], alone.coefs_[0], rtol=1e-12)
