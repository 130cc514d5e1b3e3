# Memory that begins on cache lines, and rows that do.


def allocate(shapes, dtype):
    """One vector of zeros, and an array of each shape in it: each begins on a cache line, and shares none with another.

    Parameters
    ----------
    shapes : iterable of tuples of int
    dtype : dtype-like
        float32 or float64.

    Returns
    -------
    vector : ndarray, one-dimensional
        Zeros lie between the arrays.
    arrays : list of ndarray
        Views into it.

    Examples
    --------
    >>> vector, [weights, bias] = allocate([(2, 3), (3,)], "float32")
    >>> vector.size, weights.shape, bias.shape
    (32, (2, 3), (3,))
    """
    dtype = numpy.dtype(dtype)
    line = ALIGNMENT // dtype.itemsize
    places, total = [], 0
    for shape in shapes:
        size = math.prod(map(int, shape))
        places.append((total, size, shape))
        total += (size + line - 1) // line * line
    memory = numpy.zeros(total + line, dtype)
    first = (-memory.ctypes.data % ALIGNMENT) // dtype.itemsize
    vector = memory[first : first + total]
    return vector, [vector[at : at + size].reshape(shape) for at, size, shape in places]


cdef Py_ssize_t aligned(Py_ssize_t size) noexcept nogil:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


cdef Py_ssize_t padded_row(Py_ssize_t size, bint is_double) noexcept nogil:
    # Numbers from one row to the next: whole cache lines, and never a multiple of 1 KB, whose rows would all compete
    # for the same few places of the first-level cache.
    cdef Py_ssize_t item = 8 if is_double else 4
    cdef Py_ssize_t size_in_bytes = aligned(size * item)
    if size_in_bytes % 1024 == 0:
        size_in_bytes += ALIGNMENT
    return size_in_bytes // item
