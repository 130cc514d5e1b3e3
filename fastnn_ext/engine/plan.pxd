cimport numpy as cnp
from fastnn_ext.engine.run cimport CallKind, Operation, OperationKind, Rows, Run
from fastnn_ext.runtime.kernels cimport Kernels


cdef class Plan:
    cdef readonly Py_ssize_t input_size
    cdef readonly Py_ssize_t output_size
    cdef readonly object dtype
    cdef readonly tuple sample_shape
    cdef readonly double input_scale
    cdef readonly double input_shift
    cdef readonly list places           # for each operation, the number of the add_... call that made it
    cdef list parameters                # two arrays for each operation that learns, alive while pointers are held
    cdef list kept_alive
    cdef list pins                      # see `pinned`: of all of these arrays
    cdef bint trained                   # a training holds pointers into the plan
    cdef int predictions                # that are under way
    cdef dict functions                 # the user's own, by operation
    cdef readonly int calls             # how many add_... calls there were
    cdef bint is_double
    cdef const Kernels* kernels
    cdef Operation* operations
    cdef int operation_count
    cdef Py_ssize_t widest
    cdef Py_ssize_t multiply_adds       # of one sample's forward pass
    cdef char* kept                     # an arena that predictions of few rows use again and again
    cdef Py_ssize_t kept_size
    cdef int kept_in_use
    cdef int must_rest(self) except -1
    cdef Operation* append(self, OperationKind kind, Py_ssize_t fan_out) except NULL
    cdef bint are_rows(self, cnp.ndarray x) noexcept
    cdef int check_vector(self, cnp.ndarray array, str name) except -1
    cdef Operation* append_normalization(self, OperationKind kind, object gamma, object beta,
                                         double epsilon) except NULL
    cdef Py_ssize_t samples_in(self, cnp.ndarray x) noexcept
    cdef object predict_rows(self, object x, Py_ssize_t samples, object out)
    cdef int describe_inputs(self, Rows* rows, object x, bint rows_only) except -1
    cdef Py_ssize_t panels_size(self, int i) noexcept


cdef bint call_python(
    Run* run, int i, CallKind kind, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row, Py_ssize_t start,
    Py_ssize_t rows,
) noexcept nogil
cdef int raise_kept(Run* run) except -1
cdef Py_ssize_t padded_row(Py_ssize_t size, bint is_double) noexcept nogil
cdef Py_ssize_t aligned(Py_ssize_t size) noexcept nogil
cdef int describe_rows(Rows* rows, cnp.ndarray array, str name, Py_ssize_t columns, bint rows_only) except -1
