# The plan and its runs as plain C structs: what the kernels of every instruction set receive.
cimport numpy as cnp
from libc.stdint cimport uint16_t
from fastnn_ext.barrier cimport Barrier


cdef enum OperationKind:
    DENSE = 0           # with the activation behind it, where there is one
    ACTIVATION = 1
    SOFTMAX = 2

cdef enum:
    NO_ACTIVATION = -1
    MAXIMUM_THREADS = 64


cdef struct Operation:
    OperationKind kind
    int activation                  # a member of Activation, or NO_ACTIVATION
    double negative_slope
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    void* weights                   # (fan_in, fan_out), the layer's own array: trained in place
    void* bias                      # (fan_out,)
    void* weights_state[2]          # the optimiser's, in the shape of weights; weights itself where it has none
    void* bias_state[2]
    # In the arena, remade with it:
    void* output                    # (batch, fan_out)
    Py_ssize_t output_row
    void* panels                    # weights packed for products, or NULL where they are read in place


cpdef enum Optimizer:
    SGD = 0
    MOMENTUM = 1
    NESTEROV = 2
    RMSPROP = 3
    ADAM = 4


cdef struct Rule:
    Optimizer optimizer
    double learning_rate
    double beta_1                   # momentum, or the decay of Adam's first moment
    double beta_2                   # rho, or the decay of Adam's second moment
    double epsilon
    double weight_decay             # decoupled, as in AdamW


cdef enum RowKind:
    FLOAT32 = 0
    FLOAT64 = 1
    UINT8 = 2


cdef struct Rows:
    # A matrix of data as the user has it: rows lie `stride` bytes apart, numbers side by side.
    const char* data
    Py_ssize_t stride
    RowKind kind


cdef struct Index:
    # The non-zero numbers of rows that have been seen, kept for later epochs while there is room.
    cnp.npy_intp* starts            # per row; -1: not kept
    int* counts
    uint16_t* columns
    void* values
    Py_ssize_t used
    Py_ssize_t capacity


cdef struct Run:
    Operation* operations
    int operation_count
    Py_ssize_t input_size
    Py_ssize_t output_size
    Rows x
    Py_ssize_t samples
    Py_ssize_t batch_size           # rows that the arena has room for
    bint sparse                     # whether the first layer visits non-zero inputs only
    int threads
    Barrier barrier
    # Training
    Rows y
    const cnp.npy_intp* order       # NULL: as the data comes
    Py_ssize_t start
    Py_ssize_t stop
    int loss
    Rule rule
    long step                       # optimiser steps done before this run
    bint check                      # look for NaN and infinity in the data
    Index* index
    unsigned char* seen             # per input: whether it was ever not zero. NULL: every weight may move
    double total_loss
    Py_ssize_t failed               # first sample of the batch whose loss is not finite; -1: none
    Py_ssize_t bad_sample           # a sample that holds NaN or infinity; -1: none
    # Prediction
    void* result
    Py_ssize_t block                # rows that pass through all layers together
    # The arena
    void* inputs                    # (batch, inputs_row): the batch in the plan's dtype
    Py_ssize_t inputs_row
    void* targets                   # (batch, output_size)
    void* delta                     # (batch, delta_row): the gradient with respect to an operation's output
    void* next_delta
    Py_ssize_t delta_row
    double* row_loss
    char* lists                     # per row: its list of non-zero numbers
    uint16_t* list_columns          # per row: room for a list
    void* list_values
    Py_ssize_t list_row
    char* scratch[MAXIMUM_THREADS]  # each thread's own


ctypedef void (*Task)(Run* run, int thread, int threads) noexcept nogil


cdef struct Kernels:
    const char* name
    int lanes[2]                    # numbers in a vector: float32, float64
    Task train[2]
    Task predict[2]
    double (*fma_flops)(long rounds) noexcept nogil     # float32 operations that so many rounds of the peak loop are


cdef class Plan:
    cdef readonly Py_ssize_t input_size
    cdef readonly Py_ssize_t output_size
    cdef readonly object dtype
    cdef readonly tuple sample_shape
    cdef readonly list places           # for each operation, the number of the add_... call that made it
    cdef list parameters                # keeps the layers' arrays alive while pointers to them are held
    cdef int calls
    cdef bint is_double
    cdef const Kernels* kernels
    cdef Operation* operations
    cdef int operation_count
    cdef Py_ssize_t widest
    cdef Py_ssize_t multiply_adds       # of one sample's forward pass
    cdef char* kept                     # an arena that predictions of few rows use again and again
    cdef Py_ssize_t kept_size
    cdef int kept_in_use
    cdef Operation* append(self, OperationKind kind, Py_ssize_t fan_out) except NULL
    cdef Py_ssize_t samples_in(self, cnp.ndarray x) noexcept
    cdef object predict_rows(self, cnp.ndarray x, Py_ssize_t samples, object out)
    cdef Py_ssize_t panels_size(self, int i) noexcept


cdef Py_ssize_t padded_row(Py_ssize_t size, bint is_double) noexcept nogil
cdef Py_ssize_t aligned(Py_ssize_t size) noexcept nogil
cdef int describe_rows(Rows* rows, cnp.ndarray array, str name, Py_ssize_t columns, bint rows_only) except -1
