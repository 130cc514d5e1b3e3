# A dense layer with the activation behind it: y = f(x W + b). Threads share its rows, or, where it is wide, its
# columns.


cdef bint dense_forward(Pass* p, int i) noexcept nogil:
    cdef Run* run = p.run
    cdef Operation* operation = &run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Py_ssize_t begin = p.begin, end = p.end, first = 0, last = operation.fan_out
    cdef real* weights = <real*> operation.weights
    cdef real* bias = <real*> operation.bias
    cdef real* output = <real*> operation.output
    cdef const real* numbers = numbers_of(operation)
    if operation.by_columns:
        begin, end = 0, p.batch
        first = column_share(operation.fan_out, PANEL, p.thread, p.threads)
        last = column_share(operation.fan_out, PANEL, p.thread + 1, p.threads)
    if i == 0 and run.first.sorted:
        forward_columns(run, p.batch, first, last, p.thread)
    elif i == 0 and run.first.sparse and run.first.in_panels:
        forward_panels(run, p.batch, first, last)
    elif i == 0 and run.first.sparse:
        forward_lists(run, lists_of(run) + begin, end - begin, output + begin * operation.output_row,
                      operation.output_row)
    elif i == 0 and run.first.in_panels:
        product_columns(output, operation.output_row, x.data, x.row, <real*> operation.panels, 0, p.batch, first, last,
                        operation.fan_in, bias, operation.activation, numbers, <real*> NULL, 0)
    elif packs_weights(end - begin, operation.fan_out):
        packing_product(output + begin * operation.output_row, operation.output_row, x.data + begin * x.row, x.row,
                        weights, operation.fan_out, False, end - begin, first, last, operation.fan_in, bias,
                        operation.activation, numbers, <real*> NULL, 0, <real*> p.scratch,
                        packed_columns(operation.fan_in, PANEL))
    else:
        product_columns(output + begin * operation.output_row, operation.output_row, x.data + begin * x.row, x.row,
                        weights, operation.fan_out, end - begin, first, last, operation.fan_in, bias,
                        operation.activation, numbers, <real*> NULL, 0)
    return True


cdef bint dense_infer(Pass* p, int i) noexcept nogil:
    # In prediction: by the lists of its inputs, packed weights, or the weights where they lie.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* y = &p.values[i]
    if i == 0 and p.listed:
        forward_lists(p.run, scratch_lists(p), p.batch, y.data, y.row)
    else:
        dense_infer_columns(p, i, i > 0 and list_rows(p, i, NULL), 0, operation.fan_out)
    return True


cdef void dense_infer_columns(Pass* p, int i, bint listed, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    # Of the pass' own rows.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* input = input_of(p, i, 0)
    cdef Value* output = &p.values[i]
    cdef Py_ssize_t rows = p.end - p.begin, x_row = input.row, y_row = output.row
    cdef real* x = input.data + p.begin * x_row
    cdef real* y = output.data + p.begin * y_row
    cdef real* weights = <real*> operation.weights
    cdef real* bias = <real*> operation.bias
    cdef const real* numbers = numbers_of(operation)
    cdef bint packed = operation.panels != NULL
    if listed:
        lists_forward(scratch_lists(p) + p.begin, rows, weights + first, operation.fan_out, last - first, bias + first,
                      y + first, y_row, operation.activation, numbers)
    elif not packed and packs_weights(rows, operation.fan_out):
        packing_product(y, y_row, x, x_row, weights, operation.fan_out, False, rows, first, last,
                        operation.fan_in, bias, operation.activation, numbers, <real*> NULL, 0,
                        <real*> (p.scratch + p.run.arena.panels
                                 + (p.thread * p.run.arena.panels_size if p.run.by_columns else 0)),
                        packed_columns(operation.fan_in, PANEL))
    else:
        product_columns(y, y_row, x, x_row, <real*> operation.panels if packed else weights,
                        0 if packed else operation.fan_out, rows, first, last, operation.fan_in, bias,
                        operation.activation, numbers, <real*> NULL, 0)


cdef void dense_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    # Taken back through the activation of the operation before, too, where that leaves it to this one.
    cdef Operation* operation = &p.run.operations[i]
    cdef int source = source_of(p.run, i, 0)
    cdef Operation* before = &p.run.operations[source] if source >= 0 else NULL
    cdef bint slopes = before != NULL and before.passes_activation
    cdef real* panels = <real*> p.scratch
    cdef Value* x = input_of(p, i, 0)
    cdef real* dx
    cdef Py_ssize_t row
    if p.batch < FEW_ROWS:
        for row in range(gradient.begin, gradient.end):
            dx = gradient.data + row * gradient.row
            row_through_weights(dx, <real*> operation.delta + row * operation.output_row, <real*> operation.weights,
                                operation.fan_out, gradient.first, gradient.last, operation.fan_out)
            if slopes:
                activation_backward_row(dx + gradient.first, dx + gradient.first, x.data + row * x.row + gradient.first,
                                        before.activation, numbers_of(before), gradient.last - gradient.first)
        return
    if turns_gradient(gradient.end - gradient.begin, gradient.first, gradient.last, operation.fan_out):
        turned_product(gradient.data + gradient.begin * gradient.row, gradient.row,
                       <real*> operation.delta + gradient.begin * operation.output_row, operation.output_row,
                       <real*> operation.weights, operation.fan_out, gradient.end - gradient.begin, gradient.first,
                       gradient.last, operation.fan_out, panels,
                       before.activation if slopes else NO_ACTIVATION, numbers_of(before) if slopes else NULL,
                       x.data + gradient.begin * x.row if slopes else NULL, x.row)
        return
    packing_product(gradient.data + gradient.begin * gradient.row, gradient.row,
                    <real*> operation.delta + gradient.begin * operation.output_row, operation.output_row,
                    <real*> operation.weights, operation.fan_out, True, gradient.end - gradient.begin, gradient.first,
                    gradient.last, operation.fan_out, <real*> NULL,
                    before.activation if slopes else NO_ACTIVATION, numbers_of(before) if slopes else NULL,
                    x.data + gradient.begin * x.row if slopes else NULL, x.row, panels,
                    packed_columns(operation.fan_out, PANEL))


cdef void dense_update(Pass* p, int i) noexcept nogil:
    # The optimiser's step for a thread's part of the weights, or the gradient itself where it is collected.
    cdef Run* run = p.run
    cdef Operation* operation = &run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef const real* delta = <const real*> operation.delta
    cdef bint in_panels = i == 0 and run.first.in_panels
    cdef step_rule rule = p.rule[0]
    cdef real l2 = <real> (p.penalty_scale * operation.l2)
    cdef Py_ssize_t row
    cdef parameters weights, bias
    cdef Layout at = layout(run, i)
    # Columns in a thread's own panels; elsewhere rows, which lie one behind the other, so that what a thread's
    # processor fetches ahead is not another's.
    cdef Py_ssize_t k_begin = 0, k_end = operation.fan_in, j_begin = 0, j_end = operation.fan_out
    if run.updating.collects:
        weights, bias = stateless(operation.weights_gradient), stateless(operation.bias_gradient)
    else:
        bias = parameters_of(operation.bias, operation.bias_state, 0)
        if in_panels or (i == 0 and run.first.aligned != NULL):
            weights = parameters_of(operation.panels, operation.panels_state, 0)
        else:
            weights = parameters_of(operation.weights, operation.weights_state, 0)
    if in_panels:
        j_begin = column_share(operation.fan_out, at.width, p.thread, p.threads)
        j_end = column_share(operation.fan_out, at.width, p.thread + 1, p.threads)
    else:
        k_begin = share(operation.fan_in, p.thread, p.threads)
        k_end = share(operation.fan_in, p.thread + 1, p.threads)
    if run.updating.steps_with_penalties and operation.l2 > 0:
        rule.ridge = l2 + l2
        for row in range(k_begin, k_end):
            run.arena.row_penalty[operation.first_row + row] = squared_penalty(
                <real*> operation.weights + row * operation.fan_out, operation.fan_out, l2)
    if p.thread == p.threads - 1 and operation.has_bias:
        update_bias(p.rule, delta, operation.output_row, p.batch, bias, operation.fan_out)
    if i == 0 and run.first.aligned != NULL:
        aligned_update(<real*> p.scratch, lists_of(run), p.batch, k_begin, k_end, delta, operation.output_row, weights,
                       run.first.whole_row, run.first.rest_row, operation.fan_in, operation.fan_out, &rule,
                       run.data.seen)
    elif i == 0 and run.first.lists_only:
        lists_update(<real*> p.scratch, lists_of(run), p.batch, k_begin, k_end, delta, operation.output_row, weights,
                     operation.fan_out, &rule, run.data.seen)
    elif i == 0 and run.first.sparse:
        if not run.first.sorted:
            by_column(sorted_starts(run, p.thread), sorted_entries(run, p.thread), lists_of(run), p.batch,
                      operation.output_row, k_begin, k_end)
        columns_update(sorted_starts(run, p.thread) + (k_begin if run.first.sorted else 0),
                       sorted_entries(run, p.thread), k_begin, k_end, p.batch, delta + j_begin,
                       parameters_at(weights, j_begin // at.width * at.panel), at.row, at.panel, j_end - j_begin,
                       &rule, run.data.seen)
    else:
        weights_update(weights, at.row, at.panel, x.data, x.row, delta, operation.output_row, p.batch,
                       k_begin, k_end, j_begin, j_end, &rule,
                       <real*> p.scratch if packs_update(p.batch, j_end - j_begin) else NULL,
                       packed_inputs(k_end - k_begin, operation.fan_out))
