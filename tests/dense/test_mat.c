#include "dense/mats.h"

#include <float.h>

static void a_part_of_a_matrix_is_a_view_on_its_numbers(void **state)
{
    (void)state;
    sur_mat m = random_mat(5, 7, 1);
    sur_mat part = sur_mat_part(&m, 1, 3, 2, 4), copy;
    CHECK(part.rows == 3 && part.cols == 4 && part.stride == 7);
    CHECK(sur_mat_row(&part, 2)[3] == sur_mat_row(&m, 3)[5]);
    CHECK_OK(sur_mat_new(&copy, 3, 4, NULL));
    sur_mat_copy(&copy, &part);
    const double outside = sur_mat_row(&m, 1)[6];
    sur_mat_axpy(&part, 2.0, &copy);
    CHECK(sur_mat_row(&m, 1)[2] == 3.0 * copy.data[0]);
    sur_mat_fill(&part, 0.25);
    CHECK(sur_mat_row(&m, 3)[5] == 0.25 && sur_mat_row(&m, 1)[6] == outside);
    sur_mat_free(&copy);
    sur_mat_free(&m);
    CHECK(m.data == NULL && m.rows == 0);
}

static void impossible_shapes_and_a_lack_of_memory_leave_an_empty_matrix(void **state)
{
    (void)state;
    sur_mat m;
    sur_error err;
    CHECK_STATUS(sur_mat_new(&m, -1, 3, &err), SUR_ESHAPE);
    CHECK_CONTAINS(err.message, "-1 x 3");
    CHECK_STATUS(sur_mat_new(&m, 3, (sur_idx)INT32_MAX + 1, &err), SUR_ESHAPE);
    sur_alloc_fail_after(0);
    CHECK_STATUS(sur_mat_new(&m, 3, 3, &err), SUR_ENOMEM);
    CHECK(m.data == NULL && m.rows == 0 && m.cols == 0);
    CHECK_EVERY_ALLOCATION(sur_mat_new(&m, 2, 2, &err), 1, sur_mat_free(&m));
    CHECK_OK(sur_mat_new(&m, 0, 4, &err));
    CHECK(sur_mat_norm(&m) == 0.0);
    sur_mat_free(&m);
}

/* the slow and obvious product */
static double entry(const sur_mat *a, sur_side side_a, const sur_mat *b,
                    sur_side side_b, sur_idx i, sur_idx j)
{
    const sur_idx inner = side_a == SUR_PLAIN ? a->cols : a->rows;
    double sum = 0.0;
    for (sur_idx k = 0; k < inner; k++)
        sum += (side_a == SUR_PLAIN ? sur_mat_row(a, i)[k] : sur_mat_row(a, k)[i]) *
               (side_b == SUR_PLAIN ? sur_mat_row(b, k)[j] : sur_mat_row(b, j)[k]);
    return sum;
}

static void products_of_views_equal_the_sums_they_stand_for(void **state)
{
    (void)state;
    static const sur_idx shapes[][3] = {
        {1, 1, 1}, {4, 3, 5}, {6, 1, 7}, {5, 4, 0}, {0, 3, 2}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int sides = 0; sides < 4; sides++) {
            const sur_idx m = shapes[s][0], n = shapes[s][1], inner = shapes[s][2];
            const sur_side sa = sides & 1 ? SUR_TRANSPOSED : SUR_PLAIN;
            const sur_side sb = sides & 2 ? SUR_TRANSPOSED : SUR_PLAIN;
            sur_mat big_a = random_mat(12, 12, 2), big_b = random_mat(12, 12, 3),
                    big_c = random_mat(12, 12, 4), before = random_mat(12, 12, 4);
            const sur_mat a = sa == SUR_PLAIN ? sur_mat_part(&big_a, 1, m, 2, inner)
                                              : sur_mat_part(&big_a, 1, inner, 2, m);
            const sur_mat b = sb == SUR_PLAIN ? sur_mat_part(&big_b, 0, inner, 3, n)
                                              : sur_mat_part(&big_b, 0, n, 3, inner);
            sur_mat c = sur_mat_part(&big_c, 2, m, 1, n);
            sur_mat_multiply(&c, 1.5, &a, sa, &b, sb, -0.5);
            for (sur_idx i = 0; i < 12; i++)
                for (sur_idx j = 0; j < 12; j++) {
                    const bool inside = i >= 2 && i < 2 + m && j >= 1 && j < 1 + n;
                    const double old = sur_mat_row(&before, i)[j];
                    const double want =
                        inside ? 1.5 * entry(&a, sa, &b, sb, i - 2, j - 1) - 0.5 * old
                               : old;
                    CHECK_NEAR(sur_mat_row(&big_c, i)[j], want, inside ? 1e-13 : 0.0,
                               0.0);
                }
            sur_mat_free(&big_a), sur_mat_free(&big_b);
            sur_mat_free(&big_c), sur_mat_free(&before);
        }
}

static void norms_neither_overflow_nor_underflow(void **state)
{
    (void)state;
    const double big[] = {3e200, 4e200}, small[] = {3e-200, 4e-200};
    const double least[] = {DBL_TRUE_MIN, 0.0}, huge[] = {1.0, HUGE_VAL};
    double lost[] = {1.0, nan(""), 2.0};
    CHECK_NEAR(sur_norm2(big, 2), 5e200, 0.0, 1e-15);
    CHECK_NEAR(sur_norm2(small, 2), 5e-200, 0.0, 1e-15);
    CHECK(sur_norm2(least, 2) == DBL_TRUE_MIN);
    CHECK(isinf(sur_norm2(huge, 2)) && isnan(sur_norm2(lost, 3)));
    CHECK(sur_norm2(NULL, 0) == 0.0);
    sur_mat m = random_mat(9, 11, 5);
    double sum = 0.0;
    for (int i = 0; i < 99; i++) sum += m.data[i] * m.data[i];
    CHECK_NEAR(sur_mat_norm(&m), sqrt(sum), 0.0, 1e-14);
    sur_mat_free(&m);
}

static void the_number_of_threads_is_what_was_asked_for(void **state)
{
    (void)state;
    sur_threads_set(2);
    CHECK(sur_threads_get() == 2);
    sur_threads_set(0);
    CHECK(sur_threads_get() == 1);
    CHECK_TEXT(sur_threads_kind(), "openmp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_a_matrix_is_a_view_on_its_numbers),
        cmocka_unit_test(impossible_shapes_and_a_lack_of_memory_leave_an_empty_matrix),
        cmocka_unit_test(products_of_views_equal_the_sums_they_stand_for),
        cmocka_unit_test(norms_neither_overflow_nor_underflow),
        cmocka_unit_test(the_number_of_threads_is_what_was_asked_for),
    };
    return RUN(tests);
}
