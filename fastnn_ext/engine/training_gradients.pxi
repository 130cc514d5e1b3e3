# Gradients of a training: where they are left, those of one batch, and steps by those that are given.


@cython.auto_pickle(False)
cdef class GradientTraining(TrainingSetup):
    """A training that gives and takes gradients."""

    def gradients(self):
        """Copies of the last batch's gradients, for each operation that learns those of its weights and its bias.

        With an optimizer of COLLECT, or whatever else has whole gradients collected: L1, limits, clipping, coupled
        decay, penalties on biases and vectors, shared weights. They are those of the loss with the penalties.
        """
        cdef Operation* operation
        cdef int i
        if not self.run.updating.collects:
            raise ValueError("the gradients are not kept: make the training with an optimizer of COLLECT")
        result = []
        for i in range(self.run.operation_count):
            operation = &self.run.operations[i]
            if operation.pair >= 0 and operation.twin < 0:
                result.append(self.gradient_of(2 * operation.pair, operation.has_weights, operation.weights_gradient))
                result.append(self.gradient_of(2 * operation.pair + 1, operation.has_bias, operation.bias_gradient))
        return result

    cdef object gradient_of(self, int number, bint learns, void* gradient):
        # A copy, in the shape of the parameter.
        cdef cnp.npy_intp[1] shape
        model = self.plan.parameters[number]
        if not learns:
            return numpy.zeros_like(model)
        shape[0] = model.size
        return cnp.PyArray_SimpleNewFromData(
            1, shape, cnp.NPY_DOUBLE if self.plan.is_double else cnp.NPY_FLOAT, gradient).reshape(model.shape).copy()

    def lay_out_gradients(self, list arrays not None, list places not None, Py_ssize_t size):
        """Say where the gradient of each array that learns begins in the vectors to come, of so many numbers."""
        self.start_running()
        try:
            set_places(self, arrays, places, size)
        finally:
            fastnn_exchange(&self.running, 0)

    def collect_into(self, cnp.ndarray gradient not None):
        """Let epochs to come leave their last batch's gradients in this vector, laid out as `lay_out_gradients` said.

        With an optimizer of COLLECT.
        """
        self.must_collect()
        if not cnp.PyArray_ISWRITEABLE(gradient):
            raise ValueError("gradient must be an array that may be written to, but it is read-only")
        self.start_running()
        try:
            check_gradient(self, gradient)
            # Places that no array has, and rows of a table that a batch has not, are 0.
            gradient[...] = 0
            collect_in(self, <char*> cnp.PyArray_DATA(gradient))
            self.collected = gradient, pinned(gradient)
        finally:
            fastnn_exchange(&self.running, 0)

    def early_gradients(self):
        """The gradients that `run_gradients` leaves before it returns: of each (operation, begin, end), in their order.

        They are complete once `done_from` is that operation, or a lower one. All others are once it has returned.
        """
        return early_gradients(self)

    @property
    def done_from(self):
        """For another thread, while `run_gradients` runs: operations from this one on have left their gradients."""
        return fastnn_load(&self.run.outcome.done_from)

    def run_gradients(self, x not None, y not None, sample_weight=None, *, row_numbers=None, cnp.ndarray out=None):
        """The mean loss of a batch with the layers' penalties, and its gradients: no weight changes.

        With an optimizer of COLLECT. Layers are as in training: moving statistics move.

        Parameters
        ----------
        x, y, sample_weight : as in `run_batch`
        row_numbers : array-like of int, shape (rows,), optional
            Where rows are part of a larger batch, their places in it: they draw what they would draw there.
        out : ndarray, one-dimensional, optional
            Receives the gradient, and is returned.

        Returns
        -------
        loss : float
        gradient : ndarray, one-dimensional
            As `lay_out_gradients` said; zero where nothing learns.
        inputs : list of ndarray, shape (rows, input_size) each
            For each of ``input_gradients``, in the order of the inputs.

        Raises
        ------
        NonFiniteError, NonFiniteDataError
            As `run_epoch`.
        NonFiniteGradientsError
            When a gradient is NaN or infinite.
        """
        cdef list inputs = self.for_inputs(x)
        if not 0 < rows_in(inputs[0]) <= self.run.batch_size:
            raise ValueError(f"a batch must have from 1 to {self.run.batch_size} rows, but x has shape "
                             f"{inputs[0].shape}")
        self.must_collect()
        if self.index.starts != NULL:
            raise ValueError("a training that keeps an index of its data takes no others: make it with "
                             "keep_index=False")
        if self.gradients_given and sample_weight is not None:
            raise ValueError("gradients that are given are not weighed: multiply them by sample_weight")
        cdef cnp.ndarray numbers = None
        if row_numbers is not None:
            numbers = numpy.array(row_numbers, dtype=numpy.intp, order="C")
            if cnp.PyArray_NDIM(numbers) != 1 or cnp.PyArray_SIZE(numbers) != rows_in(inputs[0]):
                raise ValueError(f"row_numbers must hold {rows_in(inputs[0])} numbers, one a row, but its shape is "
                                 f"{shape_of(numbers)}")
        if out is not None and not cnp.PyArray_ISWRITEABLE(out):
            raise ValueError("out must be an array that may be written to, but it is read-only")
        self.start_running()
        try:
            if out is not None:
                check_gradient(self, out)
            set_data(self, inputs, y, sample_weight)
            if numbers is not None:
                self.run.data.row_numbers = <const cnp.npy_intp*> cnp.PyArray_DATA(numbers)
            return gradients_of_batch(self, out)
        finally:
            self.run.data.row_numbers = NULL
            fastnn_exchange(&self.running, 0)

    def apply_gradients(self, cnp.ndarray gradient not None):
        """One step of the optimiser by a gradient that is given, of the form that `run_gradients` returns.

        Penalties are taken to be in it already; clipping, decay and constraints are the optimiser's as ever.

        Raises
        ------
        NonFiniteGradientsError
            When the gradient is NaN or infinite somewhere; nothing has changed then.
        NonFiniteWeightsError
            When weights are NaN or infinite afterwards; they are then what they were before.
        """
        if not self.steps_given:
            raise ValueError("make the training with steps_given=True")
        self.start_running()
        try:
            step_by(self, gradient)
        finally:
            fastnn_exchange(&self.running, 0)

    cdef int must_collect(self) except -1:
        if self.run.updating.rule.optimizer != COLLECT or self.run.inference:
            raise ValueError("gradients are those of a training with an optimizer of COLLECT, and without inference")
        return 0
