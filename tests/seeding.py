"""One seed for all that a test leaves to chance, so that what fails once fails again."""

import random
import sys

import numpy as np

_entropy = np.random.bit_generator


def seed_everything(name):
    """Draw from a name what is drawn without a seed: by Python, NumPy, new generators, PyTorch and Keras."""
    draws = random.Random(name)
    # What the system's entropy is for default_rng() and SeedSequence(), and so for models without a seed.
    _entropy.randbits = draws.getrandbits
    random.seed(draws.getrandbits(64))
    np.random.seed(draws.getrandbits(32))  # noqa: NPY002
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(draws.getrandbits(63))
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(draws.getrandbits(32))
    session = sys.modules.get("fastnn.keras.session")
    if session is not None:
        # As in a new process: numbers that an earlier test's script has left are not drawn on.
        session.SESSION.__init__()
