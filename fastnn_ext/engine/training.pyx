"""Training: a plan, its data and an optimiser made ready, so that epochs run without Python and without allocating."""

import math

import numpy
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

# Multiply-adds between two looks for Ctrl-C: some 20 ms of dense work at the slowest.
cdef Py_ssize_t WORK_BETWEEN_SIGNAL_CHECKS = 100_000_000

# Multiply-adds of a batch for each thread below which meeting the others, and fetching what they wrote, costs more than
# they save; one that visits non-zero inputs alone takes as long as three in a dense product.
cdef Py_ssize_t BATCH_WORK_FOR_A_THREAD = 2_000_000
cdef Py_ssize_t COST_OF_A_SPARSE_ONE = 3

# Multiply-adds of a piece that is timed, where batches are smaller: half a millisecond or more.
cdef Py_ssize_t WORK_TIMED = 25_000_000

# Rows looked at to see whether the data are sparse, and the largest share of non-zero inputs that is: in batches, where
# the dense product runs at full speed, and one by one, where it waits for memory. Of large batches, of so many rows or
# outputs of the first layer, sorted lists and the rows that they ask for no longer fit the caches. That does not matter
# where vectors of so many numbers list them, by masks, and read a narrow layer's rows in three: that takes 0.71 to 0.87
# of the time with AVX-512 at a density of 0.2; with AVX2 1.4 times as long.
cdef Py_ssize_t ROWS_PROBED = 64
cdef double DENSEST_BATCH = 0.35
cdef double DENSEST_SAMPLE = 0.75
cdef double DENSEST_LARGE_BATCH = 0.12
cdef Py_ssize_t LARGE_BATCH = 2048
cdef Py_ssize_t LARGE_OUTPUTS = 1 << 20
cdef Py_ssize_t LANES_OF_LARGE_LISTS = 16

# The index of non-zeros keeps no more than this; rows beyond it are listed anew in each epoch.
cdef Py_ssize_t LARGEST_INDEX = 64 << 20

# Widest layer whose sparse gradient is collected row by row rather than column by column, if four vectors hold a row.
cdef Py_ssize_t WIDEST_BY_ROW = 48

# Units of a sparse first layer from which on a row of its weights is read once a batch, rather than once a sample.
# Narrower weights stay in the second-level cache, and a thread's samples need no sorting by another.
cdef Py_ssize_t WIDE_FIRST_LAYER = 320

# Columns of the first layer for each thread from which on it trains them in panels of its own.
cdef Py_ssize_t FIRST_COLUMN_GROUP = 64

# Samples of a batch up to which they do so over sparse data also where it is not wide, and the numbers of a vector from
# which on that pays. On a Xeon, 128 to 256 units, 32 samples: 0.7 of the time with AVX-512; with AVX2 nothing.
cdef Py_ssize_t LARGEST_BATCH_OF_OWN_COLUMNS = 64
cdef Py_ssize_t LANES_OF_OWN_COLUMNS = 16


class NonFiniteError(FloatingPointError):
    """A loss that is NaN or infinite: carries the ``batch`` and the ``operation`` where it first showed."""

    def __init__(self, batch, operation):
        super().__init__(f"the loss of batch {batch} is not finite, from operation {operation}")
        self.batch = batch
        self.operation = operation


class NonFiniteWeightsError(FloatingPointError):
    """Weights that are NaN or infinite after an epoch or a batch: carries their ``operation``."""

    def __init__(self, operation):
        super().__init__(f"the weights of operation {operation} are not finite")
        self.operation = operation


class NonFiniteGradientsError(FloatingPointError):
    """A gradient that is NaN or infinite: carries its ``operation``, or -1 for one with respect to the inputs."""

    def __init__(self, operation):
        super().__init__(f"the gradient of operation {operation} is not finite")
        self.operation = operation


def state_shapes(Plan plan not None, UpdateRule optimizer):
    """Shapes of the arrays that a training of the plan by this optimiser keeps, in the order of `Training.state`."""
    pairs = [plan.parameters[i : i + 2] for i in range(0, len(plan.parameters), 2)]
    return [array.shape for pair in pairs for _ in SLOTS[<int> optimizer] for array in pair]


cdef double penalty_on(object array, double l1, double l2) except? -1:
    if l1 == 0 and l2 == 0:
        return 0
    numbers = array.astype(numpy.float64)
    return l1 * numpy.abs(numbers).sum() + l2 * (numbers * numbers).sum()


include "graph.pxi"
include "arena.pxi"
include "decisions.pxi"
include "training_data.pxi"
include "optimizer_state.pxi"
include "backup.pxi"
include "own_loops.pxi"


cdef class Training:
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

    cdef Plan plan
    cdef const Kernels* kernels
    cdef Run run
    cdef Index index
    cdef list losses                # how each output is judged
    cdef list loss_numbers          # and what each loss is told beside
    cdef RuleOptions rule
    cdef list x                     # what the run describes: for each input, and for each output
    cdef list y
    cdef list weights
    cdef list loss_functions        # for each output, those of the user's own loss and its targets; see set_data
    cdef list data_pins             # see `pinned`: of all of these
    cdef Rows* described            # room to describe other data before they take these' place
    cdef cnp.ndarray rates
    cdef cnp.ndarray penalty_scales
    cdef list state_pins            # and of the optimiser's arrays and the record
    cdef list arrays                # the optimiser's: for each operation, its weights' and its bias' by slot
    cdef list starts                # the number that each of them starts from
    cdef list records               # (samples, output_size) for each output, where a record is kept
    cdef char* arena
    cdef list learning              # the arrays that training changes, see list_learning
    cdef char* saved                # what they held before the run
    cdef Py_ssize_t* places         # of gradients that users ask for, by parameter
    cdef Py_ssize_t gradient_size
    cdef Py_ssize_t* gaps           # between gradients: where each begins, and its length, in bytes
    cdef int gap_count              # see find_gaps
    cdef void** kept_places         # room for where operations leave their gradients otherwise
    cdef object collected           # a vector that gradients are left in, and see `pinned`
    cdef bint streaming
    cdef bint aligned               # the first layer's weights lie in aligned rows while a run lasts
    cdef bint tables                # operations that themselves keep what a batch changes of theirs
    cdef bint gradients_given
    cdef bint steps_given
    cdef int running
    cdef ThreadTimes[2] times       # while this process' other threads are idle, and while one of them works
    cdef const uint8_t* beside      # whether one does; NULL: nobody says
    cdef readonly bint sparse
    cdef readonly int threads       # at most
    cdef readonly Py_ssize_t samples

    def __cinit__(
        self, Plan plan not None, x not None, y not None, Py_ssize_t batch_size, loss not None,
        RuleOptions rule not None, *, sample_weight=None, bint record=False, bint inference=False, uint64_t seed=0,
        augmentation=None, state=None, sparse=None, threads=None, bint keep_index=True, bint streaming=False,
        frozen=(), frozen_arrays=(),
        bint draws=True, input_gradients=(), bint gradients_given=False, bint steps_given=False,
    ):
        cdef Run* run = &self.run
        cdef int k
        self.plan, self.rule, self.streaming = plan, rule, streaming
        self.gradients_given, self.steps_given = gradients_given, steps_given
        if inference and (input_gradients or gradients_given or steps_given):
            raise ValueError("a training with inference=True has no gradients")
        self.losses, self.loss_numbers = self.for_outputs(loss, "loss"), []
        for options in self.losses:
            if not isinstance(options, LossOptions):
                raise TypeError(f"loss must be LossOptions, but it is a {type(options).__name__}")
        cdef list inputs = self.for_inputs(x)
        cdef Py_ssize_t samples = rows_in(inputs[0])
        if samples < 1 or batch_size < 1 or plan.operation_count < 1:
            raise ValueError("samples, batch_size and layers must be at least 1, but x has shape "
                             f"{inputs[0].shape}, batch_size is {batch_size} and there are "
                             f"{plan.operation_count} layers")
        run.batch_size = min(batch_size, samples)
        run.updating.rule, run.updating.momentum_product = rule.rule, 1
        run.inference = inference
        run.data.seed, run.data.index = seed, &self.index
        run.call, run.owner = call_python, <void*> plan
        run.outcome.bad_sample = run.outcome.failed = -1
        run.outcome.done_from = plan.operation_count
        if augmentation is not None:
            check_augmentation(augmentation, plan)
            run.data.augmentation = augmentation
        run.calls_python = bool(plan.functions) or any([options.loss_function is not None for options in self.losses])
        copy_plan(self)
        freeze(self, frozen, frozen_arrays)
        if not draws:
            draw_nothing(self)
        for k in input_gradients:
            if not 0 <= k < run.data.source_count:
                raise ValueError(f"the plan has {run.data.source_count} inputs, but input_gradients holds {k}")
            if plan.sources[k].categories > 0:
                raise ValueError(f"input {k} holds categories, which have no gradient")
            run.data.sources[k].needs_gradient = True
        list_learning(self)
        prepare_heads(self)
        prepare_operations(self)
        set_data(self, inputs, y, sample_weight)
        cdef double density = probe(self)
        if sparse is None:
            sparse = run.data.sources[0].rows.shift == 0 and density <= densest(self)
        self.sparse = run.first.sparse = bool(sparse) and can_be_sparse(self)
        self.threads = threads_for(self, density) if threads is None or run.calls_python \
            else max(1, min(<int> threads, <int> MAXIMUM_THREADS))
        for k in range(2):
            start_timing(&self.times[k], self.threads, threads is not None)
        choose_first_layer(self)
        share_columns(self)
        cdef bint fresh = make_state(self, state)
        reserve(self)
        move_state(self, False)
        clear_tables(self)
        if run.updating.collects:
            list_parameters(run)
        self.records = []
        if record:
            self.keep_records()
        if self.sparse and keep_index and not streaming and augmentation is None \
                and run.data.sources[0].rows.starts == NULL:
            reserve_index(self, density)
        if self.sparse and fresh and rule.rule.weight_decay == 0 and not run.updating.collects \
                and run.operations[0].l2 == 0:
            run.data.seen = <unsigned char*> calloc(plan.sources[0].size, 1)
            if run.data.seen == NULL:
                raise MemoryError(f"no memory for {plan.sources[0].size} marks of inputs")
        # From here on the plan's sizes are those that this training was made for.
        plan.trained = True

    def __dealloc__(self):
        free(self.arena)
        free(self.saved)
        free(self.places)
        free(self.gaps)
        free(self.kept_places)
        free(self.run.operations)
        free(self.run.edges)
        free(self.run.heads)
        free(self.run.data.sources)
        free(self.described)
        free(self.run.data.seen)
        free(self.index.starts)
        free(self.index.counts)
        free(self.index.columns)
        free(self.index.values)

    cdef list for_outputs(self, object given, str name):
        # One of something for each output.
        cdef list found = list(given) if self.plan.outputs_chosen else [given]
        if len(found) != self.plan.head_count:
            raise ValueError(f"the plan has {self.plan.head_count} outputs, but {name} has {len(found)}")
        return found

    cdef list for_inputs(self, object x):
        cdef list found = [x] if self.plan.source_count == 1 else list(x)
        if len(found) != self.plan.source_count:
            raise ValueError(f"the plan has {self.plan.source_count} inputs, but {len(found)} are given")
        for one in found:
            if not (isinstance(one, cnp.ndarray) or isinstance(one, CompressedRows)):
                raise TypeError(f"x must be an array or CompressedRows, but it is a {type(one).__name__}")
        return found

    cdef int keep_records(self) except -1:
        # Of as many rows as there are now, in place of those of before.
        cdef int h
        self.records, self.state_pins = [], self.state_pins[:len(self.arrays)]
        for h in range(self.run.head_count):
            array = numpy.empty((self.samples, self.run.heads[h].size), self.plan.dtype)
            self.records.append(array)
            self.state_pins.append(pinned(array))
            self.run.heads[h].record = cnp.PyArray_DATA(<cnp.ndarray> array)
        return 0

    cdef object each_output(self, list found):
        return found if self.plan.outputs_chosen else found[0]

    @property
    def threads_used(self):
        """How many of its ``threads`` the training takes, by the last trials; all where a number was asked for.

        Of those while no other thread works, see `run_epoch`.
        """
        return self.times[0].numbers[self.times[0].chosen]

    @property
    def outputs(self):
        """What the losses of the last run were computed from, (samples, output_size); None without a record."""
        return self.each_output(self.records) if self.records else None

    @property
    def losses_of_outputs(self):
        """The mean loss of a sample in the last run, by output, before ``loss_weight``; without penalties."""
        return [self.run.heads[h].total_loss / self.samples for h in range(self.run.head_count)]

    @property
    def state(self):
        """The optimiser's arrays: for each operation that learns, those of its weights and its bias, slot by slot.

        Read them between epochs; to go on from them, pass them to another training.
        """
        move_state(self, True)
        return list(self.arrays)

    @property
    def step(self):
        """Optimiser steps done so far: set it to go on from an earlier training."""
        return self.run.updating.step

    @step.setter
    def step(self, long value):
        self.run.updating.step = value

    @property
    def momentum_product(self):
        """The product of Nadam's momentums so far."""
        return self.run.updating.momentum_product

    @momentum_product.setter
    def momentum_product(self, double value):
        self.run.updating.momentum_product = value

    @property
    def learning_rate(self):
        """The optimiser's rate for the epochs to come."""
        return self.run.updating.rule.learning_rate

    @learning_rate.setter
    def learning_rate(self, double value):
        self.run.updating.rule.learning_rate = value

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

    def gradients(self):
        """Copies of the last batch's gradients, for each operation that learns those of its weights and its bias.

        With an optimizer of COLLECT, or whatever else has whole gradients collected: L1, limits, clipping, coupled
        decay, penalties on biases and vectors, shared weights. They are those of the loss with the penalties.
        """
        cdef Operation* operation
        cdef int i
        if not self.run.updating.collects:
            raise ValueError("the gradients are not kept: make the training with an optimizer of COLLECT")
        result = []
        for i in range(self.run.operation_count):
            operation = &self.run.operations[i]
            if operation.pair >= 0 and operation.twin < 0:
                result.append(self.gradient_of(2 * operation.pair, operation.has_weights, operation.weights_gradient))
                result.append(self.gradient_of(2 * operation.pair + 1, operation.has_bias, operation.bias_gradient))
        return result

    cdef object gradient_of(self, int number, bint learns, void* gradient):
        # A copy, in the shape of the parameter.
        cdef cnp.npy_intp[1] shape
        model = self.plan.parameters[number]
        if not learns:
            return numpy.zeros_like(model)
        shape[0] = model.size
        return cnp.PyArray_SimpleNewFromData(
            1, shape, cnp.NPY_DOUBLE if self.plan.is_double else cnp.NPY_FLOAT, gradient).reshape(model.shape).copy()

    def penalty(self):
        """What the layers' penalties on their weights add to the loss now."""
        cdef double total = 0
        cdef Operation* operation
        cdef int i
        for i in range(self.run.operation_count):
            operation = &self.run.operations[i]
            if operation.pair < 0:
                continue
            total += penalty_on(self.plan.parameters[2 * operation.pair], operation.l1, operation.l2)
            total += penalty_on(self.plan.parameters[2 * operation.pair + 1], operation.bias_penalty.l1,
                                operation.bias_penalty.l2)
        return total

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
            return self.epoch(progress)
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
            return self.epoch(None)
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

    def lay_out_gradients(self, list arrays not None, list places not None, Py_ssize_t size):
        """Say where the gradient of each array that learns begins in the vectors to come, of so many numbers."""
        self.start_running()
        try:
            set_places(self, arrays, places, size)
        finally:
            fastnn_exchange(&self.running, 0)

    def collect_into(self, cnp.ndarray gradient not None):
        """Let epochs to come leave their last batch's gradients in this vector, laid out as `lay_out_gradients` said.

        With an optimizer of COLLECT.
        """
        self.must_collect()
        if not cnp.PyArray_ISWRITEABLE(gradient):
            raise ValueError("gradient must be an array that may be written to, but it is read-only")
        self.start_running()
        try:
            check_gradient(self, gradient)
            # Places that no array has, and rows of a table that a batch has not, are 0.
            gradient[...] = 0
            collect_in(self, <char*> cnp.PyArray_DATA(gradient))
            self.collected = gradient, pinned(gradient)
        finally:
            fastnn_exchange(&self.running, 0)

    def early_gradients(self):
        """The gradients that `run_gradients` leaves before it returns: of each (operation, begin, end), in their order.

        They are complete once `done_from` is that operation, or a lower one. All others are once it has returned.
        """
        return early_gradients(self)

    @property
    def done_from(self):
        """For another thread, while `run_gradients` runs: operations from this one on have left their gradients."""
        return fastnn_load(&self.run.outcome.done_from)

    def run_gradients(self, x not None, y not None, sample_weight=None, *, row_numbers=None, cnp.ndarray out=None):
        """The mean loss of a batch with the layers' penalties, and its gradients: no weight changes.

        With an optimizer of COLLECT. Layers are as in training: moving statistics move.

        Parameters
        ----------
        x, y, sample_weight : as in `run_batch`
        row_numbers : array-like of int, shape (rows,), optional
            Where rows are part of a larger batch, their places in it: they draw what they would draw there.
        out : ndarray, one-dimensional, optional
            Receives the gradient, and is returned.

        Returns
        -------
        loss : float
        gradient : ndarray, one-dimensional
            As `lay_out_gradients` said; zero where nothing learns.
        inputs : list of ndarray, shape (rows, input_size) each
            For each of ``input_gradients``, in the order of the inputs.

        Raises
        ------
        NonFiniteError, NonFiniteDataError
            As `run_epoch`.
        NonFiniteGradientsError
            When a gradient is NaN or infinite.
        """
        cdef list inputs = self.for_inputs(x)
        if not 0 < rows_in(inputs[0]) <= self.run.batch_size:
            raise ValueError(f"a batch must have from 1 to {self.run.batch_size} rows, but x has shape "
                             f"{inputs[0].shape}")
        self.must_collect()
        if self.index.starts != NULL:
            raise ValueError("a training that keeps an index of its data takes no others: make it with "
                             "keep_index=False")
        if self.gradients_given and sample_weight is not None:
            raise ValueError("gradients that are given are not weighed: multiply them by sample_weight")
        cdef cnp.ndarray numbers = None
        if row_numbers is not None:
            numbers = numpy.array(row_numbers, dtype=numpy.intp, order="C")
            if cnp.PyArray_NDIM(numbers) != 1 or cnp.PyArray_SIZE(numbers) != rows_in(inputs[0]):
                raise ValueError(f"row_numbers must hold {rows_in(inputs[0])} numbers, one a row, but its shape is "
                                 f"{shape_of(numbers)}")
        if out is not None and not cnp.PyArray_ISWRITEABLE(out):
            raise ValueError("out must be an array that may be written to, but it is read-only")
        self.start_running()
        try:
            if out is not None:
                check_gradient(self, out)
            set_data(self, inputs, y, sample_weight)
            if numbers is not None:
                self.run.data.row_numbers = <const cnp.npy_intp*> cnp.PyArray_DATA(numbers)
            return gradients_of_batch(self, out)
        finally:
            self.run.data.row_numbers = NULL
            fastnn_exchange(&self.running, 0)

    def apply_gradients(self, cnp.ndarray gradient not None):
        """One step of the optimiser by a gradient that is given, of the form that `run_gradients` returns.

        Penalties are taken to be in it already; clipping, decay and constraints are the optimiser's as ever.

        Raises
        ------
        NonFiniteGradientsError
            When the gradient is NaN or infinite somewhere; nothing has changed then.
        NonFiniteWeightsError
            When weights are NaN or infinite afterwards; they are then what they were before.
        """
        if not self.steps_given:
            raise ValueError("make the training with steps_given=True")
        self.start_running()
        try:
            step_by(self, gradient)
        finally:
            fastnn_exchange(&self.running, 0)

    cdef int must_collect(self) except -1:
        if self.run.updating.rule.optimizer != COLLECT or self.run.inference:
            raise ValueError("gradients are those of a training with an optimizer of COLLECT, and without inference")
        return 0

    cdef int start_running(self) except -1:
        if fastnn_exchange(&self.running, 1):
            raise RuntimeError("this training is running in another thread: make one for each")
        return 0

    cdef object epoch(self, object progress):
        if self.steps_given:
            raise ValueError("a training with steps_given=True is for apply_gradients alone")
        save_weights(self)
        try:
            return self.epoch_unguarded(progress)
        except NonFiniteDataError:
            # Bad data in the only batch are found before its step.
            restore_weights(self, self.samples > self.run.batch_size)
            raise
        except FloatingPointError:
            restore_weights(self, True)
            raise

    cdef object epoch_unguarded(self, object progress):
        cdef Run* run = &self.run
        cdef Py_ssize_t batch = run.batch_size
        cdef double batch_work = work(self, 1.0) * batch
        cdef Py_ssize_t stride = batch if run.calls_python else \
            max(1, <Py_ssize_t> (WORK_BETWEEN_SIGNAL_CHECKS / batch_work)) * batch
        cdef Py_ssize_t timed = min(stride, max(1, <Py_ssize_t> (WORK_TIMED / batch_work)) * batch)
        cdef ThreadTimes* times
        cdef int h
        if self.beside != NULL:
            # The other thread begins and ends at any time.
            stride = timed
        run.outcome.total_loss = 0
        for h in range(run.head_count):
            run.heads[h].total_loss = 0
        run.outcome.bad_sample = run.outcome.failed = -1
        run.data.start = 0
        while run.data.start < self.samples:
            times = &self.times[self.beside != NULL and self.beside[0] != 0]
            run.data.stop = min(self.samples, run.data.start + (timed if times.trying else stride))
            run.first.moved, run.first.stays = run.data.start > 0, run.data.stop < self.samples
            self.run_samples(times)
            if run.outcome.error != NULL:
                raise_kept(run)
            if run.outcome.bad_sample >= 0:
                raise NonFiniteDataError(run.outcome.bad_sample)
            if run.outcome.failed >= 0:
                place = first_non_finite(self, min(batch, self.samples - run.outcome.failed))
                raise NonFiniteError(run.outcome.failed // batch, place)
            run.data.start = run.data.stop
            try:
                PyErr_CheckSignals()
                if progress is not None:
                    progress(run.data.start, run.outcome.total_loss)
            except BaseException:
                # No samples, but the first layer's weights go back to where the model has them.
                run.first.moved, run.first.stays = run.first.stays, False
                self.run_samples(times)
                raise
        run.data.check = False
        if not run.inference:
            check_weights(self)
        return run.outcome.total_loss / self.samples + (self.penalty() if run.inference else 0)

    cdef int run_samples(self, ThreadTimes* times) except -1:
        # Those from data.start to data.stop.
        cdef Run* run = &self.run
        cdef int place = number_to_try(times), threads = times.numbers[place]
        cdef long long began
        with nogil:
            if times.trying and threads > 1 and not self.streaming:
                # Threads that slept while one worked are woken outside of the trial: between trials they do not sleep.
                pool_run(do_nothing, NULL, threads)
            began = fastnn_nanoseconds()
            if threads == 1:
                self.kernels.train(run, 0, 1)
            else:
                barrier_init(&run.barrier)
                pool_run(self.kernels.train, run, threads)
            if times.count > 1 and run.data.start < run.data.stop:
                note_time(times, place, <double> (fastnn_nanoseconds() - began), run.data.stop - run.data.start)
        return 0


cdef void do_nothing(void* context, int thread, int threads) noexcept nogil:
    pass


def numbers_of_threads(int threads, times, int pieces):
    """The numbers of threads that pieces of a training take one after the other, if a piece takes ``times(number)``.

    >>> numbers_of_threads(2, {2: 1.0, 1: 1.5}.get, 6)
    [2, 2, 1, 2, 2, 2]
    """
    cdef ThreadTimes state
    cdef int place
    if not 1 <= threads <= MAXIMUM_THREADS:
        raise ValueError(f"threads must be from 1 to {MAXIMUM_THREADS}, but it is {threads}")
    start_timing(&state, threads, False)
    cdef list numbers = []
    for _ in range(pieces):
        place = number_to_try(&state)
        numbers.append(state.numbers[place])
        note_time(&state, place, times(state.numbers[place]), 1)
    return numbers


def constants():
    """The numbers by which trainings split their work; see `fastnn_ext.engine.layout.layout`."""
    return {
        "WORK_FOR_A_THREAD": BATCH_WORK_FOR_A_THREAD, "COST_OF_A_SPARSE_ONE": COST_OF_A_SPARSE_ONE,
        "ROWS_PROBED": ROWS_PROBED, "DENSEST_BATCH": DENSEST_BATCH, "DENSEST_SAMPLE": DENSEST_SAMPLE,
        "DENSEST_LARGE_BATCH": DENSEST_LARGE_BATCH, "LARGE_BATCH": LARGE_BATCH, "LARGE_OUTPUTS": LARGE_OUTPUTS,
        "LANES_OF_LARGE_LISTS": LANES_OF_LARGE_LISTS,
        "LARGEST_INDEX": LARGEST_INDEX, "WIDEST_BY_ROW": WIDEST_BY_ROW, "COLUMN_GROUP": COLUMN_GROUP,
        "ROWS_WORTH_ALIGNING": ROWS_WORTH_ALIGNING, "ROWS_WORTH_PACKING": ROWS_WORTH_PACKING,
        "WIDTH_WORTH_PACKING": WIDTH_WORTH_PACKING, "OUTPUTS_WORTH_PACKING": OUTPUTS_WORTH_PACKING,
        "GRADIENT_WORTH_PACKING": GRADIENT_WORTH_PACKING, "BATCH_WORTH_PACKING": BATCH_WORTH_PACKING,
        "UPDATE_DEPTH": UPDATE_DEPTH, "PACKED_GRADIENT": PACKED_GRADIENT, "PACKED_INPUTS": PACKED_INPUTS,
        "WAITING_SUMS": WAITING_SUMS, "PACKED_WEIGHTS": PACKED_WEIGHTS,
        "WIDE_FIRST_LAYER": WIDE_FIRST_LAYER, "FIRST_COLUMN_GROUP": FIRST_COLUMN_GROUP,
        "LARGEST_BATCH_OF_OWN_COLUMNS": LARGEST_BATCH_OF_OWN_COLUMNS,
        "WORK_BETWEEN_SIGNAL_CHECKS": WORK_BETWEEN_SIGNAL_CHECKS, "WORK_TIMED": WORK_TIMED,
    }
