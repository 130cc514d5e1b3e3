"""What tests of files share: a small trained model in a file, and the module of helpers beside this one."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture
def good(tmp_path):
    """A file of a small trained model."""
    # From the folder beside this file, which is on the path from here on.
    from model_files import trained

    path = tmp_path / "good.safetensors"
    trained().save(path)
    return path
