"""Training: a plan, its data and an optimiser made ready, so that epochs run without Python and without allocating."""

import math

import numpy
cimport cython
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport uint8_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from fastnn_ext.engine.adjustments cimport NO_LIMIT
from fastnn_ext.engine.compressed cimport CompressedRows
from fastnn_ext.engine.layout cimport (
    BATCH_WORTH_PACKING, COLUMN_GROUP, GRADIENT_WORTH_PACKING, MAXIMUM_THREADS, OUTPUTS_WORTH_PACKING, PACKED_GRADIENT,
    PACKED_INPUTS, PACKED_WEIGHTS, ROWS_WORTH_ALIGNING, ROWS_WORTH_PACKING, UPDATE_DEPTH, WAITING_SUMS,
    WIDTH_WORTH_PACKING, can_be_aligned, most_numbers, packed_update, packed_weights, packs_update, packs_weights,
    way_back,
)
from fastnn_ext.engine.options cimport LossOptions, RuleOptions
from fastnn_ext.engine.plan cimport Plan, aligned, call_python, padded_row, raise_kept
from fastnn_ext.engine.rows cimport describe_input, describe_rows
from fastnn_ext.engine.run cimport (
    Edge, FirstLayer, Head, Index, NO_ACTIVATION, Operation, Parameter, Rows, Rule, Run, Source,
)
from fastnn_ext.engine.timed_threads cimport (
    ThreadTimes, fastnn_nanoseconds, note_time, number_to_try, start_timing,
)
from fastnn_ext.runtime.arrays cimport pinned, shape_of
from fastnn_ext.runtime.barrier cimport barrier_init, fastnn_exchange, fastnn_load, fastnn_store
from fastnn_ext.runtime.memory cimport allocate_large
from fastnn_ext.runtime.dispatch cimport kernels_for_samples
from fastnn_ext.runtime.kernels cimport Kernels
from fastnn_ext.runtime.pool cimport pool_run, pool_size
from fastnn_ext.runtime.scalars cimport is_finite
from fastnn_ext.tables.enums cimport (
    ACTIVITY_PENALTY, BATCH_NORMALIZATION, BINARY_CROSS_ENTROPY, COLLECT, DENSE, DENSE_ALONG_AXIS, EMBEDDING,
    LAYER_NORMALIZATION, SGD, SIGMOID, SOFTMAX, STATES, UpdateRule, fastnn_traits,
)

from fastnn_ext.engine.plan import allocate
from fastnn_ext.engine.rows import NonFiniteDataError
from fastnn_ext.tables.enums import SLOTS

cnp.import_array()

include "training_constants.pxi"
include "training_errors.pxi"
include "graph.pxi"
include "arena.pxi"
include "decisions.pxi"
include "training_data.pxi"
include "optimizer_state.pxi"
include "backup.pxi"
include "own_loops.pxi"
include "training_setup.pxi"
include "training_gradients.pxi"
include "epochs.pxi"


def state_shapes(Plan plan not None, UpdateRule optimizer):
    """Shapes of the arrays that a training of the plan by this optimiser keeps, in the order of `Training.state`."""
    pairs = [plan.parameters[i : i + 2] for i in range(0, len(plan.parameters), 2)]
    return [array.shape for pair in pairs for _ in SLOTS[<int> optimizer] for array in pair]


cdef class Training(GradientTraining):
    """One training of a plan on one set of data.

    Parameters
    ----------
    plan : Plan
    x : ndarray of float32, float64 or uint8, shape (samples, input_size), or CompressedRows
        Read where it is, batch by batch, also from a memory-mapped file: each row contiguous. A list, one for each
        input, where the plan has several.
    y : ndarray of float32, float64 or uint8, shape (samples, output_size)
        Or of int32 and shape (samples, 1): class numbers, where there is more than one output. Of any shape and type,
        (samples, ...), for a loss with functions of the user's own, which get its rows. A list, one for each output,
        where these were chosen.
    batch_size : int
    loss : LossOptions
        Or a list, as for y.
    rule : RuleOptions
    sample_weight : ndarray of float64, shape (samples,), optional
        Or a list, as for y.
    record : bool
        Keep the outputs that the losses were computed from, as ``outputs``.
    inference : bool
        Learn nothing: `run_epoch` gives the loss of the layers as they are in prediction.
    seed : int
        Of dropout, noise and augmentation.
    augmentation : dict, optional
        The fields of the plan's ``Augmentation``, by name.
    state : list of ndarray, optional
        The optimiser's arrays from an earlier training; by default new ones.
    sparse : bool, optional
        Whether the first layer visits non-zero inputs only; by default as the data's density suggests.
    threads : int, optional
        By default as many as the size of the work suggests. The result does not depend on it.
    keep_index : bool
        Keep the places of non-zero inputs for later epochs. One epoch alone does not need them.
    streaming : bool
        Data come batch by batch through `run_batch`, and these are the first of them: what a batch leads to then
        depends on no batch before it, to the last bit, and its y is of the first one's form. Without it, one sample at
        a time has a faster order of sums of its own.
    frozen : iterable of int
        The numbers of values whose operations learn nothing; gradients pass through them. A batch normalisation among
        them takes its moving statistics, as in prediction, and leaves them as they are.
    frozen_arrays : iterable of ndarray
        Operations over any of these arrays are frozen, too.
    draws : bool
        Dropout and noise draw; without it they do nothing, as in prediction.
    input_gradients : iterable of int
        The numbers of inputs with respect to which `run_gradients` works out gradients, too.
    gradients_given : bool
        y holds the gradients with respect to the outputs, in place of targets: there is no loss, and no penalty.
    steps_given : bool
        The training is for `apply_gradients` alone.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn_ext.engine.options import LossOptions, RuleOptions
    >>> from fastnn_ext.engine.plan import Plan
    >>> from fastnn_ext.tables.enums import Loss, UpdateRule
    >>> plan, weights = Plan(1, np.float64), np.zeros((1, 1))
    >>> number = plan.add_dense(weights, np.zeros((1, 1)))
    >>> loss, rule = LossOptions(Loss.MEAN_SQUARED_ERROR), RuleOptions(UpdateRule.SGD, 0.25)
    >>> training = Training(plan, np.ones((1, 1)), np.ones((1, 1)), 1, loss, rule)
    >>> training.run_epoch(), weights
    (1.0, array([[0.5]]))
    """

    def set_learning_rates(self, rates):
        """One rate for each batch of the next epochs, shape (batches,); None for `learning_rate` in all of them."""
        cdef cnp.ndarray array = self.of_batches(rates, "learning rates")
        self.start_running()
        self.rates = array
        self.run.updating.learning_rates = NULL if array is None else <double*> cnp.PyArray_DATA(array)
        fastnn_exchange(&self.running, 0)

    def set_penalty_scales(self, scales):
        """What penalties on weights are multiplied by in each batch of the next epochs, shape (batches,); None for 1.

        Losses, and the penalties that count in them, are means over samples: where a user's penalty is shared by the
        samples of a batch, that of a smaller one is larger.
        """
        cdef cnp.ndarray array = self.of_batches(scales, "scales of penalties")
        self.start_running()
        self.penalty_scales = array
        self.run.updating.penalty_scales = NULL if array is None else <double*> cnp.PyArray_DATA(array)
        fastnn_exchange(&self.running, 0)

    cdef cnp.ndarray of_batches(self, object numbers, str what):
        # A copy, which nobody resizes, of one number for each batch of an epoch.
        cdef Py_ssize_t batches = (self.samples + self.run.batch_size - 1) // self.run.batch_size
        if numbers is None:
            return None
        cdef cnp.ndarray array = numpy.array(numbers, dtype=numpy.float64, order="C")
        if cnp.PyArray_NDIM(array) != 1 or cnp.PyArray_SIZE(array) != batches:
            raise ValueError(f"there must be {batches} {what}, one a batch, but their shape is {shape_of(array)}")
        return array

    def read_anew(self):
        """Look at the data anew in the next epoch, since they may have changed: what is known of them is forgotten."""
        cdef Py_ssize_t i
        self.start_running()
        self.run.data.check = True
        self.index.used = 0
        if self.index.starts != NULL:
            for i in range(self.samples):
                self.index.starts[i] = -1
        fastnn_exchange(&self.running, 0)

    def run_epoch(self, order=None, progress=None, beside=None):
        """Train once over the data, in place, and return the mean loss of a sample.

        Parameters
        ----------
        order : ndarray of intp, shape (samples,), optional
            The order in which samples are visited; by default as they come.
        progress : callable, optional
            Told now and then how many samples are done and the sum of their losses.
        beside : ndarray of uint8, shape (1,), optional
            Not 0 while another thread of this process keeps a processor busy: the training then takes as many threads
            as are fastest beside it.

        Raises
        ------
        NonFiniteError
            When the loss of a batch is NaN or infinite.
        NonFiniteWeightsError
            When weights are, after the last batch.
        NonFiniteDataError
            When a sample of the data holds NaN or infinity, a number of no class, or a target out of bounds.
        RuntimeError
            When another thread is running this training.

        After any of the first three all weights are what they were before this call, and the optimiser starts anew.
        """
        cdef cnp.ndarray order_array
        cdef const cnp.npy_intp* numbers = NULL
        if order is not None:
            # A copy: whoever changed it in the middle of the epoch would lead the kernels astray.
            order_array = numpy.array(order, dtype=numpy.intp, order="C")
            if cnp.PyArray_SIZE(order_array) != self.samples or order_array.min() < 0 \
                    or order_array.max() >= self.samples:
                raise ValueError(f"order must hold {self.samples} row numbers below {self.samples}")
            numbers = <cnp.npy_intp*> cnp.PyArray_DATA(order_array)
        cdef cnp.ndarray flag
        cdef const uint8_t* busy = NULL
        if beside is not None:
            flag = beside
            if cnp.PyArray_TYPE(flag) != cnp.NPY_UBYTE or cnp.PyArray_SIZE(flag) != 1:
                raise TypeError(f"beside must hold one uint8, but it holds {flag.size} of {flag.dtype}")
            busy = <const uint8_t*> cnp.PyArray_DATA(flag)
        self.start_running()
        self.run.data.order, self.beside = numbers, busy
        try:
            return epoch(self, progress)
        finally:
            self.run.data.order, self.beside = NULL, NULL
            fastnn_exchange(&self.running, 0)

    def run_batch(self, x not None, y not None, sample_weight=None):
        """Train one step on other data of the same kind, at most batch_size rows, and return its mean loss.

        ``outputs`` then holds, where a record is kept, this batch's in its first rows. Raises as :meth:`run_epoch`
        does, with the weights from before this batch.
        """
        cdef list inputs = self.for_inputs(x)
        if not 0 < rows_in(inputs[0]) <= self.run.batch_size:
            raise ValueError(f"a batch must have from 1 to {self.run.batch_size} rows, but x has shape "
                             f"{inputs[0].shape}")
        if self.index.starts != NULL:
            raise ValueError("a training that keeps an index of its data takes no others: make it with "
                             "keep_index=False")
        self.start_running()
        try:
            set_data(self, inputs, y, sample_weight)
            return epoch(self, None)
        finally:
            fastnn_exchange(&self.running, 0)

    def take_data(self, x not None, y not None, sample_weight=None):
        """Let the next epochs be of other data of the same kind, of any number of rows.

        Learning rates and scales of penalties that were set by batch are forgotten. Where a record is kept, ``outputs``
        holds these data's in its first rows. Parameters are those of `run_batch`, and so are the errors for data that
        do not fit, after which the data are those of before.
        """
        cdef list inputs = self.for_inputs(x)
        if rows_in(inputs[0]) < 1:
            raise ValueError(f"x must have at least one row, but it has shape {inputs[0].shape}")
        if self.index.starts != NULL:
            raise ValueError("a training that keeps an index of its data takes no others: make it with "
                             "keep_index=False")
        self.start_running()
        try:
            set_data(self, inputs, y, sample_weight)
            self.rates = self.penalty_scales = None
            self.run.updating.learning_rates = self.run.updating.penalty_scales = NULL
            if self.records and self.samples > len(self.records[0]):
                self.keep_records()
        finally:
            fastnn_exchange(&self.running, 0)
