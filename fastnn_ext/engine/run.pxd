# The plan and its runs as plain C structs: what the kernels of every instruction set receive.
cimport numpy as cnp
from libc.stdint cimport uint32_t, uint64_t
from fastnn_ext.engine.layout cimport MAXIMUM_THREADS
from fastnn_ext.runtime.barrier cimport Barrier
from fastnn_ext.tables.enums cimport STATES, UpdateRule


cdef enum OperationKind:
    DENSE = 0           # with the activation behind it, where there is one
    ACTIVATION = 1
    SOFTMAX = 2
    DROPOUT = 3
    NOISE = 4
    BATCH_NORMALIZATION = 5
    LAYER_NORMALIZATION = 6
    FUNCTION = 7        # the user's own, in Python

cdef enum:
    NO_ACTIVATION = -1


cdef struct Operation:
    OperationKind kind
    int activation                  # a member of Activation, or NO_ACTIVATION
    double negative_slope           # or the alpha of ELU
    double parameter                # a dropout's rate, a noise's standard deviation, a normalisation's epsilon
    double momentum                 # of moving statistics
    double l1                       # penalties on the weights
    double l2
    double maximum_norm             # of a column of the weights; 0: any
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    bint has_weights                # whether they learn; a dense operation's always do
    bint has_bias
    void* weights                   # (fan_in, fan_out), the layer's own array: trained in place; gamma of a normalisation
    void* bias                      # (fan_out,); beta of a normalisation
    void* moving_mean               # (fan_out,), and the variance, of a batch normalisation
    void* moving_variance
    void* weights_state[STATES]     # the optimiser's, in the shape of weights; weights itself where it has none
    void* bias_state[STATES]
    # In the arena, remade with it:
    void* output                    # (batch, fan_out)
    void* delta                     # the gradient with respect to it, in the same shape
    Py_ssize_t output_row           # numbers from one row of either to the next
    void* panels                    # weights packed for products, or NULL where they are read in place
    void* panels_state[STATES]      # the same of weights_state, where a run trains the panels themselves
    void* weights_gradient          # where gradients are collected before the step, or NULL
    void* bias_gradient
    void* statistics                # of a normalisation: the batch's means and inverse deviations, by column or by row


cdef struct Parameter:
    # One array that learns, for steps that need all gradients first.
    void* values                    # (rows, columns), contiguous, as are the next three
    void* gradient
    void* state[STATES]
    Py_ssize_t rows
    Py_ssize_t columns
    double l1
    double l2
    double maximum_norm
    Py_ssize_t place                # of its first row in the run's row_penalty and row_squares


cdef struct Rule:
    UpdateRule optimizer
    double learning_rate
    double beta_1                   # momentum, or the decay of Adam's first moment
    double beta_2                   # rho, or the decay of Adam's second moment
    double epsilon
    double weight_decay             # decoupled, as in AdamW
    double squares_weight           # of a new square in the mean of squares: 1 - beta_2, or 1 for Adagrad
    double coupled_decay            # times the parameters, added to their gradients
    double momentum_decay           # of Nadam's momentum schedule
    double clip_value               # largest size of a number of a gradient; 0: any
    double clip_norm                # largest norm of one parameter's gradient
    double global_clip_norm         # largest norm of all gradients together


cdef enum RowKind:
    FLOAT32 = 0
    FLOAT64 = 1
    UINT8 = 2
    INT32 = 3                       # class numbers


cdef struct Rows:
    # A matrix of data as the user has it: rows lie `stride` bytes apart, numbers side by side.
    const char* data
    Py_ssize_t stride
    RowKind kind
    bint scaled                     # numbers are read as number * scale + shift
    double scale
    double shift
    # Or a compressed one: its numbers that are not zero, `stride` bytes each, with their columns.
    const uint32_t* columns
    const cnp.npy_intp* starts      # where each row's numbers begin; NULL: not compressed


cdef struct Index:
    # The non-zero numbers of rows that have been seen, kept for later epochs while there is room.
    cnp.npy_intp* starts            # per row; -1: not kept
    int* counts
    uint32_t* columns
    void* values
    Py_ssize_t used
    Py_ssize_t capacity


cdef struct Augmentation:
    # What happens to an image on its way into a batch: each number is the largest that is drawn. 0: none.
    Py_ssize_t height
    Py_ssize_t width
    Py_ssize_t channels
    double rotation                 # radians
    double height_shift             # shares of the image's sides
    double width_shift
    double zoom
    double noise                    # standard deviation
    double fill
    bint horizontal_flip


cdef enum CallKind:
    CALL_FORWARD = 0                # out = f(x)
    CALL_BACKWARD = 1               # out *= f'(x)
    CALL_LOSS = 2                   # out = the gradient of the user's own loss with respect to x, whose value is kept


# Runs a Python function on rows of x, the first of which is number `start` of the run's order; False where it failed, with
# the error kept in the run.
ctypedef bint (*PythonCall)(
    Run* run, int i, CallKind kind, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row, Py_ssize_t start,
    Py_ssize_t rows,
) noexcept nogil


cdef struct Run:
    Operation* operations
    int operation_count
    Py_ssize_t input_size
    Py_ssize_t output_size
    Rows x
    Py_ssize_t samples
    Py_ssize_t batch_size           # rows that the arena has room for
    bint sparse                     # whether the first layer visits non-zero inputs only
    Barrier barrier
    # Training
    Rows y
    const cnp.npy_intp* order       # NULL: as the data comes
    Py_ssize_t start
    Py_ssize_t stop
    int loss
    void* loss_numbers              # what the loss is told beside: output_size + 3 numbers
    bint from_logits                # the loss is that of softmax or sigmoid of the outputs
    bint of_shares                  # a cross-entropy of outputs divided by their sum
    bint through_sigmoid            # the same, and the outputs become probabilities
    bint class_numbers              # y holds one class number a sample
    double target_scale             # label smoothing: target * scale + shift
    double target_shift
    double target_low               # targets below it or above the next are bad
    double target_high
    const double* sample_weight     # NULL: all 1
    void* record                    # (samples, output_size): the outputs that training saw, or NULL
    bint inference                  # no learning: the layers behave as in prediction
    bint separate                   # gradients are collected first, and then the optimiser steps
    bint by_sample                  # plain gradient descent, one sample at a time
    bint softmax_in_loss            # the last operation is a softmax, and is computed along with the loss
    int last                        # the last operation before it
    int first_learning              # the lowest operation with parameters
    bint narrow                     # a sparse first layer so narrow that inputs are not sorted by column for its gradient
    bint sorted                     # one for whose outputs they are sorted, too
    bint in_panels                  # threads train the first layer's columns in panels of their own
    Parameter* parameters           # all that learn, where gradients are collected
    int parameter_count
    const double* learning_rates    # one for each batch of the epoch; NULL: the rule's
    double momentum_product         # of Nadam's momentums so far
    uint64_t seed
    Augmentation augmentation
    bint calls_python               # whether there is a function of the user's; it then sees the processor's usual arithmetic
    PythonCall call
    void* owner                     # what `call` calls: a Plan
    void* loss_function             # the user's own loss, or NULL
    void* error                     # the exception of a Python function, or NULL
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
    void* input_delta               # (batch, inputs_row): the gradient that a normalisation of the inputs writes
    Py_ssize_t widest_row           # numbers from one row to the next in a buffer for any operation
    double* row_loss
    double* row_penalty             # of every row of every parameter, one behind the other
    double* row_squares
    char* lists                     # per row: its list of non-zero numbers
    uint32_t* list_columns          # per row: room for a list
    void* list_values
    Py_ssize_t list_row
    char* scratch[MAXIMUM_THREADS]  # each thread's own, and where in it the inputs sorted by column begin
    Py_ssize_t sorted_inputs
