"""Bad input: a message that says what to do, and the estimator as it was before."""

import pickle
import re
import subprocess
import sys

import numpy as np
import pandas
import pytest

from fastnn.optimizers import LBFGS, SGD
from fastnn.river import MLPClassifier, MLPRegressor

PARAMETERS = {
    "an activation": ({"activation": "rleu"}, "activation 'rleu' is unknown; did you mean 'relu'?"),
    "an optimizer": ({"optimizer": "adma"}, "optimizer 'adma' is unknown; did you mean 'adam'?"),
    "a loss": ({"loss": "msa"}, "loss 'msa' is unknown"),
    "a loss of classes": ({"loss": "categorical_crossentropy"}, "categorical_crossentropy"),
    "lbfgs": ({"optimizer": LBFGS()}, "LBFGS looks at all samples in every step"),
    "no units": ({"hidden_layer_sizes": (3, 0)}, "each of hidden_layer_sizes must be at least 1"),
    "l2": ({"l2": -1}, "l2 must"),
    "batch_size": ({"batch_size": 0}, "batch_size must be at least 1"),
    "dtype": ({"dtype": "float16"}, "float16"),
    "seed": ({"seed": "no"}, "seed must be an integer"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    parameters, text = PARAMETERS[name]
    with pytest.raises((ValueError, TypeError), match=re.escape(text)):
        MLPRegressor(**parameters)


FEATURES = {
    "a string": ("3.5", TypeError, "the feature 'b' must be a number, but it is '3.5': put an encoder in front"),
    "None": (None, ValueError, "the feature 'b' is missing, None"),
    "NaN": (float("nan"), ValueError, "the feature 'b' must be finite, but it is nan"),
    "NumPy's infinity": (np.float32("inf"), ValueError, "the feature 'b' must be finite, but it is inf"),
    "a large number": (1e39, ValueError, "the feature 'b' is 1e+39, too large for float32"),
    "a list": ([1.0], TypeError, "the feature 'b' must be a number, but it is [1.0]"),
}
TARGETS = {
    "a string": (MLPRegressor, "7", TypeError, "y must be a number, but it is '7'"),
    "NaN": (MLPRegressor, float("nan"), ValueError, "y must be finite, but it is nan"),
    "None": (MLPRegressor, None, ValueError, "y is missing, None"),
    "a large number": (MLPRegressor, -1e39, ValueError, "y is -1e+39, too large for float32"),
    "no class": (MLPClassifier, None, ValueError, "y must be a class, but it is None"),
    "a class that is NaN": (MLPClassifier, float("nan"), ValueError, "y must be a class, but it is nan"),
}
BEFORE = {"nothing": [], "other features": [{"a": 1.0}], "the same": [{"a": 1.0, "b": 2.0, "c": 3.0}] * 2}


def taught(kind, before):
    estimator = kind(seed=0)
    for x in BEFORE[before]:
        estimator.learn_one(x, 1)
    return estimator


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("name", FEATURES)
def test_features(name, kind, before):
    value, error, text = FEATURES[name]
    estimator = taught(kind, before)
    state = pickle.dumps(estimator)
    x = {"a": 1.0, "b": value, "c": 3.0}
    with pytest.raises(error, match=re.escape(text)):
        estimator.learn_one(x, 2)
    if before == "the same":
        for predict in (estimator.predict_one, getattr(estimator, "predict_proba_one", estimator.predict_one)):
            with pytest.raises(error, match=re.escape(text)):
                predict(x)
    assert pickle.dumps(estimator) == state


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("name", TARGETS)
def test_targets(name, before):
    kind, y, error, text = TARGETS[name]
    estimator = taught(kind, before)
    state = pickle.dumps(estimator)
    x = {"a": 1.0, "b": 2.0, "c": 3.0}
    with pytest.raises(error, match=re.escape(text)):
        estimator.learn_one(x, y)
    with pytest.raises(error, match=re.escape(text)):
        estimator.learn_many(pandas.DataFrame([x, x]), [1, y])
    assert pickle.dumps(estimator) == state


def test_a_target_that_the_loss_has_no_meaning_for():
    estimator = MLPRegressor(loss="poisson", seed=0)
    with pytest.raises(ValueError, match="poisson"):
        estimator.learn_one({"a": 1.0}, -1.0)


FRAME = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
TABLES = {
    "a list": (([[1.0]], [1]), TypeError, "X must be a data frame with a column for each feature"),
    "a gap": ((FRAME.replace(3.0, np.nan), [1, 2]), ValueError, "X"),
    "words": ((FRAME.assign(b="Bern"), [1, 2]), TypeError, "the column 'b' of X holds strings"),
    "large numbers": ((FRAME * 1e39, [1, 2]), ValueError, "X"),
    "fewer targets": ((FRAME, [1]), ValueError, "y must have as many values as X has rows, 2, but it has 1"),
    "a negative weight": (
        (FRAME, [1, 2], [1, -1]),
        ValueError,
        "each of w must be finite and not negative, but it is -1.0",
    ),
    "fewer weights": ((FRAME, [1, 2], [1]), ValueError, "w must be a number or have one for each row of X, 2"),
}


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("name", TABLES)
def test_frames(name, kind):
    given, error, text = TABLES[name]
    estimator = taught(kind, "other features")
    state = pickle.dumps(estimator)
    with pytest.raises(error, match=re.escape(text)):
        estimator.learn_many(*given)
    assert pickle.dumps(estimator) == state


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_weights(kind):
    estimator = taught(kind, "other features")
    state = pickle.dumps(estimator)
    with pytest.raises(ValueError, match="w must be finite and not negative"):
        estimator.learn_one({"new": 1.0}, 3, w=-1)
    assert pickle.dumps(estimator) == state


def test_a_step_that_diverges_leaves_the_weights():
    estimator = MLPRegressor((3,), optimizer=SGD(1e30), seed=0)
    estimator.learn_one({"a": 1.0}, 1.0)
    before = estimator.model.get_weights()
    with pytest.raises(FloatingPointError, match="Try a smaller learning_rate than 1e\\+30"):
        estimator.learn_one({"a": 1e20}, 1.0)
    assert all(map(np.array_equal, before, estimator.model.get_weights()))


def test_parameters_cannot_be_changed_without_effect():
    estimator = MLPRegressor(seed=0)
    with pytest.raises(AttributeError, match=re.escape("l2 cannot be changed: make another by clone({'l2': 0.1})")):
        estimator.l2 = 0.1
    assert estimator.clone({"l2": 0.1}).l2 == 0.1


def test_river_is_not_imported_with_the_package_and_its_absence_is_told():
    code = (
        "import sys; sys.modules['river'] = None\n"
        "import fastnn\n"
        "try:\n    import fastnn.river\nexcept ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "fastnn.river needs river: pip install fastnn-ext[river]"
    code = "import fastnn, sys; print('river' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
