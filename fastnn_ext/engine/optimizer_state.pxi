# The optimiser's arrays: in the parameters' shapes, or, for a first layer that trains in panels, laid out as those.


cdef bint make_state(TrainingSetup training, object given) except -1:
    # Arrays of the parameters' shapes, as many as the rule keeps. Returns whether a parameter that has had no gradient
    # stays as it is.
    cdef Run* run = &training.run
    cdef double initial_square = training.rule.initial_square
    cdef UpdateRule optimizer = run.updating.rule.optimizer
    # Adagrad's squares alone stay where there is no gradient; all else decays.
    cdef bint fresh = initial_square == 0 or run.updating.rule.beta_2 == 1
    slots = () if run.inference else SLOTS[<int> optimizer]
    shapes = [] if run.inference else state_shapes(training.plan, optimizer)
    training.starts = [
        initial_square if slot == 1 else 0.0 for _ in training.plan.parameters[::2] for slot in slots for _ in range(2)]
    if given is None:
        _, training.arrays = allocate(shapes, training.plan.dtype)
        for array, start in zip(training.arrays, training.starts):
            array[...] = start
    else:
        training.arrays = list(given)
        if len(training.arrays) != len(shapes) or any(
            not isinstance(array, numpy.ndarray) or array.shape != shape or array.dtype != training.plan.dtype
            or not array.flags.carray
            for array, shape in zip(training.arrays, shapes)
        ):
            raise ValueError("state must hold the arrays that a training of the same plan and optimiser had")
        for array, start in zip(training.arrays, training.starts):
            if start == 0 or run.updating.rule.beta_2 == 1:
                fresh = fresh and (array == start).all()
            else:
                fresh = fresh and not array.any()
    training.state_pins = [pinned(array) for array in training.arrays]
    point_to_state(training, slots)
    return fresh


cdef int point_to_state(TrainingSetup training, tuple slots) except -1:
    cdef Operation* operation
    cdef int i, slot, at, number
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        for slot in range(STATES):
            operation.weights_state[slot], operation.bias_state[slot] = operation.weights, operation.bias
        if operation.pair < 0:
            continue
        for at in range(len(slots)):
            slot, number = slots[at], 2 * (operation.pair * <int> len(slots) + at)
            operation.weights_state[slot] = cnp.PyArray_DATA(<cnp.ndarray> training.arrays[number])
            operation.bias_state[slot] = cnp.PyArray_DATA(<cnp.ndarray> training.arrays[number + 1])
    return 0


cdef int move_state(TrainingSetup training, bint back) except -1:
    # The state of a first layer that is trained in panels or in aligned rows, into them or back.
    cdef Operation* operation = &training.run.operations[0]
    cdef Py_ssize_t number = 0
    cdef int slot
    if not (training.run.first.in_panels or training.aligned):
        return 0
    for slot in range(STATES):
        if operation.weights_state[slot] == operation.weights:
            continue
        array, number = training.arrays[number], number + 2
        if training.aligned:
            move_to_rows(training, array, <char*> operation.panels_state[slot], back)
        else:
            move_to_panels(training, array, operation.panels_state[slot], back)
    return 0


cdef int move_to_panels(TrainingSetup training, object array, void* place, bint back) except -1:
    cdef Operation* operation = &training.run.operations[0]
    cdef Py_ssize_t panel = 2 * training.plan.kernels.lanes
    cdef cnp.npy_intp[3] shape
    cdef cnp.ndarray panels
    shape[0], shape[1], shape[2] = (operation.fan_out + panel - 1) // panel, operation.fan_in, panel
    panels = cnp.PyArray_SimpleNewFromData(3, shape, cnp.PyArray_TYPE(<cnp.ndarray> array), place)
    if back:
        array[...] = panels.transpose(1, 0, 2).reshape(operation.fan_in, -1)[:, :operation.fan_out]
    else:
        padded = numpy.zeros((operation.fan_in, shape[0] * panel), array.dtype)
        padded[:, :operation.fan_out] = array
        panels[...] = padded.reshape(operation.fan_in, -1, panel).transpose(1, 0, 2)
    return 0


cdef int move_to_rows(TrainingSetup training, object array, char* place, bint back) except -1:
    cdef FirstLayer* first = &training.run.first
    cdef int kind = cnp.PyArray_TYPE(<cnp.ndarray> array)
    cdef cnp.npy_intp[2] shape
    cdef cnp.ndarray whole, rest
    shape[0], shape[1] = training.run.operations[0].fan_in, first.whole_row
    whole = cnp.PyArray_SimpleNewFromData(2, shape, kind, place)
    shape[1] = first.rest_row
    rest = cnp.PyArray_SimpleNewFromData(2, shape, kind, place + cnp.PyArray_NBYTES(whole))
    columns = min(first.whole_row, array.shape[1])
    if back:
        array[:, :columns] = whole[:, :columns]
        array[:, columns:] = rest[:, :array.shape[1] - columns]
    else:
        whole[...], rest[...] = 0, 0
        whole[:, :columns] = array[:, :columns]
        rest[:, :array.shape[1] - columns] = array[:, columns:]
    return 0
