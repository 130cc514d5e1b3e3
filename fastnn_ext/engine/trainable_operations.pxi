# Operations with arrays that training changes, and the penalties and limits on these.


cdef int check_epsilon(double epsilon) except -1:
    if not 0 < epsilon < float("inf"):
        raise ValueError(f"epsilon must be positive, but it is {epsilon}")
    return 0


@cython.auto_pickle(False)
cdef class TrainableOperations(PlanGraph):
    """A graph to which operations that learn can be appended."""

    def add_dense(self, weights, bias=None, double l1=0.0, double l2=0.0, double maximum_norm=0.0, inputs=None,
                  Py_ssize_t positions=1):
        """Append ``y = x W + b``. The arrays are used in place: they must be C-contiguous and of the plan's dtype.

        Parameters
        ----------
        weights : ndarray, shape (fan_in, fan_out)
            Those of an earlier operation are shared with it, bias and all: their gradients are added.
        bias : ndarray, shape (fan_out,) or (1, fan_out), optional
        l1, l2 : float
            In training, ``l1 sum |W| + l2 sum W**2`` is added to the loss.
        maximum_norm : float
            In training, a column of W with a larger Euclidean norm is scaled down to it. 0: none is.
        inputs : int, optional
            The number of a value.
        positions : int
            The numbers of a sample are so many vectors of fan_in numbers, each of which becomes one of fan_out numbers.
        """
        cdef cnp.ndarray w = as_parameters(weights, "weights", 2)
        cdef bint has_bias = bias is not None
        places = self.given(inputs)
        if not has_bias:
            bias = numpy.zeros(cnp.PyArray_DIM(w, 1), w.dtype)
        cdef cnp.ndarray b = as_parameters(bias, "bias", -1)
        if w.dtype != self.dtype or b.dtype != self.dtype:
            raise TypeError(f"weights and bias must be {self.dtype}, but they are {w.dtype} and {b.dtype}")
        cdef Py_ssize_t fan_in = cnp.PyArray_DIM(w, 0), fan_out = cnp.PyArray_DIM(w, 1), size = self.one_input(places)
        cdef OperationKind kind = DENSE if positions == 1 else DENSE_ALONG_AXIS
        cdef int bias_ndim = cnp.PyArray_NDIM(b)
        cdef bint one_row = bias_ndim == 1 or (bias_ndim == 2 and cnp.PyArray_DIM(b, 0) == 1)
        if positions < 1 or size % positions:
            raise ValueError(f"positions must divide the {size} numbers of a sample, but there are {positions}")
        size //= positions
        if fan_in != size or fan_out < 1 or not one_row or cnp.PyArray_SIZE(b) != fan_out:
            raise ValueError(f"weights and bias must have shapes ({size}, units) and (1, units), "
                             f"but their shapes are {shape_of(w)} and {shape_of(b)}")
        if not (l1 >= 0 and l2 >= 0 and maximum_norm >= 0):
            raise ValueError("l1, l2 and maximum_norm must not be negative, but they are "
                             f"{l1}, {l2} and {maximum_norm}")
        if fan_out > most_numbers() // positions:
            raise MemoryError(f"{positions} vectors of {fan_out} numbers do not fit an address space")
        cdef int twin = self.twin_of(kind, w, b, has_bias)
        cdef Operation* operation = self.append(kind, places, positions * fan_out)
        operation.weight_rows, operation.weight_columns = fan_in, fan_out
        operation.weights, operation.bias = cnp.PyArray_DATA(w), cnp.PyArray_DATA(b)
        operation.has_weights, operation.has_bias = True, has_bias
        self.multiply_adds += positions * fan_in * fan_out
        self.keep_parameters(operation, twin, w, b)
        if twin < 0:
            operation.l1, operation.l2 = l1, l2
            if maximum_norm > 0:
                operation.limit = Limit(NORMS_OF_COLUMNS, 0, maximum_norm, 1)
        return self.finish(operation)

    def add_batch_normalization(self, gamma, beta, moving_mean, moving_variance, double momentum, double epsilon,
                                inputs=None):
        """Append a normalisation over the samples of a batch, and by the moving statistics in prediction.

        The arrays have shape (outputs,) and are used in place; None for a gamma of ones or a beta of zeros that stay
        so.
        """
        cdef cnp.ndarray mean = as_parameters(moving_mean, "moving_mean", 1)
        cdef cnp.ndarray variance = as_parameters(moving_variance, "moving_variance", 1)
        places = self.given(inputs)
        for name, array in (("moving_mean", mean), ("moving_variance", variance)):
            self.check_vector(array, name, self.one_input(places))
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be from 0 to 1, but it is {momentum}")
        cdef Operation* operation = self.append_normalization(BATCH_NORMALIZATION, places, gamma, beta, epsilon)
        operation.momentum = momentum
        operation.moving_mean = cnp.PyArray_DATA(mean)
        operation.moving_variance = cnp.PyArray_DATA(variance)
        self.kept_alive += [mean, variance]
        self.pins += [pinned(mean), pinned(variance)]
        return self.finish(operation)

    def add_layer_normalization(self, gamma, beta, double epsilon, inputs=None):
        """Append a normalisation over the numbers of a sample; gamma and beta as in :meth:`add_batch_normalization`."""
        return self.finish(self.append_normalization(LAYER_NORMALIZATION, self.given(inputs), gamma, beta, epsilon))

    def add_rms_normalization(self, gamma, double epsilon, inputs=None):
        """Append a division of each vector by the root of its mean square plus epsilon, times gamma, used in place."""
        cdef cnp.ndarray g = as_parameters(gamma, "gamma", 1)
        places = self.given(inputs)
        cdef Py_ssize_t width = self.width_of(places, cnp.PyArray_SIZE(g), "gamma")
        self.check_vector(g, "gamma", width)
        check_epsilon(epsilon)
        cdef int twin = self.twin_of(RMS_NORMALIZATION, g, g, False)
        cdef Operation* operation = self.append(RMS_NORMALIZATION, places, 0)
        operation.width = operation.weight_columns = width
        operation.parameter = epsilon
        self.keep_one(operation, twin, g)
        return self.finish(operation)

    def add_embedding(self, table, inputs=None):
        """Append a table of vectors: each number of an input of the plan is that of a row, which takes its place.

        In training, a batch changes the rows that it has alone, and the optimiser's state of these.

        Parameters
        ----------
        table : ndarray, shape (categories, columns)
            Used in place, as by :meth:`add_dense`; that of an earlier operation is shared with it.
        inputs : int, optional
            The number of an input, whose numbers must be whole, from 0 up and below ``categories``.
        """
        cdef cnp.ndarray w = as_parameters(table, "table", 2)
        places = self.given(inputs)
        cdef Py_ssize_t size = self.one_input(places), columns = cnp.PyArray_DIM(w, 1)
        if w.dtype != self.dtype or cnp.PyArray_SIZE(w) < 1:
            raise ValueError(f"table must be {self.dtype} of shape (categories, columns), but it is {w.dtype} of "
                             f"{shape_of(w)}")
        if columns > most_numbers() // size:
            raise MemoryError(f"{size} vectors of {columns} numbers do not fit an address space")
        cdef int twin = self.twin_of(EMBEDDING, w, w, False)
        self.take_categories(places, cnp.PyArray_DIM(w, 0))
        cdef Operation* operation = self.append(EMBEDDING, places, size * columns)
        operation.weight_rows, operation.weight_columns = cnp.PyArray_DIM(w, 0), columns
        self.keep_one(operation, twin, w)
        return self.finish(operation)

    def add_prelu(self, alpha, order=None, inputs=None):
        """Append ``x`` where it is positive, else ``alpha * x``: slopes, used in place, which numbers may share.

        By default there is a slope for each number of a sample; with an order, that of number j is alpha's number
        order[j].
        """
        cdef cnp.ndarray a = as_parameters(alpha, "alpha", -1), numbers
        places = self.given(inputs)
        cdef Py_ssize_t size = self.one_input(places), slopes = cnp.PyArray_SIZE(a)
        self.check_vector(a, "alpha", size if order is None else slopes)
        if order is not None:
            numbers = numpy.array(order, numpy.intp, order="C")
            if shape_of(numbers) != (size,) or (numbers < 0).any() or (numbers >= slopes).any():
                raise ValueError(f"order must hold {size} numbers of slopes below {slopes}, one for each of a sample")
        cdef int twin = self.twin_of(PRELU, a, a, False)
        cdef Operation* operation = self.append(PRELU, places, 0)
        if order is not None:
            operation.order, operation.weight_columns = <const Py_ssize_t*> cnp.PyArray_DATA(numbers), slopes
            self.orders.append(numbers)
        self.keep_one(operation, twin, a)
        return self.finish(operation)

    cdef Operation* append_normalization(
        self, OperationKind kind, object inputs, object gamma, object beta, double epsilon
    ) except NULL:
        cdef Py_ssize_t size = self.one_input(inputs)
        cdef bint has_weights = gamma is not None, has_bias = beta is not None
        cdef cnp.ndarray scale = as_parameters(numpy.ones(size, self.dtype) if gamma is None else gamma, "gamma", 1)
        cdef cnp.ndarray shift = as_parameters(numpy.zeros(size, self.dtype) if beta is None else beta, "beta", 1)
        for name, array in (("gamma", scale), ("beta", shift)):
            self.check_vector(array, name, size)
        check_epsilon(epsilon)
        cdef int twin = self.twin_of(kind, scale, shift, has_bias) if has_weights else -1
        cdef Operation* operation = self.append(kind, inputs, 0)
        operation.weights, operation.bias = cnp.PyArray_DATA(scale), cnp.PyArray_DATA(shift)
        operation.has_weights, operation.has_bias = has_weights, has_bias
        operation.parameter = epsilon
        self.keep_parameters(operation, twin, scale, shift)
        return operation

    cdef int check_vector(self, cnp.ndarray array, str name, Py_ssize_t size) except -1:
        if array.dtype != self.dtype or cnp.PyArray_SIZE(array) != size:
            raise ValueError(f"{name} must be {self.dtype} of shape ({size},), but it is {array.dtype} of "
                             f"{shape_of(array)}")
        return 0

    cdef int twin_of(self, OperationKind kind, cnp.ndarray w, cnp.ndarray b, bint has_bias) except? -2:
        # The first operation with the same weights; -1: none.
        cdef Operation* other
        cdef int i
        for i in range(self.operation_count):
            other = &self.operations[i]
            if not fastnn_traits(other.kind).learns or other.weights != cnp.PyArray_DATA(w):
                continue
            if other.kind != kind or self.parameters[2 * other.pair].shape != shape_of(w) \
                    or other.has_bias != has_bias \
                    or (has_bias and other.bias != cnp.PyArray_DATA(b)):
                raise ValueError("weights of an earlier operation are shared whole: with its shape and its bias")
            return i
        return -1

    cdef int keep_parameters(self, Operation* operation, int twin, cnp.ndarray weights, cnp.ndarray bias) except -1:
        # The two arrays of an operation that learns are parameters of the plan, once.
        operation.twin = twin
        if twin >= 0:
            operation.pair, operation.bias = self.operations[twin].pair, self.operations[twin].bias
            return 0
        operation.pair = len(self.parameters) // 2
        self.parameters += [weights, bias]
        self.pins += [pinned(weights), pinned(bias)]
        return 0

    cdef int keep_one(self, Operation* operation, int twin, cnp.ndarray weights) except -1:
        # Of what learns and has no bias: all that learn have pairs of arrays.
        cdef cnp.ndarray none = numpy.zeros(1, self.dtype)
        operation.weights, operation.has_weights = cnp.PyArray_DATA(weights), True
        operation.bias = cnp.PyArray_DATA(none)
        return self.keep_parameters(operation, twin, weights, none)

    def penalize(self, array, double l1=0.0, double l2=0.0):
        """In training, add ``l1 sum |array| + l2 sum array**2`` to the loss, where it is an array of an operation.

        Such as its bias, or the gamma of a normalisation; whole, and once, where operations share it.
        """
        cdef bint of_bias = False
        if not (0 <= l1 < float("inf") and 0 <= l2 < float("inf")):
            raise ValueError(f"l1 and l2 must be finite and not negative, but they are {l1} and {l2}")
        self.must_rest()
        cdef Operation* operation = self.owner_of(array, &of_bias)
        if of_bias:
            operation.bias_penalty.l1, operation.bias_penalty.l2 = l1, l2
        else:
            operation.l1, operation.l2 = l1, l2

    def limit_norms(self, array, bint of_rows=False, double low=0.0, double high=float("inf"), double rate=1.0):
        """After each step of training, bring Euclidean norms between bounds, where it is an array of an operation.

        Those of its columns, or of its rows; an array of one dimension is a row. Of the way there, a step goes the
        share ``rate``.
        """
        if not (0 <= low <= high and low < float("inf") and high > 0 and 0 <= rate <= 1):
            raise ValueError("low must be finite, from 0 to high, and rate from 0 to 1, but they are "
                             f"{low}, {high} and {rate}")
        self.set_limit(array, NORMS_OF_ROWS if of_rows else NORMS_OF_COLUMNS, low, high, rate)

    def forbid_negative(self, array):
        """After each step of training, make numbers below zero zero, where it is an array of an operation."""
        self.set_limit(array, NOT_NEGATIVE, 0, 0, 1)

    cdef int set_limit(self, object array, LimitKind kind, double low, double high, double rate) except -1:
        cdef bint of_bias = False
        self.must_rest()
        cdef Operation* operation = self.owner_of(array, &of_bias)
        if of_bias:
            operation.bias_limit = Limit(kind, low, high, rate)
        else:
            operation.limit = Limit(kind, low, high, rate)
        return 0

    cdef Operation* owner_of(self, object array, bint* of_bias) except NULL:
        # The first operation that has an array, and whether it is its bias, or beta.
        cdef int i, part
        for i in range(self.operation_count):
            if self.operations[i].pair < 0 or self.operations[i].twin >= 0:
                continue
            for part in range(2):
                known = self.parameters[2 * self.operations[i].pair + part]
                if known is array or (known.ctypes.data == array.ctypes.data and known.size == array.size):
                    of_bias[0] = part
                    return &self.operations[i]
        raise ValueError("the array is that of no operation of the plan: add the operation first")
