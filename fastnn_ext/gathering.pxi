# From the user's data to a batch: rows are found by the order, converted to the plan's dtype, and listed where sparse.


cdef inline Py_ssize_t share(Py_ssize_t count, int thread, int threads) noexcept nogil:
    # Where a thread's part of `count` pieces begins; the next thread's beginning is its end.
    return count * thread // threads


cdef inline Py_ssize_t panel_of(floating zero) noexcept nogil:
    return f32_PANEL if floating is float else f64_PANEL


cdef inline void convert_row(floating* out, const Rows* rows, Py_ssize_t row, Py_ssize_t size) noexcept nogil:
    cdef const char* at = rows.data + row * rows.stride
    cdef Py_ssize_t i
    if rows.kind == FLOAT32:
        for i in range(size):
            out[i] = <floating> (<const float*> at)[i]
    elif rows.kind == FLOAT64:
        for i in range(size):
            out[i] = <floating> (<const double*> at)[i]
    else:
        for i in range(size):
            out[i] = (<const unsigned char*> at)[i]


cdef inline bint is_native(const Rows* rows, floating zero) noexcept nogil:
    # Whether rows can be read where they are, as numbers of the plan's dtype.
    if floating is float:
        return rows.kind == FLOAT32
    else:
        return rows.kind == FLOAT64


cdef inline const floating* row_in_place(floating* buffer, const Rows* rows, Py_ssize_t row, Py_ssize_t size) noexcept nogil:
    # The row itself where it can be read as it is, else converted into the buffer.
    if is_native(rows, <floating> 0):
        return <const floating*> (rows.data + row * rows.stride)
    convert_row(buffer, rows, row, size)
    return buffer


cdef inline void set_list(
    void* lists, Py_ssize_t at, const uint16_t* columns, const floating* values, Py_ssize_t count,
) noexcept nogil:
    if floating is float:
        (<f32_list*> lists)[at].columns = columns
        (<f32_list*> lists)[at].values = values
        (<f32_list*> lists)[at].count = count
    else:
        (<f64_list*> lists)[at].columns = columns
        (<f64_list*> lists)[at].values = values
        (<f64_list*> lists)[at].count = count


cdef inline void* list_at(void* lists, Py_ssize_t at, floating zero) noexcept nogil:
    if floating is float:
        return <f32_list*> lists + at
    else:
        return <f64_list*> lists + at


cdef inline bint gather_list(Run* run, Py_ssize_t source, Py_ssize_t slot, floating zero) noexcept nogil:
    # The list of sample `source` goes to lists[slot]; False where a number is NaN or infinite.
    cdef uint16_t* columns = run.list_columns + slot * run.list_row
    cdef floating* values = <floating*> run.list_values + slot * run.list_row
    cdef Py_ssize_t count, at = run.index.starts[source]
    if at >= 0:
        set_list(run.lists, slot, run.index.columns + at, <floating*> run.index.values + at, run.index.counts[source])
        return True
    count = compress(columns, values, row_in_place(<floating*> run.inputs + slot * run.inputs_row, &run.x, source, run.input_size),
                     run.input_size)
    if count < 0:
        return False
    set_list(run.lists, slot, columns, values, count)
    if run.seen != NULL:
        for at in range(count):
            run.seen[columns[at]] = 1
    if run.index.used + count <= run.index.capacity:
        at = take(&run.index.used, count)
        if at + count <= run.index.capacity:
            memcpy(run.index.columns + at, columns, count * sizeof(uint16_t))
            memcpy(<floating*> run.index.values + at, values, count * sizeof(floating))
            run.index.counts[source] = <int> count
            run.index.starts[source] = at
    return True


cdef void gather(Run* run, Py_ssize_t start, Py_ssize_t begin, Py_ssize_t end, bint in_place, floating zero) noexcept nogil:
    # Rows begin to end of the batch that starts at sample `start`.
    cdef Py_ssize_t row, source
    cdef floating* input
    cdef floating* target
    cdef bint sound
    for row in range(begin, end):
        source = start + row if run.order == NULL else run.order[start + row]
        target = <floating*> run.targets + row * run.output_size
        convert_row(target, &run.y, source, run.output_size)
        sound = True
        if run.sparse:
            sound = gather_list(run, source, row, zero)
        elif not in_place:
            input = <floating*> run.inputs + row * run.inputs_row
            if is_native(&run.x, zero):
                memcpy(input, run.x.data + source * run.x.stride, run.input_size * sizeof(floating))
            else:
                convert_row(input, &run.x, source, run.input_size)
        if run.check:
            if sound and not run.sparse:
                sound = all_finite(<const floating*> (run.x.data + source * run.x.stride) if in_place
                                   else <floating*> run.inputs + row * run.inputs_row, run.input_size)
            if not sound or not all_finite(target, run.output_size):
                run.bad_sample = source
