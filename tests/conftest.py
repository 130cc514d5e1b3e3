"""What tests share: the real pictures, and small networks with a seed."""

import importlib
import importlib.util
import os
import pathlib
import signal
import sys
import warnings

import pytest

# Processes that share the tests share the cores: threads that wait for each other on cores that others use take several
# times as long. NumPy's products read this once, when it is imported.
SHARING = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if SHARING > 1:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# JAX compiles each operation for each shape: random models of Keras' take three fifths of the time where
# it does not optimise them.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import numpy as np

import fastnn
from fastnn_ext.runtime.pool import available_threads

# Tables that tests of several folders share.
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from installed import is_installed
from seeding import seed_everything

# A plugin, which has to come before the package.
collect_ignore = ["optimized.py"]
# What tests the sources and reads the documentation: not where an installed package is tested, away from its checkout.
OF_THE_CHECKOUT = [
    *("benchmarks", "docs", "packaging", "test_mutate.py", "test_structure.py"),
    *("datasets/test_fetch_mnist.py", "datasets/test_sample.py"),
]
CHECKOUT = (pathlib.Path(__file__).parents[1] / "setup.py").exists()
if not CHECKOUT:
    collect_ignore += OF_THE_CHECKOUT

# Shells let what they start in the background ignore Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Not in what tests start by themselves, which has the package's own choice.
if SHARING > 1:
    fastnn.set_num_threads(max(1, available_threads() // SHARING))

# What Keras runs over, in these processes and those that they start: it cannot be changed later.
for backend in ("tensorflow", "jax", "torch"):
    if importlib.util.find_spec(backend):
        os.environ.setdefault("KERAS_BACKEND", backend)

# Other people's protocols, which come with their libraries.
collect_ignore += [folder for folder in ("river", "sklearn") if not is_installed(folder)]


def pytest_collection_modifyitems(items):
    """Long files first, so that none of them is alone at the end: processes take files in this order."""
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


def pytest_runtest_setup(item):
    """What a test leaves to chance is the same in every run: before its fixtures, which may draw, too."""
    seed_everything(item.nodeid)


def pytest_report_header():
    """What is tested, and what is left out with it."""
    place = pathlib.Path(fastnn.__file__).parent
    return f"fastnn: {place}" + ("" if CHECKOUT else f"; no checkout, so without {', '.join(OF_THE_CHECKOUT)}")


@pytest.fixture(scope="session")
def keras_over_any():
    """Keras over whatever there is to compute with: for its names, and for values that need no last digits."""
    backend = next((name for name in ("tensorflow", "jax", "torch") if importlib.util.find_spec(name)), None)
    if backend is None:
        pytest.skip("Keras has nothing to compute with")
    os.environ.setdefault("KERAS_BACKEND", backend)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it imports speaks of processors and deprecated names
        return pytest.importorskip("keras", minversion="3.0")


@pytest.fixture(scope="session")
def keras():
    """Keras over JAX or TensorFlow: over PyTorch it rounds to float32 what is float64."""
    if not is_installed("keras") or not any(map(importlib.util.find_spec, ("tensorflow", "jax"))):
        pytest.skip("Keras, or what it runs over, JAX or TensorFlow, is not installed")
    # What it imports speaks of processors and deprecated names.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = importlib.import_module("keras")
    if found.config.backend() not in ("jax", "tensorflow"):
        pytest.skip(f"Keras runs over {found.config.backend()}, not JAX or TensorFlow")
    return found


@pytest.fixture(scope="session")
def mnist():
    """The shipped pictures as the notebook prepares them: float32 in [0, 1], labels one-hot."""
    (x_train, y_train), (x_test, y_test) = fastnn.datasets.load_mnist_sample()
    return (
        (x_train.astype(np.float32) / 255, fastnn.to_categorical(y_train, 10)),
        (x_test.astype(np.float32) / 255, fastnn.to_categorical(y_test, 10)),
    )


@pytest.fixture
def notebook_network():
    """A function of seed and dtype that makes the notebook's network."""

    def make(seed=0, dtype=np.float32):
        rng = np.random.default_rng(seed)
        return [
            fastnn.FlattenLayer(input_shape=(28, 28)),
            fastnn.FCLayer(28 * 28, 20, rng=rng, dtype=dtype),
            fastnn.ActivationLayer(fastnn.relu, fastnn.relu_prime),
            fastnn.FCLayer(20, 10, rng=rng, dtype=dtype),
            fastnn.SoftmaxLayer(10),
        ]

    return make
