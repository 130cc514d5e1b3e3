cimport numpy as cnp


cdef class CompressedRows:
    cdef readonly cnp.ndarray values
    cdef readonly cnp.ndarray columns
    cdef readonly cnp.ndarray starts
    cdef readonly tuple shape
    cdef object pin                 # see `pinned`: of the values
