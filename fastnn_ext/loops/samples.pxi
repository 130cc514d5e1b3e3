# Stochastic gradient descent one sample at a time: no batch is copied, no gradient written, one thread. The operations
# are a chain.


cdef inline bint gather_sample(Run* run, Py_ssize_t sample, const real** x) noexcept nogil:
    # One sample's targets, and its inputs as a list or where they can be read; False where a number is NaN or infinite.
    cdef Source* source = &run.data.sources[0]
    x[0] = NULL
    if not gather_target(run, &run.heads[0], sample, 0):
        return False
    if run.first.sparse:
        return gather_list(run, sample, 0, sample)
    x[0] = row_in_place(<real*> run.arena.inputs, &source.rows, sample, source.size)
    return not run.data.check or all_finite(x[0], source.size)


cdef inline void forward_sample(Pass* p) noexcept nogil:
    cdef Run* run = p.run
    cdef Operation* operation
    cdef input_list dense
    cdef int i
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.in_loss:
            continue
        if operation.kind != DENSE:
            descriptors[operation.kind].infer(p, i)
            continue
        if i == 0 and run.first.aligned != NULL:
            aligned_list_forward(lists_of(run), <real*> run.first.aligned, run.first.whole_row, run.first.rest_row,
                                 operation.fan_in, operation.fan_out, <real*> operation.bias, <real*> operation.output,
                                 operation.activation, numbers_of(operation))
            continue
        set_list(&dense, NULL, p.values[i - 1].data, operation.fan_in)
        list_forward(lists_of(run) if i == 0 and run.first.sparse else &dense, <real*> operation.weights,
                     operation.fan_out, operation.fan_out, <real*> operation.bias, <real*> operation.output,
                     operation.activation, numbers_of(operation))


cdef inline void backward_sample(Pass* p, real rate) noexcept nogil:
    # Weights change on the way.
    cdef Run* run = p.run
    cdef Operation* operation
    cdef Gradient gradient
    cdef real* delta
    cdef int i
    gradient.input, gradient.begin, gradient.end, gradient.row = 0, 0, 1, 0
    for i in range(run.operation_count - 1, run.first_learning - 1, -1):
        operation = &run.operations[i]
        if operation.in_loss:
            continue
        delta = <real*> operation.delta
        gradient.data = <real*> run.operations[i - 1].delta if i > run.first_learning else NULL
        if operation.kind != DENSE:
            if i > run.first_learning:
                descriptors[operation.kind].backward(p, i, &gradient)
            continue
        if operation.activation != NO_ACTIVATION:
            own_activation_backward(p, i)
        if i == 0 and run.first.aligned != NULL:
            aligned_list_update(lists_of(run)[0], delta, <real*> run.first.aligned, run.first.whole_row,
                                run.first.rest_row, operation.fan_in, operation.fan_out, rate)
        elif i == 0 and run.first.sparse:
            list_update(lists_of(run)[0], delta, <real*> operation.weights, operation.fan_out, operation.fan_out, rate)
        else:
            row_backward(delta, p.values[i - 1].data, <real*> operation.weights, operation.fan_out, operation.fan_in,
                         operation.fan_out, gradient.data, rate)
        if operation.has_bias:
            descend(<real*> operation.bias, delta, rate, operation.fan_out)


cdef bint train_samples(Run* run) noexcept nogil:
    # False: a sample failed.
    cdef Updating* updating = &run.updating
    cdef Pass p
    cdef Py_ssize_t number, sample
    cdef const real* x
    cdef double value
    cdef int i
    memset(&p, 0, sizeof(Pass))
    p.run, p.batch, p.end, p.threads, p.rows_ready = run, 1, 1, 1, True
    p.values = place_values(run, run.arena.scratch[0] + run.arena.values)
    for i in range(run.operation_count):
        p.values[i].data, p.values[i].row = <real*> run.operations[i].output, 0
    for number in range(run.data.start, run.data.stop):
        sample = number if run.data.order == NULL else run.data.order[number]
        if not gather_sample(run, sample, &x):
            run.outcome.bad_sample = sample
            return False
        (p.values - 1).data, (p.values - 1).row = <real*> x, 0
        forward_sample(&p)
        # One row: that of the sample, whatever its place.
        losses(run, number, 0, 1, 1)
        value = run.heads[0].row_loss[0]
        run.heads[0].total_loss += value
        value *= run.heads[0].weight
        if not is_finite(value):
            run.outcome.failed = number
            return False
        run.outcome.total_loss += value
        updating.step += 1
        backward_sample(&p, <real> (updating.rule.learning_rate if updating.learning_rates
                                    == NULL else updating.learning_rates[number]))
    return True
