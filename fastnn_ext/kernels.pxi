# The kernels of one instruction set: a whole run of training or prediction, for both dtypes, as a table of C functions.
#
# Each module kernels_<name>.pyx includes this file and is compiled with the flags of its instruction set.
cimport numpy as cnp
from cpython.pycapsule cimport PyCapsule_New
from cython cimport floating
from libc.math cimport log, pow, sqrt
from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memcpy

from fastnn_ext.barrier cimport barrier_wait
from fastnn_ext.losses cimport CROSS_ENTROPY, smallest_probability
from fastnn_ext.plan cimport (
    ADAM, DENSE, ACTIVATION, FLOAT32, FLOAT64, Kernels, NO_ACTIVATION, Operation, RMSPROP, Rows, Rule, Run, SGD, SOFTMAX,
)
from fastnn_ext.primitives cimport (
    F32_LANES, F64_LANES, FASTNN_ISA_NAME, activate_row, all_finite, by_column, columns_update, compress, descend, fma_loop, f32_PANEL,
    f32_list, f32_rule, f64_PANEL, f64_list, f64_rule, list_forward, list_update, lists_forward, narrow_update, pack_columns, pack_rows,
    product_columns, row_backward, softmax_entropy_row, softmax_row, softmax_through_row, squares_row, take, through_row,
    update_bias, weights_update,
)
from fastnn_ext.scalars cimport is_finite

# Columns of a wide layer that one thread takes for itself, so that its part of the weights stays in its own cache: the
# panel of the sparse products with the longest vectors.
cdef Py_ssize_t COLUMN_GROUP = 128

# Widest layer whose sparse gradient is collected row by row rather than column by column, if four vectors hold a row.
cdef Py_ssize_t NARROW = 48

# Rows of a prediction below which products wait for memory rather than arithmetic, and zeros are left out in every layer.
cdef Py_ssize_t FEW_ROWS = 4

# Share of non-zero inputs up to which visiting those alone beats the dense product of many rows.
cdef double SPARSE_ENOUGH = 0.4

include "gathering.pxi"
include "training.pxi"
include "samples.pxi"
include "prediction.pxi"


cdef void train_float(Run* run, int thread, int threads) noexcept nogil:
    train(run, thread, threads, <float> 0)


cdef void train_double(Run* run, int thread, int threads) noexcept nogil:
    train(run, thread, threads, <double> 0)


cdef void predict_float(Run* run, int thread, int threads) noexcept nogil:
    predict(run, thread, threads, <float> 0)


cdef void predict_double(Run* run, int thread, int threads) noexcept nogil:
    predict(run, thread, threads, <double> 0)


cdef double fma_flops(long rounds) noexcept nogil:
    return fma_loop(rounds)


cdef Kernels kernels
kernels.name = FASTNN_ISA_NAME
kernels.lanes[0] = F32_LANES
kernels.lanes[1] = F64_LANES
kernels.train[0] = train_float
kernels.train[1] = train_double
kernels.predict[0] = predict_float
kernels.predict[1] = predict_double
kernels.fma_flops = fma_flops


def table():
    """The table of this instruction set's kernels, as a capsule for the engine."""
    return PyCapsule_New(&kernels, "fastnn_ext.kernels", NULL)
