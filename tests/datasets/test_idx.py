"""IDX files: right ones read exactly, damaged ones refused by name, within bounded memory."""

import gzip
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastnn.datasets import read_idx

from .conftest import idx_bytes, peak_memory

MEGABYTE = 1 << 20
IMAGES = idx_bytes(np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (1, 1, 1, 7)])
def test_reads_what_was_written_whatever_the_name(tmp_path, pack, shape):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    path = tmp_path / "any name"
    path.write_bytes(pack(idx_bytes(array)))
    read = read_idx(path)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)
    read[...] = 0  # the caller's own
    np.testing.assert_array_equal(read_idx(str(path)), array)


def test_reads_gzip_of_several_members(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(gzip.compress(IMAGES[:20]) + gzip.compress(IMAGES[20:]))
    assert read_idx(path).shape == (2, 3, 4)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "magic number is 0x,"),
        (IMAGES[:3], "magic number"),
        (b"PK\3\4" + IMAGES[4:], "magic number is 0x504b0304"),
        (bytes([0, 0, 13, 3]) + IMAGES[4:], "type code is 0x0d"),
        (bytes([0, 0, 8, 0]), "0 dimensions"),
        (bytes([0, 0, 8, 65]) + struct.pack(">65I", *[1] * 65) + b"x", "65 dimensions"),
        (IMAGES[:10], "inside its header of 3 sizes"),
        (bytes([0, 0, 8, 2]) + struct.pack(">2I", 0, 2**32 - 1), "it is empty"),
        (IMAGES[:-1], "promises 24 bytes.*holds (only )?23"),
        (IMAGES + b"x", "promises 24 bytes.*holds (25|more)"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", *[2**32 - 1] * 3) + b"x", "promises 7922816"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_refuses_damaged_files_by_name_and_reason(tmp_path, pack, content, reason):
    path = tmp_path / "images"
    path.write_bytes(pack(content))
    with pytest.raises(ValueError, match=f"images' is not a sound IDX file: .*{reason}"):
        read_idx(path)


def test_refuses_gzip_that_is_cut_short_wrong_or_followed_by_other_bytes(tmp_path):
    whole = gzip.compress(IMAGES)
    wrong_checksum = bytearray(whole)
    wrong_checksum[-5] ^= 1
    wrong_body = bytearray(whole)
    wrong_body[10] ^= 0xFF
    for content in (whole[:5], whole[:-9], whole[:-1], wrong_checksum, wrong_body, whole + b"more"):
        path = tmp_path / "f"
        path.write_bytes(content)
        with pytest.raises(ValueError, match="f' is not a sound IDX file"):
            read_idx(path)


def test_names_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*absent'"):
        read_idx(tmp_path / "absent")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        read_idx(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_does_not_wait_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is a device or a pipe, not a file"):
        read_idx(tmp_path / "pipe")


def test_a_promise_of_gigabytes_takes_no_memory(tmp_path):
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 4096, 1024, 1024)
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_bytes(header)
    os.truncate(plain, 300 * MEGABYTE)
    packed.write_bytes(gzip.compress(header + bytes(100)))
    for path in (plain, packed):
        # The readers' own buffers take about a tenth of this.
        assert peak_memory(lambda path=path: read_idx(path)) < 3 * MEGABYTE


def test_a_gzip_that_goes_on_and_on_is_left_after_the_promised_bytes(tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(IMAGES + bytes(200 * MEGABYTE), compresslevel=1))
    assert peak_memory(lambda: read_idx(path)) < 3 * MEGABYTE


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_any_cut_or_flipped_bits_give_an_error_or_an_array_of_the_files_own_size(tmp_path_factory, data):
    content = bytearray(IMAGES)
    for position in data.draw(st.lists(st.integers(0, 8 * 16 - 1), max_size=6)):
        content[position // 8] ^= 1 << position % 8
    content = bytes(content[: data.draw(st.integers(0, len(content)))])
    path = tmp_path_factory.getbasetemp() / "flipped"
    path.write_bytes(gzip.compress(content) if data.draw(st.booleans()) else content)
    try:
        array = read_idx(path)
    except ValueError as error:
        assert "flipped' is not a sound IDX file" in str(error)  # noqa: PT017 - both outcomes are right
    else:
        assert idx_bytes(array) == content


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(0, 7))
def test_any_flipped_bit_in_a_gzip_gives_an_error_or_the_same_array(tmp_path_factory, position, bit):
    content = bytearray(gzip.compress(IMAGES, mtime=0))
    content[position % len(content)] ^= 1 << bit
    path = tmp_path_factory.getbasetemp() / "flipped.gz"
    path.write_bytes(content)
    try:
        array = read_idx(path)
    except ValueError as error:
        assert "flipped.gz' is not a sound IDX file" in str(error)  # noqa: PT017 - both outcomes are right
    else:
        assert idx_bytes(array) == IMAGES  # bits of the name or the date may differ
