"""Small real data sets, standardised, without a network."""

import numpy as np
import pytest
from sklearn import datasets
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="session")
def cancer():
    """200 samples of two classes, 30 features."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(x)[:200], y[:200]


@pytest.fixture(scope="session")
def wine():
    """All samples of three classes, 13 features, in an order of chance, with names as labels."""
    x, y = datasets.load_wine(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(x))
    return StandardScaler().fit_transform(x)[rows], np.array(["barolo", "grignolino", "barbera"])[y[rows]]


@pytest.fixture(scope="session")
def diabetes():
    """All samples, 10 features, and a number."""
    x, y = datasets.load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(x), (y - y.mean()) / y.std()
