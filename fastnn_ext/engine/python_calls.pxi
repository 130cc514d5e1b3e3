# How a run calls the user's own functions: activations, their derivatives, and losses.


cdef cnp.ndarray matrix_over(void* data, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t row, bint is_double):
    # A copy: what a user's function keeps must not change under it.
    cdef cnp.npy_intp[2] shape
    cdef Py_ssize_t item = 8 if is_double else 4, r
    shape[0], shape[1] = rows, columns
    cdef cnp.ndarray array = cnp.PyArray_EMPTY(2, shape, cnp.NPY_DOUBLE if is_double else cnp.NPY_FLOAT, 0)
    for r in range(rows):
        memcpy(<char*> cnp.PyArray_DATA(array) + r * columns * item, <char*> data + r * row * item, columns * item)
    return array


cdef object call_loss(Plan plan, Run* run, Head* head, cnp.ndarray given, Py_ssize_t start, Py_ssize_t rows):
    # The gradient of the user's own loss; its value goes to the head.
    cdef Py_ssize_t row, item = 8 if plan.is_double else 4
    cdef double weight
    value, gradient, own = <object> head.function
    if own is None:
        target = matrix_over(<char*> run.arena.targets + head.target_offset * item, rows, head.size,
                             run.arena.targets_row, plan.is_double)
    elif run.data.order == NULL:
        target = own[start : start + rows].copy()
    else:
        target = own[[run.data.order[row] for row in range(start, start + rows)]]
    # Given copies: a function may change what it gets.
    losses = numpy.asarray(value(target.copy(), given.copy()), dtype=numpy.float64)
    if shape_of(losses) not in ((), (rows,)):
        raise ValueError(f"a loss must return one number or one for each of {rows} samples, but its result has shape "
                         f"{shape_of(losses)}")
    if head.sample_weight != NULL and losses.ndim == 0:
        raise ValueError("with weights of samples or classes, a loss of your own must return one number for each "
                         "sample")
    result = checked_result(gradient(target, given), "the gradient of the loss", given, plan.dtype)
    for row in range(rows):
        weight = 1
        if head.sample_weight != NULL:
            weight *= head.sample_weight[start + row if run.data.order == NULL else run.data.order[start + row]]
        if weight * head.weight != 1:
            result[row] *= weight * head.weight
        head.row_loss[row] = weight * (losses[row] if losses.ndim else losses[()])
    return result


cdef object checked_result(object result, str name, cnp.ndarray given, object dtype):
    result = numpy.asarray(result)
    if shape_of(result) != shape_of(given) or result.dtype.kind not in "fiub":
        raise ValueError(f"{name} must return real numbers of its input's shape, {shape_of(given)}, "
                         f"but returned {result.dtype} of shape {shape_of(result)}")
    return numpy.array(result, dtype, order="C")


cdef bint call_python(
    Run* run, int i, CallKind kind, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row, Py_ssize_t start,
    Py_ssize_t rows,
) noexcept nogil:
    with gil:
        return call_python_now(run, i, kind, out, out_row, x, x_row, start, rows)


cdef bint call_python_now(
    Run* run, int i, CallKind kind, void* out, Py_ssize_t out_row, const void* x, Py_ssize_t x_row, Py_ssize_t start,
    Py_ssize_t rows,
) noexcept:
    cdef Plan plan = <Plan> run.owner
    cdef Py_ssize_t columns = run.heads[i].size if kind == CALL_LOSS else plan.operations[i].fan_out
    cdef Py_ssize_t item = 8 if plan.is_double else 4, r
    cdef cnp.ndarray result
    if run.outcome.error != NULL:
        return False
    try:
        given = matrix_over(<void*> x, rows, columns, x_row, plan.is_double)
        if kind == CALL_LOSS:
            result = call_loss(plan, run, &run.heads[i], given, start, rows)
        else:
            name = "the function" if kind == CALL_FORWARD else "the derivative"
            result = checked_result(plan.functions[i][<int> kind](given), name, given, plan.dtype)
        if kind == CALL_BACKWARD:
            result = result * matrix_over(out, rows, columns, out_row, plan.is_double)
        for r in range(rows):
            memcpy(<char*> out + r * out_row * item, <char*> cnp.PyArray_DATA(result) + r * columns * item,
                   columns * item)
        return True
    except BaseException as error:
        Py_INCREF(error)
        run.outcome.error = <void*> error
        return False


cdef int raise_kept(Run* run) except -1:
    # Raises the exception that a Python function left.
    error = <object> run.outcome.error
    Py_DECREF(error)
    run.outcome.error = NULL
    raise error
