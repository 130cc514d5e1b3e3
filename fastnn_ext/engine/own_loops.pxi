# Gradients that users ask for, and steps by those that they bring.


cdef Py_ssize_t place_in(Training training, cnp.ndarray vector, int number) except -1:
    # Where a parameter begins in the vector of all, in bytes.
    cdef cnp.ndarray array = training.plan.parameters[number]
    cdef Py_ssize_t place = <char*> cnp.PyArray_DATA(array) - <char*> cnp.PyArray_DATA(vector)
    if place < 0 or place + cnp.PyArray_NBYTES(array) > cnp.PyArray_NBYTES(vector):
        raise ValueError("vector must be the one that all arrays that learn are views of")
    return place


cdef int check_vector(Training training, cnp.ndarray vector) except -1:
    cdef int number = cnp.NPY_DOUBLE if training.plan.is_double else cnp.NPY_FLOAT
    if cnp.PyArray_TYPE(vector) != number or not cnp.PyArray_ISCARRAY_RO(vector) or cnp.PyArray_NDIM(vector) != 1:
        raise ValueError(f"a vector of {training.plan.dtype} must be given, contiguous, but it is {vector.dtype} "
                         f"of shape {shape_of(vector)}")
    return 0


cdef int collect_in(Training training, cnp.ndarray vector, char* gradient) except -1:
    # Operations that learn leave their gradients there, each at its place in the vector.
    cdef Operation* operation
    cdef int i
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.pair < 0 or operation.twin >= 0:
            continue
        if operation.has_weights:
            operation.weights_gradient = gradient + place_in(training, vector, 2 * operation.pair)
        if operation.has_bias:
            operation.bias_gradient = gradient + place_in(training, vector, 2 * operation.pair + 1)
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.kind == EMBEDDING and operation.twin >= 0:
            # Those that share a table collect in one place.
            operation.weights_gradient = training.run.operations[operation.twin].weights_gradient
    list_parameters(&training.run)
    return 0


cdef object gradients_of_batch(Training training, cnp.ndarray vector):
    cdef Run* run = &training.run
    cdef cnp.npy_intp[2] shape
    cdef int number = cnp.NPY_DOUBLE if training.plan.is_double else cnp.NPY_FLOAT, k
    cdef cnp.ndarray gradient, one
    cdef list inputs = []
    check_vector(training, vector)
    gradient = cnp.PyArray_ZEROS(1, cnp.PyArray_DIMS(vector), number, 0)
    collect_in(training, vector, <char*> cnp.PyArray_DATA(gradient))
    for k in range(run.data.source_count):
        if run.data.sources[k].needs_gradient:
            shape[0], shape[1] = training.samples, run.data.sources[k].size
            one = cnp.PyArray_EMPTY(2, shape, number, 0)
            run.data.sources[k].delta = cnp.PyArray_DATA(one)
            inputs.append(one)
    loss = training.epoch(None)
    if not training.plan.kernels.all_finite(cnp.PyArray_DATA(gradient), cnp.PyArray_SIZE(gradient)):
        raise NonFiniteGradientsError(place_of_gradient(training, vector, gradient))
    for k in range(len(inputs)):
        one = inputs[k]
        if not training.plan.kernels.all_finite(cnp.PyArray_DATA(one), cnp.PyArray_SIZE(one)):
            raise NonFiniteGradientsError(-1)
        if run.data.sources[k].rows.scaled:
            # With respect to what the user gives, not to what it is read as.
            one *= run.data.sources[k].rows.scale
    return loss, gradient, inputs


cdef object place_of_gradient(Training training, cnp.ndarray vector, cnp.ndarray gradient):
    # The place of the first operation whose gradient is not finite.
    cdef Py_ssize_t first = numpy.flatnonzero(~numpy.isfinite(gradient))[0] * gradient.itemsize
    cdef Py_ssize_t begin
    cdef int number
    for number in range(len(training.plan.parameters)):
        begin = <char*> cnp.PyArray_DATA(<cnp.ndarray> training.plan.parameters[number]) \
            - <char*> cnp.PyArray_DATA(vector)
        if begin <= first < begin + cnp.PyArray_NBYTES(<cnp.ndarray> training.plan.parameters[number]):
            return place_of_pair(training.plan, number // 2)
    return -1


cdef bint any_number(Training training, const void* numbers, Py_ssize_t first, Py_ssize_t count) noexcept:
    # Whether one of them is not zero.
    cdef Py_ssize_t j
    for j in range(first, first + count):
        if (<const double*> numbers)[j] != 0 if training.plan.is_double else (<const float*> numbers)[j] != 0:
            return True
    return False


cdef int step_by(Training training, cnp.ndarray vector, cnp.ndarray gradient) except -1:
    cdef Run* run = &training.run
    cdef Parameter* parameter
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4
    cdef Py_ssize_t row
    cdef char* given
    cdef int i
    check_vector(training, vector)
    check_vector(training, gradient)
    if cnp.PyArray_SIZE(gradient) != cnp.PyArray_SIZE(vector):
        raise ValueError(f"gradient must have the vector's {cnp.PyArray_SIZE(vector)} numbers, but it has "
                         f"{cnp.PyArray_SIZE(gradient)}")
    for i in range(run.updating.parameter_count):
        parameter = &run.updating.parameters[i]
        given = <char*> cnp.PyArray_DATA(gradient) + (<char*> parameter.values - <char*> cnp.PyArray_DATA(vector))
        if run.updating.adjusts:
            # A copy, as clipping changes it.
            memcpy(parameter.gradient, given, parameter.rows * parameter.columns * item)
        else:
            parameter.gradient = given
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
    try:
        check_weights(training)
    except FloatingPointError:
        restore_weights(training, True)
        raise
    return 0
