from fastnn_ext.engine.run cimport Head, Rule


cdef class LossOptions:
    cdef readonly int loss
    cdef readonly tuple loss_numbers
    cdef readonly bint from_logits
    cdef readonly bint of_shares
    cdef readonly double label_smoothing
    cdef readonly object loss_function
    cdef readonly double target_low
    cdef readonly double target_high
    cdef readonly double loss_weight
    cdef int describe(self, Head* head) except -1


cdef class RuleOptions:
    cdef Rule rule
    cdef readonly double initial_square
