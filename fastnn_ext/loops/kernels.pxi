# The kernels of one instruction set and number type: a whole run of training or prediction, as a table of C functions.
#
# Each module kernels_<instruction set>_<type>.pyx includes this file and is compiled with the flags of the two.
cimport numpy as cnp
from cpython.pycapsule cimport PyCapsule_New
from libc.math cimport cos, pow, sin, sqrt
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from fastnn_ext.runtime.barrier cimport barrier_wait, fastnn_add, fastnn_store
from fastnn_ext.engine.adjustments cimport Limit, NO_LIMIT, NORMS_OF_COLUMNS, NORMS_OF_ROWS, NOT_NEGATIVE
from fastnn_ext.engine.layout cimport (
    MOST_ROWS_BY_COLUMNS, PIECES_OF_A_THREAD, is_worth_sharing, packed_columns, packed_inputs, packs_update,
    packs_weights, turns_gradient,
)
from fastnn_ext.engine.numbers cimport numbers_as
from fastnn_ext.engine.run cimport (
    CALL_BACKWARD, CALL_FORWARD, CALL_LOSS, Data, FLOAT32, FLOAT64, Head, INT32, Index, NO_ACTIVATION, Operation,
    Parameter, Rows, Rule, Run, Source, UINT8, Updating,
)
from fastnn_ext.runtime.kernels cimport DenseCall, Kernels
from fastnn_ext.tables.enums cimport (
    ACTIVATION, ACTIVITY_PENALTY, ADD, ALPHA_DROPOUT, AVERAGE, BATCH_NORMALIZATION, BINARY_CROSS_ENTROPY, COLLECT,
    CONCATENATE, CROSS_ENTROPY, DENSE, DENSE_ALONG_AXIS, DOT, DROPOUT, EMBEDDING, ENCODING, FUNCTION,
    GAUSSIAN_DROPOUT, LAYER_NORMALIZATION, LOG_SOFTMAX, MAXIMUM, MINIMUM, MOMENTUM, MOMENTUM_STATE, MULTIPLY, NADAM,
    NESTEROV, NOISE, OPERATIONS, PERMUTATION, PRELU, RESCALING, RMS_NORMALIZATION, SGD, SOFTMAX, SQUARES_STATE,
    STANDARDIZATION, STATES, SUBTRACT, UNIT_NORMALIZATION, fastnn_corrected, fastnn_is_summed, fastnn_traits,
)
from fastnn_ext.loops.primitives cimport (
    CACHED_ROWS, FASTNN_ISA_NAME, LANES, NUMBERS, PANEL, activate_row, activation_backward_row, activity_row,
    activity_slope_row, adjust_row, align_rows, aligned_forward, aligned_list_forward, aligned_list_update,
    aligned_update, all_finite, alpha_dropout_row, batch_normalize, batch_normalize_back, by_column, columns_forward,
    columns_update, compress, compress_bytes, derivative_row, descend, dropout_row, finish_rows, flush_denormals,
    fma_loop, forbid_negative, gaussian_dropout_row, input_list, keep_nan, layer_normalize_back_row,
    layer_normalize_gradients, layer_normalize_row, limit_columns, limit_row, list_forward, list_update, lists_forward,
    lists_update, log_softmax_backward_row, log_softmax_row, loss_row, lower, mark, noise_row, normalize_back_row,
    normalize_row, pack_columns, pack_rows, packing_product, parameters, parameters_at, product_columns, random_key,
    real, restore_denormals, row_backward, row_through_weights, scale_row, shares_entropy_row, sigmoid_entropy_row,
    softmax_backward_row, softmax_entropy_row, softmax_row, squared_penalty, step_rows, step_rule, take, taken,
    told_by_output, turned_product, unalign_rows, uniform, unpack_columns, update_bias, warp, weights_update,
)
from fastnn_ext.runtime.scalars cimport is_finite

# Rows below which products wait for memory rather than arithmetic: a prediction leaves out zeros in every layer, and
# gradients go back through the weights as they lie.
cdef Py_ssize_t FEW_ROWS = 4

# Columns of a normalisation come to threads in groups that share no cache line, in either dtype.
cdef Py_ssize_t COLUMNS_OF_A_LINE = 16

# Numbers of a gradient that a single step takes into a buffer at a time.
cdef enum:
    STEPPED_TOGETHER = 256

# Share of non-zero inputs up to which visiting those alone beats the dense product of many rows.
# While a row is listed, the one that comes so much later is on its way from memory.
cdef Py_ssize_t ROWS_AHEAD = 2

cdef double SPARSE_ENOUGH = 0.4

include "passing.pxi"
include "gathering.pxi"
include "first_layer.pxi"
include "../operations/common.pxi"
include "../operations/merges.pxi"
include "../operations/dense.pxi"
include "../operations/activation.pxi"
include "../operations/softmax.pxi"
include "../operations/log_softmax.pxi"
include "../operations/dropout.pxi"
include "../operations/noise.pxi"
include "../operations/function.pxi"
include "../operations/activity_penalty.pxi"
include "../operations/batch_normalization.pxi"
include "../operations/layer_normalization.pxi"
include "../operations/embedding.pxi"
include "../operations/encoding.pxi"
include "../operations/standardization.pxi"
include "../operations/rescaling.pxi"
include "../operations/permutation.pxi"
include "../operations/unit_normalization.pxi"
include "../operations/rms_normalization.pxi"
include "../operations/prelu.pxi"
include "../operations/other_dropouts.pxi"
include "../operations/dense_along_axis.pxi"
include "../tables/descriptors.pxi"
include "losses.pxi"
include "prediction.pxi"
include "updating.pxi"
include "training.pxi"
include "samples.pxi"
include "direct.pxi"


# Numbers below the smallest normal one, such as a mean of squares that decays, take a hundred times as long: while a
# run lasts its threads take them for zero.


cdef void train_plainly(void* given, int thread, int threads) noexcept nogil:
    cdef Run* run = <Run*> given
    cdef unsigned long long mode = flush_denormals(not run.calls_python)
    train(run, thread, threads)
    restore_denormals(mode)


cdef void predict_plainly(void* given, int thread, int threads) noexcept nogil:
    cdef Run* run = <Run*> given
    cdef unsigned long long mode = flush_denormals(not run.calls_python)
    predict(run, thread, threads)
    restore_denormals(mode)


cdef double fma_flops(long rounds) noexcept nogil:
    return fma_loop(rounds)


cdef extern from "loops/kernels.h" nogil:
    enum: TILE_ROWS
    enum: DEPTH_BLOCK
    enum: MOST_STREAMED_ROWS
    enum: STREAMED_NUMBERS
    enum: PANEL_VECTORS
    enum: BY_ROW_VECTORS
    enum: CACHED_BYTES


cdef Kernels kernels
kernels.name = FASTNN_ISA_NAME
kernels.lanes = LANES
kernels.narrow = BY_ROW_VECTORS * LANES
kernels.is_double = sizeof(real) == sizeof(double)
kernels.train = train_plainly
kernels.predict = predict_plainly
kernels.activate = activate_numbers
kernels.derivative = derivative_of_numbers
kernels.activation_backward = activation_backward_of_numbers
kernels.softmax = softmax_rows
kernels.softmax_backward = softmax_backward_of_rows
kernels.log_softmax = log_softmax_rows
kernels.log_softmax_backward = log_softmax_backward_of_rows
kernels.dense_forward = dense_forward_task
kernels.dense_backward_input = dense_backward_input_task
kernels.dense_backward_weights = dense_backward_weights_task
kernels.loss = loss_of_rows
kernels.softmax_loss = loss_of_logits
kernels.step = step_numbers
kernels.all_finite = all_numbers_finite
kernels.fma_flops = fma_flops


def table():
    """The table of this instruction set's kernels, as a capsule for the engine."""
    return PyCapsule_New(&kernels, "fastnn_ext.kernels", NULL)


def constants():
    """The numbers by which these kernels split their work; see `fastnn_ext.runtime.config.layout`."""
    return {
        "LANES": LANES, "PANEL": PANEL, "TILE_ROWS": TILE_ROWS, "DEPTH_BLOCK": DEPTH_BLOCK,
        "CACHED_ROWS": CACHED_ROWS, "PANEL_VECTORS": PANEL_VECTORS, "BY_ROW_VECTORS": BY_ROW_VECTORS,
        "CACHED_BYTES": CACHED_BYTES, "COLUMNS_OF_A_LINE": COLUMNS_OF_A_LINE,
        "FEW_ROWS": FEW_ROWS, "SPARSE_ENOUGH": SPARSE_ENOUGH,
        "MOST_STREAMED_ROWS": MOST_STREAMED_ROWS, "STREAMED_NUMBERS": STREAMED_NUMBERS,
    }
