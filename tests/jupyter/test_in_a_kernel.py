"""What a cell leaves in a notebook: each figure once, a line an epoch, tables, and no warnings."""

import importlib.util
import warnings

import pytest

for needed in ("nbformat", "nbclient", "ipykernel", "matplotlib"):
    pytest.importorskip(needed)

# A kernel that does not answer is a dead lock: the slowest cell takes a second.
LIMIT = 120

CELLS = {
    "begin": """
import numpy as np
import fastnn
from fastnn import *
from fastnn import plotting

x = np.random.default_rng(0).normal(size=(20, 2))
y = x[:, :1]
model = Sequential([Input((2,)), Dense(3, "tanh"), Dense(1)], seed=0)
model.compile("sgd", "mse", metrics=["mae"])
network = [FCLayer(2, 3), ActivationLayer(tanh, tanh_prime), FCLayer(3, 1)]
""",
    "fit": "history = model.fit(x, y, epochs=3)",
    "long fit": "history = model.fit(x, y, epochs=250)",
    "fit that ends early": """
class Stop(callbacks.Callback):
    def on_epoch_end(self, epoch, logs):
        self.model.stop_training = epoch == 3

stopped = model.fit(x, y, epochs=500, callbacks=[Stop()])
""",
    "silent fit": "silent = model.fit(x, y, epochs=3, verbose=0)",
    "fit with a bar": "barred = model.fit(x, y, epochs=3, verbose=1)",
    "train": "network, err = train(network, x, y, epochs=3)",
    "long train": "network, err = train(network, x, y, epochs=250)",
    "train in silence": "network, err = train(network, x, y, epochs=3, verbose=False)",
    "figure at the end": "history.plot()",
    "figure in between": "kept = history.plot()\nprint(1)",
    "figure of before": "kept",
    "two figures": "first = history.plot()\nplotting.plot_activations()",
    "axes at the end": "plotting.plot_error_curve(err)",
    "drawn into": """
from matplotlib.figure import Figure
plotting.plot_history(history, figure=Figure())
""",
    "model": "model",
    "layer": "model.layers[0]",
    "history": "history",
    "network": "net = Network()\nnet.add(FCLayer(2, 3))\nnet.add(ActivationLayer(tanh, tanh_prime))\nnet",
    "layer of the notebook": "network[0]",
    "list of layers": "network",
    "chosen format": '%config InlineBackend.figure_formats = ["svg"]\nhistory.plot()',
}


@pytest.fixture(scope="module")
def outputs():
    """What each cell has put out."""
    import nbclient
    import nbformat

    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what runs kernels speaks of event loops
        nbclient.NotebookClient(notebook, timeout=LIMIT).execute()
    return {name: cell.outputs for name, cell in zip(CELLS, notebook.cells, strict=True)}


def said(outputs, stream="stdout"):
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == stream)


def pictures(outputs, kind="image/png"):
    return [output for output in outputs if kind in output.get("data", {})]


def test_a_fit_leaves_a_line_an_epoch(outputs):
    lines = said(outputs["fit"]).splitlines()
    assert [line[:10] for line in lines] == ["epoch 1/3 ", "epoch 2/3 ", "epoch 3/3 "]
    assert all(" - loss: " in line and " - mae: " in line for line in lines)
    assert said(outputs["silent fit"]) == ""


def test_of_many_epochs_a_hundred_and_the_last(outputs):
    lines = said(outputs["long fit"]).splitlines()
    assert len(lines) <= 101
    assert (lines[0][:11], lines[-1][:13]) == ("epoch 3/250", "epoch 250/250")
    # Every fifth has one, and the last, whichever it is.
    assert [line.partition(" - ")[0] for line in said(outputs["fit that ends early"]).splitlines()] == ["epoch 4/500"]


def test_train_leaves_lines_too(outputs):
    lines = said(outputs["train"]).splitlines()
    assert [line.partition("   error=")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert len(said(outputs["long train"]).splitlines()) <= 101
    assert said(outputs["train in silence"]) == ""


@pytest.mark.skipif(importlib.util.find_spec("ipywidgets") is not None, reason="ipywidgets is installed")
def test_a_bar_without_widgets_does_not_warn(outputs):
    bar = said(outputs["fit with a bar"], "stderr")
    assert "epoch 3/3: 100%" in bar
    assert "Warning" not in bar


def test_nothing_else_is_said(outputs):
    for name, found in outputs.items():
        assert name == "fit with a bar" or said(found, "stderr") == "", name


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("figure at the end", 1),
        ("figure in between", 1),
        ("figure of before", 1),
        ("two figures", 2),
        ("axes at the end", 1),
        ("drawn into", 1),
    ],
)
def test_each_figure_is_shown_once(outputs, cell, count):
    assert len(pictures(outputs[cell])) == count


def test_the_format_is_the_users(outputs):
    assert len(pictures(outputs["chosen format"], "image/svg+xml")) == 1
    assert pictures(outputs["chosen format"]) == []


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("model", ["model: sequential", "dense (Dense)", "parameters: 13"]),
        ("layer", ["dense (Dense)", "units", "tanh", "output shape", "(3,)"]),
        ("history", ["epoch", "loss", "mae", "⋮", "250"]),
        ("network", ["FCLayer(2, 3)", "ActivationLayer(tanh)", "parameters: 9"]),
        ("layer of the notebook", ["FCLayer(2, 3)", "weights", "(2, 3)"]),
    ],
)
def test_tables(outputs, cell, words):
    [output] = outputs[cell]
    text = output["data"]["text/html"]
    assert [word for word in words if f">{word}" not in text and word not in text] == []
    assert text.count("<table>") == text.count("</table>") == 1


def test_a_list_of_layers_reads_well(outputs):
    [output] = outputs["list of layers"]
    assert output["data"]["text/plain"] == "[FCLayer(2, 3), ActivationLayer(tanh), FCLayer(3, 1)]"
