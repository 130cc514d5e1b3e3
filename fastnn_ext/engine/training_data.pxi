# The data of a training: what comes is described to the kernels, whole or not at all.


cdef int check_augmentation(object fields, Plan plan) except -1:
    cdef Py_ssize_t input_size = plan.sources[0].size
    if plan.sources[0].categories > 0:
        raise ValueError("augmentation is for images, but the input holds categories")
    if plan.source_count > 1:
        raise ValueError(f"augmentation is for plans of one input, but this one has {plan.source_count}")
    sides = [fields.get(name, 0) for name in ("height", "width", "channels")]
    if any(side < 1 for side in sides) or math.prod(sides) != input_size:
        raise ValueError(f"augmentation needs images of height, width and channels with {input_size} numbers, but they "
                         f"are {sides}")
    for name, value in fields.items():
        if not math.isfinite(value):
            raise ValueError(f"augmentation's {name} must be finite, but it is {value}")
    return 0


cdef Py_ssize_t rows_in(object x) except -1:
    # 0 where an array has no rows at all.
    if isinstance(x, cnp.ndarray):
        return cnp.PyArray_DIM(<cnp.ndarray> x, 0) if cnp.PyArray_NDIM(<cnp.ndarray> x) else 0
    return x.shape[0]


cdef int set_data(TrainingSetup training, list xs, object y, object sample_weight) except -1:
    # From here on the run reads these. Nothing is changed before all of it is known to fit.
    cdef Run* run = &training.run
    cdef Plan plan = training.plan
    cdef list ys = list(training.for_outputs(y, "y")), weights, pins = [], functions = []
    cdef Rows* rows = training.described
    cdef list numbers = []
    cdef Py_ssize_t samples = rows_in(xs[0])
    cdef int k
    weights = [None] * plan.head_count
    if sample_weight is not None:
        weights = training.for_outputs(sample_weight, "sample_weight")
    memset(rows, 0, (plan.source_count + plan.head_count) * sizeof(Rows))
    for k in range(plan.source_count):
        describe_input(rows + k, xs[k], &plan.sources[k], "x", True)
        if rows_in(xs[k]) != samples:
            raise ValueError(f"all inputs must have as many rows, but the first has {samples} and another "
                             f"{rows_in(xs[k])}")
        if isinstance(xs[k], cnp.ndarray):
            pins.append(pinned(xs[k]))
    rows += plan.source_count
    for k in range(plan.head_count):
        functions.append(with_own_targets(training, k, ys, samples))
        numbers.append(describe_target(rows + k, ys[k], plan.heads[k].size, samples))
        if training.streaming and training.x is not None and numbers[k] != run.heads[k].class_numbers:
            raise ValueError("y must hold class numbers where the first batch's did, and rows of outputs where that "
                             "held those")
        weights[k] = checked_weights(weights[k], samples)
        pins.append(pinned(ys[k]))
        if weights[k] is not None:
            pins.append(pinned(weights[k]))
    training.x, training.y, training.weights, training.data_pins = xs, ys, weights, pins
    training.loss_functions = functions
    for k in range(plan.source_count):
        run.data.sources[k].rows = training.described[k]
    for k in range(plan.head_count):
        run.heads[k].y, run.heads[k].class_numbers = rows[k], numbers[k]
        run.heads[k].sample_weight = NULL
        if functions[k] is not None:
            run.heads[k].function = <void*> functions[k]
        if weights[k] is not None:
            run.heads[k].sample_weight = <double*> cnp.PyArray_DATA(<cnp.ndarray> weights[k])
    training.samples = run.data.samples = samples
    run.data.check = True
    return 0


cdef object with_own_targets(TrainingSetup training, int head, list ys, Py_ssize_t samples):
    # The two functions of the user's own loss, with the targets where these have another shape than the outputs: the
    # functions get them as they are, and the engine rows of zeros in their place. None where the loss is ours.
    cdef Py_ssize_t size = training.plan.heads[head].size
    functions = training.losses[head].loss_function
    if functions is None:
        return None
    y = ys[head]
    if not isinstance(y, cnp.ndarray) or y.ndim < 1 or y.shape == (samples, size):
        return (*functions, None)
    if len(y) != samples:
        raise ValueError(f"y must have as many rows as x, {samples}, but it has {len(y)}")
    ys[head] = numpy.zeros((samples, size), training.plan.dtype)
    return (*functions, y)


cdef bint describe_target(Rows* rows, object y, Py_ssize_t size, Py_ssize_t samples) except -1:
    # Returns whether they are class numbers.
    if not isinstance(y, cnp.ndarray):
        raise TypeError(f"y must be an array, but it is a {type(y).__name__}")
    cdef bint numbers = cnp.PyArray_TYPE(<cnp.ndarray> y) == cnp.NPY_INT32 and size > 1
    describe_rows(rows, y, "y", 1 if numbers else size, True)
    if cnp.PyArray_DIM(<cnp.ndarray> y, 0) != samples:
        raise ValueError(f"y must have as many rows as x, {samples}, but it has {cnp.PyArray_DIM(<cnp.ndarray> y, 0)}")
    return numbers


cdef object checked_weights(object sample_weight, Py_ssize_t samples):
    if sample_weight is None:
        return None
    cdef cnp.ndarray weights = numpy.require(sample_weight, numpy.float64, ("C", "A"))
    if cnp.PyArray_NDIM(weights) != 1 or cnp.PyArray_DIM(weights, 0) != samples:
        raise ValueError(f"sample_weight must have shape ({samples},), but its shape is {shape_of(weights)}")
    return weights


cdef int reserve_index(TrainingSetup training, double density) except -1:
    # Room for what the probe promises and a tenth more; rows that do not fit are listed again in each epoch.
    cdef Index* index = &training.index
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4, i
    cdef Py_ssize_t wanted = <Py_ssize_t> (1.1 * density * training.samples * training.run.data.sources[0].size) + 4096
    index.capacity = min(wanted, LARGEST_INDEX // (item + 4))
    index.starts = <cnp.npy_intp*> malloc(training.samples * sizeof(cnp.npy_intp))
    index.counts = <int*> malloc(training.samples * sizeof(int))
    index.columns = <uint32_t*> allocate_large(index.capacity * sizeof(uint32_t))
    index.values = allocate_large(index.capacity * item)
    if index.starts == NULL or index.counts == NULL or index.columns == NULL or index.values == NULL:
        raise MemoryError(f"no memory for the index of {training.samples} sparse samples")
    for i in range(training.samples):
        index.starts[i] = -1
    return 0
