# From the gradients with respect to outputs to new parameters: tile by tile, or, where penalties, clipping or coupled
# decay ask for it, with all gradients collected first.


cdef inline double nadam_momentum(const Rule* rule, long step) noexcept nogil:
    # The momentum of a step, which grows to beta_1 (Dozat 2016, in PyTorch's form).
    return rule.beta_1 * (1 - 0.5 * pow(0.96, step * rule.momentum_decay))


cdef double set_rule(
    step_rule* step, const Rule* rule, double rate, long number, double momentum_product,
) noexcept nogil:
    # The numbers of one optimiser step, counted from 1; returns the product of Nadam's momentums so far. Adam's corrections for its first
    # steps (Kingma and Ba 2015, section 2) go into the rate and epsilon: lr m' / (sqrt(v') + e) =
    # lr c / (1 - b1^t) m / (sqrt(v) + e c) with c = sqrt(1 - b2^t). Nadam's are Dozat's (2016), as in PyTorch.
    cdef double rate_2 = 0, epsilon = rule.epsilon, decay = 1 - rate * rule.weight_decay
    cdef double correction, momentum, next_momentum
    if fastnn_corrected(rule.optimizer) & SQUARES_STATE:
        correction = sqrt(1 - pow(rule.beta_2, <double> number))
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
    step.optimizer = rule.optimizer
    step.learning_rate = <real> rate
    step.learning_rate_2 = <real> rate_2
    step.beta_1 = <real> rule.beta_1
    step.beta_2 = <real> rule.beta_2
    step.rest_1 = <real> (1 - rule.beta_1)
    step.rest_2 = <real> rule.squares_weight
    step.epsilon = <real> epsilon
    step.decay = <real> decay
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


cdef void update_dense(
    Run* run, int i, const real* input, Py_ssize_t input_row, Py_ssize_t batch, const step_rule* rule, int thread, int threads,
) noexcept nogil:
    # The optimiser's step for a thread's part of the weights, or the gradient itself where it is collected.
    cdef Operation* operation = &run.operations[i]
    cdef const real* delta = <const real*> operation.delta
    cdef bint in_panels = i == 0 and run.in_panels
    cdef parameters weights, bias
    cdef Layout at = layout(run, i)
    # Columns in a thread's own panels; elsewhere rows, which lie one behind the other, so that what a thread's processor fetches
    # ahead is not another's.
    cdef Py_ssize_t k_begin = 0, k_end = operation.fan_in, j_begin = 0, j_end = operation.fan_out
    if run.separate:
        weights, bias = stateless(operation.weights_gradient), stateless(operation.bias_gradient)
    else:
        bias = parameters_of(operation.bias, operation.bias_state, 0)
        if in_panels:
            weights = parameters_of(operation.panels, operation.panels_state, 0)
        else:
            weights = parameters_of(operation.weights, operation.weights_state, 0)
    if in_panels:
        j_begin = column_share(operation.fan_out, at.width, thread, threads)
        j_end = column_share(operation.fan_out, at.width, thread + 1, threads)
    else:
        k_begin = share(operation.fan_in, thread, threads)
        k_end = share(operation.fan_in, thread + 1, threads)
    if thread == threads - 1 and operation.has_bias:
        update_bias(rule, delta, operation.output_row, batch, bias, operation.fan_out)
    if i == 0 and run.sparse and run.narrow:
        narrow_update(<real*> run.scratch[thread], lists_of(run), batch, k_begin, k_end, delta, operation.output_row, weights,
                      operation.fan_out, rule, run.seen)
    elif i == 0 and run.sparse:
        if not run.sorted:
            by_column(sorted_starts(run, thread), sorted_entries(run, thread), lists_of(run), batch,
                      operation.output_row, k_begin, k_end)
        columns_update(sorted_starts(run, thread) + (k_begin if run.sorted else 0), sorted_entries(run, thread), k_begin, k_end,
                       batch, delta + j_begin, parameters_at(weights, j_begin // at.width * at.panel), at.row, at.panel,
                       j_end - j_begin, rule, run.seen)
    else:
        weights_update(weights, at.row, at.panel, input, input_row, delta, operation.output_row, batch,
                       k_begin, k_end, j_begin, j_end, rule)


cdef void update_normalization(
    Run* run, int i, const real* input, Py_ssize_t input_row, Py_ssize_t batch, const step_rule* rule, int thread, int threads,
) noexcept nogil:
    # The same for a thread's columns of gamma and beta; those of a batch normalisation have their gradients already.
    cdef Operation* operation = &run.operations[i]
    cdef real* dgamma = <real*> operation.weights_gradient
    cdef real* dbeta = <real*> operation.bias_gradient
    cdef Py_ssize_t begin = column_share(operation.fan_out, COLUMNS_APART, thread, threads)
    cdef Py_ssize_t end = column_share(operation.fan_out, COLUMNS_APART, thread + 1, threads)
    if operation.kind == LAYER_NORMALIZATION:
        layer_normalize_gradients(dgamma, dbeta, <real*> operation.delta, operation.output_row, input, input_row, batch,
                                  begin, end, <real*> operation.statistics)
    if run.separate:
        return
    if operation.has_weights:
        step_rows(rule, dgamma + begin, 0, parameters_of(operation.weights, operation.weights_state, begin), 0, 1, end - begin)
    if operation.has_bias:
        step_rows(rule, dbeta + begin, 0, parameters_of(operation.bias, operation.bias_state, begin), 0, 1, end - begin)


cdef double clipped(double norm, double limit) noexcept nogil:
    # The factor that brings a norm down to a limit; 0 is no limit.
    return limit / norm if limit > 0 and norm > limit else 1


cdef double step_separately(Run* run, const step_rule* rule, int thread, int threads) noexcept nogil:
    # Penalties, clipping and coupled decay change the collected gradients, then the optimiser steps. Returns the penalty.
    # Each thread adds up all rows' sums, in order: all get the same number.
    cdef Parameter* parameter
    cdef Py_ssize_t row, begin, end, columns
    cdef double penalty = 0, squares, total_squares = 0, factor
    cdef real* gradient
    cdef real* values
    cdef bint limited = False
    cdef int i
    for i in range(run.parameter_count):
        parameter = &run.parameters[i]
        columns = parameter.columns
        for row in range(share(parameter.rows, thread, threads), share(parameter.rows, thread + 1, threads)):
            adjust_row(<real*> parameter.gradient + row * columns, <real*> parameter.values + row * columns, columns,
                       <real> parameter.l1, <real> parameter.l2, <real> run.rule.clip_value,
                       &run.row_penalty[parameter.place + row], &run.row_squares[parameter.place + row])
    meet(run, threads)
    for i in range(run.parameter_count):
        parameter = &run.parameters[i]
        for row in range(parameter.place, parameter.place + parameter.rows):
            penalty += run.row_penalty[row]
            total_squares += run.row_squares[row]
    for i in range(run.parameter_count):
        parameter = &run.parameters[i]
        squares = 0
        for row in range(parameter.place, parameter.place + parameter.rows):
            squares += run.row_squares[row]
        factor = clipped(sqrt(total_squares), run.rule.global_clip_norm) * clipped(sqrt(squares), run.rule.clip_norm)
        limited = limited or (parameter.maximum_norm > 0 and run.rule.optimizer != COLLECT)
        columns = parameter.columns
        begin = share(parameter.rows, thread, threads)
        end = share(parameter.rows, thread + 1, threads)
        gradient = <real*> parameter.gradient + begin * columns
        values = <real*> parameter.values + begin * columns
        if factor != 1 or run.rule.coupled_decay > 0:
            scale_row(gradient, values, (end - begin) * columns, <real> factor, <real> run.rule.coupled_decay)
        if run.rule.optimizer != COLLECT:
            step_rows(rule, gradient, columns, parameters_of(parameter.values, parameter.state, begin * columns), columns,
                      end - begin, columns)
    if limited:
        meet(run, threads)
        for i in range(run.parameter_count):
            parameter = &run.parameters[i]
            if parameter.maximum_norm > 0:
                limit_columns(<real*> parameter.values, parameter.rows, parameter.columns,
                              column_share(parameter.columns, COLUMNS_APART, thread, threads),
                              column_share(parameter.columns, COLUMNS_APART, thread + 1, threads),
                              <real> parameter.maximum_norm)
    return penalty


cdef inline const step_rule* collecting(Run* run, const step_rule* rule, step_rule* collected) noexcept nogil:
    # The rule itself, or one that keeps gradients for later.
    if not run.separate:
        return rule
    collected.optimizer = COLLECT
    collected.decay = 1
    return collected


cdef double update(
    Run* run, const step_rule* rule, const real* x, Py_ssize_t x_row, Py_ssize_t batch, bint dense_too, int thread, int threads,
) noexcept nogil:
    # All that learn, or all but the dense layers, once the gradients with respect to outputs are known. Returns the penalty
    # on the weights.
    cdef step_rule collected
    cdef const step_rule* chosen = collecting(run, rule, &collected)
    cdef int i
    # Where dense layers have stepped on the way, the last gradients may be those of each thread's own rows.
    cdef bint met = dense_too
    for i in range(run.last, run.first_learning - 1, -1):
        if run.operations[i].kind == DENSE and dense_too:
            update_dense(run, i, input_of(run, i, x), input_row_of(run, i, x_row), batch, chosen, thread, threads)
        elif run.operations[i].kind != DENSE and (run.operations[i].has_weights or run.operations[i].has_bias):
            if not met:
                meet(run, threads)
                met = True
            update_normalization(run, i, input_of(run, i, x), input_row_of(run, i, x_row), batch, chosen, thread, threads)
    if not run.separate:
        return 0
    meet(run, threads)
    return step_separately(run, rule, thread, threads)
