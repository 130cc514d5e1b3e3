"""The table of bindings: each that returns new arrays, with its definition in float64 NumPy and random inputs.

A new binding gets one entry in ``KERNELS``, and is then tested on every dtype, size and memory layout.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fastnn import activations
from fastnn.activations.registry import ACTIVATIONS
from fastnn.registry import Without
from fastnn_ext.bindings import dense, losses, softmax
from fastnn_ext.bindings.activations import activation_gradient
from fastnn_ext.tables.enums import Activation, Loss

SIZES = (
    (1, 1, 1),
    (1, 7, 17),
    (7, 17, 1),
    (17, 1, 7),
    (7, 1000, 17),
    (1, 17, 1000),
    (1000, 7, 17),
    (1, 1000, 1000),
)
EMPTY_SIZES = ((0, 7, 17), (7, 0, 17), (7, 17, 0))


# The mathematics, in float64.


def sigmoid(x):
    return ACTIVATIONS["sigmoid"].function(x)


def softmax_rows(x):
    return ACTIVATIONS["softmax"].function(x)


def softmax_jacobian_product(dy, y):
    jacobian = np.stack([np.diag(row) - np.outer(row, row) for row in y])
    return np.einsum("bij,bj->bi", jacobian, dy)


def mse_value(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2)


def mse_gradient(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_pred.size


def cross_entropy_value(y_true, y_pred):
    return -np.sum(y_true * np.log(y_pred)) / len(y_pred)


def cross_entropy_gradient(y_true, y_pred):
    return -y_true / y_pred / len(y_pred)


def softmax_mse(y_true, logits):
    y = softmax_rows(logits)
    return mse_value(y_true, y), softmax_jacobian_product(mse_gradient(y_true, y), y)


def softmax_cross_entropy(y_true, logits):
    y = softmax_rows(logits)
    return cross_entropy_value(y_true, y), softmax_jacobian_product(cross_entropy_gradient(y_true, y), y)


# The activations of the engine, the numbers that tests give them, their formulas and derivatives in float64.
KINDS = {kind.engine: kind for kind in ACTIVATIONS if not isinstance(kind.engine, Without)}
NUMBERS = {number: tuple(parameter.example for parameter in kind.parameters) for number, kind in KINDS.items()}
(SLOPE,) = NUMBERS[Activation.LEAKY_RELU]


def with_numbers(kind, formula):
    return lambda x: formula(x, *NUMBERS[kind])


FUNCTIONS = {
    number: (with_numbers(number, kind.function), with_numbers(number, kind.derivative))
    for number, kind in KINDS.items()
}
# f'(x) from f(x): the inverse of f where it has one, the sign where it has none.
SLOPES_FROM_OUTPUT = {
    number: with_numbers(number, kind.from_output) for number, kind in KINDS.items() if kind.from_output is not None
}


# Random inputs of a (batch, fan_in, fan_out), in float64.


def one_matrix(rng, batch, fan_in, fan_out):
    return (rng.normal(size=(batch, fan_out)),)


def error_and_activation(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_out)), rng.uniform(-1, 1, size=(batch, fan_out))


def two_probabilities(rng, batch, fan_in, fan_out):
    return tuple(softmax_rows(rng.normal(size=(batch, fan_out))) for _ in range(2))


def error_and_probabilities(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_out)), softmax_rows(rng.normal(size=(batch, fan_out)))


def error_and_logarithms(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_out)), np.log(softmax_rows(rng.normal(size=(batch, fan_out))))


def probabilities_and_logits(rng, batch, fan_in, fan_out):
    return softmax_rows(rng.normal(size=(batch, fan_out))), rng.normal(size=(batch, fan_out))


def layer_input(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_in)), rng.normal(size=(fan_in, fan_out)), rng.normal(size=(1, fan_out))


def error_and_weights(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_out)), rng.normal(size=(fan_in, fan_out))


def error_and_input(rng, batch, fan_in, fan_out):
    return rng.normal(size=(batch, fan_out)), rng.normal(size=(batch, fan_in))


@dataclass(frozen=True)
class Kernel:
    """A binding: how to call it, what it means, and how large its rounding errors may grow.

    ``terms(batch, fan_in, fan_out)`` is the length of its longest sum, ``magnitude(*inputs)`` the sum of its terms'
    absolute values. The result has the dtype of the input number ``lead``. Layouts must not change a bit.
    """

    name: str
    call: Callable
    reference: Callable
    make: Callable
    arguments: tuple[str, ...]
    lead: int
    magnitude: Callable
    terms: Callable = lambda batch, fan_in, fan_out: 1
    allows_empty: bool = False

    def results(self, *inputs):
        return as_tuple(self.call(*inputs))

    def tolerances(self, sizes, inputs, dtype):
        # A sum of n terms is off by at most n eps times the sum of their absolute values; 16 more for the functions
        # of libm (an ulp or two) and for an exponent's own error, eps |x|, on inputs of |x| < 6.
        eps = np.finfo(dtype).eps
        return [eps * (self.terms(*sizes) + 16) * np.asarray(m) for m in as_tuple(self.magnitude(*inputs))]


def as_tuple(result):
    return result if isinstance(result, tuple) else (result,)


def elementwise_kernels():
    for kind, (function, derivative) in FUNCTIONS.items():
        name = kind.name.lower()
        forward, prime = getattr(activations, name), getattr(activations, f"{name}_prime")
        extra = NUMBERS[kind]
        for binding, reference in ((forward, function), (prime, derivative)):
            yield Kernel(
                binding.__name__,
                lambda x, binding=binding, extra=extra: binding(x, *extra),
                reference,
                one_matrix,
                ("x",),
                0,
                lambda x: 1 + np.abs(x),
                allows_empty=True,
            )
        if kind not in SLOPES_FROM_OUTPUT:
            continue
        yield Kernel(
            f"activation_gradient-{name}",
            lambda dy, y, kind=kind: activation_gradient(dy, y, kind, *NUMBERS[kind]),
            lambda dy, y, kind=kind: dy * SLOPES_FROM_OUTPUT[kind](y),
            error_and_activation,
            ("output_error", "output"),
            1,
            lambda dy, y: np.abs(dy),
            allows_empty=True,
        )


KERNELS = (
    *elementwise_kernels(),
    Kernel(
        "softmax",
        softmax.softmax,
        softmax_rows,
        one_matrix,
        ("logits",),
        0,
        softmax_rows,
        lambda batch, fan_in, fan_out: fan_out,
    ),
    Kernel(
        "softmax_gradient",
        softmax.softmax_gradient,
        softmax_jacobian_product,
        error_and_probabilities,
        ("output_error", "output"),
        1,
        lambda dy, y: y * (np.abs(dy) + np.sum(np.abs(dy) * y, axis=1, keepdims=True)),
        lambda batch, fan_in, fan_out: fan_out,
    ),
    Kernel(
        "log_softmax",
        softmax.log_softmax,
        lambda x: np.log(softmax_rows(x)),
        one_matrix,
        ("logits",),
        0,
        lambda x: 1 + np.abs(np.log(softmax_rows(x))),
        lambda batch, fan_in, fan_out: fan_out,
    ),
    Kernel(
        "log_softmax_gradient",
        softmax.log_softmax_gradient,
        lambda dy, y: dy - np.exp(y) * dy.sum(axis=1, keepdims=True),
        error_and_logarithms,
        ("output_error", "output"),
        1,
        lambda dy, y: np.abs(dy) + np.exp(y) * (1 - y) * np.sum(np.abs(dy), axis=1, keepdims=True),
        lambda batch, fan_in, fan_out: fan_out,
    ),
    Kernel(
        "dense_forward",
        dense.dense_forward,
        lambda x, w, b: x @ w + b,
        layer_input,
        ("input", "weights", "bias"),
        1,
        lambda x, w, b: np.abs(x) @ np.abs(w) + np.abs(b),
        lambda batch, fan_in, fan_out: fan_in,
        allows_empty=True,
    ),
    Kernel(
        "dense_backward_input",
        dense.dense_backward_input,
        lambda dy, w: dy @ w.T,
        error_and_weights,
        ("output_error", "weights"),
        1,
        lambda dy, w: np.abs(dy) @ np.abs(w).T,
        lambda batch, fan_in, fan_out: fan_out,
        allows_empty=True,
    ),
    Kernel(
        "dense_backward_parameters",
        dense.dense_backward_parameters,
        lambda dy, x: (x.T @ dy, dy.sum(axis=0, keepdims=True)),
        error_and_input,
        ("output_error", "input"),
        0,
        lambda dy, x: (np.abs(x).T @ np.abs(dy), np.abs(dy).sum(axis=0, keepdims=True)),
        lambda batch, fan_in, fan_out: batch,
        allows_empty=True,
    ),
    Kernel(
        "mse",
        losses.mse,
        mse_value,
        two_probabilities,
        ("y_true", "y_pred"),
        1,
        lambda t, p: np.mean((np.abs(t) + np.abs(p)) ** 2),
        lambda batch, fan_in, fan_out: 1,
    ),
    Kernel(
        "mse_prime",
        losses.mse_prime,
        mse_gradient,
        two_probabilities,
        ("y_true", "y_pred"),
        1,
        lambda t, p: 2 * (np.abs(t) + np.abs(p)) / p.size,
    ),
    Kernel(
        "cross_entropy",
        losses.cross_entropy,
        cross_entropy_value,
        two_probabilities,
        ("y_true", "y_pred"),
        1,
        # A row of one class has probability 1, whose logarithm is an error of eps and no more.
        lambda t, p: np.sum(t * (1 - np.log(p))) / len(p),
    ),
    Kernel(
        "cross_entropy_prime",
        losses.cross_entropy_prime,
        cross_entropy_gradient,
        two_probabilities,
        ("y_true", "y_pred"),
        1,
        lambda t, p: t / p / len(p),
    ),
    Kernel(
        "softmax_with_loss-cross_entropy",
        lambda t, x: losses.softmax_with_loss(t, x, Loss.CROSS_ENTROPY),
        softmax_cross_entropy,
        probabilities_and_logits,
        ("y_true", "logits"),
        1,
        lambda t, x: (np.sum(t * (1 - np.log(softmax_rows(x)))) / len(x), (softmax_rows(x) + t) / len(x)),
        lambda batch, fan_in, fan_out: fan_out,
    ),
    Kernel(
        "softmax_with_loss-mse",
        lambda t, x: losses.softmax_with_loss(t, x, Loss.MEAN_SQUARED_ERROR),
        softmax_mse,
        probabilities_and_logits,
        ("y_true", "logits"),
        1,
        lambda t, x: (np.mean((t + softmax_rows(x)) ** 2), 4 * softmax_rows(x) / x.size),
        lambda batch, fan_in, fan_out: fan_out,
    ),
)


# The same numbers, laid out in memory in every way that NumPy allows.


def strided(array):
    holder = np.full([2 * n for n in array.shape], np.nan, dtype=array.dtype)
    view = holder[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def reversed_rows(array):
    return array[::-1].copy()[::-1]


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def unaligned(array):
    holder = np.zeros(array.nbytes + 1, dtype=np.uint8)
    view = holder[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


def byte_swapped(array):
    return array.astype(array.dtype.newbyteorder())


LAYOUTS = (strided, reversed_rows, read_only, unaligned, byte_swapped, np.asfortranarray)


def numerical_gradient(function, x, step=1e-6):
    """Central differences of a scalar function, in float64: off by about step**2 and 1e-16 / step."""
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[index] += step
        below[index] -= step
        gradient[index] = (function(above) - function(below)) / (2 * step)
    return gradient


def said_by(code):
    """What a Python of its own prints for code that must not crash this one; a crash is its negative exit status."""
    imports = (
        "import numpy as np\n"
        "from fastnn_ext.bindings.activations import *\nfrom fastnn_ext.bindings.dense import *\n"
        "from fastnn_ext.bindings.losses import *\nfrom fastnn_ext.engine.plan import *\n"
        "from fastnn_ext.bindings.softmax import *\nfrom fastnn_ext.tables.enums import *\n"
        "from fastnn_ext.engine.training import *\nfrom fastnn_ext.bindings.update import *\n"
    )
    done = subprocess.run([sys.executable, "-c", imports + code], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
