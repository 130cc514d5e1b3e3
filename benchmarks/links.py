"""Hosts on one machine: network namespaces with a link of a given speed between them, which MPI reaches over TCP.

Needs Linux, its administrator's rights, and iproute2 (``ip`` and ``tc``).
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

__all__ = ["hosts", "missing"]

# What a burst may be without waiting, and how long the longest packet waits.
_SHAPE = ("burst", "256k", "latency", "20ms")

# mpiexec calls it as it would call ssh: options, a host, and the words of a command.
_SHELL = """#!/bin/sh
while [ "${1#-}" != "$1" ]; do shift; done
host=$1
shift
exec ip netns exec "{name}-$host" sh -c "$*"
"""


def missing() -> str | None:
    """What this machine lacks, in a sentence; None where it lacks nothing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "hosts as network namespaces need the administrator's rights"
    for command in ("ip", "tc"):
        if shutil.which(command) is None:
            return f"hosts as network namespaces need {command}, of iproute2"
    try:
        with hosts(1, "1gbit"):
            return None
    except RuntimeError as error:
        return f"hosts as network namespaces are refused: {error}"


def _call(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def hosts(count: int, rate: str | None) -> Iterator[list[str]]:
    """So many hosts whose links send at a rate such as "1gbit", or as fast as they can; gives mpiexec's options.

    Raises
    ------
    RuntimeError
        Where the system refuses them.
    """
    # Names of this process: those that a killed one left, or that another has, are in nobody's way.
    # Linux gives them 15 characters at most, of which a process number takes up to seven.
    name = f"fastnn{os.getpid()}"
    taken = _call("ip", "-brief", "address")
    # Each process begins to look elsewhere, as others may look at the same time.
    networks = (f"10.213.{(os.getpid() + number) % 256}" for number in range(256))
    network = next(one for one in networks if f" {one}." not in taken)
    addresses = [f"{network}.{number + 2}" for number in range(count)]
    with ExitStack() as undo:
        folder = pathlib.Path(undo.enter_context(tempfile.TemporaryDirectory()))
        shell = folder / "shell"
        shell.write_text(_SHELL.replace("{name}", name))
        shell.chmod(0o755)
        _call("ip", "link", "add", name, "type", "bridge")
        undo.callback(_call, "ip", "link", "del", name)
        _call("ip", "address", "add", f"{network}.1/24", "dev", name)
        _call("ip", "link", "set", name, "up")
        for number, address in enumerate(addresses):
            space, end = f"{name}-{address}", f"{name}.{number}"
            within = ("ip", "netns", "exec", space)
            _call("ip", "netns", "add", space)
            undo.callback(_call, "ip", "netns", "del", space)
            _call("ip", "link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", space)
            # Of a namespace's end, the system removes the links some time later.
            undo.callback(_call, "ip", "link", "del", end)
            _call("ip", "link", "set", end, "master", name, "up")
            _call(*within, "ip", "address", "add", f"{address}/24", "dev", "eth0")
            _call(*within, "ip", "link", "set", "eth0", "up")
            _call(*within, "ip", "link", "set", "lo", "up")
            if rate is not None:
                _call(*within, "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", rate, *_SHAPE)
        # No shared memory between these processes, although they are on one machine.
        variables = {"MPIR_CVAR_NOLOCAL": "1", "UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "eth0"}
        yield [
            *("-launcher", "ssh", "-launcher-exec", str(shell), "-iface", name),
            *("-hosts", ",".join(addresses), "-ppn", "1"),
            *(word for name, value in variables.items() for word in ("-genv", name, value)),
        ]
