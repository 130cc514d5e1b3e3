# Stochastic gradient descent one sample at a time: no batch is copied, no gradient written, one thread.


cdef void train_samples(Run* run) noexcept nogil:
    cdef int i
    cdef Operation* operation
    cdef Operation* before
    cdef Py_ssize_t sample, source
    cdef real rate
    cdef const real* input
    cdef const real* x
    cdef real* delta
    cdef double value
    cdef input_list dense
    for sample in range(run.start, run.stop):
        source = sample if run.order == NULL else run.order[sample]
        if not gather_target(run, source, 0):
            run.bad_sample = source
            return
        x = NULL
        if run.sparse:
            if not gather_list(run, source, 0):
                run.bad_sample = source
                return
        else:
            x = row_in_place(<real*> run.inputs, &run.x, source, run.input_size)
            if run.check and not all_finite(x, run.input_size):
                run.bad_sample = source
                return
        for i in range(run.last + 1):
            operation = &run.operations[i]
            input = input_of(run, i, x)
            if operation.kind == DENSE:
                set_list(&dense, NULL, input, operation.fan_in)
                list_forward(lists_of(run)[0] if i == 0 and run.sparse else dense, <real*> operation.weights,
                             operation.fan_out, operation.fan_out, <real*> operation.bias, <real*> operation.output,
                             operation.activation, <real> operation.negative_slope)
            else:
                infer_row(operation, <real*> operation.output, input)
        # One row: that of the sample, whatever its place.
        losses(run, sample, 0, 1, 1)
        value = run.row_loss[0]
        if not is_finite(value):
            run.failed = sample
            return
        run.total_loss += value
        run.step += 1
        rate = <real> (run.rule.learning_rate if run.learning_rates == NULL else run.learning_rates[sample])
        through_activation(run, run.last, 0, 1)
        for i in range(run.last, run.first_learning - 1, -1):
            operation = &run.operations[i]
            delta = <real*> operation.delta
            input = input_of(run, i, x)
            before = &run.operations[i - 1]
            if operation.kind == DENSE and i == 0 and run.sparse:
                list_update(lists_of(run)[0], delta, <real*> operation.weights, operation.fan_out, operation.fan_out,
                            rate)
            elif operation.kind == DENSE:
                row_backward(delta, input, <real*> operation.weights, operation.fan_out, operation.fan_in,
                             operation.fan_out, <real*> before.delta if i > run.first_learning else NULL, rate)
            elif i > run.first_learning:
                backward_row(run, i, <real*> before.delta, delta, input, 0, 0)
            if operation.kind == DENSE and operation.has_bias:
                descend(<real*> operation.bias, delta, rate, operation.fan_out)
            if i > run.first_learning:
                through_activation(run, i - 1, 0, 1)
