# Stochastic gradient descent one sample at a time: no batch is copied, no gradient written, one thread.


cdef void train_samples(Run* run, floating zero) noexcept nogil:
    cdef int count = run.operation_count, i
    cdef bint fused = count > 1 and run.operations[count - 1].kind == SOFTMAX
    cdef int last = count - 1 - fused
    cdef Operation* operation
    cdef Py_ssize_t sample, source
    cdef floating rate = <floating> run.rule.learning_rate
    cdef const floating* input
    cdef const floating* x
    cdef floating* delta
    cdef floating* next_delta
    cdef floating* swapped
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
        convert_row(<floating*> run.targets, &run.y, source, run.output_size)
        if run.check and not all_finite(<floating*> run.targets, run.output_size):
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
        for i in range(last + 1):
            operation = &run.operations[i]
            input = x if i == 0 else <floating*> run.operations[i - 1].output
            if operation.kind == DENSE:
                set_list(dense, 0, NULL, input, operation.fan_in)
                list_forward(run.lists if i == 0 and run.sparse else dense, <floating*> operation.weights, operation.fan_out,
                             operation.fan_out, <floating*> operation.bias, <floating*> operation.output,
                             operation.activation, <floating> operation.negative_slope)
            elif operation.kind == ACTIVATION:
                activate_row(<floating*> operation.output, input, operation.activation, <floating> operation.negative_slope,
                             operation.fan_out)
            else:
                softmax_row(<floating*> operation.output, input, operation.fan_out)
        value = loss_row(run, last, fused, 0, 1, zero)
        if not is_finite(value):
            run.failed = sample
            return
        run.total_loss += value
        delta = <floating*> run.delta
        next_delta = <floating*> run.next_delta
        for i in range(last, -1, -1):
            operation = &run.operations[i]
            input = x if i == 0 else <floating*> run.operations[i - 1].output
            if operation.kind == DENSE:
                through_activation(run, i, delta, 0, 1)
                if i == 0 and run.sparse:
                    list_update(run.lists, delta, <floating*> operation.weights, operation.fan_out, operation.fan_out, rate)
                else:
                    row_backward(delta, input, <floating*> operation.weights, operation.fan_out, operation.fan_in,
                                 operation.fan_out, next_delta if i > 0 else NULL, rate)
                descend(<floating*> operation.bias, delta, rate, operation.fan_out)
                swapped = delta
                delta = next_delta
                next_delta = swapped
            elif operation.kind == ACTIVATION:
                through_row(delta, delta, <floating*> operation.output, operation.activation,
                            <floating> operation.negative_slope, operation.fan_out)
            else:
                softmax_through_row(delta, delta, <floating*> operation.output, operation.fan_out)
    run.step += run.stop - run.start
