"""The remote monitor sends each epoch's values to a server of this test's own; the bar is shown on standard error."""

import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

from fastnn.callbacks import ProgbarLogger, RemoteMonitor
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

X, Y = np.ones((8, 2)), np.zeros(8)


@pytest.fixture
def server():
    """The address of a server, and a list of what it was sent."""
    sent = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent.append((self.path, self.headers["Content-Type"], self.headers.get("X-Run"), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            """Nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", sent
        listening.shutdown()
        thread.join()


def fit(callback):
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    return model.fit(X, Y, epochs=2, callbacks=[callback]).history["loss"]


@pytest.mark.parametrize("as_json", [False, True])
def test_each_epoch_is_sent(server, as_json):
    root, sent = server
    losses = fit(RemoteMonitor(root, "/here", "values", {"X-Run": "7"}, send_as_json=as_json))
    for epoch, (path, kind, run, body) in enumerate(sent):
        values = json.loads(body if as_json else urllib.parse.parse_qs(body)["values"][0])
        assert values == {"epoch": epoch, "loss": losses[epoch]}
        assert (path, run) == ("/here", "7")
        assert kind == ("application/json" if as_json else "application/x-www-form-urlencoded")
    assert len(sent) == 2


def test_a_server_that_is_not_there_is_a_warning():
    # Nobody listens at port 9 of this machine, which is that of the service that discards.
    with pytest.warns(RuntimeWarning, match=r"could not reach http://127\.0\.0\.1:9"):
        assert len(fit(RemoteMonitor("http://127.0.0.1:9"))) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"root": "file:///etc"}, ValueError, "root must begin with http"),
        ({"path": 3}, TypeError, "path must be a string"),
        ({"send_as_json": "yes"}, TypeError, "send_as_json must be True or False"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        RemoteMonitor(**arguments)


def test_the_bar_of_epochs(capsys):
    fit(ProgbarLogger())
    shown = capsys.readouterr().err
    assert "epoch 2" in shown
    assert "2/2" in shown
    assert "loss=" in shown


def test_a_logger_of_no_training():
    with pytest.raises(RuntimeError, match="ProgbarLogger shows epochs of a training: call on_train_begin first"):
        ProgbarLogger().on_epoch_end(0, {"loss": 1.0})
