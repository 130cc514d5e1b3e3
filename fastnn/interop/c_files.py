"""Plain C: a model's prediction as one C99 file that needs math.h alone, for a microcontroller or another program."""

import math
import os
import re
from string import Template
from typing import overload

import numpy as np

import fastnn
from fastnn.activations.registry import ACTIVATIONS
from fastnn.checking.shapes import Shape
from fastnn.files.writing import atomic_write
from fastnn.interop import operations
from fastnn.interop.c_places import fused, identifiers, offsets, places_of
from fastnn.interop.c_source import FUNCTIONS, HEAD, KEYWORDS, MAIN, comment_text, literal, table
from fastnn.interop.computation import computation_of
from fastnn.models.functional import Model
from fastnn.models.sequential import Sequential
from fastnn.registry import given

__all__ = ["to_c"]


@overload
def to_c(model: Sequential | Model, path: None = None, *, name: str = "model") -> str: ...
@overload
def to_c(model: Sequential | Model, path: str | os.PathLike[str], *, name: str = "model") -> None: ...
def to_c(model: Sequential | Model, path: str | os.PathLike[str] | None = None, *, name: str = "model") -> str | None:
    """A model's prediction as a C99 source file, in float or double as the model is.

    The file defines ``void model_predict(const float *input, float *output)`` for one sample, and the macros
    ``MODEL_INPUTS`` and ``MODEL_OUTPUTS``; of a `Model`, the arguments are its inputs and outputs by their names. It
    includes math.h alone, allocates nothing and keeps no state, so that any number of threads may call it: the numbers
    between layers lie on the stack. How many bytes of stack and of constants it takes, and how to compile it, its first
    comment says. Compiled with ``-DMODEL_MAIN`` it is a program that reads samples as numbers from standard input and
    prints a line of outputs for each.

    Parameters
    ----------
    model : Sequential or Model
        Built, or with an input shape.
    path : path-like, optional
        Where to write it; an existing file is replaced.
    name : str, default "model"
        A C identifier: begins all names in the file, in capitals those of macros.

    Returns
    -------
    str or None
        The source, when there is no path.

    Raises
    ------
    TypeError
        For a layer or an activation of your own making.
    ValueError
        When the name is no C identifier, or the model cannot be built, or it holds NaN or infinity.
    OSError
        When the file cannot be written.

    Notes
    -----
    Weights are hexadecimal constants, exact to the last bit. Outputs differ from `Sequential.predict` by rounding, some
    1e-7 (float32) or 1e-16 (float64) of the numbers that are added, since sums run in another order and exponentials
    are those of the C library. Batch normalisation has its scale, gamma / sqrt(variance + epsilon), computed here, with
    the very roundings of the engine; its mean is subtracted first, as in the engine, not folded into the shift, where
    it would cost the digits of inputs that are far from 0. The input is not checked: NaN gives NaN, and so does a
    category beyond an embedding.

    Examples
    --------
    >>> from fastnn.layers import Dense, Input
    >>> source = to_c(Sequential([Input((2,)), Dense(3, "relu"), Dense(1, "sigmoid")], name="gate"), name="gate")
    >>> print(source[source.index("void gate_predict(const float *input, float *output)\\n{") :].split("\\n#ifdef")[0])
    void gate_predict(const float *input, float *output)
    {
        float a[3];
    <BLANKLINE>
        /* dense: 2 to 3 */
        gate_dense(a, input, 2, 3, gate_kernel_1, gate_bias_1);
        gate_relu(a, a, 3);
        /* dense_1: 3 to 1 */
        gate_dense(output, a, 3, 1, gate_kernel_2, gate_bias_2);
        gate_sigmoid(output, output, 1);
    }
    <BLANKLINE>
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, but it is {name!r}")
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) or name in KEYWORDS:
        raise ValueError(
            f"name must be a C identifier, letters, digits and underscores that spell no keyword, but it is {name!r}"
        )
    source = _Source(model, name).text()
    if path is None:
        return source
    with atomic_write(path) as file:
        file.write(source.encode("ascii"))
    return None


class _Source:
    """The file in the making: a line for each step, on the places that `places_of` gives."""

    def __init__(self, model: Sequential | Model, name: str) -> None:
        self._model, self._name = model, name
        self._used: set[str] = set()
        # Shared layers have one table.
        self._written: dict[int, tuple[str, operations.Array]] = {}
        self._names: set[str] = set()
        self._tables: list[str] = []
        self._constants = 0
        self._layers = 0
        self._lines: list[str] = []
        self._computation = computation_of(model)
        for step in self._computation.steps:
            if isinstance(step.operation, operations.Find):
                raise TypeError(
                    f"{step.operation.layer} looks data up, but the inputs in C are numbers of {model.dtype}: export a "
                    "model of the layers behind it, and give that what the lookup gives"
                )
        self._inputs = identifiers([called for called, _ in self._computation.inputs], name)
        self._outputs = identifiers([called for called, _ in self._computation.outputs], name, self._inputs)
        self._write()

    def text(self) -> str:
        """The source."""
        model, name, dtype = self._model, self._name, self._model.dtype
        real = "float" if dtype == np.float32 else "double"
        inputs = [math.prod(shape) for _, shape in self._computation.inputs]
        outputs = [self._computation.size(value) for _, value in self._computation.outputs]
        arguments = [f"const {real} *{argument}" for argument in self._inputs]
        arguments += [f"{real} *{argument}" for argument in self._outputs]
        prototype = f"void {name}_predict({', '.join(arguments)})"
        words = {
            "real": real,
            "f": "f" if dtype == np.float32 else "",
            "name": name,
            "upper": name.upper(),
            "model": comment_text(model.name),
            "version": fastnn.__version__,
            "prototype": prototype,
            "inputs": sum(inputs),
            "outputs": sum(outputs),
            "taken": self._described(self._inputs, inputs, "INPUTS", [shape for _, shape in self._computation.inputs]),
            "given": self._described(self._outputs, outputs, "OUTPUTS", [(size,) for size in outputs]),
            "call": ", ".join([*offsets("input", inputs), *offsets("output", outputs)]),
            "example": " ".join(str(number % 10) for number in range(min(sum(inputs), 8)))
            + (" ..." if sum(inputs) > 8 else ""),
            "stack": sum(self._sizes.values()) * dtype.itemsize,
            "constants": self._constants,
            "scan": "%f" if dtype == np.float32 else "%lf",
            "print": "%.9g" if dtype == np.float32 else "%.17g",
        }
        known = FUNCTIONS | {kind.name: kind.c for kind in ACTIVATIONS}
        texts = [given(known[name], f"C's lines of {name}") for name in known if name in self._used]
        functions = [Template(text).substitute(words) for text in texts]
        places = [f"    {real} {place}[{size}];" for place, size in self._sizes.items()]
        lines = [*places, "", *self._lines] if places else self._lines
        body = "\n".join(["", prototype, "{", *lines, "}", ""])
        head, main = Template(HEAD).substitute(words), Template(MAIN).substitute(words)
        return "".join([head, *self._tables, *functions, body, main])

    def _described(self, names: list[str], sizes: list[int], macro: str, shapes: list[Shape]) -> str:
        """What the first comment says of all inputs, or all outputs."""
        total = f"{self._name.upper()}_{macro} = {sum(sizes)} numbers"
        if len(names) == 1:
            return total + (f" (of shape {shapes[0]}, row by row)" if len(shapes[0]) > 1 else "")
        parts = ", ".join(f"{size} in {name}" for name, size in zip(names, sizes, strict=True))
        return f"{total} ({parts})"

    def _write(self) -> None:
        calls = fused(self._computation)
        places, self._sizes = places_of(self._computation, calls, self._outputs)

        def place_of(value: int) -> str:
            return places[value] if value >= 0 else self._inputs[-1 - value]

        layer = None
        for number, call in enumerate(calls):
            operation, rescale = call.operation, call.rescale
            if operation.layer != layer:
                layer = operation.layer
                self._layers += 1
                called = layer if rescale is None else f"{rescale.layer} and {layer}"
                self._lines.append(f"    /* {comment_text(called)}: {operation.inputs} to {operation.outputs} */")
            self._call(operation, places[number], [place_of(source) for source in call.sources], rescale)
        # An input as it is, or what is an output already.
        ends = {call.value: number for number, call in enumerate(calls)}
        for name, (_, value) in zip(self._outputs, self._computation.outputs, strict=True):
            source = place_of(ends[value] if value >= 0 else value)
            if source != name:
                self._call_function("copy", name, [source], self._computation.size(value))

    def _call(
        self, operation: operations.Operation, target: str, sources: list[str], rescale: operations.Rescale | None
    ) -> None:
        """The line for an operation; a rescaling before it is the product's."""
        match operation:
            case operations.Rescale():
                self._call_function("rescale", target, sources, operation.outputs, operation.scale, operation.shift)
            case operations.Product():
                kernel = self._table("kernel", operation.kernel, operation.layer)
                bias = "0" if operation.bias is None else self._table("bias", operation.bias, operation.layer)
                scaling = [] if rescale is None else [rescale.scale, rescale.shift]
                kind = "dense_rescaled" if scaling else "dense"
                inputs, units = operation.kernel.shape
                sizes = [inputs, units]
                if operation.vectors > 1:
                    # One behind the other, where the layer works along the last axis.
                    self._used.add(kind)
                    kind, sizes = "dense_vectors", [operation.vectors, *sizes]
                self._call_function(kind, target, sources, *sizes, kernel, bias, *scaling)
            case operations.Activate():
                numbers = [number if math.isfinite(number) else "INFINITY" for number in operation.numbers]
                self._call_function(operation.activation, target, sources, operation.outputs, *numbers)
            case operations.NormalizeBatch():
                mean = self._table("mean", operation.mean, operation.layer)
                # In the model's dtype, as the engine does at each prediction.
                with np.errstate(all="ignore"):
                    scale = operation.gamma / np.sqrt(operation.variance + self._model.dtype.type(operation.epsilon))
                tables = [
                    mean,
                    self._table("scale", scale, operation.layer),
                    self._table("shift", operation.beta, operation.layer),
                ]
                self._call_function("normalize_batch", target, sources, operation.outputs, *tables)
            case operations.NormalizeLayer():
                tables = [
                    self._table("scale", operation.gamma, operation.layer),
                    self._table("shift", operation.beta, operation.layer),
                ]
                self._call_function("normalize_layer", target, sources, operation.outputs, *tables, operation.epsilon)
            case operations.Lookup():
                rows = self._table("embeddings", operation.table, operation.layer)
                self._call_function("lookup", target, sources, operation.inputs, *operation.table.shape, rows)
            case operations.Merge():
                for other in sources[1:]:
                    self._call_function(operation.kind, target, [sources[0], other], operation.outputs)
                    sources = [target, other]
                if operation.kind == "average":
                    self._call_function("divide", target, [target], operation.outputs, float(operation.count))
            case operations.InnerProduct():
                self._call_function("inner_product", target, sources, operation.inputs // 2)
            case operations.Arrange():
                order = self._order(operation)
                self._call_function("arrange", target, sources, operation.outputs, order)
            case operations.Slope():
                alpha = self._table("alpha", operation.alpha, operation.layer)
                self._call_function("slope", target, sources, operation.outputs, alpha)
            case operations.NormalizeVectors():
                shape = operation.outputs // operation.width, operation.width
                if operation.scale is None:
                    self._call_function("normalize_lengths", target, sources, *shape, operation.epsilon)
                else:
                    scale = self._table("scale", operation.scale, operation.layer)
                    self._call_function("normalize_squares", target, sources, *shape, scale, operation.epsilon)
            case operations.Encode():
                one_hot, counts = int(operation.mode == "one_hot"), int(operation.mode == "count")
                self._call_function("encode", target, sources, operation.inputs, operation.categories, one_hot, counts)
            case operations.Join():
                for place, source, size in zip(offsets(target, operation.sizes), sources, operation.sizes, strict=True):
                    self._call_function("copy", place, [source], size)

    def _call_function(self, kind: str, target: str, sources: list[str], *arguments: int | float | str) -> None:
        kind = "add" if kind == "average" else kind
        self._used.add(kind)
        dtype = self._model.dtype
        written = [literal(argument, dtype) if isinstance(argument, float) else str(argument) for argument in arguments]
        self._lines.append(f"    {self._name}_{kind}({', '.join([target, *sources, *written])});")

    def _order(self, operation: operations.Arrange) -> str:
        """The name of a new table of places."""
        name, order = self._new_name("order"), operation.order
        numbers = ",\n    ".join(", ".join(map(str, order[start : start + 16])) for start in range(0, len(order), 16))
        title = comment_text(f"{operation.layer}: order, {len(order)}")
        self._tables.append(f"\n/* {title} */\nstatic const int {name}[{len(order)}] = {{\n    {numbers}\n}};\n")
        self._constants += 4 * len(order)
        return name

    def _table(self, kind: str, values: operations.Array, layer: str) -> str:
        """The name of a new table of constants, or of that of this very array."""
        if id(values) not in self._written:
            name = self._new_name(kind)
            shape = " x ".join(map(str, values.shape))
            title = f"{comment_text(layer)}: {kind}, {shape}"
            self._tables.append(table(name, values.astype(self._model.dtype, copy=False), title))
            self._constants += values.size * self._model.dtype.itemsize
            # Kept with the array: another that took its place in memory would be taken for it.
            self._written[id(values)] = name, values
        return self._written[id(values)][0]

    def _new_name(self, kind: str) -> str:
        if f"{kind}_{self._layers}" in self._names:
            # Of a layer of another model under the same name, or of another call.
            self._layers += 1
        self._names.add(f"{kind}_{self._layers}")
        return f"{self._name}_{kind}_{self._layers}"
