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
    """Keras over TensorFlow: over the others it rounds to float32 where it should not."""
    if not all(importlib.util.find_spec(name) for name in ("keras", "tensorflow")):
        pytest.skip("Keras or TensorFlow is not installed")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # What it imports speaks of processors and deprecated names.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = importlib.import_module("keras")
    if found.config.backend() != "tensorflow":
        pytest.skip(f"Keras runs over {found.config.backend()}, not TensorFlow")
    return found
