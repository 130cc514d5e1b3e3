"""The plan: a network lowered to operations on plain arrays, which predicts and trains without Python."""

import math

import numpy
cimport numpy as cnp
from cpython.pyport cimport PY_SSIZE_T_MAX
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport uint32_t, uintptr_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memset

from fastnn_ext.runtime.arrays cimport as_parameters, overlaps, pinned, shape_of
from fastnn_ext.runtime.barrier cimport barrier_init, fastnn_count, fastnn_exchange, fastnn_load
from fastnn_ext.engine.compressed cimport CompressedRows
from fastnn_ext.runtime.dispatch cimport kernels_named
from fastnn_ext.engine.run cimport (
    ACTIVATION, BATCH_NORMALIZATION, CALL_BACKWARD, CALL_FORWARD, CALL_LOSS, CallKind, DENSE, DROPOUT, FLOAT32, FLOAT64,
    FUNCTION, INT32, LAYER_NORMALIZATION, NOISE, NO_ACTIVATION, Operation, OperationKind, Rows, Run, SOFTMAX, UINT8,
)
from fastnn_ext.engine.layout cimport (
    ALIGNMENT, MAXIMUM_THREADS, ROWS_WORTH_PACKING, WIDTH_WORTH_PACKING, WORK_FOR_A_THREAD, has_32_bits, most_numbers,
)
from fastnn_ext.runtime.pool cimport pool_run, pool_size, pool_task
from fastnn_ext.tables.enums cimport Activation, ACTIVATIONS, fastnn_told_by_output

cnp.import_array()

# Rows that pass through all layers together: eight tiles of the highest, whose activations fit the second-level cache.
cdef Py_ssize_t BLOCK_ROWS = 112

# Predictions whose arena is smaller use the plan's own again.
cdef Py_ssize_t LARGEST_KEPT_ARENA = 1 << 20


class NonFiniteDataError(ValueError):
    """Data that hold NaN or infinity: carries the number of the ``sample``."""

    def __init__(self, sample):
        super().__init__(f"sample {sample} holds NaN or infinity")
        self.sample = sample


def allocate(shapes, dtype):
    """One vector of zeros, and an array of each shape in it: each begins on a cache line, and shares none with another.

    Parameters
    ----------
    shapes : iterable of tuples of int
    dtype : dtype-like
        float32 or float64.

    Returns
    -------
    vector : ndarray, one-dimensional
        Zeros lie between the arrays.
    arrays : list of ndarray
        Views into it.

    Examples
    --------
    >>> vector, [weights, bias] = allocate([(2, 3), (3,)], "float32")
    >>> vector.size, weights.shape, bias.shape
    (32, (2, 3), (3,))
    """
    dtype = numpy.dtype(dtype)
    line = ALIGNMENT // dtype.itemsize
    places, total = [], 0
    for shape in shapes:
        size = int(numpy.prod(shape, dtype=object))
        places.append((total, size, shape))
        total += (size + line - 1) // line * line
    memory = numpy.zeros(total + line, dtype)
    first = (-memory.ctypes.data % ALIGNMENT) // dtype.itemsize
    vector = memory[first : first + total]
    return vector, [vector[at : at + size].reshape(shape) for at, size, shape in places]


cdef Py_ssize_t aligned(Py_ssize_t size) noexcept nogil:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


cdef Py_ssize_t padded_row(Py_ssize_t size, bint is_double) noexcept nogil:
    # Numbers from one row to the next: whole cache lines, and never a multiple of 1 KB, whose rows would all compete
    # for the same few places of the first-level cache.
    cdef Py_ssize_t item = 8 if is_double else 4
    cdef Py_ssize_t size_in_bytes = aligned(size * item)
    if size_in_bytes % 1024 == 0:
        size_in_bytes += ALIGNMENT
    return size_in_bytes // item


cdef bint are_readable(cnp.ndarray matrix) noexcept:
    # Whether the numbers of each row lie side by side, as the processor loads them; rows may lie anywhere.
    # Where there is no row, NumPy gives strides of 0.
    return cnp.PyArray_ISALIGNED(matrix) and cnp.PyArray_ISNOTSWAPPED(matrix) and (
        cnp.PyArray_SIZE(matrix) == 0 or cnp.PyArray_DIM(matrix, 1) == 1
        or cnp.PyArray_STRIDE(matrix, 1) == cnp.PyArray_ITEMSIZE(matrix))


cdef int describe_rows(Rows* rows, cnp.ndarray array, str name, Py_ssize_t columns, bint rows_only) except -1:
    # How the kernels read a matrix of data where it is.
    cdef int kind = cnp.PyArray_TYPE(array)
    if kind == cnp.NPY_FLOAT:
        rows.kind = FLOAT32
    elif kind == cnp.NPY_DOUBLE:
        rows.kind = FLOAT64
    elif kind == cnp.NPY_UBYTE:
        rows.kind = UINT8
    elif kind == cnp.NPY_INT32 and columns == 1:
        rows.kind = INT32
    else:
        raise TypeError(f"{name} must be float32, float64 or uint8, but it is {array.dtype}")
    cdef Py_ssize_t samples
    if rows_only:
        if cnp.PyArray_NDIM(array) != 2 or cnp.PyArray_DIM(array, 1) != columns:
            raise ValueError(f"{name} must have shape (samples, {columns}), but its shape is {shape_of(array)}")
        if not are_readable(array):
            raise TypeError(f"the rows of {name} must be contiguous, aligned and in the processor's byte order: pass "
                            f"{name}.astype({name}.dtype.newbyteorder('='), order='C'), which copies it so")
        samples, rows.stride = cnp.PyArray_DIM(array, 0), cnp.PyArray_STRIDE(array, 0)
        if samples > 1 and not -PY_SSIZE_T_MAX // samples <= rows.stride <= PY_SSIZE_T_MAX // samples:
            raise ValueError(f"{name} has {samples} rows that lie {rows.stride} bytes apart, which is more than an "
                             "address space holds: it is no array of numbers in memory")
    else:
        rows.stride = columns * cnp.PyArray_ITEMSIZE(array)
    rows.data = <const char*> cnp.PyArray_DATA(array)
    return 0


cdef class Plan:
    """A network lowered to operations on plain arrays.

    Parameters
    ----------
    input_size : int
        Number of inputs of a sample.
    dtype : dtype-like
        float32 or float64: of every array in the plan.
    sample_shape : tuple of int, optional
        A shape with input_size numbers in which samples may come, besides (input_size,).
    isa : str, optional
        The instruction set; by default the one in use.

    Examples
    --------
    >>> import numpy as np
    >>> plan = Plan(2, np.float64)
    >>> plan.add_dense(np.array([[1.0], [2.0]]), np.zeros((1, 1)))
    >>> plan.predict(np.array([[1.0, 1.0]]))
    array([[3.]])
    """

    def __cinit__(self, Py_ssize_t input_size, dtype, sample_shape=None, isa=None):
        self.dtype = numpy.dtype(dtype)
        if self.dtype not in (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64)):
            raise TypeError(f"dtype must be float32 or float64, but it is {self.dtype}")
        if input_size < 1:
            raise ValueError(f"input_size must be at least 1, but it is {input_size}")
        self.sample_shape = (input_size,) if sample_shape is None else tuple(sample_shape)
        if any(size < 1 for size in self.sample_shape) or math.prod(self.sample_shape) != input_size:
            raise ValueError(f"sample_shape must hold input_size numbers, {input_size}, but it is {self.sample_shape}")
        self.is_double = self.dtype == numpy.dtype(numpy.float64)
        self.input_size = self.output_size = self.widest = input_size
        self.parameters = []
        self.kept_alive = []
        self.functions = {}
        self.places = []
        self.pins = []
        self.kernels = kernels_named(isa, self.is_double)
        self.input_scale = 1

    def set_input_scale(self, double scale, double shift=0.0):
        """Read every input as ``input * scale + shift``, as when bytes become numbers from 0 to 1."""
        if not (-float("inf") < scale < float("inf") and -float("inf") < shift < float("inf")):
            raise ValueError(f"scale and shift must be finite, but they are {scale} and {shift}")
        self.input_scale, self.input_shift = scale, shift

    def __dealloc__(self):
        free(self.operations)
        free(self.kept)

    cdef int must_rest(self) except -1:
        # Whoever runs a plan holds pointers into it.
        if self.trained or fastnn_load(&self.predictions) > 0:
            raise RuntimeError("the plan is in use by a training or a prediction: make another one to add operations")
        return 0

    cdef Operation* append(self, OperationKind kind, Py_ssize_t fan_out) except NULL:
        self.must_rest()
        cdef Operation* grown = <Operation*> realloc(self.operations, (self.operation_count + 1) * sizeof(Operation))
        if grown == NULL:
            raise MemoryError("no memory for another operation of the plan")
        self.operations = grown
        cdef Operation* operation = grown + self.operation_count
        memset(operation, 0, sizeof(Operation))
        operation.kind = kind
        operation.activation = NO_ACTIVATION
        operation.fan_in = self.output_size
        operation.fan_out = fan_out
        self.operation_count += 1
        self.places.append(self.calls)
        self.calls += 1
        self.output_size = fan_out
        self.widest = max(self.widest, fan_out)
        return operation

    def add_dense(self, weights, bias=None, double l1=0.0, double l2=0.0, double maximum_norm=0.0):
        """Append ``y = x W + b``. The arrays are used in place: they must be C-contiguous and of the plan's dtype.

        Parameters
        ----------
        weights : ndarray, shape (fan_in, fan_out)
        bias : ndarray, shape (fan_out,) or (1, fan_out), optional
        l1, l2 : float
            In training, ``l1 sum |W| + l2 sum W**2`` is added to the loss.
        maximum_norm : float
            In training, a column of W with a larger Euclidean norm is scaled down to it. 0: none is.
        """
        cdef cnp.ndarray w = as_parameters(weights, "weights", 2)
        cdef bint has_bias = bias is not None
        if not has_bias:
            bias = numpy.zeros(cnp.PyArray_DIM(w, 1), w.dtype)
        cdef cnp.ndarray b = as_parameters(bias, "bias", -1)
        if w.dtype != self.dtype or b.dtype != self.dtype:
            raise TypeError(f"weights and bias must be {self.dtype}, but they are {w.dtype} and {b.dtype}")
        cdef Py_ssize_t fan_in = cnp.PyArray_DIM(w, 0), fan_out = cnp.PyArray_DIM(w, 1)
        cdef int bias_ndim = cnp.PyArray_NDIM(b)
        cdef bint one_row = bias_ndim == 1 or (bias_ndim == 2 and cnp.PyArray_DIM(b, 0) == 1)
        if fan_in != self.output_size or fan_out < 1 or not one_row or cnp.PyArray_SIZE(b) != fan_out:
            raise ValueError(f"weights and bias must have shapes ({self.output_size}, units) and (1, units), "
                             f"but their shapes are {shape_of(w)} and {shape_of(b)}")
        if not (l1 >= 0 and l2 >= 0 and maximum_norm >= 0):
            raise ValueError(f"l1, l2 and maximum_norm must not be negative, "
                             f"but they are {l1}, {l2} and {maximum_norm}")
        cdef Operation* operation = self.append(DENSE, fan_out)
        operation.weights = operation.weights_state[0] = operation.weights_state[1] = cnp.PyArray_DATA(w)
        operation.bias = operation.bias_state[0] = operation.bias_state[1] = cnp.PyArray_DATA(b)
        operation.has_weights, operation.has_bias = True, has_bias
        operation.l1, operation.l2, operation.maximum_norm = l1, l2, maximum_norm
        self.multiply_adds += fan_in * fan_out
        self.parameters += [w, b]
        self.pins += [pinned(w), pinned(b)]

    def add_activation(self, Activation kind, double negative_slope=0.0):
        """Append an elementwise activation; one whose slope its output tells is computed with a dense one just before.

        ``negative_slope`` is leaky ReLU's, or ELU's alpha.
        """
        cdef Operation* operation
        if not 0 <= kind < ACTIVATIONS:
            raise ValueError(f"kind must be a member of Activation, but it is {<int> kind}")
        if self.operation_count and self.operations[self.operation_count - 1].kind == DENSE \
                and self.operations[self.operation_count - 1].activation == NO_ACTIVATION \
                and fastnn_told_by_output(kind):
            self.must_rest()
            operation = &self.operations[self.operation_count - 1]
            self.calls += 1
        else:
            operation = self.append(ACTIVATION, self.output_size)
        operation.activation = kind
        operation.negative_slope = negative_slope

    def add_softmax(self):
        """Append a softmax over the outputs of a sample."""
        self.append(SOFTMAX, self.output_size)

    def add_dropout(self, double rate):
        """Append a dropout: in training, numbers are 0 with probability ``rate``, the others grow by 1 / (1 - rate)."""
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be at least 0 and below 1, but it is {rate}")
        self.append(DROPOUT, self.output_size).parameter = rate

    def add_noise(self, double stddev):
        """Append normal noise of mean 0, added in training alone."""
        if not 0 <= stddev < float("inf"):
            raise ValueError(f"stddev must be finite and not negative, but it is {stddev}")
        self.append(NOISE, self.output_size).parameter = stddev

    def add_batch_normalization(self, gamma, beta, moving_mean, moving_variance, double momentum, double epsilon):
        """Append a normalisation over the samples of a batch, and by the moving statistics in prediction.

        The arrays have shape (outputs,) and are used in place; None for a gamma of ones or a beta of zeros that stay
        so.
        """
        cdef cnp.ndarray mean = as_parameters(moving_mean, "moving_mean", 1)
        cdef cnp.ndarray variance = as_parameters(moving_variance, "moving_variance", 1)
        for name, array in (("moving_mean", mean), ("moving_variance", variance)):
            self.check_vector(array, name)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be from 0 to 1, but it is {momentum}")
        cdef Operation* operation = self.append_normalization(BATCH_NORMALIZATION, gamma, beta, epsilon)
        operation.momentum = momentum
        operation.moving_mean = cnp.PyArray_DATA(mean)
        operation.moving_variance = cnp.PyArray_DATA(variance)
        self.kept_alive += [mean, variance]
        self.pins += [pinned(mean), pinned(variance)]

    def add_layer_normalization(self, gamma, beta, double epsilon):
        """Append a normalisation over the numbers of a sample; gamma and beta as in :meth:`add_batch_normalization`."""
        self.append_normalization(LAYER_NORMALIZATION, gamma, beta, epsilon)

    def add_function(self, function, derivative):
        """Append an elementwise Python function of an array (rows, outputs) and its derivative, of the same array."""
        if not (callable(function) and callable(derivative)):
            raise TypeError("function and derivative must be callable")
        self.append(FUNCTION, self.output_size)
        self.functions[self.operation_count - 1] = (function, derivative)

    cdef int check_vector(self, cnp.ndarray array, str name) except -1:
        # Raises where the array is not of the plan's dtype or not one number for each output so far.
        if array.dtype != self.dtype or cnp.PyArray_SIZE(array) != self.output_size:
            raise ValueError(f"{name} must be {self.dtype} of shape ({self.output_size},), "
                             f"but it is {array.dtype} of {shape_of(array)}")
        return 0

    cdef Operation* append_normalization(self, OperationKind kind, object gamma, object beta,
                                         double epsilon) except NULL:
        cdef bint has_weights = gamma is not None, has_bias = beta is not None
        cdef cnp.ndarray scale = as_parameters(numpy.ones(self.output_size, self.dtype) if gamma is None else gamma,
                                               "gamma", 1)
        cdef cnp.ndarray shift = as_parameters(numpy.zeros(self.output_size, self.dtype) if beta is None else beta,
                                               "beta", 1)
        for name, array in (("gamma", scale), ("beta", shift)):
            self.check_vector(array, name)
        if not 0 < epsilon < float("inf"):
            raise ValueError(f"epsilon must be positive, but it is {epsilon}")
        cdef Operation* operation = self.append(kind, self.output_size)
        operation.weights = operation.weights_state[0] = operation.weights_state[1] = cnp.PyArray_DATA(scale)
        operation.bias = operation.bias_state[0] = operation.bias_state[1] = cnp.PyArray_DATA(shift)
        operation.has_weights, operation.has_bias = has_weights, has_bias
        operation.parameter = epsilon
        self.parameters += [scale, shift]
        self.pins += [pinned(scale), pinned(shift)]
        return operation

    cdef bint are_rows(self, cnp.ndarray x) noexcept:
        return cnp.PyArray_NDIM(x) == 2 and cnp.PyArray_DIM(x, 1) == self.input_size

    cdef Py_ssize_t samples_in(self, cnp.ndarray x) noexcept:
        # How many samples x holds; -1 where its shape or layout is not one that is read in place.
        cdef int ndim = cnp.PyArray_NDIM(x), kind = cnp.PyArray_TYPE(x)
        if kind != cnp.NPY_FLOAT and kind != cnp.NPY_DOUBLE and kind != cnp.NPY_UBYTE:
            return -1
        if self.are_rows(x):
            return cnp.PyArray_DIM(x, 0) if are_readable(x) else -1
        if not cnp.PyArray_ISCARRAY_RO(x):
            return -1
        if ndim == 1 and cnp.PyArray_DIM(x, 0) == self.input_size:
            return 1
        cdef tuple shape = shape_of(x)
        if shape == self.sample_shape:
            return 1
        if ndim > 0 and shape[1:] == self.sample_shape:
            return cnp.PyArray_DIM(x, 0)
        return -1

    def predict(self, x, out=None):
        """Outputs of shape (samples, output_size).

        Parameters
        ----------
        x : ndarray of float32, float64 or uint8, or CompressedRows
            Of shape (samples, input_size), each row contiguous; or C-contiguous, of shape (input_size,), sample_shape
            or (samples, *sample_shape).
        out : ndarray, shape (samples, output_size), optional
            C-contiguous, of the plan's dtype: written and returned.

        Returns
        -------
        ndarray or None
            None where x is no such array.

        Raises
        ------
        NonFiniteDataError
            When x holds NaN or infinity.
        """
        cdef Py_ssize_t samples
        if isinstance(x, CompressedRows):
            if x.shape[1] != self.input_size:
                raise ValueError(f"the rows must have {self.input_size} columns, but they have {x.shape[1]}")
            samples = x.shape[0]
        elif isinstance(x, cnp.ndarray):
            samples = self.samples_in(<cnp.ndarray> x)
        else:
            samples = -1
        if samples < 0:
            return None
        # While somebody is in here, the operations stay where they are.
        fastnn_count(&self.predictions, 1)
        try:
            return self.predict_rows(x, samples, out)
        finally:
            fastnn_count(&self.predictions, -1)

    cdef int describe_inputs(self, Rows* rows, object x, bint rows_only) except -1:
        # How the kernels read the data, compressed or not.
        if isinstance(x, CompressedRows):
            values = (<CompressedRows> x).values
            describe_rows(rows, values.reshape(-1, 1), "x", 1, False)
            rows.columns = <const uint32_t*> cnp.PyArray_DATA((<CompressedRows> x).columns)
            rows.starts = <const cnp.npy_intp*> cnp.PyArray_DATA((<CompressedRows> x).starts)
        else:
            describe_rows(rows, x, "x", self.input_size, rows_only)
        rows.scaled = self.input_scale != 1 or self.input_shift != 0
        rows.scale, rows.shift = self.input_scale, self.input_shift
        return 0

    cdef object predict_rows(self, object x, Py_ssize_t samples, object out):
        cdef cnp.npy_intp[2] shape
        cdef cnp.ndarray result
        cdef int kind = cnp.NPY_DOUBLE if self.is_double else cnp.NPY_FLOAT
        if out is None:
            shape[0] = samples
            shape[1] = self.output_size
            result = cnp.PyArray_EMPTY(2, shape, kind, 0)
        else:
            result = checked_out(out, samples, self.output_size, self.dtype, x)
        if samples == 0:
            return result
        cdef Run run
        memset(&run, 0, sizeof(Run))
        self.describe_inputs(&run.x, x, isinstance(x, cnp.ndarray) and self.are_rows(x))
        if self.functions:
            # They might resize what is read and written here.
            _pins = [pinned(array) for array in (x, result) if isinstance(array, cnp.ndarray)]
        run.operations = self.operations
        run.operation_count = self.operation_count
        run.input_size = self.input_size
        run.output_size = self.output_size
        run.samples = samples
        run.result = cnp.PyArray_DATA(result)
        run.bad_sample = -1
        run.call = call_python
        run.owner = <void*> self
        run.calls_python = bool(self.functions)
        run.block = min(samples, BLOCK_ROWS)
        run.widest_row = padded_row(self.widest, self.is_double)
        run.list_row = run.widest_row + ALIGNMENT if has_32_bits(self.widest) else 0
        cdef Py_ssize_t item = 8 if self.is_double else 4
        cdef int threads = 1
        cdef double shares = <double> self.multiply_adds * samples / WORK_FOR_A_THREAD
        if samples > 1 and shares >= 2 and not self.functions:
            threads = <int> min(<double> min(pool_size(), MAXIMUM_THREADS), shares)
            run.block = max(1, min(run.block, (samples + threads - 1) // threads))
            threads = <int> min(threads, (samples + run.block - 1) // run.block)
        if run.widest_row > most_numbers() // run.block:
            raise MemoryError(f"a layer of {self.widest} units does not fit an address space")
        cdef Py_ssize_t scratch = aligned((2 * run.block * run.widest_row + run.block * run.list_row) * item
                                          + run.block * 32 + run.block * run.list_row * 4)
        cdef Py_ssize_t packed = 0, size
        cdef bint packing = samples >= ROWS_WORTH_PACKING
        cdef int i
        if packing:
            for i in range(self.operation_count):
                packed += self.panels_size(i)
            packing = packed > 0
        cdef Py_ssize_t copied = self.operation_count * <Py_ssize_t> sizeof(Operation) if packing else 0
        size = scratch * threads + packed + copied + 2 * ALIGNMENT
        cdef bint keep = size <= LARGEST_KEPT_ARENA and fastnn_exchange(&self.kept_in_use, 1) == 0
        cdef char* arena
        if keep and self.kept_size >= size:
            arena = self.kept
        else:
            arena = <char*> malloc(size)
            if arena == NULL:
                if keep:
                    self.kept_in_use = 0
                raise MemoryError(f"no memory for the {size} bytes that this prediction needs beside its result")
            if keep:
                free(self.kept)
                self.kept = arena
                self.kept_size = size
        cdef char* at = arena + (ALIGNMENT - <uintptr_t> arena % ALIGNMENT) % ALIGNMENT
        for i in range(threads):
            run.scratch[i] = at
            at += scratch
        if packing:
            run.operations = <Operation*> (at + packed)
            memcpy(run.operations, self.operations, self.operation_count * sizeof(Operation))
            for i in range(self.operation_count):
                if self.panels_size(i):
                    run.operations[i].panels = at
                    at += self.panels_size(i)
        with nogil:
            if threads == 1:
                self.kernels.predict(&run, 0, 1)
            else:
                barrier_init(&run.barrier)
                pool_run(<pool_task> self.kernels.predict, &run, threads)
        if keep:
            fastnn_exchange(&self.kept_in_use, 0)
        else:
            free(arena)
        if run.error != NULL:
            raise_kept(&run)
        if run.bad_sample >= 0:
            raise NonFiniteDataError(run.bad_sample)
        return result

    cdef Py_ssize_t panels_size(self, int i) noexcept:
        # Bytes of an operation's packed weights; 0 where they are read in place.
        cdef Operation* operation = &self.operations[i]
        if operation.kind != DENSE or operation.fan_out < WIDTH_WORTH_PACKING:
            return 0
        cdef Py_ssize_t panel = 2 * self.kernels.lanes
        cdef Py_ssize_t item = 8 if self.is_double else 4
        return aligned((operation.fan_out + panel - 1) // panel * panel * operation.fan_in * item)


cdef cnp.ndarray checked_out(object out, Py_ssize_t samples, Py_ssize_t columns, object dtype, object x):
    if not isinstance(out, cnp.ndarray):
        raise TypeError(f"out must be a NumPy array, but it is a {type(out).__name__}")
    cdef cnp.ndarray array = <cnp.ndarray> out
    if array.dtype != dtype or not cnp.PyArray_ISCARRAY(array):
        raise TypeError(f"out must be a writeable, C-contiguous {dtype} array, but it is {array.dtype}"
                        f"{'' if cnp.PyArray_ISCARRAY(array) else ' of another layout, or read-only'}")
    if shape_of(array) != (samples, columns):
        raise ValueError(f"out must have shape ({samples}, {columns}), but its shape is {shape_of(array)}")
    if isinstance(x, cnp.ndarray) and overlaps(array, x):
        raise ValueError("out must not share memory with the input")
    return array


cdef cnp.ndarray matrix_over(void* data, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t row, bint is_double):
    # A copy: what a user's function keeps must not change under it.
    cdef cnp.npy_intp[2] shape
    cdef Py_ssize_t item = 8 if is_double else 4, r
    shape[0], shape[1] = rows, columns
    cdef cnp.ndarray array = cnp.PyArray_EMPTY(2, shape, cnp.NPY_DOUBLE if is_double else cnp.NPY_FLOAT, 0)
    for r in range(rows):
        memcpy(<char*> cnp.PyArray_DATA(array) + r * columns * item, <char*> data + r * row * item, columns * item)
    return array


cdef object call_named(Plan plan, Run* run, int i, CallKind kind, cnp.ndarray given, Py_ssize_t start, Py_ssize_t rows):
    # The array that goes to the call's `out`.
    cdef Py_ssize_t row
    cdef double weight
    if kind != CALL_LOSS:
        result, name = plan.functions[i][kind](given), "the function" if kind == CALL_FORWARD else "the derivative"
        return checked_result(result, name, given, plan.dtype)
    value, gradient = <object> run.loss_function
    target = matrix_over(run.targets, rows, run.output_size, run.output_size, plan.is_double)
    # Given copies: a function may change what it gets.
    losses = numpy.asarray(value(target.copy(), given.copy()), dtype=numpy.float64)
    if shape_of(losses) not in ((), (rows,)):
        raise ValueError(f"a loss must return one number or one for each of {rows} samples, "
                         f"but its result has shape {shape_of(losses)}")
    if run.sample_weight != NULL and losses.ndim == 0:
        raise ValueError("with weights of samples or classes, a loss of your own must return one number "
                         "for each sample")
    result = checked_result(gradient(target, given), "the gradient of the loss", given, plan.dtype)
    for row in range(rows):
        weight = 1
        if run.sample_weight != NULL:
            weight = run.sample_weight[start + row if run.order == NULL else run.order[start + row]]
            result[row] *= weight
        run.row_loss[row] = weight * (losses[row] if losses.ndim else losses[()])
    return result


cdef object checked_result(object result, str name, cnp.ndarray given, object dtype):
    result = numpy.asarray(result)
    if shape_of(result) != shape_of(given) or result.dtype.kind not in "fiub":
        raise ValueError(f"{name} must return real numbers of its input's shape, {shape_of(given)}, "
                         f"but returned {result.dtype} of shape {shape_of(result)}")
    return numpy.array(result, dtype, order="C")


cdef bint call_python(
    Run* run, int i, CallKind kind, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row, Py_ssize_t start,
    Py_ssize_t rows,
) noexcept nogil:
    with gil:
        return call_python_now(run, i, kind, out, out_row, x, x_row, start, rows)


cdef bint call_python_now(
    Run* run, int i, CallKind kind, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row, Py_ssize_t start,
    Py_ssize_t rows,
) noexcept:
    cdef Plan plan = <Plan> run.owner
    cdef Py_ssize_t columns = run.output_size if kind == CALL_LOSS else plan.operations[i].fan_out
    cdef Py_ssize_t item = 8 if plan.is_double else 4, r
    cdef cnp.ndarray result
    if run.error != NULL:
        return False
    try:
        given = matrix_over(<void*> x, rows, columns, x_row, plan.is_double)
        result = call_named(plan, run, i, kind, given, start, rows)
        if kind == CALL_BACKWARD:
            result = result * matrix_over(out, rows, columns, out_row, plan.is_double)
        for r in range(rows):
            memcpy(<char*> out + r * out_row * item, <char*> cnp.PyArray_DATA(result) + r * columns * item,
                   columns * item)
        return True
    except BaseException as error:
        Py_INCREF(error)
        run.error = <void*> error
        return False


cdef int raise_kept(Run* run) except -1:
    # Raises the exception that a Python function left.
    error = <object> run.error
    Py_DECREF(error)
    run.error = NULL
    raise error


def constants():
    """The numbers by which predictions split their work; see `fastnn_ext.engine.layout.layout`."""
    return {
        "BLOCK_ROWS": BLOCK_ROWS, "ROWS_WORTH_PACKING": ROWS_WORTH_PACKING, "WIDTH_WORTH_PACKING": WIDTH_WORTH_PACKING,
        "WORK_FOR_A_THREAD": WORK_FOR_A_THREAD, "LARGEST_KEPT_ARENA": LARGEST_KEPT_ARENA,
        "MAXIMUM_THREADS": MAXIMUM_THREADS,
    }
