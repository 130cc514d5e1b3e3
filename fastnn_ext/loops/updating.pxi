# From the gradients with respect to outputs to new parameters: tile by tile, with squared penalties, or, where other
# penalties, clipping or coupled decay ask for it, with all gradients collected first.


cdef inline double nadam_momentum(const Rule* rule, long step) noexcept nogil:
    # The momentum of a step, which grows to beta_1 (Dozat 2016, in PyTorch's form).
    return rule.beta_1 * (1 - 0.5 * pow(0.96, step * rule.momentum_decay))


cdef double set_rule(
    step_rule* step, const Rule* rule, double rate, long number, double momentum_product,
) noexcept nogil:
    # The numbers of one optimiser step, counted from 1; returns the product of Nadam's momentums so far. Adam's
    # corrections for its first steps (Kingma and Ba 2015, section 2) go into the rate and epsilon: lr m' / (sqrt(v') +
    # e) = lr c / (1 - b1^t) m / (sqrt(v) + e c) with c = sqrt(1 - b2^t). Nadam's are Dozat's (2016), as in PyTorch.
    cdef double rate_2 = 0, epsilon = rule.epsilon, decay = 1 - rate * rule.weight_decay
    cdef double correction, momentum, next_momentum
    if fastnn_corrected(rule.optimizer) & SQUARES_STATE:
        correction = sqrt(1 - pow(rule.beta_2, <double> number))
        if not rule.epsilon_hat:
            epsilon = epsilon * correction
        rate = rate * correction
    if fastnn_corrected(rule.optimizer) & MOMENTUM_STATE:
        rate = rate / (1 - pow(rule.beta_1, <double> number))
    if rule.optimizer == NADAM:
        momentum = nadam_momentum(rule, number)
        next_momentum = nadam_momentum(rule, number + 1)
        momentum_product = momentum_product * momentum
        rate_2 = rate * next_momentum / (1 - momentum_product * next_momentum)
        rate = rate * (1 - momentum) / (1 - momentum_product)
    elif rule.optimizer == MOMENTUM or rule.optimizer == NESTEROV:
        # The step takes the negative of each: v = b v + g; w -= rate v, or v = b v - rate g; w += v.
        rate_2 = rate if rule.rate_in_velocity else -1
        rate = -1 if rule.rate_in_velocity else rate
    step.optimizer = rule.optimizer
    step.learning_rate = <real> rate
    step.learning_rate_2 = <real> rate_2
    step.beta_1 = <real> rule.beta_1
    step.beta_2 = <real> rule.beta_2
    step.rest_1 = <real> (1 - rule.beta_1)
    step.rest_2 = <real> rule.squares_weight
    step.epsilon = <real> (0 if rule.epsilon_inside else epsilon)
    step.epsilon_inside = <real> (epsilon if rule.epsilon_inside else 0)
    step.decay = <real> decay
    step.ridge = 0
    return momentum_product


cdef inline parameters parameters_of(void* values, void** state, Py_ssize_t at) noexcept nogil:
    # From number `at` of an array that learns: the numbers, and the rule's state of each.
    cdef parameters w
    cdef int slot
    w.values = <real*> values + at
    for slot in range(STATES):
        w.state[slot] = <real*> state[slot] + at
    return w


cdef inline parameters stateless(void* values) noexcept nogil:
    # For a rule that keeps no state, or for a gradient that is collected.
    cdef parameters w
    cdef int slot
    w.values = <real*> values
    for slot in range(STATES):
        w.state[slot] = w.values
    return w


cdef double clipped(double norm, double limit) noexcept nogil:
    # The factor that brings a norm down to a limit; 0 is no limit.
    return limit / norm if limit > 0 and norm > limit else 1


cdef void add_gradients_of_twins(Pass* p) noexcept nogil:
    # The gradients of operations with the same weights meet in the first one's; each thread adds the rows that it then
    # steps.
    cdef Operation* operation
    cdef Operation* twin
    cdef Gradient part
    cdef Py_ssize_t rows
    cdef int i
    for i in range(p.run.operation_count):
        operation = &p.run.operations[i]
        # A table's have met already.
        if operation.twin < 0 or operation.kind == EMBEDDING:
            continue
        twin = &p.run.operations[operation.twin]
        rows = operation.weight_rows
        part.first, part.last = 0, operation.weight_columns
        if operation.has_weights:
            part.begin, part.end = share(rows, p.thread, p.threads), share(rows, p.thread + 1, p.threads)
            add_rows(<real*> twin.weights_gradient, part.last, <real*> operation.weights_gradient, part.last, 1, &part)
        if operation.has_bias:
            part.begin, part.end = share(1, p.thread, p.threads), share(1, p.thread + 1, p.threads)
            add_rows(<real*> twin.bias_gradient, part.last, <real*> operation.bias_gradient, part.last, 1, &part)


cdef inline void step_part(
    Run* run, const step_rule* rule, Parameter* parameter, double factor, Py_ssize_t begin, Py_ssize_t end,
) noexcept nogil:
    # Rows begin to end of one that learns: their collected gradients are clipped, and the optimiser steps.
    cdef Py_ssize_t columns = parameter.columns
    cdef real* gradient = <real*> parameter.gradient + begin * columns
    cdef real* values = <real*> parameter.values + begin * columns
    if factor != 1 or run.updating.rule.coupled_decay > 0:
        scale_row(gradient, values, (end - begin) * columns, <real> factor, <real> run.updating.rule.coupled_decay)
    if run.updating.rule.optimizer != COLLECT:
        step_rows(rule, gradient, columns, parameters_of(parameter.values, parameter.state, begin * columns), columns,
                  end - begin, columns)


cdef double step_by_collected(Run* run, const step_rule* rule, double scale, int thread, int threads) noexcept nogil:
    # Penalties, clipping and coupled decay change the collected gradients, then the optimiser steps. Returns the
    # penalty. Each thread adds up all rows' sums, in order: all get the same number. Penalties are multiplied by
    # `scale`.
    cdef Parameter* parameter
    cdef Py_ssize_t row, begin, end, columns
    cdef double penalty = 0, squares, total_squares = 0, factor
    cdef bint limited = False
    cdef int i
    for i in range(run.updating.parameter_count if run.updating.adjusts else 0):
        parameter = &run.updating.parameters[i]
        columns = parameter.columns
        for row in range(share(parameter.rows, thread, threads), share(parameter.rows, thread + 1, threads)):
            if parameter.entries != NULL and parameter.entries[row] < 0:
                run.arena.row_penalty[parameter.place + row] = run.arena.row_squares[parameter.place + row] = 0
                continue
            adjust_row(<real*> parameter.gradient + row * columns, <real*> parameter.values + row * columns, columns,
                       <real> (scale * parameter.l1), <real> (scale * parameter.l2),
                       <real> run.updating.rule.clip_value,
                       &run.arena.row_penalty[parameter.place + row], &run.arena.row_squares[parameter.place + row])
    if run.updating.adjusts:
        meet(run, threads)
    for i in range(run.updating.parameter_count if run.updating.adjusts else 0):
        parameter = &run.updating.parameters[i]
        for row in range(parameter.place, parameter.place + parameter.rows):
            penalty += run.arena.row_penalty[row]
            total_squares += run.arena.row_squares[row]
    for i in range(run.updating.parameter_count):
        parameter = &run.updating.parameters[i]
        squares = 0
        for row in range(parameter.place, parameter.place + parameter.rows if run.updating.adjusts else 0):
            squares += run.arena.row_squares[row]
        factor = clipped(sqrt(total_squares), run.updating.rule.global_clip_norm) * clipped(sqrt(squares),
                                                                                            run.updating.rule.clip_norm)
        limited = limited or (parameter.limit.kind != NO_LIMIT and run.updating.rule.optimizer != COLLECT)
        begin = share(parameter.rows, thread, threads)
        end = share(parameter.rows, thread + 1, threads)
        if parameter.entries == NULL:
            step_part(run, rule, parameter, factor, begin, end)
            continue
        for row in range(begin, end):
            if parameter.entries[row] >= 0:
                step_part(run, rule, parameter, factor, row, row + 1)
    if limited:
        meet(run, threads)
        for i in range(run.updating.parameter_count):
            keep_limit(&run.updating.parameters[i], thread, threads)
    return penalty


cdef void keep_limit(Parameter* parameter, int thread, int threads) noexcept nogil:
    # A thread's columns, or its rows.
    cdef Limit* limit = &parameter.limit
    cdef Py_ssize_t columns = parameter.columns, row
    if limit.kind == NORMS_OF_COLUMNS:
        limit_columns(<real*> parameter.values, parameter.rows, columns,
                      column_share(columns, COLUMNS_OF_A_LINE, thread, threads),
                      column_share(columns, COLUMNS_OF_A_LINE, thread + 1, threads),
                      <real> limit.low, <real> limit.high, <real> limit.rate)
        return
    for row in range(share(parameter.rows, thread, threads), share(parameter.rows, thread + 1, threads)):
        if limit.kind == NORMS_OF_ROWS:
            limit_row(<real*> parameter.values + row * columns, columns, <real> limit.low, <real> limit.high,
                      <real> limit.rate)
        elif limit.kind == NOT_NEGATIVE:
            forbid_negative(<real*> parameter.values + row * columns, columns)


cdef void step_by_given(Run* run, int thread, int threads) noexcept nogil:
    # One step of the optimiser by gradients that are there already, whatever penalties they hold.
    cdef Updating* updating = &run.updating
    cdef step_rule rule
    cdef double next_product = set_rule(&rule, &updating.rule, updating.rule.learning_rate, updating.step + 1,
                                        updating.momentum_product)
    step_by_collected(run, &rule, 0, thread, threads)
    meet(run, threads)
    if thread == 0:
        updating.step += 1
        updating.momentum_product = next_product


cdef double squared_penalties(Run* run) noexcept nogil:
    # What the penalties that are part of the step were before it: all rows' sums, in order, whoever worked them out.
    cdef Operation* operation
    cdef Py_ssize_t row
    cdef double total = 0
    cdef int i
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.kind == DENSE and operation.l2 > 0:
            for row in range(operation.first_row, operation.first_row + operation.fan_in):
                total += run.arena.row_penalty[row]
    return total


cdef double update(Pass* p, const step_rule* rule) noexcept nogil:
    # All that learn, or all but the dense layers whose weights have changed on the way, once the gradients with respect
    # to outputs are known. Returns the penalty on the weights.
    cdef Run* run = p.run
    cdef Operation* operation
    cdef int i
    # Where dense layers have changed on the way, the last gradients may be those of each thread's own rows.
    cdef bint met = not run.at_once
    for i in range(run.operation_count - 1, -1, -1):
        operation = &run.operations[i]
        if not (operation.has_weights or operation.has_bias) or (operation.kind == DENSE and run.at_once):
            continue
        if not met:
            meet(run, p.threads)
            met = True
        descriptors[operation.kind].update(p, i)
    if not run.updating.collects:
        return 0
    meet(run, p.threads)
    add_gradients_of_twins(p)
    if run.updating.rule.optimizer == COLLECT and not run.updating.adjusts:
        return 0
    return step_by_collected(run, rule, p.penalty_scale, p.thread, p.threads)
