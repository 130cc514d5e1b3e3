# Stochastic gradient descent one sample at a time: no batch is copied, no gradient written, one thread.


cdef void train_samples(Run* run, floating zero) noexcept nogil:
    cdef int i
    cdef Operation* operation
    cdef Operation* before
    cdef Py_ssize_t sample, source
    cdef floating rate
    cdef const floating* input
    cdef const floating* x
    cdef floating* delta
    cdef double value
    cdef f32_list single
    cdef f64_list double_
    cdef void* dense
    if floating is float:
        dense = &single
    else:
        dense = &double_
    for sample in range(run.start, run.stop):
        source = sample if run.order == NULL else run.order[sample]
        if not gather_target(run, source, 0, zero):
            run.bad_sample = source
            return
        x = NULL
        if run.sparse:
            if not gather_list(run, source, 0, zero):
                run.bad_sample = source
                return
        else:
            x = row_in_place(<floating*> run.inputs, &run.x, source, run.input_size)
            if run.check and not all_finite(x, run.input_size):
                run.bad_sample = source
                return
        for i in range(run.last + 1):
            operation = &run.operations[i]
            input = input_of(run, i, x)
            if operation.kind == DENSE:
                set_list(dense, 0, NULL, input, operation.fan_in)
                list_forward(run.lists if i == 0 and run.sparse else dense, <floating*> operation.weights, operation.fan_out,
                             operation.fan_out, <floating*> operation.bias, <floating*> operation.output,
                             operation.activation, <floating> operation.negative_slope)
            else:
                infer_row(operation, <floating*> operation.output, input)
        # One row: that of the sample, whatever its place.
        losses(run, sample, 0, 1, 1, zero)
        value = run.row_loss[0]
        if not is_finite(value):
            run.failed = sample
            return
        run.total_loss += value
        run.step += 1
        rate = <floating> (run.rule.learning_rate if run.learning_rates == NULL else run.learning_rates[sample])
        through_activation(run, run.last, 0, 1, zero)
        for i in range(run.last, run.first_learning - 1, -1):
            operation = &run.operations[i]
            delta = <floating*> operation.delta
            input = input_of(run, i, x)
            before = &run.operations[i - 1]
            if operation.kind == DENSE and i == 0 and run.sparse:
                list_update(run.lists, delta, <floating*> operation.weights, operation.fan_out, operation.fan_out, rate)
            elif operation.kind == DENSE:
                row_backward(delta, input, <floating*> operation.weights, operation.fan_out, operation.fan_in,
                             operation.fan_out, <floating*> before.delta if i > run.first_learning else NULL, rate)
            elif i > run.first_learning:
                backward_row(run, i, <floating*> before.delta, delta, input, 0, 0)
            if operation.kind == DENSE and operation.has_bias:
                descend(<floating*> operation.bias, delta, rate, operation.fan_out)
            if i > run.first_learning:
                through_activation(run, i - 1, 0, 1, zero)
