# What every binding does first: turn an argument into an array that a kernel can read, or say what is wrong with it.
cimport numpy as cnp
from cpython.weakref cimport PyWeakref_NewRef


cdef inline tuple shape_of(object array):
    # As a Python tuple, for messages: the typed array's own .shape is a C pointer.
    return array.shape


cdef inline bint has_mask(object array):
    # Whether it is one of numpy.ma, of which a mask may say that numbers do not count; others have no such attribute.
    return not cnp.PyArray_CheckExact(array) and hasattr(array, "mask")


cdef inline cnp.ndarray as_floats(object value, str name):
    # A C-contiguous, aligned, native float32 or float64 array: value itself where it is one, else one copy.
    # Other real numbers become float64.
    cdef cnp.ndarray array
    cdef int kind
    if isinstance(value, cnp.ndarray):
        array = <cnp.ndarray> value
        if has_mask(array) and value.mask.any():
            raise ValueError(f"{name} has {value.mask.sum()} masked values: fill them in, for example with "
                             f"{name}.filled(0)")
    else:
        array = cnp.PyArray_FROM_O(value)
    kind = cnp.PyArray_TYPE(array)
    if kind == cnp.NPY_FLOAT or kind == cnp.NPY_DOUBLE:
        if cnp.PyArray_ISCARRAY_RO(array):
            return array
        return cnp.PyArray_FROM_OTF(array, kind, cnp.NPY_ARRAY_CARRAY_RO)
    if not (cnp.PyTypeNum_ISINTEGER(kind) or cnp.PyTypeNum_ISFLOAT(kind) or cnp.PyTypeNum_ISBOOL(kind)):
        raise TypeError(f"{name} must hold real numbers, but its dtype is {array.dtype}: convert it with "
                        f"{name}.astype(float) if its values are numbers")
    return cnp.PyArray_FROM_OTF(array, cnp.NPY_DOUBLE, cnp.NPY_ARRAY_CARRAY_RO | cnp.NPY_ARRAY_FORCECAST)


cdef inline cnp.ndarray as_floats_like(object value, str name, cnp.ndarray model):
    # The same, with the dtype of model, which a kernel reads beside it.
    cdef cnp.ndarray array = as_floats(value, name)
    if cnp.PyArray_TYPE(array) == cnp.PyArray_TYPE(model):
        return array
    return cnp.PyArray_FROM_OTF(array, cnp.PyArray_TYPE(model), cnp.NPY_ARRAY_CARRAY_RO | cnp.NPY_ARRAY_FORCECAST)


cdef inline cnp.ndarray as_matrix_like(object value, str name, Py_ssize_t columns, cnp.ndarray model, str model_name):
    # The same, as rows of `columns` numbers; one row may come without its outer brackets.
    cdef cnp.ndarray array = as_floats_like(value, name, model)
    cdef int ndim = cnp.PyArray_NDIM(array)
    if not ((ndim == 2 and cnp.PyArray_DIM(array, 1) == columns)
            or (ndim == 1 and cnp.PyArray_DIM(array, 0) == columns)):
        raise ValueError(f"{name} must have shape ({columns},) or (batch, {columns}) to fit {model_name}, "
                         f"but its shape is {shape_of(array)}")
    return array


cdef inline Py_ssize_t rows_of(cnp.ndarray array) noexcept:
    return 1 if cnp.PyArray_NDIM(array) == 1 else cnp.PyArray_DIM(array, 0)


cdef inline cnp.ndarray empty_matrix(Py_ssize_t rows, Py_ssize_t columns, cnp.ndarray model):
    cdef cnp.npy_intp[2] shape
    shape[0] = rows
    shape[1] = columns
    return cnp.PyArray_EMPTY(2, shape, cnp.PyArray_TYPE(model), 0)


cdef inline cnp.ndarray empty_like(cnp.ndarray model):
    return cnp.PyArray_EMPTY(cnp.PyArray_NDIM(model), cnp.PyArray_DIMS(model), cnp.PyArray_TYPE(model), 0)


cdef inline cnp.ndarray as_parameters(object value, str name, int ndim):
    # An array that a kernel changes in place: nothing may be copied, so everything must be right already.
    cdef cnp.ndarray array
    if not isinstance(value, cnp.ndarray):
        raise TypeError(f"{name} must be a NumPy array, since it is changed in place, "
                        f"but it is a {type(value).__name__}")
    array = <cnp.ndarray> value
    if cnp.PyArray_TYPE(array) != cnp.NPY_FLOAT and cnp.PyArray_TYPE(array) != cnp.NPY_DOUBLE:
        raise TypeError(f"{name} must be float32 or float64, but its dtype is {array.dtype}")
    if not cnp.PyArray_ISCARRAY(array):
        raise ValueError(f"{name} must be C-contiguous and writeable, since it is changed in place: pass {name}.copy()")
    if ndim >= 0 and cnp.PyArray_NDIM(array) != ndim:
        raise ValueError(f"{name} must have {ndim} dimensions, but its shape is {shape_of(array)}")
    return array


cdef inline void extent(cnp.ndarray array, char** first, char** end) noexcept:
    # The bytes that an array's numbers lie between, whatever its strides.
    cdef Py_ssize_t reach
    cdef int i
    first[0] = end[0] = <char*> cnp.PyArray_DATA(array)
    if cnp.PyArray_SIZE(array) == 0:
        return
    for i in range(cnp.PyArray_NDIM(array)):
        reach = (cnp.PyArray_DIM(array, i) - 1) * cnp.PyArray_STRIDE(array, i)
        if reach < 0:
            first[0] += reach
        else:
            end[0] += reach
    end[0] += cnp.PyArray_ITEMSIZE(array)


cdef inline bint overlaps(cnp.ndarray a, cnp.ndarray b) noexcept:
    # Whether two arrays may share a byte.
    cdef char* a_first
    cdef char* a_end
    cdef char* b_first
    cdef char* b_end
    extent(a, &a_first, &a_end)
    extent(b, &b_first, &b_end)
    return a_first < b_end and b_first < a_end


cdef inline object pinned(cnp.ndarray array):
    # Keeps the memory of an array where it is: NumPy resizes no array in place that has a weak reference, and the one
    # that owns the memory is the last in a row of views.
    cdef object owner = array, base = cnp.get_array_base(array)
    while isinstance(base, cnp.ndarray):
        owner, base = base, cnp.get_array_base(<cnp.ndarray> base)
    return PyWeakref_NewRef(owner, None)
