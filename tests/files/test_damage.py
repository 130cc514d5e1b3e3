"""Damage: files cut short, lengthened, and with bits changed are refused by name, or are the model that they were."""

import re

import numpy as np
import pytest
from model_files import ROOT, data, everything, parts, trained

import fastnn
from fastnn.layers import Dense, Input
from fastnn.models import Sequential


def whole_or_refused(path, content, expected):
    """Whether a damaged file is refused; if it is not, it is the model that was saved."""
    path.write_bytes(content)
    try:
        model = fastnn.load_model(path)
    except ValueError as error:
        told = str(error)
    else:
        assert everything(model) == expected
        return False
    assert path.name in told, told
    return True


def test_cut_short_anywhere(good):
    content, path = good.read_bytes(), good.with_name("cut.safetensors")
    start = len(content) - len(parts(content)[2])
    lengths = [*range(start), *np.linspace(start, len(content) - 1, 100).astype(int)]
    for length in lengths:
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"cut\.safetensors"):
            fastnn.load_model(path)
        with pytest.raises(ValueError, match=r"cut\.safetensors"):
            trained(epochs=0).load_weights(path)


@pytest.mark.parametrize("more", [b"\0", b"a" * 7, b"\0" * 4096])
def test_lengthened(good, more):
    good.write_bytes(good.read_bytes() + more)
    with pytest.raises(ValueError, match=r"good\.safetensors"):
        fastnn.load_model(good)


def test_single_bits(good):
    content, expected = good.read_bytes(), everything(fastnn.load_model(good))
    path, rng = good.with_name("flipped.safetensors"), np.random.default_rng(0)
    # All of the header's length; of the rest, as many as take some seconds.
    bits = [*range(64), *rng.choice(np.arange(64, 8 * len(content)), 5000, replace=False)]
    refused = 0
    for bit in bits:
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        refused += whole_or_refused(path, bytes(changed), expected)
    # Spaces that fill up the header may become other white space, and "format" another word, that is all.
    assert len(bits) - 30 <= refused < len(bits)


def test_single_bits_of_weights_alone(good):
    trained().save_weights(good)
    content, model = good.read_bytes(), trained(seed=1, epochs=0)
    before = everything(model)
    for bit in np.random.default_rng(0).choice(8 * 80, 300, replace=False):
        changed = bytearray(content)
        changed[-1 - bit // 8] ^= 1 << bit % 8
        good.write_bytes(bytes(changed))
        with pytest.raises(ValueError, match=r"good\.safetensors.*is damaged: its checksum is another"):
            model.load_weights(good)
    assert everything(model) == before


def test_several_places_at_once(good):
    content, expected = good.read_bytes(), everything(fastnn.load_model(good))
    path, rng = good.with_name("damaged.safetensors"), np.random.default_rng(1)
    for _ in range(500):
        changed = bytearray(content)
        first = int(rng.integers(len(content)))
        last = min(len(content), first + int(rng.integers(1, 200)))
        changed[first:last] = bytes(last - first) if rng.random() < 0.5 else rng.bytes(last - first)
        whole_or_refused(path, bytes(changed), expected)


def test_blocks_of_a_disk_that_changed_places(tmp_path):
    path = tmp_path / "large.safetensors"
    Sequential([Input((100,)), Dense(100)], seed=0).save(path)
    content = path.read_bytes()
    start = len(content) - len(parts(content)[2])
    # Blocks of the array's own, and those of the file, of which the header takes a part.
    for first in (start, 4096):
        one, two = slice(first + 4096, first + 8192), slice(first + 16384, first + 20480)
        changed = bytearray(content)
        changed[one], changed[two] = content[two], content[one]
        path.write_bytes(bytes(changed))
        with pytest.raises(ValueError, match=r"large\.safetensors.*'dense.kernel' is damaged"):
            fastnn.load_model(path)


OTHERS = [
    b"",
    b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    b"PK\x03\x04" + bytes(100),
    b"\x89HDF\r\n\x1a\n" + bytes(100),
    b"{}",
    b"\x02" + bytes(7) + b"{}",
    b"\x02" + bytes(7) + b"[]",
    bytes(1000),
    b"\xff" * 1000,
    (ROOT / "pyproject.toml").read_bytes(),
]


@pytest.mark.parametrize("content", OTHERS, ids=range(len(OTHERS)))
def test_files_of_another_kind(tmp_path, content):
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape("other.safetensors")):
        fastnn.load_model(path)
    model = trained(epochs=0)
    before = everything(model)
    with pytest.raises(ValueError, match=re.escape("other.safetensors")):
        model.load_weights(path)
    assert everything(model) == before
    assert model.predict(data()[0]).shape == (20, 2)
