cimport numpy as cnp
from fastnn_ext.engine.run cimport Rows, Source


cdef bint are_readable(cnp.ndarray matrix) noexcept
cdef int describe_rows(Rows* rows, cnp.ndarray array, str name, Py_ssize_t columns, bint rows_only) except -1
cdef int describe_input(Rows* rows, object x, const Source* source, str name, bint rows_only) except -1
