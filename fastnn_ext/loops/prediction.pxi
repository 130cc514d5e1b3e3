# Prediction: blocks of rows pass through all operations while their outputs are in the cache.
#
# A row's outputs are the same bits whichever block it is in and whether its zeros are left out.


cdef inline real* scratch_values(Pass* p) noexcept nogil:
    # Behind the buffers of the operations: room for the lists of a block.
    return <real*> p.scratch + p.run.arena.slots * p.run.arena.block * p.run.arena.widest_row


cdef inline input_list* scratch_lists(Pass* p) noexcept nogil:
    return <input_list*> (scratch_values(p) + p.run.arena.block * p.run.arena.list_row)


cdef bint list_compressed(Pass* p) noexcept nogil:
    # Whether the first operation is to visit the rows of a sparse matrix as they are; their lists are then in the
    # scratch.
    cdef Rows* rows = &p.run.data.sources[0].rows
    cdef input_list* lists = scratch_lists(p)
    cdef Py_ssize_t row_size = p.run.arena.list_row, count, row
    cdef const uint32_t* its_columns
    cdef const real* its_values
    if rows.starts == NULL or rows.shift != 0 or not reads_data(p.run, 0) or p.run.data.sources[0].consumers > 1 \
            or p.run.operations[0].kind != DENSE or p.run.operations[0].fan_in >= row_size:
        return False
    for row in range(p.batch):
        count = compressed_row(&its_columns, &its_values, scratch_values(p) + row * row_size, rows, p.start + row)
        if not all_finite(its_values, count):
            return False
        set_list(lists + row, its_columns, its_values, count)
    return True


cdef inline Py_ssize_t list_row(Pass* p, uint32_t* columns, real* values, const Rows* bytes, const Value* x,
                                Py_ssize_t row, Py_ssize_t next, Py_ssize_t size) noexcept nogil:
    # Of a row of bytes, or where there are none, of x.
    if bytes != NULL:
        return list_bytes(columns, values, bytes, p.start + row, size, p.start + next)
    return compress(columns, values, x.data + row * x.row, size, x.data + next * x.row)


cdef bint list_rows(Pass* p, int i, const Rows* bytes) noexcept nogil:
    # Whether operation i is to visit the non-zero numbers of its input only, which may still be bytes; their lists are
    # then in the scratch.
    cdef Operation* operation = &p.run.operations[i]
    cdef Value* x = input_of(p, i, 0)
    cdef Py_ssize_t row_size = p.run.arena.list_row, count, row
    cdef real* values = scratch_values(p)
    cdef input_list* lists = scratch_lists(p)
    cdef uint32_t* columns = <uint32_t*> (lists + p.run.arena.block)
    if operation.kind != DENSE or operation.fan_in >= row_size:
        return False
    if p.batch >= FEW_ROWS:
        # One row speaks for its block. In later layers, zeros are too few to pay.
        if not reads_data(p.run, i) or list_row(p, columns, values, bytes, x, 0, 0,
                                                operation.fan_in) > SPARSE_ENOUGH * operation.fan_in:
            return False
    # For few rows the way of the weights from memory is what counts, and a dense row costs little to list.
    cdef Py_ssize_t listed = 0
    for row in range(p.batch):
        count = list_row(p, columns + row * row_size, values + row * row_size, bytes, x, row,
                         min(row + ROWS_AHEAD, p.batch - 1), operation.fan_in)
        if count < 0:
            return False
        set_list(lists + row, columns + row * row_size, values + row * row_size, count)
        listed += count
    # As many numbers in lists take as long as all rows of a large matrix, which comes from memory once.
    return p.batch >= FEW_ROWS or operation.fan_in * operation.fan_out < STREAMED_NUMBERS \
        or 5 * listed <= 4 * operation.fan_in


cdef bint read_inputs(Pass* p) noexcept nogil:
    # Where the rows of each input lie, converted where they have to be. Returns False, with bad_sample set, where a
    # number is NaN or infinite.
    cdef Run* run = p.run
    cdef Source* source
    cdef Value* x
    cdef Py_ssize_t row
    cdef int k
    source = &run.data.sources[0]
    p.listed = list_compressed(p)
    if not p.listed and are_bytes(&source.rows) and run.data.source_count == 1 and source.consumers == 1 \
            and run.operation_count > 0 and reads_data(run, 0):
        p.listed = list_rows(p, 0, &source.rows)
    for k in range(0 if p.listed else run.data.source_count):
        source = &run.data.sources[k]
        x = &p.values[-1 - k]
        if is_native(&source.rows) and source.rows.stride % sizeof(real) == 0:
            x.data = <real*> (source.rows.data + p.start * source.rows.stride)
            x.row = source.rows.stride // <Py_ssize_t> sizeof(real)
        else:
            x.data = <real*> p.scratch + source.slot * run.arena.block * run.arena.widest_row
            x.row = run.arena.widest_row
            for row in range(p.batch):
                convert_row(x.data + row * x.row, &source.rows, p.start + row, source.size)
        if k == 0 and run.operation_count > 0 and reads_data(run, 0):
            # A row that could be listed holds finite numbers; whether they are categories is looked at below.
            p.listed = list_rows(p, 0, NULL)
            if p.listed and source.categories == 0:
                continue
        for row in range(p.batch):
            if not is_sound(x.data + row * x.row, source):
                lower(&run.outcome.bad_sample, p.start + row)
                return False
    return True


cdef void place_outputs(Pass* p) noexcept nogil:
    # Where each operation's output goes, once it is known where the inputs lie.
    cdef Run* run = p.run
    cdef Head* head
    cdef int i, h
    for i in range(run.operation_count):
        p.values[i].data = <real*> p.scratch + run.operations[i].slot * run.arena.block * run.arena.widest_row
        p.values[i].row = run.arena.widest_row
    for h in range(run.head_count):
        # Written where they are wanted, and read there by operations behind them.
        head = &run.heads[h]
        if head.operation >= 0:
            p.values[head.operation].data = <real*> head.result + p.start * head.size
            p.values[head.operation].row = head.size


cdef void copy_outputs(Pass* p) noexcept nogil:
    # Of heads that are an input, or the same as a later one.
    cdef Run* run = p.run
    cdef Head* head
    cdef Value* y
    cdef Py_ssize_t row
    cdef int h
    for h in range(run.head_count):
        head = &run.heads[h]
        y = &p.values[head.operation]
        if y.data == <real*> head.result + p.start * head.size:
            continue
        for row in range(p.batch):
            memcpy(<real*> head.result + (p.start + row) * head.size, y.data + row * y.row, head.size * sizeof(real))


cdef bint predict_block(Pass* p) noexcept nogil:
    cdef Run* run = p.run
    cdef int i
    p.begin, p.end = 0, p.batch
    if not read_inputs(p):
        return False
    place_outputs(p)
    for i in range(run.operation_count):
        if run.operations[i].kind == DENSE:
            dense_infer(p, i)
        elif not descriptors[run.operations[i].kind].infer(p, i):
            return False
    copy_outputs(p)
    return True


cdef void infer_pieces(Pass* p, int i, bint listed) noexcept nogil:
    # Pieces of a dense operation's columns, until all are taken.
    cdef Operation* operation = &p.run.operations[i]
    cdef Py_ssize_t pieces = p.threads * (PIECES_OF_A_THREAD if p.batch > MOST_ROWS_BY_COLUMNS else 1)
    cdef Py_ssize_t width = (operation.fan_out + pieces * PANEL - 1) // (pieces * PANEL) * PANEL, first
    while True:
        first = fastnn_add(&p.run.outcome.claimed, 1) * width
        if first >= operation.fan_out:
            return
        dense_infer_columns(p, i, listed, first, min(first + width, operation.fan_out))


cdef void predict_by_columns(Run* run, int thread, int threads) noexcept nogil:
    # All threads work in the first one's scratch, and so each reads a part of the large weights. Of smaller dense
    # layers they share rows where these are many; the first one does all else.
    cdef Operation* operation
    cdef bint by_columns, by_rows
    cdef Pass p
    cdef int i
    p.run, p.thread, p.threads, p.scratch = run, thread, threads, run.arena.scratch[0]
    p.values = place_values(run, p.scratch + run.arena.values)
    p.start, p.batch, p.begin, p.end = 0, run.data.samples, 0, run.data.samples
    if thread == 0:
        run.listed = p.listed if read_inputs(&p) else -1
        place_outputs(&p)
    for i in range(run.operation_count):
        operation = &run.operations[i]
        by_columns = operation.kind == DENSE and is_worth_sharing(p.batch, operation.fan_in, operation.fan_out)
        by_rows = operation.kind == DENSE and not by_columns and p.batch > MOST_ROWS_BY_COLUMNS
        if thread == 0 and run.listed >= 0:
            run.outcome.claimed = 0
            if by_columns and i > 0:
                run.listed = list_rows(&p, i, NULL)
            elif not by_columns and not by_rows:
                descriptors[operation.kind].infer(&p, i)
        if not by_columns and not by_rows:
            continue
        meet(run, threads)
        if run.listed < 0:
            return
        if by_columns:
            infer_pieces(&p, i, run.listed)
        else:
            p.begin, p.end = share(p.batch, thread, threads), share(p.batch, thread + 1, threads)
            dense_infer_columns(&p, i, i == 0 and run.listed, 0, operation.fan_out)
            p.begin, p.end = 0, p.batch
        meet(run, threads)
    if thread == 0:
        copy_outputs(&p)


cdef inline bint predict_row_block(Pass* p, Py_ssize_t block) noexcept nogil:
    p.start = block * p.run.arena.block
    p.batch = min(p.run.arena.block, p.run.data.samples - p.start)
    return predict_block(p)


cdef void predict(Run* run, int thread, int threads) noexcept nogil:
    cdef Py_ssize_t panel = PANEL, panels, blocks, block, own
    cdef Operation* operation
    cdef bint packed = False
    cdef Pass p
    cdef int i
    if run.by_columns and threads > 1:
        predict_by_columns(run, thread, threads)
        return
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.kind == DENSE and operation.panels != NULL:
            packed = True
            panels = (operation.fan_out + panel - 1) // panel
            pack_columns(<real*> operation.panels, <real*> operation.weights, operation.fan_out, operation.fan_in,
                         share(panels, thread, threads) * panel,
                         min(share(panels, thread + 1, threads) * panel, operation.fan_out))
    if packed:
        meet(run, threads)
    if run.first.aligned != NULL:
        move_rows(run, False, thread, threads)
    p.run, p.thread, p.threads, p.scratch = run, thread, threads, run.arena.scratch[thread]
    p.values = place_values(run, p.scratch + run.arena.values)
    # Some side by side are a thread's own; of the rest, it takes one after another.
    blocks = (run.data.samples + run.arena.block - 1) // run.arena.block
    own = run.arena.own_blocks
    for block in range(thread * own, (thread + 1) * own):
        if not predict_row_block(&p, block):
            return
    while threads * own < blocks:
        block = threads * own + fastnn_add(&run.outcome.claimed, 1)
        if block >= blocks or not predict_row_block(&p, block):
            return
