# Gradients that users ask for, and steps by those that they bring.


def _place_of(pair):
    return pair[0]


cdef int set_places(TrainingSetup training, list arrays, list places, Py_ssize_t size) except -1:
    # Where the gradient of each parameter begins among all of them, in bytes; -1: nowhere.
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4
    cdef Py_ssize_t number, count = len(training.plan.parameters)
    cdef cnp.ndarray array
    cdef dict known = {}
    ends = 0
    for place, array in sorted(zip(places, arrays), key=_place_of):
        if place < ends:
            raise ValueError(f"two gradients lie at {place}: each needs a place of its own")
        ends = place + cnp.PyArray_SIZE(array)
    for array, place in zip(arrays, places):
        if not 0 <= place <= size - cnp.PyArray_SIZE(array):
            raise ValueError(f"a gradient of {cnp.PyArray_SIZE(array)} numbers cannot begin at {place} of {size}")
        known[<uintptr_t> cnp.PyArray_DATA(array)] = place * item
    free(training.places)
    training.places = <Py_ssize_t*> malloc(max(1, count) * sizeof(Py_ssize_t))
    if training.places == NULL:
        raise MemoryError(f"no memory for the places of {count} gradients")
    training.gradient_size = size
    for number in range(count):
        array = training.plan.parameters[number]
        training.places[number] = known.get(<uintptr_t> cnp.PyArray_DATA(array), -1)
    find_gaps(training)
    return 0


cdef int find_gaps(TrainingSetup training) except -1:
    # Where a batch leaves no number in a vector of gradients: dense operations write theirs whole, unless they visit
    # non-zero inputs alone. With others nothing is known, and `gap_count` is -1.
    cdef Operation* operation
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4, size, ends = 0
    cdef int i, part
    training.gap_count = -1
    spans = [(training.gradient_size * item, 0)]
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.pair < 0 or operation.twin >= 0:
            continue
        if operation.kind != DENSE or training.run.first.sparse or (operation.consumers == 0 and not operation.judged):
            return 0
        for part in range(2):
            if not (operation.has_bias if part else operation.has_weights):
                continue
            if training.places[2 * operation.pair + part] < 0:
                return 0
            size = operation.weight_columns * (1 if part else operation.weight_rows) * item
            spans.append((training.places[2 * operation.pair + part], size))
    free(training.gaps)
    training.gaps = <Py_ssize_t*> malloc(2 * len(spans) * sizeof(Py_ssize_t))
    if training.gaps == NULL:
        raise MemoryError(f"no memory for the places of {len(spans)} gaps between gradients")
    training.gap_count = 0
    for place, size in sorted(spans):
        if place > ends:
            training.gaps[2 * training.gap_count], training.gaps[2 * training.gap_count + 1] = ends, place - ends
            training.gap_count += 1
        ends = place + size
    return 0


cdef void clear_gaps(TrainingSetup training, cnp.ndarray gradient) noexcept:
    # Zeros wherever a batch may leave no number.
    cdef char* first = <char*> cnp.PyArray_DATA(gradient)
    cdef int k
    if training.gap_count < 0:
        memset(first, 0, cnp.PyArray_NBYTES(gradient))
    for k in range(training.gap_count):
        memset(first + training.gaps[2 * k], 0, training.gaps[2 * k + 1])


cdef Py_ssize_t place_of_gradient(TrainingSetup training, int number) except -1:
    if training.places == NULL or training.places[number] < 0:
        raise ValueError("all arrays that learn must have been given to lay_out_gradients")
    return training.places[number]


cdef int keep_places(TrainingSetup training) except -1:
    # Where operations leave their gradients otherwise.
    cdef Operation* operation
    cdef int i, count = training.run.operation_count
    if training.kept_places == NULL:
        training.kept_places = <void**> malloc(2 * count * sizeof(void*))
        if training.kept_places == NULL:
            raise MemoryError(f"no memory for the places of {count} gradients")
    for i in range(count):
        operation = &training.run.operations[i]
        training.kept_places[2 * i] = operation.weights_gradient
        training.kept_places[2 * i + 1] = operation.bias_gradient
    return 0


cdef list early_gradients(TrainingSetup training):
    # Of dense operations that share their weights with no other: their gradients change no more once they are written,
    # unless there are penalties, which join them at the end.
    cdef Operation* operation
    cdef list found = []
    cdef set twins = set()
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4, place
    cdef int i
    for i in range(training.run.operation_count):
        operation = &training.plan.operations[i]
        if operation.pair >= 0 and (operation.l1 > 0 or operation.l2 > 0 or operation.bias_penalty.l1 > 0
                                    or operation.bias_penalty.l2 > 0):
            return found
        twins.add(training.run.operations[i].twin)
    for i in range(training.run.operation_count - 1, -1, -1):
        operation = &training.run.operations[i]
        if operation.kind != DENSE or operation.twin >= 0 or i in twins or not operation.has_weights:
            continue
        place = place_of_gradient(training, 2 * operation.pair) // item
        found.append((i, place, place + operation.weight_rows * operation.weight_columns))
        if operation.has_bias:
            place = place_of_gradient(training, 2 * operation.pair + 1) // item
            found.append((i, place, place + operation.weight_columns))
    return found


cdef void take_places_back(TrainingSetup training) noexcept:
    # Nothing points any more to what is the user's.
    cdef Operation* operation
    cdef int i
    fastnn_store(&training.run.outcome.done_from, training.run.operation_count)
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        operation.weights_gradient = training.kept_places[2 * i]
        operation.bias_gradient = training.kept_places[2 * i + 1]
    for i in range(training.run.data.source_count):
        training.run.data.sources[i].delta = NULL
    training.run.updating.given = False
    list_parameters(&training.run)


cdef int collect_in(TrainingSetup training, char* gradient) except -1:
    # Operations that learn leave their gradients there, each at its place.
    cdef Operation* operation
    cdef int i
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.pair < 0 or operation.twin >= 0:
            continue
        if operation.has_weights:
            operation.weights_gradient = gradient + place_of_gradient(training, 2 * operation.pair)
        if operation.has_bias:
            operation.bias_gradient = gradient + place_of_gradient(training, 2 * operation.pair + 1)
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.kind == EMBEDDING and operation.twin >= 0:
            # Those that share a table collect in one place.
            operation.weights_gradient = training.run.operations[operation.twin].weights_gradient
    list_parameters(&training.run)
    return 0


cdef object gradients_of_batch(TrainingSetup training, cnp.ndarray gradient):
    # In a new vector where none is given.
    cdef Run* run = &training.run
    cdef cnp.npy_intp[2] shape
    cdef int number = cnp.NPY_DOUBLE if training.plan.is_double else cnp.NPY_FLOAT, k
    cdef cnp.ndarray one
    cdef list inputs = []
    cdef object pin
    shape[0] = training.gradient_size
    if gradient is None:
        gradient = cnp.PyArray_EMPTY(1, shape, number, 0)
    clear_gaps(training, gradient)
    pin = pinned(gradient)
    keep_places(training)
    try:
        collect_in(training, <char*> cnp.PyArray_DATA(gradient))
        for k in range(run.data.source_count):
            if run.data.sources[k].needs_gradient:
                shape[0], shape[1] = training.samples, run.data.sources[k].size
                one = cnp.PyArray_EMPTY(2, shape, number, 0)
                run.data.sources[k].delta = cnp.PyArray_DATA(one)
                inputs.append(one)
        loss = epoch(training, None)
    finally:
        take_places_back(training)
    if not training.plan.kernels.all_finite(cnp.PyArray_DATA(gradient), cnp.PyArray_SIZE(gradient)):
        raise NonFiniteGradientsError(first_not_finite(training, gradient))
    for k in range(len(inputs)):
        one = inputs[k]
        if not training.plan.kernels.all_finite(cnp.PyArray_DATA(one), cnp.PyArray_SIZE(one)):
            raise NonFiniteGradientsError(-1)
        if run.data.sources[k].rows.scaled:
            # With respect to what the user gives, not to what it is read as.
            one *= run.data.sources[k].rows.scale
    return loss, gradient, inputs


cdef object first_not_finite(TrainingSetup training, cnp.ndarray gradient):
    # The place of the operation whose gradient is the first that is not finite.
    cdef Py_ssize_t first = numpy.flatnonzero(~numpy.isfinite(gradient))[0] * gradient.itemsize
    cdef int number
    for number in range(len(training.plan.parameters)):
        if 0 <= training.places[number] <= first < training.places[number] + cnp.PyArray_NBYTES(
                <cnp.ndarray> training.plan.parameters[number]):
            return place_of_pair(training.plan, number // 2)
    return -1


cdef bint any_number(TrainingSetup training, const void* numbers, Py_ssize_t first, Py_ssize_t count) noexcept:
    # Whether one of them is not zero.
    cdef Py_ssize_t j
    for j in range(first, first + count):
        if (<const double*> numbers)[j] != 0 if training.plan.is_double else (<const float*> numbers)[j] != 0:
            return True
    return False


cdef int check_gradient(TrainingSetup training, cnp.ndarray gradient) except -1:
    if cnp.PyArray_TYPE(gradient) != (cnp.NPY_DOUBLE if training.plan.is_double else cnp.NPY_FLOAT) \
            or not cnp.PyArray_ISCARRAY_RO(gradient) or cnp.PyArray_SIZE(gradient) != training.gradient_size:
        raise ValueError(f"gradient must be a contiguous vector of {training.gradient_size} numbers of "
                         f"{training.plan.dtype}, but it is {gradient.dtype} of shape {shape_of(gradient)}")
    return 0


cdef int step_by(TrainingSetup training, cnp.ndarray gradient) except -1:
    cdef Run* run = &training.run
    cdef Parameter* parameter
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4
    cdef Py_ssize_t row
    cdef char* given
    cdef int i
    check_gradient(training, gradient)
    if not training.plan.kernels.all_finite(cnp.PyArray_DATA(gradient), cnp.PyArray_SIZE(gradient)):
        raise NonFiniteGradientsError(first_not_finite(training, gradient))
    if run.updating.adjusts:
        # Clipping changes it.
        gradient = cnp.PyArray_NewCopy(gradient, cnp.NPY_CORDER)
    keep_places(training)
    try:
        collect_in(training, <char*> cnp.PyArray_DATA(gradient))
        for i in range(run.updating.parameter_count):
            parameter = &run.updating.parameters[i]
            given = <char*> parameter.gradient
            for row in range(parameter.rows if parameter.entries != NULL else 0):
                # Of a table, rows without a gradient rest.
                (<Py_ssize_t*> parameter.entries)[row] = 0 if any_number(training, given, row * parameter.columns,
                                                                         parameter.columns) else -1
        save_weights(training)
        run.updating.given = True
        with nogil:
            if training.threads == 1:
                training.kernels.train(run, 0, 1)
            else:
                barrier_init(&run.barrier)
                pool_run(training.kernels.train, run, training.threads)
    finally:
        take_places_back(training)
    try:
        check_weights(training)
    except FloatingPointError:
        restore_weights(training, True)
        raise
    return 0
