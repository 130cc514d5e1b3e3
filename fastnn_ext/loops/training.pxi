# Training in batches: every thread runs this with its own number and does its share of each phase.
#
# Rows of a batch pass through narrow layers in one thread, forward and backward; the threads meet when all gradients are
# known, and again when all weights are new. Wide layers are shared by columns, with a meeting before each, and step while
# their weights are in the cache. Every number is computed by one thread in one order, so that the result does not depend on
# how many there are.


cdef inline void meet(Run* run, int threads) noexcept nogil:
    if threads > 1:
        barrier_wait(&run.barrier, threads)


cdef inline const real* input_of(Run* run, int i, const real* x) noexcept nogil:
    return x if i == 0 else <const real*> run.operations[i - 1].output


cdef inline Py_ssize_t input_row_of(Run* run, int i, Py_ssize_t x_row) noexcept nogil:
    return x_row if i == 0 else run.operations[i - 1].output_row


cdef inline bint by_columns(Run* run, int i, int threads) noexcept nogil:
    # Whether threads share a dense layer's columns, so that each keeps its part of wide weights in its own cache.
    if threads == 1 or run.operations[i].kind != DENSE:
        return False
    if i == 0:
        return run.sorted or run.in_panels
    return run.operations[i].fan_out >= threads * COLUMN_GROUP


cdef bint steps_at_once(Run* run, int threads) noexcept nogil:
    # Whether a layer's weights step as soon as its gradient has passed, and not all at the end: a user's function may still
    # fail then.
    cdef int i
    if threads == 1:
        return not run.calls_python
    for i in range(1, run.last + 1):
        if by_columns(run, i, threads):
            return True
    return False


cdef inline Py_ssize_t column_share(Py_ssize_t columns, Py_ssize_t group, int thread, int threads) noexcept nogil:
    # Where a thread's part of the columns begins, in whole groups.
    return min(share((columns + group - 1) // group, thread, threads) * group, columns)


cdef double loss_of_row(Run* run, Py_ssize_t row, Py_ssize_t source, Py_ssize_t batch) noexcept nogil:
    # The weighted loss of a row, and its gradient with respect to the output of operation `last`.
    cdef Operation* operation = &run.operations[run.operation_count - 1]
    cdef Operation* last = &run.operations[run.last]
    cdef Py_ssize_t size = operation.fan_out
    cdef real* output = <real*> operation.output + row * operation.output_row
    cdef real* logits = <real*> last.output + row * last.output_row
    cdef real* delta = <real*> last.delta + row * last.output_row
    cdef const real* target = <const real*> run.targets + row * size
    cdef double weight = 1 if run.sample_weight == NULL else run.sample_weight[source]
    # Entropies are summed over the classes, all else is averaged over the outputs.
    cdef double share_of_output = 1 if fastnn_is_summed(run.loss) else 1.0 / size
    cdef real scale = <real> (weight * share_of_output / batch)
    cdef double value
    if run.loss == CROSS_ENTROPY and (run.softmax_in_loss or run.from_logits):
        value = softmax_entropy_row(output if run.softmax_in_loss else delta, delta, logits, target, size, scale)
    elif run.loss == BINARY_CROSS_ENTROPY and (run.through_sigmoid or run.from_logits):
        value = sigmoid_entropy_row(output if run.through_sigmoid else delta, delta, logits, target, size, scale)
    elif run.softmax_in_loss:
        softmax_row(output, logits, size)
        value = loss_row(run.loss, <const real*> run.loss_numbers, delta, output, target, size, scale)
        softmax_through_row(delta, delta, output, size)
    elif run.loss == CROSS_ENTROPY and run.of_shares:
        value = shares_entropy_row(delta, output, target, size, scale)
    else:
        value = loss_row(run.loss, <const real*> run.loss_numbers, delta, output, target, size, scale)
    return value * weight * share_of_output


cdef void losses(
    Run* run, Py_ssize_t start, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch
) noexcept nogil:
    # Rows begin to end: their losses, the gradients, and a record of the outputs where one is kept.
    cdef Operation* operation = &run.operations[run.operation_count - 1]
    cdef Operation* last = &run.operations[run.last]
    cdef Py_ssize_t row, source
    if run.loss_function != NULL:
        # One thread alone has Python to call.
        if not run.call(run, run.last, CALL_LOSS, last.delta, last.output_row, last.output, last.output_row, start, batch):
            return
    for row in range(begin, end):
        source = start + row if run.order == NULL else run.order[start + row]
        if run.loss_function == NULL:
            run.row_loss[row] = loss_of_row(run, row, source, batch)
        if run.record != NULL:
            memcpy(<real*> run.record + source * run.output_size,
                   <real*> operation.output + row * operation.output_row, run.output_size * sizeof(real))


cdef void through_activation(Run* run, int i, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    # Takes the gradient with respect to dense operation i back through the activation that belongs to it.
    cdef Operation* operation = &run.operations[i]
    cdef real* delta = <real*> operation.delta
    cdef Py_ssize_t row
    if operation.kind == DENSE and operation.activation != NO_ACTIVATION:
        for row in range(begin, end):
            through_row(delta + row * operation.output_row, delta + row * operation.output_row,
                        <real*> operation.output + row * operation.output_row, operation.activation,
                        <real> operation.negative_slope, operation.fan_out)


cdef void forward_dense(
    Run* run, int i, const real* input, Py_ssize_t input_row, Py_ssize_t batch, int thread, int threads,
) noexcept nogil:
    # A thread's columns of the whole batch where the layer is shared so, else its own rows.
    cdef Operation* operation = &run.operations[i]
    cdef Py_ssize_t begin = 0, end = batch, first = 0, last = operation.fan_out
    cdef real* weights = <real*> operation.weights
    cdef real* bias = <real*> operation.bias
    cdef real* output = <real*> operation.output
    cdef real slope = <real> operation.negative_slope
    cdef bint packed = operation.panels != NULL and (threads == 1 or by_columns(run, i, threads))
    if by_columns(run, i, threads):
        first = column_share(operation.fan_out, PANEL, thread, threads)
        last = column_share(operation.fan_out, PANEL, thread + 1, threads)
    else:
        begin = share(batch, thread, threads)
        end = share(batch, thread + 1, threads)
    if i == 0 and run.sorted:
        forward_columns(run, batch, first, last, thread)
    elif i == 0 and run.sparse:
        lists_forward(lists_of(run) + begin, end - begin, weights, operation.fan_out, operation.fan_out, bias,
                      output + begin * operation.output_row, operation.output_row, operation.activation, slope)
    else:
        if packed:
            if i > 0 or not run.in_panels:
                pack_columns(<real*> operation.panels, weights, operation.fan_out, operation.fan_in, first, last)
            weights = <real*> operation.panels
        product_columns(output + begin * operation.output_row, operation.output_row, input + begin * input_row, input_row, weights,
                        0 if packed else operation.fan_out, end - begin, first, last, operation.fan_in, bias,
                        operation.activation, slope, <real*> NULL, 0)


cdef inline void forward_row(
    Run* run, int i, real* output, const real* input, Py_ssize_t row, long step,
) noexcept nogil:
    # One row through an operation that is neither dense nor a normalisation over the batch, in training.
    cdef Operation* operation = &run.operations[i]
    cdef uint64_t key
    if operation.kind == DROPOUT:
        dropout_row(output, input, operation.fan_out, random_key(run.seed, <uint64_t> step, <uint64_t> i, <uint64_t> row),
                    dropout_threshold(operation), dropout_scale(operation))
    elif operation.kind == NOISE:
        noise_row(output, input, operation.fan_out, random_key(run.seed, <uint64_t> step, <uint64_t> i, <uint64_t> row),
                  <real> operation.parameter)
    elif operation.kind == LAYER_NORMALIZATION:
        layer_normalize_row(output, input, operation.fan_out, <real*> operation.weights, <real*> operation.bias,
                            <real> operation.parameter, <real*> operation.statistics + 2 * row)
    else:
        infer_row(operation, output, input)


cdef inline uint32_t dropout_threshold(const Operation* operation) noexcept nogil:
    # Random bits below it, a share `rate` of all, are those of numbers left out.
    return <uint32_t> (operation.parameter * 4294967296.0)


cdef inline real dropout_scale(const Operation* operation) noexcept nogil:
    return <real> (1 / (1 - operation.parameter))


cdef bint forward_operation(
    Run* run, int i, const real* input, Py_ssize_t input_row, Py_ssize_t batch, long step, int thread, int threads,
    bint apart,
) noexcept nogil:
    # One operation's output. `apart`: each thread has its own rows of the input ready, and no more. Returns the same of
    # the output.
    cdef Operation* operation = &run.operations[i]
    cdef Py_ssize_t begin = share(batch, thread, threads), end = share(batch, thread + 1, threads), row
    cdef real* output = <real*> operation.output
    if operation.kind == BATCH_NORMALIZATION and not run.inference:
        meet(run, threads)
        batch_normalize(output, operation.output_row, input, input_row, batch,
                        column_share(operation.fan_out, COLUMNS_APART, thread, threads),
                        column_share(operation.fan_out, COLUMNS_APART, thread + 1, threads), <real*> operation.weights,
                        <real*> operation.bias, <real*> operation.statistics,
                        <real*> operation.statistics + operation.fan_out, <real*> operation.moving_mean,
                        <real*> operation.moving_variance, <real> operation.momentum,
                        <real> operation.parameter)
        return False
    if by_columns(run, i, threads):
        meet(run, threads)
        forward_dense(run, i, input, input_row, batch, thread, threads)
        return False
    if not apart:
        meet(run, threads)
    if operation.kind == DENSE:
        forward_dense(run, i, input, input_row, batch, thread, threads)
    elif operation.kind == FUNCTION:
        # There is one thread where there are Python functions.
        run.call(run, i, CALL_FORWARD, output, operation.output_row, input, input_row, 0, batch)
    else:
        for row in range(begin, end):
            if run.inference:
                infer_row(operation, output + row * operation.output_row, input + row * input_row)
            else:
                forward_row(run, i, output + row * operation.output_row, input + row * input_row, row, step)
    return True


cdef bint backward_dense(Run* run, int i, Py_ssize_t batch, int thread, int threads, bint apart) noexcept nogil:
    # The gradient with respect to the input of dense operation i, taken back through the activation before it.
    cdef Operation* operation = &run.operations[i]
    cdef Operation* before = &run.operations[i - 1]
    cdef bint slopes = before.kind == DENSE and before.activation != NO_ACTIVATION
    cdef real* panels = <real*> run.scratch[thread]
    cdef real* y = <real*> before.output if slopes else NULL
    cdef Py_ssize_t first = 0, last = operation.fan_in, begin = 0, end = batch
    cdef bint wide = by_columns(run, i, threads) or by_columns(run, i - 1, threads)
    if wide:
        meet(run, threads)
        first = column_share(operation.fan_in, PANEL, thread, threads)
        last = column_share(operation.fan_in, PANEL, thread + 1, threads)
    else:
        if not apart:
            meet(run, threads)
        begin = share(batch, thread, threads)
        end = share(batch, thread + 1, threads)
    pack_rows(panels, <real*> operation.weights, operation.fan_out, operation.fan_out, first, last)
    product_columns(<real*> before.delta + begin * before.output_row, before.output_row,
                    <real*> operation.delta + begin * operation.output_row, operation.output_row, panels, 0,
                    end - begin, first, last, operation.fan_out, <real*> NULL,
                    before.activation if slopes else NO_ACTIVATION, <real> before.negative_slope,
                    y + begin * before.output_row if slopes else NULL, before.output_row)
    return not wide


cdef inline void backward_row(
    Run* run, int i, real* before, const real* delta, const real* input, Py_ssize_t row, long step,
) noexcept nogil:
    # The gradient of a row with respect to the input of an operation that is neither dense nor over the batch.
    cdef Operation* operation = &run.operations[i]
    cdef const real* output = <real*> operation.output + row * operation.output_row
    if operation.kind == ACTIVATION:
        through_row(before, delta, output if told_by_output(operation.activation) else input, operation.activation,
                    <real> operation.negative_slope, operation.fan_out)
    elif operation.kind == SOFTMAX:
        softmax_through_row(before, delta, output, operation.fan_out)
    elif operation.kind == DROPOUT:
        dropout_row(before, delta, operation.fan_out, random_key(run.seed, <uint64_t> step, <uint64_t> i, <uint64_t> row),
                    dropout_threshold(operation), dropout_scale(operation))
    elif operation.kind == LAYER_NORMALIZATION:
        layer_normalize_back_row(before, delta, input, operation.fan_out, <real*> operation.weights,
                                 <real*> operation.statistics + 2 * row)


cdef void backward(
    Run* run, const real* x, Py_ssize_t x_row, Py_ssize_t batch, long step, const step_rule* rule, int thread, int threads,
) noexcept nogil:
    # From the gradient with respect to the output of operation `last` to those of all below that learn. With a rule, each
    # dense layer steps as soon as its gradient has passed.
    cdef Py_ssize_t begin = share(batch, thread, threads), end = share(batch, thread + 1, threads), row
    cdef bint apart = True
    cdef Operation* operation
    cdef real* before
    cdef Py_ssize_t before_row
    cdef int i
    through_activation(run, run.last, begin, end)
    for i in range(run.last, run.first_learning - 1, -1):
        operation = &run.operations[i]
        if operation.kind == DENSE:
            if i > run.first_learning:
                apart = backward_dense(run, i, batch, thread, threads, apart)
            if rule != NULL:
                meet(run, threads)
                apart = True
                update_dense(run, i, input_of(run, i, x), input_row_of(run, i, x_row), batch, rule, thread, threads)
            continue
        before = <real*> (run.operations[i - 1].delta if i > 0 else run.input_delta)
        before_row = run.operations[i - 1].output_row if i > 0 else run.inputs_row
        if operation.kind == BATCH_NORMALIZATION:
            meet(run, threads)
            batch_normalize_back(before, before_row, <real*> operation.delta, operation.output_row,
                                 input_of(run, i, x), input_row_of(run, i, x_row), batch,
                                 column_share(operation.fan_out, COLUMNS_APART, thread, threads),
                                 column_share(operation.fan_out, COLUMNS_APART, thread + 1, threads),
                                 <real*> operation.weights, <real*> operation.statistics,
                                 <real*> operation.statistics + operation.fan_out,
                                 <real*> operation.weights_gradient, <real*> operation.bias_gradient)
            apart = False
        if i == run.first_learning:
            continue
        if not apart:
            meet(run, threads)
            apart = True
        if operation.kind == FUNCTION:
            run.call(run, i, CALL_BACKWARD, before, before_row, input_of(run, i, x), input_row_of(run, i, x_row), 0, batch)
        elif operation.kind != BATCH_NORMALIZATION:
            for row in range(begin, end):
                backward_row(run, i, before + row * before_row, <real*> operation.delta + row * operation.output_row,
                             input_of(run, i, x) + row * input_row_of(run, i, x_row), row, step)
        through_activation(run, i - 1, begin, end)


cdef inline bint failed(Run* run, Py_ssize_t start, Py_ssize_t batch, double* value) noexcept nogil:
    # The sum of the batch's losses, which every thread adds up for itself; and whether training has to stop for it.
    cdef Py_ssize_t row
    value[0] = 0
    for row in range(batch):
        value[0] += run.row_loss[row]
    if run.error == NULL and run.bad_sample < 0 and not is_finite(value[0]):
        run.failed = start
    return run.error != NULL or run.bad_sample >= 0 or not is_finite(value[0])


cdef void train(Run* run, int thread, int threads) noexcept nogil:
    # Samples start to stop of the run, in batches; in inference, only their losses and outputs.
    cdef bint in_place = run.order == NULL and not run.sparse and is_native(&run.x) and run.augmentation.height == 0 \
        and run.x.stride % sizeof(real) == 0
    cdef Py_ssize_t start = run.start, batch, begin, end, x_row
    cdef const real* x
    cdef bint apart
    cdef double value, rate, total = 0, momentum_product = run.momentum_product, next_product = 1
    cdef long step = run.step
    cdef step_rule rule, collected
    cdef bint at_once = steps_at_once(run, threads)
    cdef int i
    if run.by_sample:
        if thread == 0:
            train_samples(run)
        return
    if run.in_panels:
        move_panels(run, False, thread, threads)
    while start < run.stop:
        batch = min(run.batch_size, run.stop - start)
        begin = share(batch, thread, threads)
        end = share(batch, thread + 1, threads)
        gather(run, start, begin, end, in_place, step + 1, thread)
        if in_place:
            x = <const real*> (run.x.data + start * run.x.stride)
            x_row = run.x.stride // <Py_ssize_t> sizeof(real)
        else:
            x = <const real*> run.inputs
            x_row = run.inputs_row
        apart = True
        for i in range(run.last + 1):
            apart = forward_operation(run, i, input_of(run, i, x), input_row_of(run, i, x_row), batch, step + 1, thread, threads,
                                      apart)
        if not apart:
            meet(run, threads)
        losses(run, start, begin, end, batch)
        if run.inference:
            meet(run, threads)
            if failed(run, start, batch, &value):
                break
            total += value
        else:
            rate = run.rule.learning_rate if run.learning_rates == NULL else run.learning_rates[start // run.batch_size]
            next_product = set_rule(&rule, &run.rule, rate, step + 1, momentum_product)
            if at_once:
                meet(run, threads)
                if failed(run, start, batch, &value):
                    break
                backward(run, x, x_row, batch, step + 1, collecting(run, &rule, &collected), thread, threads)
            else:
                backward(run, x, x_row, batch, step + 1, NULL, thread, threads)
                meet(run, threads)
                if failed(run, start, batch, &value):
                    break
            total += value + batch * update(run, &rule, x, x_row, batch, not at_once, thread, threads)
            step += 1
            momentum_product = next_product
        meet(run, threads)
        start += batch
    if run.in_panels:
        move_panels(run, True, thread, threads)
    if thread == 0:
        run.total_loss += total
        if not run.inference:
            run.step = step
            run.momentum_product = momentum_product
