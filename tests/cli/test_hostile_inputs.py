"""Bad inputs of every subcommand: exit code 1 or 2 and one sentence, never a traceback, a hang or gigabytes.

Rows of bad files and options down, subcommands across.
"""

import gzip
import io
import json
import os
import signal
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
from cases import EXHAUSTIVE

import fastnn
from fastnn.cli import main
from fastnn.layers import Dense, Input
from fastnn.models import Sequential

HEADER = "a,b,kind\n"
ROWS = "".join(f"{i % 7},{i % 5}.5,{'xyz'[i % 3]}\n" for i in range(30))
MEGABYTES = 160


def npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def npy_start(shape, descr="<f8", version=(1, 0)):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", len(text)) + text


def archive(**members):
    """The bytes of a compressed archive; a member's name has no ending of its own."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name.replace("_npy", ".npy"), content)
    return file.getvalue()


def twice():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("x.npy", npy(np.ones((3, 2))))
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("x.npy", npy(np.ones((3, 2))))
    return file.getvalue()


def parquet(**columns):
    import pyarrow
    from pyarrow import parquet as writer

    file = io.BytesIO()
    writer.write_table(pyarrow.Table.from_arrays(list(map(pyarrow.array, columns.values())), list(columns)), file)
    return file.getvalue()


def parquet_twice():
    import pyarrow
    from pyarrow import parquet as writer

    file = io.BytesIO()
    arrays = [pyarrow.array([1.0, 2.0])] * 2 + [pyarrow.array(["x", "y"])]
    writer.write_table(pyarrow.Table.from_arrays(arrays, ["a", "a", "kind"]), file)
    return file.getvalue()


def packed_bomb(start, size):
    """gzip of this and so many letters more, without the memory that they take."""
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(start)
    for _ in range(size >> 20):
        packed += packer.compress(b"1,2,x\n" * ((1 << 20) // 6))
    return packed + packer.flush()


X, Y = np.ones((6, 2)), np.array([0, 1, 2, 0, 1, 2])
SOUND = {"x_npy": npy(X), "y_npy": npy(Y)}

# What a file holds, by the ending of its name. Each is wrong for `train`, and for `predict` and `evaluate` as well.
DATA = {
    "missing.csv": None,
    "missing.npz": None,
    "missing.npy": None,
    "missing.parquet": None,
    "missing.csv.gz": None,
    "another.xlsx": b"PK\x03\x04",
    "no ending": b"a,b\n1,2\n",
    # Tables of text.
    "empty.csv": b"",
    "blank.csv": b"\n\n  \n",
    "header only.csv": HEADER.encode(),
    "header without names.csv": b",,\n1,2,3\n",
    "garbage.csv": bytes(range(256)) * 40,
    "an image.csv": b"\x89PNG\r\n\x1a\n" + os.urandom(0) + bytes(200),
    "zeros.csv": bytes(1000),
    "nul in a field.csv": (HEADER + "1,\0,x\n" + ROWS).encode(),
    "latin-1.csv": (HEADER + "1,2,\xfc\n").encode("latin-1"),
    "utf-16.csv": (HEADER + ROWS).encode("utf-16"),
    "ragged, short.csv": (HEADER + "1\n" + ROWS).encode(),
    "ragged, long.csv": (HEADER + "1,2,x,4\n" + ROWS).encode(),
    "duplicate columns.csv": ("a,a,kind\n" + ROWS).encode(),
    "text after a quote.csv": (HEADER + '3,"4"y,x\n' + ROWS).encode(),
    "open quote.csv": (HEADER + ROWS + '3,"4,x\n').encode(),
    "quoted header.csv": ('a,"b"c,kind\n' + ROWS).encode(),
    "open quote in the header.csv": ('a,"b,kind\n' + ROWS).encode(),
    "huge field.csv": (HEADER + f"1,{'7' * 200_000}x,x\n" + ROWS).encode(),
    "huge number.csv": (HEADER + f"1,{'7' * 5000},x\n" + ROWS).encode(),
    "huge name.csv": ("a" * 200_000 + ",b,kind\n" + ROWS).encode(),
    "infinite.csv": (HEADER + "1,inf,x\n" + ROWS).encode(),
    "not a number.csv": (HEADER + "1,two,x\n" + ROWS).encode(),
    "missing value.csv": (HEADER + "1,,x\n" + ROWS).encode(),
    "one class.csv": b"a,b,kind\n1,2,x\n3,4,x\n".replace(b"x", b"q"),
    "complex.csv": (HEADER + "1,1+2j,x\n" + ROWS).encode(),
    "cut.csv.gz": gzip.compress((HEADER + ROWS).encode())[:-20],
    "not packed.csv.gz": (HEADER + ROWS).encode(),
    "wrong checksum.csv.gz": gzip.compress((HEADER + ROWS).encode())[:-8] + bytes(8),
    "bomb.csv.gz": lambda: packed_bomb(HEADER.encode(), MEGABYTES << 20),
    # Parquet.
    "empty.parquet": b"",
    "garbage.parquet": bytes(range(256)) * 10,
    "magic alone.parquet": b"PAR1" + bytes(100) + b"PAR1",
    "cut.parquet": lambda: parquet(a=[1.0, 2.0], b=[1.0, 2.0], kind=["x", "y"])[:-30],
    "changed.parquet": lambda: parquet(a=[1.0, 2.0], b=[1.0, 2.0], kind=["x", "y"]).replace(b"kind", b"\xff\xfend"),
    "no rows.parquet": lambda: parquet(a=np.zeros(0), b=np.zeros(0), kind=np.zeros(0)),
    "no columns.parquet": lambda: parquet(),
    "lists.parquet": lambda: parquet(a=[[1], [2, 3]], b=[1, 2], kind=["x", "y"]),
    "dates.parquet": lambda: parquet(a=np.array(["2020-01-01", "2021-01-01"], "M8[D]"), b=[1, 2], kind=["x", "y"]),
    "duplicate columns.parquet": parquet_twice,
    "bomb.parquet": lambda: parquet(**{name: np.zeros(5_000_000) for name in ("a", "b", "kind")}),
    # Arrays.
    "empty.npz": b"",
    "garbage.npz": bytes(range(256)) * 40,
    "cut.npz": archive(**SOUND)[:-30],
    "no members.npz": archive(),
    "other members.npz": archive(images_npy=npy(X)),
    "no arrays.npz": archive(x="hello", y="hello"),
    "texts for arrays.npz": archive(x_npy="hello", y_npy="hello"),
    "one is no array.npz": archive(x=npy(X), y_npy=npy(Y)),
    "objects.npz": archive(x_npy=npy(np.array([print, 1], object)), y_npy=npy(Y)),
    "texts.npz": archive(x_npy=npy(np.array([["a", "b"]] * 6)), y_npy=npy(Y)),
    "complex.npz": archive(x_npy=npy(X * 1j), y_npy=npy(Y)),
    "dates.npz": archive(x_npy=npy(X.astype("M8[s]")), y_npy=npy(Y)),
    "records.npz": archive(x_npy=npy(np.zeros(6, "f4,f4")), y_npy=npy(Y)),
    "nan.npz": archive(x_npy=npy(X * np.nan), y_npy=npy(Y)),
    "a number.npz": archive(x_npy=npy(np.float64(3)), y_npy=npy(np.float64(3))),
    "no samples.npz": archive(x_npy=npy(X[:0]), y_npy=npy(Y[:0])),
    "four columns of four dimensions.npz": archive(x_npy=npy(np.ones((6, 2, 2, 3))), y_npy=npy(Y[:4])),
    "negative shape.npz": archive(x_npy=npy_start((-6, -2)) + bytes(96), y_npy=npy(Y)),
    "terabytes.npz": archive(x_npy=npy_start((10**12, 2)) + bytes(96), y_npy=npy(Y)),
    "twice.npz": twice,
    "bomb.npz": lambda: archive(x_npy=npy(np.zeros((MEGABYTES << 16, 2))), y_npy=npy(Y)),
    "empty.npy": b"",
    "garbage.npy": bytes(range(256)) * 40,
    "cut.npy": npy(X)[:-5],
    "more.npy": npy(X) + b"1",
    "objects.npy": npy(np.array([[print, 1]], object)),
    "long header.npy": b"\x93NUMPY\x02\x00" + struct.pack("<I", 0xFFFFFFF0) + b"{" * 100,
    "code.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", 30) + b"__import__('os').getpid()     \n",
    "terabytes.npy": npy_start((10**12, 2)),
    "an archive.npy": archive(**SOUND),
    "an array.npz": npy(X),
}
SPECIAL = {"a folder": os.mkdir, "a pipe": os.mkfifo, "a link to nothing": lambda path: os.symlink("nowhere", path)}
# What these tell more kindly than by failing.
FINE = {
    "train": {"complex.csv", "nul in a field.csv", "not a number.csv", "text after a quote.csv"},
    "predict": {"one class.csv", "no samples.npz"},
}


class Hanging(BaseException):
    """Nobody catches it by mistake."""


@pytest.fixture(autouse=True)
def no_hanging():
    def ring(*_):
        raise Hanging("it waits for ever")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """One of a table, one of arrays, and one that the command did not train."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "t.csv").write_text(HEADER + ROWS)
    np.savez(folder / "a.npz", x=np.random.default_rng(0).normal(size=(30, 2)), y=np.arange(30) % 3)
    made = {}
    for name, data in (("table", "t.csv"), ("arrays", "a.npz")):
        made[name] = folder / f"{name}.safetensors"
        arguments = ["train", str(folder / data), "--quiet", "--epochs", "2", "--hidden", "4", "--out", str(made[name])]
        assert main(arguments) == 0
    model = Sequential([Input((2,)), Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    made["other"] = folder / "other.safetensors"
    model.save(made["other"])
    fastnn.save_network(folder / "network.npz", [fastnn.FCLayer(2, 1)])
    made["network"] = folder / "network.npz"
    return made


def told(capsys, *arguments):
    """The exit code of a call and what it says, which must be a sentence on standard error and nothing else."""
    try:
        code = main(list(map(str, arguments)))
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    if code == 0:
        return code, err
    assert code in (1, 2), (code, out, err)
    assert "Traceback" not in err
    assert "error: unexpected" not in err, err
    last = err.rstrip("\n").rpartition("\n")[2]
    if code == 1:
        assert last.startswith("fastnn: error: "), err
    else:
        assert last.startswith("fastnn"), err
        assert "error:" in last
    words = last.partition("error: ")[2].split()
    assert len(words) >= (4 if code == 1 else 2), f"a sentence is more than {last!r}"
    assert len(last) < 2500, "the user's own data fills the screen"
    return code, last


def put(folder, name, content):
    path = folder / name
    if content is not None:
        path.write_bytes(content() if callable(content) else content)
    return path


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("command", ["train", "predict", "evaluate"])
def test_data_that_are_none(tmp_path, capsys, models, command, name):
    import tracemalloc

    path = put(tmp_path, name, DATA[name])
    # The model of a kind that takes such a file; its target is the column `kind`.
    kinds = ["arrays", "other"] if name.endswith(("npz", "npy")) else ["table"]
    for kind in kinds:
        given = [path, "--quiet", "--epochs", 1, "--out", tmp_path / "m.safetensors"]
        arguments = given if command == "train" else [models[kind], path]
        # Not of pyarrow's memory, which is none of Python's, nor beside its threads, which tracemalloc does not bear.
        traced = not name.endswith("parquet")
        if traced:
            tracemalloc.start()
        try:
            code, text = told(capsys, command, *arguments)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        if code == 0:
            assert name in FINE.get(command, ()), "it was taken"
            continue
        if command != "predict" or "column" not in text:
            assert name in text or "x " in text or "y " in text or "target" in text, f"it names no file: {text}"
        # Twice the 64 MB that any file may become.
        assert peak < 130 << 20, f"{peak >> 20} MB"
    assert not (command == "train" and code) or not (tmp_path / "m.safetensors").exists()


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("ending", ["csv", "tsv.gz", "npz", "npy", "parquet", "safetensors"])
def test_names_that_are_no_files(tmp_path, capsys, models, ending, kind):
    path = tmp_path / f"special.{ending}"
    SPECIAL[kind](path)
    for model in ("table", "arrays"):
        for arguments in (
            ["train", path, "--quiet"],
            ["predict", models[model], path],
            ["evaluate", models[model], path],
        ):
            assert told(capsys, *arguments)[0] == 1
    for arguments in (
        ["predict", path, "t.csv"],
        ["evaluate", path, "t.csv"],
        ["export", path, "--to", "c"],
        ["info", path],
    ):
        code, text = told(capsys, *arguments)
        assert code == 1
        assert "special" in text


@pytest.mark.parametrize("kind", ["a folder", "a pipe"])
def test_places_that_cannot_be_written(tmp_path, capsys, models, kind):
    (tmp_path / "t.csv").write_text(HEADER + ROWS)
    for ending, arguments in {
        "safetensors": ["train", tmp_path / "t.csv", "--quiet", "--epochs", 10**6],
        "csv": ["predict", models["table"], tmp_path / "t.csv"],
        "onnx": ["export", models["table"], "--to", "onnx"],
        "c": ["export", models["table"], "--to", "c"],
        "npz": ["export", models["table"], "--to", "npz"],
    }.items():
        path = tmp_path / f"out.{ending}"
        SPECIAL[kind](path)
        code, text = told(capsys, *arguments, "--out", path)
        assert code == 1
        assert path.name in text


MODELS = {
    "empty": b"",
    "short": b"\x10",
    "garbage": bytes(range(256)) * 40,
    "a text": b"a,b,c\n" * 100,
    "an archive": archive(**SOUND),
    "length of terabytes": struct.pack("<Q", 1 << 40) + b"{}",
    "length of a hundred megabytes": struct.pack("<Q", 100_000_000) + b"{}",
    "no header": struct.pack("<Q", 2) + b"{}",
    "a list": struct.pack("<Q", 2) + b"[]",
    "deep": struct.pack("<Q", 80_000) + b"[" * 80_000,
    "not UTF-8": struct.pack("<Q", 4) + b"\xff\xfe\xfd\xfc",
}
READERS = {
    "predict": lambda path, data: ["predict", path, data],
    "evaluate": lambda path, data: ["evaluate", path, data],
    "info": lambda path, data: ["info", path],
    "info as JSON": lambda path, data: ["info", path, "--json"],
    **{f"export to {to}": lambda path, data, to=to: ["export", path, "--to", to] for to in ("onnx", "c", "npz")},
}


@pytest.mark.parametrize("reader", READERS)
def test_models_that_are_none(tmp_path, capsys, reader):
    for name, content in MODELS.items():
        for ending in ("safetensors", "npz", "model"):
            path = put(tmp_path, f"{name}.{ending}", content)
            code, text = told(capsys, *READERS[reader](path, tmp_path / "t.csv"))
            assert code == 1
            assert path.name in text, text


def parts(path):
    """A model file's header, its description, and the bytes of its arrays."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["fastnn"]), content[8 + length :]


def written(path, header, description, arrays):
    text = json.dumps(description)
    header["__metadata__"].update(fastnn=text, checksum=str(zlib.crc32(text.encode())))
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + arrays)


def places(value, path=()):
    """The place of everything in a description, as the keys that lead there."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


GONE = object()
# In place of what is there: nothing, and a value of each kind.
REPLACEMENTS = [GONE, None, True, -1, 10**30, 0.5, "text", "", [], [[]], {}, {"a": 1}, ["x", "x"], [None]]


@pytest.mark.parametrize("kind", ["table", "arrays"])
@pytest.mark.parametrize("within", ["metadata", "all"])
def test_descriptions_with_anything_removed_or_of_another_type(tmp_path, capsys, models, kind, within):
    header, description, arrays = parts(models[kind])
    data = models[kind].parent / ("t.csv" if kind == "table" else "a.npz")
    path = tmp_path / "changed.safetensors"
    refused = 0
    chosen = [place for place in places(description) if (place[0] == "metadata") == (within == "metadata")]
    rng = np.random.default_rng(0)
    for place in chosen:
        # More of what this command alone reads than of the rest, which the tests of files go through.
        count = 14 if EXHAUSTIVE else 4 if within == "metadata" else 1
        for replacement in [REPLACEMENTS[i] for i in rng.choice(14, count, replace=False)]:
            changed_header, changed = json.loads(json.dumps([header, description]))
            target = changed
            for key in place[:-1]:
                target = target[key]
            if replacement is GONE:
                del target[place[-1]]
            else:
                target[place[-1]] = replacement
            written(path, changed_header, changed, arrays)
            readers = READERS if within == "metadata" else ["evaluate", "info", "export to c"]
            for reader in readers:
                refused += told(capsys, *READERS[reader](path, data))[0]
    assert refused > len(chosen)


NETWORK_CHANGES = {
    "a bomb of weights": lambda header: (header, {"0.weights": np.zeros((10_000, 3000), np.float32)}),
    "a bomb of text": lambda header: (header + " " * (20 << 20), {}),
    "no text": lambda header: (np.zeros(3), {}),
    "two texts": lambda header: ([header, header], {}),
    "objects": lambda header: (np.array(print, object), {}),
    "no JSON": lambda header: ("{", {}),
    "deep JSON": lambda header: ("[" * 100_000, {}),
    "a list": lambda header: ("[]", {}),
    "no layers": lambda header: (header.replace('"layers"', '"other"'), {}),
    "another format": lambda header: (header.replace("fastnn-network-1", "x"), {}),
    "terabytes": lambda header: (header.replace('"input_size": 2', '"input_size": 2000000000000'), {}),
    "objects for weights": lambda header: (header, {"0.weights": np.array([[print], [1]], object)}),
    "texts for weights": lambda header: (header, {"0.weights": np.array([["a"], ["b"]])}),
}


@pytest.mark.parametrize("change", NETWORK_CHANGES)
def test_networks_of_the_notebook_that_are_none(tmp_path, capsys, models, change):
    import tracemalloc

    with np.load(models["network"]) as file:
        arrays = dict(file)
    header, more = NETWORK_CHANGES[change](str(arrays.pop("header")))
    path = tmp_path / "network.npz"
    np.savez_compressed(path, header=np.array(header), **(arrays | more))
    tracemalloc.start()
    code, text = told(capsys, "info", path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert code == 1
    assert "network.npz' is not a network saved by fastnn" in text
    assert peak < 70 << 20, f"{peak >> 20} MB"


OPTIONS = [
    *(
        ["train", "DATA", option, value]
        for option in ("--epochs", "--batch-size", "--patience", "--seed", "--threads")
        for value in ("-1", "x", "", "1.5", "nan", "9" * 5000)
    ),
    *(
        ["train", "DATA", option, value]
        for option in ("--validation-split", "--dropout")
        for value in ("-1", "1", "x", "nan", "")
    ),
    *(
        ["train", "DATA", option, value]
        for option in ("--l2", "--learning-rate")
        for value in ("-1", "x", "nan", "inf", "")
    ),
    *(["train", "DATA", "--hidden", value] for value in ("0", "-1", "x", "", "1,,2", "1.5")),
    *(
        ["train", "DATA", option, "nonsense"]
        for option in ("--task", "--activation", "--dtype", "--optimizer", "--target", "--categorical", "--ignore")
    ),
    ["train", "DATA", "--hidden", str(2**61)],
    ["train", "DATA", "--hidden", str(10**30)],
    ["train", "DATA", "--threads", str(10**30)],
    ["train", "DATA", "--ignore", "a,b,kind"],
    ["train", "DATA", "--ignore", "a,b"],
    ["train", "DATA", "--optimizer", "lbfgs", "--learning-rate", "0.1"],
    ["train", "DATA", "--optimizer", "sgd", "--learning-rate", "1e300"],
    ["train", "DATA", "--l2", "1e300"],
    ["train", "DATA", "--target", ""],
    ["train", "DATA", "--out", "model.h5"],
    ["train", "DATA", "--out", ""],
    ["train", "DATA", "--out", "a\0b.safetensors"],
    ["train", "DATA", "--task", "regression"],
    ["train", "ARRAYS", "--target", "a"],
    ["train"],
    ["train", ""],
    ["train", "a\0b.csv"],
    ["predict", "TABLE"],
    ["predict", "TABLE", ""],
    ["predict", "TABLE", "a\0b.csv"],
    ["predict", "TABLE", "DATA", "--out", ""],
    ["predict", "TABLE", "DATA", "--out", "none/a.csv"],
    ["predict", "TABLE", "DATA", "--json"],
    ["predict", "OTHER", "DATA"],
    ["evaluate", "OTHER", "DATA"],
    ["evaluate", "TABLE", "ARRAYS", "--drop-missing", "--what"],
    ["export", "TABLE"],
    ["export", "TABLE", "--to", "tflite"],
    ["export", "TABLE", "--to", "c", "--name", "3 is no name"],
    ["export", "TABLE", "--to", "c", "--name", ""],
    ["export", "TABLE", "--to", "onnx", "--name", "name"],
    ["export", "TABLE", "--to", "c", "--out", "a.txt"],
    ["export", "TABLE", "--to", "c", "--out", ""],
    ["export", "", "--to", "c"],
    ["export", "a\0b.safetensors", "--to", "c"],
    ["info", ""],
    ["info", "a\0b.safetensors"],
    ["info", "a\0b.npz"],
    ["info", "TABLE", "TABLE"],
    *(["demo", option, value] for option in ("--epochs", "--seed") for value in ("-1", "x", "1.5", "9" * 5000)),
    *(["demo", "--learning-rate", value] for value in ("-1", "x", "nan", "inf")),
    ["demo", "--epochs", "1", "--output", "DATA"],
    ["bench"],
    ["nonsense"],
    [],
]


@pytest.mark.parametrize("arguments", OPTIONS, ids=lambda words: " ".join(word[:20] for word in words) or "nothing")
def test_options_that_are_wrong(tmp_path, capsys, monkeypatch, models, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(HEADER + ROWS)
    np.savez(tmp_path / "a.npz", x=np.ones((6, 2)), y=Y)
    known = {"DATA": "t.csv", "ARRAYS": "a.npz", "TABLE": models["table"], "OTHER": models["other"]}
    given = [known.get(word, word) for word in arguments]
    if arguments[:1] == ["train"]:
        given += ["--quiet"]
        given += [] if "--epochs" in arguments else ["--epochs", "3"]
    assert told(capsys, *given)[0] in (1, 2), "it was taken"


UNREADABLE = """
import os, sys
import pandas, pyarrow.parquet, fastnn.cli
from fastnn.cli import main, csv_files, evaluate, export, info, predict, tables, train
from fastnn.files import reading, weights
from fastnn.models.saving import loading
import safetensors.numpy, fastnn.models, fastnn.notebook.files
folder = sys.argv[1]
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
os.chdir(folder)
codes = [main(arguments) for arguments in (
    ["train", "t.csv", "--quiet"], ["train", "a.npz", "--quiet"], ["train", "p.parquet", "--quiet"],
    ["predict", "m.safetensors", "t.csv"], ["evaluate", "m.safetensors", "t.csv"], ["info", "m.safetensors"],
    ["info", "a.npz"], ["export", "m.safetensors", "--to", "c"],
)]
print(codes)
"""


def test_files_that_may_not_be_read(models):
    import shutil
    import tempfile

    # Into pytest's own folders nobody may not go.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shutil.copy(models["table"], f"{folder}/m.safetensors")
        for name in ("t.csv", "a.npz", "p.parquet", "m.safetensors"):
            with open(f"{folder}/{name}", "ab"):
                pass
            os.chmod(f"{folder}/{name}", 0)
        result = process("-c", UNREADABLE, folder)
    assert result.stdout == f"{[1] * 8}\n", result.stderr
    assert result.stderr.count("Permission denied") == 8, result.stderr
    assert len(result.stderr.splitlines()) == 8


def process(*arguments, **options):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {**os.environ, "PYTHONPATH": root, **options.pop("env", {})}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.run([sys.executable, *map(str, arguments)], env=environment, timeout=100, **options)


@pytest.mark.parametrize("optimised", [[], ["-O"]], ids=["", "python -O"])
def test_processes_say_the_same(tmp_path, models, optimised):
    header, description, arrays = parts(models["table"])
    description["metadata"]["table"]["target"] = None
    written(tmp_path / "m.safetensors", header, description, arrays)
    bad = put(tmp_path, "bad.csv", (HEADER + '3,"4"y,x\n' + ROWS).encode())
    for arguments in (
        ["evaluate", tmp_path / "m.safetensors", bad],
        ["evaluate", models["table"], bad],
        ["evaluate", models["arrays"], put(tmp_path, "a.npz", archive(x="hello", y="hello"))],
        ["info", put(tmp_path, "e.npz", b"")],
    ):
        result = process(*optimised, "-m", "fastnn", *arguments)
        assert result.returncode == 1
        assert result.stderr.startswith("fastnn: error: ")
        assert len(result.stderr.splitlines()) == 1, result.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_standard_output_on_a_full_disk(models):
    with open("/dev/full", "w") as full:
        for arguments in (["info"], ["predict", models["table"], models["table"].parent / "t.csv"]):
            result = process("-m", "fastnn", *arguments, stdout=full)
            assert (result.returncode, len(result.stderr.splitlines())) == (1, 1), result.stderr
            assert "standard output is on a full disk" in result.stderr


def test_an_encoding_without_the_letters(tmp_path):
    (tmp_path / "t.csv").write_text((HEADER + ROWS).replace("x\n", "\xfc\n"), encoding="utf-8")
    model = tmp_path / "m.safetensors"
    assert (
        process("-m", "fastnn", "train", tmp_path / "t.csv", "--quiet", "--epochs", 1, "--out", model).returncode == 0
    )
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    result = process("-m", "fastnn", "info", model, env=ascii_only)
    assert result.returncode == 1
    assert "ascii has no letter '\\xfc': set PYTHONIOENCODING=utf-8" in result.stderr
    assert process("-m", "fastnn", "info", model, env={"PYTHONIOENCODING": "utf-8"}).returncode == 0
