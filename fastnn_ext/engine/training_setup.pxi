# A training's plan, data and optimiser, made ready, and what may be read and set of them.


cdef double penalty_on(object array, double l1, double l2) except? -1:
    if l1 == 0 and l2 == 0:
        return 0
    numbers = array.astype(numpy.float64)
    return l1 * numpy.abs(numbers).sum() + l2 * (numbers * numbers).sum()


# `Training` refuses to be pickled for this class, too.
@cython.auto_pickle(False)
cdef class TrainingSetup:
    """A plan, its data and an optimiser made ready: what a `Training` is built on.

    Parameters are those of `Training`.
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

    cdef int start_running(self) except -1:
        if fastnn_exchange(&self.running, 1):
            raise RuntimeError("this training is running in another thread: make one for each")
        return 0
