# The kernels of one instruction set: a whole run of training or prediction, for both dtypes, as a table of C functions.
#
# Each module kernels_<name>.pyx includes this file and is compiled with the flags of its instruction set.
cimport numpy as cnp
from cpython.pycapsule cimport PyCapsule_New
from cython cimport floating
from libc.math cimport cos, pow, sin, sqrt
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from fastnn_ext.barrier cimport barrier_wait
from fastnn_ext.losses cimport BINARY_CROSS_ENTROPY, CROSS_ENTROPY, KL_DIVERGENCE
from fastnn_ext.activations cimport TANH
from fastnn_ext.plan cimport (
    ACTIVATION, ADAM, BATCH_NORMALIZATION, CALL_BACKWARD, CALL_FORWARD, CALL_LOSS, COLLECT, DENSE, DROPOUT, FLOAT32, FLOAT64,
    FUNCTION, INT32, Kernels, LAYER_NORMALIZATION, NADAM, NO_ACTIVATION, NOISE, Operation, Parameter, Rows, Rule, Run, SOFTMAX,
)
from fastnn_ext.primitives cimport (
    F32_LANES, F64_LANES, FASTNN_ISA_NAME, activate_row, all_finite, by_column, columns_forward, columns_update,
    compress, descend, fma_loop, f32_PANEL,
    f32_list, f32_rule, f64_PANEL, f64_list, f64_rule, finish_rows, flush_denormals, list_forward, list_update, lists_forward, lower, mark, narrow_update, pack_columns, pack_rows,
    product_columns, restore_denormals, row_backward, softmax_entropy_row, softmax_row, softmax_through_row, take, taken, through_row, unpack_columns, update_bias,
    weights_update,
)
from fastnn_ext.primitives_layers cimport (
    adjust_row, batch_normalize, batch_normalize_back, dropout_row, layer_normalize_back_row, layer_normalize_gradients,
    layer_normalize_row, limit_columns, loss_row, noise_row, normalize_row, random_key, scale_row, shares_entropy_row,
    sigmoid_entropy_row, step_rows,
    sum_rows, through_input_row, uniform, warp,
)
from fastnn_ext.scalars cimport is_finite
from fastnn_ext.update cimport nadam_momentum

# Columns of a wide layer that one thread takes for itself, so that its part of the weights stays in its own cache: the
# panel of the sparse products with the longest vectors.
cdef Py_ssize_t COLUMN_GROUP = 128


# Rows of a prediction below which products wait for memory rather than arithmetic, and zeros are left out in every layer.
cdef Py_ssize_t FEW_ROWS = 4

# Columns of a normalisation come to threads in groups that share no cache line, in either dtype.
cdef Py_ssize_t COLUMNS_APART = 16

# Share of non-zero inputs up to which visiting those alone beats the dense product of many rows.
cdef double SPARSE_ENOUGH = 0.4

include "gathering.pxi"
include "prediction.pxi"
include "first_layer.pxi"
include "updating.pxi"
include "training.pxi"
include "samples.pxi"


# Numbers below the smallest normal one, such as a mean of squares that decays, take a hundred times as long: while a run
# lasts its threads take them for zero.


cdef void train_float(Run* run, int thread, int threads) noexcept nogil:
    cdef unsigned long long mode = flush_denormals(not run.calls_python)
    train(run, thread, threads, <float> 0)
    restore_denormals(mode)


cdef void train_double(Run* run, int thread, int threads) noexcept nogil:
    cdef unsigned long long mode = flush_denormals(not run.calls_python)
    train(run, thread, threads, <double> 0)
    restore_denormals(mode)


cdef void predict_float(Run* run, int thread, int threads) noexcept nogil:
    cdef unsigned long long mode = flush_denormals(not run.calls_python)
    predict(run, thread, threads, <float> 0)
    restore_denormals(mode)


cdef void predict_double(Run* run, int thread, int threads) noexcept nogil:
    cdef unsigned long long mode = flush_denormals(not run.calls_python)
    predict(run, thread, threads, <double> 0)
    restore_denormals(mode)


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


cdef extern from "kernels.h" nogil:
    enum: TILE_ROWS
    enum: DEPTH_BLOCK
    enum: PANEL_VECTORS
    enum: NARROW_VECTORS
    enum: CACHED_BYTES


def constants():
    """The numbers by which these kernels split their work; see `fastnn_ext.config.layout`."""
    return {
        "LANES": (F32_LANES, F64_LANES), "PANEL": (f32_PANEL, f64_PANEL), "TILE_ROWS": TILE_ROWS, "DEPTH_BLOCK": DEPTH_BLOCK,
        "PANEL_VECTORS": PANEL_VECTORS, "NARROW_VECTORS": NARROW_VECTORS, "CACHED_BYTES": CACHED_BYTES,
        "COLUMN_GROUP": COLUMN_GROUP, "COLUMNS_APART": COLUMNS_APART, "FEW_ROWS": FEW_ROWS, "SPARSE_ENOUGH": SPARSE_ENOUGH,
    }
