# Training in batches: every thread runs this with its own number and does its share of each phase; they meet in between.
#
# Every number is computed by one thread in one order, so the result does not depend on how many there are.


cdef inline void meet(Run* run, int threads) noexcept nogil:
    if threads > 1:
        barrier_wait(&run.barrier, threads)


cdef void set_rule(f32_rule* single, f64_rule* double_, const Rule* rule, long step, floating zero) noexcept nogil:
    # The numbers of one optimiser step. Adam's corrections for its first steps (Kingma and Ba 2015, section 2) go into the
    # rate and epsilon: lr m' / (sqrt(v') + e) = lr c / (1 - b1^t) m / (sqrt(v) + e c) with c = sqrt(1 - b2^t).
    cdef double rate = rule.learning_rate, epsilon = rule.epsilon, decay = 1 - rule.learning_rate * rule.weight_decay
    cdef double correction
    if rule.optimizer == ADAM:
        correction = sqrt(1 - pow(rule.beta_2, <double> step))
        rate = rate * correction / (1 - pow(rule.beta_1, <double> step))
        epsilon = epsilon * correction
    if floating is float:
        single.optimizer = rule.optimizer
        single.learning_rate = <float> rate
        single.beta_1 = <float> rule.beta_1
        single.beta_2 = <float> rule.beta_2
        single.rest_1 = <float> (1 - rule.beta_1)
        single.rest_2 = <float> (1 - rule.beta_2)
        single.epsilon = <float> epsilon
        single.decay = <float> decay
    else:
        double_.optimizer = rule.optimizer
        double_.learning_rate = rate
        double_.beta_1 = rule.beta_1
        double_.beta_2 = rule.beta_2
        double_.rest_1 = 1 - rule.beta_1
        double_.rest_2 = 1 - rule.beta_2
        double_.epsilon = epsilon
        double_.decay = decay


cdef double loss_row(
    Run* run, int last, bint fused, Py_ssize_t row, Py_ssize_t batch, floating zero,
) noexcept nogil:
    # The loss of a row, and its gradient with respect to the output of operation `last`, into delta.
    cdef Operation* operation = &run.operations[run.operation_count - 1]
    cdef Py_ssize_t size = operation.fan_out, j
    cdef floating* output = <floating*> operation.output + row * operation.output_row
    cdef floating* delta = <floating*> run.delta + row * run.delta_row
    cdef const floating* target = <const floating*> run.targets + row * size
    cdef const floating* logits
    cdef floating scale, floor, probability
    cdef double value
    if run.loss == CROSS_ENTROPY:
        scale = <floating> (1.0 / batch)
        if fused:
            logits = <const floating*> run.operations[last].output + row * run.operations[last].output_row
            return softmax_entropy_row(output, delta, logits, target, size, scale)
        floor = smallest_probability(zero)
        value = 0
        for j in range(size):
            probability = floor if output[j] < floor else output[j]
            delta[j] = -target[j] / probability * scale
            # The second comparison holds for NaN alone, which no class may hide.
            if target[j] != 0 or probability != probability:
                value -= <double> target[j] * log(<double> probability)
        return value
    scale = <floating> (2.0 / (batch * size))
    if fused:
        logits = <const floating*> run.operations[last].output + row * run.operations[last].output_row
        softmax_row(output, logits, size)
        value = squares_row(delta, output, target, size, scale)
        softmax_through_row(delta, delta, output, size)
    else:
        value = squares_row(delta, output, target, size, scale)
    return value / size


cdef inline void through_activation(Run* run, int i, floating* delta, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    # Takes the gradient back through the activation that belongs to dense operation i.
    cdef Operation* operation = &run.operations[i]
    cdef Py_ssize_t row
    if operation.kind == DENSE and operation.activation != NO_ACTIVATION:
        for row in range(begin, end):
            through_row(delta + row * run.delta_row, delta + row * run.delta_row,
                        <floating*> operation.output + row * operation.output_row, operation.activation,
                        <floating> operation.negative_slope, operation.fan_out)


cdef inline bint by_columns(const Operation* operation, int threads, bint listed, floating zero) noexcept nogil:
    # Whether threads share a dense layer's columns, so that each keeps its part of wide weights in its own cache.
    return threads > 1 and operation.fan_out >= threads * COLUMN_GROUP


cdef bint forward_operation(
    Run* run, int i, const floating* input, Py_ssize_t input_row, Py_ssize_t batch, int thread, int threads, bint apart,
) noexcept nogil:
    # One operation's output. `apart`: each thread has its own rows of the input ready, and no more. Returns the same of
    # the output.
    cdef Operation* operation = &run.operations[i]
    cdef bint listed = i == 0 and run.sparse
    cdef Py_ssize_t begin = share(batch, thread, threads), end = share(batch, thread + 1, threads)
    cdef Py_ssize_t panel = panel_of(<floating> 0), panels, row, first, last
    cdef floating* output = <floating*> operation.output
    cdef floating* weights = <floating*> operation.weights
    cdef floating* bias = <floating*> operation.bias
    cdef floating slope = <floating> operation.negative_slope
    if operation.kind == DENSE and by_columns(operation, threads, listed, <floating> 0):
        meet(run, threads)
        if listed:
            panels = (operation.fan_out + COLUMN_GROUP - 1) // COLUMN_GROUP
            first = share(panels, thread, threads) * COLUMN_GROUP
            last = min(share(panels, thread + 1, threads) * COLUMN_GROUP, operation.fan_out)
            lists_forward(run.lists, batch, weights + first, operation.fan_out, last - first, bias + first, output + first,
                          operation.output_row, operation.activation, slope)
        else:
            panels = (operation.fan_out + panel - 1) // panel
            first = share(panels, thread, threads) * panel
            last = min(share(panels, thread + 1, threads) * panel, operation.fan_out)
            if operation.panels != NULL:
                pack_columns(<floating*> operation.panels, weights, operation.fan_out, operation.fan_in, first, last)
                weights = <floating*> operation.panels
            product_columns(output, operation.output_row, input, input_row, weights,
                            0 if operation.panels != NULL else operation.fan_out, batch, first, last, operation.fan_in, bias,
                            operation.activation, slope, <floating*> NULL, 0)
        return False
    if not apart:
        meet(run, threads)
    if operation.kind == DENSE:
        if listed:
            lists_forward(list_at(run.lists, begin, <floating> 0), end - begin, weights, operation.fan_out, operation.fan_out, bias,
                          output + begin * operation.output_row, operation.output_row, operation.activation, slope)
        elif operation.panels != NULL and threads == 1:
            pack_columns(<floating*> operation.panels, weights, operation.fan_out, operation.fan_in, 0, operation.fan_out)
            product_columns(output, operation.output_row, input, input_row, <floating*> operation.panels, 0, batch, 0,
                            operation.fan_out, operation.fan_in, bias, operation.activation, slope, <floating*> NULL, 0)
        else:
            product_columns(output + begin * operation.output_row, operation.output_row, input + begin * input_row, input_row,
                            weights, operation.fan_out, end - begin, 0, operation.fan_out, operation.fan_in, bias,
                            operation.activation, slope, <floating*> NULL, 0)
        return True
    for row in range(begin, end):
        if operation.kind == ACTIVATION:
            activate_row(output + row * operation.output_row, input + row * input_row, operation.activation, slope,
                         operation.fan_out)
        else:
            softmax_row(output + row * operation.output_row, input + row * input_row, operation.fan_out)
    return True


cdef void backward_input(
    Run* run, int i, const floating* delta, floating* next_delta, Py_ssize_t batch, int thread, int threads,
) noexcept nogil:
    # next_delta = (delta W^T) f'(x), where x is the output of a dense operation before this one.
    cdef Operation* operation = &run.operations[i]
    cdef Operation* before = &run.operations[i - 1]
    cdef bint slopes = before.kind == DENSE and before.activation != NO_ACTIVATION
    cdef floating* panels = <floating*> run.scratch[thread]
    cdef floating* y = <floating*> before.output if slopes else NULL
    cdef int activation = before.activation if slopes else NO_ACTIVATION
    cdef Py_ssize_t panel = panel_of(<floating> 0), first = 0, last = operation.fan_in, begin = 0, end = batch
    cdef Py_ssize_t count = (operation.fan_in + panel - 1) // panel
    if count >= threads:
        first = share(count, thread, threads) * panel
        last = min(share(count, thread + 1, threads) * panel, operation.fan_in)
    else:
        begin = share(batch, thread, threads)
        end = share(batch, thread + 1, threads)
    pack_rows(panels, <floating*> operation.weights, operation.fan_out, operation.fan_out, first, last)
    product_columns(next_delta + begin * run.delta_row, run.delta_row, delta + begin * run.delta_row, run.delta_row, panels, 0,
                    end - begin, first, last, operation.fan_out, <floating*> NULL, activation,
                    <floating> before.negative_slope, y + begin * before.output_row if slopes else NULL, before.output_row)


cdef void update_dense(
    Run* run, int i, const floating* input, Py_ssize_t input_row, const floating* delta, Py_ssize_t batch,
    const void* rule, int thread, int threads,
) noexcept nogil:
    cdef Operation* operation = &run.operations[i]
    cdef floating* weights = <floating*> operation.weights
    cdef floating* first_state = <floating*> operation.weights_state[0]
    cdef floating* second_state = <floating*> operation.weights_state[1]
    # Rows of the weights lie one behind the other: what a thread's processor fetches ahead is not another's.
    cdef Py_ssize_t k_begin = share(operation.fan_in, thread, threads), k_end = share(operation.fan_in, thread + 1, threads)
    cdef uint32_t* starts
    cdef uint32_t* rows_of
    cdef floating* values
    if thread == threads - 1:
        update_bias(rule, delta, run.delta_row, batch, <floating*> operation.bias, <floating*> operation.bias_state[0],
                    <floating*> operation.bias_state[1], operation.fan_out)
    if i == 0 and run.sparse and operation.fan_out <= min(2 * panel_of(<floating> 0), NARROW):
        narrow_update(<floating*> run.scratch[thread], run.lists, batch, k_begin, k_end, delta, run.delta_row, weights, first_state,
                      second_state, operation.fan_out, rule, run.seen)
    elif i == 0 and run.sparse:
        starts = <uint32_t*> run.scratch[thread]
        rows_of = starts + (operation.fan_in + 2 + 15) // 16 * 16
        values = <floating*> (rows_of + (batch * operation.fan_in + 15) // 16 * 16)
        by_column(starts, rows_of, values, run.lists, batch, k_begin, k_end)
        columns_update(starts, rows_of, values, k_begin, k_end, delta, run.delta_row, weights, first_state, second_state,
                       operation.fan_out, operation.fan_out, rule, run.seen)
    else:
        weights_update(weights, first_state, second_state, operation.fan_out, input, input_row, delta, run.delta_row, batch,
                       k_begin, k_end, 0, operation.fan_out, rule)


cdef void train(Run* run, int thread, int threads, floating zero) noexcept nogil:
    # Samples start to stop of the run, in batches.
    cdef int count = run.operation_count, i
    cdef bint fused = count > 1 and run.operations[count - 1].kind == SOFTMAX
    cdef int last = count - 1 - fused
    cdef bint in_place = run.order == NULL and not run.sparse and is_native(&run.x, zero) \
        and run.x.stride % sizeof(floating) == 0
    cdef Py_ssize_t start = run.start, batch, begin, end, row, input_row
    cdef const floating* input
    cdef floating* delta
    cdef floating* next_delta
    cdef floating* swapped
    cdef bint apart
    cdef double value, total = 0
    cdef long step = run.step
    cdef f32_rule single
    cdef f64_rule double_
    cdef const void* rule
    if floating is float:
        rule = &single
    else:
        rule = &double_
    if run.batch_size == 1 and run.rule.optimizer == SGD:
        if thread == 0:
            train_samples(run, zero)
        return
    while start < run.stop:
        batch = min(run.batch_size, run.stop - start)
        begin = share(batch, thread, threads)
        end = share(batch, thread + 1, threads)
        step += 1
        set_rule(&single, &double_, &run.rule, step, zero)
        gather(run, start, begin, end, in_place, zero)
        if in_place:
            input = <const floating*> (run.x.data + start * run.x.stride)
            input_row = run.x.stride // <Py_ssize_t> sizeof(floating)
        else:
            input = <const floating*> run.inputs
            input_row = run.inputs_row
        apart = True
        for i in range(last + 1):
            apart = forward_operation(run, i, input if i == 0 else <floating*> run.operations[i - 1].output,
                                      input_row if i == 0 else run.operations[i - 1].output_row, batch, thread, threads, apart)
        if not apart:
            meet(run, threads)
        for row in range(begin, end):
            run.row_loss[row] = loss_row(run, last, fused, row, batch, zero)
        delta = <floating*> run.delta
        next_delta = <floating*> run.next_delta
        through_activation(run, last, delta, begin, end)
        meet(run, threads)
        value = 0
        for row in range(batch):
            value += run.row_loss[row]
        if run.bad_sample >= 0 or not is_finite(value):
            if thread == 0 and run.bad_sample < 0:
                run.failed = start
            break
        total += value
        for i in range(last, -1, -1):
            if i < last:
                meet(run, threads)
            if run.operations[i].kind == DENSE:
                if i > 0:
                    backward_input(run, i, delta, next_delta, batch, thread, threads)
                    meet(run, threads)
                update_dense(run, i, input if i == 0 else <floating*> run.operations[i - 1].output,
                             input_row if i == 0 else run.operations[i - 1].output_row, delta, batch, rule, thread, threads)
                swapped = delta
                delta = next_delta
                next_delta = swapped
                continue
            for row in range(begin, end):
                if run.operations[i].kind == ACTIVATION:
                    through_row(delta + row * run.delta_row, delta + row * run.delta_row,
                                <floating*> run.operations[i].output + row * run.operations[i].output_row,
                                run.operations[i].activation, <floating> run.operations[i].negative_slope,
                                run.operations[i].fan_out)
                else:
                    softmax_through_row(delta + row * run.delta_row, delta + row * run.delta_row,
                                        <floating*> run.operations[i].output + row * run.operations[i].output_row,
                                        run.operations[i].fan_out)
            if i > 0:
                through_activation(run, i - 1, delta, begin, end)
        meet(run, threads)
        start += batch
    if thread == 0:
        run.total_loss += total
        run.step = step
