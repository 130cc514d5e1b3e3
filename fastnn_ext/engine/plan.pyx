"""The plan: a network lowered to a graph of operations on plain arrays, which predicts and trains without Python."""

import math

import numpy
cimport numpy as cnp
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memset

from fastnn_ext.engine.adjustments cimport Limit, LimitKind, NORMS_OF_COLUMNS, NORMS_OF_ROWS, NOT_NEGATIVE
from fastnn_ext.engine.compressed cimport CompressedRows
from fastnn_ext.engine.layout cimport (
    ALIGNMENT, BLOCK_ROWS, LARGEST_KEPT_ARENA, LARGEST_KEPT_PANELS, LARGE_BLOCK_ROWS, MAXIMUM_THREADS,
    MOST_ROWS_BY_COLUMNS, NUMBERS_WORTH_SHARING, OUTPUTS_WORTH_PACKING, PACKED_WEIGHTS, PIECES_OF_A_THREAD,
    ROWS_OF_A_PIECE, ROWS_WORTH_ALIGNING, ROWS_WORTH_PACKING, SHARES_OF_A_ROW, WIDTH_WORTH_PACKING, WORK_FOR_A_THREAD,
    WORK_OF_A_PIECE, can_be_aligned, has_32_bits, is_worth_sharing, most_numbers, packed_weights, packs_weights,
)
from fastnn_ext.engine.numbers cimport Numbers, keep_numbers
from fastnn_ext.engine.rows cimport are_readable, describe_input
from fastnn_ext.engine.run cimport (
    CALL_BACKWARD, CALL_FORWARD, CALL_LOSS, CallKind, Edge, Head, NO_ACTIVATION, Operation, Run, Source,
)
from fastnn_ext.engine.timed_threads cimport (
    ThreadTimes, fastnn_nanoseconds, note_time, number_to_try, start_timing,
)
from fastnn_ext.runtime.arrays cimport as_parameters, overlaps, pinned, shape_of
from fastnn_ext.runtime.barrier cimport barrier_init, fastnn_count, fastnn_exchange, fastnn_load
from fastnn_ext.runtime.memory cimport allocate_large
from fastnn_ext.runtime.dispatch cimport kernels_named
from fastnn_ext.runtime.pool cimport pool_run, pool_size
from fastnn_ext.tables.enums cimport (
    ACTIVATION, ACTIVATIONS, ACTIVITY_PENALTY, ALPHA_DROPOUT, Activation, BATCH_NORMALIZATION, CONCATENATE, DENSE,
    DENSE_ALONG_AXIS, DOT, DROPOUT, EMBEDDING, ENCODING, FUNCTION, GAUSSIAN_DROPOUT, LAYER_NORMALIZATION, LOG_SOFTMAX,
    NOISE, OPERATIONS, OperationKind, PERMUTATION, PRELU, RESCALING, RMS_NORMALIZATION, SOFTMAX, STANDARDIZATION,
    SUBTRACT, UNIT_NORMALIZATION, fastnn_told_by_output, fastnn_traits,
)

from fastnn_ext.engine.rows import NonFiniteDataError

cnp.import_array()


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
        size = math.prod(map(int, shape))
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


include "prediction.pxi"
include "python_calls.pxi"


cdef int check_epsilon(double epsilon) except -1:
    if not 0 < epsilon < float("inf"):
        raise ValueError(f"epsilon must be positive, but it is {epsilon}")
    return 0


cdef void* grown(void* array, Py_ssize_t size) except NULL:
    # Room for one more.
    cdef void* place = realloc(array, size)
    if place == NULL:
        raise MemoryError("no memory for another operation of the plan")
    return place


cdef class Plan:
    """A network lowered to a graph of operations on plain arrays.

    Each ``add_...`` method appends an operation and returns the number of its value, for ``inputs`` of later ones.
    Without ``inputs`` it takes the value that was added last, the one that :meth:`follow` names, or the first input of
    the plan, so that a chain is built without numbers. Input k of the plan has the number -1 - k.

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
    >>> inner = plan.add_dense(np.array([[1.0, 0.0], [2.0, 1.0]]))
    >>> sum = plan.add_merge(OperationKind.ADD, [-1, inner])
    >>> plan.predict(np.array([[1.0, 1.0]]))
    array([[4., 2.]])
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
        self.output_size = input_size
        self.values, self.places, self.parameters, self.kept_alive, self.pins = [], [], [], [], []
        self.orders = []
        self.functions, self.categories, self.shared, self.value = {}, {}, set(), -1
        self.kernels = kernels_named(isa, self.is_double)
        self.append_source(input_size)
        self.append_head(-1)

    def __dealloc__(self):
        free(self.operations)
        free(self.edges)
        free(self.sources)
        free(self.heads)
        free(self.kept)

    @property
    def input_size(self):
        """Numbers of a sample in the first input."""
        return self.sources[0].size

    @property
    def input_sizes(self):
        """Numbers of a sample in each input."""
        return [self.sources[k].size for k in range(self.source_count)]

    @property
    def output_sizes(self):
        """Numbers of a sample in each output."""
        return [self.heads[h].size for h in range(self.head_count)]

    @property
    def input_scale(self):
        """What the numbers of the first input are multiplied by as they are read."""
        return self.sources[0].rows.scale

    @property
    def input_shift(self):
        """What is then added to them."""
        return self.sources[0].rows.shift

    def rescale_input(self, double scale, double shift=0.0):
        """Let the input that the next operation takes be scaled, after what scales it already."""
        if self.value >= 0:
            raise ValueError("numbers are scaled as they are read, before all operations")
        cdef Source* source = &self.sources[-1 - self.value]
        self.set_input_scale(source.rows.scale * scale, source.rows.shift * scale + shift, self.value)

    def add_input(self, Py_ssize_t input_size):
        """Another input, of this many numbers a sample; returns its number."""
        if input_size < 1:
            raise ValueError(f"input_size must be at least 1, but it is {input_size}")
        self.must_rest()
        self.append_source(input_size)
        return -self.source_count

    def set_input_scale(self, double scale, double shift=0.0, input=-1):
        """Read the numbers of an input as ``number * scale + shift``, as when bytes become numbers from 0 to 1."""
        cdef int place = self.place_of(input)
        if not (-float("inf") < scale < float("inf") and -float("inf") < shift < float("inf")):
            raise ValueError(f"scale and shift must be finite, but they are {scale} and {shift}")
        if place >= 0:
            raise ValueError(f"inputs of the plan have negative numbers, but this is {input}")
        if place in self.categories and (scale != 1 or shift != 0):
            raise ValueError("categories cannot be scaled: they are the numbers of rows")
        self.sources[-1 - place].rows.scale, self.sources[-1 - place].rows.shift = scale, shift

    def set_outputs(self, values):
        """Choose which values are the outputs, in this order; without it, the one output is the value added last."""
        places = [self.place_of(value) for value in values]
        if not places:
            raise ValueError("a plan must have at least one output")
        self.must_rest()
        for h in range(self.head_count):
            if self.heads[h].operation >= 0:
                self.operations[self.heads[h].operation].judged -= 1
        self.head_count, self.outputs_chosen = 0, True
        for place in places:
            self.append_head(place)

    def follow(self, value, bint shared=False):
        """Let the next operation take this value where it is told none.

        Where the value is ``shared`` with other operations, or is an output, no activation behind it is computed along
        with it.
        """
        cdef int place = self.place_of(value)
        self.value = value
        if shared:
            self.shared.add(place)

    def is_shared(self, value):
        """Whether others read this value, too, as `follow` was told."""
        return self.place_of(value) in self.shared

    cdef int must_rest(self) except -1:
        # Whoever runs a plan holds pointers into it.
        if self.trained or fastnn_load(&self.predictions) > 0:
            raise RuntimeError("the plan is in use by a training or a prediction: make another one to add operations")
        return 0

    cdef int place_of(self, object value) except? -1:
        # The operation that has a value, or the number of an input.
        cdef int number = value
        if number < 0:
            if -1 - number >= self.source_count:
                raise ValueError(f"the plan has {self.source_count} inputs, but one with the number {number} is asked "
                                 "for")
            return number
        if number >= len(self.values):
            raise ValueError(f"the plan has {len(self.values)} values, but one with the number {number} is asked for")
        if self.values[number] < 0:
            raise ValueError(f"value {number} is computed along with the activation behind it: add that with "
                             "fuse=False")
        return self.values[number]

    cdef list given(self, object inputs):
        # The places of an operation's inputs.
        if inputs is None:
            return [self.place_of(self.value)]
        if isinstance(inputs, int):
            return [self.place_of(inputs)]
        return [self.place_of(value) for value in inputs]

    cdef Py_ssize_t size_of(self, int source) noexcept:
        return self.operations[source].fan_out if source >= 0 else self.sources[-1 - source].size

    cdef int append_source(self, Py_ssize_t size) except -1:
        cdef Py_ssize_t line = ALIGNMENT // (8 if self.is_double else 4)
        cdef Source* before
        self.sources = <Source*> grown(self.sources, (self.source_count + 1) * sizeof(Source))
        cdef Source* source = self.sources + self.source_count
        memset(source, 0, sizeof(Source))
        source.size, source.rows.scale = size, 1
        if self.source_count:
            before = source - 1
            source.offset = before.offset + (before.size + line - 1) // line * line
        self.source_count += 1
        self.widest = max(self.widest, size)
        self.slots = 0
        return 0

    cdef int append_head(self, int operation) except -1:
        self.heads = <Head*> grown(self.heads, (self.head_count + 1) * sizeof(Head))
        cdef Head* head = self.heads + self.head_count
        memset(head, 0, sizeof(Head))
        head.operation, head.size = operation, self.size_of(operation)
        if operation >= 0:
            self.operations[operation].judged += 1
        self.head_count += 1
        return 0

    cdef int add_edge(self, int source) except -1:
        self.edges = <Edge*> grown(self.edges, (self.edge_count + 1) * sizeof(Edge))
        self.edges[self.edge_count].source, self.edges[self.edge_count].adds = source, False
        self.edge_count += 1
        if source >= 0:
            self.operations[source].consumers += 1
        else:
            self.sources[-1 - source].consumers += 1
        return 0

    cdef Operation* append(self, OperationKind kind, object inputs, Py_ssize_t fan_out) except NULL:
        # One more operation on these places; 0 columns: as many as its input has.
        cdef Operation* operation
        self.must_rest()
        self.operations = <Operation*> grown(self.operations, (self.operation_count + 1) * sizeof(Operation))
        operation = self.operations + self.operation_count
        memset(operation, 0, sizeof(Operation))
        operation.kind, operation.activation = kind, NO_ACTIVATION
        operation.first_edge, operation.input_count = self.edge_count, len(inputs)
        operation.twin = operation.pair = -1
        for source in inputs:
            self.add_edge(source)
            operation.fan_in += self.size_of(source)
        operation.fan_out = fan_out if fan_out else self.size_of(inputs[0])
        operation.width = operation.weight_columns = operation.fan_out
        operation.weight_rows = 1
        self.operation_count += 1
        self.places.append(self.calls)
        self.widest = max(self.widest, operation.fan_out)
        self.slots = 0
        return operation

    cdef object finish(self, Operation* operation):
        # Gives the operation's value its number.
        cdef int place = <int> (operation - self.operations)
        self.values.append(place)
        self.calls += 1
        self.value = self.calls - 1
        self.output_size = operation.fan_out
        if not self.outputs_chosen:
            if self.heads[0].operation >= 0:
                self.operations[self.heads[0].operation].judged = 0
            self.head_count = 0
            self.append_head(place)
        return self.calls - 1

    cdef bint is_chain(self) noexcept:
        # Whether each operation takes the one before it and nothing else, and the last is the one output.
        cdef int i
        for i in range(self.operation_count):
            if self.operations[i].input_count != 1 or self.edges[self.operations[i].first_edge].source != i - 1:
                return False
        return self.source_count == 1 and self.head_count == 1 and self.heads[0].operation == self.operation_count - 1

    def add_dense(self, weights, bias=None, double l1=0.0, double l2=0.0, double maximum_norm=0.0, inputs=None,
                  Py_ssize_t positions=1):
        """Append ``y = x W + b``. The arrays are used in place: they must be C-contiguous and of the plan's dtype.

        Parameters
        ----------
        weights : ndarray, shape (fan_in, fan_out)
            Those of an earlier operation are shared with it, bias and all: their gradients are added.
        bias : ndarray, shape (fan_out,) or (1, fan_out), optional
        l1, l2 : float
            In training, ``l1 sum |W| + l2 sum W**2`` is added to the loss.
        maximum_norm : float
            In training, a column of W with a larger Euclidean norm is scaled down to it. 0: none is.
        inputs : int, optional
            The number of a value.
        positions : int
            The numbers of a sample are so many vectors of fan_in numbers, each of which becomes one of fan_out numbers.
        """
        cdef cnp.ndarray w = as_parameters(weights, "weights", 2)
        cdef bint has_bias = bias is not None
        places = self.given(inputs)
        if not has_bias:
            bias = numpy.zeros(cnp.PyArray_DIM(w, 1), w.dtype)
        cdef cnp.ndarray b = as_parameters(bias, "bias", -1)
        if w.dtype != self.dtype or b.dtype != self.dtype:
            raise TypeError(f"weights and bias must be {self.dtype}, but they are {w.dtype} and {b.dtype}")
        cdef Py_ssize_t fan_in = cnp.PyArray_DIM(w, 0), fan_out = cnp.PyArray_DIM(w, 1), size = self.one_input(places)
        cdef OperationKind kind = DENSE if positions == 1 else DENSE_ALONG_AXIS
        cdef int bias_ndim = cnp.PyArray_NDIM(b)
        cdef bint one_row = bias_ndim == 1 or (bias_ndim == 2 and cnp.PyArray_DIM(b, 0) == 1)
        if positions < 1 or size % positions:
            raise ValueError(f"positions must divide the {size} numbers of a sample, but there are {positions}")
        size //= positions
        if fan_in != size or fan_out < 1 or not one_row or cnp.PyArray_SIZE(b) != fan_out:
            raise ValueError(f"weights and bias must have shapes ({size}, units) and (1, units), "
                             f"but their shapes are {shape_of(w)} and {shape_of(b)}")
        if not (l1 >= 0 and l2 >= 0 and maximum_norm >= 0):
            raise ValueError("l1, l2 and maximum_norm must not be negative, but they are "
                             f"{l1}, {l2} and {maximum_norm}")
        if fan_out > most_numbers() // positions:
            raise MemoryError(f"{positions} vectors of {fan_out} numbers do not fit an address space")
        cdef int twin = self.twin_of(kind, w, b, has_bias)
        cdef Operation* operation = self.append(kind, places, positions * fan_out)
        operation.weight_rows, operation.weight_columns = fan_in, fan_out
        operation.weights, operation.bias = cnp.PyArray_DATA(w), cnp.PyArray_DATA(b)
        operation.has_weights, operation.has_bias = True, has_bias
        self.multiply_adds += positions * fan_in * fan_out
        self.keep_parameters(operation, twin, w, b)
        if twin < 0:
            operation.l1, operation.l2 = l1, l2
            if maximum_norm > 0:
                operation.limit = Limit(NORMS_OF_COLUMNS, 0, maximum_norm, 1)
        return self.finish(operation)

    cdef Py_ssize_t one_input(self, list places) except -1:
        # How many numbers the one input of an operation has.
        if len(places) != 1:
            raise ValueError(f"this operation takes one input, but {len(places)} are given")
        return self.size_of(places[0])

    cdef int twin_of(self, OperationKind kind, cnp.ndarray w, cnp.ndarray b, bint has_bias) except? -2:
        # The first operation with the same weights; -1: none.
        cdef Operation* other
        cdef int i
        for i in range(self.operation_count):
            other = &self.operations[i]
            if not fastnn_traits(other.kind).learns or other.weights != cnp.PyArray_DATA(w):
                continue
            if other.kind != kind or self.parameters[2 * other.pair].shape != shape_of(w) \
                    or other.has_bias != has_bias \
                    or (has_bias and other.bias != cnp.PyArray_DATA(b)):
                raise ValueError("weights of an earlier operation are shared whole: with its shape and its bias")
            return i
        return -1

    cdef int keep_parameters(self, Operation* operation, int twin, cnp.ndarray weights, cnp.ndarray bias) except -1:
        # The two arrays of an operation that learns are parameters of the plan, once.
        operation.twin = twin
        if twin >= 0:
            operation.pair, operation.bias = self.operations[twin].pair, self.operations[twin].bias
            return 0
        operation.pair = len(self.parameters) // 2
        self.parameters += [weights, bias]
        self.pins += [pinned(weights), pinned(bias)]
        return 0

    def penalize(self, array, double l1=0.0, double l2=0.0):
        """In training, add ``l1 sum |array| + l2 sum array**2`` to the loss, where it is an array of an operation.

        Such as its bias, or the gamma of a normalisation; whole, and once, where operations share it.
        """
        cdef bint of_bias = False
        if not (0 <= l1 < float("inf") and 0 <= l2 < float("inf")):
            raise ValueError(f"l1 and l2 must be finite and not negative, but they are {l1} and {l2}")
        self.must_rest()
        cdef Operation* operation = self.owner_of(array, &of_bias)
        if of_bias:
            operation.bias_penalty.l1, operation.bias_penalty.l2 = l1, l2
        else:
            operation.l1, operation.l2 = l1, l2

    def limit_norms(self, array, bint of_rows=False, double low=0.0, double high=float("inf"), double rate=1.0):
        """After each step of training, bring Euclidean norms between bounds, where it is an array of an operation.

        Those of its columns, or of its rows; an array of one dimension is a row. Of the way there, a step goes the
        share ``rate``.
        """
        if not (0 <= low <= high and low < float("inf") and high > 0 and 0 <= rate <= 1):
            raise ValueError("low must be finite, from 0 to high, and rate from 0 to 1, but they are "
                             f"{low}, {high} and {rate}")
        self.set_limit(array, NORMS_OF_ROWS if of_rows else NORMS_OF_COLUMNS, low, high, rate)

    def forbid_negative(self, array):
        """After each step of training, make numbers below zero zero, where it is an array of an operation."""
        self.set_limit(array, NOT_NEGATIVE, 0, 0, 1)

    cdef int set_limit(self, object array, LimitKind kind, double low, double high, double rate) except -1:
        cdef bint of_bias = False
        self.must_rest()
        cdef Operation* operation = self.owner_of(array, &of_bias)
        if of_bias:
            operation.bias_limit = Limit(kind, low, high, rate)
        else:
            operation.limit = Limit(kind, low, high, rate)
        return 0

    cdef Operation* owner_of(self, object array, bint* of_bias) except NULL:
        # The first operation that has an array, and whether it is its bias, or beta.
        cdef int i, part
        for i in range(self.operation_count):
            if self.operations[i].pair < 0 or self.operations[i].twin >= 0:
                continue
            for part in range(2):
                known = self.parameters[2 * self.operations[i].pair + part]
                if known is array or (known.ctypes.data == array.ctypes.data and known.size == array.size):
                    of_bias[0] = part
                    return &self.operations[i]
        raise ValueError("the array is that of no operation of the plan: add the operation first")

    def add_activity_penalty(self, double l1=0.0, double l2=0.0, inputs=None):
        """Append what hands its input on; in training, the mean over samples of ``l1 |x| + l2 x**2`` is in the loss."""
        places = self.given(inputs)
        self.one_input(places)
        if not (0 <= l1 < float("inf") and 0 <= l2 < float("inf")):
            raise ValueError(f"l1 and l2 must be finite and not negative, but they are {l1} and {l2}")
        cdef Operation* operation = self.append(ACTIVITY_PENALTY, places, 0)
        operation.l1, operation.l2 = l1, l2
        return self.finish(operation)

    def add_activation(self, Activation kind, *numbers, inputs=None, bint fuse=True):
        """Append an elementwise activation.

        Behind a dense operation, one that its output tells the slope of is computed along with that, whose own value is
        then no more to be had; ``fuse=False`` keeps it. ``numbers`` are the activation's, such as
        the slope of leaky ReLU; those left out are 0.
        """
        cdef Operation* operation = NULL
        cdef int place
        cdef bint fused = False
        cdef Numbers kept
        if not 0 <= kind < ACTIVATIONS:
            raise ValueError(f"kind must be a member of Activation, but it is {<int> kind}")
        keep_numbers(&kept, numbers)
        places = self.given(inputs)
        self.one_input(places)
        place = places[0]
        if fuse and place >= 0 and fastnn_told_by_output(kind):
            operation = &self.operations[place]
            fused = operation.kind == DENSE and operation.activation == NO_ACTIVATION and operation.consumers == 0 \
                and place not in self.shared and not (self.outputs_chosen and operation.judged)
        if fused:
            self.must_rest()
            self.values[self.values.index(place)] = -1
        else:
            operation = self.append(ACTIVATION, places, 0)
        operation.activation, operation.numbers = kind, kept
        return self.finish(operation)

    def add_softmax(self, inputs=None):
        """Append a softmax over the outputs of a sample."""
        places = self.given(inputs)
        self.one_input(places)
        return self.finish(self.append(SOFTMAX, places, 0))

    def add_log_softmax(self, inputs=None):
        """Append the logarithm of a softmax over the outputs of a sample."""
        places = self.given(inputs)
        self.one_input(places)
        return self.finish(self.append(LOG_SOFTMAX, places, 0))

    def add_dropout(self, double rate, inputs=None):
        """Append a dropout: in training, numbers become 0 with probability ``rate``, others grow by 1 / (1 - rate)."""
        return self.append_dropout(DROPOUT, rate, inputs)

    def add_alpha_dropout(self, double rate, inputs=None):
        """Append a dropout that keeps mean and variance behind SELU: numbers that are left out become its floor."""
        return self.append_dropout(ALPHA_DROPOUT, rate, inputs)

    def add_gaussian_dropout(self, double rate, inputs=None):
        """Append, in training alone, normal factors of mean 1 and variance rate / (1 - rate)."""
        return self.append_dropout(GAUSSIAN_DROPOUT, rate, inputs)

    cdef object append_dropout(self, OperationKind kind, double rate, object inputs):
        places = self.given(inputs)
        self.one_input(places)
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be at least 0 and below 1, but it is {rate}")
        cdef Operation* operation = self.append(kind, places, 0)
        operation.parameter = rate
        return self.finish(operation)

    def add_noise(self, double stddev, inputs=None):
        """Append normal noise of mean 0, added in training alone."""
        places = self.given(inputs)
        self.one_input(places)
        if not 0 <= stddev < float("inf"):
            raise ValueError(f"stddev must be finite and not negative, but it is {stddev}")
        cdef Operation* operation = self.append(NOISE, places, 0)
        operation.parameter = stddev
        return self.finish(operation)

    def add_merge(self, OperationKind kind, inputs):
        """Append an operation of several inputs, in the order of their numbers: ADD, SUBTRACT, MULTIPLY, AVERAGE,
        MAXIMUM or MINIMUM of as many columns each; DOT, the sum of two inputs' products; or CONCATENATE, which sets
        them side by side.

        The gradient of a maximum or minimum goes to the first input that has it.
        """
        cdef Py_ssize_t columns = 0
        if not 0 <= kind < OPERATIONS or not fastnn_traits(kind).several:
            raise ValueError(f"kind must be an operation of several inputs, but it is {<int> kind}")
        places = self.given(inputs)
        sizes = [self.size_of(place) for place in places]
        cdef bint of_two = kind == SUBTRACT or kind == DOT
        if len(places) < 2 or (of_two and len(places) != 2):
            wanted = "two" if of_two else "at least two"
            raise ValueError(f"{wanted} inputs must be given, but there are {len(places)}")
        if kind == CONCATENATE:
            columns = sum(sizes)
        elif len(set(sizes)) > 1:
            raise ValueError(f"the inputs must have as many columns each, but they have {sizes}")
        elif kind == DOT:
            columns = 1
        return self.finish(self.append(kind, places, columns))

    def add_batch_normalization(self, gamma, beta, moving_mean, moving_variance, double momentum, double epsilon,
                                inputs=None):
        """Append a normalisation over the samples of a batch, and by the moving statistics in prediction.

        The arrays have shape (outputs,) and are used in place; None for a gamma of ones or a beta of zeros that stay
        so.
        """
        cdef cnp.ndarray mean = as_parameters(moving_mean, "moving_mean", 1)
        cdef cnp.ndarray variance = as_parameters(moving_variance, "moving_variance", 1)
        places = self.given(inputs)
        for name, array in (("moving_mean", mean), ("moving_variance", variance)):
            self.check_vector(array, name, self.one_input(places))
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be from 0 to 1, but it is {momentum}")
        cdef Operation* operation = self.append_normalization(BATCH_NORMALIZATION, places, gamma, beta, epsilon)
        operation.momentum = momentum
        operation.moving_mean = cnp.PyArray_DATA(mean)
        operation.moving_variance = cnp.PyArray_DATA(variance)
        self.kept_alive += [mean, variance]
        self.pins += [pinned(mean), pinned(variance)]
        return self.finish(operation)

    def add_layer_normalization(self, gamma, beta, double epsilon, inputs=None):
        """Append a normalisation over the numbers of a sample; gamma and beta as in :meth:`add_batch_normalization`."""
        return self.finish(self.append_normalization(LAYER_NORMALIZATION, self.given(inputs), gamma, beta, epsilon))

    def add_embedding(self, table, inputs=None):
        """Append a table of vectors: each number of an input of the plan is that of a row, which takes its place.

        In training, a batch changes the rows that it has alone, and the optimiser's state of these.

        Parameters
        ----------
        table : ndarray, shape (categories, columns)
            Used in place, as by :meth:`add_dense`; that of an earlier operation is shared with it.
        inputs : int, optional
            The number of an input, whose numbers must be whole, from 0 up and below ``categories``.
        """
        cdef cnp.ndarray w = as_parameters(table, "table", 2)
        places = self.given(inputs)
        cdef Py_ssize_t size = self.one_input(places), columns = cnp.PyArray_DIM(w, 1)
        if w.dtype != self.dtype or cnp.PyArray_SIZE(w) < 1:
            raise ValueError(f"table must be {self.dtype} of shape (categories, columns), but it is {w.dtype} of "
                             f"{shape_of(w)}")
        if columns > most_numbers() // size:
            raise MemoryError(f"{size} vectors of {columns} numbers do not fit an address space")
        cdef int twin = self.twin_of(EMBEDDING, w, w, False)
        self.take_categories(places, cnp.PyArray_DIM(w, 0))
        cdef Operation* operation = self.append(EMBEDDING, places, size * columns)
        operation.weight_rows, operation.weight_columns = cnp.PyArray_DIM(w, 0), columns
        self.keep_one(operation, twin, w)
        return self.finish(operation)

    cdef int keep_one(self, Operation* operation, int twin, cnp.ndarray weights) except -1:
        # Of what learns and has no bias: all that learn have pairs of arrays.
        cdef cnp.ndarray none = numpy.zeros(1, self.dtype)
        operation.weights, operation.has_weights = cnp.PyArray_DATA(weights), True
        operation.bias = cnp.PyArray_DATA(none)
        return self.keep_parameters(operation, twin, weights, none)

    cdef int take_categories(self, object places, Py_ssize_t count) except -1:
        # The input of an operation to come holds whole numbers below `count`.
        cdef int place = places[0]
        cdef Py_ssize_t most = (<Py_ssize_t> 1) << (30 if sizeof(void*) == 4 else 53 if self.is_double else 24)
        if place >= 0:
            raise ValueError("categories are those of an input, but this is the value of an operation")
        cdef Source* source = &self.sources[-1 - place]
        if source.rows.scale != 1 or source.rows.shift != 0:
            raise ValueError("categories cannot be scaled: they are the numbers of rows")
        if count > most:
            raise ValueError(f"{self.dtype} tells {most} whole numbers apart, but there are {count} categories")
        self.must_rest()
        if source.categories == 0 or count < source.categories:
            source.categories = count
            self.categories[place] = (count, self.calls)
        return 0

    def add_encoding(self, Py_ssize_t categories, str mode, inputs=None):
        """Append the categories of an input as zeros and ones.

        Each number becomes a row of its own ("one_hot"), or a sample one row ("multi_hot"), which may count ("count").
        """
        places = self.given(inputs)
        cdef Py_ssize_t size = self.one_input(places)
        if mode not in ("one_hot", "multi_hot", "count") or categories < 1:
            raise ValueError("mode must be one_hot, multi_hot or count and there must be categories, but they are "
                             f"{mode} and {categories}")
        cdef Py_ssize_t rows = size if mode == "one_hot" else 1
        if categories > most_numbers() // rows:
            raise MemoryError(f"{rows} rows of {categories} numbers do not fit an address space")
        self.take_categories(places, categories)
        cdef Operation* operation = self.append(ENCODING, places, rows * categories)
        operation.width, operation.parameter = categories, mode == "count"
        return self.finish(operation)

    def add_standardization(self, mean, variance, double epsilon, inputs=None):
        """Append ``(x - mean) / max(sqrt(variance), epsilon)``, of arrays along the last axis, used in place."""
        cdef cnp.ndarray m = as_parameters(mean, "mean", 1), v = as_parameters(variance, "variance", 1)
        places = self.given(inputs)
        cdef Py_ssize_t width = self.width_of(places, cnp.PyArray_SIZE(m), "mean")
        self.check_vector(m, "mean", width)
        self.check_vector(v, "variance", width)
        check_epsilon(epsilon)
        cdef Operation* operation = self.append(STANDARDIZATION, places, 0)
        operation.width, operation.parameter = width, epsilon
        operation.moving_mean, operation.moving_variance = cnp.PyArray_DATA(m), cnp.PyArray_DATA(v)
        self.kept_alive += [m, v]
        self.pins += [pinned(m), pinned(v)]
        return self.finish(operation)

    def add_rescaling(self, double scale, double offset, inputs=None):
        """Append ``x * scale + offset``, of finite numbers."""
        if not (-float("inf") < scale < float("inf") and -float("inf") < offset < float("inf")):
            raise ValueError(f"scale and offset must be finite, but they are {scale} and {offset}")
        places = self.given(inputs)
        self.one_input(places)
        cdef Operation* operation = self.append(RESCALING, places, 0)
        operation.parameter, operation.momentum = scale, offset
        return self.finish(operation)

    def add_permutation(self, order, inputs=None):
        """Append the same numbers in another order: the output's number j is the input's number order[j]."""
        places = self.given(inputs)
        cdef Py_ssize_t size = self.one_input(places)
        cdef cnp.ndarray numbers = numpy.array(order, numpy.intp, order="C")
        if shape_of(numbers) != (size,) or (numpy.sort(numbers) != numpy.arange(size)).any():
            raise ValueError(f"order must hold the numbers from 0 to {size - 1}, each once")
        cdef Operation* operation = self.append(PERMUTATION, places, 0)
        operation.order = <const Py_ssize_t*> cnp.PyArray_DATA(numbers)
        self.orders.append(numbers)
        return self.finish(operation)

    def add_unit_normalization(self, Py_ssize_t width, double epsilon, inputs=None):
        """Append a division of each vector of so many numbers by its length, or by epsilon where that is more."""
        places = self.given(inputs)
        self.width_of(places, width, "a vector")
        check_epsilon(epsilon)
        cdef Operation* operation = self.append(UNIT_NORMALIZATION, places, 0)
        operation.width, operation.parameter = width, epsilon
        return self.finish(operation)

    def add_rms_normalization(self, gamma, double epsilon, inputs=None):
        """Append a division of each vector by the root of its mean square plus epsilon, times gamma, used in place."""
        cdef cnp.ndarray g = as_parameters(gamma, "gamma", 1)
        places = self.given(inputs)
        cdef Py_ssize_t width = self.width_of(places, cnp.PyArray_SIZE(g), "gamma")
        self.check_vector(g, "gamma", width)
        check_epsilon(epsilon)
        cdef int twin = self.twin_of(RMS_NORMALIZATION, g, g, False)
        cdef Operation* operation = self.append(RMS_NORMALIZATION, places, 0)
        operation.width = operation.weight_columns = width
        operation.parameter = epsilon
        self.keep_one(operation, twin, g)
        return self.finish(operation)

    def add_prelu(self, alpha, order=None, inputs=None):
        """Append ``x`` where it is positive, else ``alpha * x``: slopes, used in place, which numbers may share.

        By default there is a slope for each number of a sample; with an order, that of number j is alpha's number
        order[j].
        """
        cdef cnp.ndarray a = as_parameters(alpha, "alpha", -1), numbers
        places = self.given(inputs)
        cdef Py_ssize_t size = self.one_input(places), slopes = cnp.PyArray_SIZE(a)
        self.check_vector(a, "alpha", size if order is None else slopes)
        if order is not None:
            numbers = numpy.array(order, numpy.intp, order="C")
            if shape_of(numbers) != (size,) or (numbers < 0).any() or (numbers >= slopes).any():
                raise ValueError(f"order must hold {size} numbers of slopes below {slopes}, one for each of a sample")
        cdef int twin = self.twin_of(PRELU, a, a, False)
        cdef Operation* operation = self.append(PRELU, places, 0)
        if order is not None:
            operation.order, operation.weight_columns = <const Py_ssize_t*> cnp.PyArray_DATA(numbers), slopes
            self.orders.append(numbers)
        self.keep_one(operation, twin, a)
        return self.finish(operation)

    cdef Py_ssize_t width_of(self, list places, Py_ssize_t width, str name) except -1:
        # The length of the vectors that one input is made of.
        cdef Py_ssize_t size = self.one_input(places)
        if width < 1 or size % width:
            raise ValueError(f"{name} must have a length that divides the {size} numbers of a sample, but it has "
                             f"{width}")
        return width

    def add_function(self, function, derivative, inputs=None):
        """Append an elementwise Python function of an array (rows, outputs), and its derivative, of the same."""
        places = self.given(inputs)
        self.one_input(places)
        if not (callable(function) and callable(derivative)):
            raise TypeError("function and derivative must be callable")
        cdef Operation* operation = self.append(FUNCTION, places, 0)
        self.functions[self.operation_count - 1] = (function, derivative)
        return self.finish(operation)

    cdef int check_vector(self, cnp.ndarray array, str name, Py_ssize_t size) except -1:
        if array.dtype != self.dtype or cnp.PyArray_SIZE(array) != size:
            raise ValueError(f"{name} must be {self.dtype} of shape ({size},), but it is {array.dtype} of "
                             f"{shape_of(array)}")
        return 0

    cdef Operation* append_normalization(
        self, OperationKind kind, object inputs, object gamma, object beta, double epsilon
    ) except NULL:
        cdef Py_ssize_t size = self.one_input(inputs)
        cdef bint has_weights = gamma is not None, has_bias = beta is not None
        cdef cnp.ndarray scale = as_parameters(numpy.ones(size, self.dtype) if gamma is None else gamma, "gamma", 1)
        cdef cnp.ndarray shift = as_parameters(numpy.zeros(size, self.dtype) if beta is None else beta, "beta", 1)
        for name, array in (("gamma", scale), ("beta", shift)):
            self.check_vector(array, name, size)
        check_epsilon(epsilon)
        cdef int twin = self.twin_of(kind, scale, shift, has_bias) if has_weights else -1
        cdef Operation* operation = self.append(kind, inputs, 0)
        operation.weights, operation.bias = cnp.PyArray_DATA(scale), cnp.PyArray_DATA(shift)
        operation.has_weights, operation.has_bias = has_weights, has_bias
        operation.parameter = epsilon
        self.keep_parameters(operation, twin, scale, shift)
        return operation

    def buffers(self):
        """How many buffers a prediction keeps its values in."""
        if self.slots == 0:
            self.slots = assign_slots(self)
        return self.slots

    def predict(self, x, out=None):
        """The outputs: an array of shape (samples, output_size), or a list of one for each where outputs were chosen.

        Parameters
        ----------
        x : ndarray of float32, float64 or uint8, or CompressedRows
            Of shape (samples, input_size), each row contiguous; or C-contiguous, of shape (input_size,), sample_shape
            or (samples, *sample_shape). A list of one for each input where there are several.
        out : ndarray, shape (samples, output_size), optional
            C-contiguous, of the plan's dtype: written and returned. A list of one for each output where these were
            chosen.

        Returns
        -------
        ndarray, list of ndarray, or None
            None where x is no such array.

        Raises
        ------
        NonFiniteDataError
            When x holds NaN or infinity.
        """
        # While somebody is in here, the operations stay where they are.
        fastnn_count(&self.predictions, 1)
        try:
            # What is copied of inputs and operations for one prediction tells the buffers.
            if self.slots == 0:
                self.buffers()
            if self.source_count == 1 and not self.outputs_chosen:
                return predict_one(self, x, out)
            return predict_several(self, x, out)
        finally:
            fastnn_count(&self.predictions, -1)


def constants():
    """The numbers by which predictions split their work; see `fastnn_ext.engine.layout.layout`."""
    return {
        "BLOCK_ROWS": BLOCK_ROWS, "LARGE_BLOCK_ROWS": LARGE_BLOCK_ROWS, "LARGEST_KEPT_PANELS": LARGEST_KEPT_PANELS,
        "ROWS_WORTH_PACKING": ROWS_WORTH_PACKING, "WIDTH_WORTH_PACKING": WIDTH_WORTH_PACKING,
        "OUTPUTS_WORTH_PACKING": OUTPUTS_WORTH_PACKING,
        "ROWS_WORTH_ALIGNING": ROWS_WORTH_ALIGNING, "WORK_FOR_A_THREAD": WORK_FOR_A_THREAD,
        "LARGEST_KEPT_ARENA": LARGEST_KEPT_ARENA, "MAXIMUM_THREADS": MAXIMUM_THREADS,
        "MOST_ROWS_BY_COLUMNS": MOST_ROWS_BY_COLUMNS, "NUMBERS_WORTH_SHARING": NUMBERS_WORTH_SHARING,
        "SHARES_OF_A_ROW": SHARES_OF_A_ROW, "PACKED_WEIGHTS": PACKED_WEIGHTS, "PIECES_OF_A_THREAD": PIECES_OF_A_THREAD,
        "ROWS_OF_A_PIECE": ROWS_OF_A_PIECE, "WORK_OF_A_PIECE": WORK_OF_A_PIECE,
    }
