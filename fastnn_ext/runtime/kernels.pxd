# The table of C functions that every module of kernels fills, one for each instruction set and number type.
from fastnn_ext.runtime.barrier cimport Barrier


# A whole run, see engine/run.pxd, of which each thread does its part.
ctypedef void (*Task)(void* run, int thread, int threads) noexcept nogil


cdef struct DenseCall:
    # One dense layer's forward or backward pass on whole arrays, all contiguous.
    void* y                         # (rows, fan_out): the output, or the gradient with respect to it
    void* x                         # (rows, fan_in): the input, or the gradient with respect to it
    void* weights                   # (fan_in, fan_out)
    void* bias                      # (fan_out,)
    Py_ssize_t rows
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    bint step                       # whether weights and bias step by their gradients, rather than become these
    double learning_rate
    void* packed                    # room for what is laid out anew, or NULL
    Barrier barrier


cdef struct Kernels:
    const char* name
    bint is_double                  # whether numbers are float64, else float32
    int lanes                       # numbers in a vector
    int narrow                      # columns of a narrow layer at most, see operations/narrow.h
    Task train
    Task predict
    # Elementwise, y may be x; the numbers, ACTIVATION_NUMBERS of them, are the activation's.
    void (*activate)(void* y, const void* x, int activation, const void* numbers, Py_ssize_t count) noexcept nogil
    void (*derivative)(void* slope, const void* x, int activation, const void* numbers, Py_ssize_t count) noexcept nogil
    # From the output or the input, as the activation's row of the table says.
    void (*activation_backward)(
        void* dx, const void* dy, const void* from_, int activation, const void* numbers,
        Py_ssize_t count) noexcept nogil
    void (*softmax)(void* y, const void* x, Py_ssize_t rows, Py_ssize_t size) noexcept nogil
    void (*softmax_backward)(void* dx, const void* dy, const void* y, Py_ssize_t rows, Py_ssize_t size) noexcept nogil
    void (*log_softmax)(void* y, const void* x, Py_ssize_t rows, Py_ssize_t size) noexcept nogil
    void (*log_softmax_backward)(
        void* dx, const void* dy, const void* y, Py_ssize_t rows, Py_ssize_t size) noexcept nogil
    void (*dense_forward)(DenseCall* call, int thread, int threads) noexcept nogil
    void (*dense_backward_input)(DenseCall* call, int thread, int threads) noexcept nogil
    void (*dense_backward_weights)(DenseCall* call, int thread, int threads) noexcept nogil
    # The sum of a loss over rows, where it is told these numbers, size + 3 of them; dy, whose rows lie dy_row numbers
    # apart (0: all in one place), is the gradient times scale.
    double (*loss)(
        int loss, const void* numbers, void* dy, Py_ssize_t dy_row, const void* y_pred, const void* y, Py_ssize_t rows,
        Py_ssize_t size, double scale) noexcept nogil
    # The same of softmax(x), with dx in place of dy; p has room for one row.
    double (*softmax_loss)(int loss, const void* numbers, void* p, void* dx, const void* x, const void* y,
                           Py_ssize_t rows, Py_ssize_t size, double scale) noexcept nogil
    # One step of an optimiser for numbers of one array, counted from 1. The state is STATES arrays, of which the rule,
    # a Rule of engine/run.pxd, needs some. Returns the product of Nadam's momentums with this step's.
    double (*step)(
        void* values, void** state, const void* gradient, const void* rule, long number, double momentum_product,
        Py_ssize_t count) noexcept nogil
    bint (*all_finite)(const void* x, Py_ssize_t count) noexcept nogil
    double (*fma_flops)(long rounds) noexcept nogil     # float32 operations that so many rounds of the peak loop are
