"""Pickled lists of whole numbers: what NumPy writes is read, and nothing else has any effect."""

import datetime
import pickle
import struct

import numpy as np
import pytest

from fastnn.files.pickled_lists import lists_of

LISTS = [[1, 300, 70_000, -5], [], [7], list(range(3000)), [2**31 - 1, -(2**31)]]


def row(elements):
    made = np.empty(len(elements), dtype=object)
    made[:] = elements
    return made


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_what_numpy_writes(protocol):
    assert lists_of(pickle.dumps(row(LISTS), protocol), len(LISTS)) == LISTS
    assert lists_of(pickle.dumps(row([]), protocol), 0) == []


def test_where_numpy_had_its_names_before_version_2():
    stream = pickle.dumps(row(LISTS), 3)
    assert stream.count(b"numpy._core.multiarray") == 1
    assert lists_of(stream.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"), len(LISTS)) == LISTS


def test_what_python_2_wrote():
    """Names and letters as its texts, which are bytes."""
    stream = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89"
        b"](]K\x05a](K\x06M\x00\x01eetb."
    )
    assert pickle.loads(stream, encoding="latin1").tolist() == [[5], [6, 256]]
    assert lists_of(stream, 2) == [[5], [6, 256]]


def test_a_list_that_comes_twice_is_two():
    one = [1, 2]
    first, second = lists_of(pickle.dumps(row([one, one])), 2)
    assert first == second == one
    assert first is not second


class Calls:
    def __init__(self, function, *args):
        self.said = function, args

    def __reduce__(self):
        return self.said


# What each says; the least that would happen is an import.
HOSTILE = {
    "a call": (pickle.dumps(row([Calls(print, "run"), [1]]), 4), "names builtins.print"),
    "a call of an old protocol": (b"cos\nsystem\n(S'true'\ntR.", "0x53 at"),
    "a system's call": (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.", "names os.system"),
    "an attribute of a class": (
        b"\x80\x04\x8c\x05numpy\x8c\x13ndarray.__reduce_ex\x93.",
        r"names numpy\.ndarray\.__red",
    ),
    "another of NumPy's": (b"cnumpy\nfromfile\n\x8c\x01a\x85R.", "names numpy.fromfile"),
    "NumPy's scalars": (pickle.dumps(row([[np.int64(3)], [1]]), 4), "scalar"),
    "an array within": (pickle.dumps(row([np.arange(3), [1]]), 4), "dtype|0x|must be lists"),
    "a date": (pickle.dumps(row([[datetime.date(2020, 1, 1)], [1]]), 4), "names datetime.date"),
    "an extension": (b"\x80\x02\x82\x01.", "0x82 at 2"),
    "a persistent object": (b"\x80\x02Np.", "0x70 at 3"),
    "an object by its class": (b"cnumpy\nndarray\n)\x81.", "0x81 at"),
    "an object of old": (b"(icollections\nOrderedDict\n.", "0x69 at 1"),
    "a dict": (pickle.dumps(row([{1: 2}, [1]]), 4), "0x7d at"),
    "texts": (pickle.dumps(row([["a"], [1]]), 4), "lists must be of whole numbers, and one is not"),
    "numbers that are no whole ones": (pickle.dumps(row([[0.5], [1]]), 4), "0x47 at"),
    "larger numbers": (pickle.dumps(row([[2**40], [1]]), 4), "0x8a at"),
    "truths": (pickle.dumps(row([[True], [1]]), 4), "lists must be of whole numbers, and one is not"),
    "tuples": (pickle.dumps(row([(1, 2), [1]]), 4), "objects must be lists of whole numbers, and one is not"),
    "lists of lists": (pickle.dumps(row([[[1]], [1]]), 4), "lists must be of whole numbers, and one is not"),
    "another dtype": (pickle.dumps(np.array([1, 2]), 4), "dtype is 'i8', where objects|0x"),
    "a list alone": (pickle.dumps([[1], [2]], 4), "it is no pickled array of lists"),
    "more lists": (pickle.dumps(row([[1], [2], [3]]), 4), "not the array of 2 objects"),
    "rows of rows": (pickle.dumps(np.array([[[1], [2]], [[3], None]], dtype=object), 4), "not the array of 2 objects"),
    "something behind": (pickle.dumps(row([[1], [2]]), 4) + b"N", "0x2e at"),
    "an empty stream": (b"", "no end after 0 bytes"),
    "an empty stack": (b"\x80\x04.", "no pickled array"),
    "no memory of it": (b"\x80\x04h\x07.", "no pickled array"),
    "a class that is written to": (b"cnumpy\nndarray\nN\x85b.", "no pickled array"),
    "an array without its state": (b"cnumpy._core.multiarray\n_reconstruct\n)R.", "not the array of 2 objects"),
    "an array of one state of its own": (
        b"cnumpy._core.multiarray\n_reconstruct\n)R\x94h\x00b.",
        "not the array of 2 obj",
    ),
    # Each would take gigabytes in Python before 3.14.
    "a far place in its memo": (b"\x80\x02Nr\xff\xff\xff\x7f.", "0x72 at 3"),
    "many bytes promised": (b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b".", "0x96 at 2"),
    "a long text promised": (b"\x80\x04X" + struct.pack("<I", 1 << 31) + b".", "0x58 at 2"),
    "a long frame promised": (b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + b".", "0x95 at 2"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_refused(name, capsys):
    stream, message = HOSTILE[name]
    with pytest.raises(ValueError, match=message):
        lists_of(stream, 2)
    assert capsys.readouterr().out == ""


def test_a_list_that_comes_many_times_takes_no_memory():
    one = list(range(200)) * 50
    with pytest.raises(ValueError, match="more numbers than it has bytes"):
        lists_of(pickle.dumps(row([one] * 20_000)), 20_000)


def test_every_byte_changed_or_cut_is_an_error_or_lists():
    """Never another exception, and never anything but lists of whole numbers."""
    stream = pickle.dumps(row([[1, 300], [70_000]]), 3)
    for place in range(len(stream)):
        for byte in (*range(0, 256, 5), stream[place] ^ 1):
            changed = stream[:place] + bytes([byte]) + stream[place + 1 :]
            try:
                found = lists_of(changed, 2)
            except ValueError:
                continue
            assert all(type(number) is int for one in found for number in one)
        with pytest.raises(ValueError, match=r"pickle|end"):
            lists_of(stream[:place], 2)
