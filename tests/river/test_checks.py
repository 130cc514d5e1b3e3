"""river's own checks of estimators, all of them, for both estimators."""

import pytest
from river.checks import yield_checks

from fastnn.optimizers import SGD
from fastnn.river import MLPClassifier, MLPRegressor

# The regression's data hold days counted from the first year, unscaled: no rule without a scale of its own takes them.
ESTIMATORS = [
    kind(**parameters)
    for kind in (MLPClassifier, MLPRegressor)
    for parameters in ({}, {"hidden_layer_sizes": (8, 8), "activation": "tanh", "l2": 0.001, "dtype": "float64"})
] + [MLPClassifier(hidden_layer_sizes=(), optimizer=SGD(0.01, momentum=0.9), seed=1)]
CHECKS = [(number, check) for number, estimator in enumerate(ESTIMATORS) for check in yield_checks(estimator)]


@pytest.mark.parametrize(("number", "check"), CHECKS, ids=lambda value: getattr(value, "__name__", value))
def test_rivers_checks(number, check):
    estimator = ESTIMATORS[number].clone()
    assert estimator._unit_test_skips() == set()
    check(estimator)
