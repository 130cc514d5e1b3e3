"""scikit-learn's own checks of estimators, all of them, for both estimators and each solver."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn.sklearn import MLPClassifier, MLPRegressor

# As scikit-learn's own checks its own perceptrons, and in each other way of training.
ESTIMATORS = [
    kind(**{"max_iter": 100} | parameters)
    for kind in (MLPClassifier, MLPRegressor)
    for parameters in ({}, {"solver": "sgd"}, {"solver": "lbfgs", "max_iter": 30}, {"n_members": 2, "max_iter": 30})
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
