# The C primitives of kernels.h, in the number type that the module is compiled for.
from libc.stdint cimport uint32_t, uint64_t
from fastnn_ext.tables.enums cimport STATES


cdef extern from "loops/kernels.h" nogil:
    # float or double: what the compiler sees is the header's.
    ctypedef double real
    const char* FASTNN_ISA_NAME
    enum: LANES
    enum: NUMBERS
    double fma_loop "fastnn_fma_loop"(long rounds)
    unsigned long long flush_denormals "fastnn_flush_denormals"(bint flush)
    void restore_denormals "fastnn_restore_denormals"(unsigned long long mode)
    Py_ssize_t take "fastnn_take"(Py_ssize_t* used, Py_ssize_t n)
    Py_ssize_t taken "fastnn_taken"(const Py_ssize_t* used)
    void mark "fastnn_mark"(unsigned char* at)
    void lower "fastnn_lower"(Py_ssize_t* at, Py_ssize_t row)
    ctypedef struct input_list "N(list)":
        const uint32_t* columns
        const real* values
        Py_ssize_t count
    ctypedef struct step_rule "N(rule)":
        int optimizer
        real learning_rate, learning_rate_2, beta_1, beta_2, rest_1, rest_2, epsilon, epsilon_inside, decay, ridge
    ctypedef struct parameters "N(parameters)":
        real* values
        real* state[STATES]
    parameters parameters_at "N(parameters_at)"(parameters w, Py_ssize_t at)
    enum: PANEL "N(PANEL)"
    enum: CACHED_ROWS "N(CACHED_ROWS)"
    void product_columns "N(product_columns)"(
        real* c, Py_ssize_t c_row, const real* a, Py_ssize_t a_row, const real* b, Py_ssize_t b_row, Py_ssize_t rows,
        Py_ssize_t begin, Py_ssize_t end, Py_ssize_t depth, const real* bias, int activation, const real* numbers,
        const real* slopes_of, Py_ssize_t slopes_row)
    void weights_update "N(weights_update)"(
        parameters w, Py_ssize_t w_row, Py_ssize_t w_panel, const real* x, Py_ssize_t x_row,
        const real* dy, Py_ssize_t dy_row, Py_ssize_t batch, Py_ssize_t k_begin, Py_ssize_t k_end,
        Py_ssize_t j_begin, Py_ssize_t j_end, const step_rule* rule, real* packed, Py_ssize_t block_rows)
    void packing_product "N(packing_product)"(
        real* c, Py_ssize_t c_row, const real* a, Py_ssize_t a_row, const real* w, Py_ssize_t w_row, bint by_rows,
        Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t depth, const real* bias, int activation,
        const real* numbers, const real* slopes_of, Py_ssize_t slopes_row, real* panels, Py_ssize_t group)
    void turned_product "N(turned_product)"(
        real* dx, Py_ssize_t dx_row, const real* dy, Py_ssize_t dy_row, const real* w, Py_ssize_t w_row,
        Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t depth, real* panels, int activation,
        const real* numbers, const real* slopes_of, Py_ssize_t slopes_row)
    void pack_columns "N(pack_columns)"(
        real* panels, const real* w, Py_ssize_t w_row, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    void unpack_columns "N(unpack_columns)"(
        real* w, Py_ssize_t w_row, const real* panels, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    void pack_rows "N(pack_rows)"(
        real* panels, const real* w, Py_ssize_t w_row, Py_ssize_t depth, Py_ssize_t begin, Py_ssize_t end)
    Py_ssize_t compress "N(compress)"(
        uint32_t* columns, real* values, const real* x, Py_ssize_t size, const real* ahead)
    Py_ssize_t compress_bytes "N(compress_bytes)"(
        uint32_t* columns, real* values, const unsigned char* x, Py_ssize_t size, real scale,
        const unsigned char* ahead)
    void lists_forward "N(lists_forward)"(
        const input_list* lists, Py_ssize_t rows, const real* w, Py_ssize_t w_row, Py_ssize_t columns,
        const real* bias, real* y, Py_ssize_t y_row, int activation, const real* numbers)
    void by_column "N(by_column)"(
        uint32_t* starts, void* entries, const input_list* lists, Py_ssize_t rows, Py_ssize_t distance,
        Py_ssize_t begin, Py_ssize_t end)
    void columns_forward "N(columns_forward)"(
        const uint32_t* starts, const void* entries, Py_ssize_t size, Py_ssize_t rows, const real* w,
        Py_ssize_t w_row, Py_ssize_t w_panel, Py_ssize_t columns, real* y)
    void finish_rows "N(finish_rows)"(
        real* y, Py_ssize_t y_row, Py_ssize_t rows, Py_ssize_t columns, const real* bias, int activation,
        const real* numbers)
    void columns_update "N(columns_update)"(
        const uint32_t* starts, const void* entries, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch,
        const real* dy, parameters w, Py_ssize_t w_row, Py_ssize_t w_panel, Py_ssize_t columns,
        const step_rule* rule, const unsigned char* seen)
    void lists_update "N(lists_update)"(
        real* g, const input_list* lists, Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const real* dy,
        Py_ssize_t dy_row, parameters w, Py_ssize_t columns, const step_rule* rule, const unsigned char* seen)
    void align_rows "N(align_rows)"(
        real* aligned, Py_ssize_t whole_row, Py_ssize_t rest_row, const real* w, Py_ssize_t size, Py_ssize_t columns,
        Py_ssize_t begin, Py_ssize_t end)
    void unalign_rows "N(unalign_rows)"(
        real* w, const real* aligned, Py_ssize_t whole_row, Py_ssize_t rest_row, Py_ssize_t size, Py_ssize_t columns,
        Py_ssize_t begin, Py_ssize_t end)
    void aligned_forward "N(aligned_forward)"(
        const input_list* lists, Py_ssize_t rows, const real* w, Py_ssize_t whole_row, Py_ssize_t rest_row,
        Py_ssize_t size, Py_ssize_t columns, const real* bias, real* y, Py_ssize_t y_row, int activation,
        const real* numbers)
    void aligned_list_forward "N(aligned_list_forward)"(
        const input_list* x, const real* w, Py_ssize_t whole_row, Py_ssize_t rest_row, Py_ssize_t size,
        Py_ssize_t columns, const real* bias, real* y, int activation, const real* numbers)
    void aligned_list_update "N(aligned_list_update)"(
        input_list x, const real* dy, real* w, Py_ssize_t whole_row, Py_ssize_t rest_row, Py_ssize_t size,
        Py_ssize_t columns, real learning_rate)
    void aligned_update "N(aligned_update)"(
        real* g, const input_list* lists, Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const real* dy,
        Py_ssize_t dy_row, parameters w, Py_ssize_t whole_row, Py_ssize_t rest_row, Py_ssize_t size,
        Py_ssize_t columns, const step_rule* rule, const unsigned char* seen)
    void list_forward "N(list_forward)"(
        const input_list* x, const real* w, Py_ssize_t w_row, Py_ssize_t columns, const real* bias, real* y,
        int activation, const real* numbers)
    void list_update "N(list_update)"(
        input_list x, const real* dy, real* w, Py_ssize_t w_row, Py_ssize_t columns, real learning_rate)
    void row_backward "N(row_backward)"(
        const real* dy, const real* x, real* w, Py_ssize_t w_row, Py_ssize_t rows, Py_ssize_t columns, real* dx,
        real learning_rate)
    void row_through_weights "N(row_through_weights)"(
        real* dx, const real* dy, const real* w, Py_ssize_t w_row, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t columns)
    void descend "N(descend)"(real* b, const real* g, real learning_rate, Py_ssize_t count)
    void update_bias "N(update_bias)"(
        const step_rule* rule, const real* dy, Py_ssize_t dy_row, Py_ssize_t rows, parameters b, Py_ssize_t count)
    void activate_row "N(activate_row)"(real* y, const real* x, int activation, const real* numbers, Py_ssize_t count)
    void activation_backward_row "N(activation_backward_row)"(
        real* dx, const real* dy, const real* from_, int activation, const real* numbers, Py_ssize_t count)
    void softmax_row "N(softmax_row)"(real* p, const real* x, Py_ssize_t size)
    void softmax_backward_row "N(softmax_backward_row)"(real* dx, const real* dp, const real* p, Py_ssize_t size)
    void log_softmax_row "N(log_softmax_row)"(real* y, const real* x, Py_ssize_t size)
    void log_softmax_backward_row "N(log_softmax_backward_row)"(
        real* dx, const real* dy, const real* y, Py_ssize_t size)
    double softmax_entropy_row "N(softmax_entropy_row)"(
        real* p, real* dx, const real* x, const real* y, Py_ssize_t size, real scale)
    int all_finite "N(all_finite)"(const real* x, Py_ssize_t size)
    uint64_t random_key "fastnn_random_key"(uint64_t seed, uint64_t step, uint64_t use, uint64_t row)
    double uniform "fastnn_uniform"(uint64_t key, uint32_t i)
    void derivative_row "N(derivative_row)"(real* slope, const real* x, int activation, const real* numbers,
                                            Py_ssize_t count)
    void keep_nan "N(keep_nan)"(real* y, const real* x, Py_ssize_t count)
    bint told_by_output "fastnn_told_by_output"(int activation)
    double loss_row "N(loss_row)"(
        int loss, const real* numbers, real* dy, const real* y_pred, const real* y, Py_ssize_t size, real scale)
    double shares_entropy_row "N(shares_entropy_row)"(
        real* dy, const real* outputs, const real* y, Py_ssize_t size, real scale)
    double sigmoid_entropy_row "N(sigmoid_entropy_row)"(
        real* p, real* dy, const real* z, const real* y, Py_ssize_t size, real scale)
    void batch_normalize "N(batch_normalize)"(
        real* y, Py_ssize_t y_row, const real* x, Py_ssize_t x_row, Py_ssize_t rows, Py_ssize_t begin,
        Py_ssize_t end, const real* gamma, const real* beta, real* mean, real* inverse, real* moving_mean,
        real* moving_variance, real momentum, real epsilon)
    void normalize_row "N(normalize_row)"(
        real* y, const real* x, Py_ssize_t size, const real* gamma, const real* beta, const real* mean,
        const real* variance, real epsilon)
    void normalize_back_row "N(normalize_back_row)"(
        real* dx, const real* dy, Py_ssize_t size, const real* gamma, const real* variance, real epsilon)
    void batch_normalize_back "N(batch_normalize_back)"(
        real* dx, Py_ssize_t dx_row, const real* dy, Py_ssize_t dy_row, const real* x, Py_ssize_t x_row,
        Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const real* gamma, const real* mean, const real* inverse,
        real* dgamma, real* dbeta)
    void layer_normalize_row "N(layer_normalize_row)"(
        real* y, const real* x, Py_ssize_t size, const real* gamma, const real* beta, real epsilon, real* statistics)
    void layer_normalize_back_row "N(layer_normalize_back_row)"(
        real* dx, const real* dy, const real* x, Py_ssize_t size, const real* gamma, const real* statistics)
    void layer_normalize_gradients "N(layer_normalize_gradients)"(
        real* dgamma, real* dbeta, const real* dy, Py_ssize_t dy_row, const real* x, Py_ssize_t x_row,
        Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end, const real* statistics)
    double squared_penalty "N(squared_penalty)"(const real* w, Py_ssize_t count, real l2)
    void adjust_row "N(adjust_row)"(
        real* g, const real* w, Py_ssize_t count, real l1, real l2, real clip, double* penalty, double* squares)
    void scale_row "N(scale_row)"(real* g, const real* w, Py_ssize_t count, real factor, real decay)
    void limit_columns "N(limit_columns)"(
        real* w, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t begin, Py_ssize_t end, real low, real high,
        real rate)
    void limit_row "N(limit_row)"(real* w, Py_ssize_t count, real low, real high, real rate)
    void forbid_negative "N(forbid_negative)"(real* w, Py_ssize_t count)
    double activity_row "N(activity_row)"(const real* x, Py_ssize_t count, real l1, real l2)
    void activity_slope_row "N(activity_slope_row)"(
        real* dx, const real* dy, const real* x, Py_ssize_t count, real l1, real l2)
    void step_rows "N(step_rows)"(
        const step_rule* rule, const real* g, Py_ssize_t g_row, parameters w, Py_ssize_t w_row, Py_ssize_t rows,
        Py_ssize_t columns)
    void dropout_row "N(dropout_row)"(
        real* y, const real* x, Py_ssize_t size, uint64_t key, uint32_t threshold, real scale)
    void alpha_dropout_row "N(alpha_dropout_row)"(
        real* y, const real* x, Py_ssize_t size, uint64_t key, uint32_t threshold, real scale, real left_out,
        real shift)
    void gaussian_dropout_row "N(gaussian_dropout_row)"(
        real* y, const real* x, Py_ssize_t size, uint64_t key, real deviation)
    void noise_row "N(noise_row)"(real* y, const real* x, Py_ssize_t size, uint64_t key, real deviation)
    void warp "N(warp)"(
        real* out, const real* in_, Py_ssize_t height, Py_ssize_t width, Py_ssize_t channels, const double* map,
        real fill)
