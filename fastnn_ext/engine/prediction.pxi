# A plan's prediction: what came is judged, memory is found, and the kernels run.

# Inputs and outputs up to which a prediction's description of them needs no memory of its own.
cdef enum:
    FEW_PLACES = 4


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
    if not isinstance(x, cnp.ndarray):
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


cdef object predict_arrays(Plan plan, object x, object out):
    # The outputs; None where the data cannot be read in place.
    cdef Py_ssize_t samples = -1, found
    cdef int k
    cdef list inputs = [x] if plan.source_count == 1 else list(x)
    cdef list results
    if len(inputs) != plan.source_count:
        raise ValueError(f"the plan has {plan.source_count} inputs, but {len(inputs)} are given")
    for k in range(plan.source_count):
        found = samples_in(plan, k, inputs[k])
        if found < 0:
            return None
        if k > 0 and found != samples:
            raise ValueError(f"all inputs must have as many samples, but the first has {samples} and another {found}")
        samples = found
    results = make_results(plan, samples, inputs, out)
    if samples > 0:
        predict_into(plan, inputs, samples, results)
    return results if plan.outputs_chosen else results[0]


cdef list make_results(Plan plan, Py_ssize_t samples, list inputs, object out):
    # Arrays for the outputs: new ones, or the caller's own, checked.
    cdef cnp.npy_intp[2] shape
    cdef list results = []
    cdef int h
    shape[0] = samples
    if out is not None and plan.outputs_chosen and len(out) != plan.head_count:
        raise ValueError(f"out must hold {plan.head_count} arrays, one for each output, but it holds {len(out)}")
    for h in range(plan.head_count):
        if out is None:
            shape[1] = plan.heads[h].size
            results.append(cnp.PyArray_EMPTY(2, shape, cnp.NPY_DOUBLE if plan.is_double else cnp.NPY_FLOAT, 0))
        else:
            given = out[h] if plan.outputs_chosen else out
            results.append(checked_out(given, samples, plan.heads[h].size, plan.dtype, inputs + results))
    return results


cdef cnp.ndarray checked_out(object out, Py_ssize_t samples, Py_ssize_t columns, object dtype, list others):
    if not isinstance(out, cnp.ndarray):
        raise TypeError(f"out must be a NumPy array, but it is a {type(out).__name__}")
    cdef cnp.ndarray array = <cnp.ndarray> out
    if array.dtype != dtype or not cnp.PyArray_ISCARRAY(array):
        raise TypeError(f"out must be a writeable, C-contiguous {dtype} array, but it is {array.dtype}"
                        f"{'' if cnp.PyArray_ISCARRAY(array) else ' of another layout, or read-only'}")
    if shape_of(array) != (samples, columns):
        raise ValueError(f"out must have shape ({samples}, {columns}), but its shape is {shape_of(array)}")
    for other in others:
        if isinstance(other, cnp.ndarray) and overlaps(array, other):
            raise ValueError("out must not share memory with the input")
    return array


cdef int predict_into(Plan plan, list inputs, Py_ssize_t samples, list results) except -1:
    cdef Source[FEW_PLACES] few_sources
    cdef Head[FEW_PLACES] few_heads
    cdef Run run
    cdef int threads, k
    cdef bint few = plan.source_count <= FEW_PLACES and plan.head_count <= FEW_PLACES
    memset(&run, 0, sizeof(Run))
    run.data.sources = &few_sources[0] if few else <Source*> malloc(plan.source_count * sizeof(Source))
    run.heads = &few_heads[0] if few else <Head*> malloc(plan.head_count * sizeof(Head))
    try:
        if run.data.sources == NULL or run.heads == NULL:
            raise MemoryError("no memory for the places of a plan's inputs and outputs")
        memcpy(run.data.sources, plan.sources, plan.source_count * sizeof(Source))
        memcpy(run.heads, plan.heads, plan.head_count * sizeof(Head))
        for k in range(plan.source_count):
            x = inputs[k]
            describe_input(&run.data.sources[k].rows, x, &plan.sources[k], "x", is_matrix(x, plan.sources[k].size))
        for k in range(plan.head_count):
            run.heads[k].result = cnp.PyArray_DATA(<cnp.ndarray> results[k])
        if plan.functions:
            # They might resize what is read and written here.
            pins = [pinned(array) for array in inputs + results if isinstance(array, cnp.ndarray)]
        describe_prediction(plan, &run, samples)
        threads = prediction_threads(plan, samples)
        run_prediction(plan, &run, threads)
    finally:
        if not few:
            free(run.data.sources)
            free(run.heads)
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
    run.operations, run.operation_count, run.edges = plan.operations, plan.operation_count, plan.edges
    run.head_count, run.data.source_count, run.data.samples = plan.head_count, plan.source_count, samples
    run.inference = True
    run.outcome.bad_sample = -1
    run.call, run.owner, run.calls_python = call_python, <void*> plan, bool(plan.functions)
    if plan.slots == 0:
        plan.slots = assign_slots(plan)
    run.arena.slots = plan.slots
    run.arena.widest_row = padded_row(plan.widest, plan.is_double)
    run.arena.list_row = run.arena.widest_row + ALIGNMENT if plan.widest < <Py_ssize_t> 1 << 32 else 0


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


cdef int prediction_threads(Plan plan, Py_ssize_t samples) noexcept:
    if samples == 1 or plan.multiply_adds * samples < 2 * WORK_FOR_A_THREAD or plan.functions:
        return 1
    return <int> min(min(pool_size(), <Py_ssize_t> MAXIMUM_THREADS), plan.multiply_adds * samples // WORK_FOR_A_THREAD)


cdef int run_prediction(Plan plan, Run* run, int threads) except -1:
    # In an arena: each thread's scratch, packed weights, and the operations that point to them.
    cdef Py_ssize_t item = 8 if plan.is_double else 4, samples = run.data.samples
    cdef Py_ssize_t block = min(samples, <Py_ssize_t> BLOCK_ROWS)
    if threads > 1:
        block = max(1, min(block, (samples + threads - 1) // threads))
        threads = <int> min(threads, (samples + block - 1) // block)
    # A bound that keeps every product below it within an address: no block comes near it.
    if run.arena.widest_row > (<Py_ssize_t> 1 << 44) // (block * plan.slots):
        raise MemoryError(f"a layer of {plan.widest} units does not fit an address space")
    run.arena.block = block
    run.arena.values = aligned((plan.slots * block * run.arena.widest_row + block * run.arena.list_row) * item
                               + block * 32 + block * run.arena.list_row * 4)
    cdef Py_ssize_t scratch = run.arena.values + aligned((plan.operation_count + plan.source_count) * 16)
    cdef Py_ssize_t packed = packed_size(plan) if samples >= ROWS_WORTH_PACKING else 0
    cdef Py_ssize_t size = scratch * threads + packed + 2 * ALIGNMENT
    cdef int i
    if packed:
        size += plan.operation_count * <Py_ssize_t> sizeof(Operation)
    cdef bint keep = size <= LARGEST_KEPT_ARENA and fastnn_exchange(&plan.kept_in_use, 1) == 0
    cdef char* arena = take_arena(plan, size, keep)
    cdef char* at = arena + (ALIGNMENT - <uintptr_t> arena % ALIGNMENT) % ALIGNMENT
    for i in range(threads):
        run.arena.scratch[i] = at
        at += scratch
    if packed:
        run.operations = <Operation*> (at + packed)
        memcpy(run.operations, plan.operations, plan.operation_count * sizeof(Operation))
        for i in range(plan.operation_count):
            if panels_in_prediction(plan, i):
                run.operations[i].panels = at
                at += panels_in_prediction(plan, i)
    with nogil:
        if threads == 1:
            plan.kernels.predict(run, 0, 1)
        else:
            barrier_init(&run.barrier)
            pool_run(plan.kernels.predict, run, threads)
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
    arena = <char*> malloc(size)
    if arena == NULL:
        if keep:
            fastnn_exchange(&plan.kept_in_use, 0)
        raise MemoryError(f"no memory for the {size} bytes that this prediction needs beside its result")
    if keep:
        free(plan.kept)
        plan.kept, plan.kept_size = arena, size
    return arena


cdef Py_ssize_t packed_size(Plan plan) noexcept:
    cdef Py_ssize_t size = 0
    cdef int i
    for i in range(plan.operation_count):
        size += panels_in_prediction(plan, i)
    return size


cdef Py_ssize_t panels_in_prediction(Plan plan, int i) noexcept:
    # Bytes of an operation's packed weights; 0 where they are read in place.
    cdef Operation* operation = &plan.operations[i]
    cdef Py_ssize_t panel = 2 * plan.kernels.lanes
    if operation.kind != DENSE or operation.fan_out < WIDTH_WORTH_PACKING:
        return 0
    return aligned((operation.fan_out + panel - 1) // panel * panel * operation.fan_in * (8 if plan.is_double else 4))
