cimport numpy as cnp
from fastnn_ext.runtime.kernels cimport Kernels

cdef const Kernels* kernels_named(object name, bint is_double) except NULL
cdef const Kernels* kernels_for_samples(const Kernels* kernels) except NULL
cdef const Kernels* kernels_of(cnp.ndarray array) except NULL
