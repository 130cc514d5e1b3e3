# From the user's data to a batch: rows are found by the order, converted to the plan's dtype, and listed where sparse.


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


cdef inline bint are_bytes(const Rows* rows) noexcept nogil:
    # Whether zeros among bytes stay zeros, so that they can be listed where they lie; and all others are numbers.
    return rows.kind == UINT8 and rows.starts == NULL and rows.shift == 0 and is_finite(<real> (255 * rows.scale))


cdef inline Py_ssize_t list_bytes(uint32_t* columns, real* values, const Rows* rows, Py_ssize_t row, Py_ssize_t size,
                                  Py_ssize_t next) noexcept nogil:
    # The list of a row of bytes; `next` is listed soon.
    return compress_bytes(columns, values, <const unsigned char*> rows.data + row * rows.stride, size,
                          <real> rows.scale, <const unsigned char*> rows.data + next * rows.stride)


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
    return <input_list*> run.arena.lists


cdef inline void set_list(
    input_list* list, const uint32_t* columns, const real* values, Py_ssize_t count,
) noexcept nogil:
    list.columns = columns
    list.values = values
    list.count = count


cdef inline bint is_sound(const real* row, const Source* source) noexcept nogil:
    # Whether the numbers of an input may be computed with: finite, and categories where it holds these.
    cdef Py_ssize_t j
    for j in range(source.size if source.categories > 0 else 0):
        # NaN is within no bounds.
        if not (row[j] >= 0 and row[j] < <real> source.categories and <real> (<Py_ssize_t> row[j]) == row[j]):
            return False
    return all_finite(row, source.size)


cdef inline bint gather_target(Run* run, const Head* head, Py_ssize_t source, Py_ssize_t slot) noexcept nogil:
    # The targets of sample `source` for one output go to targets[slot]; False where a number is NaN or infinite, or no
    # class.
    cdef real* target = <real*> run.arena.targets + slot * run.arena.targets_row + head.target_offset
    cdef real scale = <real> head.target_scale, shift = <real> head.target_shift
    cdef Py_ssize_t j
    cdef int number
    if head.class_numbers:
        number = (<const int*> (head.y.data + source * head.y.stride))[0]
        if number < 0 or number >= head.size:
            return False
        for j in range(head.size):
            target[j] = shift
        target[number] = scale + shift
        return True
    convert_row(target, &head.y, source, head.size)
    if run.data.check:
        # NaN is within no bounds.
        for j in range(head.size):
            if not (target[j] >= head.target_low and target[j] <= head.target_high):
                return False
    if scale != 1 or shift != 0:
        for j in range(head.size):
            target[j] = target[j] * scale + shift
    return not run.data.check or all_finite(target, head.size)


cdef void augment(Run* run, real* row, real* image, long step, Py_ssize_t slot) noexcept nogil:
    # row = image, turned, moved, zoomed, mirrored and made noisy as drawn for this step and place in the batch.
    cdef uint64_t row_number = number_of_row(run, slot)
    cdef uint64_t key = random_key(run.data.seed, <uint64_t> step, 1 << 20, row_number)
    cdef double height = run.data.augmentation.height, width = run.data.augmentation.width
    cdef double angle = run.data.augmentation.rotation * (2 * uniform(key, 0) - 1)
    cdef double down = run.data.augmentation.height_shift * height * (2 * uniform(key, 1) - 1)
    cdef double across = run.data.augmentation.width_shift * width * (2 * uniform(key, 2) - 1)
    cdef double zoom = 1 / (1 + run.data.augmentation.zoom * (2 * uniform(key, 3) - 1))
    cdef double mirror = -1 if run.data.augmentation.horizontal_flip and uniform(key, 4) < 0.5 else 1
    cdef double middle = (height - 1) / 2, centre = (width - 1) / 2
    cdef double[6] map
    # From a place of the result back to one of the image, both measured from the centre.
    map[0] = cos(angle) * zoom
    map[1] = -sin(angle) * zoom
    map[2] = middle - map[0] * (middle + down) - map[1] * (centre + across)
    map[3] = mirror * sin(angle) * zoom
    map[4] = mirror * cos(angle) * zoom
    map[5] = centre - map[3] * (middle + down) - map[4] * (centre + across)
    warp(row, image, run.data.augmentation.height, run.data.augmentation.width, run.data.augmentation.channels, map,
         <real> run.data.augmentation.fill)
    if run.data.augmentation.noise > 0:
        noise_row(row, row, run.data.sources[0].size, random_key(run.data.seed, <uint64_t> step, (1 << 20) + 1,
                                                                 row_number), <real> run.data.augmentation.noise)


cdef inline bint gather_augmented(
    Run* run, Py_ssize_t sample, Py_ssize_t slot, long step, char* scratch
) noexcept nogil:
    # The image of a sample, augmented, goes to inputs[slot]; False where a number is NaN or infinite.
    cdef Source* source = &run.data.sources[0]
    cdef real* row = <real*> run.arena.inputs + slot * run.arena.inputs_row
    cdef real* image = <real*> scratch
    convert_row(image, &source.rows, sample, source.size)
    if run.data.check and not all_finite(image, source.size):
        return False
    augment(run, row, image, step, slot)
    return True


cdef inline bint gather_list(Run* run, Py_ssize_t sample, Py_ssize_t slot, Py_ssize_t next) noexcept nogil:
    # The list of a sample goes to lists[slot]; False where a number is NaN or infinite. `next` is gathered soon.
    cdef Data* data = &run.data
    cdef Source* source = &data.sources[0]
    cdef Index* index = data.index
    cdef input_list* list = lists_of(run) + slot
    cdef uint32_t* columns = run.arena.list_columns + slot * run.arena.list_row
    cdef real* values = <real*> run.arena.list_values + slot * run.arena.list_row
    cdef real* row = <real*> run.arena.inputs + slot * run.arena.inputs_row
    cdef bint augmented = data.augmentation.height > 0, kept = not augmented and index.starts != NULL
    cdef Py_ssize_t count, at = index.starts[sample] if kept else -1
    cdef const uint32_t* its_columns
    cdef const real* its_values
    cdef const real* x
    if source.rows.starts != NULL and source.rows.shift == 0 and not augmented:
        count = compressed_row(&its_columns, &its_values, values, &source.rows, sample)
        set_list(list, its_columns, its_values, count)
        if data.check and data.seen != NULL:
            for at in range(count):
                mark(&data.seen[its_columns[at]])
        return not data.check or all_finite(its_values, count)
    if at >= 0:
        set_list(list, index.columns + at, <real*> index.values + at, index.counts[sample])
        return True
    if augmented:
        count = compress(columns, values, row, source.size, row)
    elif are_bytes(&source.rows):
        count = list_bytes(columns, values, &source.rows, sample, source.size, next)
    else:
        x = row_in_place(row, &source.rows, sample, source.size)
        count = compress(columns, values, x, source.size,
                         <const real*> (source.rows.data + next * source.rows.stride) if x != row else x)
    if count < 0:
        # The batch still passes through the layers before it is refused: an empty list leads nowhere.
        set_list(list, columns, <const real*> values, 0)
        return False
    set_list(list, columns, values, count)
    if data.seen != NULL:
        for at in range(count):
            mark(&data.seen[columns[at]])
    if kept and taken(&index.used) + count <= index.capacity:
        at = take(&index.used, count)
        if at + count <= index.capacity:
            memcpy(index.columns + at, columns, count * sizeof(uint32_t))
            memcpy(<real*> index.values + at, values, count * sizeof(real))
            index.counts[sample] = <int> count
            index.starts[sample] = at
    return True


cdef inline bint gather_inputs(Run* run, Py_ssize_t sample, Py_ssize_t slot) noexcept nogil:
    # The numbers of a sample, of every input, go to inputs[slot]; False where one is NaN or infinite.
    cdef Source* source
    cdef real* row
    cdef int k
    for k in range(run.data.source_count):
        source = &run.data.sources[k]
        row = <real*> run.arena.inputs + slot * run.arena.inputs_row + source.offset
        if is_native(&source.rows):
            memcpy(row, source.rows.data + sample * source.rows.stride, source.size * sizeof(real))
        else:
            convert_row(row, &source.rows, sample, source.size)
        if run.data.check and not is_sound(row, source):
            return False
    return True


cdef void gather(
    Run* run, Py_ssize_t start, Py_ssize_t begin, Py_ssize_t end, bint in_place, long step, int thread
) noexcept nogil:
    # Rows begin to end of the batch that starts at sample `start`.
    cdef Data* data = &run.data
    cdef Rows* rows = &data.sources[0].rows
    cdef Py_ssize_t row, sample, next
    cdef bint sound, augmented = data.augmentation.height > 0
    cdef int h
    for h in range(run.head_count):
        for row in range(begin, end):
            sample = start + row if data.order == NULL else data.order[start + row]
            if not gather_target(run, &run.heads[h], sample, row):
                lower(&run.outcome.bad_sample, sample)
    if in_place and not data.check:
        return
    for row in range(begin, end):
        sample = start + row if data.order == NULL else data.order[start + row]
        sound = True
        if augmented:
            sound = gather_augmented(run, sample, row, step, run.arena.scratch[thread])
        if run.first.sparse:
            next = start + min(row + ROWS_AHEAD, end - 1)
            sound = gather_list(run, sample, row, next if data.order == NULL else data.order[next]) and sound
        elif in_place:
            sound = is_sound(<const real*> (rows.data + sample * rows.stride), data.sources)
        elif not augmented:
            sound = gather_inputs(run, sample, row)
        if not sound:
            lower(&run.outcome.bad_sample, sample)
