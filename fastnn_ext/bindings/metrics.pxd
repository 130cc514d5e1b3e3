# Metrics of a batch: which class is largest, how many are right, sums of errors. Counts are exact, sums in double
# precision.
from cython cimport floating
from libc.math cimport NAN

ctypedef fused number:
    # What the truth may be: one-hot rows are often bytes.
    float
    double
    unsigned char


cdef inline bint has_nan(const floating* x, Py_ssize_t count) noexcept nogil:
    # NaN is the one value that differs from itself. Compilers take that comparison several numbers at a time in
    # float32; in float64 it is four times faster to see first that all are finite: zero times a finite number is zero.
    cdef Py_ssize_t i, j, whole = count - count % 8
    cdef int found = 0
    cdef double[8] zeros
    if floating is double:
        for j in range(8):
            zeros[j] = 0
        for i in range(0, whole, 8):
            for j in range(8):
                zeros[j] += x[i + j] * 0.0
        for i in range(whole, count):
            zeros[i - whole] += x[i] * 0.0
        for j in range(1, 8):
            zeros[0] += zeros[j]
        if zeros[0] == 0:
            return False
    for i in range(count):
        found |= x[i] != x[i]
    return found


cdef inline Py_ssize_t index_of_largest(const number* x, Py_ssize_t size) noexcept nogil:
    # The first of equals. Without branches, since which one is largest cannot be predicted.
    cdef Py_ssize_t j, index = 0
    cdef number largest = x[0]
    if size >= 32:
        return index_of_largest_of_many(x, size)
    for j in range(1, size):
        index = j if x[j] > largest else index
        largest = x[j] if x[j] > largest else largest
    return index


cdef inline Py_ssize_t index_of_largest_of_many(const number* x, Py_ssize_t size) noexcept nogil:
    # Eight maxima, which do not wait for each other, and then a search: worth it from some 32 numbers on.
    cdef number[8] largest
    cdef Py_ssize_t j, k, index = 0, whole = size - size % 8
    for k in range(8):
        largest[k] = x[k]
    for j in range(8, whole, 8):
        for k in range(8):
            largest[k] = x[j + k] if x[j + k] > largest[k] else largest[k]
    for j in range(whole, size):
        largest[0] = x[j] if x[j] > largest[0] else largest[0]
    for k in range(1, 8):
        largest[0] = largest[k] if largest[k] > largest[0] else largest[0]
    while index < size - 1 and x[index] != largest[0]:
        index += 1
    return index


cdef inline bint is_largest(const floating* x, Py_ssize_t size, Py_ssize_t index) noexcept nogil:
    # Whether index is index_of_largest, from comparisons that do not wait for each other.
    cdef Py_ssize_t j
    cdef floating value = x[index]
    cdef int above = 0
    for j in range(index):
        above |= x[j] >= value
    for j in range(index + 1, size):
        above |= x[j] > value
    return not above


cdef inline void largest_in_rows(
    Py_ssize_t* labels, const floating* x, Py_ssize_t rows, Py_ssize_t columns,
) noexcept nogil:
    # labels is written.
    cdef Py_ssize_t row
    for row in range(rows):
        labels[row] = index_of_largest(x + row * columns, columns)


cdef inline Py_ssize_t equal_largest(
    const number* y_true, const floating* y_pred, Py_ssize_t rows, Py_ssize_t columns,
) noexcept nogil:
    # How many rows have their largest number in the same column in both.
    cdef Py_ssize_t row, equal = 0
    for row in range(rows):
        equal += index_of_largest(y_true + row * columns, columns) == index_of_largest(y_pred + row * columns, columns)
    return equal


cdef inline Py_ssize_t labels_largest(
    const Py_ssize_t* labels, const floating* y_pred, Py_ssize_t rows, Py_ssize_t columns,
) noexcept nogil:
    # How many rows have their largest number in the column of the label. Labels are below columns.
    cdef Py_ssize_t row, equal = 0
    for row in range(rows):
        equal += is_largest(y_pred + row * columns, columns, labels[row])
    return equal


cdef inline void labels_in_top(
    unsigned char* hits, const Py_ssize_t* labels, const floating* y_pred,
    Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t k,
) noexcept nogil:
    # hits is written: 1 where fewer than k columns come before the label's, larger or equal and to its left.
    cdef Py_ssize_t row, j, before
    cdef const floating* x
    cdef floating value
    for row in range(rows):
        x = y_pred + row * columns
        value = x[labels[row]]
        before = 0
        for j in range(labels[row]):
            before += x[j] >= value
        for j in range(labels[row] + 1, columns):
            before += x[j] > value
        hits[row] = before < k


cdef inline void count_pairs(
    long long* counts, const Py_ssize_t* y_true, const Py_ssize_t* y_pred, Py_ssize_t samples, Py_ssize_t classes,
) noexcept nogil:
    # counts (classes, classes) is added to: a row for each true class, a column for each predicted one.
    cdef Py_ssize_t i
    for i in range(samples):
        counts[y_true[i] * classes + y_pred[i]] += 1


cdef inline void weigh_pairs(
    double* sums, const Py_ssize_t* y_true, const Py_ssize_t* y_pred, const double* weights,
    Py_ssize_t samples, Py_ssize_t classes,
) noexcept nogil:
    # The same with a weight for each sample.
    cdef Py_ssize_t i
    for i in range(samples):
        sums[y_true[i] * classes + y_pred[i]] += weights[i]


cdef inline void count_decisions(
    Py_ssize_t* counts, const number* y_true, const floating* y_pred, double threshold, Py_ssize_t count,
) noexcept nogil:
    # counts[4] is written: true positives, false positives, false negatives, true negatives.
    # A prediction is positive above the threshold in its own precision, the truth above one half.
    cdef Py_ssize_t i, positive = 0, predicted = 0, both = 0
    cdef int is_true, is_predicted
    cdef floating limit = <floating> threshold
    for i in range(count):
        is_true = y_true[i] > 0.5
        is_predicted = y_pred[i] > limit
        positive += is_true
        predicted += is_predicted
        both += is_true & is_predicted
    counts[0] = both
    counts[1] = predicted - both
    counts[2] = positive - both
    counts[3] = count - positive - predicted + both


cdef inline double sum_of_squared_errors(
    const number* y_true, const floating* y_pred, Py_ssize_t count,
) noexcept nogil:
    # Eight sums that take turns: an addition need not wait for the one before, and roundings stay an eighth.
    cdef double[8] totals
    cdef double difference
    cdef Py_ssize_t i, j, whole = count - count % 8
    for j in range(8):
        totals[j] = 0
    for i in range(0, whole, 8):
        for j in range(8):
            difference = <double> y_pred[i + j] - <double> y_true[i + j]
            totals[j] += difference * difference
    for i in range(whole, count):
        difference = <double> y_pred[i] - <double> y_true[i]
        totals[i - whole] += difference * difference
    return ((totals[0] + totals[1]) + (totals[2] + totals[3])) + ((totals[4] + totals[5]) + (totals[6] + totals[7]))


cdef inline double sum_of_absolute_errors(
    const number* y_true, const floating* y_pred, Py_ssize_t count,
) noexcept nogil:
    cdef double[8] totals
    cdef double difference
    cdef Py_ssize_t i, j, whole = count - count % 8
    for j in range(8):
        totals[j] = 0
    for i in range(0, whole, 8):
        for j in range(8):
            difference = <double> y_pred[i + j] - <double> y_true[i + j]
            totals[j] += difference if difference >= 0 else -difference
    for i in range(whole, count):
        difference = <double> y_pred[i] - <double> y_true[i]
        totals[i - whole] += difference if difference >= 0 else -difference
    return ((totals[0] + totals[1]) + (totals[2] + totals[3])) + ((totals[4] + totals[5]) + (totals[6] + totals[7]))


cdef inline double area_under_roc(
    const Py_ssize_t* positive, const floating* scores, const Py_ssize_t* order, Py_ssize_t count,
) noexcept nogil:
    # order sorts the scores upwards. The share of pairs of a positive and a negative in which the positive's score
    # is larger, equal scores for one half: what midranks give. Halves are counted, in whole numbers, so that only the
    # quotient is rounded. NaN where there is no pair.
    cdef long long halves = 0, positives = 0, negatives = 0, tied_positives, tied_negatives
    cdef Py_ssize_t i = 0
    cdef floating score
    while i < count:
        score = scores[order[i]]
        tied_positives = 0
        tied_negatives = 0
        while i < count and not scores[order[i]] > score:
            if positive[order[i]]:
                tied_positives += 1
            else:
                tied_negatives += 1
            i += 1
        halves += tied_positives * (2 * negatives + tied_negatives)
        positives += tied_positives
        negatives += tied_negatives
    if positives == 0 or negatives == 0:
        return NAN
    return <double> halves / (2.0 * <double> positives * <double> negatives)
