"""Model files in tests: models to save, files taken apart and put together again, and what makes two models equal.

A file is 8 bytes of its header's length, a JSON header, and arrays. The header's ``__metadata__`` holds fastnn's own
JSON text with a checksum, which a hostile writer makes right.
"""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest

import fastnn
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

ROOT = pathlib.Path(__file__).resolve().parents[2]


def data(samples=20, inputs=3, outputs=2, seed=0):
    """Normal inputs, and targets that are some of them."""
    x = np.random.default_rng(seed).normal(size=(samples, inputs)).astype(np.float32)
    return x, x[:, :outputs].copy()


def trained(seed=0, epochs=2, optimizer="adam", dtype="float32"):
    """A small model with something of all that a file holds."""
    model = Sequential([Input((3,)), Dense(4, "relu"), Dense(2)], seed=seed, name="small", dtype=dtype)
    model.compile(optimizer, "mse", metrics=["mae"])
    model.fit(*data(), epochs=epochs, batch_size=7)
    model.metadata = {"inputs": ["a", "b", "c"]}
    return model


def parts(content):
    """The header, the description in it, and the arrays' bytes of a file's content."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["fastnn"]), content[8 + length :]


def assembled(header, description, arrays):
    """The content of a file with these parts, and with the right checksum of the description."""
    text = description if isinstance(description, str) else json.dumps(description)
    told = {**header["__metadata__"], "fastnn": text, "checksum": str(zlib.crc32(text.encode()))}
    packed = json.dumps({**header, "__metadata__": told}).encode()
    return struct.pack("<Q", len(packed)) + packed + arrays


def rewritten(source, target, change):
    """A file whose parts ``change(header, description)`` has changed in place; what it returns is the description."""
    header, description, arrays = parts(source.read_bytes())
    replaced = change(header, description)
    target.write_bytes(assembled(header, description if replaced is None else replaced, arrays))
    return target


def bits(arrays):
    """Arrays as what tells them apart to the last bit."""
    return [(array.dtype, array.shape, array.tobytes()) for array in arrays]


def everything(model):
    """All that a file keeps of a model, as values that `==` compares."""
    lines = []
    model.summary(print_fn=lines.append)
    state = model.optimizer_state
    return {
        "name": model.name,
        "summary": lines,
        "weights": bits(model.get_weights()),
        "optimizer": model.optimizer,
        "loss": repr(model.loss),
        "metrics": [repr(metric) for metric in model.metrics],
        "configurations": [repr(layer.configuration() | {"activation": None}) for layer in model.layers],
        "optimizer_state": (state.step, state.momentum_product, bits(state.arrays or [])),
        "random": (model.seed, repr(model.rng.bit_generator.state)),
        "history": None if model.history is None else repr(model.history.__getstate__()),
        "metadata": model.metadata,
    }


def run(program, *arguments, memory=None, check=True, **options):
    """Run a program of Python in a process of its own, with so many bytes of address space; its standard output."""
    if memory is not None:
        # In the program itself: a fork of this process would be refused where a library with threads is loaded.
        program = f"import resource\nresource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))\n{program}"
    result = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )
    if check:
        assert result.returncode == 0, result.stderr[-2000:]
        return result.stdout
    return result


def refused(path, words, **options):
    """Assert that a file is refused by a ValueError that names it and says this."""
    with pytest.raises(ValueError, match=re.escape(path.name)) as raised:
        fastnn.load_model(path, **options)
    assert words in str(raised.value), raised.value
