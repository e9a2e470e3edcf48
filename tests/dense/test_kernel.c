/* The limit of infinite width: a kernel matrix in place of a design. */
#include "dense/mats.h"

#include <float.h>

enum { ROWS = 50, OUTPUTS = 3 };

typedef struct wide_fit {
    sur_mat b;
    sur_curve_fit fit;
} wide_fit;

static sur_status keep(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    wide_fit *w = payload;
    (void)point, (void)err;
    w->b = zeros(b->rows, b->cols);
    sur_mat_copy(&w->b, b);
    w->fit = *fit;
    return SUR_OK;
}

/* K = Z Z': predictions K_test a equal Z_test b, and both say the same of themselves.
 */
static void a_kernel_of_features_is_fitted_like_the_features(void **state)
{
    (void)state;
    static const sur_idx widths[] = {30, 50, 51, 200};
    static const double ridges[] = {0.0, 1e-8, 1e-3, 5.0};
    for (int c = 0; c < 16; c++) {
        const sur_idx p = widths[c / 4];
        const double ridge = ridges[c % 4];
        sur_mat all = decaying_mat(ROWS + 20, p, p, 2.0, 1),
                y = random_mat(ROWS, OUTPUTS, 2);
        sur_mat z = sur_mat_part(&all, 0, ROWS, 0, p),
                unseen = sur_mat_part(&all, ROWS, 20, 0, p);
        sur_mat k = zeros(ROWS, ROWS), cross = zeros(20, ROWS),
                a = zeros(ROWS, OUTPUTS), got = zeros(20, OUTPUTS),
                want = zeros(20, OUTPUTS);
        sur_mat_multiply(&k, 1.0, &z, SUR_PLAIN, &z, SUR_TRANSPOSED, 0.0);
        sur_mat_multiply(&cross, 1.0, &unseen, SUR_PLAIN, &z, SUR_TRANSPOSED, 0.0);
        const sur_columns columns = columns_of(&z);
        const sur_curve_point point = {.width = p, .ridge = ridge};
        wide_fit wide;
        sur_curve_fit fit;
        CHECK_OK(sur_curve_solve(&columns, &y, NULL, &point, 1, keep, &wide, NULL));
        CHECK_OK(sur_kernel_solve(&a, &fit, &k, &y, ridge, NULL));
        sur_mat_multiply(&got, 1.0, &cross, SUR_PLAIN, &a, SUR_PLAIN, 0.0);
        sur_mat_multiply(&want, 1.0, &unseen, SUR_PLAIN, &wide.b, SUR_PLAIN, 0.0);
        /* a kernel matrix keeps Z's squares: that many digits are lost, and not more */
        double values[ROWS];
        CHECK_OK(sur_eigen(values, NULL, &k, NULL));
        const double least = p >= ROWS     ? values[0]
                             : ridge > 0.0 ? 0.0
                                           : values[ROWS - p];
        const double condition = (values[ROWS - 1] + ridge) / (least + ridge);
        const double digits = 1e-10 + 50.0 * DBL_EPSILON * condition;
        check_same_mat(&got, &want, digits);
        CHECK(fit.rank == wide.fit.rank);
        CHECK_NEAR(fit.condition, wide.fit.condition, 0.0, 0.03);
        CHECK_NEAR(fit.effective, wide.fit.effective, 1e-5, 0.0);
        if (condition < 1e6) CHECK_NEAR(fit.norm, wide.fit.norm, 0.0, 1e-6);
        CHECK_NEAR(fit.residual, wide.fit.residual, digits, digits);
        sur_mat_free(&all), sur_mat_free(&y), sur_mat_free(&k), sur_mat_free(&cross);
        sur_mat_free(&a), sur_mat_free(&got), sur_mat_free(&want),
            sur_mat_free(&wide.b);
    }
}

static void more_outputs_than_one_group_are_solved_alike(void **state)
{
    (void)state;
    enum { MANY = 70 };
    sur_mat z = random_mat(ROWS, 90, 3), y = random_mat(ROWS, MANY, 4),
            k = zeros(ROWS, ROWS), a = zeros(ROWS, MANY), one = zeros(ROWS, 1),
            left = zeros(ROWS, MANY);
    sur_curve_fit fit;
    sur_mat_multiply(&k, 1.0, &z, SUR_PLAIN, &z, SUR_TRANSPOSED, 0.0);
    CHECK_OK(sur_kernel_solve(&a, &fit, &k, &y, 0.7, NULL));
    sur_mat_copy(&left, &y);
    sur_mat_axpy(&left, -0.7, &a);
    sur_mat_multiply(&left, 1.0, &k, SUR_PLAIN, &a, SUR_PLAIN, -1.0);
    CHECK_NEAR(sur_mat_norm(&left), 0.0, 1e-11, 0.0); /* K a + mu a = y */
    const sur_mat last = sur_mat_part(&y, 0, ROWS, MANY - 1, 1),
                  last_a = sur_mat_part(&a, 0, ROWS, MANY - 1, 1);
    CHECK_OK(sur_kernel_solve(&one, &fit, &k, &last, 0.7, NULL));
    for (sur_idx i = 0; i < ROWS; i++)
        CHECK(one.data[i] == sur_mat_row(&last_a, i)[0]); /* the same bits */
    sur_mat_free(&z), sur_mat_free(&y), sur_mat_free(&k);
    sur_mat_free(&a), sur_mat_free(&one), sur_mat_free(&left);
}

static void wrong_kernels_are_refused(void **state)
{
    (void)state;
    sur_mat k = random_mat(4, 4, 5), y = random_mat(4, 1, 6), a = zeros(4, 1),
            empty = {0};
    sur_curve_fit fit;
    sur_error err;
    CHECK_STATUS(sur_kernel_solve(&a, &fit, &k, &y, -1.0, &err), SUR_EINVAL);
    CHECK_STATUS(sur_kernel_solve(&empty, &fit, &empty, &empty, 1.0, &err), SUR_EINVAL);
    y.data[2] = nan("");
    CHECK_STATUS(sur_kernel_solve(&a, &fit, &k, &y, 1.0, &err), SUR_ENUMERIC);
    sur_mat_free(&k), sur_mat_free(&y), sur_mat_free(&a);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_mat z = random_mat(8, 5, 7), k = zeros(8, 8), y = random_mat(8, 2, 8),
            a = zeros(8, 2);
    sur_curve_fit fit;
    sur_mat_multiply(&k, 1.0, &z, SUR_PLAIN, &z, SUR_TRANSPOSED, 0.0);
    CHECK_EVERY_ALLOCATION(sur_kernel_solve(&a, &fit, &k, &y, 0.0, NULL), 10, (void)0);
    CHECK(fit.rank == 5);
    CHECK_TEXT(fit.method, "eigen");
    CHECK_EVERY_ALLOCATION(sur_kernel_solve(&a, &fit, &k, &y, 1.0, NULL), 10, (void)0);
    sur_mat_free(&z), sur_mat_free(&k), sur_mat_free(&y), sur_mat_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_of_features_is_fitted_like_the_features),
        cmocka_unit_test(more_outputs_than_one_group_are_solved_alike),
        cmocka_unit_test(wrong_kernels_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
