"""The training engine: runs epochs of a plan without the GIL and without allocating."""

import numpy
cimport cython
cimport numpy as cnp
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy
from cpython.exc cimport PyErr_CheckSignals

from fastnn_ext.activations cimport activation_backward, activation_forward
from fastnn_ext.arrays cimport as_parameters, shape_of
from fastnn_ext.dense cimport (
    dense_backward_bias, dense_backward_input_formula, dense_backward_weights, dense_forward_formula, dense_forward_rows,
)
from fastnn_ext.losses cimport (
    CROSS_ENTROPY, MEAN_SQUARED_ERROR, cross_entropy_gradient, cross_entropy_value, mse_gradient, mse_value, softmax_cross_entropy, softmax_mse,
)
from fastnn_ext.scalars cimport is_finite
from fastnn_ext.softmax cimport softmax_backward, softmax_forward
from fastnn_ext.update cimport sgd_update, sgd_update_outer, sgd_update_outer_rows

cnp.import_array()

# Buffers start on a cache line, so that a row shares none with its neighbours in the arena.
cdef enum:
    ALIGNMENT = 64

# Multiply-adds between two looks for Ctrl-C: at one a nanosecond, some 20 ms.
cdef Py_ssize_t WORK_BETWEEN_SIGNAL_CHECKS = 20_000_000

# Rows whose places are found in one step: few enough that NumPy's list of them, sixteen bytes a place, stays small.
cdef Py_ssize_t ROWS_INDEXED_TOGETHER = 1024

# Rows of a prediction that pass through all layers together, so that their activations stay in the second-level cache.
cdef Py_ssize_t PREDICTION_ROWS = 64


class NonFiniteError(FloatingPointError):
    """A loss that is NaN or infinite: carries the ``batch`` and the ``operation`` where it first showed."""

    def __init__(self, batch, operation):
        super().__init__(f"the loss of batch {batch} is not finite, from operation {operation}")
        self.batch = batch
        self.operation = operation


cdef Py_ssize_t aligned(Py_ssize_t size) noexcept nogil:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


cdef class Plan:
    """A network lowered to operations on plain arrays.

    Parameters
    ----------
    input_size : int
        Number of inputs of a sample.
    dtype : dtype-like
        float32 or float64: of every array in the plan.

    Examples
    --------
    >>> import numpy as np
    >>> plan = Plan(2, np.float64)
    >>> plan.add_dense(np.array([[1.0], [2.0]]), np.zeros((1, 1)))
    >>> plan.predict(np.array([[1.0, 1.0]]))
    array([[3.]])
    """

    def __cinit__(self, Py_ssize_t input_size, dtype):
        self.dtype = numpy.dtype(dtype)
        if self.dtype not in (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64)):
            raise TypeError(f"dtype must be float32 or float64, but it is {self.dtype}")
        if input_size < 1:
            raise ValueError(f"input_size must be at least 1, but it is {input_size}")
        self.is_double = self.dtype == numpy.dtype(numpy.float64)
        self.input_size = self.output_size = self.widest = input_size
        self.parameters = []

    def __dealloc__(self):
        free(self.operations)
        free(self.arena)

    cdef Operation* append(self, OperationKind kind, Py_ssize_t fan_out) except NULL:
        cdef Operation* grown = <Operation*> realloc(self.operations, (self.operation_count + 1) * sizeof(Operation))
        if grown == NULL:
            raise MemoryError("no memory for another operation of the plan")
        self.operations = grown
        cdef Operation* operation = grown + self.operation_count
        operation.kind = kind
        operation.fan_in = self.output_size
        operation.fan_out = fan_out
        operation.weights = operation.bias = operation.output = NULL
        self.operation_count += 1
        # The arena has no room for this operation's output: the next run takes a new one.
        self.batch_capacity = 0
        self.output_size = fan_out
        self.widest = max(self.widest, fan_out)
        return operation

    def add_dense(self, weights, bias):
        """Append ``y = x W + b``. The arrays are used in place: they must be C-contiguous and of the plan's dtype."""
        cdef cnp.ndarray w = as_parameters(weights, "weights", 2)
        cdef cnp.ndarray b = as_parameters(bias, "bias", -1)
        if w.dtype != self.dtype or b.dtype != self.dtype:
            raise TypeError(f"weights and bias must be {self.dtype}, but they are {w.dtype} and {b.dtype}")
        cdef Py_ssize_t fan_in = cnp.PyArray_DIM(w, 0), fan_out = cnp.PyArray_DIM(w, 1)
        cdef int bias_ndim = cnp.PyArray_NDIM(b)
        cdef bint one_row = bias_ndim == 1 or (bias_ndim == 2 and cnp.PyArray_DIM(b, 0) == 1)
        if fan_in != self.output_size or fan_out < 1 or not one_row or cnp.PyArray_SIZE(b) != fan_out:
            raise ValueError(f"weights and bias must have shapes ({self.output_size}, units) and (1, units), "
                             f"but their shapes are {shape_of(w)} and {shape_of(b)}")
        cdef Operation* operation = self.append(DENSE, fan_out)
        operation.weights = cnp.PyArray_DATA(w)
        operation.bias = cnp.PyArray_DATA(b)
        self.largest_weights = max(self.largest_weights, fan_in * fan_out + fan_out)
        self.parameters += [w, b]

    def add_activation(self, Activation kind, double negative_slope=0.0):
        """Append an elementwise activation."""
        cdef Operation* operation = self.append(ACTIVATION, self.output_size)
        operation.activation = kind
        operation.negative_slope = negative_slope

    def add_softmax(self):
        """Append a softmax over the outputs of a sample."""
        self.append(SOFTMAX, self.output_size)

    cdef int reserve(self, Py_ssize_t batch) except -1:
        # One arena for all that a step needs; each buffer on its own cache lines.
        if batch <= self.batch_capacity:
            return 0
        cdef Py_ssize_t item = 8 if self.is_double else 4
        cdef Py_ssize_t limit = (<Py_ssize_t> 1 << 62) // (item * (self.operation_count + 6))
        if batch > limit // (self.widest + 1):
            raise MemoryError(f"a batch of {batch} rows by {self.widest} columns does not fit an address space")
        cdef Py_ssize_t row = aligned(batch * self.widest * item)
        cdef Py_ssize_t size = aligned(self.largest_weights * item) + (4 + self.operation_count) * row + ALIGNMENT
        cdef char* arena = <char*> malloc(size)
        if arena == NULL:
            raise MemoryError(f"no memory for a training arena of {size} bytes: take a smaller batch")
        free(self.arena)
        self.arena = arena
        self.batch_capacity = batch
        cdef char* at = arena + (ALIGNMENT - <uintptr_t> arena % ALIGNMENT) % ALIGNMENT
        self.gradients = at
        at += aligned(self.largest_weights * item)
        self.inputs = at
        self.targets = at + row
        self.delta = at + 2 * row
        self.next_delta = at + 3 * row
        at += 4 * row
        cdef Py_ssize_t i
        for i in range(self.operation_count):
            self.operations[i].output = at + i * row
        return 0

    def run_epoch(self, cnp.ndarray x not None, cnp.ndarray y not None, order, double learning_rate,
                  Py_ssize_t batch_size, Loss loss, nonzero=None):
        """Train once over the data, in place, and return the mean loss of a sample.

        Parameters
        ----------
        x : ndarray, shape (samples, input_size)
            C-contiguous, of the plan's dtype.
        y : ndarray, shape (samples, output_size)
            C-contiguous, of the plan's dtype.
        order : ndarray of intp, shape (samples,), or None
            The order in which samples are visited; None means as they come.
        learning_rate : float
        batch_size : int
        loss : Loss
        nonzero : tuple of ndarray, optional
            What :func:`nonzero_inputs` found in x: with a batch of one, the first layer then skips zeros.

        Raises
        ------
        NonFiniteError
            When the loss of a batch is NaN or infinite; that batch has changed no weight.
        """
        cdef Py_ssize_t samples = cnp.PyArray_DIM(x, 0) if cnp.PyArray_NDIM(x) > 0 else 0
        self.check_rows(x, "x", self.input_size, samples)
        self.check_rows(y, "y", self.output_size, samples)
        if loss not in (MEAN_SQUARED_ERROR, CROSS_ENTROPY):
            raise ValueError(f"loss must be a member of Loss, but it is {<int> loss}")
        if samples < 1 or batch_size < 1 or self.operation_count < 1:
            raise ValueError(f"samples, batch_size and layers must be at least 1, but they are {samples}, {batch_size} "
                             f"and {self.operation_count}")
        cdef cnp.npy_intp* order_data = NULL
        cdef cnp.ndarray order_array
        if order is not None:
            order_array = numpy.ascontiguousarray(order, dtype=numpy.intp)
            if cnp.PyArray_SIZE(order_array) != samples or order_array.min() < 0 or order_array.max() >= samples:
                raise ValueError(f"order must hold {samples} row numbers below {samples}")
            order_data = <cnp.npy_intp*> cnp.PyArray_DATA(order_array)
        cdef const cnp.npy_intp* starts = NULL
        cdef const int* columns = NULL
        cdef cnp.ndarray starts_array, columns_array
        if nonzero is not None and batch_size == 1 and self.operations[0].kind == DENSE:
            starts_array, columns_array = nonzero
            check_nonzero(starts_array, columns_array, samples, self.input_size)
            starts = <cnp.npy_intp*> cnp.PyArray_DATA(starts_array)
            columns = <int*> cnp.PyArray_DATA(columns_array)
        self.reserve(min(batch_size, samples))
        cdef Py_ssize_t work = 0, i
        for i in range(self.operation_count):
            work += 3 * self.operations[i].fan_out * (self.operations[i].fan_in if self.operations[i].kind == DENSE else 1)
        cdef Py_ssize_t stride = max(1, WORK_BETWEEN_SIGNAL_CHECKS // max(1, work) // batch_size) * batch_size
        cdef Py_ssize_t start = 0, stop, failed
        cdef double total = 0
        cdef void* x_data = cnp.PyArray_DATA(x)
        cdef void* y_data = cnp.PyArray_DATA(y)
        while start < samples:
            stop = min(samples, start + stride)
            with nogil:
                if self.is_double:
                    failed = train_range[double](self, <double*> x_data, <double*> y_data, order_data, starts, columns,
                                                 start, stop, batch_size, learning_rate, loss, &total)
                else:
                    failed = train_range[float](self, <float*> x_data, <float*> y_data, order_data, starts, columns,
                                                start, stop, batch_size, <float> learning_rate, loss, &total)
            if failed >= 0:
                raise NonFiniteError(failed // batch_size, self.first_non_finite(min(batch_size, samples - failed)))
            PyErr_CheckSignals()
            start = stop
        return total / samples

    def predict(self, cnp.ndarray x not None):
        """Outputs of shape (samples, output_size) for inputs of shape (samples, input_size)."""
        cdef Py_ssize_t samples = cnp.PyArray_DIM(x, 0) if cnp.PyArray_NDIM(x) > 0 else 0
        self.check_rows(x, "x", self.input_size, samples)
        cdef cnp.npy_intp[2] shape
        shape[0] = samples
        shape[1] = self.output_size
        cdef cnp.ndarray result = cnp.PyArray_EMPTY(2, shape, cnp.NPY_DOUBLE if self.is_double else cnp.NPY_FLOAT, 0)
        self.reserve(max(1, min(samples, PREDICTION_ROWS)))
        cdef void* x_data = cnp.PyArray_DATA(x)
        cdef void* y_data = cnp.PyArray_DATA(result)
        with nogil:
            if self.is_double:
                predict_rows[double](self, <double*> y_data, <double*> x_data, samples)
            else:
                predict_rows[float](self, <float*> y_data, <float*> x_data, samples)
        return result

    def check_rows(self, cnp.ndarray array, str name, Py_ssize_t columns, Py_ssize_t samples):
        if array.dtype != self.dtype or not cnp.PyArray_ISCARRAY_RO(array):
            layout = "" if cnp.PyArray_ISCARRAY_RO(array) else ", not C-contiguous"
            raise TypeError(f"{name} must be C-contiguous {self.dtype}, but it is {array.dtype}{layout}")
        if cnp.PyArray_NDIM(array) != 2 or cnp.PyArray_DIM(array, 1) != columns or cnp.PyArray_DIM(array, 0) != samples:
            raise ValueError(f"{name} must have shape ({samples}, {columns}), but its shape is "
                             f"{shape_of(array)}")

    cdef Py_ssize_t first_non_finite(self, Py_ssize_t batch):
        # Called when a loss is not finite: the operation whose output shows it first, or -1 where the loss alone does.
        cdef Py_ssize_t i, j
        cdef double value
        for i in range(self.operation_count):
            for j in range(batch * self.operations[i].fan_out):
                value = (<double*> self.operations[i].output)[j] if self.is_double else (<float*> self.operations[i].output)[j]
                if not is_finite(value):
                    return i
        return -1


# Following a list of columns costs a look-up a row: it pays where it leaves out at least a quarter of the inputs.
cdef double DENSEST_WORTH_SKIPPING = 0.75


def nonzero_inputs(x):
    """Where the rows of ``x`` are not zero, for :meth:`Plan.run_epoch`; None where too few are zero to profit.

    Made once for a data set, it serves every epoch: the columns of row i are ``columns[starts[i]:starts[i + 1]]``.

    Parameters
    ----------
    x : ndarray of float32 or float64, shape (samples, input_size)

    Returns
    -------
    (starts, columns) or None
        ``intp`` of shape (samples + 1,) and ``intc``; together they are smaller than x.

    Examples
    --------
    >>> import numpy as np
    >>> nonzero_inputs(np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]))
    (array([0, 1, 1]), array([1], dtype=int32))
    """
    counts = numpy.count_nonzero(x, axis=1)
    if x.shape[1] > 2147483647 or counts.sum() > DENSEST_WORTH_SKIPPING * x.size:
        return None
    starts = numpy.zeros(len(x) + 1, dtype=numpy.intp)
    numpy.cumsum(counts, out=starts[1:])
    columns = numpy.empty(starts[-1], dtype=numpy.intc)
    cdef Py_ssize_t start
    for start in range(0, len(x), ROWS_INDEXED_TOGETHER):
        stop = min(len(x), start + ROWS_INDEXED_TOGETHER)
        columns[starts[start]:starts[stop]] = numpy.nonzero(x[start:stop])[1]
    return starts, columns


cdef check_nonzero(cnp.ndarray starts, cnp.ndarray columns, Py_ssize_t samples, Py_ssize_t input_size):
    # The engine follows these numbers into memory, so each is checked before it does.
    if cnp.PyArray_TYPE(starts) != cnp.NPY_INTP or cnp.PyArray_TYPE(columns) != cnp.NPY_INT \
            or not cnp.PyArray_ISCARRAY_RO(starts) or not cnp.PyArray_ISCARRAY_RO(columns):
        raise TypeError("nonzero must be a pair of contiguous arrays of intp and intc: take it from nonzero_inputs")
    cdef const cnp.npy_intp* start = <cnp.npy_intp*> cnp.PyArray_DATA(starts)
    cdef const int* column = <int*> cnp.PyArray_DATA(columns)
    cdef Py_ssize_t i
    cdef bint sound = cnp.PyArray_SIZE(starts) == samples + 1
    if sound:
        sound = start[0] == 0 and start[samples] == cnp.PyArray_SIZE(columns)
        for i in range(samples):
            sound = sound and start[i] <= start[i + 1]
        for i in range(cnp.PyArray_SIZE(columns)):
            sound = sound and 0 <= column[i] < input_size
    if not sound:
        raise ValueError(f"nonzero does not belong to x of shape ({samples}, {input_size}): take it from nonzero_inputs")


cdef void forward(
    Plan plan, const cython.floating* x, Py_ssize_t batch, Py_ssize_t operation_count,
    const int* nonzero, Py_ssize_t nonzero_count,
) noexcept nogil:
    # Runs the first operation_count operations on x; each writes its output. nonzero is NULL: x is dense.
    cdef Py_ssize_t i
    cdef Operation* operation
    cdef const cython.floating* input = x
    cdef cython.floating* output
    for i in range(operation_count):
        operation = &plan.operations[i]
        output = <cython.floating*> operation.output
        if operation.kind == DENSE:
            if i == 0 and nonzero != NULL:
                dense_forward_rows(output, input, <cython.floating*> operation.weights, <cython.floating*> operation.bias,
                                   nonzero, nonzero_count, operation.fan_out)
            else:
                dense_forward_formula(output, input, <cython.floating*> operation.weights,
                                      <cython.floating*> operation.bias, batch, operation.fan_in, operation.fan_out)
        elif operation.kind == ACTIVATION:
            activation_forward(output, input, operation.activation, <cython.floating> operation.negative_slope,
                               batch * operation.fan_out)
        else:
            softmax_forward(output, input, batch, operation.fan_out)
        input = output


cdef double loss_and_delta(
    Plan plan, const cython.floating* y, Py_ssize_t batch, Loss loss, bint fused,
) noexcept nogil:
    # Writes plan.delta: the gradient with respect to the last output, or, fused, to the input of the last softmax.
    cdef Operation* last = &plan.operations[plan.operation_count - 1]
    cdef cython.floating* output = <cython.floating*> last.output
    cdef cython.floating* delta = <cython.floating*> plan.delta
    cdef const cython.floating* logits
    if fused:
        logits = <cython.floating*> plan.operations[plan.operation_count - 2].output
        if loss == CROSS_ENTROPY:
            return softmax_cross_entropy(output, delta, logits, y, batch, last.fan_out)
        return softmax_mse(output, delta, logits, y, batch, last.fan_out)
    if loss == CROSS_ENTROPY:
        cross_entropy_gradient(delta, y, output, batch, last.fan_out)
        return cross_entropy_value(y, output, batch, last.fan_out)
    mse_gradient(delta, y, output, batch * last.fan_out)
    return mse_value(y, output, batch * last.fan_out)


cdef void backward_and_update(
    Plan plan, const cython.floating* x, Py_ssize_t batch, Py_ssize_t operation_count,
    const int* nonzero, Py_ssize_t nonzero_count, cython.floating learning_rate,
) noexcept nogil:
    # Takes plan.delta back through the first operation_count operations and moves each layer's parameters.
    cdef Py_ssize_t i
    cdef Operation* operation
    cdef const cython.floating* input
    cdef cython.floating* delta = <cython.floating*> plan.delta
    cdef cython.floating* next_delta = <cython.floating*> plan.next_delta
    cdef cython.floating* swapped
    for i in range(operation_count - 1, -1, -1):
        operation = &plan.operations[i]
        input = <cython.floating*> plan.operations[i - 1].output if i > 0 else x
        if operation.kind == DENSE:
            if i > 0:
                dense_backward_input_formula(next_delta, delta, <cython.floating*> operation.weights,
                                             batch, operation.fan_in, operation.fan_out)
            update_dense(plan, operation, input, delta, batch, nonzero if i == 0 else NULL, nonzero_count, learning_rate)
            swapped = delta
            delta = next_delta
            next_delta = swapped
        elif operation.kind == ACTIVATION:
            activation_backward(delta, delta, <cython.floating*> operation.output, operation.activation,
                                <cython.floating> operation.negative_slope, batch * operation.fan_out)
        else:
            softmax_backward(delta, delta, <cython.floating*> operation.output, batch, operation.fan_out)


cdef void update_dense(
    Plan plan, Operation* operation, const cython.floating* input, const cython.floating* delta, Py_ssize_t batch,
    const int* nonzero, Py_ssize_t nonzero_count, cython.floating learning_rate,
) noexcept nogil:
    cdef cython.floating* weights = <cython.floating*> operation.weights
    cdef cython.floating* gradients = <cython.floating*> plan.gradients
    cdef Py_ssize_t size = operation.fan_in * operation.fan_out
    if batch > 1:
        dense_backward_weights(gradients, delta, input, batch, operation.fan_in, operation.fan_out)
        sgd_update(weights, gradients, learning_rate, size)
    elif nonzero != NULL:
        sgd_update_outer_rows(weights, input, delta, learning_rate, nonzero, nonzero_count, operation.fan_out)
    else:
        sgd_update_outer(weights, input, delta, learning_rate, operation.fan_in, operation.fan_out)
    dense_backward_bias(gradients + size, delta, batch, operation.fan_out)
    sgd_update(<cython.floating*> operation.bias, gradients + size, learning_rate, operation.fan_out)


cdef Py_ssize_t train_range(
    Plan plan, const cython.floating* x, const cython.floating* y, const cnp.npy_intp* order,
    const cnp.npy_intp* starts, const int* columns, Py_ssize_t start, Py_ssize_t stop, Py_ssize_t batch_size,
    cython.floating learning_rate, Loss loss, double* total,
) noexcept nogil:
    # Trains on samples start to stop in batches; adds their losses to total. Returns -1, or the first sample of a
    # batch whose loss is not finite, before that batch changes a weight.
    cdef Py_ssize_t count = plan.operation_count
    cdef bint fused = count > 1 and plan.operations[count - 1].kind == SOFTMAX
    cdef Py_ssize_t batch, row, source, nonzero_count = 0
    cdef const int* nonzero = NULL
    cdef const cython.floating* batch_x
    cdef const cython.floating* batch_y
    cdef double value
    while start < stop:
        batch = min(batch_size, stop - start)
        if order == NULL:
            batch_x = x + start * plan.input_size
            batch_y = y + start * plan.output_size
        elif batch == 1:
            batch_x = x + order[start] * plan.input_size
            batch_y = y + order[start] * plan.output_size
        else:
            for row in range(batch):
                source = order[start + row]
                memcpy(<cython.floating*> plan.inputs + row * plan.input_size, x + source * plan.input_size,
                       plan.input_size * sizeof(cython.floating))
                memcpy(<cython.floating*> plan.targets + row * plan.output_size, y + source * plan.output_size,
                       plan.output_size * sizeof(cython.floating))
            batch_x = <cython.floating*> plan.inputs
            batch_y = <cython.floating*> plan.targets
        if columns != NULL:
            source = start if order == NULL else order[start]
            nonzero = columns + starts[source]
            nonzero_count = starts[source + 1] - starts[source]
        forward(plan, batch_x, batch, count - fused, nonzero, nonzero_count)
        value = loss_and_delta(plan, batch_y, batch, loss, fused)
        if not is_finite(value):
            return start
        total[0] += value * batch
        backward_and_update(plan, batch_x, batch, count - fused, nonzero, nonzero_count, learning_rate)
        start += batch
    return -1


cdef void predict_rows(
    Plan plan, cython.floating* y, const cython.floating* x, Py_ssize_t samples,
) noexcept nogil:
    cdef Py_ssize_t start = 0, batch
    cdef const void* output
    while start < samples:
        batch = min(PREDICTION_ROWS, samples - start)
        forward(plan, x + start * plan.input_size, batch, plan.operation_count, NULL, 0)
        output = plan.operations[plan.operation_count - 1].output if plan.operation_count else x + start * plan.input_size
        memcpy(y + start * plan.output_size, output, batch * plan.output_size * sizeof(cython.floating))
        start += batch
