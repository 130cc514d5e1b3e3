# From the user's data to a batch: rows are found by the order, converted to the plan's dtype, and listed where sparse.


cdef inline Py_ssize_t share(Py_ssize_t count, int thread, int threads) noexcept nogil:
    # Where a thread's part of `count` pieces begins; the next thread's beginning is its end.
    return count * thread // threads


cdef inline void convert(real* out, const Rows* rows, const char* at, Py_ssize_t count) noexcept nogil:
    # `count` numbers side by side, in the plan's dtype and scaled.
    cdef Py_ssize_t i
    cdef real scale = <real> rows.scale, shift = <real> rows.shift
    if rows.kind == FLOAT32:
        for i in range(count):
            out[i] = <real> (<const float*> at)[i]
    elif rows.kind == FLOAT64:
        for i in range(count):
            out[i] = <real> (<const double*> at)[i]
    elif rows.kind == INT32:
        for i in range(count):
            out[i] = <real> (<const int*> at)[i]
    else:
        for i in range(count):
            out[i] = (<const unsigned char*> at)[i]
    if rows.scaled:
        for i in range(count):
            out[i] = out[i] * scale + shift


cdef inline void convert_row(real* out, const Rows* rows, Py_ssize_t row, Py_ssize_t size) noexcept nogil:
    # A whole row, whether it is compressed or not.
    cdef Py_ssize_t i
    if rows.starts == NULL:
        convert(out, rows, rows.data + row * rows.stride, size)
        return
    for i in range(size):
        out[i] = <real> rows.shift
    for i in range(rows.starts[row], rows.starts[row + 1]):
        convert(out + rows.columns[i], rows, rows.data + i * rows.stride, 1)


cdef inline bint are_ready(const Rows* rows) noexcept nogil:
    # Whether the numbers are as the plan computes with them.
    if rows.scaled:
        return False
    return <int> rows.kind == <int> NUMBERS


cdef inline bint is_native(const Rows* rows) noexcept nogil:
    # Whether rows can be read where they are.
    return rows.starts == NULL and are_ready(rows)


cdef inline Py_ssize_t compressed_row(
    const uint32_t** columns, const real** values, real* buffer, const Rows* rows, Py_ssize_t row,
) noexcept nogil:
    # A compressed row's columns and values, which are converted into the buffer where they have to be, and their
    # number.
    cdef Py_ssize_t first = rows.starts[row], count = rows.starts[row + 1] - first
    columns[0] = rows.columns + first
    if are_ready(rows):
        values[0] = <const real*> (rows.data + first * rows.stride)
    else:
        convert(buffer, rows, rows.data + first * rows.stride, count)
        values[0] = buffer
    return count


cdef inline const real* row_in_place(real* buffer, const Rows* rows, Py_ssize_t row, Py_ssize_t size) noexcept nogil:
    # The row itself where it can be read as it is, else converted into the buffer.
    if is_native(rows):
        return <const real*> (rows.data + row * rows.stride)
    convert_row(buffer, rows, row, size)
    return buffer


cdef inline input_list* lists_of(Run* run) noexcept nogil:
    # The lists of a batch, a row each.
    return <input_list*> run.lists


cdef inline void set_list(
    input_list* list, const uint32_t* columns, const real* values, Py_ssize_t count,
) noexcept nogil:
    list.columns = columns
    list.values = values
    list.count = count


cdef bint gather_target(Run* run, Py_ssize_t source, Py_ssize_t slot) noexcept nogil:
    # The target of sample `source` goes to targets[slot]; False where a number is NaN or infinite, or no class.
    cdef real* target = <real*> run.targets + slot * run.output_size
    cdef real scale = <real> run.target_scale, shift = <real> run.target_shift
    cdef Py_ssize_t j
    cdef int number
    if run.class_numbers:
        number = (<const int*> (run.y.data + source * run.y.stride))[0]
        if number < 0 or number >= run.output_size:
            return False
        for j in range(run.output_size):
            target[j] = shift
        target[number] = scale + shift
        return True
    convert_row(target, &run.y, source, run.output_size)
    if run.check:
        # NaN is within no bounds.
        for j in range(run.output_size):
            if not (target[j] >= run.target_low and target[j] <= run.target_high):
                return False
    if scale != 1 or shift != 0:
        for j in range(run.output_size):
            target[j] = target[j] * scale + shift
    return not run.check or all_finite(target, run.output_size)


cdef void augment(Run* run, real* row, real* image, long step, Py_ssize_t slot) noexcept nogil:
    # row = image, turned, moved, zoomed, mirrored and made noisy as drawn for this step and place in the batch.
    cdef uint64_t key = random_key(run.seed, <uint64_t> step, 1 << 20, <uint64_t> slot)
    cdef double height = run.augmentation.height, width = run.augmentation.width
    cdef double angle = run.augmentation.rotation * (2 * uniform(key, 0) - 1)
    cdef double down = run.augmentation.height_shift * height * (2 * uniform(key, 1) - 1)
    cdef double across = run.augmentation.width_shift * width * (2 * uniform(key, 2) - 1)
    cdef double zoom = 1 / (1 + run.augmentation.zoom * (2 * uniform(key, 3) - 1))
    cdef double mirror = -1 if run.augmentation.horizontal_flip and uniform(key, 4) < 0.5 else 1
    cdef double middle = (height - 1) / 2, centre = (width - 1) / 2
    cdef double[6] map
    # From a place of the result back to one of the image, both measured from the centre.
    map[0] = cos(angle) * zoom
    map[1] = -sin(angle) * zoom
    map[2] = middle - map[0] * (middle + down) - map[1] * (centre + across)
    map[3] = mirror * sin(angle) * zoom
    map[4] = mirror * cos(angle) * zoom
    map[5] = centre - map[3] * (middle + down) - map[4] * (centre + across)
    warp(row, image, run.augmentation.height, run.augmentation.width, run.augmentation.channels, map,
         <real> run.augmentation.fill)
    if run.augmentation.noise > 0:
        noise_row(row, row, run.input_size, random_key(run.seed, <uint64_t> step, (1 << 20) + 1, <uint64_t> slot),
                  <real> run.augmentation.noise)


cdef inline bint gather_augmented(
    Run* run, Py_ssize_t source, Py_ssize_t slot, long step, char* scratch
) noexcept nogil:
    # The image of sample `source`, augmented, goes to inputs[slot]; False where a number is NaN or infinite.
    cdef real* row = <real*> run.inputs + slot * run.inputs_row
    cdef real* image = <real*> scratch
    convert_row(image, &run.x, source, run.input_size)
    if run.check and not all_finite(image, run.input_size):
        return False
    augment(run, row, image, step, slot)
    return True


cdef inline bint gather_list(Run* run, Py_ssize_t source, Py_ssize_t slot) noexcept nogil:
    # The list of sample `source` goes to lists[slot]; False where a number is NaN or infinite.
    cdef input_list* list = lists_of(run) + slot
    cdef uint32_t* columns = run.list_columns + slot * run.list_row
    cdef real* values = <real*> run.list_values + slot * run.list_row
    cdef bint augmented = run.augmentation.height > 0, kept = not augmented and run.index.starts != NULL
    cdef Py_ssize_t count, at = run.index.starts[source] if kept else -1
    cdef const uint32_t* its_columns
    cdef const real* its_values
    if run.x.starts != NULL and run.x.shift == 0 and not augmented:
        count = compressed_row(&its_columns, &its_values, values, &run.x, source)
        set_list(list, its_columns, its_values, count)
        if run.check and run.seen != NULL:
            for at in range(count):
                mark(&run.seen[its_columns[at]])
        return not run.check or all_finite(its_values, count)
    if at >= 0:
        set_list(list, run.index.columns + at, <real*> run.index.values + at, run.index.counts[source])
        return True
    if augmented:
        count = compress(columns, values, <real*> run.inputs + slot * run.inputs_row, run.input_size)
    else:
        count = compress(columns, values,
                         row_in_place(<real*> run.inputs + slot * run.inputs_row, &run.x, source, run.input_size),
                         run.input_size)
    if count < 0:
        # The batch still passes through the layers before it is refused: an empty list leads nowhere.
        set_list(list, columns, <const real*> values, 0)
        return False
    set_list(list, columns, values, count)
    if run.seen != NULL:
        for at in range(count):
            mark(&run.seen[columns[at]])
    if kept and taken(&run.index.used) + count <= run.index.capacity:
        at = take(&run.index.used, count)
        if at + count <= run.index.capacity:
            memcpy(run.index.columns + at, columns, count * sizeof(uint32_t))
            memcpy(<real*> run.index.values + at, values, count * sizeof(real))
            run.index.counts[source] = <int> count
            run.index.starts[source] = at
    return True


cdef void gather(
    Run* run, Py_ssize_t start, Py_ssize_t begin, Py_ssize_t end, bint in_place, long step, int thread
) noexcept nogil:
    # Rows begin to end of the batch that starts at sample `start`.
    cdef Py_ssize_t row, source
    cdef real* input
    cdef bint sound, augmented = run.augmentation.height > 0
    for row in range(begin, end):
        source = start + row if run.order == NULL else run.order[start + row]
        sound = gather_target(run, source, row)
        if augmented:
            sound = gather_augmented(run, source, row, step, run.scratch[thread]) and sound
        if run.sparse:
            sound = gather_list(run, source, row) and sound
        elif not in_place and not augmented:
            input = <real*> run.inputs + row * run.inputs_row
            if is_native(&run.x):
                memcpy(input, run.x.data + source * run.x.stride, run.input_size * sizeof(real))
            else:
                convert_row(input, &run.x, source, run.input_size)
        if run.check and sound and not run.sparse and not augmented:
            sound = all_finite(<const real*> (run.x.data + source * run.x.stride) if in_place
                               else <real*> run.inputs + row * run.inputs_row, run.input_size)
        if not sound:
            lower(&run.bad_sample, source)
