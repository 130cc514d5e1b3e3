# Optimisers in plain loops: the definition of what the kernels' fused steps compute, one number at a time.
from cython cimport floating
from libc.math cimport pow, sqrt
from fastnn_ext.engine.run cimport Rule, nadam_momentum
from fastnn_ext.tables.enums cimport ADAM, MOMENTUM, NESTEROV, RMSPROP, SGD


cdef inline void sgd_update(
    floating* parameters, const floating* gradients, floating learning_rate, Py_ssize_t count,
) noexcept nogil:
    # parameters is added to: p -= learning_rate * g.
    cdef Py_ssize_t i
    for i in range(count):
        parameters[i] -= learning_rate * gradients[i]


cdef inline void optimizer_update(
    floating* parameters, const floating* gradients, floating* first, floating* second, const Rule* rule, long step,
    double momentum_product, Py_ssize_t count,
) noexcept nogil:
    # Parameters and their state are changed; `step` counts from 1. first and second are read where the rule has them;
    # momentum_product is that of Nadam's momentums up to this step.
    cdef Py_ssize_t i
    cdef double g, w, root
    cdef double mean_correction = 1 - pow(rule.beta_1, <double> step)
    cdef double square_correction = 1 - pow(rule.beta_2, <double> step)
    cdef double momentum = nadam_momentum(rule, step), next_momentum = nadam_momentum(rule, step + 1)
    for i in range(count):
        w = parameters[i]
        g = gradients[i] + rule.coupled_decay * w
        if rule.optimizer == SGD:
            w -= rule.learning_rate * g
        elif rule.optimizer == MOMENTUM or rule.optimizer == NESTEROV:
            first[i] = <floating> (rule.beta_1 * first[i] + g)
            w -= rule.learning_rate * (g + rule.beta_1 * first[i] if rule.optimizer == NESTEROV else first[i])
        elif rule.optimizer == RMSPROP:
            second[i] = <floating> (rule.beta_2 * second[i] + rule.squares_weight * g * g)
            w -= rule.learning_rate * g / (sqrt(second[i]) + rule.epsilon)
        else:
            first[i] = <floating> (rule.beta_1 * first[i] + (1 - rule.beta_1) * g)
            second[i] = <floating> (rule.beta_2 * second[i] + (1 - rule.beta_2) * g * g)
            root = sqrt(second[i] / square_correction) + rule.epsilon
            if rule.optimizer == ADAM:
                w = (w * (1 - rule.learning_rate * rule.weight_decay)
                     - rule.learning_rate * first[i] / mean_correction / root)
            else:
                w -= rule.learning_rate * ((1 - momentum) / (1 - momentum_product) * g
                                           + next_momentum / (1 - momentum_product * next_momentum) * first[i]) / root
        parameters[i] = <floating> w
