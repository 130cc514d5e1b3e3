# A table of vectors: each category of a sample gives the row of its number. A batch changes the rows that it has alone:
# what a step costs does not depend on the size of the table.


cdef bint embedding_infer(Pass* p, int i) noexcept nogil:
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Value* y = &p.values[i]
    cdef Py_ssize_t width = operation.weight_columns, row, k
    for row in range(p.begin, p.end):
        for k in range(operation.fan_in):
            memcpy(y.data + row * y.row + k * width, <real*> operation.weights
                   + bounded(x.data[row * x.row + k], operation.weight_rows) * width, width * sizeof(real))
    return True


cdef void embedding_backward(Pass* p, int i, const Gradient* gradient) noexcept nogil:
    # Categories are data, and nobody asks for their gradient.
    pass


cdef void embedding_update(Pass* p, int i) noexcept nogil:
    # Rows belong to threads by their numbers. The gradients of a row meet, in the batch's order, where it comes first.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef real* delta = <real*> operation.delta
    cdef Py_ssize_t width = operation.weight_columns, number, row, k, at
    if p.run.updating.collects:
        collect_rows_of_table(p, i)
        return
    for row in range(p.batch):
        for k in range(operation.fan_in):
            number, at = bounded(x.data[row * x.row + k], operation.weight_rows), row * operation.output_row + k * width
            if p.threads > 1 and number % p.threads != p.thread:
                continue
            if operation.entries[number] < 0:
                operation.entries[number] = at
            else:
                add_vector(delta + operation.entries[number], delta + at, width)
    for row in range(p.batch):
        for k in range(operation.fan_in):
            number, at = bounded(x.data[row * x.row + k], operation.weight_rows), row * operation.output_row + k * width
            if p.threads > 1 and number % p.threads != p.thread:
                continue
            if operation.changed != NULL:
                operation.changed[row * operation.fan_in + k] = number if operation.entries[number] == at else -1
            if operation.entries[number] != at:
                continue
            operation.entries[number] = -1
            if operation.changed != NULL:
                memcpy(<real*> operation.before + (row * operation.fan_in + k) * width,
                       <real*> operation.weights + number * width, width * sizeof(real))
            step_rows(p.rule, delta + at, 0, parameters_of(operation.weights, operation.weights_state, number * width),
                      0, 1, width)


cdef void collect_rows_of_table(Pass* p, int i) noexcept nogil:
    # The same into the whole table's gradient, which is zero elsewhere. Operations that share a table share that, too.
    # A penalty has made all of it other than zero.
    cdef Operation* operation = &p.run.operations[i]
    cdef Operation* first = operation if operation.twin < 0 else &p.run.operations[operation.twin]
    cdef bint penalized = first.l1 > 0 or first.l2 > 0
    cdef Value* x = input_of(p, i, 0)
    cdef real* gradient = <real*> operation.weights_gradient
    cdef Py_ssize_t width = operation.weight_columns, number, row, k
    if operation.clears:
        number = p.thread
        while number < operation.weight_rows:
            if operation.entries[number] >= 0 or penalized:
                operation.entries[number] = -1
                memset(gradient + number * width, 0, width * sizeof(real))
            number += p.threads
    for row in range(p.batch):
        for k in range(operation.fan_in):
            number = bounded(x.data[row * x.row + k], operation.weight_rows)
            if p.threads > 1 and number % p.threads != p.thread:
                continue
            operation.entries[number] = 0
            add_vector(gradient + number * width, <real*> operation.delta + row * operation.output_row + k * width,
                       width)
