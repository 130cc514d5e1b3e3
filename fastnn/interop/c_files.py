"""Plain C: a model's prediction as one C99 file that needs math.h alone, for a microcontroller or another program."""

import os
import re
from string import Template
from typing import overload

import numpy as np

import fastnn
from fastnn.activations.registry import ACTIVATIONS
from fastnn.files.writing import atomic_write
from fastnn.interop.c_source import FUNCTIONS, HEAD, KEYWORDS, MAIN, comment_text, literal, table
from fastnn.interop.steps import Activate, Array, NormalizeBatch, NormalizeLayer, Product, Rescale, Step, steps_of
from fastnn.models.sequential import Sequential
from fastnn.registry import given

__all__ = ["to_c"]


@overload
def to_c(model: Sequential, path: None = None, *, name: str = "model") -> str: ...
@overload
def to_c(model: Sequential, path: str | os.PathLike[str], *, name: str = "model") -> None: ...
def to_c(model: Sequential, path: str | os.PathLike[str] | None = None, *, name: str = "model") -> str | None:
    """A model's prediction as a C99 source file, in float or double as the model is.

    The file defines ``void model_predict(const float *input, float *output)`` for one sample, and the macros
    ``MODEL_INPUTS`` and ``MODEL_OUTPUTS``. It includes math.h alone, allocates nothing and keeps no state, so that any
    number of threads may call it: the numbers between layers lie on the stack. How many bytes of stack and of constants
    it takes, and how to compile it, its first comment says. Compiled with ``-DMODEL_MAIN`` it is a program that reads
    samples as numbers from standard input and prints a line of outputs for each.

    Parameters
    ----------
    model : Sequential
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
    it would cost the digits of inputs that are far from 0. The input is not checked: NaN gives NaN.

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
    """The file in the making.

    Numbers between layers lie in two arrays in turn, "a" and "b", since a product cannot write over what it reads; all
    other steps work in place. From the last product on they lie in the output.
    """

    def __init__(self, model: Sequential, name: str) -> None:
        self._model, self._name = model, name
        self._sizes = {"a": 0, "b": 0}
        self._used: set[str] = set()
        self._tables: list[str] = []
        self._constants = 0
        self._layers = 0
        self._lines: list[str] = []
        self._write(steps_of(model))

    def text(self) -> str:
        """The source."""
        model, name, dtype = self._model, self._name, self._model.dtype
        plan = model.needs_plan()
        real = "float" if dtype == np.float32 else "double"
        words = {
            "real": real,
            "f": "f" if dtype == np.float32 else "",
            "name": name,
            "upper": name.upper(),
            "model": comment_text(model.name),
            "version": fastnn.__version__,
            "inputs": plan.input_size,
            "shape": f" (of shape {model.input_shape}, row by row)" if len(model.input_shape or ()) > 1 else "",
            "outputs": plan.output_size,
            "example": " ".join(str(number % 10) for number in range(min(plan.input_size, 8)))
            + (" ..." if plan.input_size > 8 else ""),
            "stack": sum(self._sizes.values()) * dtype.itemsize,
            "constants": self._constants * dtype.itemsize,
            "scan": "%f" if dtype == np.float32 else "%lf",
            "print": "%.9g" if dtype == np.float32 else "%.17g",
        }
        known = FUNCTIONS | {kind.name: kind.c for kind in ACTIVATIONS}
        texts = [given(known[name], f"C's lines of {name}") for name in known if name in self._used]
        functions = [Template(text).substitute(words) for text in texts]
        places = [f"    {real} {place}[{size}];" for place, size in self._sizes.items() if size]
        lines = [*places, "", *self._lines] if places else self._lines
        body = "\n".join(["", f"void {name}_predict(const {real} *input, {real} *output)", "{", *lines, "}", ""])
        head, main = Template(HEAD).substitute(words), Template(MAIN).substitute(words)
        return "".join([head, *self._tables, *functions, body, main])

    def _write(self, steps: list[Step]) -> None:
        rescale: Rescale | None = None
        if len(steps) > 1 and isinstance(steps[0], Rescale) and isinstance(steps[1], Product):
            rescale, steps = steps[0], steps[1:]
        last = max((number for number, step in enumerate(steps) if isinstance(step, Product)), default=0)
        source, layer = "input", None
        for number, step in enumerate(steps):
            if number >= last:
                target = "output"
            elif source == "input" or isinstance(step, Product):
                target = "b" if source == "a" else "a"
            else:
                target = source
            if target != "output":
                self._sizes[target] = max(self._sizes[target], step.outputs)
            if step.layer != layer:
                layer = step.layer
                self._layers += 1
                called = layer if rescale is None else f"{rescale.layer} and {layer}"
                self._lines.append(f"    /* {comment_text(called)}: {step.inputs} to {step.outputs} */")
            self._call(step, target, source, rescale)
            source, rescale = target, None
        if not steps:
            self._call_function("copy", "output", "input", self._model.needs_plan().output_size)

    def _call(self, step: Step, target: str, source: str, rescale: Rescale | None) -> None:
        """The line for a step; a rescaling before it is the first product's."""
        match step:
            case Rescale():
                self._call_function("rescale", target, source, step.outputs, step.scale, step.shift)
            case Product():
                kernel = self._table("kernel", step.kernel, step.layer)
                bias = "0" if step.bias is None else self._table("bias", step.bias, step.layer)
                scaling = [] if rescale is None else [rescale.scale, rescale.shift]
                kind = "dense_rescaled" if scaling else "dense"
                self._call_function(kind, target, source, step.inputs, step.outputs, kernel, bias, *scaling)
            case Activate():
                slope = [] if step.kind.parameter is None else [step.slope]
                self._call_function(step.activation, target, source, step.outputs, *slope)
            case NormalizeBatch():
                mean = self._table("mean", step.mean, step.layer)
                # In the model's dtype, as the engine does at each prediction.
                with np.errstate(all="ignore"):
                    scale = step.gamma / np.sqrt(step.variance + self._model.dtype.type(step.epsilon))
                tables = [mean, self._table("scale", scale, step.layer), self._table("shift", step.beta, step.layer)]
                self._call_function("normalize_batch", target, source, step.outputs, *tables)
            case NormalizeLayer():
                tables = [self._table("scale", step.gamma, step.layer), self._table("shift", step.beta, step.layer)]
                self._call_function("normalize_layer", target, source, step.outputs, *tables, step.epsilon)

    def _call_function(self, kind: str, target: str, source: str, *arguments: int | float | str) -> None:
        self._used.add(kind)
        dtype = self._model.dtype
        written = [literal(argument, dtype) if isinstance(argument, float) else str(argument) for argument in arguments]
        self._lines.append(f"    {self._name}_{kind}({', '.join([target, source, *written])});")

    def _table(self, kind: str, values: Array, layer: str) -> str:
        """The name of a new table of constants."""
        name = f"{self._name}_{kind}_{self._layers}"
        shape = " x ".join(map(str, values.shape))
        self._tables.append(table(name, values, f"{comment_text(layer)}: {kind}, {shape}"))
        self._constants += values.size
        return name
