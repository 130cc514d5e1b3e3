"""The plan: a network lowered to a graph of operations on plain arrays, which predicts and trains without Python."""

import math

import numpy
cimport cython
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
from fastnn_ext.runtime.arrays cimport as_parameters, has_mask, overlaps, pinned, shape_of
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

include "alignment.pxi"
include "plan_graph.pxi"
include "trainable_operations.pxi"
include "prediction.pxi"
include "python_calls.pxi"


cdef class Plan(TrainableOperations):
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

    def add_function(self, function, derivative, inputs=None):
        """Append an elementwise Python function of an array (rows, outputs), and its derivative, of the same."""
        places = self.given(inputs)
        self.one_input(places)
        if not (callable(function) and callable(derivative)):
            raise TypeError("function and derivative must be callable")
        cdef Operation* operation = self.append(FUNCTION, places, 0)
        self.functions[self.operation_count - 1] = (function, derivative)
        return self.finish(operation)

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
