"""Hostile ONNX files: sizes are refused before memory is taken, and paths that are no files are not opened."""

import itertools
import os
import tracemalloc

import numpy as np
import pytest

from fastnn.interop import from_onnx

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import helper
from onnx_models import node, proto_of

HUGE = 1 << 40
ONE, ROW, COLUMN = np.array(1.0), np.ones((1, 60_000)), np.ones((60_000, 1))


def claiming(*dims, content=b"1234", kind=1):
    """A file with an array that says that it has these sizes."""
    proto = proto_of([node("Relu", "x")])
    tensor = proto.graph.initializer.add(name="w", data_type=kind, raw_data=content)
    tensor.dims.extend(dims)
    return proto


def doubled(first, times, axis, last, arrays):
    """Arrays or values that are set side by side with themselves, again and again."""
    names = [first, *(f"c{number}" for number in range(times))]
    nodes = [node("Concat", f"{one} {one}", two, axis=axis) for one, two in itertools.pairwise(names)]
    return proto_of([*nodes, *last(names[-1])], arrays)


def chain(kind, count):
    names = ["x", *(f"v{number}" for number in range(count - 1)), "y"]
    return proto_of([node(kind, one, two) for one, two in itertools.pairwise(names)])


def sized(kind, *sizes):
    """A node that makes an array of these sizes."""
    taken = "s" if kind == "ConstantOfShape" else "one s"
    return proto_of([node(kind, taken, "c"), node("Add", "x c")], {"one": ONE, "s": np.array(sizes)})


def with_input(*shape, nodes=None, arrays=None):
    return proto_of(nodes or [node("Relu", "x")], arrays or {}, inputs=[("x", shape)])


def used(name):
    return [node("Add", f"x {name}")]


FILES = {
    "one size": (lambda: claiming(HUGE), "says shape .* more than it holds"),
    "two sizes": (lambda: claiming(HUGE, HUGE), "more than it holds"),
    "sizes whose product overflows": (lambda: claiming(1 << 62, 4), "more than it holds"),
    "a size below zero": (lambda: claiming(-1), "more than it holds"),
    "two of them": (lambda: claiming(-1, -1), "more than it holds"),
    "no numbers of a huge size": (lambda: claiming(0, HUGE, content=b""), "more than it holds"),
    "many axes": (lambda: claiming(*[1] * 100_000), "has 100000 axes"),
    "an unknown type": (lambda: claiming(1, kind=99), "is damaged"),
    "a constant": (
        lambda: proto_of([helper.make_node("Constant", [], ["c"], value=claiming(HUGE).graph.initializer[0])]),
        "more than it holds",
    ),
    **{
        f"{kind} of {sizes}": (lambda kind=kind, sizes=sizes: sized(kind, *sizes), r"node '\w+ of [\w ]+' \(")
        for kind in ("ConstantOfShape", "Expand", "Reshape")
        for sizes in ((1 << 33,), (1 << 20, 1 << 20), (1 << 62, 1 << 62), (-3, 1), (2,) * 40)
    },
    "a sum of vectors": (
        lambda: proto_of([node("Add", "a b", "c"), *used("c")], {"a": ROW, "b": COLUMN}),
        "far more memory than it holds",
    ),
    "a row, again and again": (
        lambda: proto_of([node("Gather", "a p", "c"), *used("c")], {"a": ROW, "p": np.zeros(60_000, np.int64)}),
        "far more memory than it holds",
    ),
    "doubled arrays": (lambda: doubled("a", 40, 0, used, {"a": np.ones(4)}), "far more memory than it holds"),
    "doubled values": (lambda: doubled("x", 40, 1, lambda name: [node("Relu", name)], {}), "larger than any"),
    "arithmetic with a long row": (
        lambda: doubled("x", 24, 1, lambda name: [node("Mul", f"{name} one")], {"one": ONE}),
        "far more memory than it holds",
    ),
    "slopes of a long row": (
        lambda: doubled("x", 24, 1, lambda name: [node("PRelu", f"{name} one")], {"one": ONE}),
        "far more memory than it holds",
    ),
    "the sum of a long row": (
        lambda: with_input(1 << 30, nodes=[node("ReduceSum", "x one")], arrays={"one": np.array([1])}),
        "far more memory than it holds",
    ),
    "an input": (lambda: with_input(HUGE), "which no sample has"),
    "an input of two sizes": (lambda: with_input(1 << 20, 1 << 20), "which no sample has"),
    "an input of many axes": (lambda: with_input(*[1] * 50_000), "has 50001 axes"),
    "many new axes": (
        lambda: proto_of([node("Reshape", "x s")], {"s": np.array([-1, 4, *[1] * 40])}),
        "would have 42 axes",
    ),
    "many layers": (lambda: chain("Relu", 10_001), "more than 10000 layers"),
    "many nodes": (lambda: chain("Identity", 100_001), "has 100001 nodes"),
    "a deep formula": (
        lambda: proto_of(
            [node("Sqrt", "x", "v0", name="root"), *(node("Cast", f"v{i}", f"v{i + 1}", to=1) for i in range(3000))],
            outputs=["v3000"],
        ),
        "node 'root'",
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_sizes_are_refused_before_memory_is_taken(case):
    make, words = FILES[case]
    proto = make()
    tracemalloc.start()
    with pytest.raises(ValueError, match=words):
        from_onnx(proto)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The 16 million numbers that a file may make beside its own, twice, and what the nodes of the largest files take.
    assert peak < 300_000_000


def test_deep_graphs_become_models():
    model = from_onnx(chain("Relu", 3000))
    assert len(model.layers) == 3000
    np.testing.assert_array_equal(model.predict([[1.0, -1.0, 0.0, 2.0]]), [[1.0, 0.0, 0.0, 2.0]])


def test_paths_that_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path):
        with pytest.raises(OSError, match=r"is a (device or a pipe|folder), not a file"):
            from_onnx(path)
    for source in (None, 3, ["model.onnx"]):
        with pytest.raises(TypeError, match=r"must be a str or a pathlib\.Path"):
            from_onnx(source)
