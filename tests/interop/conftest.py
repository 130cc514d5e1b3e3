"""Keras for the tests that need it. Makes the random models importable, which pytest's importlib mode does not."""

import importlib
import importlib.util
import os
import pathlib
import sys
import warnings

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture(scope="session")
def keras():
    """Keras over JAX or TensorFlow: over PyTorch it rounds to float32 what is float64."""
    if not importlib.util.find_spec("keras") or not any(map(importlib.util.find_spec, ("tensorflow", "jax"))):
        pytest.skip("Keras, or what it runs over, JAX or TensorFlow, is not installed")
    # What it imports speaks of processors and deprecated names.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = importlib.import_module("keras")
    if found.config.backend() not in ("jax", "tensorflow"):
        pytest.skip(f"Keras runs over {found.config.backend()}, not JAX or TensorFlow")
    return found
