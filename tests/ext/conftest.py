"""Makes the table of bindings importable for the tests beside it, which pytest's importlib mode does not."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
