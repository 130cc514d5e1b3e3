"""Hostile archives of weights: pickles, bombs, lies and damage are refused, and the model is what it was."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from model_files import ROOT, bits, run, trained

MODEL = """
import pathlib, resource, sys
sys.path.insert(0, sys.argv[1])
from model_files import trained
model = trained(epochs=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    model.load_weights(sys.argv[2])
except ValueError as error:
    assert sys.argv[2] in str(error), error
else:
    raise AssertionError("it was loaded")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
# Bytes of address space, some four times what the program takes without loading.
MEMORY = 1 << 30


def header(text, version=(1, 0)):
    """The start of a .npy file with this description."""
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text.encode("latin1")


def described(shape, descr="'<f4'", order=False):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def members(model):
    """The archive's members as they should be."""
    found = {}
    for layer in model.layers:
        for name, array in layer.arrays.items():
            file = io.BytesIO()
            np.save(file, array)
            found[f"{layer.name}.{name}.npy"] = file.getvalue()
    return found


def archive(path, content, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in content.items():
            file.writestr(name, data)
    return path


LIES = {
    "terabytes": header(described("(1000000000000,)")),
    "terabytes of the right rank": header(described("(3, 1000000000000)")),
    "terabytes by a type": header(described("(3, 4)", "'<V1000000000000'")),
    "terabytes by an array in a type": header(described("(3, 4)", "('<f4', (1000000000000,))")),
    "terabytes by a text": header(described("(3, 4)", "'<U1000000000000'")),
    "objects": header(described("(3, 4)", "'|O'")) + b"\x80\x04.",
    "records": header(described("(3, 4)", "[('a', '<f4'), ('b', '|O')]")),
    "complex numbers": header(described("(3, 4)", "'<c8'")) + bytes(96),
    "dates": header(described("(3, 4)", "'<M8[s]'")) + bytes(96),
    "negative": header(described("(-3, -4)")) + bytes(48),
    "a shape of true": header(described("(True, 4)")) + bytes(48),
    "a shape that is a number": header(described("12")) + bytes(48),
    "code": header("__import__('os').system('touch run')\n"),
    "a long expression": header("(" * 60_000),
    "a long sum": header("-" * 60_000 + "1"),
    "no header": b"",
    "more than there should be": header(described("(3, 4)")) + bytes(49),
    "no numbers": header(described("(3, 4)")),
    "too few": header(described("(3, 4)")) + bytes(47),
    "another version": b"\x93NUMPY\x09\x00" + bytes(100),
    "no npy": b"GIF89a" + bytes(100),
    "a long header that is not there": b"\x93NUMPY\x02\x00" + struct.pack("<I", 0xFFFFFFF0) + b"{",
    "spaces": header(described("(3, 4)") + " " * 60_000, (2, 0)) + bytes(48),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_refused(tmp_path, lie):
    model = trained()
    before = bits(model.get_weights())
    path = archive(tmp_path / "weights.npz", members(model) | {"dense.kernel.npy": LIES[lie]})
    with pytest.raises(ValueError, match=r"weights\.npz"):
        model.load_weights(path)
    assert bits(model.get_weights()) == before
    assert [file.name for file in tmp_path.iterdir()] == ["weights.npz"]


@pytest.mark.parametrize("bomb", ["numbers", "header", "behind"])
def test_bombs_take_no_memory(tmp_path, bomb):
    # Compressed a thousandfold: three gigabytes in three megabytes, more than the process may have.
    size = 3 << 30
    start = {
        "numbers": header(described(f"({size // 4},)")),
        "header": b"\x93NUMPY\x02\x00" + struct.pack("<I", size - 16),
        "behind": header(described("(3, 4)")),
    }[bomb]
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(start)
    block = b" " * (1 << 20)
    packed += packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    packed += again * (size // len(block) - 1)
    packed += packer.flush()
    path = archive(tmp_path / "weights.npz", members(trained(epochs=0)))
    replace_member(path, b"dense.kernel.npy", packed, len(start) + size)
    assert path.stat().st_size < 20 << 20
    assert int(run(MODEL, ROOT / "tests" / "files", path, memory=MEMORY)) < 50_000, "kilobytes"


def replace_member(path, name, packed, size):
    """Put a compressed member in place of one of an archive, by hand: zipfile would take the memory of its content."""
    with zipfile.ZipFile(path) as file:
        others = {info.filename: file.read(info) for info in file.infolist() if info.filename != name.decode()}
    archive(path, others)
    content = path.read_bytes()
    end = content.rindex(b"PK\x05\x06")
    directory = struct.unpack("<I", content[end + 16 : end + 20])[0]
    # Version, flags, deflated, time, date, checksum, sizes, lengths of name and of more.
    local = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), size, len(name), 0)
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + local + struct.pack("<HHHII", 0, 0, 0, 0, directory) + name
    member = b"PK\x03\x04" + local + name + packed
    count = len(others) + 1
    last = struct.pack("<HHHHIIH", 0, 0, count, count, end - directory + len(entry), directory + len(member), 0)
    path.write_bytes(content[:directory] + member + content[directory:end] + entry + b"PK\x05\x06" + last)


def test_lzma_asks_for_as_much_memory_as_it_likes(tmp_path):
    model = trained()
    for compression in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        path = archive(tmp_path / "weights.npz", members(model), compression)
        with pytest.raises(ValueError, match="is compressed in a way that NumPy does not write"):
            model.load_weights(path)


@pytest.mark.parametrize("name", ["../dense.kernel.npy", "/etc/passwd", "dense.kernel.npy/..", "a\\b.npy"])
def test_names_of_members_are_never_paths(tmp_path, name):
    model = trained()
    content = members(model)
    path = archive(tmp_path / "weights.npz", content | {name: content["dense.bias.npy"]})
    with pytest.raises(ValueError, match=r"weights\.npz"):
        model.load_weights(path)
    assert [file.name for file in tmp_path.iterdir()] == ["weights.npz"]


def test_names_that_come_twice(tmp_path):
    model, path = trained(), tmp_path / "weights.npz"
    content = members(model)
    with zipfile.ZipFile(path, "w") as file:
        for name, data in content.items():
            file.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("dense.kernel.npy", LIES["objects"])
    with pytest.raises(ValueError, match=r"weights\.npz"):
        model.load_weights(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_cut_short_and_single_bits(tmp_path, compressed):
    model, other, path = trained(), trained(seed=1, epochs=0), tmp_path / "weights.npz"
    archive(path, members(model), zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED)
    content, right, before = path.read_bytes(), bits(model.get_weights()), bits(other.get_weights())
    for length in range(0, len(content) - 1, 5):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"weights\.npz"):
            other.load_weights(path)
    assert bits(other.get_weights()) == before
    for bit in np.random.default_rng(0).choice(8 * len(content), 1500, replace=False):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(changed))
        try:
            other.load_weights(path)
        except ValueError as error:
            told = str(error)
        else:
            # A date, say, that nobody reads.
            assert bits(other.get_weights()) == right
            other.set_weights(trained(seed=1, epochs=0).get_weights())
            continue
        assert "weights.npz" in told, told
        assert bits(other.get_weights()) == before
