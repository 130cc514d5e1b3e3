cimport numpy as cnp
from fastnn_ext.engine.adjustments cimport LimitKind
from fastnn_ext.engine.layout cimport MOST_ROWS_BY_COLUMNS
from fastnn_ext.engine.run cimport CallKind, Edge, Head, Operation, Run, Source
from fastnn_ext.engine.timed_threads cimport ThreadTimes
from fastnn_ext.runtime.kernels cimport Kernels
from fastnn_ext.tables.enums cimport OperationKind


cdef class PlanGraph:
    cdef readonly object dtype
    cdef readonly Py_ssize_t output_size    # of the value that was added last
    cdef readonly tuple sample_shape        # of the first input
    cdef readonly list places               # for each operation, the number of the add_... call that made it
    cdef readonly int calls                 # how many add_... calls there were
    cdef readonly int value                 # the number of that which the next operation takes where none is told
    cdef set shared                         # operations whose values others than the next one take, too
    cdef list values                        # the operation that has the value of each; -1: none has it any more
    cdef list parameters                    # two arrays for each operation that learns, kept alive
    cdef list kept_alive
    cdef list orders                        # of permutations, kept alive
    cdef list pins                          # see `pinned`: of all of these arrays
    cdef readonly dict categories           # of inputs that hold some, how many, and the call that said so
    cdef dict functions                     # the user's own, by operation
    cdef bint trained                       # a training holds pointers into the plan
    cdef int predictions                    # that are under way
    cdef bint is_double
    cdef const Kernels* kernels
    cdef Operation* operations
    cdef int operation_count
    cdef Edge* edges
    cdef int edge_count
    cdef Source* sources                    # what is known of the inputs without their data
    cdef int source_count
    cdef Head* heads                        # and of the outputs
    cdef int head_count
    cdef bint outputs_chosen                # otherwise the last value is the one output
    cdef int slots                          # buffers that a prediction needs; 0: not known yet
    cdef Py_ssize_t widest
    cdef Py_ssize_t multiply_adds           # of one sample's forward pass
    cdef char* kept                         # an arena that predictions of few rows use again and again
    cdef Py_ssize_t kept_size
    cdef int kept_in_use
    cdef ThreadTimes[MOST_ROWS_BY_COLUMNS] times    # of predictions of so many rows that threads may share
    cdef int must_rest(self) except -1
    cdef int place_of(self, object value) except? -1
    cdef list given(self, object inputs)
    cdef Operation* append(self, OperationKind kind, object inputs, Py_ssize_t fan_out) except NULL
    cdef int add_edge(self, int source) except -1
    cdef int append_source(self, Py_ssize_t size) except -1
    cdef int append_head(self, int operation) except -1
    cdef Py_ssize_t size_of(self, int source) noexcept
    cdef object finish(self, Operation* operation)
    cdef bint is_chain(self) noexcept
    cdef Py_ssize_t one_input(self, list places) except -1
    cdef Py_ssize_t width_of(self, list places, Py_ssize_t width, str name) except -1
    cdef int take_categories(self, object places, Py_ssize_t count) except -1


cdef class TrainableOperations(PlanGraph):
    cdef Operation* append_normalization(
        self, OperationKind kind, object inputs, object gamma, object beta, double epsilon) except NULL
    cdef int check_vector(self, cnp.ndarray array, str name, Py_ssize_t size) except -1
    cdef int twin_of(self, OperationKind kind, cnp.ndarray w, cnp.ndarray b, bint has_bias) except? -2
    cdef int keep_parameters(self, Operation* operation, int twin, cnp.ndarray weights, cnp.ndarray bias) except -1
    cdef int keep_one(self, Operation* operation, int twin, cnp.ndarray weights) except -1
    cdef int set_limit(self, object array, LimitKind kind, double low, double high, double rate) except -1
    cdef Operation* owner_of(self, object array, bint* of_bias) except NULL


cdef class Plan(TrainableOperations):
    cdef object append_dropout(self, OperationKind kind, double rate, object inputs)


cdef Py_ssize_t padded_row(Py_ssize_t size, bint is_double) noexcept nogil
cdef Py_ssize_t aligned(Py_ssize_t size) noexcept nogil
cdef bint call_python(
    Run* run, int i, CallKind kind, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row, Py_ssize_t start,
    Py_ssize_t rows,
) noexcept nogil
cdef int raise_kept(Run* run) except -1
