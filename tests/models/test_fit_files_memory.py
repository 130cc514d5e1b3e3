"""Memory stays flat: a process with a limit trains on files that are many times larger than it."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from row_files import table_of, write_table

COLUMNS, BLOCK = 64, 8192
MB = 1 << 20
# Bytes of the files; of what the process may grow by, with the engine's arena; and of addresses, which stacks and
# pyarrow's pool reserve without use: too few for the files.
SIZE, LIMIT, ADDRESSES = 160 * MB, 32 * MB, 128 * MB

CHILD = """
import resource, sys
import numpy as np
from fastnn import Dense, Input, Sequential
from fastnn.data import from_files

path, targets, addresses = sys.argv[1], sys.argv[2] or None, int(sys.argv[3])

def peak():
    # Not getrusage, which begins with what the parent had.
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])

def model():
    network = Sequential([Input((64,)), Dense(16, "relu"), Dense(1)], seed=0)
    network.compile("adam", "mse", metrics=["mae"])
    return network

def data(name):
    options = {"y": targets} if targets else {"target": "y", "columns": [f"x{i}" for i in range(64)]}
    return from_files(name, memory=8 << 20, **options)

# All modules and threads are there before.
network = model()
small = np.zeros((512, 64), "float32")
network.fit(small, small[:, :1], batch_size=256)
rows = data(path)
network.predict(rows.split(256)[0])
network.fit(rows.split(256)[0], batch_size=128)
network = model()

size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + addresses, -1))
try:
    np.ones(160 << 20, "uint8")
except MemoryError:
    print("limited")
before = peak()
history = network.fit(rows, batch_size=256, epochs=1, validation_split=0.1)
print(rows.count, peak() - before, *history.history["loss"], *history.history["val_loss"])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems know no such limit")
@pytest.mark.parametrize("kind", ["npy", "parquet", "arrow"])
def test_files_ten_times_the_limit_train_within_it(kind, tmp_path):
    rng = np.random.default_rng(0)
    rows = SIZE // (4 * COLUMNS) // BLOCK * BLOCK
    slopes = rng.normal(size=COLUMNS).astype("float32")
    targets = ""
    if kind == "npy":
        path = tmp_path / "x.npy"
        x = np.lib.format.open_memmap(path, "w+", "float32", (rows, COLUMNS))
        y = np.empty(rows, "float32")
        for start in range(0, rows, BLOCK):
            x[start : start + BLOCK] = rng.standard_normal((BLOCK, COLUMNS), dtype="float32")
            y[start : start + BLOCK] = x[start : start + BLOCK] @ slopes
        del x
        targets = tmp_path / "y.npy"
        np.save(targets, y)
    else:
        pytest.importorskip("pyarrow")
        path = tmp_path / "table"
        path.mkdir()
        for number, start in enumerate(range(0, rows, 16 * BLOCK)):
            part = rng.standard_normal((min(16 * BLOCK, rows - start), COLUMNS), dtype="float32")
            write_table(table_of(part, part @ slopes), path / f"part{number}.{kind}", BLOCK, use_dictionary=False)
    size = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert size > 5 * LIMIT
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(path), str(targets), str(ADDRESSES)],
        capture_output=True,
        text=True,
        check=False,
        # One arena: glibc reserves 64 MB of addresses for another one, and where the limit leaves no room for that,
        # rounds each small allocation, such as Parquet's description of a column, up to a page.
        env=os.environ | {"MALLOC_ARENA_MAX": "1"},
    )
    assert told.returncode == 0, told.stderr
    limited, values = told.stdout.splitlines()
    assert limited == "limited"
    count, grown, first, last = values.split()
    assert int(count) == rows
    assert int(grown) < LIMIT, f"{int(grown) / MB:.1f} MB"
    # Of targets with a variance of 64, learned from all along.
    assert float(last) < float(first) < 32
