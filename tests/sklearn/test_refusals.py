"""Bad input: a message that says what to do, and the estimator as it was before."""

import re
import subprocess
import sys

import numpy as np
import pandas
import pytest

from fastnn.callbacks import BackupAndRestore, Callback
from fastnn.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PARAMETERS = {
    "a solver": ({"solver": "adma"}, "solver 'adma' is unknown; did you mean 'adam'?"),
    "an activation": ({"activation": "rleu"}, "activation 'rleu' is unknown; did you mean 'relu'?"),
    "too few activations": (
        {"activation": ["relu"]},
        "activation must be one for all hidden layers or a list with one",
    ),
    "dropout of lbfgs": ({"dropout": 0.2, "solver": "lbfgs"}, "dropout draws at random"),
    "dropout of all": ({"dropout": 1.0}, "dropout must be below 1, but it is 1.0"),
    "a schedule": ({"learning_rate": "adaptiv"}, "did you mean 'adaptive'?"),
    "no units": ({"hidden_layer_sizes": (3, 0)}, "each of hidden_layer_sizes must be at least 1"),
    "alpha": ({"alpha": -1}, "alpha must"),
    "momentum": ({"momentum": 1.0}, "momentum must be below 1"),
    "batch size": ({"batch_size": "all"}, "batch_size must be 'auto' or an integer, but it is 'all'"),
    "max_iter": ({"max_iter": 0}, "max_iter must be at least 1"),
    "learning_rate_init": ({"learning_rate_init": 0}, "learning_rate_init must be above 0"),
    "dtype": ({"dtype": "float16"}, "float16"),
    "members with callbacks": ({"n_members": 2, "callbacks": [Callback()]}, "callbacks watch one model"),
    "validation": ({"early_stopping": True, "validation_fraction": 0.001}, "validation_fraction=0.001 of 200 samples"),
    "a callback of batches": ({"callbacks": "batches"}, "leave out those that watch batches"),
    "a backup": ({"callbacks": "backup"}, "BackupAndRestore restores a model, but not the scores and the order"),
    "a backup with lbfgs": ({"callbacks": "backup", "solver": "lbfgs"}, "BackupAndRestore restores a model"),
    "a negative class weight": ({"class_weight": {0: 1, 1: -5}}, "class_weight[1] must be finite and not negative"),
    "a class weight of NaN": ({"class_weight": {1: np.nan}}, "class_weight[1] must be finite and not negative"),
    "a class weight of a word": ({"class_weight": {0: "a"}}, "class_weight[0] must be"),
}


class OfBatches(Callback):
    def on_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name, cancer):
    parameters, text = PARAMETERS[name]
    if parameters.get("callbacks") == "batches":
        parameters = {"callbacks": [OfBatches()]}
    if parameters.get("callbacks") == "backup":
        parameters = parameters | {"callbacks": [BackupAndRestore("nowhere")]}
    estimator = MLPClassifier(**({"hidden_layer_sizes": (3, 2)} | parameters))
    before = set(vars(estimator))
    with pytest.raises((ValueError, TypeError), match=re.escape(text)):
        estimator.fit(*cancer)
    assert set(vars(estimator)) == before


DATA = {
    "one class": (lambda x, y: (x, np.ones(len(x))), "at least two classes, but y has one class alone: 1.0"),
    "numbers as classes": (lambda x, y: (x, x[:, 0]), "Unknown label type: continuous"),
    "NaN": (lambda x, y: (np.where(x == x[3, 7], np.nan, x), y), "first column with such a number is 7"),
    "other features": (lambda x, y: (x[:, :-1], y), "30 features"),
    "unknown classes": (lambda x, y: (x, y + 1), "`y` has classes not in `self.classes_`: [2] beside [0, 1]"),
    "fewer labels": (lambda x, y: (x, y[:-1]), "inconsistent numbers of samples"),
}


# A fit begins anew, with other features or classes; and a batch may have one class.
CALLS = [(name, "fit") for name in DATA if name not in ("other features", "unknown classes")]
CALLS += [(name, "partial_fit") for name in DATA if name != "one class"]


@pytest.mark.parametrize(("name", "method"), CALLS)
def test_data(name, method, cancer):
    estimator = MLPClassifier((3,), max_iter=3, random_state=0).fit(*cancer)
    expected = estimator.predict_proba(cancer[0])
    before = {**vars(estimator)}
    bad, text = DATA[name]
    with pytest.raises(ValueError, match=re.escape(text)):
        getattr(estimator, method)(*bad(*cancer))
    assert vars(estimator).keys() == before.keys()
    np.testing.assert_array_equal(estimator.predict_proba(cancer[0]), expected)
    # What was there before is whole: it goes on.
    estimator.partial_fit(*cancer)


def test_classes_of_the_first_partial_fit(cancer):
    x, y = cancer
    estimator = MLPClassifier()
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        estimator.partial_fit(x, y)
    estimator.partial_fit(x, y, classes=[0, 1, 5])
    with pytest.raises(ValueError, match="is not the same as on the last call"):
        estimator.partial_fit(x, y, classes=[0, 1])


def test_class_weights_of_classes_that_are_not_there(wine):
    with pytest.raises(ValueError, match=r"class_weight has \['merlot'\], but the classes are \['barbera'"):
        MLPClassifier(class_weight={"merlot": 2.0}).fit(*wine)


def test_names_of_columns(cancer):
    x, y = cancer
    frame = pandas.DataFrame(x[:, :3], columns=["a", "b", "c"])
    estimator = MLPClassifier((2,), max_iter=2).fit(frame, y)
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c"]
    for other in (frame[["b", "a", "c"]], frame.rename(columns={"c": "d"})):
        with pytest.raises(ValueError, match="feature names should match"):
            estimator.predict(other)
    missing = frame.astype(float)
    missing.loc[4, "b"] = np.nan
    for method, data in ((estimator.fit, (missing, y)), (estimator.predict, (missing,))):
        with pytest.raises(ValueError, match="first column with such a number is 'b'"):
            method(*data)
    np.testing.assert_array_equal(estimator.predict_proba(frame), estimator.model_.predict(frame) @ [[-1, 1]] + [1, 0])


# A classifier's loss of any weights is finite, so that lbfgs finds none that is not.
@pytest.mark.parametrize(("kind", "solver"), [(MLPClassifier, "sgd"), (MLPRegressor, "sgd"), (MLPRegressor, "lbfgs")])
def test_numbers_that_overflow_leave_the_estimator_as_it_was(kind, solver, cancer):
    x, y = cancer
    estimator = kind(hidden_layer_sizes=3, solver=solver, max_iter=5, random_state=0, warm_start=True).fit(x, y)
    expected, curve = estimator.predict(x), list(estimator.loss_curve_)
    estimator.set_params(learning_rate_init=1e6, activation="identity")
    with pytest.raises(ValueError, match=r"not finite"):
        estimator.fit(x * 1e200, y)
    estimator.set_params(learning_rate_init=1e-3, activation="relu")
    np.testing.assert_array_equal(estimator.predict(x), expected)
    assert estimator.loss_curve_ == curve


def test_weights(cancer):
    x, y = cancer
    for weights, text in (
        (np.ones(3), "must have shape"),
        (-np.ones(200), "at least 0"),
        (np.zeros(200), "zero for all"),
    ):
        with pytest.raises(ValueError, match=text):
            MLPClassifier((3,)).fit(x, y, weights)


def test_counts_are_not_negative(diabetes):
    with pytest.raises(ValueError, match="loss='poisson' is for counts: y must not be negative"):
        MLPRegressor(loss="poisson").fit(*diabetes)


def test_lbfgs_has_no_partial_fit():
    with pytest.raises(AttributeError, match="partial_fit"):
        MLPClassifier(solver="lbfgs").partial_fit  # noqa: B018


def test_attributes_before_a_fit():
    for name in ("model_", "coefs_", "n_iter_", "classes_"):
        assert not hasattr(MLPClassifier(), name)


def test_without_scikit_learn_it_says_what_to_install():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import fastnn\n"
        "try:\n    import fastnn.sklearn\nexcept ImportError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "fastnn.sklearn needs scikit-learn: pip install fastnn-ext[sklearn]"


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("which", ["X", "y", "sample_weight"])
def test_masked_values(kind, which, cancer):
    """scikit-learn's own read what lies below a mask."""
    x, y = cancer
    estimator = kind(hidden_layer_sizes=(2,), max_iter=1).fit(x, y)
    data = {"X": x, "y": y, "sample_weight": np.ones(len(x))}
    masked = np.ma.array(data[which], mask=np.zeros(data[which].shape, bool))
    estimator.fit(**data | {which: masked})
    masked[3] = np.ma.masked
    with pytest.raises(ValueError, match=rf"{which} has \d+ masked values?, the first at {which}\[3"):
        estimator.fit(**data | {which: masked})
    if which == "X":
        with pytest.raises(ValueError, match="X has 30 masked values"):
            estimator.predict(masked)
