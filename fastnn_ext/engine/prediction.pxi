# A plan's prediction: what came is judged, memory is found, and the kernels run.


cdef Py_ssize_t samples_in(Plan plan, int k, object x):
    # How many samples input k holds; -1 where its shape or layout is not one that is read in place.
    cdef cnp.ndarray array
    cdef int ndim, kind
    cdef Py_ssize_t size = plan.sources[k].size
    cdef tuple shape
    if isinstance(x, CompressedRows):
        if x.shape[1] != size:
            raise ValueError(f"the rows must have {size} columns, but they have {x.shape[1]}")
        return x.shape[0]
    if not isinstance(x, cnp.ndarray) or has_mask(x):
        return -1
    array = <cnp.ndarray> x
    ndim, kind = cnp.PyArray_NDIM(array), cnp.PyArray_TYPE(array)
    if kind != cnp.NPY_FLOAT and kind != cnp.NPY_DOUBLE and kind != cnp.NPY_UBYTE:
        return -1
    if ndim == 2 and cnp.PyArray_DIM(array, 1) == size:
        return cnp.PyArray_DIM(array, 0) if are_readable(array) else -1
    if not cnp.PyArray_ISCARRAY_RO(array):
        return -1
    if ndim == 1 and cnp.PyArray_DIM(array, 0) == size:
        return 1
    if k > 0:
        return -1
    shape = shape_of(array)
    if shape == plan.sample_shape:
        return 1
    if ndim > 0 and shape[1:] == plan.sample_shape:
        return cnp.PyArray_DIM(array, 0)
    return -1


cdef object predict_one(Plan plan, object x, object out):
    # The one output from the one input; None where the data cannot be read in place. On its own, since the lists of
    # `predict_several` take a third of the time of a small prediction.
    cdef Py_ssize_t samples = samples_in(plan, 0, x)
    cdef Source source
    cdef Head head
    cdef cnp.ndarray result
    if samples < 0:
        return None
    result = new_result(plan, samples, 0) if out is None else checked_out(plan, 0, out, samples, (x,))
    if samples > 0:
        source = plan.sources[0]
        # All that a prediction reads of it.
        head.operation, head.size = plan.heads[0].operation, plan.heads[0].size
        describe_input(&source.rows, x, plan.sources, "x", is_matrix(x, source.size))
        head.result = cnp.PyArray_DATA(result)
        predict_described(plan, &source, &head, samples, (x, result) if plan.functions else ())
    return result


cdef object predict_several(Plan plan, object x, object out):
    # A list of the outputs from a list of the inputs.
    cdef Py_ssize_t samples = -1, found
    cdef list inputs = [x] if plan.source_count == 1 else list(x) if isinstance(x, (list, tuple)) else [], results = []
    cdef Source* sources = NULL
    cdef Head* heads = NULL
    cdef int k
    if len(inputs) != plan.source_count:
        return None
    for k in range(plan.source_count):
        found = samples_in(plan, k, inputs[k])
        if found < 0:
            return None
        if k > 0 and found != samples:
            raise ValueError(f"all inputs must have as many samples, but the first has {samples} and another {found}")
        samples = found
    if out is not None and (not plan.outputs_chosen or len(out) != plan.head_count):
        raise ValueError(f"out must be a list of {plan.head_count} arrays, one for each output")
    for k in range(plan.head_count):
        results.append(new_result(plan, samples, k) if out is None
                       else checked_out(plan, k, out[k], samples, (*inputs, *results)))
    if samples == 0:
        return results if plan.outputs_chosen else results[0]
    try:
        sources = <Source*> malloc(plan.source_count * sizeof(Source))
        heads = <Head*> malloc(plan.head_count * sizeof(Head))
        if sources == NULL or heads == NULL:
            raise MemoryError("no memory to describe a plan's inputs and outputs")
        memcpy(sources, plan.sources, plan.source_count * sizeof(Source))
        memcpy(heads, plan.heads, plan.head_count * sizeof(Head))
        for k in range(plan.source_count):
            describe_input(&sources[k].rows, inputs[k], &plan.sources[k], "x", is_matrix(inputs[k], sources[k].size))
        for k in range(plan.head_count):
            heads[k].result = cnp.PyArray_DATA(<cnp.ndarray> results[k])
        predict_described(plan, sources, heads, samples, (*inputs, *results) if plan.functions else ())
    finally:
        free(sources)
        free(heads)
    return results if plan.outputs_chosen else results[0]


cdef cnp.ndarray new_result(Plan plan, Py_ssize_t samples, int h):
    cdef cnp.npy_intp[2] shape
    shape[0], shape[1] = samples, plan.heads[h].size
    return cnp.PyArray_EMPTY(2, shape, cnp.NPY_DOUBLE if plan.is_double else cnp.NPY_FLOAT, 0)


cdef cnp.ndarray checked_out(Plan plan, int h, object out, Py_ssize_t samples, tuple others):
    # The caller's own array for output h.
    cdef Py_ssize_t columns = plan.heads[h].size
    if not isinstance(out, cnp.ndarray):
        raise TypeError(f"out must be a NumPy array, but it is a {type(out).__name__}")
    cdef cnp.ndarray array = <cnp.ndarray> out
    if array.dtype != plan.dtype or not cnp.PyArray_ISCARRAY(array):
        raise TypeError(f"out must be a writeable, C-contiguous {plan.dtype} array, but it is {array.dtype}"
                        f"{'' if cnp.PyArray_ISCARRAY(array) else ' of another layout, or read-only'}")
    if shape_of(array) != (samples, columns):
        raise ValueError(f"out must have shape ({samples}, {columns}), but its shape is {shape_of(array)}")
    for other in others:
        if isinstance(other, cnp.ndarray) and overlaps(array, other):
            raise ValueError("out must not share memory with the input")
    return array


cdef int predict_described(Plan plan, Source* sources, Head* heads, Py_ssize_t samples, tuple used) except -1:
    # `used`: the arrays that a user's functions might resize while they are read and written here.
    cdef Run run
    run.data.sources, run.heads = sources, heads
    if used:
        pins = [pinned(array) for array in used if isinstance(array, cnp.ndarray)]
    describe_prediction(plan, &run, samples)
    run_prediction(plan, &run, prediction_threads(plan, &run))
    if run.outcome.error != NULL:
        raise_kept(&run)
    if run.outcome.bad_sample >= 0:
        raise NonFiniteDataError(run.outcome.bad_sample)
    return 0


cdef bint is_matrix(object x, Py_ssize_t columns) noexcept:
    if not isinstance(x, cnp.ndarray):
        return False
    return cnp.PyArray_NDIM(<cnp.ndarray> x) == 2 and cnp.PyArray_DIM(<cnp.ndarray> x, 1) == columns


cdef void describe_prediction(Plan plan, Run* run, Py_ssize_t samples) noexcept:
    # All that the kernels read of a run that predicts: to clear the rest would take longer than a small layer.
    run.operations, run.operation_count, run.edges = plan.operations, plan.operation_count, plan.edges
    run.head_count, run.data.source_count, run.data.samples = plan.head_count, plan.source_count, samples
    run.inference = True
    run.outcome.bad_sample, run.outcome.error, run.outcome.claimed = -1, NULL, 0
    run.call, run.owner, run.calls_python = call_python, <void*> plan, bool(plan.functions)
    run.first.aligned = NULL
    run.arena.slots = plan.slots
    run.arena.widest_row = padded_row(plan.widest, plan.is_double)
    run.arena.list_row = run.arena.widest_row + ALIGNMENT if has_32_bits(plan.widest) else 0


cdef int assign_slots(Plan plan) except -1:
    # Gives each value one of as few buffers as there are values in use at a time, and returns their number. A buffer is
    # free again behind the last operation that reads its value.
    cdef int i, k, source
    cdef dict last = {}
    cdef list free_slots = [], expiring
    cdef int slots = 0
    for i in range(plan.operation_count):
        for k in range(plan.operations[i].input_count):
            last[plan.edges[plan.operations[i].first_edge + k].source] = i
    for h in range(plan.head_count):
        # An output that is an input is copied at the end; others are written where they are wanted.
        if plan.heads[h].operation < 0:
            last[plan.heads[h].operation] = plan.operation_count
    for k in range(plan.source_count):
        plan.sources[k].slot = slots
        slots += 1
    for i in range(plan.operation_count):
        if free_slots:
            plan.operations[i].slot = free_slots.pop()
        else:
            plan.operations[i].slot = slots
            slots += 1
        expiring = [source for source in last if last[source] == i]
        for source in expiring:
            free_slots.append(plan.operations[source].slot if source >= 0 else plan.sources[-1 - source].slot)
            del last[source]
        if i not in last:
            # Nobody reads it.
            free_slots.append(plan.operations[i].slot)
    return slots


cdef int prediction_threads(Plan plan, Run* run) noexcept:
    # How many, and whether they share columns and not rows: of as many rows as two blocks have, or a large one.
    cdef Py_ssize_t samples = run.data.samples, most = 2 * BLOCK_ROWS
    cdef double shares = <double> plan.multiply_adds * samples / WORK_FOR_A_THREAD
    cdef int i
    run.by_columns = False
    if shares < 2 or plan.functions:
        return 1
    if samples > most and panels_of_all(plan, samples) > LARGEST_KEPT_PANELS:
        most = LARGE_BLOCK_ROWS
    for i in range(plan.operation_count if samples <= most else 0):
        run.by_columns = run.by_columns or (
            plan.operations[i].kind == DENSE
            and is_worth_sharing(samples, plan.operations[i].fan_in, plan.operations[i].fan_out))
    if samples == 1:
        shares /= SHARES_OF_A_ROW
        run.by_columns = run.by_columns and shares >= 2
    if samples == 1 and not run.by_columns:
        return 1
    return <int> min(<double> min(pool_size(), MAXIMUM_THREADS), shares)


cdef int run_prediction(Plan plan, Run* run, int threads) except -1:
    # In an arena: each thread's scratch, packed weights, and the operations that point to them.
    cdef Py_ssize_t item = 8 if plan.is_double else 4, samples = run.data.samples
    # Packed once for all blocks where there are several, and the caches hold all panels; else by each block for itself.
    cdef Py_ssize_t packed = panels_of_all(plan, samples) if samples > BLOCK_ROWS and not run.by_columns else 0
    cdef Py_ssize_t block = BLOCK_ROWS, blocks, pieces
    if packed > LARGEST_KEPT_PANELS:
        packed, block = 0, LARGE_BLOCK_ROWS
    if run.by_columns:
        block = samples
    else:
        # Of nearly as many rows; and where blocks pack nothing for themselves, some for each thread.
        blocks = (samples + block * threads - 1) // (block * threads) * threads
        if threads > 1 and (packed or not panels_at_a_time(plan, samples)):
            pieces = <Py_ssize_t> min(<double> samples / ROWS_OF_A_PIECE,
                                      <double> plan.multiply_adds * samples / WORK_OF_A_PIECE)
            blocks = max(blocks, min(<Py_ssize_t> PIECES_OF_A_THREAD, pieces // threads) * threads)
        block = (samples + blocks - 1) // blocks
        threads = <int> min(<Py_ssize_t> threads, (samples + block - 1) // block)
    if run.arena.widest_row > most_numbers() // (block * plan.slots):
        raise MemoryError(f"a layer of {plan.widest} units does not fit an address space")
    run.arena.block = block
    blocks = (samples + block - 1) // block
    # Where they are worth it, threads that are slower leave some of the others to those that are faster.
    run.arena.own_blocks = blocks // threads
    if threads > 1 and <double> plan.multiply_adds * block >= WORK_OF_A_PIECE:
        run.arena.own_blocks //= 2
    run.arena.values = aligned((plan.slots * block * run.arena.widest_row + block * run.arena.list_row) * item
                               + block * 32 + block * run.arena.list_row * 4)
    cdef Py_ssize_t scratch = run.arena.values + aligned((plan.operation_count + plan.source_count) * 16)
    run.arena.panels, run.arena.panels_size = scratch, 0 if packed else panels_at_a_time(plan, block)
    scratch += run.arena.panels_size * (threads if run.by_columns else 1)
    cdef Py_ssize_t rows = aligned_size(plan, run) if samples >= ROWS_WORTH_ALIGNING else 0
    cdef int scratches = 1 if run.by_columns else threads
    cdef Py_ssize_t size = scratch * scratches + rows + packed + 2 * ALIGNMENT
    cdef int i
    if packed:
        size += plan.operation_count * <Py_ssize_t> sizeof(Operation)
    cdef bint keep = size <= LARGEST_KEPT_ARENA and fastnn_exchange(&plan.kept_in_use, 1) == 0
    cdef char* arena = take_arena(plan, size, keep)
    cdef ThreadTimes* times = NULL
    cdef int place = 0
    cdef long long began
    if run.by_columns and keep and samples <= MOST_ROWS_BY_COLUMNS:
        # Who has the plan's own memory has its times, too.
        times = &plan.times[samples - 1]
        if times.count == 0 or times.numbers[0] != threads:
            start_timing(times, threads, False)
        place = number_to_try(times)
        threads = times.numbers[place]
        run.by_columns = threads > 1
    cdef char* at = arena + (ALIGNMENT - <uintptr_t> arena % ALIGNMENT) % ALIGNMENT
    for i in range(scratches):
        run.arena.scratch[i] = at
        at += scratch
    if rows:
        run.first.aligned = at
        at += rows
    if packed:
        run.operations = <Operation*> (at + packed)
        memcpy(run.operations, plan.operations, plan.operation_count * sizeof(Operation))
        for i in range(plan.operation_count):
            if panels_in_prediction(plan, i, samples):
                run.operations[i].panels = at
                at += panels_in_prediction(plan, i, samples)
    with nogil:
        began = fastnn_nanoseconds() if times != NULL else 0
        if threads == 1:
            plan.kernels.predict(run, 0, 1)
        else:
            barrier_init(&run.barrier)
            pool_run(plan.kernels.predict, run, threads)
        if times != NULL:
            note_time(times, place, <double> (fastnn_nanoseconds() - began), samples)
    if keep:
        fastnn_exchange(&plan.kept_in_use, 0)
    else:
        free(arena)
    return 0


cdef char* take_arena(Plan plan, Py_ssize_t size, bint keep) except NULL:
    # The plan's own where nobody else uses it, made larger where it must be.
    cdef char* arena
    if keep and plan.kept_size >= size:
        return plan.kept
    arena = <char*> allocate_large(size)
    if arena == NULL:
        if keep:
            fastnn_exchange(&plan.kept_in_use, 0)
        raise MemoryError(f"no memory for the {size} bytes that this prediction needs beside its result")
    if keep:
        free(plan.kept)
        plan.kept, plan.kept_size = arena, size
    return arena


cdef Py_ssize_t aligned_size(Plan plan, Run* run) noexcept:
    # Bytes of the first layer's weights in aligned rows; 0 where they are read in place.
    cdef Operation* first = &plan.operations[0]
    cdef Py_ssize_t item = 8 if plan.is_double else 4
    if plan.operation_count == 0 or first.kind != DENSE or plan.edges[first.first_edge].source != -1 \
            or first.fan_out > plan.kernels.narrow \
            or not can_be_aligned(first.fan_out, plan.kernels.lanes, item, &run.first.whole_row, &run.first.rest_row):
        return 0
    return aligned((run.first.whole_row + run.first.rest_row) * first.fan_in * item)


cdef Py_ssize_t panels_of_all(Plan plan, Py_ssize_t samples) noexcept:
    cdef Py_ssize_t size = 0
    cdef int i
    for i in range(plan.operation_count):
        size += panels_in_prediction(plan, i, samples)
    return size


cdef Py_ssize_t panels_in_prediction(Plan plan, int i, Py_ssize_t samples) noexcept:
    # Bytes of an operation's packed weights; 0 where they are read in place.
    cdef Operation* operation = &plan.operations[i]
    cdef Py_ssize_t panel = 2 * plan.kernels.lanes
    if operation.kind != DENSE or not packs_weights(samples, operation.fan_out):
        return 0
    return aligned((operation.fan_out + panel - 1) // panel * panel * operation.fan_in * (8 if plan.is_double else 4))


cdef Py_ssize_t panels_at_a_time(Plan plan, Py_ssize_t rows) noexcept:
    # Bytes of those that a block packs at a time.
    cdef Operation* operation
    cdef Py_ssize_t size = 0
    cdef int i
    for i in range(plan.operation_count):
        operation = &plan.operations[i]
        if operation.kind == DENSE and packs_weights(rows, operation.fan_out):
            size = max(size, packed_weights(operation.fan_out, operation.fan_in, 2 * plan.kernels.lanes))
    return aligned(size * (8 if plan.is_double else 4))
