# Primitives of losses, regularisation and randomness under one name for both dtypes; those of products are in primitives.pxd.
from cython cimport floating
from libc.stdint cimport uint32_t, uint64_t
from fastnn_ext.primitives cimport f32_rule, f64_rule


cdef extern from "kernels.h" nogil:
    uint64_t random_key "fastnn_random_key"(uint64_t seed, uint64_t step, uint64_t use, uint64_t row)
    double uniform "fastnn_uniform"(uint64_t key, uint32_t i)
    void f32_through_input_row(
        float* dx, const float* dy, const float* x, int activation, float slope, Py_ssize_t count)
    void f64_through_input_row(
        double* dx, const double* dy, const double* x, int activation, double slope, Py_ssize_t count)
    double f32_loss_row(
        int loss, float parameter, float* dy, const float* y_pred, const float* y, Py_ssize_t size, float scale)
    double f64_loss_row(
        int loss, double parameter, double* dy, const double* y_pred, const double* y, Py_ssize_t size, double scale)
    double f32_shares_entropy_row(float* dy, const float* outputs, const float* y, Py_ssize_t size, float scale)
    double f64_shares_entropy_row(double* dy, const double* outputs, const double* y, Py_ssize_t size, double scale)
    double f32_sigmoid_entropy_row(float* p, float* dy, const float* z, const float* y, Py_ssize_t size, float scale)
    double f64_sigmoid_entropy_row(
        double* p, double* dy, const double* z, const double* y, Py_ssize_t size, double scale)
    void f32_batch_normalize(
        float* y, Py_ssize_t y_row, const float* x, Py_ssize_t x_row, Py_ssize_t rows, Py_ssize_t begin,
        Py_ssize_t end, const float* gamma, const float* beta, float* mean, float* inverse, float* moving_mean,
        float* moving_variance, float momentum, float epsilon)
    void f64_batch_normalize(
        double* y, Py_ssize_t y_row, const double* x, Py_ssize_t x_row, Py_ssize_t rows, Py_ssize_t begin,
        Py_ssize_t end, const double* gamma, const double* beta, double* mean, double* inverse, double* moving_mean,
        double* moving_variance, double momentum, double epsilon)
    void f32_normalize_row(
        float* y, const float* x, Py_ssize_t size, const float* gamma, const float* beta, const float* mean,
        const float* variance, float epsilon)
    void f64_normalize_row(
        double* y, const double* x, Py_ssize_t size, const double* gamma, const double* beta, const double* mean,
        const double* variance, double epsilon)
    void f32_batch_normalize_back(
        float* dx, Py_ssize_t dx_row, const float* dy, Py_ssize_t dy_row, const float* x, Py_ssize_t x_row,
        Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const float* gamma, const float* mean,
        const float* inverse, float* dgamma, float* dbeta)
    void f64_batch_normalize_back(
        double* dx, Py_ssize_t dx_row, const double* dy, Py_ssize_t dy_row, const double* x, Py_ssize_t x_row,
        Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const double* gamma, const double* mean,
        const double* inverse, double* dgamma, double* dbeta)
    void f32_layer_normalize_row(
        float* y, const float* x, Py_ssize_t size, const float* gamma, const float* beta, float epsilon,
        float* statistics)
    void f64_layer_normalize_row(
        double* y, const double* x, Py_ssize_t size, const double* gamma, const double* beta, double epsilon,
        double* statistics)
    void f32_layer_normalize_back_row(
        float* dx, const float* dy, const float* x, Py_ssize_t size, const float* gamma, const float* statistics)
    void f64_layer_normalize_back_row(
        double* dx, const double* dy, const double* x, Py_ssize_t size, const double* gamma, const double* statistics)
    void f32_layer_normalize_gradients(
        float* dgamma, float* dbeta, const float* dy, Py_ssize_t dy_row, const float* x, Py_ssize_t x_row,
        Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const float* statistics)
    void f64_layer_normalize_gradients(
        double* dgamma, double* dbeta, const double* dy, Py_ssize_t dy_row, const double* x, Py_ssize_t x_row,
        Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const double* statistics)
    void f32_adjust_row(
        float* g, const float* w, Py_ssize_t count, float l1, float l2, float clip, double* penalty, double* squares)
    void f64_adjust_row(
        double* g, const double* w, Py_ssize_t count, double l1, double l2, double clip, double* penalty,
        double* squares)
    void f32_scale_row(float* g, const float* w, Py_ssize_t count, float factor, float decay)
    void f64_scale_row(double* g, const double* w, Py_ssize_t count, double factor, double decay)
    void f32_limit_columns(float* w, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t begin, Py_ssize_t end, float limit)
    void f64_limit_columns(
        double* w, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t begin, Py_ssize_t end, double limit)
    void f32_sum_rows(float* sum, const float* dy, Py_ssize_t dy_row, Py_ssize_t rows, Py_ssize_t count)
    void f64_sum_rows(double* sum, const double* dy, Py_ssize_t dy_row, Py_ssize_t rows, Py_ssize_t count)
    void f32_step_rows(
        const f32_rule* rule, const float* g, Py_ssize_t g_row, float* w, float* first, float* second,
        Py_ssize_t w_row, Py_ssize_t rows, Py_ssize_t columns)
    void f64_step_rows(
        const f64_rule* rule, const double* g, Py_ssize_t g_row, double* w, double* first, double* second,
        Py_ssize_t w_row, Py_ssize_t rows, Py_ssize_t columns)
    void f32_dropout_row(float* y, const float* x, Py_ssize_t size, uint64_t key, uint32_t threshold, float scale)
    void f64_dropout_row(double* y, const double* x, Py_ssize_t size, uint64_t key, uint32_t threshold, double scale)
    void f32_noise_row(float* y, const float* x, Py_ssize_t size, uint64_t key, float deviation)
    void f64_noise_row(double* y, const double* x, Py_ssize_t size, uint64_t key, double deviation)
    void f32_warp(
        float* out, const float* in_, Py_ssize_t height, Py_ssize_t width, Py_ssize_t channels, const double* map,
        float fill)
    void f64_warp(
        double* out, const double* in_, Py_ssize_t height, Py_ssize_t width, Py_ssize_t channels, const double* map,
        double fill)


cdef inline void through_input_row(
    floating* dx, const floating* dy, const floating* x, int activation, floating slope, Py_ssize_t count,
) noexcept nogil:
    if floating is float:
        f32_through_input_row(dx, dy, x, activation, slope, count)
    else:
        f64_through_input_row(dx, dy, x, activation, slope, count)


cdef inline double loss_row(
    int loss, floating parameter, floating* dy, const floating* y_pred, const floating* y, Py_ssize_t size, floating
    scale,
) noexcept nogil:
    if floating is float:
        return f32_loss_row(loss, parameter, dy, y_pred, y, size, scale)
    else:
        return f64_loss_row(loss, parameter, dy, y_pred, y, size, scale)


cdef inline double shares_entropy_row(
    floating* dy, const floating* outputs, const floating* y, Py_ssize_t size, floating scale,
) noexcept nogil:
    if floating is float:
        return f32_shares_entropy_row(dy, outputs, y, size, scale)
    else:
        return f64_shares_entropy_row(dy, outputs, y, size, scale)


cdef inline double sigmoid_entropy_row(
    floating* p, floating* dy, const floating* z, const floating* y, Py_ssize_t size, floating scale,
) noexcept nogil:
    if floating is float:
        return f32_sigmoid_entropy_row(p, dy, z, y, size, scale)
    else:
        return f64_sigmoid_entropy_row(p, dy, z, y, size, scale)


cdef inline void batch_normalize(
    floating* y, Py_ssize_t y_row, const floating* x, Py_ssize_t x_row, Py_ssize_t rows, Py_ssize_t begin,
    Py_ssize_t end, const floating* gamma, const floating* beta, floating* mean, floating* inverse, floating*
    moving_mean, floating* moving_variance, floating momentum, floating epsilon,
) noexcept nogil:
    if floating is float:
        f32_batch_normalize(y, y_row, x, x_row, rows, begin, end, gamma, beta, mean, inverse, moving_mean,
            moving_variance, momentum, epsilon)
    else:
        f64_batch_normalize(y, y_row, x, x_row, rows, begin, end, gamma, beta, mean, inverse, moving_mean,
            moving_variance, momentum, epsilon)


cdef inline void normalize_row(
    floating* y, const floating* x, Py_ssize_t size, const floating* gamma, const floating* beta, const floating*
    mean, const floating* variance, floating epsilon,
) noexcept nogil:
    if floating is float:
        f32_normalize_row(y, x, size, gamma, beta, mean, variance, epsilon)
    else:
        f64_normalize_row(y, x, size, gamma, beta, mean, variance, epsilon)


cdef inline void batch_normalize_back(
    floating* dx, Py_ssize_t dx_row, const floating* dy, Py_ssize_t dy_row, const floating* x, Py_ssize_t x_row,
    Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const floating* gamma, const floating* mean, const floating*
    inverse, floating* dgamma, floating* dbeta,
) noexcept nogil:
    if floating is float:
        f32_batch_normalize_back(dx, dx_row, dy, dy_row, x, x_row, rows, begin, end, gamma, mean, inverse, dgamma,
            dbeta)
    else:
        f64_batch_normalize_back(dx, dx_row, dy, dy_row, x, x_row, rows, begin, end, gamma, mean, inverse, dgamma,
            dbeta)


cdef inline void layer_normalize_row(
    floating* y, const floating* x, Py_ssize_t size, const floating* gamma, const floating* beta, floating epsilon,
    floating* statistics,
) noexcept nogil:
    if floating is float:
        f32_layer_normalize_row(y, x, size, gamma, beta, epsilon, statistics)
    else:
        f64_layer_normalize_row(y, x, size, gamma, beta, epsilon, statistics)


cdef inline void layer_normalize_back_row(
    floating* dx, const floating* dy, const floating* x, Py_ssize_t size, const floating* gamma, const floating*
    statistics,
) noexcept nogil:
    if floating is float:
        f32_layer_normalize_back_row(dx, dy, x, size, gamma, statistics)
    else:
        f64_layer_normalize_back_row(dx, dy, x, size, gamma, statistics)


cdef inline void layer_normalize_gradients(
    floating* dgamma, floating* dbeta, const floating* dy, Py_ssize_t dy_row, const floating* x, Py_ssize_t x_row,
    Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const floating* statistics,
) noexcept nogil:
    if floating is float:
        f32_layer_normalize_gradients(dgamma, dbeta, dy, dy_row, x, x_row, rows, begin, end, statistics)
    else:
        f64_layer_normalize_gradients(dgamma, dbeta, dy, dy_row, x, x_row, rows, begin, end, statistics)


cdef inline void adjust_row(
    floating* g, const floating* w, Py_ssize_t count, floating l1, floating l2, floating clip, double* penalty,
    double* squares,
) noexcept nogil:
    if floating is float:
        f32_adjust_row(g, w, count, l1, l2, clip, penalty, squares)
    else:
        f64_adjust_row(g, w, count, l1, l2, clip, penalty, squares)


cdef inline void scale_row(
    floating* g, const floating* w, Py_ssize_t count, floating factor, floating decay,
) noexcept nogil:
    if floating is float:
        f32_scale_row(g, w, count, factor, decay)
    else:
        f64_scale_row(g, w, count, factor, decay)


cdef inline void limit_columns(
    floating* w, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t begin, Py_ssize_t end, floating limit,
) noexcept nogil:
    if floating is float:
        f32_limit_columns(w, rows, columns, begin, end, limit)
    else:
        f64_limit_columns(w, rows, columns, begin, end, limit)


cdef inline void sum_rows(
    floating* sum, const floating* dy, Py_ssize_t dy_row, Py_ssize_t rows, Py_ssize_t count,
) noexcept nogil:
    if floating is float:
        f32_sum_rows(sum, dy, dy_row, rows, count)
    else:
        f64_sum_rows(sum, dy, dy_row, rows, count)


cdef inline void step_rows(
    const void* rule, const floating* g, Py_ssize_t g_row, floating* w, floating* first, floating* second,
    Py_ssize_t w_row, Py_ssize_t rows, Py_ssize_t columns,
) noexcept nogil:
    if floating is float:
        f32_step_rows(<const f32_rule*> rule, g, g_row, w, first, second, w_row, rows, columns)
    else:
        f64_step_rows(<const f64_rule*> rule, g, g_row, w, first, second, w_row, rows, columns)


cdef inline void dropout_row(
    floating* y, const floating* x, Py_ssize_t size, uint64_t key, uint32_t threshold, floating scale,
) noexcept nogil:
    if floating is float:
        f32_dropout_row(y, x, size, key, threshold, scale)
    else:
        f64_dropout_row(y, x, size, key, threshold, scale)


cdef inline void noise_row(
    floating* y, const floating* x, Py_ssize_t size, uint64_t key, floating deviation,
) noexcept nogil:
    if floating is float:
        f32_noise_row(y, x, size, key, deviation)
    else:
        f64_noise_row(y, x, size, key, deviation)


cdef inline void warp(
    floating* out, const floating* in_, Py_ssize_t height, Py_ssize_t width, Py_ssize_t channels, const double* map,
    floating fill,
) noexcept nogil:
    if floating is float:
        f32_warp(out, in_, height, width, channels, map, fill)
    else:
        f64_warp(out, in_, height, width, channels, map, fill)
