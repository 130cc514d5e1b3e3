"""How data lie: what the engine reads is described as it is, dense or compressed, and never copied whole."""

cimport numpy as cnp
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.pyport cimport PY_SSIZE_T_MAX
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy
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


# Numbers of any kind are moved as the bytes that they are.
ctypedef fused unit:
    uint8_t
    uint16_t
    uint32_t
    uint64_t


# Bytes of the rows that are put together in the first-level cache, and of which there are a few at least. In their
# places each line of the cache is then written once, and in order.
cdef enum:
    PUT_TOGETHER = 1 << 14
    FEWEST_ROWS = 16


cdef Py_ssize_t rows_together(Py_ssize_t width, Py_ssize_t size) noexcept nogil:
    return max(FEWEST_ROWS, PUT_TOGETHER // (max(width, 1) * size))


cdef void write_columns(
    const unit** columns, Py_ssize_t width, unit* together, char* rows, Py_ssize_t stride, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t first, last, row, i
    cdef const unit *a
    cdef const unit *b
    cdef const unit *c
    cdef const unit *d
    cdef unit* into
    first = 0
    while first < count:
        last = min(first + rows_together(width, sizeof(unit)), count)
        for i in range(0, width - 3, 4):
            a, b, c, d = columns[i], columns[i + 1], columns[i + 2], columns[i + 3]
            into = together + i
            for row in range(first, last):
                into[0] = a[row]
                into[1] = b[row]
                into[2] = c[row]
                into[3] = d[row]
                into += width
        for i in range(width - width % 4, width):
            a = columns[i]
            for row in range(first, last):
                together[(row - first) * width + i] = a[row]
        if stride == width * <Py_ssize_t> sizeof(unit):
            memcpy(rows + first * stride, together, (last - first) * stride)
        else:
            for row in range(first, last):
                memcpy(rows + row * stride, together + (row - first) * width, width * sizeof(unit))
        first = last


def interleave(list columns, cnp.ndarray rows):
    """Write columns side by side into rows.

    Parameters
    ----------
    columns : list of ndarray, each of shape (n,)
        Read in place where they are contiguous and of the dtype of ``rows``, else converted, as by ``astype``.
    rows : ndarray of shape (n, columns)
        The numbers of each row lie side by side.
    """
    cdef Py_ssize_t width = len(columns), i
    cdef int kind = cnp.PyArray_TYPE(rows)
    cdef cnp.ndarray column
    cdef list held = []
    cdef bint real = cnp.PyTypeNum_ISINTEGER(kind) or cnp.PyTypeNum_ISFLOAT(kind) or cnp.PyTypeNum_ISBOOL(kind)
    if not real or cnp.PyArray_ITEMSIZE(rows) > 8:
        raise TypeError(f"rows must hold real numbers of at most 8 bytes, but its dtype is {rows.dtype}")
    if cnp.PyArray_NDIM(rows) != 2 or cnp.PyArray_DIM(rows, 1) != width:
        raise ValueError(f"rows must have shape (n, {width}), as there are {width} columns, but its shape is "
                         f"{shape_of(rows)}")
    if not are_readable(rows) or not cnp.PyArray_ISWRITEABLE(rows):
        raise ValueError("rows must be writable, and the numbers of each contiguous, aligned and in the processor's "
                         "byte order")
    for value in columns:
        column = cnp.PyArray_FROM_OTF(value, kind, cnp.NPY_ARRAY_CARRAY_RO | cnp.NPY_ARRAY_FORCECAST)
        if cnp.PyArray_NDIM(column) != 1 or cnp.PyArray_DIM(column, 0) != cnp.PyArray_DIM(rows, 0):
            raise ValueError(f"each column must have shape ({cnp.PyArray_DIM(rows, 0)},), but one has "
                             f"{shape_of(column)}")
        held.append(column)
    cdef int size = cnp.PyArray_ITEMSIZE(rows)
    cdef size_t room = width * (sizeof(void*) + rows_together(width, size) * size)
    cdef const void** pointers = <const void**> PyMem_Malloc(room)
    if pointers == NULL:
        raise MemoryError
    for i in range(width):
        pointers[i] = cnp.PyArray_DATA(<cnp.ndarray> held[i])
    cdef void* together = pointers + width
    cdef char* data = <char*> cnp.PyArray_DATA(rows)
    cdef Py_ssize_t stride = cnp.PyArray_STRIDE(rows, 0), count = cnp.PyArray_DIM(rows, 0)
    with nogil:
        if size == 1:
            write_columns(<const uint8_t**> pointers, width, <uint8_t*> together, data, stride, count)
        elif size == 2:
            write_columns(<const uint16_t**> pointers, width, <uint16_t*> together, data, stride, count)
        elif size == 4:
            write_columns(<const uint32_t**> pointers, width, <uint32_t*> together, data, stride, count)
        else:
            write_columns(<const uint64_t**> pointers, width, <uint64_t*> together, data, stride, count)
    PyMem_Free(pointers)
