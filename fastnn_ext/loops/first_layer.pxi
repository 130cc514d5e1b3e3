# What is particular to the first layer: nothing reads its weights on the way back, and its inputs may be sparse.
#
# Threads that share its columns keep them in panels of their own while a run lasts, as products read them: in the rows
# of a matrix, what one processor fetches ahead would be what the other writes.


cdef struct Layout:
    # Where a dense layer's weights lie: numbers from one row to the next, and from one panel's columns to the next's.
    Py_ssize_t row
    Py_ssize_t panel
    Py_ssize_t width                # of a panel


cdef inline Layout layout(Run* run, int i) noexcept nogil:
    cdef Layout at
    at.width = PANEL
    if i == 0 and run.first.in_panels:
        at.row = at.width
        at.panel = at.width * run.operations[0].fan_in
    else:
        at.row = run.operations[i].fan_out
        at.panel = at.width
    return at


cdef void move_panels(Run* run, bint back, int thread, int threads) noexcept nogil:
    # A thread's columns of the first layer's weights into panels, or back.
    cdef Operation* operation = &run.operations[0]
    cdef Py_ssize_t first = column_share(operation.fan_out, PANEL, thread, threads)
    cdef Py_ssize_t last = column_share(operation.fan_out, PANEL, thread + 1, threads)
    if back:
        unpack_columns(<real*> operation.weights, operation.fan_out, <real*> operation.panels, operation.fan_in, first,
                       last)
    else:
        pack_columns(<real*> operation.panels, <real*> operation.weights, operation.fan_out, operation.fan_in, first,
                     last)


cdef void move_rows(Run* run, bint back, int thread, int threads) noexcept nogil:
    # A thread's rows of the first layer's weights into aligned ones, or back. Others read them: all meet.
    cdef Operation* operation = &run.operations[0]
    cdef Py_ssize_t begin = share(operation.fan_in, thread, threads), end = share(operation.fan_in, thread + 1, threads)
    if back:
        unalign_rows(<real*> operation.weights, <real*> run.first.aligned, run.first.whole_row, run.first.rest_row,
                     operation.fan_in, operation.fan_out, begin, end)
    else:
        align_rows(<real*> run.first.aligned, run.first.whole_row, run.first.rest_row, <real*> operation.weights,
                   operation.fan_in, operation.fan_out, begin, end)
        meet(run, threads)


cdef void move_in(Run* run, int thread, int threads) noexcept nogil:
    # The first layer's weights to where they are trained, unless they are there since the samples before.
    if run.first.in_panels and not run.first.moved:
        move_panels(run, False, thread, threads)
    if run.first.aligned != NULL and not run.first.moved:
        move_rows(run, False, thread, threads)


cdef void move_out(Run* run, bint ended, int thread, int threads) noexcept nogil:
    # And back where they belong, unless more samples follow; after a failure none do.
    if run.inference or (run.first.stays and ended):
        return
    if run.first.in_panels:
        move_panels(run, True, thread, threads)
    if run.first.aligned != NULL:
        move_rows(run, True, thread, threads)


cdef void forward_lists(Run* run, const input_list* lists, Py_ssize_t rows, real* y, Py_ssize_t y_row) noexcept nogil:
    # The outputs of the first layer for the lists of some rows.
    cdef Operation* operation = &run.operations[0]
    cdef const real* numbers = numbers_of(operation)
    if run.first.aligned != NULL:
        aligned_forward(lists, rows, <real*> run.first.aligned, run.first.whole_row, run.first.rest_row,
                        operation.fan_in, operation.fan_out, <real*> operation.bias, y, y_row, operation.activation,
                        numbers)
    else:
        lists_forward(lists, rows, <real*> operation.weights, operation.fan_out, operation.fan_out,
                      <real*> operation.bias, y, y_row, operation.activation, numbers)


cdef void forward_panels(Run* run, Py_ssize_t batch, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    # Columns first to last of the outputs for the lists of a batch, from a thread's own panels.
    cdef Operation* operation = &run.operations[0]
    cdef const real* numbers = numbers_of(operation)
    cdef Layout at = layout(run, 0)
    cdef Py_ssize_t column = first
    while column < last:
        lists_forward(lists_of(run), batch, <real*> operation.panels + column // at.width * at.panel, at.row,
                      min(at.width, last - column), <real*> operation.bias + column, <real*> operation.output + column,
                      operation.output_row, operation.activation, numbers)
        column += at.width


cdef inline uint32_t* sorted_starts(Run* run, int thread) noexcept nogil:
    # A batch's non-zero inputs by column: where each column's entries begin. Each thread sorts what it needs by itself,
    # since to fetch another's work would take longer.
    return <uint32_t*> (run.arena.scratch[thread] + run.arena.sorted_inputs)


cdef inline void* sorted_entries(Run* run, int thread) noexcept nogil:
    return sorted_starts(run, thread) + (run.data.sources[0].size + 2 + 15) // 16 * 16


cdef void forward_columns(
    Run* run, Py_ssize_t batch, Py_ssize_t first, Py_ssize_t last, int thread
) noexcept nogil:
    # Columns first to last of a sparse first layer's outputs: each row of the weights is read once a batch.
    cdef Operation* operation = &run.operations[0]
    cdef real* output = <real*> operation.output + first
    cdef Layout at = layout(run, 0)
    cdef const real* weights = <const real*> (operation.panels if run.first.in_panels else operation.weights)
    cdef uint32_t* starts = sorted_starts(run, thread)
    cdef void* entries = sorted_entries(run, thread)
    cdef Py_ssize_t row
    by_column(starts, entries, lists_of(run), batch, operation.output_row, 0, run.data.sources[0].size)
    for row in range(batch):
        memset(output + row * operation.output_row, 0, (last - first) * sizeof(real))
    columns_forward(starts, entries, run.data.sources[0].size, batch, weights + first // at.width * at.panel, at.row,
                    at.panel, last - first, output)
    finish_rows(output, operation.output_row, batch, last - first, <real*> operation.bias + first, operation.activation,
                numbers_of(operation))
