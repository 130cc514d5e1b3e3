# A plan and its runs as plain C structs: what the kernels of every instruction set receive.
cimport numpy as cnp
from libc.stdint cimport uint32_t, uint64_t
from fastnn_ext.engine.adjustments cimport Limit, Penalty
from fastnn_ext.engine.layout cimport MAXIMUM_THREADS
from fastnn_ext.engine.numbers cimport Numbers
from fastnn_ext.runtime.barrier cimport Barrier
from fastnn_ext.tables.enums cimport STATES, UpdateRule


cdef enum:
    NO_ACTIVATION = -1


cdef struct Edge:
    # One input of an operation.
    int source                      # the operation whose output it is; -1 - k: input k of the plan
    bint adds                       # in training, its gradient is added to what is there already


cdef struct Operation:
    int kind                        # a member of OperationKind
    int activation                  # a member of Activation, or NO_ACTIVATION
    Numbers numbers                 # the activation's, such as the slope of leaky ReLU
    double parameter                # a dropout's rate, a noise's standard deviation, a normalisation's epsilon
    double momentum                 # of moving statistics
    double l1                       # penalties on the weights; of an activity penalty, on its output
    double l2
    Penalty bias_penalty
    Limit limit                     # of the weights
    Limit bias_limit
    Py_ssize_t fan_in               # numbers in a row of the input, or of all inputs side by side
    Py_ssize_t fan_out
    Py_ssize_t width                # numbers of the last axis, where an operation goes along it; or of an encoding
    Py_ssize_t weight_rows          # of the weights; a vector is one row
    Py_ssize_t weight_columns
    const Py_ssize_t* order         # of a permutation: the number of the input that each of the output is
    int first_edge                  # its inputs are edges[first_edge : first_edge + input_count]
    int input_count
    int consumers                   # how many edges its output is the source of
    int judged                      # how many of the plan's outputs it is
    int slot                        # in prediction, the buffer that its output goes to
    int twin                        # the first operation with the same weights, where that is an earlier one; -1: none
    int pair                        # the number of its two arrays among the plan's parameters; -1: none
    bint has_weights                # whether they learn; a dense operation's do where it is not frozen
    bint has_bias
    bint frozen                     # in this run its arrays stay as they are; neither of the two above is set then
    void* weights                   # (weight_rows, weight_columns), the layer's own array: trained in place; or gamma
    void* bias                      # (weight_columns,); beta of a normalisation
    void* moving_mean               # (width,), and the variance, of a batch normalisation or a standardisation
    void* moving_variance
    # Of a training:
    void* weights_state[STATES]     # the optimiser's, in the shape of weights; weights itself where it has none
    void* bias_state[STATES]
    bint needs_gradient             # whether the gradient with respect to its output is asked for
    bint in_loss                    # a softmax that is computed along with the loss
    bint by_columns                 # threads share its columns: each keeps its part of the weights in its own cache
    bint passes_activation          # who takes its output brings the gradient back through its activation, too
    int buffer                      # where its gradient lies, which others may use before or after it; -1: nowhere
    # In the arena, remade with it:
    void* output                    # (batch, fan_out)
    void* delta                     # the gradient with respect to it, in the same shape
    Py_ssize_t output_row           # numbers from one row of either to the next
    void* panels                    # weights packed for products, or NULL where they are read in place
    void* panels_state[STATES]      # the same of weights_state, where a run trains the panels themselves
    void* weights_gradient          # where gradients are collected before the optimiser's step, or NULL
    void* bias_gradient
    Py_ssize_t* entries             # of a table: where each row's gradient lies in this batch; -1: it has none
    # Of a table: for each category of the batch the row that it was the first to change, or -1; and what that row held.
    # NULL: nobody asks.
    Py_ssize_t* changed
    void* before
    bint clears                     # it is the first of its batch to collect gradients of its table
    Py_ssize_t first_row            # of its weights among the arena's sums of rows
    # Of a normalisation: the batch's means and inverse deviations, by column or by row. Of a dense operation along the
    # last axis: gradients and inputs, a row for each position.
    void* statistics
    double* row_penalty             # of an activity penalty: (batch,)


cdef struct Parameter:
    # One array that learns, for optimisers that need all gradients first.
    void* values                    # (rows, columns), contiguous, as are the next
    void* gradient
    void* state[STATES]
    Py_ssize_t rows
    Py_ssize_t columns
    double l1
    double l2
    Limit limit
    Py_ssize_t place                # of its first row in the arena's row_penalty and row_squares
    const Py_ssize_t* entries       # of a table: rows where it is negative stay as they are; NULL: all may move


cdef struct Rule:
    UpdateRule optimizer
    double learning_rate
    double beta_1                   # momentum, or the decay of Adam's first moment
    double beta_2                   # rho, or the decay of Adam's second moment
    double epsilon
    bint epsilon_hat                # it is added to the root of squares before that is corrected for its start
    bint epsilon_inside             # in RMSprop and Adagrad it is added to squares before their root is taken
    bint rate_in_velocity           # the velocity of momentum is one of steps, as in Keras, and not one of gradients
    double weight_decay             # decoupled, as in AdamW
    double squares_weight           # of a new square in the mean of squares: 1 - beta_2, or 1 for Adagrad
    double coupled_decay            # times the parameters, added to their gradients
    double momentum_decay           # of Nadam's momentum schedule
    double clip_value               # largest size of a number of a gradient; 0: any
    double clip_norm                # largest norm of one parameter's gradient
    double global_clip_norm         # largest norm of all gradients together


cdef struct Updating:
    # How parameters change.
    Rule rule
    const double* learning_rates    # one for each batch of the epoch; NULL: the rule's
    const double* penalty_scales    # what penalties are multiplied by, one for each batch of the epoch; NULL: all 1
    long step                       # optimiser steps done before this run
    double momentum_product         # of Nadam's momentums so far
    bint collects                   # gradients are collected first, and then the optimiser steps
    bint adjusts                    # penalties, clipping or coupled decay change collected gradients
    bint given                      # gradients are there already: the optimiser steps by them, and that is all
    bint steps_with_penalties       # those of squared weights are part of its step, and no others are there
    Parameter* parameters           # all that learn, where gradients are collected
    int parameter_count


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


cdef struct Source:
    # One input of the plan.
    Rows rows
    Py_ssize_t size                 # numbers of a sample
    Py_ssize_t offset               # where they begin in a row of the batch
    Py_ssize_t categories           # its numbers are whole, from 0 up and below this; 0: any
    int consumers                   # how many edges it is the source of
    int slot                        # in prediction, the buffer that its rows are converted into
    bint needs_gradient             # whether that with respect to it is asked for
    void* delta                     # where that goes: (batch, size)


cdef struct Data:
    # What is read, and in which order.
    Source* sources
    int source_count
    Py_ssize_t samples
    const cnp.npy_intp* order       # NULL: as the data comes
    Py_ssize_t start
    Py_ssize_t stop
    bint check                      # look for NaN and infinity
    Index* index
    unsigned char* seen             # per input: whether it was ever not zero. NULL: every weight may move
    Augmentation augmentation
    uint64_t seed                   # of augmentation, dropout and noise
    const cnp.npy_intp* row_numbers     # by which rows of a batch draw; NULL: their places in it


cdef struct Head:
    # One output of the plan, and how it is judged.
    int operation                   # whose output it is; -1 - k: input k of the plan
    Py_ssize_t size
    # Prediction
    void* result                    # (samples, size)
    # Training
    int last                        # whose output the loss is differentiated by: before a softmax that is in the loss
    bint adds                       # the gradient is added to that of another loss
    Rows y
    Py_ssize_t target_offset        # where the targets begin in a row of the arena's targets
    bint class_numbers              # y holds one class number a sample
    double target_scale             # label smoothing: target * scale + shift
    double target_shift
    double target_low               # targets below it or above the next are bad
    double target_high
    int loss
    void* loss_numbers              # what the loss is told beside: size + 3 numbers
    double weight                   # of this loss among those of other outputs
    bint from_logits                # the loss is that of softmax or sigmoid of the outputs
    bint of_shares                  # a cross-entropy of outputs divided by their sum
    bint softmax_in_loss            # the output's softmax is computed along with the loss
    bint through_sigmoid            # the same of a sigmoid
    void* function                  # the user's own loss, or NULL
    bint given                      # y holds the gradient with respect to the outputs: there is no loss
    const double* sample_weight     # NULL: all 1
    double* row_loss                # (batch,)
    void* record                    # (samples, size): the outputs that training saw, or NULL
    double batch_loss               # the sum over the batch, and over the run
    double total_loss


cdef struct FirstLayer:
    # How the first operation takes its inputs where it is a dense one, see loops/first_layer.pxi.
    bint sparse                     # it visits non-zero inputs only
    bint lists_only                 # and is so small that they are not sorted by column for its gradient
    bint sorted                     # and so wide that they are sorted for its outputs, too
    bint in_panels                  # threads train its columns in panels of their own
    # Its weights in aligned rows, see operations/narrow.h; NULL: as they lie. Numbers of whole vectors in such a row,
    # and of what is left of it.
    void* aligned
    Py_ssize_t whole_row
    Py_ssize_t rest_row
    bint moved                      # they are in panels or in aligned rows since the samples before,
    bint stays                      # and stay there for the samples to come


cdef struct Arena:
    # The memory of a run, each buffer on its own cache lines.
    void* inputs                    # (batch, inputs_row): the batch in the plan's dtype
    Py_ssize_t inputs_row
    void* targets                   # (batch, targets_row)
    Py_ssize_t targets_row
    void* spare                     # (batch, spare_row): a gradient that is added to another, or that nobody asks for
    Py_ssize_t spare_row
    Py_ssize_t widest_row           # numbers from one row to the next in a buffer for any operation
    double* row_penalty             # of every row of every parameter, one behind the other; see `first_row`
    double* row_squares
    char* lists                     # per row: its list of non-zero numbers
    uint32_t* list_columns          # per row: room for a list
    void* list_values
    Py_ssize_t list_row
    char* scratch[MAXIMUM_THREADS]  # each thread's own
    Py_ssize_t sorted_inputs        # where in it the inputs sorted by column begin,
    Py_ssize_t values               # and the places of all operations' outputs
    int slots                       # buffers that a prediction uses in turn
    Py_ssize_t block                # rows of a prediction that pass through all operations together
    Py_ssize_t own_blocks           # of each thread, at least
    Py_ssize_t panels               # bytes from a prediction's scratch to the weights that a block packs,
    Py_ssize_t panels_size          # of which it has so many, for each thread where these share columns


cdef struct Outcome:
    double total_loss
    Py_ssize_t failed               # first sample of the batch whose loss is not finite; -1: none
    Py_ssize_t bad_sample           # a sample that holds NaN or infinity; -1: none
    int claimed                     # pieces of a prediction, or of an operation, that threads have taken
    void* error                     # the exception of a Python function, or NULL
    # On the way back, for other threads to read: dense operations from this one on have left their gradients.
    int done_from


cdef enum CallKind:
    CALL_FORWARD = 0                # out = f(x)
    CALL_BACKWARD = 1               # out *= f'(x)
    CALL_LOSS = 2                   # out = the gradient of the user's own loss with respect to x, whose value is kept


# Runs a Python function on rows of x, the first of which is number `start` of the run's order; False where it failed,
# with the error kept in the run. `i` is an operation, or the head whose loss it is.
ctypedef bint (*PythonCall)(
    Run* run, int i, CallKind kind, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row, Py_ssize_t start,
    Py_ssize_t rows,
) noexcept nogil


cdef struct Run:
    Operation* operations           # in topological order
    int operation_count
    Edge* edges
    Head* heads
    int head_count
    Data data
    Updating updating
    FirstLayer first
    Arena arena
    Outcome outcome
    Barrier barrier
    Py_ssize_t batch_size           # rows that the arena has room for
    bint inference                  # no learning: operations behave as in prediction
    bint by_sample                  # plain gradient descent, one sample at a time
    bint by_columns                 # a prediction in which threads share the columns of large dense operations
    int listed                      # there: whether the one that comes visits lists; -1: a number is not finite
    bint at_once                    # a dense operation's weights change as soon as its gradient has passed
    int first_learning              # the lowest operation that needs its gradient
    bint calls_python               # a function of the user's takes part, and sees the processor's usual arithmetic
    PythonCall call
    void* owner                     # what `call` calls: a Plan
