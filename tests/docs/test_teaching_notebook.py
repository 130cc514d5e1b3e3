"""The teaching notebook, as a notebook: its cells run in a kernel of their own, and say what they teach."""

import pathlib
import re
import warnings

import pytest

NOTEBOOK = pathlib.Path(__file__).parents[2] / "examples" / "teaching_notebook.ipynb"
# A kernel that does not answer is a dead lock: the slowest cell takes a second.
LIMIT = 120


@pytest.fixture(scope="module")
def executed():
    """The notebook with what its cells have put out."""
    if not NOTEBOOK.exists():
        pytest.skip("examples are not part of an installed package")
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    for needed in ("ipykernel", "matplotlib"):
        pytest.importorskip(needed)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what runs kernels speaks of event loops
        client = nbclient.NotebookClient(
            notebook, timeout=LIMIT, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
        )
        return client.execute()


def cell_with(notebook, text):
    [found] = [cell for cell in notebook.cells if cell.cell_type == "code" and text in cell.source]
    return found


def said_by(cell):
    """What a cell has printed, on both streams."""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


EXPECTED = {
    "train_weights(x, y": r"(>epoch=\d, lrate=0\.100, error=\d\.000\n){5}\[-0\.1, 0\.20653640140000007, -0\.2341811771",
    "for row, expected": r"(expected=0, predicted=0\n){5}(expected=1, predicted=1\n){5}",
    "print(f(0.3)": r"1 0 0\n",
    "1/1, error": r"1/1, error=0\.0\d+\n",
    # The figures of README, with a point for other weights.
    "ratio = ": r"ratio: 0\.8\d, mse: 0\.02\d+\n",
    "net.fit(": r"epoch 1/500   error=\d\.\d{6}\n(epoch \d+/500   error=\d\.\d{6}\n){499}",
    "out = net.predict": r"\[array\(\[\[.*",
    "model.summary()": r"model: sequential\n.*parameters: 16,330 .*",
    "test_loss, test_accuracy": r"test loss: \d\.\d+, test accuracy: 0\.8\d+\n",
}


@pytest.mark.parametrize("text", EXPECTED)
def test_what_a_cell_says(executed, text):
    said = said_by(cell_with(executed, text))
    assert re.match(EXPECTED[text], said, re.DOTALL), said


def test_nothing_is_said_beside(executed):
    """No cell speaks to standard error, of widgets that are missing or otherwise."""
    for cell in executed.cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error"
            assert "Warning" not in output.get("text", ""), cell.source


def test_the_file_holds_no_outputs():
    nbformat = pytest.importorskip("nbformat")
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


def test_nothing_of_teaching_code_is_defined_but_what_stands_for_a_readers_own():
    nbformat = pytest.importorskip("nbformat")
    cells = [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert [name for source in cells for name in re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE)] == [
        "tanh",
        "tanh_prime",
    ]
