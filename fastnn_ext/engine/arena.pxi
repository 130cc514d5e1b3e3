# The memory of a training: one arena for all that a step needs, each buffer on its own cache lines, taken once.


cdef Py_ssize_t panels_size(Plan plan, Run* run, int i, bint sparse) noexcept:
    # Bytes of a layer's packed weights; 0 where they are read in place.
    cdef Operation* operation = &run.operations[i]
    if operation.kind != DENSE:
        return 0
    cdef bint small = operation.fan_out < WIDTH_WORTH_PACKING or run.batch_size < ROWS_WORTH_PACKING
    if not (i == 0 and run.in_panels) and (small or (i == 0 and sparse)):
        return 0
    cdef Py_ssize_t panel = 2 * plan.kernels.lanes
    return aligned((operation.fan_out + panel - 1) // panel * panel * operation.fan_in * (8 if plan.is_double else 4))


cdef bint passes_delta_on(const Operation* operation) noexcept:
    # Whether the gradient with respect to the input may be written over the one with respect to the output.
    return operation.kind in (ACTIVATION, SOFTMAX, DROPOUT, NOISE, FUNCTION)


cdef char* placed(char** at, Py_ssize_t size) noexcept:
    # The next `size` bytes. Where `at` starts at NULL, nothing is written: the end is then the size of it all.
    cdef char* place = at[0]
    at[0] = place + aligned(size)
    return place


cdef void lay_out(Plan plan, Run* run, int threads, char** at) noexcept:
    # Gives every buffer its place, in the order in which a step uses them.
    cdef Py_ssize_t item = 8 if plan.is_double else 4, batch = run.batch_size, panel = 2 * plan.kernels.lanes
    cdef Py_ssize_t scratch = 0, columns, rows = 0, size
    cdef Operation* operation
    cdef bint learns
    cdef int i, slot, count = 0
    run.inputs = placed(at, batch * run.inputs_row * item)
    if run.sparse:
        run.lists = placed(at, batch * 32)
        run.list_values = placed(at, batch * run.list_row * item)
        run.list_columns = <uint32_t*> placed(at, batch * run.list_row * 4)
        if run.narrow:
            scratch = aligned(run.input_size * run.operations[0].fan_out * item)
    run.targets = placed(at, batch * run.output_size * item)
    for i in range(run.operation_count):
        operation = &run.operations[i]
        operation.output = placed(at, batch * operation.output_row * item)
        if panels_size(plan, run, i, run.sparse):
            operation.panels = placed(at, panels_size(plan, run, i, run.sparse))
            for slot in range(2 if i == 0 and run.in_panels else 0):
                operation.panels_state[slot] = operation.panels
                if operation.weights_state[slot] != operation.weights:
                    operation.panels_state[slot] = placed(at, panels_size(plan, run, i, run.sparse))
        if operation.kind == BATCH_NORMALIZATION or operation.kind == LAYER_NORMALIZATION:
            operation.statistics = placed(at, 2 * max(batch, operation.fan_out) * item)
        if operation.kind == DENSE and i > 0:
            columns = (operation.fan_in + panel - 1) // panel * panel
            scratch = max(scratch, aligned(columns * operation.fan_out * item))
    run.row_loss = <double*> placed(at, batch * 8)
    for i in range(run.last, -1, -1):
        operation = &run.operations[i]
        if i < run.last and passes_delta_on(operation + 1):
            operation.delta = (operation + 1).delta
        else:
            operation.delta = placed(at, batch * operation.output_row * item)
    if run.operations[0].kind == BATCH_NORMALIZATION:
        run.input_delta = placed(at, batch * run.inputs_row * item)
    if run.augmentation.height > 0:
        scratch = max(scratch, aligned(run.input_size * item))
    run.sorted_inputs = scratch
    if run.sparse and not run.narrow:
        scratch += aligned((run.input_size + 32) * 4) + aligned(batch * run.input_size * 2 * item)
    for i in range(threads):
        run.scratch[i] = placed(at, scratch)
    for i in range(run.operation_count):
        operation = &run.operations[i]
        # A normalisation without gamma and beta works out their gradients all the same.
        learns = operation.has_weights or operation.has_bias
        if not learns and operation.kind not in (BATCH_NORMALIZATION, LAYER_NORMALIZATION):
            continue
        size = operation.fan_in if operation.kind == DENSE else 1
        if run.separate or operation.kind != DENSE:
            operation.weights_gradient = placed(at, size * operation.fan_out * item)
            operation.bias_gradient = placed(at, operation.fan_out * item)
        rows += size + 1
        count += 2
    if run.separate:
        run.row_penalty = <double*> placed(at, rows * 8)
        run.row_squares = <double*> placed(at, rows * 8)
        run.parameters = <Parameter*> placed(at, count * sizeof(Parameter))


cdef void list_parameters(Run* run) noexcept:
    # The arrays that learn, with their gradients and their places among the sums of rows.
    cdef Operation* operation
    cdef Parameter* parameter
    cdef Py_ssize_t place = 0
    cdef int i, slot
    run.parameter_count = 0
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.has_weights:
            parameter = &run.parameters[run.parameter_count]
            run.parameter_count += 1
            parameter.values, parameter.gradient = operation.weights, operation.weights_gradient
            parameter.rows, parameter.columns = operation.fan_in if operation.kind == DENSE else 1, operation.fan_out
            parameter.l1, parameter.l2, parameter.maximum_norm = operation.l1, operation.l2, operation.maximum_norm
            for slot in range(2):
                parameter.state[slot] = operation.weights_state[slot]
            parameter.place = place
            place += parameter.rows
        if operation.has_bias:
            parameter = &run.parameters[run.parameter_count]
            run.parameter_count += 1
            parameter.values, parameter.gradient = operation.bias, operation.bias_gradient
            parameter.rows, parameter.columns = 1, operation.fan_out
            parameter.l1 = parameter.l2 = parameter.maximum_norm = 0
            for slot in range(2):
                parameter.state[slot] = operation.bias_state[slot]
            parameter.place = place
            place += 1
