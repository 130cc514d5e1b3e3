"""The result: what one run of a job measured, and on which machine; it is what the JSON file holds.

Times are in the job's unit.
"""

import dataclasses
import datetime
import json
import os
import pathlib
import platform
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

# Whom the others are compared with: the first of these that took part.
OURS = ("fastnn", "fastnn-model")


@dataclass(frozen=True)
class PeerResult:
    """One peer's rounds, and what it did otherwise than the job says, if anything.

    Examples
    --------
    >>> result = PeerResult("numpy", "NumPy", "NumPy 2.0", threads=1, loss=0.02, rounds=[30.0, 20.0, 22.0])
    >>> result.median, result.minimum, result.maximum
    (22.0, 20.0, 30.0)
    """

    name: str
    title: str
    version: str
    threads: int
    loss: float
    rounds: list[float]
    differs: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def minimum(self) -> float:
        return min(self.rounds)

    @property
    def maximum(self) -> float:
        return max(self.rounds)


@dataclass(frozen=True)
class JobResult:
    """One run of a job, all peers in the order of their rounds.

    ``barrier`` is how long two threads took to meet before and after, in nanoseconds; empty where nobody looked.
    """

    name: str
    title: str
    samples: int
    epochs: int
    date: str
    machine: dict[str, str | int]
    reference_loss: float
    peers: list[PeerResult]
    unit: str = "µs a sample"
    barrier: list[float] = dataclasses.field(default_factory=list)

    @property
    def baseline(self) -> PeerResult | None:
        """The peer of fastnn that the others are compared with; None where it took no part."""
        peers = {peer.name: peer for peer in self.peers}
        return next((peers[name] for name in OURS if name in peers), None)

    def ratios(self) -> dict[str, float]:
        """Each peer's median over fastnn's: how many times longer it takes. Empty where fastnn took no part."""
        if self.baseline is None:
            return {}
        return {peer.name: peer.median / self.baseline.median for peer in self.peers}

    def save(self, path: pathlib.Path) -> None:
        """Write JSON, with medians and ratios for readers who do not want to compute."""
        content = dataclasses.asdict(self)
        ratios = self.ratios()
        for peer, entry in zip(self.peers, content["peers"], strict=True):
            entry.update(median=peer.median, minimum=peer.minimum, maximum=peer.maximum, ratio=ratios.get(peer.name))
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def load_result(path: pathlib.Path) -> JobResult:
    """Read what `JobResult.save` wrote; medians and ratios are computed anew from the rounds."""
    content = json.loads(path.read_text(encoding="utf-8"))
    stored = {field.name for field in dataclasses.fields(PeerResult)}
    peers = [PeerResult(**{n: v for n, v in entry.items() if n in stored}) for entry in content.pop("peers")]
    return JobResult(peers=peers, **content)


def load_results(folder: pathlib.Path, names: Iterable[str]) -> list[JobResult]:
    """The results that ``folder`` has, in the order of ``names``."""
    files = (folder / f"{name}.json" for name in names)
    return [load_result(file) for file in files if file.is_file()]


def today() -> str:
    """The date in UTC, as 2025-01-31."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def describe_machine() -> dict[str, str | int]:
    """What the times depend on; no host name and no path."""
    import fastnn

    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "fastnn": fastnn.__version__,
        "compiler": str(fastnn.show_config()["compiler"]),
        "instruction_set": str(fastnn.show_config()["isa"]),
    }


def _cpu_model() -> str:
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
