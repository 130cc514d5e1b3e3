# The C primitives of kernels.h under one name for both dtypes: each wrapper picks the function of its dtype.
from cython cimport floating
from libc.stdint cimport uint32_t


cdef extern from "kernels.h" nogil:
    const char* FASTNN_ISA_NAME
    enum: F32_LANES
    enum: F64_LANES
    double fma_loop "fastnn_fma_loop"(long rounds)
    unsigned long long flush_denormals "fastnn_flush_denormals"(bint flush)
    void restore_denormals "fastnn_restore_denormals"(unsigned long long mode)
    Py_ssize_t take "fastnn_take"(Py_ssize_t* used, Py_ssize_t n)
    Py_ssize_t taken "fastnn_taken"(const Py_ssize_t* used)
    void mark "fastnn_mark"(unsigned char* at)
    void lower "fastnn_lower"(Py_ssize_t* at, Py_ssize_t row)
    ctypedef struct f32_list:
        const uint32_t* columns
        const float* values
        Py_ssize_t count
    ctypedef struct f64_list:
        const uint32_t* columns
        const double* values
        Py_ssize_t count
    ctypedef struct f32_rule:
        int optimizer
        float learning_rate, learning_rate_2, beta_1, beta_2, rest_1, rest_2, epsilon, decay
    ctypedef struct f64_rule:
        int optimizer
        double learning_rate, learning_rate_2, beta_1, beta_2, rest_1, rest_2, epsilon, decay
    enum: f32_PANEL
    enum: f64_PANEL
    void f32_product_columns(float* c, Py_ssize_t c_row, const float* a, Py_ssize_t a_row, const float* b, Py_ssize_t b_row,
                             Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t depth, const float* bias,
                             int activation, float slope, const float* slopes_of, Py_ssize_t slopes_row)
    void f64_product_columns(double* c, Py_ssize_t c_row, const double* a, Py_ssize_t a_row, const double* b,
                             Py_ssize_t b_row, Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t depth,
                             const double* bias, int activation, double slope, const double* slopes_of,
                             Py_ssize_t slopes_row)
    void f32_weights_update(float* w, float* first, float* second, Py_ssize_t w_row, Py_ssize_t w_panel, const float* x, Py_ssize_t x_row,
                            const float* dy, Py_ssize_t dy_row, Py_ssize_t batch, Py_ssize_t k_begin, Py_ssize_t k_end,
                            Py_ssize_t j_begin, Py_ssize_t j_end, const f32_rule* rule)
    void f64_weights_update(double* w, double* first, double* second, Py_ssize_t w_row, Py_ssize_t w_panel, const double* x, Py_ssize_t x_row,
                            const double* dy, Py_ssize_t dy_row, Py_ssize_t batch, Py_ssize_t k_begin, Py_ssize_t k_end,
                            Py_ssize_t j_begin, Py_ssize_t j_end, const f64_rule* rule)
    void f32_pack_columns(float* panels, const float* w, Py_ssize_t w_row, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    void f64_pack_columns(double* panels, const double* w, Py_ssize_t w_row, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    void f32_unpack_columns(float* w, Py_ssize_t w_row, const float* panels, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    void f32_pack_rows(float* panels, const float* w, Py_ssize_t w_row, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    void f64_unpack_columns(double* w, Py_ssize_t w_row, const double* panels, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    void f64_pack_rows(double* panels, const double* w, Py_ssize_t w_row, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    Py_ssize_t f32_compress(uint32_t* columns, float* values, const float* x, Py_ssize_t size)
    Py_ssize_t f64_compress(uint32_t* columns, double* values, const double* x, Py_ssize_t size)
    void f32_lists_forward(const f32_list* lists, Py_ssize_t rows, const float* w, Py_ssize_t w_row, Py_ssize_t columns,
                           const float* bias, float* y, Py_ssize_t y_row, int activation, float slope)
    void f64_lists_forward(const f64_list* lists, Py_ssize_t rows, const double* w, Py_ssize_t w_row, Py_ssize_t columns,
                           const double* bias, double* y, Py_ssize_t y_row, int activation, double slope)
    void f32_by_column(uint32_t* starts, void* entries, const f32_list* lists, Py_ssize_t rows, Py_ssize_t distance,
                       Py_ssize_t begin, Py_ssize_t end)
    void f64_by_column(uint32_t* starts, void* entries, const f64_list* lists, Py_ssize_t rows, Py_ssize_t distance,
                       Py_ssize_t begin, Py_ssize_t end)
    void f32_columns_forward(const uint32_t* starts, const void* entries, Py_ssize_t size, Py_ssize_t rows, const float* w,
                             Py_ssize_t w_row, Py_ssize_t w_panel, Py_ssize_t columns, float* y)
    void f32_finish_rows(float* y, Py_ssize_t y_row, Py_ssize_t rows, Py_ssize_t columns, const float* bias, int activation,
                         float slope)
    void f32_columns_update(const uint32_t* starts, const void* entries, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch,
                            const float* dy, float* w, float* first, float* second, Py_ssize_t w_row, Py_ssize_t w_panel,
                            Py_ssize_t columns, const f32_rule* rule, const unsigned char* seen)
    void f64_columns_forward(const uint32_t* starts, const void* entries, Py_ssize_t size, Py_ssize_t rows, const double* w,
                             Py_ssize_t w_row, Py_ssize_t w_panel, Py_ssize_t columns, double* y)
    void f64_finish_rows(double* y, Py_ssize_t y_row, Py_ssize_t rows, Py_ssize_t columns, const double* bias, int activation,
                         double slope)
    void f64_columns_update(const uint32_t* starts, const void* entries, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch,
                            const double* dy, double* w, double* first, double* second, Py_ssize_t w_row, Py_ssize_t w_panel,
                            Py_ssize_t columns, const f64_rule* rule, const unsigned char* seen)
    void f32_narrow_update(float* g, const f32_list* lists, Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const float* dy,
                           Py_ssize_t dy_row, float* w, float* first, float* second, Py_ssize_t width, const f32_rule* rule,
                           const unsigned char* seen)
    void f64_narrow_update(double* g, const f64_list* lists, Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end,
                           const double* dy, Py_ssize_t dy_row, double* w, double* first, double* second, Py_ssize_t width,
                           const f64_rule* rule, const unsigned char* seen)
    void f32_list_forward(f32_list x, const float* w, Py_ssize_t w_row, Py_ssize_t columns, const float* bias, float* y,
                          int activation, float slope)
    void f64_list_forward(f64_list x, const double* w, Py_ssize_t w_row, Py_ssize_t columns, const double* bias, double* y,
                          int activation, double slope)
    void f32_list_update(f32_list x, const float* dy, float* w, Py_ssize_t w_row, Py_ssize_t columns, float learning_rate)
    void f64_list_update(f64_list x, const double* dy, double* w, Py_ssize_t w_row, Py_ssize_t columns, double learning_rate)
    void f32_row_backward(const float* dy, const float* x, float* w, Py_ssize_t w_row, Py_ssize_t rows, Py_ssize_t columns,
                          float* dx, float learning_rate)
    void f64_row_backward(const double* dy, const double* x, double* w, Py_ssize_t w_row, Py_ssize_t rows,
                          Py_ssize_t columns, double* dx, double learning_rate)
    void f32_descend(float* b, const float* g, float learning_rate, Py_ssize_t count)
    void f64_descend(double* b, const double* g, double learning_rate, Py_ssize_t count)
    void f32_update_bias(const f32_rule* rule, const float* dy, Py_ssize_t dy_row, Py_ssize_t rows, float* b, float* first,
                         float* second, Py_ssize_t count)
    void f64_update_bias(const f64_rule* rule, const double* dy, Py_ssize_t dy_row, Py_ssize_t rows, double* b,
                         double* first, double* second, Py_ssize_t count)
    void f32_activate_row(float* y, const float* x, int activation, float slope, Py_ssize_t count)
    void f64_activate_row(double* y, const double* x, int activation, double slope, Py_ssize_t count)
    void f32_through_row(float* dx, const float* dy, const float* y, int activation, float slope, Py_ssize_t count)
    void f64_through_row(double* dx, const double* dy, const double* y, int activation, double slope, Py_ssize_t count)
    void f32_softmax_row(float* p, const float* x, Py_ssize_t size)
    void f64_softmax_row(double* p, const double* x, Py_ssize_t size)
    void f32_softmax_through_row(float* dx, const float* dp, const float* p, Py_ssize_t size)
    void f64_softmax_through_row(double* dx, const double* dp, const double* p, Py_ssize_t size)
    double f32_softmax_entropy_row(float* p, float* dx, const float* x, const float* y, Py_ssize_t size, float scale)
    double f64_softmax_entropy_row(double* p, double* dx, const double* x, const double* y, Py_ssize_t size, double scale)
    int f32_all_finite(const float* x, Py_ssize_t size)
    int f64_all_finite(const double* x, Py_ssize_t size)


cdef inline void product_columns(
    floating* c, Py_ssize_t c_row, const floating* a, Py_ssize_t a_row, const floating* b, Py_ssize_t b_row,
    Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t depth, const floating* bias, int activation,
    floating slope, const floating* slopes_of, Py_ssize_t slopes_row,
) noexcept nogil:
    if floating is float:
        f32_product_columns(
            c, c_row, a, a_row, b, b_row, rows, begin, end, depth, bias, activation, slope, slopes_of, slopes_row
        )
    else:
        f64_product_columns(
            c, c_row, a, a_row, b, b_row, rows, begin, end, depth, bias, activation, slope, slopes_of, slopes_row
        )


cdef inline void weights_update(
    floating* w, floating* first, floating* second, Py_ssize_t w_row, Py_ssize_t w_panel, const floating* x, Py_ssize_t x_row,
    const floating* dy, Py_ssize_t dy_row, Py_ssize_t batch, Py_ssize_t k_begin, Py_ssize_t k_end,
    Py_ssize_t j_begin, Py_ssize_t j_end, const void* rule,
) noexcept nogil:
    if floating is float:
        f32_weights_update(
            w, first, second, w_row, w_panel, x, x_row, dy, dy_row, batch, k_begin, k_end, j_begin, j_end,
            <const f32_rule*> rule
        )
    else:
        f64_weights_update(
            w, first, second, w_row, w_panel, x, x_row, dy, dy_row, batch, k_begin, k_end, j_begin, j_end,
            <const f64_rule*> rule
        )


cdef inline void pack_columns(
    floating* panels, const floating* w, Py_ssize_t w_row, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end,
) noexcept nogil:
    if floating is float:
        f32_pack_columns(panels, w, w_row, depth, begin, end)
    else:
        f64_pack_columns(panels, w, w_row, depth, begin, end)


cdef inline void unpack_columns(
    floating* w, Py_ssize_t w_row, const floating* panels, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end,
) noexcept nogil:
    if floating is float:
        f32_unpack_columns(w, w_row, panels, depth, begin, end)
    else:
        f64_unpack_columns(w, w_row, panels, depth, begin, end)


cdef inline void pack_rows(
    floating* panels, const floating* w, Py_ssize_t w_row, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end,
) noexcept nogil:
    if floating is float:
        f32_pack_rows(panels, w, w_row, depth, begin, end)
    else:
        f64_pack_rows(panels, w, w_row, depth, begin, end)


cdef inline Py_ssize_t compress(
    uint32_t* columns, floating* values, const floating* x, Py_ssize_t size,
) noexcept nogil:
    if floating is float:
        return f32_compress(columns, values, x, size)
    else:
        return f64_compress(columns, values, x, size)


cdef inline void lists_forward(
    const void* lists, Py_ssize_t rows, const floating* w, Py_ssize_t w_row, Py_ssize_t columns,
    const floating* bias, floating* y, Py_ssize_t y_row, int activation, floating slope,
) noexcept nogil:
    if floating is float:
        f32_lists_forward(<const f32_list*> lists, rows, w, w_row, columns, bias, y, y_row, activation, slope)
    else:
        f64_lists_forward(<const f64_list*> lists, rows, w, w_row, columns, bias, y, y_row, activation, slope)


cdef inline void by_column(
    uint32_t* starts, void* entries, const void* lists, Py_ssize_t rows, Py_ssize_t distance, Py_ssize_t begin, Py_ssize_t end,
    floating zero,
) noexcept nogil:
    if floating is float:
        f32_by_column(starts, entries, <const f32_list*> lists, rows, distance, begin, end)
    else:
        f64_by_column(starts, entries, <const f64_list*> lists, rows, distance, begin, end)


cdef inline void columns_forward(
    const uint32_t* starts, const void* entries, Py_ssize_t size, Py_ssize_t rows, const floating* w, Py_ssize_t w_row,
    Py_ssize_t w_panel, Py_ssize_t columns, floating* y,
) noexcept nogil:
    if floating is float:
        f32_columns_forward(starts, entries, size, rows, w, w_row, w_panel, columns, y)
    else:
        f64_columns_forward(starts, entries, size, rows, w, w_row, w_panel, columns, y)


cdef inline void finish_rows(
    floating* y, Py_ssize_t y_row, Py_ssize_t rows, Py_ssize_t columns, const floating* bias, int activation, floating slope,
) noexcept nogil:
    if floating is float:
        f32_finish_rows(y, y_row, rows, columns, bias, activation, slope)
    else:
        f64_finish_rows(y, y_row, rows, columns, bias, activation, slope)


cdef inline void columns_update(
    const uint32_t* starts, const void* entries, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch, const floating* dy,
    floating* w, floating* first, floating* second, Py_ssize_t w_row, Py_ssize_t w_panel, Py_ssize_t columns, const void* rule,
    const unsigned char* seen,
) noexcept nogil:
    if floating is float:
        f32_columns_update(starts, entries, begin, end, batch, dy, w, first, second, w_row, w_panel, columns,
                           <const f32_rule*> rule, seen)
    else:
        f64_columns_update(starts, entries, begin, end, batch, dy, w, first, second, w_row, w_panel, columns,
                           <const f64_rule*> rule, seen)


cdef inline void list_forward(
    const void* x, const floating* w, Py_ssize_t w_row, Py_ssize_t columns, const floating* bias, floating* y,
    int activation, floating slope,
) noexcept nogil:
    if floating is float:
        f32_list_forward((<const f32_list*> x)[0], w, w_row, columns, bias, y, activation, slope)
    else:
        f64_list_forward((<const f64_list*> x)[0], w, w_row, columns, bias, y, activation, slope)


cdef inline void list_update(
    const void* x, const floating* dy, floating* w, Py_ssize_t w_row, Py_ssize_t columns, floating learning_rate,
) noexcept nogil:
    if floating is float:
        f32_list_update((<const f32_list*> x)[0], dy, w, w_row, columns, learning_rate)
    else:
        f64_list_update((<const f64_list*> x)[0], dy, w, w_row, columns, learning_rate)


cdef inline void row_backward(
    const floating* dy, const floating* x, floating* w, Py_ssize_t w_row, Py_ssize_t rows, Py_ssize_t columns,
    floating* dx, floating learning_rate,
) noexcept nogil:
    if floating is float:
        f32_row_backward(dy, x, w, w_row, rows, columns, dx, learning_rate)
    else:
        f64_row_backward(dy, x, w, w_row, rows, columns, dx, learning_rate)


cdef inline void descend(floating* b, const floating* g, floating learning_rate, Py_ssize_t count) noexcept nogil:
    if floating is float:
        f32_descend(b, g, learning_rate, count)
    else:
        f64_descend(b, g, learning_rate, count)


cdef inline void update_bias(
    const void* rule, const floating* dy, Py_ssize_t dy_row, Py_ssize_t rows, floating* b, floating* first,
    floating* second, Py_ssize_t count,
) noexcept nogil:
    if floating is float:
        f32_update_bias(<const f32_rule*> rule, dy, dy_row, rows, b, first, second, count)
    else:
        f64_update_bias(<const f64_rule*> rule, dy, dy_row, rows, b, first, second, count)


cdef inline void activate_row(
    floating* y, const floating* x, int activation, floating slope, Py_ssize_t count,
) noexcept nogil:
    if floating is float:
        f32_activate_row(y, x, activation, slope, count)
    else:
        f64_activate_row(y, x, activation, slope, count)


cdef inline void through_row(
    floating* dx, const floating* dy, const floating* y, int activation, floating slope, Py_ssize_t count,
) noexcept nogil:
    if floating is float:
        f32_through_row(dx, dy, y, activation, slope, count)
    else:
        f64_through_row(dx, dy, y, activation, slope, count)


cdef inline void softmax_row(floating* p, const floating* x, Py_ssize_t size) noexcept nogil:
    if floating is float:
        f32_softmax_row(p, x, size)
    else:
        f64_softmax_row(p, x, size)


cdef inline void softmax_through_row(
    floating* dx, const floating* dp, const floating* p, Py_ssize_t size,
) noexcept nogil:
    if floating is float:
        f32_softmax_through_row(dx, dp, p, size)
    else:
        f64_softmax_through_row(dx, dp, p, size)


cdef inline double softmax_entropy_row(
    floating* p, floating* dx, const floating* x, const floating* y, Py_ssize_t size, floating scale,
) noexcept nogil:
    if floating is float:
        return f32_softmax_entropy_row(p, dx, x, y, size, scale)
    else:
        return f64_softmax_entropy_row(p, dx, x, y, size, scale)


cdef inline int all_finite(const floating* x, Py_ssize_t size) noexcept nogil:
    if floating is float:
        return f32_all_finite(x, size)
    else:
        return f64_all_finite(x, size)


cdef inline void narrow_update(
    floating* g, const void* lists, Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const floating* dy,
    Py_ssize_t dy_row, floating* w, floating* first, floating* second, Py_ssize_t width, const void* rule,
    const unsigned char* seen,
) noexcept nogil:
    if floating is float:
        f32_narrow_update(g, <const f32_list*> lists, rows, begin, end, dy, dy_row, w, first, second, width,
                          <const f32_rule*> rule, seen)
    else:
        f64_narrow_update(g, <const f64_list*> lists, rows, begin, end, dy, dy_row, w, first, second, width,
                          <const f64_rule*> rule, seen)
