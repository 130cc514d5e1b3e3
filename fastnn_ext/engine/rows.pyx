"""How data lie: what the engine reads is described as it is, dense or compressed, and never copied whole."""

cimport numpy as cnp
from cpython.pyport cimport PY_SSIZE_T_MAX
from libc.stdint cimport uint32_t
from fastnn_ext.engine.compressed cimport CompressedRows
from fastnn_ext.engine.run cimport FLOAT32, FLOAT64, INT32, UINT8
from fastnn_ext.runtime.arrays cimport shape_of

cnp.import_array()


class NonFiniteDataError(ValueError):
    """Data that hold NaN or infinity: carries the number of the ``sample``."""

    def __init__(self, sample):
        super().__init__(f"sample {sample} holds NaN or infinity")
        self.sample = sample


cdef bint are_readable(cnp.ndarray matrix) noexcept:
    # Whether the numbers of each row lie side by side, as the processor loads them; rows may lie anywhere.
    # Where there is no row, NumPy gives strides of 0.
    return cnp.PyArray_ISALIGNED(matrix) and cnp.PyArray_ISNOTSWAPPED(matrix) and (
        cnp.PyArray_SIZE(matrix) == 0 or cnp.PyArray_DIM(matrix, 1) == 1
        or cnp.PyArray_STRIDE(matrix, 1) == cnp.PyArray_ITEMSIZE(matrix))


cdef int describe_rows(Rows* rows, cnp.ndarray array, str name, Py_ssize_t columns, bint rows_only) except -1:
    # How the kernels read a matrix of data where it is.
    cdef int kind = cnp.PyArray_TYPE(array)
    if kind == cnp.NPY_FLOAT:
        rows.kind = FLOAT32
    elif kind == cnp.NPY_DOUBLE:
        rows.kind = FLOAT64
    elif kind == cnp.NPY_UBYTE:
        rows.kind = UINT8
    elif kind == cnp.NPY_INT32 and columns == 1:
        rows.kind = INT32
    else:
        raise TypeError(f"{name} must be float32, float64 or uint8, but it is {array.dtype}")
    cdef Py_ssize_t samples
    if rows_only:
        if cnp.PyArray_NDIM(array) != 2 or cnp.PyArray_DIM(array, 1) != columns:
            raise ValueError(f"{name} must have shape (samples, {columns}), but its shape is {shape_of(array)}")
        if not are_readable(array):
            raise TypeError(f"the rows of {name} must be contiguous, aligned and in the processor's byte order: pass "
                            f"{name}.astype({name}.dtype.newbyteorder('='), order='C'), which copies it so")
        samples, rows.stride = cnp.PyArray_DIM(array, 0), cnp.PyArray_STRIDE(array, 0)
        if samples > 1 and not -PY_SSIZE_T_MAX // samples <= rows.stride <= PY_SSIZE_T_MAX // samples:
            raise ValueError(f"{name} has {samples} rows that lie {rows.stride} bytes apart, which is more than an "
                             "address space holds: it is no array of numbers in memory")
    else:
        rows.stride = columns * cnp.PyArray_ITEMSIZE(array)
    rows.data = <const char*> cnp.PyArray_DATA(array)
    return 0


cdef int describe_input(Rows* rows, object x, const Source* source, str name, bint rows_only) except -1:
    # The same of an input of a plan, compressed or not, with the scale that it is read with.
    if isinstance(x, CompressedRows):
        if x.shape[1] != source.size:
            raise ValueError(f"{name} must have {source.size} columns, but it has {x.shape[1]}")
        values = (<CompressedRows> x).values
        describe_rows(rows, values.reshape(-1, 1), name, 1, False)
        rows.columns = <const uint32_t*> cnp.PyArray_DATA((<CompressedRows> x).columns)
        rows.starts = <const cnp.npy_intp*> cnp.PyArray_DATA((<CompressedRows> x).starts)
    else:
        describe_rows(rows, x, name, source.size, rows_only)
    rows.scale, rows.shift = source.rows.scale, source.rows.shift
    rows.scaled = rows.scale != 1 or rows.shift != 0
    return 0
