# The graph of a plan: its inputs and outputs, the values between them, and the arrays that it keeps alive.


cdef void* grown(void* array, Py_ssize_t size) except NULL:
    # Room for one more.
    cdef void* place = realloc(array, size)
    if place == NULL:
        raise MemoryError("no memory for another operation of the plan")
    return place


# `Plan` refuses to be pickled for this class, too.
@cython.auto_pickle(False)
cdef class PlanGraph:
    """Operations in the order in which they are computed, and which value each takes: what a `Plan` is built on.

    Parameters are those of `Plan`.
    """

    def __cinit__(self, Py_ssize_t input_size, dtype, sample_shape=None, isa=None):
        self.dtype = numpy.dtype(dtype)
        if self.dtype not in (numpy.dtype(numpy.float32), numpy.dtype(numpy.float64)):
            raise TypeError(f"dtype must be float32 or float64, but it is {self.dtype}")
        if input_size < 1:
            raise ValueError(f"input_size must be at least 1, but it is {input_size}")
        self.sample_shape = (input_size,) if sample_shape is None else tuple(sample_shape)
        if any(size < 1 for size in self.sample_shape) or math.prod(self.sample_shape) != input_size:
            raise ValueError(f"sample_shape must hold input_size numbers, {input_size}, but it is {self.sample_shape}")
        self.is_double = self.dtype == numpy.dtype(numpy.float64)
        self.output_size = input_size
        self.values, self.places, self.parameters, self.kept_alive, self.pins = [], [], [], [], []
        self.orders = []
        self.functions, self.categories, self.shared, self.value = {}, {}, set(), -1
        self.kernels = kernels_named(isa, self.is_double)
        self.append_source(input_size)
        self.append_head(-1)

    def __dealloc__(self):
        free(self.operations)
        free(self.edges)
        free(self.sources)
        free(self.heads)
        free(self.kept)

    @property
    def input_size(self):
        """Numbers of a sample in the first input."""
        return self.sources[0].size

    @property
    def input_sizes(self):
        """Numbers of a sample in each input."""
        return [self.sources[k].size for k in range(self.source_count)]

    @property
    def output_sizes(self):
        """Numbers of a sample in each output."""
        return [self.heads[h].size for h in range(self.head_count)]

    @property
    def input_scale(self):
        """What the numbers of the first input are multiplied by as they are read."""
        return self.sources[0].rows.scale

    @property
    def input_shift(self):
        """What is then added to them."""
        return self.sources[0].rows.shift

    def rescale_input(self, double scale, double shift=0.0):
        """Let the input that the next operation takes be scaled, after what scales it already."""
        if self.value >= 0:
            raise ValueError("numbers are scaled as they are read, before all operations")
        cdef Source* source = &self.sources[-1 - self.value]
        self.set_input_scale(source.rows.scale * scale, source.rows.shift * scale + shift, self.value)

    def add_input(self, Py_ssize_t input_size):
        """Another input, of this many numbers a sample; returns its number."""
        if input_size < 1:
            raise ValueError(f"input_size must be at least 1, but it is {input_size}")
        self.must_rest()
        self.append_source(input_size)
        return -self.source_count

    def set_input_scale(self, double scale, double shift=0.0, input=-1):
        """Read the numbers of an input as ``number * scale + shift``, as when bytes become numbers from 0 to 1."""
        cdef int place = self.place_of(input)
        if not (-float("inf") < scale < float("inf") and -float("inf") < shift < float("inf")):
            raise ValueError(f"scale and shift must be finite, but they are {scale} and {shift}")
        if place >= 0:
            raise ValueError(f"inputs of the plan have negative numbers, but this is {input}")
        if place in self.categories and (scale != 1 or shift != 0):
            raise ValueError("categories cannot be scaled: they are the numbers of rows")
        self.sources[-1 - place].rows.scale, self.sources[-1 - place].rows.shift = scale, shift

    def set_outputs(self, values):
        """Choose which values are the outputs, in this order; without it, the one output is the value added last."""
        places = [self.place_of(value) for value in values]
        if not places:
            raise ValueError("a plan must have at least one output")
        self.must_rest()
        for h in range(self.head_count):
            if self.heads[h].operation >= 0:
                self.operations[self.heads[h].operation].judged -= 1
        self.head_count, self.outputs_chosen = 0, True
        for place in places:
            self.append_head(place)

    def follow(self, value, bint shared=False):
        """Let the next operation take this value where it is told none.

        Where the value is ``shared`` with other operations, or is an output, no activation behind it is computed along
        with it.
        """
        cdef int place = self.place_of(value)
        self.value = value
        if shared:
            self.shared.add(place)

    def is_shared(self, value):
        """Whether others read this value, too, as `follow` was told."""
        return self.place_of(value) in self.shared

    cdef int must_rest(self) except -1:
        # Whoever runs a plan holds pointers into it.
        if self.trained or fastnn_load(&self.predictions) > 0:
            raise RuntimeError("the plan is in use by a training or a prediction: make another one to add operations")
        return 0

    cdef int place_of(self, object value) except? -1:
        # The operation that has a value, or the number of an input.
        cdef int number = value
        if number < 0:
            if -1 - number >= self.source_count:
                raise ValueError(f"the plan has {self.source_count} inputs, but one with the number {number} is asked "
                                 "for")
            return number
        if number >= len(self.values):
            raise ValueError(f"the plan has {len(self.values)} values, but one with the number {number} is asked for")
        if self.values[number] < 0:
            raise ValueError(f"value {number} is computed along with the activation behind it: add that with "
                             "fuse=False")
        return self.values[number]

    cdef list given(self, object inputs):
        # The places of an operation's inputs.
        if inputs is None:
            return [self.place_of(self.value)]
        if isinstance(inputs, int):
            return [self.place_of(inputs)]
        return [self.place_of(value) for value in inputs]

    cdef Py_ssize_t size_of(self, int source) noexcept:
        return self.operations[source].fan_out if source >= 0 else self.sources[-1 - source].size

    cdef int append_source(self, Py_ssize_t size) except -1:
        cdef Py_ssize_t line = ALIGNMENT // (8 if self.is_double else 4)
        cdef Source* before
        self.sources = <Source*> grown(self.sources, (self.source_count + 1) * sizeof(Source))
        cdef Source* source = self.sources + self.source_count
        memset(source, 0, sizeof(Source))
        source.size, source.rows.scale = size, 1
        if self.source_count:
            before = source - 1
            source.offset = before.offset + (before.size + line - 1) // line * line
        self.source_count += 1
        self.widest = max(self.widest, size)
        self.slots = 0
        return 0

    cdef int append_head(self, int operation) except -1:
        self.heads = <Head*> grown(self.heads, (self.head_count + 1) * sizeof(Head))
        cdef Head* head = self.heads + self.head_count
        memset(head, 0, sizeof(Head))
        head.operation, head.size = operation, self.size_of(operation)
        if operation >= 0:
            self.operations[operation].judged += 1
        self.head_count += 1
        return 0

    cdef int add_edge(self, int source) except -1:
        self.edges = <Edge*> grown(self.edges, (self.edge_count + 1) * sizeof(Edge))
        self.edges[self.edge_count].source, self.edges[self.edge_count].adds = source, False
        self.edge_count += 1
        if source >= 0:
            self.operations[source].consumers += 1
        else:
            self.sources[-1 - source].consumers += 1
        return 0

    cdef Operation* append(self, OperationKind kind, object inputs, Py_ssize_t fan_out) except NULL:
        # One more operation on these places; 0 columns: as many as its input has.
        cdef Operation* operation
        self.must_rest()
        self.operations = <Operation*> grown(self.operations, (self.operation_count + 1) * sizeof(Operation))
        operation = self.operations + self.operation_count
        memset(operation, 0, sizeof(Operation))
        operation.kind, operation.activation = kind, NO_ACTIVATION
        operation.first_edge, operation.input_count = self.edge_count, len(inputs)
        operation.twin = operation.pair = -1
        for source in inputs:
            self.add_edge(source)
            operation.fan_in += self.size_of(source)
        operation.fan_out = fan_out if fan_out else self.size_of(inputs[0])
        operation.width = operation.weight_columns = operation.fan_out
        operation.weight_rows = 1
        self.operation_count += 1
        self.places.append(self.calls)
        self.widest = max(self.widest, operation.fan_out)
        self.slots = 0
        return operation

    cdef object finish(self, Operation* operation):
        # Gives the operation's value its number.
        cdef int place = <int> (operation - self.operations)
        self.values.append(place)
        self.calls += 1
        self.value = self.calls - 1
        self.output_size = operation.fan_out
        if not self.outputs_chosen:
            if self.heads[0].operation >= 0:
                self.operations[self.heads[0].operation].judged = 0
            self.head_count = 0
            self.append_head(place)
        return self.calls - 1

    cdef bint is_chain(self) noexcept:
        # Whether each operation takes the one before it and nothing else, and the last is the one output.
        cdef int i
        for i in range(self.operation_count):
            if self.operations[i].input_count != 1 or self.edges[self.operations[i].first_edge].source != i - 1:
                return False
        return self.source_count == 1 and self.head_count == 1 and self.heads[0].operation == self.operation_count - 1

    cdef Py_ssize_t one_input(self, list places) except -1:
        # How many numbers the one input of an operation has.
        if len(places) != 1:
            raise ValueError(f"this operation takes one input, but {len(places)} are given")
        return self.size_of(places[0])

    cdef Py_ssize_t width_of(self, list places, Py_ssize_t width, str name) except -1:
        # The length of the vectors that one input is made of.
        cdef Py_ssize_t size = self.one_input(places)
        if width < 1 or size % width:
            raise ValueError(f"{name} must have a length that divides the {size} numbers of a sample, but it has "
                             f"{width}")
        return width

    cdef int take_categories(self, object places, Py_ssize_t count) except -1:
        # The input of an operation to come holds whole numbers below `count`.
        cdef int place = places[0]
        cdef Py_ssize_t most = (<Py_ssize_t> 1) << (30 if sizeof(void*) == 4 else 53 if self.is_double else 24)
        if place >= 0:
            raise ValueError("categories are those of an input, but this is the value of an operation")
        cdef Source* source = &self.sources[-1 - place]
        if source.rows.scale != 1 or source.rows.shift != 0:
            raise ValueError("categories cannot be scaled: they are the numbers of rows")
        if count > most:
            raise ValueError(f"{self.dtype} tells {most} whole numbers apart, but there are {count} categories")
        self.must_rest()
        if source.categories == 0 or count < source.categories:
            source.categories = count
            self.categories[place] = (count, self.calls)
        return 0
