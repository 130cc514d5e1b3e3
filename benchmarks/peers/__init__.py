"""The peers, one file each: a way of doing a job. This table names them without importing their libraries.

A peer's file has ``version()``, the library and its version, and ``setup(task)``, which prepares and returns
``run``; only ``run()`` is timed, and returns the mean loss of every epoch. A new peer is a file here, a line in
`PEERS`, and its name in the jobs it can do.
"""

from dataclasses import dataclass

__all__ = ["PEERS", "Peer"]


@dataclass(frozen=True)
class Peer:
    """A line of the table: how the peer is called in print, and whether its library has a thread setting."""

    title: str
    threaded: bool


PEERS: dict[str, Peer] = {
    "notebook": Peer("the notebook as written (NumPy, float64)", threaded=True),
    "numpy": Peer("well-written NumPy (float32)", threaded=True),
    "fastnn": Peer("fastnn (float32)", threaded=False),
}
