# Training in batches: every thread runs this with its own number and does its share of each phase.
#
# Rows of a batch pass through operations of few columns in one thread, forward and backward; the threads meet when all
# gradients are known, and again when all weights are new. Wide layers are shared by columns, with a meeting before
# each, and change while their weights are in the cache. Every number is computed by one thread in one order, so that
# the result does not depend on how many there are.


cdef void forward(Pass* p) noexcept nogil:
    # The outputs of all operations, but those that the loss computes.
    cdef Run* run = p.run
    cdef Operation* operation
    cdef int i
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.in_loss:
            continue
        if operation.by_columns or (is_of_batch(operation) and not run.inference):
            meet(run, p.threads)
            descriptors[operation.kind].forward(p, i)
            p.rows_ready = False
            continue
        meet_for_rows(p)
        if (run.inference and operation.kind != DENSE and operation.kind != ACTIVITY_PENALTY) \
                or (operation.frozen and operation.kind == BATCH_NORMALIZATION):
            descriptors[operation.kind].infer(p, i)
        else:
            descriptors[operation.kind].forward(p, i)
    meet_for_rows(p)


cdef void backward(Pass* p, bint at_once) noexcept nogil:
    # From the losses' gradients to those of all operations below that need theirs. At once: each dense layer's weights
    # change as soon as its gradient has passed.
    cdef Run* run = p.run
    cdef Operation* operation
    cdef int i, k, done = run.operation_count
    for i in range(run.operation_count - 1, -1, -1):
        operation = &run.operations[i]
        if not operation.needs_gradient or operation.in_loss:
            continue
        if operation.kind == DENSE and operation.activation != NO_ACTIVATION and not operation.passes_activation:
            meet_for_rows(p)
            own_activation_backward(p, i)
        for k in range(operation.input_count):
            backward_to_input(p, i, k)
        if operation.kind == DENSE and at_once and operation.has_weights:
            meet(run, p.threads)
            p.rows_ready = True
            if p.thread == 0:
                # Here all threads have left theirs of the operation before.
                fastnn_store(&run.outcome.done_from, done)
            dense_update(p, i)
            done = i
            if p.threads == 1:
                fastnn_store(&run.outcome.done_from, done)


cdef inline Value delta_of(Run* run, int source) noexcept nogil:
    # Where the gradient with respect to an operation's output, or to an input of the plan, lies; NULL: nobody asks.
    cdef Value delta
    cdef Source* input
    if source >= 0:
        delta.data = <real*> run.operations[source].delta if run.operations[source].needs_gradient else NULL
        delta.row = run.operations[source].output_row
    else:
        input = &run.data.sources[-1 - source]
        delta.data, delta.row = <real*> input.delta if input.needs_gradient else NULL, input.size
    return delta


cdef void backward_to_input(Pass* p, int i, int input) noexcept nogil:
    # The gradient with respect to one input of an operation, added to what others gave where they did.
    cdef Run* run = p.run
    cdef Operation* operation = &run.operations[i]
    cdef int source = source_of(run, i, input)
    cdef Value delta = delta_of(run, source)
    cdef bint needed = delta.data != NULL
    cdef bint of_batch = is_of_batch(operation)
    cdef bint wide = operation.by_columns or (needed and source >= 0 and run.operations[source].by_columns)
    cdef Py_ssize_t group = COLUMNS_OF_A_LINE if of_batch else PANEL
    cdef Py_ssize_t columns = columns_of_input(run, i, input)
    cdef bint adds = run.edges[operation.first_edge + input].adds
    cdef Gradient gradient
    # A normalisation over the batch learns on the way.
    if not needed and not of_batch:
        return
    gradient.input = input
    if adds or not needed:
        # Rows as far apart whatever the operation, so that a thread's own are nobody else's.
        gradient.data, gradient.row = <real*> run.arena.spare, run.arena.spare_row
    else:
        gradient.data, gradient.row = delta.data, delta.row
    if of_batch or (operation.kind == DENSE and wide):
        meet(run, p.threads)
        gradient.begin, gradient.end = 0, p.batch
        gradient.first = column_share(columns, group, p.thread, p.threads)
        gradient.last = column_share(columns, group, p.thread + 1, p.threads)
        p.rows_ready = False
    else:
        meet_for_rows(p)
        gradient.begin, gradient.end, gradient.first, gradient.last = p.begin, p.end, 0, columns
    descriptors[operation.kind].backward(p, i, &gradient)
    if adds and needed:
        add_rows(delta.data, delta.row, gradient.data, gradient.row, 1, &gradient)


cdef void train(Run* run, int thread, int threads) noexcept nogil:
    # Samples start to stop of the run, in batches; in inference, only their losses and outputs.
    cdef Data* data = &run.data
    cdef Rows* rows = &data.sources[0].rows
    cdef bint in_place = data.source_count == 1 and data.order == NULL and not run.first.sparse and is_native(rows) \
        and data.augmentation.height == 0 and rows.stride % sizeof(real) == 0
    cdef Pass p
    cdef double value, penalty, rate, total = 0, momentum_product = run.updating.momentum_product, next_product = 1
    cdef step_rule rule, collecting
    cdef int i
    if run.by_sample:
        if thread == 0:
            move_in(run, 0, 1)
            move_out(run, train_samples(run), 0, 1)
        return
    if run.updating.given:
        step_by_given(run, thread, threads)
        return
    if thread == 0:
        # In one sum over all pieces of an epoch: where they end changes no bit.
        total = run.outcome.total_loss
    move_in(run, thread, threads)
    p.run, p.thread, p.threads, p.scratch = run, thread, threads, run.arena.scratch[thread]
    p.start, p.step = data.start, run.updating.step
    p.values = place_values(run, p.scratch + run.arena.values)
    for i in range(run.operation_count):
        p.values[i].data, p.values[i].row = <real*> run.operations[i].output, run.operations[i].output_row
    for i in range(data.source_count):
        p.values[-1 - i].data = <real*> run.arena.inputs + data.sources[i].offset
        p.values[-1 - i].row = run.arena.inputs_row
    p.rule = &rule
    if run.updating.collects:
        collecting.optimizer, collecting.decay, collecting.ridge = COLLECT, 1, 0
        p.rule = &collecting
    while p.start < data.stop:
        p.batch = min(run.batch_size, data.stop - p.start)
        p.begin, p.end = share(p.batch, thread, threads), share(p.batch, thread + 1, threads)
        gather(run, p.start, p.begin, p.end, in_place, p.step + 1, thread)
        if in_place:
            (p.values - 1).data = <real*> (rows.data + p.start * rows.stride)
            (p.values - 1).row = rows.stride // <Py_ssize_t> sizeof(real)
        p.step += 1
        p.rows_ready, p.penalty_scale, penalty = True, 1, 0
        if run.updating.penalty_scales != NULL:
            p.penalty_scale = run.updating.penalty_scales[p.start // run.batch_size]
        forward(&p)
        losses(run, p.start, p.begin, p.end, p.batch)
        if run.inference:
            meet(run, threads)
            if failed(run, p.start, p.batch, thread, &value):
                break
        else:
            rate = run.updating.rule.learning_rate
            if run.updating.learning_rates != NULL:
                rate = run.updating.learning_rates[p.start // run.batch_size]
            next_product = set_rule(&rule, &run.updating.rule, rate, p.step, momentum_product)
            if run.at_once:
                meet(run, threads)
                if failed(run, p.start, p.batch, thread, &value):
                    break
                backward(&p, True)
            else:
                backward(&p, False)
                meet(run, threads)
                if failed(run, p.start, p.batch, thread, &value):
                    break
            penalty = update(&p, &rule)
            momentum_product = next_product
        if thread == 0:
            for i in range(run.head_count):
                run.heads[i].total_loss += run.heads[i].batch_loss
        meet(run, threads)
        if run.updating.steps_with_penalties:
            penalty = squared_penalties(run)
        total += value + p.batch * penalty
        p.start += p.batch
    move_out(run, p.start >= data.stop, thread, threads)
    if thread == 0:
        run.outcome.total_loss = total
        if not run.inference:
            # The step of a batch that failed was not done.
            run.updating.step = p.step - (1 if p.start < data.stop else 0)
            run.updating.momentum_product = momentum_product
