"""Tables of models, layers and histories: all text is escaped, whatever it is called."""

import html.parser

import numpy as np
import pytest

import fastnn
from fastnn.html import table
from fastnn.layers import Activation, Dense, Dropout, Input
from fastnn.models import History, Sequential

HOSTILE = "<script>alert('&')"


class Reader(html.parser.HTMLParser):
    """The tags and the cells of a text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.closed = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        self.closed.append(tag)

    def handle_data(self, data):
        self.cells.append(data)


def of_a_history():
    history = History()
    history.add(0, {HOSTILE: 0.5, "val_loss": 1.0})
    history.add(1, {HOSTILE: float("nan")})
    return history


class Hostile:
    def __repr__(self):
        return HOSTILE

    def forward(self, input):
        return input

    def backward(self, output_error, learning_rate):
        return output_error


def of_a_network():
    network = fastnn.Network()
    network.add(Hostile())
    return network


MADE = {
    "table": lambda: type("Made", (), {"_repr_html_": lambda self: table(HOSTILE, [HOSTILE], [[HOSTILE]], HOSTILE)})(),
    "model": lambda: Sequential([Input((2,)), Dense(1, name=HOSTILE.replace("/", ""))], name=HOSTILE),
    "layer": lambda: Dense(1, name=HOSTILE),
    "history": of_a_history,
    "network": of_a_network,
}


@pytest.mark.parametrize("kind", MADE)
def test_names_are_text(kind):
    read = Reader(MADE[kind]()._repr_html_())
    assert set(read.tags) <= {"div", "b", "table", "tr", "th", "td"}
    assert sorted(read.tags) == sorted(read.closed)
    assert any(HOSTILE in cell for cell in read.cells)


@pytest.mark.parametrize(
    "layer",
    [
        Dense(3, "relu", kernel_regularizer="l2"),
        Dropout(0.5),
        Activation((np.sin, np.cos)),
        *(getattr(fastnn, name)() for name in ("ReLU", "BatchNormalization", "LayerNormalization", "Flatten")),
        fastnn.FlattenLayer((2, 2)),
        fastnn.SoftmaxLayer(3),
        fastnn.ActivationLayer(np.sin, np.cos),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_every_layer_has_one(layer):
    assert type(layer).__name__ in layer._repr_html_()


def test_a_model_that_is_not_built():
    assert "not built" in Sequential([Dense(3)])._repr_html_()
    assert "<table>" in Sequential()._repr_html_()


def test_a_history_has_a_row_for_each_epoch():
    history = History()
    assert History()._repr_html_().count("<tr>") == 1
    for epoch in range(20):
        history.add(epoch, {"loss": epoch / 2} | ({"val_loss": 0.125} if epoch == 3 else {}))
    assert history._repr_html_().count("<tr>") == 21
    history.add(20, {"loss": 1.0})
    read = Reader(history._repr_html_())
    assert (read.tags.count("tr"), read.cells.count("⋮"), read.cells.count("0.125")) == (22, 3, 1)
    # The first ten and the last ten.
    assert ("10" in read.cells, "11" in read.cells, "12" in read.cells) == (True, False, True)
