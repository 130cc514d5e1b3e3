"""The page on files: its examples run, in their order, in an empty folder."""

import re

import numpy as np
import pytest
from model_files import ROOT

import fastnn

PATH = ROOT / "docs" / "files.md"
if not PATH.exists():
    pytest.skip("an installed package has no docs", allow_module_level=True)
PAGE = PATH.read_text(encoding="utf-8")


def test_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 7
    space = {}
    for number, block in enumerate(blocks):
        # Statements of the block, under a name that a failure shows.
        exec(compile(block, f"docs/files.md, example {number}", "exec"), space)
    # The long training goes on where it stopped, and has nothing left to do the second time.
    exec(compile(blocks[3], "docs/files.md, example 3 again", "exec"), space)
    assert space["done"] == 5
    assert np.isfinite(space["kernel"]).all()


@pytest.mark.parametrize("name", ["dense.kernel", "optimizer/0", 'metadata__["fastnn"]', "fastnn-checksums"])
def test_what_the_page_says_is_in_a_file(good, name):
    from safetensors import safe_open

    assert name in PAGE
    with safe_open(good, framework="np") as file:
        found = [*file.keys(), *file.metadata(), 'metadata__["fastnn"]']
    assert name in found
    assert fastnn.load_model(good).layers
