# The memory of a training: one arena for all that a step needs, each buffer on its own cache lines, taken once.


cdef Py_ssize_t panels_size(TrainingSetup training, int i) noexcept:
    # Bytes of the first layer's weights in panels or in aligned rows; 0 where they are trained as they lie.
    cdef Run* run = &training.run
    cdef Operation* operation = &run.operations[i]
    cdef Py_ssize_t panel = 2 * training.plan.kernels.lanes, item = 8 if training.plan.is_double else 4
    if i > 0 or operation.kind != DENSE:
        return 0
    if training.aligned:
        return aligned((run.first.whole_row + run.first.rest_row) * operation.fan_in * item)
    if not run.first.in_panels:
        return 0
    return aligned((operation.fan_out + panel - 1) // panel * panel * operation.fan_in * item)


cdef int reserve(TrainingSetup training) except -1:
    cdef Run* run = &training.run
    cdef Plan plan = training.plan
    cdef Source* last = &run.data.sources[run.data.source_count - 1]
    cdef int buffers = choose_buffers(training)
    cdef Py_ssize_t size
    cdef char* at = NULL
    cdef int i
    run.arena.inputs_row = padded_row(last.offset + last.size, plan.is_double)
    run.arena.widest_row = padded_row(plan.widest, plan.is_double)
    run.arena.spare_row = max(run.arena.widest_row, run.arena.inputs_row)
    run.arena.list_row = run.arena.inputs_row + 64
    if run.batch_size > most_numbers() // (run.arena.spare_row * (2 * plan.operation_count + 8)):
        raise MemoryError(f"a batch of {run.batch_size} rows by {plan.widest} columns does not fit an address space")
    for i in range(plan.operation_count):
        run.operations[i].output_row = padded_row(run.operations[i].fan_out, plan.is_double)
    lay_out(training, buffers, &at)
    size = <Py_ssize_t> <uintptr_t> at
    training.arena = <char*> allocate_large(size + 64)
    if training.arena == NULL:
        raise MemoryError(f"no memory for a training arena of {size} bytes: take a smaller batch")
    at = training.arena + (64 - <uintptr_t> training.arena % 64) % 64
    lay_out(training, buffers, &at)
    return 0


cdef bint has_delta(Run* run, int i) noexcept:
    # Whether a gradient with respect to an operation's output is written: it is asked for, or a loss begins with it.
    cdef int h
    for h in range(run.head_count):
        if run.heads[h].last == i:
            return True
    return run.operations[i].needs_gradient and not run.operations[i].in_loss


cdef int written_over(Run* run, int i) noexcept:
    # The operation whose gradient the one of operation i takes the place of; -1: none.
    cdef int j, k
    if run.operations[i].consumers != 1 or run.operations[i].judged:
        return -1
    for j in range(i + 1, run.operation_count):
        if fastnn_traits(run.operations[j].kind).overwrites and not run.operations[j].in_loss:
            for k in range(run.operations[j].first_edge, run.operations[j].first_edge + run.operations[j].input_count):
                if run.edges[k].source == i:
                    return j if has_delta(run, j) else -1
    return -1


cdef int choose_buffers(TrainingSetup training) except -1:
    # The buffer of each gradient, and how many there are: two share one where the first is no longer asked for when the
    # second comes. Outputs have no part in this: a loss that is not finite is looked for in them.
    cdef Run* run = &training.run
    cdef Operation* operation
    cdef int* last = <int*> taken(run.operation_count * sizeof(int))
    cdef int birth, i, number, count = 0
    cdef bint kept
    for i in range(run.operation_count):
        run.operations[i].buffer = -1
    # A loss writes before the way back begins; all else is written on it, when the last operation that reads the output
    # has its turn.
    for birth in range(run.operation_count, -1, -1):
        for i in range(birth):
            operation = &run.operations[i]
            if not has_delta(run, i) or birth != first_written(run, i):
                continue
            if written_over(run, i) >= 0:
                operation.buffer = run.operations[written_over(run, i)].buffer
            else:
                # Operation `birth` reads its own gradient while it writes this one.
                for number in range(count):
                    if last[number] > birth:
                        operation.buffer = number
                        break
                else:
                    operation.buffer = count
                    count += 1
            # Read until the operation's own turn; or to the end, where its weights change there, or another thread may
            # still be reading its rows, which lie elsewhere in another operation's.
            kept = fastnn_traits(operation.kind).learns and (not run.at_once or operation.kind != DENSE)
            last[operation.buffer] = -1 if kept or training.threads > 1 else i
    free(last)
    return count


cdef int first_written(Run* run, int i) noexcept:
    # When the gradient of operation i is written first.
    cdef int h
    for h in range(run.head_count):
        if run.heads[h].last == i:
            return run.operation_count
    return last_reader(run, i)


cdef int last_reader(Run* run, int i) noexcept:
    cdef int j
    for j in range(run.operation_count - 1, i, -1):
        if reads(run, j, i):
            return j
    return run.operation_count


cdef bint reads(Run* run, int j, int i) noexcept:
    # Whether operation j takes the output of operation i.
    cdef int k
    for k in range(run.operations[j].first_edge, run.operations[j].first_edge + run.operations[j].input_count):
        if run.edges[k].source == i:
            return True
    return False


cdef char* placed(char** at, Py_ssize_t size) noexcept:
    # The next `size` bytes. Where `at` starts at NULL, nothing is written: the end is then the size of it all.
    cdef char* place = at[0]
    at[0] = place + aligned(size)
    return place


cdef int lay_out(TrainingSetup training, int buffers, char** at) except -1:
    # Gives every buffer its place, in the order in which a step uses them.
    cdef Run* run = &training.run
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4, batch = run.batch_size
    cdef Py_ssize_t panel = 2 * training.plan.kernels.lanes, columns
    cdef Operation* operation
    cdef int i, h, slot
    run.arena.inputs = placed(at, batch * run.arena.inputs_row * item)
    if run.first.sparse:
        run.arena.lists = placed(at, batch * 32)
        run.arena.list_values = placed(at, batch * run.arena.list_row * item)
        run.arena.list_columns = <uint32_t*> placed(at, batch * run.arena.list_row * 4)
    run.arena.targets = placed(at, batch * run.arena.targets_row * item)
    for i in range(run.operation_count):
        operation = &run.operations[i]
        operation.output = placed(at, batch * operation.output_row * item)
        if panels_size(training, i):
            operation.panels = placed(at, panels_size(training, i))
            if i == 0 and training.aligned:
                run.first.aligned = operation.panels
            for slot in range(STATES if i == 0 and (run.first.in_panels or training.aligned) else 0):
                operation.panels_state[slot] = operation.panels
                if operation.weights_state[slot] != operation.weights:
                    operation.panels_state[slot] = placed(at, panels_size(training, i))
        if operation.kind == BATCH_NORMALIZATION or operation.kind == LAYER_NORMALIZATION:
            operation.statistics = placed(at, 2 * max(batch, operation.fan_out) * item)
        elif operation.kind == DENSE_ALONG_AXIS:
            columns = (operation.weight_columns + panel - 1) // panel * panel + operation.weight_rows
            operation.statistics = placed(at, batch * (operation.fan_in // operation.weight_rows) * columns * item)
        elif operation.kind == ACTIVITY_PENALTY:
            operation.row_penalty = <double*> placed(at, batch * 8)
    for h in range(run.head_count):
        run.heads[h].row_loss = <double*> placed(at, batch * 8)
    place_deltas(training, buffers, at)
    place_scratch(training, at)
    place_gradients(training, at)
    return 0


cdef int place_deltas(TrainingSetup training, int buffers, char** at) except -1:
    cdef Run* run = &training.run
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4, row
    cdef char* place
    cdef int i, number
    for number in range(buffers):
        row = 0
        for i in range(run.operation_count):
            if run.operations[i].buffer == number:
                row = max(row, run.operations[i].output_row)
        place = placed(at, run.batch_size * row * item)
        for i in range(run.operation_count):
            if run.operations[i].buffer == number:
                run.operations[i].delta = place
    run.arena.spare = placed(at, run.batch_size * run.arena.spare_row * item if needs_spare(run) else 0)
    return 0


cdef bint needs_spare(Run* run) noexcept:
    cdef Operation* operation
    cdef int i, k
    for i in range(run.head_count):
        if run.heads[i].adds:
            return True
    for i in range(run.operation_count):
        operation = &run.operations[i]
        for k in range(operation.first_edge, operation.first_edge + operation.input_count):
            if run.edges[k].adds or fastnn_traits(operation.kind).of_batch:
                return True
    return False


cdef void place_scratch(TrainingSetup training, char** at) noexcept:
    # What each thread has for itself: packed weights on the way back, inputs sorted by column, the places of values.
    cdef Run* run = &training.run
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4, panel = 2 * training.plan.kernels.lanes
    cdef Py_ssize_t scratch = 0, columns, size = run.data.sources[0].size
    cdef Operation* operation
    cdef int i
    if run.first.lists_only:
        scratch = aligned(size * max(run.operations[0].fan_out, run.first.whole_row + run.first.rest_row) * item)
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.kind == DENSE_ALONG_AXIS and gives_gradient(run, i):
            columns = (operation.weight_rows + panel - 1) // panel * panel
            scratch = max(scratch, aligned(columns * operation.weight_columns * item))
        if operation.kind == DENSE and gives_gradient(run, i):
            scratch = max(scratch, aligned(way_back(run.batch_size, operation.fan_in, operation.fan_out, panel) * item))
        if operation.kind == DENSE and packs_weights(run.batch_size, operation.fan_out):
            scratch = max(scratch, aligned(packed_weights(operation.fan_out, operation.fan_in, panel) * item))
        if operation.kind == DENSE and packs_update(run.batch_size, operation.fan_out):
            scratch = max(scratch, aligned(packed_update(run.batch_size, operation.fan_in, operation.fan_out, panel)
                                           * item))
    if run.data.augmentation.height > 0:
        scratch = max(scratch, aligned(size * item))
    run.arena.sorted_inputs = scratch
    if run.first.sparse and not run.first.lists_only:
        scratch += aligned((size + 32) * 4) + aligned(run.batch_size * size * 2 * item)
    run.arena.values = scratch
    scratch += aligned((run.operation_count + run.data.source_count) * 16)
    for i in range(training.threads):
        run.arena.scratch[i] = placed(at, scratch)


cdef bint gives_gradient(Run* run, int i) noexcept:
    # Whether a dense operation's way back goes on below it.
    cdef int source = run.edges[run.operations[i].first_edge].source
    return source >= 0 or run.data.sources[-1 - source].needs_gradient


cdef void place_table_gradient(Run* run, int i, char** at, Py_ssize_t item, bint streaming) noexcept:
    # Of an embedding: operations that share a table collect their gradients in one place.
    cdef Operation* operation = &run.operations[i]
    cdef Operation* first = operation if operation.twin < 0 else &run.operations[operation.twin]
    if operation.twin >= 0:
        operation.entries, operation.weights_gradient = first.entries, first.weights_gradient
        return
    operation.entries = <Py_ssize_t*> placed(at, operation.weight_rows * sizeof(Py_ssize_t))
    if run.updating.collects:
        operation.weights_gradient = placed(at, operation.weight_rows * operation.weight_columns * item)
    elif streaming:
        # A batch at a time: to keep all rows would cost more than to train some.
        operation.changed = <Py_ssize_t*> placed(at, run.batch_size * operation.fan_in * sizeof(Py_ssize_t))
        operation.before = placed(at, run.batch_size * operation.fan_out * item)


cdef void clear_tables(TrainingSetup training) noexcept:
    # No row has a gradient before the first batch. The last operation of a table is the first on the way back.
    cdef Run* run = &training.run
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4, number
    cdef Operation* operation
    cdef int i, j
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.kind != EMBEDDING:
            continue
        operation.clears = True
        training.tables = training.tables or operation.changed != NULL
        for j in range(i + 1, run.operation_count):
            operation.clears = operation.clears and run.operations[j].pair != operation.pair
        for number in range(operation.weight_rows):
            operation.entries[number] = -1
        if run.updating.collects:
            memset(operation.weights_gradient, 0, operation.weight_rows * operation.weight_columns * item)


cdef void place_gradients(TrainingSetup training, char** at) noexcept:
    # Room for gradients that are collected, and for those of normalisations.
    cdef Run* run = &training.run
    cdef Py_ssize_t item = 8 if training.plan.is_double else 4, rows = 0
    cdef Operation* operation
    cdef int i, count = 0
    for i in range(run.operation_count):
        operation = &run.operations[i]
        # A normalisation without gamma and beta works out their gradients all the same.
        if not fastnn_traits(operation.kind).learns:
            continue
        if operation.kind == EMBEDDING:
            place_table_gradient(run, i, at, item, training.streaming)
        elif run.updating.collects or operation.kind != DENSE:
            operation.weights_gradient = placed(at, operation.weight_rows * operation.weight_columns * item)
            operation.bias_gradient = placed(at, operation.weight_columns * item)
        operation.first_row = rows
        rows += operation.weight_rows + 1
        count += 2
    if run.updating.collects or run.updating.steps_with_penalties:
        run.arena.row_penalty = <double*> placed(at, rows * 8)
    if run.updating.collects:
        run.arena.row_squares = <double*> placed(at, rows * 8)
        run.updating.parameters = <Parameter*> placed(at, count * sizeof(Parameter))


cdef void list_parameters(Run* run) noexcept:
    # The arrays that learn, with their gradients and their places among the sums of rows.
    cdef Operation* operation
    cdef Parameter* parameter
    cdef Py_ssize_t place = 0
    cdef int i, slot
    run.updating.parameter_count = 0
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.twin >= 0:
            continue
        if operation.has_weights:
            parameter = &run.updating.parameters[run.updating.parameter_count]
            run.updating.parameter_count += 1
            parameter.values, parameter.gradient = operation.weights, operation.weights_gradient
            parameter.rows, parameter.columns = operation.weight_rows, operation.weight_columns
            # A penalty gives all rows of a table a gradient.
            parameter.entries = NULL if operation.l1 > 0 or operation.l2 > 0 else operation.entries
            parameter.l1, parameter.l2, parameter.limit = operation.l1, operation.l2, operation.limit
            for slot in range(STATES):
                parameter.state[slot] = operation.weights_state[slot]
            parameter.place = place
            place += parameter.rows
        if operation.has_bias:
            parameter = &run.updating.parameters[run.updating.parameter_count]
            run.updating.parameter_count += 1
            parameter.values, parameter.gradient = operation.bias, operation.bias_gradient
            parameter.rows, parameter.columns, parameter.entries = 1, operation.weight_columns, NULL
            parameter.l1, parameter.l2 = operation.bias_penalty.l1, operation.bias_penalty.l2
            parameter.limit = operation.bias_limit
            for slot in range(STATES):
                parameter.state[slot] = operation.bias_state[slot]
            parameter.place = place
            place += 1
