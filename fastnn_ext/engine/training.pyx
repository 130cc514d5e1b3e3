"""Training: a plan, its data and an optimiser made ready, so that epochs run without Python and without allocating."""

import math

import numpy
cimport numpy as cnp
from cython cimport floating
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from fastnn_ext.runtime.arrays cimport pinned, shape_of
from fastnn_ext.runtime.barrier cimport barrier_init, fastnn_exchange
from fastnn_ext.engine.compressed cimport CompressedRows
from fastnn_ext.runtime.dispatch cimport kernels_for_samples
from fastnn_ext.runtime.kernels cimport Kernels
from fastnn_ext.engine.layout cimport MAXIMUM_THREADS, ROWS_WORTH_PACKING, WIDTH_WORTH_PACKING
from fastnn_ext.engine.plan cimport Plan, aligned, call_python, describe_rows, padded_row, raise_kept
from fastnn_ext.engine.run cimport (
    ACTIVATION, BATCH_NORMALIZATION, DENSE, DROPOUT, FUNCTION, INT32, LAYER_NORMALIZATION, NOISE, NO_ACTIVATION, SOFTMAX, Index,
    Operation, Parameter, Rows, Run,
)
from fastnn_ext.runtime.pool cimport pool_run, pool_size, pool_task
from fastnn_ext.runtime.scalars cimport is_finite
from fastnn_ext.tables.enums cimport (
    BINARY_CROSS_ENTROPY, COLLECT, fastnn_is_summed, Loss, LOSSES, RULES, SGD, SIGMOID, STATES, UpdateRule,
)

from fastnn_ext.engine.plan import NonFiniteDataError, allocate
from fastnn_ext.tables.enums import SLOTS

cnp.import_array()

# Multiply-adds between two looks for Ctrl-C: some 20 ms of dense work at the slowest.
cdef Py_ssize_t WORK_BETWEEN_SIGNAL_CHECKS = 100_000_000

# Multiply-adds of a batch for each thread below which meeting the others, and fetching what they wrote, costs more than they
# save; one that visits non-zero inputs alone takes as long as three in a dense product.
cdef Py_ssize_t BATCH_WORK_FOR_A_THREAD = 2_000_000
cdef Py_ssize_t COST_OF_A_SPARSE_ONE = 3

# Rows looked at to see whether the data are sparse, and the largest share of non-zero inputs that is: in batches, where
# the dense product runs at full speed, and one by one, where it waits for memory.
cdef Py_ssize_t ROWS_PROBED = 64
cdef double DENSEST_BATCH = 0.35
cdef double DENSEST_SAMPLE = 0.75

# The index of non-zeros keeps no more than this; rows beyond it are listed anew in each epoch.
cdef Py_ssize_t LARGEST_INDEX = 64 << 20

# Widest layer whose sparse gradient is collected row by row rather than column by column, if four vectors hold a row.
cdef Py_ssize_t NARROW = 48

# Units of a sparse first layer from which on a row of its weights is read once a batch, rather than once a sample. Narrower
# weights stay in the second-level cache, and a thread's samples need no sorting by another.
cdef Py_ssize_t WIDE_FIRST_LAYER = 320

# Columns of the first layer for each thread from which on it trains them in panels of its own.
cdef Py_ssize_t FIRST_COLUMN_GROUP = 64

include "arena.pxi"


cdef bint all_numbers_finite(const floating* x, Py_ssize_t count) noexcept nogil:
    # Sixteen sums side by side, which the compiler keeps in vectors: one alone would wait for each of its additions.
    cdef floating zeros[16]
    cdef Py_ssize_t i, lane
    for lane in range(16):
        zeros[lane] = 0
    for i in range(0, count - 15, 16):
        for lane in range(16):
            zeros[lane] += x[i + lane] * 0
    for i in range(count // 16 * 16, count):
        zeros[0] += x[i] * 0
    for lane in range(16):
        if zeros[lane] != 0:
            return False
    return True


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


cdef int check_augmentation(object fields, Py_ssize_t input_size) except -1:
    sides = [fields.get(name, 0) for name in ("height", "width", "channels")]
    if any(side < 1 for side in sides) or math.prod(sides) != input_size:
        raise ValueError(f"augmentation needs images of height, width and channels with {input_size} numbers, but they are {sides}")
    for name, value in fields.items():
        if not math.isfinite(value):
            raise ValueError(f"augmentation's {name} must be finite, but it is {value}")
    return 0


def state_shapes(Plan plan not None, UpdateRule optimizer):
    """Shapes of the arrays that a training of the plan by this optimiser keeps, in the order of `Training.state`."""
    pairs = [plan.parameters[i : i + 2] for i in range(0, len(plan.parameters), 2)]
    return [array.shape for pair in pairs for _ in SLOTS[<int> optimizer] for array in pair]


cdef class Training:
    """One training of a plan on one set of data.

    Parameters
    ----------
    plan : Plan
    x : ndarray of float32, float64 or uint8, shape (samples, input_size), or CompressedRows
        Read where it is, batch by batch, also from a memory-mapped file: each row contiguous.
    y : ndarray of float32, float64 or uint8, shape (samples, output_size)
        Or of int32 and shape (samples, 1): class numbers, where there is more than one output.
    batch_size : int
    loss : Loss
    optimizer : UpdateRule
        COLLECT learns nothing and keeps the gradients for :meth:`gradients`.
    learning_rate, beta_1, beta_2, epsilon, weight_decay : float
        Of the optimiser's rule: beta_1 is also the momentum of SGD, beta_2 also RMSprop's rho.
    squares_weight : float, optional
        Of a new square in RMSprop's mean of squares; by default 1 - beta_2. Adagrad is RMSprop with beta_2 and this of 1.
    momentum_decay : float
        Of Nadam's schedule of momentums.
    initial_square : float
        Where means of squares start.
    coupled_decay : float
        Times the parameters, is added to their gradients.
    clip_value, clip_norm, global_clip_norm : float
        The largest size of a number of a gradient, norm of one array's gradient, norm of all together. 0: any.
    loss_numbers : sequence of float
        What the loss is told beside, such as Huber's delta, or the quantile; the last one stands for all that follow, as one
        for each output does.
    from_logits : bool
        The outputs are those before the softmax or sigmoid that a cross-entropy means.
    of_shares : bool
        A cross-entropy divides the outputs of a sample by their sum first, as Keras does.
    label_smoothing : float
        The share of a target that all classes get in equal parts.
    loss_function : tuple of two callables, optional
        The user's own loss in place of ``loss``: its value, one number or one a sample, and its gradient with respect to
        the outputs for the mean over the batch, both of (y_true, y_pred).
    target_low, target_high : float
        Targets beyond them are bad data.
    sample_weight : ndarray of float64, shape (samples,), optional
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
        Data come batch by batch through `run_batch`, and these are the first of them: what a batch leads to then depends
        on no batch before it, to the last bit, and its y is of the first one's form. Without it, one sample at a time has
        a faster order of sums of its own.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn_ext.engine.plan import Plan
    >>> from fastnn_ext.tables.enums import Loss, UpdateRule
    >>> plan, weights = Plan(1, np.float64), np.zeros((1, 1))
    >>> plan.add_dense(weights, np.zeros((1, 1)))
    >>> training = Training(plan, np.ones((1, 1)), np.ones((1, 1)), 1, Loss.MEAN_SQUARED_ERROR, UpdateRule.SGD, 0.25)
    >>> training.run_epoch(), weights
    (1.0, array([[0.5]]))
    """

    cdef Plan plan
    cdef const Kernels* kernels
    cdef Run run
    cdef Index index
    cdef object x
    cdef cnp.ndarray y
    cdef cnp.ndarray weights
    cdef cnp.ndarray rates
    cdef cnp.ndarray loss_numbers
    cdef object loss_function
    cdef object x_pin               # see `pinned`: of the data that the run describes
    cdef object y_pin
    cdef object weights_pin
    cdef list state_pins            # and of the optimiser's arrays and the record
    cdef list arrays                # the optimiser's: for each operation, its weights' and its bias' by slot
    cdef list starts                # the number that each of them starts from
    cdef readonly cnp.ndarray outputs   # (samples, output_size) where a record is kept, else None
    cdef char* arena
    cdef list learning              # the arrays that training changes, beside the optimiser's
    cdef char* backup               # what they held before the run
    cdef bint streaming
    cdef int running
    cdef readonly bint sparse
    cdef readonly int threads
    cdef readonly Py_ssize_t samples

    def __cinit__(
        self, Plan plan not None, x not None, cnp.ndarray y not None, Py_ssize_t batch_size, Loss loss,
        UpdateRule optimizer, double learning_rate, double beta_1=0.0, double beta_2=0.0, double epsilon=0.0,
        double weight_decay=0.0, *, squares_weight=None, double momentum_decay=0.0, double initial_square=0.0,
        double coupled_decay=0.0, double clip_value=0.0, double clip_norm=0.0, double global_clip_norm=0.0,
        loss_numbers=(0.0,), bint from_logits=False, bint of_shares=False, double label_smoothing=0.0, loss_function=None, sample_weight=None,
        double target_low=-numpy.inf, double target_high=numpy.inf, bint record=False, bint inference=False, uint64_t seed=0, augmentation=None, state=None, sparse=None, threads=None,
        bint keep_index=True, bint streaming=False,
    ):
        cdef Run* run = &self.run
        self.plan = plan
        self.learning = [*plan.parameters, *plan.kept_alive]
        if not isinstance(x, (numpy.ndarray, CompressedRows)):
            raise TypeError(f"x must be an array or CompressedRows, but it is a {type(x).__name__}")
        if len(x.shape) < 1 or x.shape[0] < 1 or batch_size < 1 or plan.operation_count < 1:
            raise ValueError(f"samples, batch_size and layers must be at least 1, but x has shape {x.shape}, batch_size is "
                             f"{batch_size} and there are {plan.operation_count} layers")
        if not 0 <= loss < LOSSES:
            raise ValueError(f"loss must be a member of Loss, but it is {<int> loss}")
        if not 0 <= optimizer < RULES:
            raise ValueError(f"optimizer must be a member of UpdateRule, but it is {<int> optimizer}")
        run.batch_size = min(batch_size, x.shape[0])
        run.input_size, run.output_size = plan.input_size, plan.output_size
        run.loss, run.from_logits = loss, from_logits
        self.keep_loss_numbers(loss_numbers)
        run.of_shares = of_shares
        run.target_scale = 1 - label_smoothing
        # Towards the middle of one decision, or of all classes.
        run.target_shift = label_smoothing / (plan.output_size if fastnn_is_summed(loss) else 2)
        run.target_low, run.target_high = target_low, target_high
        run.rule.optimizer = optimizer
        run.rule.learning_rate = learning_rate
        run.rule.beta_1, run.rule.beta_2 = beta_1, beta_2
        run.rule.epsilon, run.rule.weight_decay = epsilon, weight_decay
        run.rule.squares_weight = 1 - beta_2 if squares_weight is None else squares_weight
        run.rule.momentum_decay, run.rule.coupled_decay = momentum_decay, coupled_decay
        run.rule.clip_value, run.rule.clip_norm, run.rule.global_clip_norm = clip_value, clip_norm, global_clip_norm
        run.momentum_product = 1
        run.inference = inference
        run.seed = seed
        run.call, run.owner, run.index = call_python, <void*> plan, &self.index
        run.bad_sample = run.failed = -1
        if augmentation is not None:
            check_augmentation(augmentation, plan.input_size)
            run.augmentation = augmentation
        if loss_function is not None:
            self.loss_function = loss_function
            run.loss_function = <void*> loss_function
        run.calls_python = bool(plan.functions) or loss_function is not None
        self.streaming = streaming
        self.copy_operations(streaming)
        self.set_data(x, y, sample_weight)
        cdef double density = self.probe()
        if sparse is None:
            sparse = run.x.shift == 0 and density <= (DENSEST_SAMPLE if run.by_sample else DENSEST_BATCH)
        # Column numbers and places of a batch's entries have 32 bits.
        self.sparse = run.sparse = bool(sparse) and plan.operations[0].kind == DENSE and run.batch_size \
            < (<Py_ssize_t> 1 << 32) // max(plan.input_size, padded_row(plan.operations[0].fan_out, True))
        self.threads = self.threads_for(density) if threads is None or run.calls_python \
            else max(1, min(<int> threads, <int> MAXIMUM_THREADS))
        self.choose_first_layer(plan.operations[0].fan_out)
        cdef bint fresh = self.make_state(optimizer, initial_square, state)
        self.reserve()
        self.move_state(False)
        if run.separate:
            list_parameters(run)
        if record:
            self.outputs = numpy.empty((self.samples, plan.output_size), plan.dtype)
            self.state_pins.append(pinned(self.outputs))
            run.record = cnp.PyArray_DATA(self.outputs)
        if self.sparse and keep_index and not streaming and augmentation is None and run.x.starts == NULL:
            self.reserve_index(density)
        if self.sparse and fresh and weight_decay == 0 and not run.separate:
            run.seen = <unsigned char*> calloc(plan.input_size, 1)
            if run.seen == NULL:
                raise MemoryError(f"no memory for {plan.input_size} marks of inputs")
        # From here on the plan's sizes are those that this training was made for.
        plan.trained = True

    def __dealloc__(self):
        free(self.arena)
        free(self.backup)
        free(self.run.operations)
        free(self.run.seen)
        free(self.index.starts)
        free(self.index.counts)
        free(self.index.columns)
        free(self.index.values)

    cdef int keep_loss_numbers(self, object given) except -1:
        cdef Py_ssize_t most = self.plan.output_size + 3
        numbers = numpy.array(given, numpy.float64)
        if numbers.ndim != 1 or not 1 <= numbers.size <= most:
            raise ValueError(f"loss_numbers must be a sequence of 1 to {most} numbers, but it is {given!r}")
        self.loss_numbers = numpy.full(most, numbers[numbers.size - 1], self.plan.dtype)
        self.loss_numbers[:numbers.size] = numbers
        self.run.loss_numbers = cnp.PyArray_DATA(self.loss_numbers)
        return 0

    cdef int copy_operations(self, bint streaming) except -1:
        # The plan's operations with what this training does with them.
        cdef Run* run = &self.run
        cdef Plan plan = self.plan
        cdef Operation* operation
        cdef int i
        run.operation_count = plan.operation_count
        run.operations = <Operation*> malloc(plan.operation_count * sizeof(Operation))
        if run.operations == NULL:
            raise MemoryError("no memory for the operations of a training")
        memcpy(run.operations, plan.operations, plan.operation_count * sizeof(Operation))
        run.last = plan.operation_count - 1
        operation = &run.operations[run.last]
        if operation.kind == SOFTMAX and run.last > 0 and run.loss_function == NULL and not run.from_logits:
            run.softmax_in_loss = True
            run.last -= 1
        elif operation.activation == SIGMOID and run.loss == BINARY_CROSS_ENTROPY and run.loss_function == NULL \
                and not run.from_logits:
            run.through_sigmoid = True
            operation.activation = NO_ACTIVATION
        run.first_learning = run.last + 1
        run.separate = run.rule.optimizer == COLLECT or run.rule.coupled_decay > 0 or run.rule.clip_value > 0 or run.rule.clip_norm > 0 \
            or run.rule.global_clip_norm > 0
        run.by_sample = run.batch_size == 1 and not streaming and run.rule.optimizer == SGD and run.rule.weight_decay == 0 and not run.inference \
            and not run.calls_python and run.augmentation.height == 0
        for i in range(run.last, -1, -1):
            operation = &run.operations[i]
            if operation.has_weights or operation.has_bias:
                run.first_learning = i
            run.separate = run.separate or operation.l1 > 0 or operation.l2 > 0 or operation.maximum_norm > 0
            run.by_sample = run.by_sample and operation.kind in (DENSE, ACTIVATION, SOFTMAX)
        run.separate = run.separate and not run.inference
        run.by_sample = run.by_sample and not run.separate
        self.kernels = kernels_for_samples(plan.kernels) if run.by_sample else plan.kernels
        return 0

    cdef int choose_first_layer(self, Py_ssize_t units) except -1:
        # How a sparse first layer takes its inputs, and whether threads share its columns: see first_layer.pxi.
        cdef Run* run = &self.run
        run.narrow = self.sparse and units <= min(4 * self.kernels.lanes, NARROW)
        run.sorted = self.sparse and not run.narrow and units >= WIDE_FIRST_LAYER
        run.in_panels = self.threads > 1 and not run.separate and not run.inference \
            and self.plan.operations[0].kind == DENSE and (run.sorted or not self.sparse) \
            and units >= self.threads * FIRST_COLUMN_GROUP
        return 0

    cdef int set_data(self, object x, cnp.ndarray y, object sample_weight) except -1:
        # From here on the run reads these. Nothing is changed before all of it is known to fit.
        cdef Run* run = &self.run
        cdef bint numbers = cnp.PyArray_TYPE(y) == cnp.NPY_INT32 and run.output_size > 1
        cdef cnp.ndarray weights = None
        cdef Rows inputs, targets
        cdef Py_ssize_t samples
        if isinstance(x, CompressedRows) and x.shape[1] != run.input_size:
            raise ValueError(f"x must have {run.input_size} columns, but it has {x.shape[1]}")
        memset(&inputs, 0, sizeof(Rows))
        memset(&targets, 0, sizeof(Rows))
        self.plan.describe_inputs(&inputs, x, True)
        samples = x.shape[0]
        describe_rows(&targets, y, "y", 1 if numbers else run.output_size, True)
        if cnp.PyArray_DIM(y, 0) != samples:
            raise ValueError(f"y must have as many rows as x, {samples}, but it has {cnp.PyArray_DIM(y, 0)}")
        if self.streaming and self.x is not None and numbers != run.class_numbers:
            raise ValueError("y must hold class numbers where the first batch's did, and rows of outputs where that held those")
        if sample_weight is not None:
            weights = numpy.require(sample_weight, numpy.float64, ("C", "A"))
            if cnp.PyArray_NDIM(weights) != 1 or cnp.PyArray_DIM(weights, 0) != samples:
                raise ValueError(f"sample_weight must have shape ({samples},), but its shape is {shape_of(weights)}")
        self.x_pin = None if inputs.starts != NULL else pinned(x)
        self.y_pin, self.weights_pin = pinned(y), None if weights is None else pinned(weights)
        self.x, self.y, self.weights = x, y, weights
        run.x, run.y = inputs, targets
        run.class_numbers = numbers
        run.sample_weight = NULL if weights is None else <double*> cnp.PyArray_DATA(weights)
        self.samples = run.samples = samples
        run.check = True
        return 0

    cdef double probe(self):
        # The share of non-zero numbers in some rows, evenly spaced.
        cdef Py_ssize_t step = max(1, self.samples // ROWS_PROBED)
        if isinstance(self.x, CompressedRows):
            # Of the same rows as below: the same data are taken for sparse in either form.
            values, starts, chosen = self.x.values, self.x.starts, range(0, self.samples, step)
            filled = sum([numpy.count_nonzero(values[starts[row] : starts[row + 1]]) for row in chosen])
            return filled / (len(chosen) * <double> self.run.input_size)
        rows = self.x[::step]
        return numpy.count_nonzero(rows) / rows.size

    cdef Py_ssize_t work(self, double density):
        # Multiply-adds of one sample, forward and backward.
        cdef Py_ssize_t total = 0, first
        cdef int i
        for i in range(self.plan.operation_count):
            if self.plan.operations[i].kind == DENSE:
                first = self.plan.operations[i].fan_in * self.plan.operations[i].fan_out
                total += <Py_ssize_t> (2 * first * (density * COST_OF_A_SPARSE_ONE if self.sparse else 1)) if i == 0 else 3 * first
            else:
                total += self.plan.operations[i].fan_out
        return max(1, total)

    cdef int threads_for(self, double density):
        cdef Py_ssize_t batch = self.run.batch_size, weights = 0
        cdef int i
        if self.run.by_sample or self.run.calls_python:
            return 1
        for i in range(self.plan.operation_count):
            if self.plan.operations[i].kind == DENSE:
                weights += self.plan.operations[i].fan_in * self.plan.operations[i].fan_out
        # An optimiser with a state costs about eight multiply-adds a weight, whatever the batch.
        cdef Py_ssize_t step = self.work(density) * batch + (0 if self.run.rule.optimizer == SGD else 8 * weights)
        return <int> max(1, min(min(<Py_ssize_t> pool_size(), <Py_ssize_t> MAXIMUM_THREADS), step // BATCH_WORK_FOR_A_THREAD))

    cdef int reserve(self) except -1:
        cdef Run* run = &self.run
        cdef Plan plan = self.plan
        cdef int i
        cdef char* at = NULL
        run.inputs_row = padded_row(plan.input_size, plan.is_double)
        run.widest_row = padded_row(plan.widest, plan.is_double)
        run.list_row = run.inputs_row + 64
        if run.batch_size > (<Py_ssize_t> 1 << 44) // (run.widest_row * (2 * plan.operation_count + 8)):
            raise MemoryError(f"a batch of {run.batch_size} rows by {plan.widest} columns does not fit an address space")
        for i in range(plan.operation_count):
            run.operations[i].output_row = padded_row(run.operations[i].fan_out, plan.is_double)
        lay_out(plan, run, self.threads, &at)
        cdef Py_ssize_t size = <Py_ssize_t> <uintptr_t> at
        self.arena = <char*> malloc(size + 64)
        if self.arena == NULL:
            raise MemoryError(f"no memory for a training arena of {size} bytes: take a smaller batch")
        at = self.arena + (64 - <uintptr_t> self.arena % 64) % 64
        lay_out(plan, run, self.threads, &at)
        return 0

    cdef bint make_state(self, UpdateRule optimizer, double initial_square, object given) except -1:
        # Arrays for momentum, squares and more, of the parameters' shapes; none for plain gradient descent. Returns whether a
        # parameter that has had no gradient stays as it is.
        cdef Operation* operation
        cdef int i, slot
        # Adagrad's squares alone stay where there is no gradient; all else decays.
        cdef bint fresh = initial_square == 0 or self.run.rule.beta_2 == 1
        slots = () if self.run.inference else SLOTS[<int> optimizer]
        shapes = [] if self.run.inference else state_shapes(self.plan, optimizer)
        self.starts = [
            initial_square if slot == 1 else 0.0 for _ in self.plan.parameters[::2] for slot in slots for _ in range(2)]
        if given is None:
            _, self.arrays = allocate(shapes, self.plan.dtype)
            for array, start in zip(self.arrays, self.starts):
                array[...] = start
        else:
            self.arrays = list(given)
            if len(self.arrays) != len(shapes) or any(
                not isinstance(array, numpy.ndarray) or array.shape != shape or array.dtype != self.plan.dtype
                or not array.flags.carray
                for array, shape in zip(self.arrays, shapes)
            ):
                raise ValueError("state must hold the arrays that a training of the same plan and optimiser had")
            for array, start in zip(self.arrays, self.starts):
                fresh = fresh and ((array == start).all() if start == 0 or self.run.rule.beta_2 == 1 else not array.any())
        self.state_pins = [pinned(array) for array in self.arrays]
        number = 0
        for i in range(self.run.operation_count):
            operation = &self.run.operations[i]
            if operation.kind not in (DENSE, BATCH_NORMALIZATION, LAYER_NORMALIZATION):
                continue
            for slot in range(STATES):
                operation.weights_state[slot], operation.bias_state[slot] = operation.weights, operation.bias
            for slot in slots:
                operation.weights_state[slot] = cnp.PyArray_DATA(<cnp.ndarray> self.arrays[number])
                operation.bias_state[slot] = cnp.PyArray_DATA(<cnp.ndarray> self.arrays[number + 1])
                number += 2
        return fresh

    cdef int move_state(self, bint back) except -1:
        # The state of a first layer that is trained in panels, into them or back.
        cdef Operation* operation = &self.run.operations[0]
        cdef Py_ssize_t panel = 2 * self.plan.kernels.lanes
        cdef Py_ssize_t number = 0
        cdef cnp.npy_intp[3] shape
        cdef cnp.ndarray panels
        cdef int slot
        if not self.run.in_panels:
            return 0
        shape[0], shape[1], shape[2] = (operation.fan_out + panel - 1) // panel, operation.fan_in, panel
        for slot in range(STATES):
            if operation.weights_state[slot] == operation.weights:
                continue
            panels = cnp.PyArray_SimpleNewFromData(
                3, shape, cnp.NPY_DOUBLE if self.plan.is_double else cnp.NPY_FLOAT, operation.panels_state[slot])
            array, number = self.arrays[number], number + 2
            if back:
                array[...] = panels.transpose(1, 0, 2).reshape(operation.fan_in, -1)[:, :operation.fan_out]
            else:
                padded = numpy.zeros((operation.fan_in, shape[0] * panel), array.dtype)
                padded[:, :operation.fan_out] = array
                panels[...] = padded.reshape(operation.fan_in, -1, panel).transpose(1, 0, 2)
        return 0

    cdef int reserve_index(self, double density) except -1:
        # Room for what the probe promises and a tenth more; rows that do not fit are listed again in each epoch.
        cdef Py_ssize_t item = 8 if self.plan.is_double else 4
        cdef Py_ssize_t wanted = <Py_ssize_t> (1.1 * density * self.samples * self.run.input_size) + 4096
        self.index.capacity = min(wanted, LARGEST_INDEX // (item + 4))
        self.index.starts = <cnp.npy_intp*> malloc(self.samples * sizeof(cnp.npy_intp))
        self.index.counts = <int*> malloc(self.samples * sizeof(int))
        self.index.columns = <uint32_t*> malloc(self.index.capacity * sizeof(uint32_t))
        self.index.values = malloc(self.index.capacity * item)
        if self.index.starts == NULL or self.index.counts == NULL or self.index.columns == NULL or self.index.values == NULL:
            raise MemoryError(f"no memory for the index of {self.samples} sparse samples")
        cdef Py_ssize_t i
        for i in range(self.samples):
            self.index.starts[i] = -1
        return 0

    @property
    def state(self):
        """The optimiser's arrays: for each operation that learns, those of its weights and its bias, slot by slot.

        Read them between epochs; to go on from them, pass them to another training.
        """
        self.move_state(True)
        return list(self.arrays)

    @property
    def step(self):
        """Optimiser steps done so far: set it to go on from an earlier training."""
        return self.run.step

    @step.setter
    def step(self, long value):
        self.run.step = value

    @property
    def momentum_product(self):
        """The product of Nadam's momentums so far."""
        return self.run.momentum_product

    @momentum_product.setter
    def momentum_product(self, double value):
        self.run.momentum_product = value

    @property
    def learning_rate(self):
        """The optimiser's rate for the epochs to come."""
        return self.run.rule.learning_rate

    @learning_rate.setter
    def learning_rate(self, double value):
        self.run.rule.learning_rate = value

    def set_learning_rates(self, rates):
        """One rate for each batch of the next epochs, as float64 (batches,); None for `learning_rate` in all of them."""
        cdef Py_ssize_t batches = (self.samples + self.run.batch_size - 1) // self.run.batch_size
        cdef cnp.ndarray array = None
        if rates is not None:
            # A copy, which nobody resizes.
            array = numpy.array(rates, dtype=numpy.float64, order="C")
            if cnp.PyArray_NDIM(array) != 1 or cnp.PyArray_SIZE(array) != batches:
                raise ValueError(f"there must be {batches} learning rates, one a batch, but their shape is {shape_of(array)}")
        self.start_running()
        self.rates = array
        self.run.learning_rates = NULL if array is None else <double*> cnp.PyArray_DATA(array)
        fastnn_exchange(&self.running, 0)

    def read_anew(self):
        """Look at the data anew in the next epoch, since they may have changed: what is known of them is forgotten."""
        cdef Py_ssize_t i
        self.start_running()
        self.run.check = True
        self.index.used = 0
        if self.index.starts != NULL:
            for i in range(self.samples):
                self.index.starts[i] = -1
        fastnn_exchange(&self.running, 0)

    def gradients(self):
        """Copies of the last batch's gradients, for each operation that learns those of its weights and its bias.

        With an optimizer of COLLECT, or penalties, clipping or coupled decay; those of the loss with the penalties.
        """
        cdef Operation* operation
        cdef cnp.npy_intp[1] shape
        cdef int i, at = 0
        if not self.run.separate:
            raise ValueError("the gradients are not kept: make the training with an optimizer of COLLECT")
        result = []
        for i in range(self.run.operation_count):
            operation = &self.run.operations[i]
            if operation.kind not in (DENSE, BATCH_NORMALIZATION, LAYER_NORMALIZATION):
                continue
            for model, has, gradient in ((self.plan.parameters[2 * at], operation.has_weights, <uintptr_t> operation.weights_gradient),
                                         (self.plan.parameters[2 * at + 1], operation.has_bias, <uintptr_t> operation.bias_gradient)):
                shape[0] = model.size
                if has:
                    result.append(cnp.PyArray_SimpleNewFromData(
                        1, shape, cnp.NPY_DOUBLE if self.plan.is_double else cnp.NPY_FLOAT, <void*> <uintptr_t> gradient
                    ).reshape(model.shape).copy())
                else:
                    result.append(numpy.zeros_like(model))
            at += 1
        return result

    def penalty(self):
        """What the layers' penalties on their weights add to the loss now."""
        cdef double total = 0
        cdef int i, at = 0
        for i in range(self.plan.operation_count):
            if self.plan.operations[i].l1 > 0 or self.plan.operations[i].l2 > 0:
                weights = self.plan.parameters[2 * at].astype(numpy.float64)
                total += self.plan.operations[i].l1 * numpy.abs(weights).sum()
                total += self.plan.operations[i].l2 * (weights * weights).sum()
            if self.plan.operations[i].kind in (DENSE, BATCH_NORMALIZATION, LAYER_NORMALIZATION):
                at += 1
        return total

    def run_epoch(self, order=None, progress=None):
        """Train once over the data, in place, and return the mean loss of a sample.

        Parameters
        ----------
        order : ndarray of intp, shape (samples,), optional
            The order in which samples are visited; by default as they come.
        progress : callable, optional
            Told now and then how many samples are done and the sum of their losses.

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
            if cnp.PyArray_SIZE(order_array) != self.samples or order_array.min() < 0 or order_array.max() >= self.samples:
                raise ValueError(f"order must hold {self.samples} row numbers below {self.samples}")
            numbers = <cnp.npy_intp*> cnp.PyArray_DATA(order_array)
        self.start_running()
        self.run.order = numbers
        try:
            return self.epoch(progress)
        finally:
            self.run.order = NULL
            fastnn_exchange(&self.running, 0)

    def run_batch(self, x not None, cnp.ndarray y not None, sample_weight=None):
        """Train one step on other data of the same kind, at most batch_size rows, and return its mean loss.

        ``outputs`` then holds, where a record is kept, this batch's in its first rows. Raises as :meth:`run_epoch` does, with
        the weights from before this batch.
        """
        if not isinstance(x, (numpy.ndarray, CompressedRows)):
            raise TypeError(f"x must be an array or CompressedRows, but it is a {type(x).__name__}")
        if len(x.shape) < 1 or not 0 < x.shape[0] <= self.run.batch_size:
            raise ValueError(f"a batch must have from 1 to {self.run.batch_size} rows, but x has shape {x.shape}")
        if self.index.starts != NULL:
            raise ValueError("a training that keeps an index of its data takes no others: make it with keep_index=False")
        self.start_running()
        try:
            self.set_data(x, y, sample_weight)
            return self.epoch(None)
        finally:
            fastnn_exchange(&self.running, 0)

    cdef int start_running(self) except -1:
        if fastnn_exchange(&self.running, 1):
            raise RuntimeError("this training is running in another thread: make one for each")
        return 0

    cdef int save(self) except -1:
        # Keeps what training is about to change.
        cdef Py_ssize_t size = 0
        cdef cnp.ndarray array
        if self.run.inference:
            return 0
        if self.backup == NULL:
            for array in self.learning:
                size += cnp.PyArray_NBYTES(array)
            self.backup = <char*> malloc(max(1, size))
            if self.backup == NULL:
                raise MemoryError(f"no memory to keep the {size} bytes of weights while they are trained")
        size = 0
        for array in self.learning:
            memcpy(self.backup + size, cnp.PyArray_DATA(array), cnp.PyArray_NBYTES(array))
            size += cnp.PyArray_NBYTES(array)
        return 0

    cdef int restore(self, bint stepped) except -1:
        # Puts it back; an optimiser that has stepped, and may have seen infinity, starts anew.
        cdef Py_ssize_t size = 0
        cdef cnp.ndarray array
        if self.run.inference:
            return 0
        for array in self.learning:
            memcpy(cnp.PyArray_DATA(array), self.backup + size, cnp.PyArray_NBYTES(array))
            size += cnp.PyArray_NBYTES(array)
        if not stepped:
            return 0
        for array, start in zip(self.arrays, self.starts):
            array[...] = start
        self.move_state(False)
        self.run.step = 0
        self.run.momentum_product = 1
        return 0

    cdef int check_weights(self) except -1:
        # One sum tells: a number that is not finite times zero is NaN.
        cdef Py_ssize_t number = 0
        cdef cnp.ndarray array
        cdef Operation* operation
        cdef int i
        for array in self.plan.parameters:
            if not self.all_finite(cnp.PyArray_DATA(array), cnp.PyArray_SIZE(array)):
                raise NonFiniteWeightsError(self.place_of(number // 2))
            number += 1
        # A variance that overflows makes outputs of zero: no loss would show it.
        for i in range(self.run.operation_count):
            operation = &self.run.operations[i]
            if operation.kind == BATCH_NORMALIZATION and not (
                self.all_finite(operation.moving_mean, operation.fan_out)
                and self.all_finite(operation.moving_variance, operation.fan_out)
            ):
                raise NonFiniteWeightsError(self.plan.places[i])
        return 0

    cdef bint all_finite(self, const void* numbers, Py_ssize_t count) noexcept:
        if self.plan.is_double:
            return all_numbers_finite(<const double*> numbers, count)
        return all_numbers_finite(<const float*> numbers, count)

    cdef object place_of(self, Py_ssize_t number):
        # The place of the operation that has the arrays of this number.
        cdef int i
        for i in range(self.plan.operation_count):
            if self.plan.operations[i].kind in (DENSE, BATCH_NORMALIZATION, LAYER_NORMALIZATION):
                if number == 0:
                    return self.plan.places[i]
                number -= 1
        return -1

    cdef object epoch(self, object progress):
        self.save()
        try:
            return self.epoch_unguarded(progress)
        except NonFiniteDataError:
            # Bad data in the only batch are found before its step.
            self.restore(self.samples > self.run.batch_size)
            raise
        except FloatingPointError:
            self.restore(True)
            raise

    cdef object epoch_unguarded(self, object progress):
        cdef Run* run = &self.run
        cdef Py_ssize_t batch = run.batch_size
        cdef Py_ssize_t stride = batch if run.calls_python else \
            max(1, WORK_BETWEEN_SIGNAL_CHECKS // (self.work(1.0) * batch)) * batch
        run.total_loss = 0
        run.bad_sample = run.failed = -1
        run.start = 0
        while run.start < self.samples:
            run.stop = min(self.samples, run.start + stride)
            with nogil:
                if self.threads == 1:
                    self.kernels.train(run, 0, 1)
                else:
                    barrier_init(&run.barrier)
                    pool_run(<pool_task> self.kernels.train, run, self.threads)
            if run.error != NULL:
                raise_kept(run)
            if run.bad_sample >= 0:
                raise NonFiniteDataError(run.bad_sample)
            if run.failed >= 0:
                raise NonFiniteError(run.failed // batch, self.first_non_finite(min(batch, self.samples - run.failed)))
            PyErr_CheckSignals()
            run.start = run.stop
            if progress is not None:
                progress(run.start, run.total_loss)
        run.check = False
        if not run.inference:
            self.check_weights()
        return run.total_loss / self.samples + (self.penalty() if run.inference else 0)

    cdef object first_non_finite(self, Py_ssize_t batch):
        # Called when a loss is not finite: the place of the operation whose output shows it first, or -1 where the loss
        # alone does.
        cdef Py_ssize_t row, j
        cdef int i
        cdef double value
        cdef Operation* operation
        for i in range(self.run.operation_count):
            operation = &self.run.operations[i]
            for row in range(batch):
                for j in range(operation.fan_out):
                    if self.plan.is_double:
                        value = (<double*> operation.output)[row * operation.output_row + j]
                    else:
                        value = (<float*> operation.output)[row * operation.output_row + j]
                    if not is_finite(value):
                        return self.plan.places[i]
        return -1


def constants():
    """The numbers by which trainings split their work; see `fastnn_ext.runtime.config.layout`."""
    return {
        "WORK_FOR_A_THREAD": BATCH_WORK_FOR_A_THREAD, "COST_OF_A_SPARSE_ONE": COST_OF_A_SPARSE_ONE, "ROWS_PROBED": ROWS_PROBED,
        "DENSEST_BATCH": DENSEST_BATCH, "DENSEST_SAMPLE": DENSEST_SAMPLE, "LARGEST_INDEX": LARGEST_INDEX, "NARROW": NARROW,
        "ROWS_WORTH_PACKING": ROWS_WORTH_PACKING, "WIDTH_WORTH_PACKING": WIDTH_WORTH_PACKING,
        "WIDE_FIRST_LAYER": WIDE_FIRST_LAYER, "FIRST_COLUMN_GROUP": FIRST_COLUMN_GROUP,
        "WORK_BETWEEN_SIGNAL_CHECKS": WORK_BETWEEN_SIGNAL_CHECKS,
    }
