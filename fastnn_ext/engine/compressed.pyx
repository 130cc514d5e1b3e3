"""Compressed rows: a matrix as its numbers that are not zero, each with its column, row after row (CSR)."""

import numpy
cimport numpy as cnp
from libc.stdint cimport INT32_MAX, uint32_t

from fastnn_ext.runtime.arrays cimport pinned, shape_of

cnp.import_array()


cdef class CompressedRows:
    """A compressed matrix that a plan can read in place of rows.

    Parameters
    ----------
    values : ndarray of float32, float64 or uint8, shape (entries,)
        Read where they lie.
    columns : ndarray of integers, shape (entries,)
        Ascending within each row. Copied, as the next are: kernels find their way by them without a look.
    starts : ndarray of integers, shape (rows + 1,)
        Where each row's entries begin; the last is where they end.
    column_count : int

    Raises
    ------
    TypeError, ValueError
        For arrays that describe no such matrix: what is read later is checked here, once.

    Examples
    --------
    >>> import numpy as np
    >>> rows = CompressedRows(np.array([5.0, 7.0]), np.array([1, 0]), np.array([0, 1, 2]), 3)
    >>> rows.shape, rows.dense()
    ((2, 3), array([[0., 5., 0.],
           [7., 0., 0.]]))
    """

    def __cinit__(self, values, columns, starts, Py_ssize_t column_count):
        if not 0 < column_count <= INT32_MAX:
            raise ValueError(f"a compressed matrix must have from 1 to {2**31 - 1} columns, but it has {column_count}")
        self.values = contiguous(values, "values")
        if self.values.dtype not in (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64), numpy.dtype(numpy.uint8)):
            raise TypeError(f"values must be float32, float64 or uint8, but they are {self.values.dtype}")
        given, bounds = frozen(contiguous(columns, "columns")), frozen(contiguous(starts, "starts"))
        for array, name in ((given, "columns"), (bounds, "starts")):
            if array.dtype.kind not in "iu":
                raise TypeError(f"{name} must be integers, but they are {array.dtype}")
        if bounds.size < 1 or bounds[0] != 0 or bounds[bounds.size - 1] != given.size \
                or given.size != self.values.size or (numpy.diff(bounds.astype(numpy.int64)) < 0).any():
            raise ValueError(f"starts must rise from 0 to the number of columns and of values, which are {given.size} "
                             f"and {self.values.size}")
        if given.size and not (0 <= given.min() and given.max() < column_count):
            wrong = given.max() if given.max() >= column_count else given.min()
            raise ValueError(f"columns must be from 0 to {column_count - 1}, but one is {wrong}")
        self.columns = given if given.dtype == numpy.dtype(numpy.uint32) else frozen(given.astype(numpy.uint32))
        self.starts = bounds if bounds.dtype == numpy.dtype(numpy.intp) else frozen(bounds.astype(numpy.intp))
        self.shape = (self.starts.size - 1, column_count)
        self.pin = pinned(self.values)
        check_order(self.columns, self.starts)

    def __len__(self):
        return self.shape[0]

    def dense(self):
        """The whole matrix as an array."""
        result = numpy.zeros(self.shape, self.values.dtype)
        rows = numpy.repeat(numpy.arange(self.shape[0]), numpy.diff(self.starts))
        result[rows, self.columns] = self.values
        return result


cdef int check_order(cnp.ndarray column_array, cnp.ndarray start_array) except -1:
    cdef const uint32_t* columns = <uint32_t*> cnp.PyArray_DATA(column_array)
    cdef const cnp.npy_intp* starts = <cnp.npy_intp*> cnp.PyArray_DATA(start_array)
    cdef Py_ssize_t row, i
    for row in range(cnp.PyArray_SIZE(start_array) - 1):
        for i in range(starts[row] + 1, starts[row + 1]):
            if columns[i] <= columns[i - 1]:
                raise ValueError(f"the columns of a row must ascend, but row {row} has {columns[i]} after "
                                 f"{columns[i - 1]}: sort them, and add up those that are there twice")
    return 0


cdef cnp.ndarray contiguous(object value, str name):
    cdef cnp.ndarray array = numpy.ascontiguousarray(value)
    if cnp.PyArray_NDIM(array) != 1:
        raise ValueError(f"{name} must have one dimension, but their shape is {shape_of(array)}")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


cdef cnp.ndarray frozen(cnp.ndarray array):
    # A copy in memory that nobody can write to.
    return numpy.ndarray(shape_of(array), array.dtype, array.tobytes())
