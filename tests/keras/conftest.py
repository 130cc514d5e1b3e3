"""What tests of Keras' API share: each begins as a new process would, with no old spelling told of."""

import contextlib
import pathlib
import sys
import warnings

import numpy as np
import pytest

from fastnn.keras.translating import OldSpelling, tell

sys.path.insert(0, str(pathlib.Path(__file__).parent))

# Texts of tests, with the import lines that they have in the world.
collect_ignore = ["scripts"]
SCRIPTS = pathlib.Path(__file__).parent / "scripts"


@pytest.fixture(autouse=True)
def nothing_told():
    tell.cache_clear()


@pytest.fixture
def told():
    """A function that records which old spellings are told of in its block."""

    @contextlib.contextmanager
    def record():
        messages = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", OldSpelling)
            yield messages
        for warning in caught:
            assert warning.category is OldSpelling, str(warning.message)
            # The line of the user, and none of the package's.
            assert pathlib.Path(warning.filename).parent.name != "keras" or "tests" in warning.filename
            messages.append(str(warning.message))

    return record


@pytest.fixture
def few():
    """Samples of four features, and targets of each kind."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4)).astype(np.float32)
    return x, {
        "numbers": x @ rng.normal(size=(4, 1)).astype(np.float32),
        "decisions": (x[:, :1] > 0).astype(np.float32),
        "classes": x[:, :3].argmax(axis=1),
        "rows": np.eye(3, dtype=np.float32)[x[:, :3].argmax(axis=1)],
    }
