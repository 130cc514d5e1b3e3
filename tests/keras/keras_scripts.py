"""What changes in a script that is run here: its import lines."""

import re

# What is written in place of what, at the beginning of a line.
CHANGES = {
    "import keras.backend": "import fastnn.keras.backend",
    "from keras": "from fastnn.keras",
    "import keras": "import fastnn.keras as keras",
    "import tensorflow as tf": "import fastnn.keras.tensorflow as tf",
    "from tensorflow import": "from fastnn import",
    "from tensorflow.keras": "from fastnn.keras",
}


def with_our_imports(text):
    """A script's text with its import lines changed; AssertionError where there is none, or another line changed."""
    changed = text
    for old, new in CHANGES.items():
        changed = re.sub(rf"^{re.escape(old)}\b", new, changed, flags=re.MULTILINE)
    different = [old for old, new in zip(text.splitlines(), changed.splitlines(), strict=True) if old != new]
    assert different
    assert all(line.startswith(("from ", "import ")) for line in different)
    return changed
