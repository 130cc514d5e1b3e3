"""Types in ONNX files: casts, whole numbers and arithmetic of arrays mean what they do in ONNX, or are refused."""

import numpy as np
import pytest

from fastnn.interop import from_onnx

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from onnx import TensorProto
from onnx_models import check_same, node, proto_of

RNG = np.random.default_rng(3)
TABLE, X = RNG.normal(size=(7, 2)), (RNG.normal(size=(9, 4)) * 3).astype(np.float32)
CODES = RNG.integers(0, 7, size=(9, 2))
LOOKUP = [node("Gather", "table codes", "rows"), node("Flatten", "rows")]


@pytest.mark.parametrize("to", ["FLOAT", "DOUBLE"])
def test_casts_among_real_numbers_do_nothing(to):
    kind = getattr(TensorProto, to)
    nodes = [node("Cast", "x", "c", to=kind), node("Relu", "c", "r"), node("Cast", "r", to=TensorProto.FLOAT)]
    model = from_onnx(proto_of(nodes))
    check_same(proto_of(nodes), model, {"x": X})
    assert model.dtype == ("float64" if to == "DOUBLE" else "float32")


@pytest.mark.parametrize("to", ["INT32", "INT64", "BOOL", "INT8", "UINT8", "STRING"])
def test_casts_that_change_numbers_are_refused(to):
    kind = getattr(TensorProto, to)
    back = proto_of([node("Cast", "x", "c", name="cut", to=kind), node("Cast", "c", name="back", to=TensorProto.FLOAT)])
    with pytest.raises(ValueError, match=r"the node '(cut|back)' \(Cast\) .*(cut to whole ones|its type must be one)"):
        from_onnx(back)
    # To compute with, and as an output.
    with pytest.raises(ValueError, match="cut"):
        from_onnx(proto_of([node("Cast", "x", "c", name="cut", to=kind), node("Neg", "c")]))
    with pytest.raises(ValueError, match=r"cut|whole"):
        from_onnx(proto_of([node("Cast", "x", name="cut", to=kind)]))


@pytest.mark.parametrize("element", ["INT32", "INT64", "UINT8", "BOOL", "FLOAT", "DOUBLE"])
def test_inputs_of_whole_numbers_become_real_by_a_cast(element):
    kind = getattr(TensorProto, element)
    proto = proto_of([node("Cast", "x", "c", to=TensorProto.FLOAT), node("Relu", "c")], inputs=[("x", (4,), kind)])
    numpy_kind = {"BOOL": "bool", "FLOAT": "float32", "DOUBLE": "float64"}.get(element, element.lower())
    check_same(proto, from_onnx(proto), {"x": np.abs(X).astype(numpy_kind)})


@pytest.mark.parametrize("element", ["INT32", "INT64"])
def test_categories(element):
    kind = getattr(TensorProto, element)
    proto = proto_of(LOOKUP, {"table": TABLE}, inputs=[("codes", (2,), kind)])
    check_same(proto, from_onnx(proto), {"codes": CODES.astype(element.lower())})
    cast = proto_of([node("Cast", "x", "codes", to=kind), *LOOKUP], {"table": TABLE}, inputs=[("x", (2,))])
    model = from_onnx(cast)
    check_same(cast, model, {"x": CODES.astype(np.float32)})
    # ONNX would cut these, and count from the end.
    for wrong in (CODES + 0.6, CODES - 7):
        with pytest.raises(ValueError, match="takes whole numbers from 0 to 6"):
            model.predict(wrong)


def test_real_numbers_are_no_categories():
    with pytest.raises(ValueError, match="its categories must be whole numbers"):
        from_onnx(proto_of(LOOKUP, {"table": TABLE}, inputs=[("codes", (2,))]))


@pytest.mark.parametrize("kind", ["Add", "Div", "Mul", "Max"])
def test_arithmetic_with_whole_numbers_is_refused(kind):
    nodes = [node(kind, "x k", "c", name="whole"), node("Cast", "c", to=TensorProto.FLOAT)]
    with pytest.raises(ValueError, match=rf"the node 'whole' \({kind}\) .*holds numbers that are whole"):
        from_onnx(proto_of(nodes, {"k": np.array(2)}, inputs=[("x", (4,), TensorProto.INT64)]))


def test_strings_are_refused():
    with pytest.raises(ValueError, match="the input 'x' must hold numbers"):
        from_onnx(proto_of([node("Identity", "x")], inputs=[("x", (4,), TensorProto.STRING)]))


# Nodes from arrays to c, which is cast to real numbers and multiplied with x.
FOLDED = {
    "a quotient of whole numbers": ([node("Div", "seven two", "c")], {"seven": np.array(7), "two": np.array(2)}),
    "one below zero": ([node("Div", "seven two", "c")], {"seven": np.array(-7), "two": np.array(2)}),
    "a cast to whole numbers": ([node("Cast", "k", "c", to=TensorProto.INT64)], {"k": np.array([1.7])}),
    "below zero": ([node("Cast", "k", "c", to=TensorProto.INT32)], {"k": np.array([-1.7])}),
    "a cast to true": ([node("Cast", "k", "c", to=TensorProto.BOOL)], {"k": np.array([1.7])}),
    "a cast to half precision": ([node("Cast", "k", "c", to=TensorProto.FLOAT16)], {"k": np.array([1.23456])}),
    "whole numbers": ([node("Sub", "seven two", "c")], {"seven": np.array(7), "two": np.array(2)}),
}


@pytest.mark.parametrize("case", FOLDED)
def test_arithmetic_of_arrays(case):
    nodes, arrays = FOLDED[case]
    proto = proto_of([*nodes, node("Cast", "c", "real", to=TensorProto.FLOAT), node("Mul", "x real")], arrays)
    check_same(proto, from_onnx(proto), {"x": X})


def test_arrays_of_two_types_and_divisions_by_zero_are_refused():
    for nodes, arrays, words in (
        ([node("Add", "a b", "c"), node("Mul", "x c")], {"a": np.array(1), "b": np.array(1.0)}, "must have one type"),
        ([node("Div", "a b", "c"), node("Mul", "x c")], {"a": np.array(1), "b": np.array(0)}, "division by zero"),
    ):
        with pytest.raises(ValueError, match=words):
            from_onnx(proto_of(nodes, arrays))
