/* Fits of a curve against LAPACK's gelsd and against the formulas they report. */
#include "dense/mats.h"

#include <float.h>

typedef struct reference {
    sur_mat z, unseen, y; /* design, rows to predict, targets */
    const sur_curve_point *points;
    sur_idx taken;
    double tolerance; /* relative error of predictions allowed */
    bool methods[8];
} reference;

static const char *const methods[] = {"qr",          "cholesky", "row qr",
                                      "tridiagonal", "svd",      "gelsd"};

/* b by gelsd: of Z, or of the rows sqrt(mu) I put below it. */
static sur_mat slow_fit(const sur_mat *z, const sur_mat *y, double mu,
                        double *condition, sur_idx *rank)
{
    const sur_idx n = z->rows, p = z->cols, extra = mu > 0.0 ? p : 0;
    sur_mat all = zeros(n + extra, p), targets = zeros(n + extra, y->cols),
            b = zeros(p, y->cols);
    sur_mat top = sur_mat_part(&all, 0, n, 0, p),
            first = sur_mat_part(&targets, 0, n, 0, y->cols);
    sur_mat_copy(&top, z);
    sur_mat_copy(&first, y);
    for (sur_idx i = 0; i < extra; i++) sur_mat_row(&all, n + i)[i] = sqrt(mu);
    CHECK_OK(sur_lstsq(&b, condition, rank, &all, &targets, -1.0, NULL));
    sur_mat_free(&all), sur_mat_free(&targets);
    return b;
}

static void check_predictions(const reference *r, const sur_mat *b, const sur_mat *want)
{
    const sur_mat unseen = sur_mat_part(&r->unseen, 0, r->unseen.rows, 0, b->rows);
    sur_mat got = zeros(unseen.rows, b->cols), should = zeros(unseen.rows, b->cols);
    sur_mat_multiply(&got, 1.0, &unseen, SUR_PLAIN, b, SUR_PLAIN, 0.0);
    sur_mat_multiply(&should, 1.0, &unseen, SUR_PLAIN, want, SUR_PLAIN, 0.0);
    check_same_mat(&got, &should, r->tolerance);
    sur_mat_free(&got), sur_mat_free(&should);
}

static sur_status compare(void *payload, sur_idx point, const sur_mat *b,
                          const sur_curve_fit *fit, sur_error *err)
{
    reference *r = payload;
    const sur_curve_point *at = &r->points[point];
    const sur_mat z = sur_mat_part(&r->z, 0, r->z.rows, 0, at->width);
    (void)err;
    double condition, values[256], effective = 0.0;
    sur_idx rank, small = z.rows < z.cols ? z.rows : z.cols, full;
    sur_mat plain = slow_fit(&z, &r->y, 0.0, &condition, &rank);
    sur_mat want = slow_fit(&z, &r->y, at->ridge, NULL, &full);
    sur_mat left = zeros(z.rows, r->y.cols);

    check_predictions(r, b, &want);
    CHECK(fit->rank == rank);
    CHECK_NEAR(sqrt(fit->condition), condition, 0.0, 0.02);
    CHECK_OK(sur_svd(values, NULL, NULL, &z, NULL));
    for (sur_idx i = 0; i < small && i < rank; i++)
        effective += values[i] / (values[i] + at->ridge / values[i]);
    CHECK_NEAR(fit->effective, effective, 1e-9, 1e-7);
    CHECK_NEAR(fit->norm, sur_mat_norm(b), 0.0, 1e-14);
    sur_mat_copy(&left, &r->y);
    sur_mat_multiply(&left, 1.0, &z, SUR_PLAIN, b, SUR_PLAIN, -1.0);
    const double norm = sur_mat_norm(&left), whole = sur_mat_norm(&r->y);
    const double rounding = 8.0 * DBL_EPSILON * values[0] * fit->norm; /* of Z b */
    CHECK_NEAR(sqrt(fit->residual * (double)z.rows), norm, 1e-8 * whole + rounding,
               1e-8);

    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        if (strcmp(fit->method, methods[m]) == 0) r->methods[m] = true;
    sur_mat_free(&plain), sur_mat_free(&want), sur_mat_free(&left);
    r->taken++;
    return SUR_OK;
}

enum { ROWS = 70, UNSEEN = 60, COLS = 300 };
static const sur_idx widths[] = {1, 2, 30, 63, 64, 65, 69, 70, 71, 75, 100, 128, 300};
enum { WIDTHS = sizeof widths / sizeof *widths };

/* Fits the widths with each of the ridges to a design of this shape; the targets are
 * noise. */
static void compare_all(reference *r, sur_mat *all, const double *ridges, int count)
{
    sur_curve_point points[WIDTHS * 4];
    sur_idx total = 0;
    for (int w = 0; w < WIDTHS; w++)
        for (int m = 0; m < count; m++)
            points[total++] = (sur_curve_point){.width = widths[w], .ridge = ridges[m]};
    r->z = sur_mat_part(all, 0, ROWS, 0, COLS);
    r->unseen = sur_mat_part(all, ROWS, UNSEEN, 0, COLS);
    r->y = random_mat(ROWS, 2, 77);
    r->points = points;
    r->taken = 0;
    const sur_columns columns = columns_of(&r->z);
    CHECK_OK(sur_curve_solve(&columns, &r->y, NULL, points, total, compare, r, NULL));
    CHECK(r->taken == total);
    sur_mat_free(&r->y);
}

static void predictions_agree_with_gelsd_whatever_the_condition_number(void **state)
{
    (void)state;
    const double none = 0.0;
    reference r = {.tolerance = 1e-8};
    for (double digits = 0.0; digits < 13.0; digits += 1.5) {
        sur_mat all = decaying_mat(ROWS + UNSEEN, COLS, COLS, 4.0 * digits, 3);
        compare_all(&r, &all, &none, 1);
        sur_mat_free(&all);
    }
    CHECK(r.methods[0] && r.methods[1] && r.methods[2] &&
          r.methods[5]); /* all four of mu = 0 */
}

/* ReLU features have one large singular value, and a cluster of small ones. */
static void relu_features_are_fitted_as_gelsd_fits_them(void **state)
{
    (void)state;
    const double ridges[] = {0.0, 1e-3, 10.0};
    sur_mat x = random_mat(ROWS + UNSEEN, 20, 1), w = random_mat(20, COLS, 2),
            all = zeros(ROWS + UNSEEN, COLS);
    sur_mat_multiply(&all, 1.0, &x, SUR_PLAIN, &w, SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < all.rows * all.cols; i++)
        all.data[i] = fmax(0.0, all.data[i]);
    reference r = {.tolerance = 1e-9};
    compare_all(&r, &all, ridges, 3);
    sur_mat_free(&x), sur_mat_free(&w), sur_mat_free(&all);
}

static void ridge_fits_agree_with_rows_put_below_the_design(void **state)
{
    (void)state;
    const double ridges[] = {1e-6, 1e-2, 1e2};
    reference r = {.tolerance = 1e-8};
    for (double digits = 0.0; digits < 13.0; digits += 3.0) {
        sur_mat all = decaying_mat(ROWS + UNSEEN, COLS, COLS, 4.0 * digits, 5);
        compare_all(&r, &all, ridges, 3);
        sur_mat_free(&all);
    }
    CHECK(r.methods[3] && r.methods[4]);
}

/* Every column twice and rows in a space of 40 dimensions: deficient at every width
 * above 1. */
static void without_full_rank_the_answer_of_least_norm_is_found(void **state)
{
    (void)state;
    const double ridges[] = {0.0, 1e-3};
    sur_mat all = decaying_mat(ROWS + UNSEEN, COLS, 40, 1.0, 7);
    for (sur_idx i = 0; i < all.rows; i++)
        for (sur_idx j = 1; j < COLS; j += 2)
            sur_mat_row(&all, i)[j] = sur_mat_row(&all, i)[j - 1];
    reference r = {.tolerance = 1e-8};
    compare_all(&r, &all, ridges, 2);
    sur_mat_free(&all);
}

static void designs_may_be_single_numbers_zero_or_far_from_one(void **state)
{
    (void)state;
    const double ridges[] = {0.0, 1.0};
    for (int kind = 0; kind < 4; kind++) {
        const sur_idx n = kind == 0 ? 1 : 6, cols = kind == 0 ? 1 : 9;
        sur_mat all = random_mat(2 * n, cols, 9);
        const double scale = kind == 1   ? 0.0
                             : kind == 2 ? 1e100
                             : kind == 3 ? 1e-100
                                         : 1.0;
        for (sur_idx i = 0; i < 2 * n * cols; i++) all.data[i] *= scale;
        sur_curve_point points[4];
        for (int k = 0; k < 4; k++)
            points[k] = (sur_curve_point){.width = k < 2 ? 1 : cols,
                                          .ridge = ridges[k % 2] * scale * scale};
        reference r = {.tolerance = 1e-12, .points = points};
        r.z = sur_mat_part(&all, 0, n, 0, cols);
        r.unseen = sur_mat_part(&all, n, n, 0, cols);
        r.y = random_mat(n, 1, 10);
        const sur_columns columns = columns_of(&r.z);
        CHECK_OK(sur_curve_solve(&columns, &r.y, NULL, points, 4, compare, &r, NULL));
        CHECK(r.taken == 4);
        sur_mat_free(&r.y), sur_mat_free(&all);
    }
}

/* Orthogonal columns, of length 1 or of two lengths: Krylov spaces of one or two
 * dimensions. */
static void condition_numbers_of_orthogonal_columns_are_exact(void **state)
{
    (void)state;
    for (int two = 0; two < 2; two++) {
        sur_mat all = zeros(2 * ROWS, COLS);
        for (sur_idx i = 0; i < 2 * ROWS; i++)
            sur_mat_row(&all, i)[i % ROWS] = two && i % 3 == 0 ? 1e-3 : 1.0;
        const sur_curve_point points[] = {{.width = 4},
                                          {.width = 60},
                                          {.width = ROWS},
                                          {.width = 200},
                                          {.width = 60, .ridge = 1e-6}};
        reference r = {.tolerance = 1e-12, .points = points};
        r.z = sur_mat_part(&all, 0, ROWS, 0, COLS);
        r.unseen = sur_mat_part(&all, ROWS, ROWS, 0, COLS);
        r.y = random_mat(ROWS, 1, 10);
        const sur_columns columns = columns_of(&r.z);
        CHECK_OK(sur_curve_solve(&columns, &r.y, NULL, points, 5, compare, &r, NULL));
        CHECK(r.taken == 5);
        sur_mat_free(&r.y), sur_mat_free(&all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictions_agree_with_gelsd_whatever_the_condition_number),
        cmocka_unit_test(relu_features_are_fitted_as_gelsd_fits_them),
        cmocka_unit_test(ridge_fits_agree_with_rows_put_below_the_design),
        cmocka_unit_test(without_full_rank_the_answer_of_least_norm_is_found),
        cmocka_unit_test(condition_numbers_of_orthogonal_columns_are_exact),
        cmocka_unit_test(designs_may_be_single_numbers_zero_or_far_from_one),
    };
    return RUN(tests);
}
