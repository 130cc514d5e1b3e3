"""Training: a plan, its data and an optimiser made ready, so that epochs run without Python and without allocating."""

import numpy
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport uint16_t, uintptr_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from fastnn_ext.barrier cimport barrier_init, fastnn_exchange
from fastnn_ext.dispatch cimport kernels_for_samples
from fastnn_ext.losses cimport CROSS_ENTROPY, MEAN_SQUARED_ERROR, Loss
from fastnn_ext.plan cimport (
    ADAM, DENSE, MAXIMUM_THREADS, Index, Kernels, Operation, Optimizer, Plan, Run, SGD, aligned, describe_rows, padded_row,
)
from fastnn_ext.pool cimport pool_run, pool_size, pool_task
from fastnn_ext.scalars cimport is_finite

from fastnn_ext.plan import NonFiniteDataError

cnp.import_array()

# Multiply-adds between two looks for Ctrl-C: some 20 ms of dense work at the slowest.
cdef Py_ssize_t WORK_BETWEEN_SIGNAL_CHECKS = 100_000_000

# Multiply-adds of a batch for each thread below which meeting the others costs more than they save.
cdef Py_ssize_t WORK_FOR_A_THREAD = 400_000

# Rows looked at to see whether the data are sparse, and the largest share of non-zero inputs that is: in batches, where
# the dense product runs at full speed, and one by one, where it waits for memory.
cdef Py_ssize_t ROWS_PROBED = 64
cdef double DENSEST_BATCH = 0.35
cdef double DENSEST_SAMPLE = 0.75

# The index of non-zeros keeps no more than this; rows beyond it are listed anew in each epoch.
cdef Py_ssize_t LARGEST_INDEX = 64 << 20

# Fewer rows, or narrower layers, read weights in place.
cdef Py_ssize_t ROWS_WORTH_PACKING = 32
cdef Py_ssize_t WIDTH_WORTH_PACKING = 65


class NonFiniteError(FloatingPointError):
    """A loss that is NaN or infinite: carries the ``batch`` and the ``operation`` where it first showed."""

    def __init__(self, batch, operation):
        super().__init__(f"the loss of batch {batch} is not finite, from operation {operation}")
        self.batch = batch
        self.operation = operation


cdef class Training:
    """One training of a plan on one set of data.

    Parameters
    ----------
    plan : Plan
    x : ndarray of float32, float64 or uint8, shape (samples, input_size)
        Read where it is, batch by batch, also from a memory-mapped file: each row contiguous.
    y : ndarray of float32, float64 or uint8, shape (samples, output_size)
    batch_size : int
    loss : Loss
    optimizer : Optimizer
    learning_rate, beta_1, beta_2, epsilon, weight_decay : float
        Of the optimiser's rule: beta_1 is also the momentum of SGD, beta_2 also RMSprop's rho.
    sparse : bool, optional
        Whether the first layer visits non-zero inputs only; by default as the data's density suggests.
    threads : int, optional
        By default as many as the size of the work suggests. The result does not depend on it.
    keep_index : bool
        Keep the places of non-zero inputs for later epochs. One epoch alone does not need them.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn_ext.plan import Optimizer, Plan
    >>> plan, weights = Plan(1, np.float64), np.zeros((1, 1))
    >>> plan.add_dense(weights, np.zeros((1, 1)))
    >>> training = Training(plan, np.ones((1, 1)), np.ones((1, 1)), 1, Loss.MEAN_SQUARED_ERROR, Optimizer.SGD, 0.25)
    >>> training.run_epoch(), weights
    (1.0, array([[0.5]]))
    """

    cdef Plan plan
    cdef const Kernels* kernels
    cdef Run run
    cdef Index index
    cdef cnp.ndarray x
    cdef cnp.ndarray y
    cdef readonly list state        # the optimiser's arrays of every dense operation: two for weights, two for bias
    cdef char* arena
    cdef int running
    cdef readonly bint sparse
    cdef readonly int threads
    cdef readonly Py_ssize_t samples

    def __cinit__(self, Plan plan not None, cnp.ndarray x not None, cnp.ndarray y not None, Py_ssize_t batch_size, Loss loss,
                  Optimizer optimizer, double learning_rate, double beta_1=0.0, double beta_2=0.0, double epsilon=0.0,
                  double weight_decay=0.0, sparse=None, threads=None, bint keep_index=True):
        cdef Run* run = &self.run
        self.plan, self.x, self.y = plan, x, y
        describe_rows(&run.x, x, "x", plan.input_size, True)
        describe_rows(&run.y, y, "y", plan.output_size, True)
        self.samples = run.samples = cnp.PyArray_DIM(x, 0)
        if cnp.PyArray_DIM(y, 0) != self.samples:
            raise ValueError(f"y must have as many rows as x, {self.samples}, but it has {cnp.PyArray_DIM(y, 0)}")
        if self.samples < 1 or batch_size < 1 or plan.operation_count < 1:
            raise ValueError(f"samples, batch_size and layers must be at least 1, but they are {self.samples}, {batch_size} "
                             f"and {plan.operation_count}")
        if loss not in (MEAN_SQUARED_ERROR, CROSS_ENTROPY):
            raise ValueError(f"loss must be a member of Loss, but it is {<int> loss}")
        if not SGD <= optimizer <= ADAM:
            raise ValueError(f"optimizer must be a member of Optimizer, but it is {<int> optimizer}")
        run.input_size, run.output_size = plan.input_size, plan.output_size
        run.operation_count = plan.operation_count
        run.batch_size = min(batch_size, self.samples)
        run.loss = loss
        run.rule.optimizer = optimizer
        self.kernels = kernels_for_samples(plan.kernels) if run.batch_size == 1 and optimizer == SGD else plan.kernels
        run.rule.learning_rate = learning_rate
        run.rule.beta_1, run.rule.beta_2 = beta_1, beta_2
        run.rule.epsilon, run.rule.weight_decay = epsilon, weight_decay
        run.check = True
        run.bad_sample = run.failed = -1
        run.index = &self.index
        cdef double density = self.probe()
        if sparse is None:
            sparse = density <= (DENSEST_SAMPLE if run.batch_size == 1 and optimizer == SGD else DENSEST_BATCH)
        # Column numbers have 16 bits, places of a batch's entries 32.
        self.sparse = run.sparse = bool(sparse) and plan.operations[0].kind == DENSE and plan.input_size < 65536 \
            and run.batch_size < (<Py_ssize_t> 1 << 32) // plan.input_size
        self.threads = self.threads_for(density) if threads is None else max(1, min(<int> threads, <int> MAXIMUM_THREADS))
        self.reserve()
        self.make_state(optimizer)
        if self.sparse:
            self.reserve_index(density if keep_index else 0)
            if weight_decay == 0:
                run.seen = <unsigned char*> calloc(plan.input_size, 1)
                if run.seen == NULL:
                    raise MemoryError(f"no memory for {plan.input_size} marks of inputs")

    def __dealloc__(self):
        free(self.arena)
        free(self.run.operations)
        free(self.run.seen)
        free(self.index.starts)
        free(self.index.counts)
        free(self.index.columns)
        free(self.index.values)

    cdef double probe(self):
        # The share of non-zero numbers in some rows, evenly spaced.
        cdef Py_ssize_t step = max(1, self.samples // ROWS_PROBED)
        rows = self.x[::step]
        return numpy.count_nonzero(rows) / rows.size

    cdef Py_ssize_t work(self, double density):
        # Multiply-adds of one sample, forward and backward.
        cdef Py_ssize_t total = 0, first
        cdef int i
        for i in range(self.plan.operation_count):
            if self.plan.operations[i].kind == DENSE:
                first = self.plan.operations[i].fan_in * self.plan.operations[i].fan_out
                total += <Py_ssize_t> (2 * first * (density if self.sparse else 1)) if i == 0 else 3 * first
            else:
                total += self.plan.operations[i].fan_out
        return max(1, total)

    cdef int threads_for(self, double density):
        cdef Py_ssize_t batch = self.run.batch_size, weights = 0
        cdef int i
        if batch == 1 and self.run.rule.optimizer == SGD:
            return 1
        for i in range(self.plan.operation_count):
            if self.plan.operations[i].kind == DENSE:
                weights += self.plan.operations[i].fan_in * self.plan.operations[i].fan_out
        # An optimiser with a state costs about eight multiply-adds a weight, whatever the batch.
        cdef Py_ssize_t step = self.work(density) * batch + (0 if self.run.rule.optimizer == SGD else 8 * weights)
        return <int> max(1, min(min(<Py_ssize_t> pool_size(), <Py_ssize_t> MAXIMUM_THREADS), step // WORK_FOR_A_THREAD))

    cdef int reserve(self) except -1:
        # One arena for all that a step needs; each buffer on its own cache lines.
        cdef Run* run = &self.run
        cdef Plan plan = self.plan
        cdef Py_ssize_t item = 8 if plan.is_double else 4, batch = run.batch_size
        cdef Py_ssize_t panel = 2 * plan.kernels.lanes[plan.is_double]
        cdef Py_ssize_t scratch = 0, panels, size = 0, i
        cdef bint listing = self.sparse
        run.operations = <Operation*> malloc(plan.operation_count * sizeof(Operation))
        if run.operations == NULL:
            raise MemoryError("no memory for the operations of a training")
        memcpy(run.operations, plan.operations, plan.operation_count * sizeof(Operation))
        run.inputs_row = padded_row(plan.input_size, plan.is_double)
        run.delta_row = padded_row(plan.widest, plan.is_double)
        run.list_row = run.inputs_row + 64
        if batch > (<Py_ssize_t> 1 << 44) // (run.delta_row * (plan.operation_count + 8)):
            raise MemoryError(f"a batch of {batch} rows by {plan.widest} columns does not fit an address space")
        for i in range(plan.operation_count):
            run.operations[i].output_row = padded_row(run.operations[i].fan_out, plan.is_double)
            size += aligned(batch * run.operations[i].output_row * item)
            if run.operations[i].kind != DENSE:
                continue
            if i > 0:
                panels = (run.operations[i].fan_in + panel - 1) // panel * panel
                scratch = max(scratch, aligned(panels * run.operations[i].fan_out * item))
            size += self.panels_size(i)
        if listing:
            scratch = max(scratch, aligned((run.input_size + 32) * 4) + aligned((batch * run.input_size + 16) * 4)
                          + aligned((batch * run.input_size + 16) * item))
            scratch = max(scratch, aligned(run.input_size * run.operations[0].fan_out * item))
            size += aligned(batch * run.list_row * item) + aligned(batch * run.list_row * 2) + aligned(batch * 32)
        size += aligned(batch * run.inputs_row * item) + aligned(batch * run.output_size * item)
        size += 2 * aligned(batch * run.delta_row * item) + aligned(batch * 8) + self.threads * scratch + 64
        self.arena = <char*> malloc(size)
        if self.arena == NULL:
            raise MemoryError(f"no memory for a training arena of {size} bytes: take a smaller batch")
        cdef char* at = self.arena + (64 - <uintptr_t> self.arena % 64) % 64
        for i in range(plan.operation_count):
            run.operations[i].output = at
            at += aligned(batch * run.operations[i].output_row * item)
            if self.panels_size(i):
                run.operations[i].panels = at
                at += self.panels_size(i)
        for i in range(self.threads):
            run.scratch[i] = at
            at += scratch
        run.inputs = at
        at += aligned(batch * run.inputs_row * item)
        run.targets = at
        at += aligned(batch * run.output_size * item)
        run.delta = at
        at += aligned(batch * run.delta_row * item)
        run.next_delta = at
        at += aligned(batch * run.delta_row * item)
        run.row_loss = <double*> at
        at += aligned(batch * 8)
        if listing:
            run.lists = at
            at += aligned(batch * 32)
            run.list_values = at
            at += aligned(batch * run.list_row * item)
            run.list_columns = <uint16_t*> at
        return 0

    cdef Py_ssize_t panels_size(self, Py_ssize_t i):
        cdef Operation* operation = &self.run.operations[i]
        if operation.kind != DENSE or operation.fan_out < WIDTH_WORTH_PACKING or self.run.batch_size < ROWS_WORTH_PACKING \
                or (i == 0 and self.sparse):
            return 0
        cdef Py_ssize_t panel = 2 * self.plan.kernels.lanes[self.plan.is_double]
        return aligned((operation.fan_out + panel - 1) // panel * panel * operation.fan_in * (8 if self.plan.is_double else 4))

    cdef int make_state(self, Optimizer optimizer) except -1:
        # Arrays for momentum and squares, of the weights' shape; none for plain gradient descent.
        cdef Py_ssize_t i, at = 0
        cdef int slot
        uses = {0: (), 1: (0,), 2: (0,), 3: (1,), 4: (0, 1)}[<int> optimizer]
        self.state = []
        for i in range(self.run.operation_count):
            if self.run.operations[i].kind != DENSE:
                continue
            for slot in uses:
                weights = numpy.zeros_like(self.plan.parameters[at])
                bias = numpy.zeros_like(self.plan.parameters[at + 1])
                self.run.operations[i].weights_state[slot] = cnp.PyArray_DATA(<cnp.ndarray> weights)
                self.run.operations[i].bias_state[slot] = cnp.PyArray_DATA(<cnp.ndarray> bias)
                self.state += [weights, bias]
            at += 2
        return 0

    cdef int reserve_index(self, double density) except -1:
        # Room for what the probe promises and a tenth more; rows that do not fit are listed again in each epoch.
        cdef Py_ssize_t item = 8 if self.plan.is_double else 4
        cdef Py_ssize_t wanted = <Py_ssize_t> (1.1 * density * self.samples * self.run.input_size)
        # One more, since an allocation of nothing may be NULL.
        wanted += 4096 if wanted else 1
        self.index.capacity = min(wanted, LARGEST_INDEX // (item + 2))
        self.index.starts = <cnp.npy_intp*> malloc(self.samples * sizeof(cnp.npy_intp))
        self.index.counts = <int*> malloc(self.samples * sizeof(int))
        self.index.columns = <uint16_t*> malloc(self.index.capacity * sizeof(uint16_t))
        self.index.values = malloc(self.index.capacity * item)
        if self.index.starts == NULL or self.index.counts == NULL or self.index.columns == NULL or self.index.values == NULL:
            raise MemoryError(f"no memory for the index of {self.samples} sparse samples")
        cdef Py_ssize_t i
        for i in range(self.samples):
            self.index.starts[i] = -1
        return 0

    def run_epoch(self, order=None):
        """Train once over the data, in place, and return the mean loss of a sample.

        Parameters
        ----------
        order : ndarray of intp, shape (samples,), optional
            The order in which samples are visited; by default as they come.

        Raises
        ------
        NonFiniteError
            When the loss of a batch is NaN or infinite; that batch has changed no weight.
        NonFiniteDataError
            When a sample of the data holds NaN or infinity; its batch has changed no weight.
        RuntimeError
            When another thread is running this training.
        """
        cdef cnp.ndarray order_array
        cdef const cnp.npy_intp* numbers = NULL
        if order is not None:
            order_array = numpy.ascontiguousarray(order, dtype=numpy.intp)
            if cnp.PyArray_SIZE(order_array) != self.samples or order_array.min() < 0 or order_array.max() >= self.samples:
                raise ValueError(f"order must hold {self.samples} row numbers below {self.samples}")
            numbers = <cnp.npy_intp*> cnp.PyArray_DATA(order_array)
        if fastnn_exchange(&self.running, 1):
            raise RuntimeError("this training is running in another thread: make one for each")
        self.run.order = numbers
        try:
            return self.epoch()
        finally:
            self.run.order = NULL
            fastnn_exchange(&self.running, 0)

    cdef object epoch(self):
        cdef Run* run = &self.run
        cdef Py_ssize_t batch = run.batch_size
        cdef Py_ssize_t stride = max(1, WORK_BETWEEN_SIGNAL_CHECKS // (self.work(1.0) * batch)) * batch
        run.total_loss = 0
        run.bad_sample = run.failed = -1
        run.start = 0
        while run.start < self.samples:
            run.stop = min(self.samples, run.start + stride)
            with nogil:
                if self.threads == 1:
                    self.kernels.train[self.plan.is_double](run, 0, 1)
                else:
                    barrier_init(&run.barrier)
                    pool_run(<pool_task> self.kernels.train[self.plan.is_double], run, self.threads)
            if run.bad_sample >= 0:
                raise NonFiniteDataError(run.bad_sample)
            if run.failed >= 0:
                raise NonFiniteError(run.failed // batch, self.first_non_finite(min(batch, self.samples - run.failed)))
            PyErr_CheckSignals()
            run.start = run.stop
        run.check = False
        return run.total_loss / self.samples

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
