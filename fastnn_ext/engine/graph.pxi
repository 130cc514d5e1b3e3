# A training's own copy of the plan: what each operation does in it, and what the losses compute along.


cdef void* taken(Py_ssize_t size) except NULL:
    cdef void* place = calloc(1, size)
    if place == NULL:
        raise MemoryError("no memory for the operations of a training")
    return place


cdef int copy_plan(TrainingSetup training) except -1:
    cdef Run* run = &training.run
    cdef Plan plan = training.plan
    run.operation_count, run.head_count = plan.operation_count, plan.head_count
    run.data.source_count = plan.source_count
    run.operations = <Operation*> taken(plan.operation_count * sizeof(Operation))
    run.edges = <Edge*> taken(plan.edge_count * sizeof(Edge))
    run.heads = <Head*> taken(plan.head_count * sizeof(Head))
    run.data.sources = <Source*> taken(plan.source_count * sizeof(Source))
    training.described = <Rows*> taken((plan.source_count + plan.head_count) * sizeof(Rows))
    memcpy(run.operations, plan.operations, plan.operation_count * sizeof(Operation))
    memcpy(run.edges, plan.edges, plan.edge_count * sizeof(Edge))
    memcpy(run.heads, plan.heads, plan.head_count * sizeof(Head))
    memcpy(run.data.sources, plan.sources, plan.source_count * sizeof(Source))
    return 0


cdef int freeze(TrainingSetup training, object calls, object arrays) except -1:
    # The operations of these numbers, or over these arrays, learn nothing, and neither penalties nor limits are on what
    # stays as it is. A batch normalisation among them takes its moving statistics, as in prediction.
    cdef Operation* operation
    cdef cnp.ndarray array
    cdef int i
    cdef set places = {<uintptr_t> cnp.PyArray_DATA(array) for array in arrays}
    chosen = set(calls)
    unknown = chosen.difference(range(training.plan.calls))
    if unknown:
        raise ValueError(f"frozen must hold numbers of operations below {training.plan.calls}, but it has "
                         f"{sorted(unknown)[0]}")
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if training.plan.places[i] not in chosen and not (
            places and (<uintptr_t> operation.weights in places or <uintptr_t> operation.bias in places
                        or <uintptr_t> operation.moving_mean in places)
        ):
            continue
        operation.frozen, operation.has_weights, operation.has_bias = True, False, False
        if operation.pair >= 0:
            operation.l1 = operation.l2 = operation.bias_penalty.l1 = operation.bias_penalty.l2 = 0
            operation.limit.kind = operation.bias_limit.kind = NO_LIMIT
    for i in range(training.run.operation_count):
        operation = &training.run.operations[i]
        if operation.twin >= 0 and operation.frozen != training.run.operations[operation.twin].frozen:
            raise ValueError(f"operations {training.plan.places[operation.twin]} and {training.plan.places[i]} share "
                             "their arrays: freeze both or neither")
    return 0


cdef int draw_nothing(TrainingSetup training) except -1:
    # As in prediction, but with a way back: dropout leaves nothing out, and noise is none.
    cdef int i
    for i in range(training.run.operation_count):
        if fastnn_traits(training.run.operations[i].kind).draws:
            training.run.operations[i].parameter = 0
    return 0


cdef int keep_loss_numbers(TrainingSetup training, Head* head, tuple given) except -1:
    # What a loss is told beside, in the plan's dtype; the last number stands for all that follow.
    cdef Py_ssize_t most = head.size + 3
    numbers = numpy.array(given, numpy.float64)
    if numbers.ndim != 1 or not 1 <= numbers.size <= most:
        raise ValueError(f"loss_numbers must be a sequence of 1 to {most} numbers, but it is {given!r}")
    kept = numpy.full(most, numbers[numbers.size - 1], training.plan.dtype)
    kept[:numbers.size] = numbers
    training.loss_numbers.append(kept)
    head.loss_numbers = cnp.PyArray_DATA(<cnp.ndarray> kept)
    return 0


cdef int prepare_heads(TrainingSetup training) except -1:
    # How each output is judged; a softmax or sigmoid that nobody else reads is computed along with its loss.
    cdef Run* run = &training.run
    cdef Py_ssize_t line = 16 if training.plan.is_double else 32
    cdef Operation* operation
    cdef Head* head
    cdef bint alone
    cdef int h, other
    for h in range(run.head_count):
        head = &run.heads[h]
        if head.operation < 0:
            raise ValueError("an output that is an input of the plan has nothing to learn: leave it out of a training")
        (<LossOptions> training.losses[h]).describe(head)
        keep_loss_numbers(training, head, (<LossOptions> training.losses[h]).loss_numbers)
        operation = &run.operations[head.operation]
        head.given = training.gradients_given
        alone = operation.consumers == 0 and operation.judged == 1 and head.function == NULL \
            and not head.from_logits and not head.given
        head.last = head.operation
        if alone and operation.kind == SOFTMAX and run.edges[operation.first_edge].source >= 0:
            head.softmax_in_loss, operation.in_loss = True, True
            head.last = run.edges[operation.first_edge].source
        elif alone and operation.activation == SIGMOID and head.loss == BINARY_CROSS_ENTROPY:
            head.through_sigmoid, operation.activation = True, NO_ACTIVATION
        for other in range(h):
            head.adds = head.adds or run.heads[other].last == head.last
        head.target_offset = run.arena.targets_row
        run.arena.targets_row += head.size if run.head_count == 1 else (head.size + line - 1) // line * line
    return 0


cdef int prepare_operations(TrainingSetup training) except -1:
    # Who needs a gradient, where gradients meet, and whether they are collected before the optimiser steps.
    cdef Run* run = &training.run
    cdef Operation* operation
    cdef Operation* source
    cdef Edge* edge
    cdef int i, k, place
    # By operation, and behind them by input of the plan.
    cdef list given = [False] * (run.operation_count + run.data.source_count)
    cdef Rule* rule = &run.updating.rule
    cdef bint squares = False, penalized = False
    cdef bint adjusts = rule.coupled_decay > 0 or rule.clip_value > 0 or rule.clip_norm > 0 \
        or rule.global_clip_norm > 0
    cdef bint collects = rule.optimizer == COLLECT or training.steps_given or adjusts
    run.by_sample = run.batch_size == 1 and rule.optimizer == SGD and rule.weight_decay == 0 and not run.inference \
        and not training.streaming and not run.calls_python and run.data.augmentation.height == 0 \
        and training.plan.is_chain()
    run.first_learning = run.operation_count
    for i in range(run.operation_count):
        operation = &run.operations[i]
        operation.needs_gradient = operation.has_weights or operation.has_bias
        if training.gradients_given:
            operation.l1 = operation.l2 = operation.bias_penalty.l1 = operation.bias_penalty.l2 = 0
        for k in range(operation.first_edge, operation.first_edge + operation.input_count):
            edge = &run.edges[k]
            if run.operations[edge.source].needs_gradient if edge.source >= 0 \
                    else run.data.sources[-1 - edge.source].needs_gradient:
                operation.needs_gradient = True
        if operation.needs_gradient:
            run.first_learning = min(run.first_learning, i)
        if operation.pair >= 0:
            # The dense step itself takes squares of weights along.
            penalized = penalized or operation.l1 > 0 or (operation.l2 > 0 and operation.kind != DENSE) \
                or operation.bias_penalty.l1 > 0 or operation.bias_penalty.l2 > 0
            squares = squares or operation.l2 > 0
        collects = collects or penalized or (operation.twin >= 0 and not operation.frozen) \
            or operation.limit.kind != NO_LIMIT or operation.bias_limit.kind != NO_LIMIT
        # One sample at a time, a dense layer changes as its gradient passes.
        run.by_sample = run.by_sample and not (operation.frozen and operation.needs_gradient)
        run.by_sample = run.by_sample and fastnn_traits(operation.kind).single
    run.updating.collects = collects and not run.inference
    run.updating.adjusts = adjusts or ((squares or penalized) and not training.steps_given)
    run.updating.steps_with_penalties = squares and not collects and not run.inference
    run.by_sample = run.by_sample and not run.updating.collects and not squares
    training.kernels = training.plan.kernels
    for k in range(run.head_count):
        given[run.heads[k].last] = True
    # The way back reaches the first edge of a value, seen from the end, before the others.
    for i in range(run.operation_count - 1, -1, -1):
        operation = &run.operations[i]
        if operation.in_loss:
            continue
        for k in range(operation.first_edge, operation.first_edge + operation.input_count):
            edge = &run.edges[k]
            place = edge.source if edge.source >= 0 else run.operation_count - 1 - edge.source
            edge.adds, given[place] = given[place], True
            if edge.source >= 0:
                source = &run.operations[edge.source]
                source.passes_activation = operation.kind == DENSE and source.kind == DENSE \
                    and source.activation != NO_ACTIVATION and source.consumers == 1 and source.judged == 0
    return 0
