"""The peers, one file each: a way of doing a job. This table names them without importing their libraries.

A peer's file has ``version()``, the library and its version, and ``setup(task)``, which builds and compiles what a
process needs once, and returns a `Run`. A new peer is a file here, a line in `PEERS`, and its name in the jobs it can
do.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PEERS", "Peer", "Run"]


def _as_array(result: Any) -> NDArray[Any]:
    return np.asarray(result, dtype=np.float64)


@dataclass(frozen=True)
class Run:
    """A task that a peer is ready to do.

    Attributes
    ----------
    run : callable
        Does the whole task; this alone is timed.
    reset : callable
        Puts the first weights and a fresh optimizer back; before every ``run``.
    values : callable
        Takes what ``run`` returned and gives the mean loss of every epoch, or the outputs, shape (samples, outputs).
    differs : str
        What the library does otherwise than the job says, in a phrase; its results are then not compared.
    """

    run: Callable[[], Any]
    reset: Callable[[], None] = lambda: None
    values: Callable[[Any], NDArray[Any]] = _as_array
    differs: str = ""

    def __call__(self) -> NDArray[Any]:
        """One whole round, from fresh weights to values."""
        self.reset()
        return self.values(self.run())


@dataclass(frozen=True)
class Peer:
    """A line of the table.

    Attributes
    ----------
    title : str
        What the peer is called in print.
    threaded : bool
        Whether its library has a thread setting.
    libraries : tuple of str
        What must be importable.
    """

    title: str
    threaded: bool
    libraries: tuple[str, ...] = ()

    @property
    def missing(self) -> str | None:
        """The libraries that are not installed, in a sentence; None where none is missing."""
        absent = [name for name in self.libraries if importlib.util.find_spec(name) is None]
        if not absent:
            return None
        return f"{' and '.join(absent)} cannot be imported: pip install -e .[peers] brings all peers"


PEERS: dict[str, Peer] = {
    "reference": Peer("plain NumPy (float64)", threaded=True),
    "notebook": Peer("the notebook as written (NumPy, float64)", threaded=True),
    "numpy": Peer("well-written NumPy (float32)", threaded=True),
    "torch": Peer("PyTorch", threaded=True, libraries=("torch",)),
    "torch-compiled": Peer("PyTorch, torch.compile", threaded=True, libraries=("torch",)),
    "jax": Peer("JAX, jitted", threaded=True, libraries=("jax",)),
    "sklearn": Peer("scikit-learn", threaded=True, libraries=("sklearn",)),
    "keras": Peer("Keras on TensorFlow", threaded=True, libraries=("keras", "tensorflow")),
    "keras-function": Peer("Keras, in a tf.function", threaded=True, libraries=("keras", "tensorflow")),
    "onnxruntime": Peer("ONNX Runtime", threaded=True, libraries=("onnx", "onnxruntime")),
    "kann": Peer("KANN", threaded=False, libraries=("cynn",)),
    "fann": Peer("FANN", threaded=False, libraries=("cynn",)),
    "genann": Peer("genann (float64)", threaded=False, libraries=("cynn",)),
    "tinn": Peer("Tinn", threaded=False, libraries=("cynn",)),
    "fastnn-model": Peer("fastnn.Sequential (float32)", threaded=True),
    "fastnn": Peer("fastnn (float32)", threaded=True),
}
