"""The pieces of C99 that `to_c` puts together: functions that operations call, tables of exact numbers, and words."""

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FUNCTIONS", "HEAD", "KEYWORDS", "MAIN", "comment_text", "literal", "table"]

# C23's, which has all of C99's, and those of C++ that a file for both may not use.
_KEYWORDS = """
    alignas alignof asm auto bool break case catch char class const constexpr continue default delete do double else
    enum extern false float for friend goto if inline int long mutable namespace new nullptr operator private
    protected public register restrict return short signed sizeof static static_assert struct switch template this
    thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using virtual void
    volatile while _Alignas _Alignof _Atomic _BitInt _Bool _Complex _Decimal128 _Decimal32 _Decimal64 _Generic
    _Imaginary _Noreturn _Static_assert _Thread_local
"""
KEYWORDS = frozenset(_KEYWORDS.split())

HEAD = """\
/* The prediction of the network "$model" in C99; fastnn $version wrote this file.
 *
 *     $prototype;
 *
 * takes one sample of $taken and writes $given;
 * no two may overlap. It needs $stack bytes of stack for the numbers between layers, some more for its calls, and
 * $constants bytes of constants. It allocates nothing and keeps nothing from call to call, so that several threads and
 * interrupts may call it at a time.
 *
 * Compile it with "cc -std=c99 -O2 -c $name.c" and link with -lm; or try it at once:
 *
 *     cc -std=c99 -O2 -D${upper}_MAIN $name.c -lm -o $name
 *     echo $example | ./$name
 */
#include <math.h>

#define ${upper}_INPUTS $inputs
#define ${upper}_OUTPUTS $outputs

$prototype;
"""

# The functions by name, each needed by an operation of a kind; those of activations are in their own files. $real is
# float or double, $f the suffix of float's literals and functions. Every function writes y, which may be x itself
# except in a product.
FUNCTIONS = {
    "copy": """
static void ${name}_copy($real *y, const $real *x, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i];
}
""",
    "rescale": """
/* y = x scale + shift */
static void ${name}_rescale($real *y, const $real *x, int size, $real scale, $real shift)
{
    for (int i = 0; i < size; i++) y[i] = x[i] * scale + shift;
}
""",
    "dense": """
/* y = x kernel + bias; the kernel has a row of outputs for each input, the bias may be a null pointer. */
static void ${name}_dense($real *y, const $real *x, int inputs, int outputs, const $real *kernel, const $real *bias)
{
    for (int j = 0; j < outputs; j++) y[j] = bias ? bias[j] : 0;
    for (int i = 0; i < inputs; i++)
        for (int j = 0; j < outputs; j++) y[j] += x[i] * *kernel++;
}
""",
    "dense_rescaled": """
/* y = (x scale + shift) kernel + bias, which needs no place for the rescaled numbers. */
static void ${name}_dense_rescaled($real *y, const $real *x, int inputs, int outputs, const $real *kernel,
                                   const $real *bias, $real scale, $real shift)
{
    for (int j = 0; j < outputs; j++) y[j] = bias ? bias[j] : 0;
    for (int i = 0; i < inputs; i++) {
        const $real rescaled = x[i] * scale + shift;
        for (int j = 0; j < outputs; j++) y[j] += rescaled * *kernel++;
    }
}
""",
    "lookup": """
/* y is a row of the table for each of x's numbers: NaN where there is no such row. */
static void ${name}_lookup($real *y, const $real *x, int size, int rows, int columns, const $real *table)
{
    for (int i = 0; i < size; i++)
        for (int j = 0; j < columns; j++)
            *y++ = x[i] >= 0 && x[i] < ($real)rows ? table[(int)x[i] * columns + j] : ($real)NAN;
}
""",
    "encode": """
/* y has ones, or counts, at the places of x's numbers below size: in a row for each number, or in one for all. */
static void ${name}_encode($real *y, const $real *x, int numbers, int size, int one_hot, int counts)
{
    for (int j = 0; j < (one_hot ? numbers : 1) * size; j++) y[j] = 0;
    for (int i = 0; i < numbers; i++) {
        if (!(x[i] >= 0 && x[i] < ($real)size)) continue;
        $real *place = y + (one_hot ? i * size : 0) + (int)x[i];
        *place = counts ? *place + 1 : 1;
    }
}
""",
    "arrange": """
static void ${name}_arrange($real *y, const $real *x, int size, const int *order)
{
    for (int i = 0; i < size; i++) y[i] = x[order[i]];
}
""",
    "slope": """
static void ${name}_slope($real *y, const $real *x, int size, const $real *alpha)
{
    for (int i = 0; i < size; i++) y[i] = x[i] > 0 ? x[i] : x[i] * alpha[i];
}
""",
    "inner_product": """
static void ${name}_inner_product($real *y, const $real *x, const $real *z, int size)
{
    $real sum = 0;
    for (int i = 0; i < size; i++) sum += x[i] * z[i];
    *y = sum;
}
""",
    "normalize_lengths": """
/* Vectors of width numbers, divided by their length, or by epsilon where that is larger. */
static void ${name}_normalize_lengths($real *y, const $real *x, int vectors, int width, $real epsilon)
{
    for (int k = 0; k < vectors; k++, x += width, y += width) {
        $real squares = 0;
        for (int i = 0; i < width; i++) squares += x[i] * x[i];
        const $real length = sqrt$f(squares), divisor = length > epsilon ? length : epsilon;
        for (int i = 0; i < width; i++) y[i] = x[i] / divisor;
    }
}
""",
    "normalize_squares": """
/* Vectors of width numbers: x / sqrt(mean of x^2 + epsilon) scale */
static void ${name}_normalize_squares($real *y, const $real *x, int vectors, int width, const $real *scale,
                                      $real epsilon)
{
    for (int k = 0; k < vectors; k++, x += width, y += width) {
        $real squares = 0;
        for (int i = 0; i < width; i++) squares += x[i] * x[i];
        const $real inverse = 1 / sqrt$f(squares / ($real)width + epsilon);
        for (int i = 0; i < width; i++) y[i] = x[i] * inverse * scale[i];
    }
}
""",
    "add": """
static void ${name}_add($real *y, const $real *x, const $real *z, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] + z[i];
}
""",
    "subtract": """
static void ${name}_subtract($real *y, const $real *x, const $real *z, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] - z[i];
}
""",
    "multiply": """
static void ${name}_multiply($real *y, const $real *x, const $real *z, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] * z[i];
}
""",
    "divide": """
static void ${name}_divide($real *y, const $real *x, int size, $real divisor)
{
    for (int i = 0; i < size; i++) y[i] = x[i] / divisor;
}
""",
    "maximum": """
static void ${name}_maximum($real *y, const $real *x, const $real *z, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] >= z[i] || x[i] != x[i] ? x[i] : z[i];
}
""",
    "minimum": """
static void ${name}_minimum($real *y, const $real *x, const $real *z, int size)
{
    for (int i = 0; i < size; i++) y[i] = x[i] <= z[i] || x[i] != x[i] ? x[i] : z[i];
}
""",
    "dense_vectors": """
/* The same of vectors that follow one another. */
static void ${name}_dense_vectors($real *y, const $real *x, int vectors, int inputs, int outputs, const $real *kernel,
                                  const $real *bias)
{
    for (int k = 0; k < vectors; k++) ${name}_dense(y + k * outputs, x + k * inputs, inputs, outputs, kernel, bias);
}
""",
    "normalize_batch": """
/* y = (x - mean) scale + shift */
static void ${name}_normalize_batch($real *y, const $real *x, int size, const $real *mean, const $real *scale,
                                    const $real *shift)
{
    for (int i = 0; i < size; i++) y[i] = (x[i] - mean[i]) * scale[i] + shift[i];
}
""",
    "normalize_layer": """
/* y = (x - mean of x) / sqrt(variance of x + epsilon) scale + shift */
static void ${name}_normalize_layer($real *y, const $real *x, int size, const $real *scale, const $real *shift,
                                    $real epsilon)
{
    $real mean = 0, variance = 0;
    for (int i = 0; i < size; i++) mean += x[i];
    mean /= ($real)size;
    for (int i = 0; i < size; i++) variance += (x[i] - mean) * (x[i] - mean);
    variance /= ($real)size;
    const $real inverse = 1 / sqrt$f(variance + epsilon);
    for (int i = 0; i < size; i++) y[i] = (x[i] - mean) * inverse * scale[i] + shift[i];
}
""",
}

MAIN = """
#ifdef ${upper}_MAIN
#include <stdio.h>

/* Reads samples of ${upper}_INPUTS numbers from standard input and prints a line of outputs for each. */
int main(void)
{
    $real input[${upper}_INPUTS], output[${upper}_OUTPUTS];
    int count = 0;
    while (scanf("$scan", &input[count]) == 1) {
        if (++count < ${upper}_INPUTS) continue;
        count = 0;
        ${name}_predict($call);
        for (int j = 0; j < ${upper}_OUTPUTS; j++) printf("%s$print", j ? " " : "", (double)output[j]);
        printf("\\n");
    }
    if (!feof(stdin) || count > 0) {
        fprintf(stderr, "expected ${inputs} numbers for each sample, and nothing else\\n");
        return 1;
    }
    return 0;
}
#endif
"""


def comment_text(text: str) -> str:
    """``text`` without what could end a comment or be anything but ASCII.

    >>> comment_text("model */ 1")
    'model __ 1'
    """
    return re.sub(r"[^A-Za-z0-9 ._-]", "_", text)


def literal(value: Any, dtype: np.dtype[Any]) -> str:
    """A number of this dtype in C, exactly: hexadecimal, which needs no rounding.

    Raises ValueError where it is not finite.

    >>> literal(0.1, np.dtype("float64")), literal(0.1, np.dtype("float32")), literal(-2, np.dtype("float32"))
    ('0x1.999999999999ap-4', '0x1.99999ap-4f', '-0x1p+1f')
    """
    number = float(dtype.type(value))
    if not math.isfinite(number):
        raise ValueError(f"a number of the model is {number} in {dtype}: such a model predicts nothing")
    digits, exponent = number.hex().split("p")
    suffix = "f" if dtype == np.float32 else ""
    return f"{digits.rstrip('0').rstrip('.')}p{exponent}{suffix}"


def table(name: str, values: NDArray[Any], comment: str) -> str:
    """A constant array in C."""
    real, columns = ("float", 6) if values.dtype == np.float32 else ("double", 4)
    numbers = [literal(value, values.dtype) for value in values.reshape(-1)]
    lines = [", ".join(numbers[start : start + columns]) for start in range(0, len(numbers), columns)]
    body = ",\n    ".join(lines)
    return f"\n/* {comment} */\nstatic const {real} {name}[{len(numbers)}] = {{\n    {body}\n}};\n"
