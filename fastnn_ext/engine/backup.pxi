# What training changes is kept before a run, and put back where numbers stop being finite.


cdef int list_learning(TrainingSetup training) except -1:
    # The arrays that a run changes, with their numbers among the plan's parameters; -1 of moving statistics.
    cdef Operation* operation
    cdef cnp.ndarray array
    cdef set moving = set()
    cdef int i, number
    training.learning = []
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.frozen:
            continue
        if operation.pair >= 0 and operation.twin < 0 and training.run.updating.rule.optimizer != COLLECT:
            for number in (2 * operation.pair, 2 * operation.pair + 1):
                training.learning.append((number, training.plan.parameters[number]))
        if operation.kind == BATCH_NORMALIZATION:
            moving.update((<uintptr_t> operation.moving_mean, <uintptr_t> operation.moving_variance))
    for array in training.plan.kept_alive:
        if <uintptr_t> cnp.PyArray_DATA(array) in moving:
            training.learning.append((-1, array))
    return 0


cdef Operation* table_of(TrainingSetup training, Py_ssize_t number) noexcept:
    # The operation that itself keeps what a run changes of a parameter, a table of which one batch changes some rows;
    # NULL for all others.
    cdef int i
    if not training.tables or training.steps_given or training.samples > training.run.batch_size:
        return NULL
    for i in range(training.run.operation_count):
        if training.run.operations[i].changed != NULL and 2 * training.run.operations[i].pair == number:
            return &training.run.operations[i]
    return NULL


cdef void restore_rows(TrainingSetup training, Operation* table) noexcept:
    cdef Py_ssize_t size = table.weight_columns * (8 if training.plan.is_double else 4), entry
    for entry in range(training.run.batch_size * table.fan_in):
        if table.changed[entry] >= 0:
            memcpy(<char*> table.weights + table.changed[entry] * size, <char*> table.before + entry * size, size)


cdef bint rows_are_finite(TrainingSetup training, Operation* table) noexcept:
    cdef Py_ssize_t size = table.weight_columns * (8 if training.plan.is_double else 4), entry
    for entry in range(training.run.batch_size * table.fan_in):
        if table.changed[entry] >= 0 and not training.plan.kernels.all_finite(
                <char*> table.weights + table.changed[entry] * size, table.weight_columns):
            return False
    return True


cdef int save_weights(TrainingSetup training) except -1:
    cdef Py_ssize_t size = 0, number, entry
    cdef cnp.ndarray array
    cdef Operation* table
    if training.run.inference:
        return 0
    if training.saved == NULL:
        for _, array in training.learning:
            size += cnp.PyArray_NBYTES(array)
        training.saved = <char*> allocate_large(max(1, size))
        if training.saved == NULL:
            raise MemoryError(f"no memory to keep the {size} bytes of weights while they are trained")
    size = 0
    for number, array in training.learning:
        table = table_of(training, number)
        if table == NULL:
            memcpy(training.saved + size, cnp.PyArray_DATA(array), cnp.PyArray_NBYTES(array))
        else:
            # A batch that fails has changed no row.
            for entry in range(training.run.batch_size * table.fan_in):
                table.changed[entry] = -1
        size += cnp.PyArray_NBYTES(array)
    return 0


cdef int restore_weights(TrainingSetup training, bint stepped) except -1:
    # An optimiser that has stepped, and may have seen infinity, starts anew.
    cdef Py_ssize_t size = 0, number
    cdef cnp.ndarray array
    cdef Operation* table
    if training.run.inference:
        return 0
    for number, array in training.learning:
        table = table_of(training, number)
        if table == NULL:
            memcpy(cnp.PyArray_DATA(array), training.saved + size, cnp.PyArray_NBYTES(array))
        else:
            restore_rows(training, table)
        size += cnp.PyArray_NBYTES(array)
    if not stepped:
        return 0
    for state, start in zip(training.arrays, training.starts):
        state[...] = start
    move_state(training, False)
    training.run.updating.step = 0
    training.run.updating.momentum_product = 1
    return 0


cdef int check_weights(TrainingSetup training) except -1:
    # One sum tells: a number that is not finite times zero is NaN.
    cdef Py_ssize_t number
    cdef cnp.ndarray array
    cdef Operation* operation
    cdef Operation* table
    cdef int i
    for number, array in training.learning:
        table = table_of(training, number) if number >= 0 else NULL
        if number >= 0 and not (
            rows_are_finite(training, table) if table != NULL
            else training.plan.kernels.all_finite(cnp.PyArray_DATA(array), cnp.PyArray_SIZE(array))
        ):
            raise NonFiniteWeightsError(place_of_pair(training.plan, number // 2))
    # A variance that overflows makes outputs of zero: no loss would show it.
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.kind == BATCH_NORMALIZATION and not operation.frozen and not (
            training.plan.kernels.all_finite(operation.moving_mean, operation.fan_out)
            and training.plan.kernels.all_finite(operation.moving_variance, operation.fan_out)
        ):
            raise NonFiniteWeightsError(training.plan.places[i])
    return 0


cdef object place_of_pair(Plan plan, Py_ssize_t pair):
    # The place of the operation that has the arrays of this number.
    cdef int i
    for i in range(plan.operation_count):
        if plan.operations[i].pair == pair:
            return plan.places[i]
    return -1


cdef object first_non_finite(TrainingSetup training, Py_ssize_t batch):
    # Called when a loss is not finite: the place of the operation whose output shows it first, or -1 where the loss
    # alone does.
    cdef Py_ssize_t row, j
    cdef int i
    cdef double value
    cdef Operation* operation
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        for row in range(batch):
            for j in range(operation.fan_out):
                if training.plan.is_double:
                    value = (<double*> operation.output)[row * operation.output_row + j]
                else:
                    value = (<float*> operation.output)[row * operation.output_row + j]
                if not is_finite(value):
                    return training.plan.places[i]
    return -1
