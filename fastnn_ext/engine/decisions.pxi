# What is decided before a training begins: how the first layer takes its inputs, how many threads there are, and which
# of them share columns.


cdef double probe(TrainingSetup training):
    # The share of non-zero numbers in some rows of the first input, evenly spaced.
    cdef Py_ssize_t step = max(1, training.samples // ROWS_PROBED)
    x = training.x[0]
    if isinstance(x, CompressedRows):
        # Of the same rows as below: the same data are taken for sparse in either form.
        values, starts, chosen = x.values, x.starts, range(0, training.samples, step)
        filled = sum([numpy.count_nonzero(values[starts[row] : starts[row + 1]]) for row in chosen])
        return filled / (len(chosen) * <double> training.run.data.sources[0].size)
    rows = x[::step]
    return numpy.count_nonzero(rows) / rows.size


cdef bint can_be_sparse(TrainingSetup training) noexcept:
    # The first operation alone takes the one input. Column numbers and places of a batch's entries have 32 bits.
    cdef Run* run = &training.run
    cdef Operation* first = &run.operations[0]
    cdef Py_ssize_t widest = max(run.data.sources[0].size, padded_row(first.fan_out, True))
    return first.kind == DENSE and run.data.source_count == 1 and run.data.sources[0].consumers == 1 \
        and run.edges[first.first_edge].source == -1 and first.twin < 0 \
        and run.batch_size < (<long long> 1 << 32) // <long long> widest


cdef double densest(TrainingSetup training) noexcept:
    # The largest share of inputs that are not zero with which it pays to visit these alone.
    cdef Run* run = &training.run
    if run.by_sample:
        return DENSEST_SAMPLE
    cdef Py_ssize_t units = run.operations[0].fan_out
    cdef bint listed_quickly = units <= WIDEST_BY_ROW and training.plan.kernels.lanes >= LANES_OF_LARGE_LISTS
    if (run.batch_size >= LARGE_BATCH and not listed_quickly) or <double> run.batch_size * units >= LARGE_OUTPUTS:
        return DENSEST_LARGE_BATCH
    return DENSEST_BATCH


cdef double work(TrainingSetup training, double density):
    # Multiply-adds of one sample, forward and backward.
    cdef Operation* operation
    cdef double total = 0, products
    cdef int i
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.kind == DENSE:
            products = <double> operation.fan_in * operation.fan_out
            if i > 0:
                total += (1 + operation.needs_gradient + operation.has_weights) * products
            else:
                total += (1 + operation.has_weights) * products * (
                    density * COST_OF_A_SPARSE_ONE if training.sparse else 1)
                total += products if gives_gradient(&training.run, i) else 0
        elif operation.kind == DENSE_ALONG_AXIS:
            total += (2 + operation.has_weights) * <double> operation.fan_in * operation.weight_columns
        else:
            total += operation.fan_out
    return max(1, total)


cdef int threads_for(TrainingSetup training, double density):
    cdef Run* run = &training.run
    cdef double weights = 0
    cdef int i
    if run.by_sample or run.calls_python:
        return 1
    for i in range(run.operation_count):
        if run.operations[i].kind == DENSE:
            weights += <double> run.operations[i].fan_in * run.operations[i].fan_out
    # An optimiser with a state costs about eight multiply-adds a weight, whatever the batch.
    cdef double of_state = 0 if run.updating.rule.optimizer == SGD else 8 * weights
    cdef double wanted = (work(training, density) * run.batch_size + of_state) / BATCH_WORK_FOR_A_THREAD
    return <int> max(1.0, min(<double> min(pool_size(), MAXIMUM_THREADS), wanted))


cdef inline bint lists_go_by_panels(TrainingSetup training) noexcept:
    # Whether threads own columns of a sparse first layer that is not wide. Each then goes through all lists, and sorts
    # them all, where else it fetches the weights that the others changed: that takes longer for small batches. In
    # vectors of 32 bytes there would be twice as many panels to go through.
    return not training.run.first.lists_only and training.run.batch_size <= LARGEST_BATCH_OF_OWN_COLUMNS \
        and training.kernels.lanes >= LANES_OF_OWN_COLUMNS


cdef int choose_first_layer(TrainingSetup training) except -1:
    # See loops/first_layer.pxi.
    cdef Run* run = &training.run
    cdef Operation* first = &run.operations[0]
    cdef Py_ssize_t units = first.fan_out
    run.first.lists_only = training.sparse and units <= min(training.kernels.narrow, WIDEST_BY_ROW)
    run.first.sorted = training.sparse and not run.first.lists_only and units >= WIDE_FIRST_LAYER
    run.first.in_panels = training.threads > 1 and not run.by_sample and not run.inference \
        and not run.updating.collects and first.l2 == 0 and first.kind == DENSE and first.has_weights \
        and run.edges[first.first_edge].source == -1 and units >= training.threads * FIRST_COLUMN_GROUP \
        and (run.first.sorted or not training.sparse or lists_go_by_panels(training))
    run.first.aligned = NULL
    training.aligned = run.first.lists_only and can_be_aligned(
        units, training.kernels.lanes, 8 if training.plan.is_double else 4, &run.first.whole_row, &run.first.rest_row) \
        and (run.inference or first.has_weights) and not run.updating.collects and first.l2 == 0 \
        and not run.calls_python and training.samples >= ROWS_WORTH_ALIGNING
    if run.by_sample and not training.aligned:
        training.kernels = kernels_for_samples(training.kernels)
    return 0


cdef int share_columns(TrainingSetup training) except -1:
    # Whether threads share a dense layer's columns, and whether weights change as soon as their gradient has passed,
    # and not all at the end: a user's function may still fail then.
    cdef Run* run = &training.run
    cdef Operation* operation
    cdef int i
    run.at_once = training.threads == 1 and not run.calls_python
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if training.threads == 1 or operation.kind != DENSE:
            continue
        if i == 0:
            operation.by_columns = run.first.sorted or run.first.in_panels
        else:
            operation.by_columns = operation.fan_out >= training.threads * COLUMN_GROUP
            run.at_once = run.at_once or operation.by_columns
    return 0
