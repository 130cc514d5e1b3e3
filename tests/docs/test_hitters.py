"""The example of baseball players' salaries: it runs, and docs/estimators.md tells what it prints."""

import importlib.util
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "hitters.py"


@pytest.fixture(scope="module")
def hitters():
    spec = importlib.util.spec_from_file_location("hitters", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data(hitters):
    try:
        metadata.files("ISLP")
    except metadata.PackageNotFoundError:
        pytest.skip("the data are missing: pip install --no-deps ISLP==0.6.0")
    return hitters.load(hitters.find_data())


def test_the_data_are_those_of_the_book(data):
    x, y = data
    assert x.shape == (263, 19)
    assert np.isfinite(x).all()
    # The book's first player: 475 thousand dollars, 315 times at bat.
    assert (y[0], x[0, 0], y.max()) == (475.0, 315.0, 2460.0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_the_page_tells(hitters, data, tmp_path):
    command = [sys.executable, SCRIPT, "--plot", tmp_path / "errors.png"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert (tmp_path / "errors.png").stat().st_size > 10_000
    page = (ROOT / "docs" / "estimators.md").read_text("utf-8")
    for line in told.splitlines()[2:]:
        name, error, parameters = re.fullmatch(r"(.*?) {2,}(\d+) .* ([\d,]+)", line).groups()
        row = re.search(rf"^\| {name} \| (\d+) ± \d+ \|.*\| ([\d,]+) \|$", page, re.MULTILINE)
        assert row is not None, f"the page lacks {name}"
        # Another processor rounds otherwise, and an inner choice may then fall otherwise.
        assert float(error) == pytest.approx(float(row[1]), abs=8), line
        assert parameters == row[2] or name == "lasso", line


def test_without_the_data_it_says_where_they_are(hitters):
    try:
        metadata.files("ISLP")
    except metadata.PackageNotFoundError:
        with pytest.raises(SystemExit, match="pip install --no-deps ISLP"):
            hitters.find_data()
    else:
        pytest.skip("the data are there")
