# The losses of a batch, output by output, and the gradients that the way back begins with.


cdef inline void rows_of_loss(
    Run* run, Head* head, Py_ssize_t start, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch, real* delta,
    Py_ssize_t delta_row,
) noexcept nogil:
    # The losses of rows begin to end, weighted by sample. Their gradients with respect to the output of operation
    # `last`, weighted by output, too, go to delta.
    cdef Operation* operation = &run.operations[head.operation]
    cdef Operation* last = &run.operations[head.last]
    cdef const cnp.npy_intp* order = run.data.order
    cdef Py_ssize_t size = head.size, row
    cdef int loss = head.loss
    cdef const real* numbers = <const real*> head.loss_numbers
    # Entropies are summed over the classes, all else is averaged over the outputs.
    cdef double share_of_output = 1 if fastnn_is_summed(loss) else 1.0 / size
    cdef double factor = share_of_output, value
    cdef real scale = <real> (head.weight * factor / batch)
    cdef real* output = <real*> operation.output + begin * operation.output_row
    cdef real* logits = <real*> last.output + begin * last.output_row
    cdef const real* target = <const real*> run.arena.targets + begin * run.arena.targets_row + head.target_offset
    cdef bint entropy = loss == CROSS_ENTROPY and (head.softmax_in_loss or head.from_logits)
    cdef bint binary = loss == BINARY_CROSS_ENTROPY and (head.through_sigmoid or head.from_logits)
    cdef bint of_shares = loss == CROSS_ENTROPY and head.of_shares
    delta += begin * delta_row
    if head.given:
        for row in range(begin, end):
            memcpy(delta, target, size * sizeof(real))
            head.row_loss[row] = 0
            target += run.arena.targets_row
            delta += delta_row
        return
    for row in range(begin, end):
        if head.sample_weight != NULL:
            factor = share_of_output * head.sample_weight[start + row if order == NULL else order[start + row]]
            scale = <real> (head.weight * factor / batch)
        if entropy:
            value = softmax_entropy_row(output if head.softmax_in_loss else delta, delta, logits, target, size, scale)
        elif binary:
            value = sigmoid_entropy_row(output if head.through_sigmoid else delta, delta, logits, target, size, scale)
        elif head.softmax_in_loss:
            softmax_row(output, logits, size)
            value = loss_row(loss, numbers, delta, output, target, size, scale)
            softmax_backward_row(delta, delta, output, size)
        elif of_shares:
            value = shares_entropy_row(delta, output, target, size, scale)
        else:
            value = loss_row(loss, numbers, delta, output, target, size, scale)
        head.row_loss[row] = value * factor
        output += operation.output_row
        logits += last.output_row
        target += run.arena.targets_row
        delta += delta_row


cdef void losses(Run* run, Py_ssize_t start, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch) noexcept nogil:
    # Rows begin to end: their losses, the gradients, and a record of the outputs where one is kept.
    cdef Head* head
    cdef Operation* operation
    cdef Operation* last
    cdef Gradient part
    cdef Py_ssize_t row, source, delta_row
    cdef real* delta
    cdef int h
    for h in range(run.head_count):
        head = &run.heads[h]
        operation = &run.operations[head.operation]
        last = &run.operations[head.last]
        delta = <real*> (run.arena.spare if head.adds else last.delta)
        delta_row = run.arena.spare_row if head.adds else last.output_row
        if head.function == NULL:
            rows_of_loss(run, head, start, begin, end, batch, delta, delta_row)
        elif not run.call(run, h, CALL_LOSS, delta, delta_row, last.output, last.output_row, start, batch):
            # One thread alone has Python to call.
            return
        if head.adds:
            part.begin, part.end, part.first, part.last = begin, end, 0, last.fan_out
            add_rows(<real*> last.delta, last.output_row, delta, delta_row, 1, &part)
        if head.record != NULL:
            for row in range(begin, end):
                source = start + row if run.data.order == NULL else run.data.order[start + row]
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
        value[0] += run.heads[h].weight * sum
    value[0] += activity_penalties(run, batch)
    if run.outcome.error == NULL and run.outcome.bad_sample < 0 and not is_finite(value[0]):
        run.outcome.failed = start
    return run.outcome.error != NULL or run.outcome.bad_sample >= 0 or not is_finite(value[0])
