# Losses of a batch and their gradients, alone and fused with softmax. Losses are summed in double precision.
#
# Mean squared error is the mean over all elements; cross-entropy is summed over classes and averaged over rows.
from cython cimport floating
from libc.math cimport exp, log
from fastnn_ext.bindings.softmax cimport softmax_backward, softmax_forward


cdef inline floating smallest_probability(floating like) noexcept nogil:
    # Half the distance from 1 to its neighbour: a probability below it cannot be told from a rounding error of
    # a sum near 1, and its reciprocal is far from overflow.
    if floating is float:
        return <floating> 5.9604645e-08
    else:
        return 1.1102230246251565e-16


cdef inline double mse_value(const floating* y_true, const floating* y_pred, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t i
    cdef double total = 0, difference
    for i in range(count):
        difference = <double> y_pred[i] - <double> y_true[i]
        total += difference * difference
    return total / count


cdef inline void mse_gradient(
    floating* dy, const floating* y_true, const floating* y_pred, Py_ssize_t count,
) noexcept nogil:
    # dy is written: 2 (y_pred - y_true) / count.
    cdef Py_ssize_t i
    cdef floating scale = <floating> (2.0 / count)
    for i in range(count):
        dy[i] = scale * (y_pred[i] - y_true[i])


cdef inline double cross_entropy_value(
    const floating* y_true, const floating* y_pred, Py_ssize_t batch, Py_ssize_t classes,
) noexcept nogil:
    # -sum y_true log(y_pred) / batch, with probabilities of at least smallest_probability. NaN stays NaN.
    cdef Py_ssize_t i
    cdef double total = 0
    cdef floating floor = smallest_probability[floating](0)
    for i in range(batch * classes):
        # The second comparison holds for NaN alone, which no class may hide.
        if y_true[i] != 0 or y_pred[i] != y_pred[i]:
            total -= <double> y_true[i] * log(<double> (floor if y_pred[i] < floor else y_pred[i]))
    return total / batch


cdef inline void cross_entropy_gradient(
    floating* dy, const floating* y_true, const floating* y_pred, Py_ssize_t batch, Py_ssize_t classes,
) noexcept nogil:
    # dy is written: -y_true / (y_pred batch), with probabilities of at least smallest_probability.
    cdef Py_ssize_t i
    cdef floating floor = smallest_probability[floating](0)
    for i in range(batch * classes):
        dy[i] = -y_true[i] / ((floor if y_pred[i] < floor else y_pred[i]) * batch)


cdef inline double softmax_cross_entropy(
    floating* probabilities, floating* dlogits, const floating* logits, const floating* y_true,
    Py_ssize_t batch, Py_ssize_t classes,
) noexcept nogil:
    # Both outputs are written. The loss is log(sum exp(logits)) - logits, exact for logits of any size; the gradient is
    # (probabilities sum(y_true) - y_true) / batch, in which nothing can overflow or vanish.
    cdef Py_ssize_t row, j
    cdef double total = 0, partition, largest
    cdef floating mass
    softmax_forward(probabilities, logits, batch, classes)
    for row in range(batch):
        largest = logits[row * classes] if classes > 0 else 0
        for j in range(row * classes, (row + 1) * classes):
            if logits[j] > largest:
                largest = logits[j]
        partition = 0
        mass = 0
        for j in range(row * classes, (row + 1) * classes):
            partition += exp(<double> logits[j] - largest)
            mass += y_true[j]
        partition = log(partition)
        for j in range(row * classes, (row + 1) * classes):
            if y_true[j] != 0:
                total += y_true[j] * (partition - (<double> logits[j] - largest))
            dlogits[j] = (probabilities[j] * mass - y_true[j]) / batch
    return total / batch


cdef inline double softmax_mse(
    floating* probabilities, floating* dlogits, const floating* logits, const floating* y_true,
    Py_ssize_t batch, Py_ssize_t classes,
) noexcept nogil:
    # Both outputs are written: mean squared error of softmax(logits), and its gradient through the softmax.
    softmax_forward(probabilities, logits, batch, classes)
    mse_gradient(dlogits, y_true, probabilities, batch * classes)
    softmax_backward(dlogits, dlogits, probabilities, batch, classes)
    return mse_value(y_true, probabilities, batch * classes)
