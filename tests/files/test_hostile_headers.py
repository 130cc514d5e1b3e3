"""Headers that promise what is not there: refused without taking the memory they promise.

Each file is loaded in a process that may have little more memory than it takes to import the package.
"""

import json
import struct

import numpy as np
import pytest
from model_files import assembled, everything, parts, refused, run

import fastnn
from fastnn.layers import Input, LayerNormalization
from fastnn.models import Sequential

# Bytes of address space: the interpreter, NumPy and the package take a quarter of it, threads' stacks some more.
MEMORY = 1 << 30
LOAD = """
import sys, resource
import fastnn
from fastnn.layers import Dense
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    try:
        fastnn.load_model(path)
    except ValueError as error:
        assert path in str(error), error
    else:
        raise AssertionError(path + " was loaded")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
TERA = 10**12


def with_layer(**changes):
    return lambda header, told: told["layers"][0].update(changes)


def entry(**changes):
    return lambda header, told: header["dense.kernel"].update(changes)


def layers(*given, shape=(TERA,)):
    def change(header, told):
        told.update(layers=[{"name": str(number), **layer} for number, layer in enumerate(given)], input_shape=shape)
        told.update(compiled=None, state={**told["state"], "arrays": 0})
        for name in list(header):
            if name != "__metadata__":
                del header[name]
        header["__metadata__"]["fastnn-checksums"] = "{}"

    return change


def both(header, told):
    """Arrays and layers promise the same."""
    header["dense.kernel"].update(shape=[3, TERA], data_offsets=[0, 12 * TERA])
    told["layers"][0].update(units=TERA)


def promised_state(header, told):
    header["optimizer/0"].update(shape=[TERA], data_offsets=[0, 4 * TERA])


BARE = {"class": "layers.LayerNormalization", "center": False, "scale": False}
PROMISES = {
    "units": with_layer(units=TERA),
    "more units than a number of C has": with_layer(units=10**30),
    "shape of an array": entry(shape=[TERA, TERA]),
    "place of an array": entry(data_offsets=[0, 4 * TERA]),
    "shape and place": entry(shape=[TERA], data_offsets=[0, 4 * TERA]),
    "shape whose size overflows": entry(shape=[1 << 32, 1 << 32]),
    "shape whose size overflows to the right one": entry(shape=[(1 << 62) + 3, 4]),
    "array and layer": both,
    "optimiser's array": promised_state,
    "number of optimiser's arrays": lambda header, told: told["state"].update(arrays=TERA),
    "input shape": lambda header, told: told.update(input_shape=[TERA]),
    "layer that makes its own arrays": layers(BARE),
    "several that do": layers(*[BARE] * 2000, shape=(10**5,)),
    "sample whose size overflows to 0": layers({"class": "layers.Flatten"}, BARE, shape=[1 << 32, 1 << 32]),
    "sample whose size overflows to 4": layers({"class": "layers.ReLU"}, shape=[(1 << 62) + 1, 4]),
    "activation of a sample": layers({"class": "layers.Softmax"}),
    "flattened": layers({"class": "layers.Flatten"}, {"class": "layers.Dense", "units": 3}, shape=[TERA, TERA]),
    "normalised": layers({"class": "layers.BatchNormalization"}),
    "a million layers": layers(*[{"class": "layers.ReLU"}] * 1_000_000, shape=(3,)),
    "a million dimensions": layers({"class": "layers.Flatten"}, shape=[2] * 1_000_000),
    "generator's numbers": lambda header, told: told["state"].update(
        generator={"bit_generator": "MT19937", "state": {"key": [1] * 1_000_000, "pos": 0}}
    ),
}


def test_no_memory_for_promises(good, tmp_path):
    header, told, arrays = parts(good.read_bytes())
    paths = []
    for number, change in enumerate(PROMISES.values()):
        changed = json.loads(json.dumps([header, told]))
        change(*changed)
        paths.append(tmp_path / f"{number}.safetensors")
        lone = not any(name != "__metadata__" for name in changed[0])
        paths[-1].write_bytes(assembled(*changed, b"" if lone else arrays))
    # The largest of these files has 50 MB of text, which becomes some 400 MB of Python's objects.
    assert int(run(LOAD, *paths, memory=MEMORY)) < 700_000, "kilobytes"
    small = [path for path in paths if path.stat().st_size < 1 << 16]
    assert len(small) > 12
    # Next to nothing for all the others: an allocation of what they promise would be a thousand times that.
    assert int(run(LOAD, *small, memory=MEMORY)) < 20_000, "kilobytes"


@pytest.mark.parametrize(
    "length", [0, 1, 99_999_999, 100_000_001, 1 << 31, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
)
def test_lengths_of_the_header(good, length):
    good.write_bytes(struct.pack("<Q", length) + good.read_bytes()[8:])
    refused(good, "damaged")
    assert int(run(LOAD, good, memory=MEMORY)) < 150_000, "kilobytes: a header may have 100 MB"


@pytest.mark.parametrize("nested", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_deep_nesting(good, nested):
    header, told, arrays = parts(good.read_bytes())
    good.write_bytes(assembled(header, json.dumps(told)[:-1] + f', "deep": {nested}}}', arrays))
    refused(good, "cannot be loaded")
    good.write_bytes(struct.pack("<Q", len(nested)) + nested.encode())
    refused(good, "damaged")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("dense.bias", {"data_offsets": [0, 16]}),
        ("dense.bias", {"data_offsets": [-16, 0]}),
        ("dense.bias", {"data_offsets": [16, 0]}),
        ("dense.bias", {"data_offsets": [(1 << 64) - 16, (1 << 64)]}),
        ("dense.bias", {"data_offsets": [(1 << 64) - 16, 0]}),
        ("dense.bias", {"data_offsets": ["0", "16"]}),
        ("dense.bias", {"data_offsets": [0.5, 16.5]}),
        ("dense.bias", {"shape": [-4]}),
        ("dense.bias", {"shape": [4, 0]}),
        ("dense.bias", {"shape": []}),
        ("dense.bias", {"shape": None}),
        ("dense.bias", {"shape": [2, 2]}),
        ("dense.bias", {"dtype": "F64"}),
        ("dense.bias", {"dtype": "I32"}),
        ("dense.bias", {"dtype": "BF16", "shape": [8]}),
        ("dense.bias", {"dtype": "F8_E4M3", "shape": [16]}),
        ("dense.bias", {"dtype": "O"}),
    ],
)
def test_arrays_that_are_not_where_or_what_they_must_be(good, name, changes):
    header, told, arrays = parts(good.read_bytes())
    header[name].update(changes)
    good.write_bytes(assembled(header, told, arrays))
    refused(good, "cannot be loaded")


def test_names_that_come_twice(good):
    header, _, arrays = parts(good.read_bytes())
    text, expected = json.dumps(header), everything(fastnn.load_model(good))
    huge = '"dense.bias": {"dtype": "F32", "shape": [1000000000000], "data_offsets": [0, 4000000000000]}'
    for changed in (f"{text[:-1]}, {huge}}}", f"{{{huge}, {text[1:]}", f'{{"__metadata__": {{}}, {text[1:]}'):
        good.write_bytes(struct.pack("<Q", len(changed)) + changed.encode() + arrays)
        # The last entry of a name is the one that counts, for both who read the header.
        if changed.startswith(f"{{{huge}"):
            assert everything(fastnn.load_model(good)) == expected
        else:
            refused(good, "cannot be loaded")


def test_models_without_arrays_may_be_large_but_not_very(tmp_path):
    path = tmp_path / "bare.safetensors"
    Sequential([Input((1_000_000,)), LayerNormalization(center=False, scale=False)], seed=0).save(path)
    x = np.arange(1_000_000, dtype=np.float32)
    # The mean is 0 but for the rounding of a million float32.
    assert abs(float(fastnn.load_model(path).predict(x).mean())) < 1e-3
