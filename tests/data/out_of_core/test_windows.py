"""Windows: the rows of files in batches, each once, from as many places as memory allows."""

import contextlib
import os
import threading
import time

import numpy as np
import pytest
from row_files import KINDS, written

from fastnn.data.out_of_core.windows import Windows, largest_batch

ROWS = 1000
# The number of a row is in all that it has.
X = np.repeat(np.arange(ROWS, dtype="float32")[:, None], 3, axis=1)
Y, WEIGHTS = np.arange(ROWS), np.arange(ROWS, dtype=float)
# Of a row with its target and weight.
BYTES = 12 + 8 + 8


def passed(windows, rng=None):
    """Copies of the rows of all windows, whose three parts agree, and their numbers in the files."""
    found = []
    with contextlib.closing(windows.epoch(rng)) as parts:
        for window in parts:
            numbers = window.rows.x[:, 0].astype(int)
            assert (window.rows.x == numbers[:, None]).all()
            assert (window.rows.y == numbers).all()
            assert (window.rows.weights == numbers).all()
            assert window.size == len(numbers)
            assert [window.number(row) for row in range(window.size)] == numbers.tolist()
            found.append(numbers)
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_size", [1, 7, 50])
@pytest.mark.parametrize("room", [100, 333, 1000, 5000])
def test_batches_are_whole_and_rows_in_order(kind, batch_size, room, tmp_path):
    data = written(kind, tmp_path, X, Y, WEIGHTS, counts=[300, 1, 0, 699], rows=130, memory=2 * BYTES * room)
    windows = Windows(data, batch_size)
    for _ in range(2):
        found = passed(windows)
        assert np.concatenate(found).tolist() == list(range(ROWS))
        assert all(len(window) % batch_size == 0 for window in found[:-1])
        if room >= ROWS // 2:
            # There is room for all of them once.
            assert len(found) == 1
        else:
            # What one window hands to the next takes room, too.
            assert max(map(len, found)) <= room
            assert len(found) == -(-ROWS // (room - batch_size + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_shuffled_by_blocks(kind, tmp_path):
    data = written(
        kind, tmp_path, X, Y, WEIGHTS, counts=[400, 600], rows=20, memory=2 * BYTES * 200, block_size=20 * BYTES
    )
    windows = Windows(data, 16)
    orders = [np.concatenate(passed(windows, np.random.default_rng(seed))) for seed in (1, 1, 2)]
    assert np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])
    for order in orders:
        assert sorted(order) == list(range(ROWS))
        begins = np.flatnonzero(np.diff(order) != 1) + 1
        # Blocks of 20 rows or what a window leaves of them; of .npy no more than a sixteenth of a window.
        assert np.median(np.diff(begins)) <= 20
        assert len(begins) > 40
        # Every window has rows of most parts of the files.
        assert min(len({*(order[at : at + 180] // 250)}) for at in range(0, 820, 180)) >= 3


@pytest.mark.parametrize("kind", ["parquet", "arrow", "feather"])
def test_blocks_that_two_windows_share_are_decoded_once(kind, tmp_path):
    data = written(kind, tmp_path, X, Y, WEIGHTS, counts=[400, 600], rows=70, memory=2 * BYTES * 300)
    windows, decoded, given = Windows(data, 16), [], data.files.batches

    def batches(reader, blocks):
        for batch in given(reader, blocks):
            decoded.append(batch.num_rows)
            yield batch

    data.files.batches = batches
    for seed in range(3):
        decoded.clear()
        assert len(passed(windows, np.random.default_rng(seed))) > 3
        assert sum(decoded) == ROWS


def test_parts_of_files_are_read_alone(tmp_path):
    for kind in KINDS:
        data = written(kind, tmp_path / kind, X, Y, WEIGHTS, counts=[400, 600], rows=130, memory=2 * BYTES * 150)
        first, rest = data.split(333)
        assert (len(first), len(rest)) == (333, 667)
        assert np.concatenate(passed(Windows(first, 10))).tolist() == list(range(333))
        middle, last = rest.split(300)
        assert np.concatenate(passed(Windows(middle, 10))).tolist() == list(range(333, 633))
        shuffled = np.concatenate(passed(Windows(last, 10), np.random.default_rng(0)))
        assert sorted(shuffled) == list(range(633, ROWS))


def test_the_next_window_is_read_while_one_is_used(tmp_path):
    """The second window's file is a pipe by then, which somebody opens for reading while the first window is in use."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    data = written("npy", tmp_path, X, Y, WEIGHTS, counts=[500, 500], memory=2 * BYTES * 400)
    path = tmp_path / "x" / "part1.npy"
    path.unlink()
    os.mkfifo(path)
    windows = Windows(data, 1)
    with contextlib.closing(windows.epoch()) as parts:
        assert next(parts).size == 400
        writer, end = None, time.monotonic() + 60
        while writer is None and time.monotonic() < end:
            # Without a reader there is an error.
            with contextlib.suppress(OSError):
                writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        assert writer is not None, "nobody reads ahead"
        os.close(writer)
        with pytest.raises(OSError, match="seek"):
            next(parts)
    assert not windows.reading[0]


def test_it_shows_while_the_thread_reads(tmp_path):
    data = written("npy", tmp_path, X, Y, WEIGHTS, memory=2 * BYTES * 300)
    windows, shown, given = Windows(data, 10), [], data.files.reader

    def reader():
        made = given()
        read = made.read
        made.read = lambda start, into: (shown.append(windows.reading[0]), read(start, into))
        return made

    data.files.reader = reader
    assert not windows.reading[0]
    assert len(passed(windows)) == 4
    assert shown == [1] * len(shown)
    assert len(shown) >= 4
    assert not windows.reading[0]


def test_the_thread_ends_with_the_windows(tmp_path):
    def readers():
        return [thread for thread in threading.enumerate() if "read-ahead" in thread.name]

    data = written("npy", tmp_path, X, Y, WEIGHTS, memory=2 * BYTES * 100)
    parts = Windows(data, 1).epoch()
    next(parts)
    assert len(readers()) == 1
    parts.close()
    assert not readers()


def test_errors_of_the_thread_are_raised_where_windows_are_asked_for(tmp_path):
    data = written("npy", tmp_path, X, Y, WEIGHTS, counts=[500, 500], memory=2 * BYTES * 200)
    (tmp_path / "x" / "part1.npy").unlink()
    found = []

    def take_all():
        for window in Windows(data, 10).epoch():
            found.extend(window.rows.y.tolist())

    with pytest.raises(FileNotFoundError, match=r"part1\.npy"):
        take_all()
    assert found == list(range(len(found)))
    assert 0 < len(found) < 500


@pytest.mark.parametrize("more", [0, 24])
def test_the_largest_batch_is_the_largest(more, tmp_path):
    data = written("npy", tmp_path, X, Y, WEIGHTS, memory=2 * BYTES * 201 + 17)
    most = largest_batch(data, more)
    assert most == (101 if not more else 70)
    assert np.concatenate(passed(Windows(data, most, more))).tolist() == list(range(ROWS))
    with pytest.raises(ValueError, match=f"has no room for two windows .* batch_size={most + 1} rows of 28 bytes"):
        Windows(data, most + 1, more)


def test_a_window_has_rows_of_many_places(tmp_path):
    data = written("npy", tmp_path, X, Y, WEIGHTS)
    for window, rows in ((100, 1), (600, 2), (256 * 3, 3)):
        edges = data.edges(window)
        assert (edges[0], edges[-1]) == (0, ROWS)
        assert set(np.diff(edges)[:-1]) == {rows}
    small = written("npy", tmp_path / "small", X, Y, WEIGHTS, block_size=2 * BYTES)
    assert set(np.diff(small.edges(256 * 3))) == {2}
