# Prediction: blocks of rows pass through all layers while their activations are in the cache.
#
# A row's outputs are the same bits whichever block it is in and whether its zeros are left out.


cdef bint list_rows(
    Run* run, int i, const real* input, Py_ssize_t input_row, Py_ssize_t start, Py_ssize_t rows, char* scratch,
) noexcept nogil:
    # Whether operation i is to visit the non-zero numbers of its input only; their lists are then in the scratch.
    cdef Operation* operation = &run.operations[i]
    cdef Py_ssize_t row_size = run.list_row, count, row
    cdef real* values = <real*> scratch + 2 * run.block * run.widest_row
    cdef input_list* lists = <input_list*> (values + run.block * row_size)
    cdef uint32_t* columns = <uint32_t*> (lists + run.block)
    cdef const uint32_t* its_columns
    cdef const real* its_values
    if operation.kind != DENSE or operation.fan_in >= row_size:
        return False
    if i == 0 and run.x.starts != NULL:
        if run.x.shift != 0:
            return False
        for row in range(rows):
            count = compressed_row(&its_columns, &its_values, values + row * row_size, &run.x, start + row)
            if not all_finite(its_values, count):
                return False
            set_list(lists + row, its_columns, its_values, count)
        return True
    if rows >= FEW_ROWS:
        # One row speaks for its block. In later layers, zeros are too few to pay.
        if i > 0 or compress(columns, values, input, operation.fan_in) > SPARSE_ENOUGH * operation.fan_in:
            return False
    # For few rows the way of the weights from memory is what counts, and a dense row costs little to list.
    for row in range(rows):
        count = compress(columns + row * row_size, values + row * row_size, input + row * input_row, operation.fan_in)
        if count < 0:
            return False
        set_list(lists + row, columns + row * row_size, values + row * row_size, count)
    return True


cdef inline void infer_row(Operation* operation, real* output, const real* input) noexcept nogil:
    # One row through an operation that is no product, as a trained network does it.
    cdef real[2] statistics
    if operation.kind == ACTIVATION:
        activate_row(output, input, operation.activation, <real> operation.negative_slope, operation.fan_out)
    elif operation.kind == SOFTMAX:
        softmax_row(output, input, operation.fan_out)
    elif operation.kind == BATCH_NORMALIZATION:
        normalize_row(output, input, operation.fan_out, <real*> operation.weights, <real*> operation.bias,
                      <real*> operation.moving_mean, <real*> operation.moving_variance, <real> operation.parameter)
    elif operation.kind == LAYER_NORMALIZATION:
        layer_normalize_row(output, input, operation.fan_out, <real*> operation.weights, <real*> operation.bias,
                            <real> operation.parameter, statistics)
    else:
        memcpy(output, input, operation.fan_out * sizeof(real))


cdef bint predict_block(
    Run* run, Py_ssize_t start, Py_ssize_t rows, char* scratch
) noexcept nogil:
    # Returns False, with run.bad_sample set, where a number is NaN or infinite.
    cdef real* buffers = <real*> scratch
    cdef Py_ssize_t half = run.block * run.widest_row
    cdef input_list* lists = <input_list*> (buffers + 2 * half + run.block * run.list_row)
    cdef const real* input
    cdef Py_ssize_t input_row, row, output_row
    cdef bint in_place = is_native(&run.x) and run.x.stride % sizeof(real) == 0
    cdef bint listed, compressed = False
    cdef int i
    cdef Operation* operation
    cdef real* output
    cdef real slope
    if in_place:
        input = <const real*> (run.x.data + start * run.x.stride)
        input_row = run.x.stride // <Py_ssize_t> sizeof(real)
    else:
        # The second half: the first operation writes the first.
        input = buffers + half
        input_row = run.widest_row
        compressed = run.x.starts != NULL and run.operation_count > 0 \
            and list_rows(run, 0, input, input_row, start, rows, scratch)
        for row in range(0 if compressed else rows):
            convert_row(buffers + half + row * run.widest_row, &run.x, start + row, run.input_size)
    listed = compressed or run.operation_count > 0 and list_rows(run, 0, input, input_row, start, rows, scratch)
    for row in range(rows):
        # A row that could be listed holds finite numbers.
        if not listed and not all_finite(input + row * input_row, run.input_size):
            lower(&run.bad_sample, start + row)
            return False
    for i in range(run.operation_count):
        operation = &run.operations[i]
        slope = <real> operation.negative_slope
        output = buffers + (i & 1) * half
        output_row = run.widest_row
        if i == run.operation_count - 1:
            output = <real*> run.result + start * run.output_size
            output_row = run.output_size
        if operation.kind == DENSE:
            if i > 0:
                listed = list_rows(run, i, input, input_row, start, rows, scratch)
            if listed:
                lists_forward(lists, rows, <real*> operation.weights, operation.fan_out, operation.fan_out,
                              <real*> operation.bias, output, output_row, operation.activation, slope)
            elif operation.panels != NULL:
                product_columns(output, output_row, input, input_row, <real*> operation.panels, 0, rows, 0,
                                operation.fan_out, operation.fan_in, <real*> operation.bias, operation.activation,
                                slope, <real*> NULL, 0)
            else:
                product_columns(output, output_row, input, input_row, <real*> operation.weights, operation.fan_out,
                                rows, 0, operation.fan_out, operation.fan_in, <real*> operation.bias,
                                operation.activation, slope, <real*> NULL, 0)
        elif operation.kind == FUNCTION:
            if not run.call(run, i, CALL_FORWARD, output, output_row, input, input_row, start, rows):
                return False
        else:
            for row in range(rows):
                infer_row(operation, output + row * output_row, input + row * input_row)
        input = output
        input_row = output_row
    if run.operation_count == 0:
        for row in range(rows):
            memcpy(<real*> run.result + (start + row) * run.output_size, input + row * input_row,
                   run.output_size * sizeof(real))
    return True


cdef void predict(Run* run, int thread, int threads) noexcept nogil:
    cdef Py_ssize_t panel = PANEL, panels, start, stop
    cdef int i
    cdef Operation* operation
    cdef bint packed = False
    for i in range(run.operation_count):
        operation = &run.operations[i]
        if operation.kind == DENSE and operation.panels != NULL:
            packed = True
            panels = (operation.fan_out + panel - 1) // panel
            pack_columns(<real*> operation.panels, <real*> operation.weights, operation.fan_out, operation.fan_in,
                         share(panels, thread, threads) * panel,
                         min(share(panels, thread + 1, threads) * panel, operation.fan_out))
    if packed:
        meet(run, threads)
    panels = (run.samples + run.block - 1) // run.block
    start = share(panels, thread, threads) * run.block
    stop = min(share(panels, thread + 1, threads) * run.block, run.samples)
    while start < stop:
        if not predict_block(run, start, min(run.block, stop - start), run.scratch[thread]):
            return
        start += run.block
