# The losses of a batch, output by output, and the gradients that the way back begins with.


cdef double loss_of_row(Run* run, Head* head, real* delta, Py_ssize_t row, Py_ssize_t source,
                        Py_ssize_t batch) noexcept nogil:
    # The weighted loss of a row; its gradient with respect to the output of operation `last` goes to delta.
    cdef Operation* operation = &run.operations[head.operation]
    cdef Operation* last = &run.operations[head.last]
    cdef Py_ssize_t size = head.size
    cdef real* output = <real*> operation.output + row * operation.output_row
    cdef real* logits = <real*> last.output + row * last.output_row
    cdef const real* target = <const real*> run.arena.targets + row * run.arena.targets_row + head.target_offset
    cdef double weight = head.weight if head.sample_weight == NULL else head.weight * head.sample_weight[source]
    # Entropies are summed over the classes, all else is averaged over the outputs.
    cdef double share_of_output = 1 if fastnn_is_summed(head.loss) else 1.0 / size
    cdef real scale = <real> (weight * share_of_output / batch)
    cdef double value
    if head.loss == CROSS_ENTROPY and (head.softmax_in_loss or head.from_logits):
        value = softmax_entropy_row(output if head.softmax_in_loss else delta, delta, logits, target, size, scale)
    elif head.loss == BINARY_CROSS_ENTROPY and (head.through_sigmoid or head.from_logits):
        value = sigmoid_entropy_row(output if head.through_sigmoid else delta, delta, logits, target, size, scale)
    elif head.softmax_in_loss:
        softmax_row(output, logits, size)
        value = loss_row(head.loss, <real> head.loss_parameter, delta, output, target, size, scale)
        softmax_through_row(delta, delta, output, size)
    elif head.loss == CROSS_ENTROPY and head.of_shares:
        value = shares_entropy_row(delta, output, target, size, scale)
    else:
        value = loss_row(head.loss, <real> head.loss_parameter, delta, output, target, size, scale)
    return value * weight * share_of_output


cdef void losses(Run* run, Py_ssize_t start, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch) noexcept nogil:
    # Rows begin to end: their losses, the gradients, and a record of the outputs where one is kept.
    cdef Head* head
    cdef Operation* operation
    cdef Operation* last
    cdef Py_ssize_t row, source, j
    cdef real* delta
    cdef real* sum
    cdef Py_ssize_t delta_row
    cdef int h
    for h in range(run.head_count):
        head = &run.heads[h]
        operation = &run.operations[head.operation]
        last = &run.operations[head.last]
        delta = <real*> (run.arena.spare if head.adds else last.delta)
        delta_row = run.arena.spare_row if head.adds else last.output_row
        if head.function != NULL and not run.call(
            # One thread alone has Python to call.
            run, h, CALL_LOSS, delta, delta_row, last.output, last.output_row, start, batch
        ):
            return
        for row in range(begin, end):
            source = start + row if run.data.order == NULL else run.data.order[start + row]
            if head.function == NULL:
                head.row_loss[row] = loss_of_row(run, head, delta + row * delta_row, row, source, batch)
            if head.adds:
                sum = <real*> last.delta + row * last.output_row
                for j in range(last.fan_out):
                    sum[j] += delta[row * delta_row + j]
            if head.record != NULL:
                memcpy(<real*> head.record + source * head.size, <real*> operation.output + row * operation.output_row,
                       head.size * sizeof(real))


cdef inline bint failed(Run* run, Py_ssize_t start, Py_ssize_t batch, int thread, double* value) noexcept nogil:
    # The sum of the batch's losses, which every thread adds up for itself; and whether training has to stop for it.
    cdef Py_ssize_t row
    cdef double sum
    cdef int h
    value[0] = 0
    for h in range(run.head_count):
        sum = 0
        for row in range(batch):
            sum += run.heads[h].row_loss[row]
        if thread == 0:
            run.heads[h].batch_loss = sum
        value[0] += sum
    if run.outcome.error == NULL and run.outcome.bad_sample < 0 and not is_finite(value[0]):
        run.outcome.failed = start
    return run.outcome.error != NULL or run.outcome.bad_sample >= 0 or not is_finite(value[0])
