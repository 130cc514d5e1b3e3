"""Makes the helpers importable from the tests beside them, which pytest's importlib mode does not."""

import importlib
import importlib.util
import os
import pathlib
import sys
import warnings

import pytest
from installed import is_installed

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture(scope="session")
def keras():
    """Keras over whichever of its backends is installed, for what it does without one."""
    backends = [name for name in ("tensorflow", "torch", "jax") if importlib.util.find_spec(name)]
    if not backends or not is_installed("keras"):
        pytest.skip("Keras or its backends are not installed")
    os.environ.setdefault("KERAS_BACKEND", backends[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("keras")
