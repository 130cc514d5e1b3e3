# The plan: a network as a flat array of plain structs, with every array that a training step touches in one arena.
from cython cimport floating
from fastnn_ext.activations cimport Activation
from fastnn_ext.losses cimport Loss


cdef enum OperationKind:
    DENSE = 0
    ACTIVATION = 1
    SOFTMAX = 2


cdef struct Operation:
    OperationKind kind
    Activation activation
    double negative_slope
    Py_ssize_t fan_in
    Py_ssize_t fan_out
    void* weights       # (fan_in, fan_out), the layer's own array: trained in place
    void* bias          # (fan_out,)
    void* output        # (batch, fan_out), in the arena


cdef class Plan:
    cdef readonly Py_ssize_t input_size
    cdef readonly Py_ssize_t output_size
    cdef readonly object dtype
    cdef bint is_double
    cdef Operation* operations
    cdef Py_ssize_t operation_count
    cdef list parameters          # keeps the layers' arrays alive while pointers to them are held
    cdef char* arena
    cdef Py_ssize_t batch_capacity
    cdef Py_ssize_t widest
    cdef Py_ssize_t largest_weights
    cdef void* inputs             # (batch, input_size): a gathered batch
    cdef void* targets            # (batch, output_size)
    cdef void* delta              # (batch, widest): gradient with respect to an operation's output
    cdef void* next_delta         # (batch, widest): gradient with respect to its input
    cdef void* gradients          # (largest_weights,): one layer's weight gradient, then its bias gradient
    cdef Operation* append(self, OperationKind kind, Py_ssize_t fan_out) except NULL
    cdef int reserve(self, Py_ssize_t batch) except -1
    cdef Py_ssize_t first_non_finite(self, Py_ssize_t batch)
