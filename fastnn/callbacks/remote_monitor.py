"""The remote monitor: the values of each epoch, sent to a server."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import ClassVar

from fastnn.callbacks.base import Callback, Logs
from fastnn.checking.scalars import true_or_false

__all__ = ["RemoteMonitor"]

# A server that does not answer holds training up no longer than this after an epoch.
_SECONDS = 5


class RemoteMonitor(Callback):
    """Send the values of each epoch to a server, by HTTP's POST.

    What is sent is ``{"epoch": epoch, "loss": ...}``, the epoch counted from 0. A server that cannot be reached is a
    RuntimeWarning, and training goes on.

    Parameters
    ----------
    root : str, default "http://localhost:9000"
        The server, by http or https.
    path : str, default "/publish/epoch/end/"
        What follows the server's name.
    field : str, default "data"
        The field of a form that holds the values as JSON.
    headers : mapping of str to str, optional
    send_as_json : bool, default False
        The values are all that is sent, as application/json, without a form.

    Raises
    ------
    TypeError, ValueError
        For arguments that are none of these.

    Examples
    --------
    >>> RemoteMonitor("ftp://localhost")
    Traceback (most recent call last):
    ValueError: root must begin with http:// or https://, but it is 'ftp://localhost'
    """

    rank_zero_only: ClassVar[bool] = True

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        for name, value in (("root", root), ("path", path), ("field", field)):
            if not isinstance(value, str):
                raise TypeError(f"{name} must be a string, but it is {value!r}")
        if not root.startswith(("http://", "https://")):
            raise ValueError(f"root must begin with http:// or https://, but it is {root!r}")
        self.root, self.path, self.field = root, path, field
        self.headers = dict(headers or {})
        self.send_as_json = true_or_false(send_as_json, "send_as_json")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        # Here alone: who loads a model opens no sockets.
        import urllib.error
        import urllib.parse
        import urllib.request

        values = json.dumps({"epoch": epoch, **{name: float(value) for name, value in logs.items()}})
        body = values if self.send_as_json else urllib.parse.urlencode({self.field: values})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        request = urllib.request.Request(
            self.root + self.path, body.encode(), {"Content-Type": kind, **self.headers}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS):
                pass
        except (urllib.error.URLError, OSError) as error:
            warnings.warn(f"RemoteMonitor could not reach {self.root}: {error}", RuntimeWarning, stacklevel=2)
