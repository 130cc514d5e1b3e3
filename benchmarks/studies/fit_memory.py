"""The memory of one fit: ``python -m benchmarks.studies.fit_memory SAMPLES`` answers with a line of JSON, in bytes.

``before`` is the process' memory with the data and the network made, ``peak`` the most during the fit. Linux only.
"""

import itertools
import json
import pathlib
import sys

import numpy as np

import fastnn

SIZES = (784, 128, 10)
# Adam keeps two averages of every weight.
SLOTS = 2


def _status(name: str) -> int:
    """A line of the kernel's account of this process, in bytes."""
    for line in pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no line {name}")


def measure(samples: int) -> dict[str, int]:
    """Bytes of data and parameters, and of the process before and at most during the fit."""
    rng = np.random.default_rng(0)
    # Made in place: a temporary array here would be memory that the fit could use again.
    x = np.empty((samples, SIZES[0]), dtype=np.float32)
    rng.random(dtype=np.float32, out=x)
    y = np.zeros((samples, SIZES[-1]), dtype=np.float32)
    y[np.arange(samples), rng.integers(SIZES[-1], size=samples)] = 1
    hidden, last = (fastnn.FCLayer(*pair, rng=rng) for pair in itertools.pairwise(SIZES))
    network = [hidden, fastnn.ActivationLayer(fastnn.relu), last, fastnn.SoftmaxLayer(SIZES[-1])]

    def fit(rows: int) -> None:
        fastnn.train(
            network,
            x[:rows],
            y[:rows],
            epochs=1,
            loss=fastnn.cross_entropy,
            batch_size=32,
            optimizer=fastnn.optimizers.Adam(),
        )

    # "5" makes the peak start anew from the present.
    pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status("VmRSS")
    fit(samples)
    return {
        "samples": samples,
        "data": x.nbytes + y.nbytes,
        "parameters": sum(layer.weights.nbytes + layer.bias.nbytes for layer in (hidden, last)),
        "slots": SLOTS,
        "before": before,
        "peak": _status("VmHWM"),
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
