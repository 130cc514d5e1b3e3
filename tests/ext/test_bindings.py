"""Every binding of the table against its definition: all dtypes, sizes and memory layouts."""

import numpy as np
import pytest
from binding_table import EMPTY_SIZES, KERNELS, LAYOUTS, SIZES, as_tuple
from cases import case

DTYPES = (np.float32, np.float64)
every_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)


def inputs_of(kernel, sizes, dtype=np.float64, seed=0):
    return tuple(array.astype(dtype) for array in kernel.make(np.random.default_rng(seed), *sizes))


@every_kernel
@every_dtype
def test_matches_its_definition(kernel, dtype):
    for sizes in SIZES + EMPTY_SIZES * kernel.allows_empty:
        with case(kernel.name, sizes):
            assert_matches(kernel, sizes, dtype)


def assert_matches(kernel, sizes, dtype):
    inputs = inputs_of(kernel, sizes, dtype)
    before = [array.copy() for array in inputs]
    results = kernel.results(*inputs)

    exact = [array.astype(np.float64) for array in inputs]
    expected = as_tuple(kernel.reference(*exact))
    assert len(results) == len(expected)
    for number, (result, right, tolerance) in enumerate(
        zip(results, expected, kernel.tolerances(sizes, exact, dtype), strict=True)
    ):
        told = f"{kernel.name} result {number} for sizes {sizes} in {dtype.__name__}"
        if isinstance(result, float):
            assert np.ndim(right) == 0, told
        else:
            assert result.shape == np.shape(right), told
            assert result.dtype == dtype, told
            assert result.flags.c_contiguous, told
        error = np.abs(np.asarray(result, dtype=np.float64) - right)
        assert np.all(error <= tolerance), (
            f"{told}: off by {np.max(error, initial=0)}, allowed {np.max(tolerance, initial=0)}"
        )
    for argument, array, old in zip(kernel.arguments, inputs, before, strict=True):
        assert np.array_equal(array, old), f"{kernel.name} changed its argument {argument}"


@every_kernel
@every_dtype
def test_memory_layout_changes_no_bit(kernel, dtype):
    for sizes in ((7, 17, 5), (1, 3, 1)):
        inputs = inputs_of(kernel, sizes, dtype)
        expected = kernel.results(*inputs)
        for layout in LAYOUTS:
            with case(layout, sizes):
                assert_same_bits(kernel, inputs, expected, layout)


def assert_same_bits(kernel, inputs, expected, layout):
    everywhere = tuple(layout(array) for array in inputs)
    variants = [everywhere] + [
        tuple(everywhere[i] if i == j else array for i, array in enumerate(inputs)) for j in range(len(inputs))
    ]
    for variant in variants:
        kept = [array.copy() for array in variant]
        for result, right in zip(kernel.results(*variant), expected, strict=True):
            assert np.array_equal(result, right), kernel.name
            assert np.asarray(result).dtype == np.asarray(right).dtype, kernel.name
        assert all(np.array_equal(array, old) for array, old in zip(variant, kept, strict=True)), kernel.name


@every_kernel
@pytest.mark.parametrize("convert", [np.ndarray.tolist, tuple], ids=["lists", "tuple of rows"])
def test_sequences_are_float64(kernel, convert):
    inputs = inputs_of(kernel, (7, 17, 5))
    for result, right in zip(kernel.results(*map(convert, inputs)), kernel.results(*inputs), strict=True):
        assert np.array_equal(result, right), kernel.name
        assert np.asarray(result).dtype == np.float64, kernel.name


@every_kernel
def test_other_real_dtypes_become_float64(kernel):
    for dtype in ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "g", ">i4"):
        with case(dtype):
            rng = np.random.default_rng(1)
            # One and two only (True for bool): positive for the logarithms, exact in every dtype.
            inputs = tuple(rng.integers(1, 3, size=a.shape).astype(dtype) for a in kernel.make(rng, 7, 17, 5))
            expected = kernel.results(*(array.astype(np.float64) for array in inputs))
            for result, right in zip(kernel.results(*inputs), expected, strict=True):
                assert np.array_equal(result, right), (kernel.name, dtype)
                assert np.asarray(result).dtype == np.float64, (kernel.name, dtype)


@pytest.mark.parametrize("kernel", [k for k in KERNELS if len(k.arguments) > 1], ids=lambda kernel: kernel.name)
@every_dtype
def test_the_result_has_the_dtype_of_one_named_argument(kernel, dtype):
    other = np.float64 if dtype == np.float32 else np.float32
    inputs = inputs_of(kernel, (7, 17, 5), np.float32)
    mixed = tuple(a.astype(dtype if i == kernel.lead else other) for i, a in enumerate(inputs))
    expected = kernel.results(*(a.astype(dtype) for a in inputs))
    for result, right in zip(kernel.results(*mixed), expected, strict=True):
        assert np.array_equal(result, right), (kernel.name, dtype.__name__)
        assert np.asarray(result).dtype == np.asarray(right).dtype, (kernel.name, dtype.__name__)


@every_kernel
def test_what_is_not_a_real_number_is_a_type_error_naming_the_argument(kernel):
    for dtype in ("O", "c8", "c16", "U8", "S8", "M8[s]", "m8[s]"):
        with case(dtype):
            inputs = inputs_of(kernel, (3, 2, 4))
            for wrong, argument in enumerate(kernel.arguments):
                arrays = list(inputs)
                arrays[wrong] = np.ones(inputs[wrong].shape, dtype="i8").astype(dtype)
                words = rf"^{argument} must hold real numbers, but its dtype is .*convert it"
                with pytest.raises(TypeError, match=words):
                    kernel.call(*arrays)


@pytest.mark.parametrize("kernel", [k for k in KERNELS if len(k.arguments) > 1], ids=lambda kernel: kernel.name)
def test_shapes_that_do_not_fit_are_a_value_error_naming_argument_and_shape(kernel):
    inputs = inputs_of(kernel, (3, 2, 4))
    for wrong, argument in enumerate(kernel.arguments):
        arrays = list(inputs)
        arrays[wrong] = np.ones((5, 6))
        with pytest.raises(ValueError, match=r"must") as caught:
            kernel.call(*arrays)
        message = str(caught.value)
        # Either side of the misfit may be the one that is described.
        assert any(str(array.shape) in message for array in arrays), (kernel.name, argument, message)
        assert argument in message, (kernel.name, argument, message)
