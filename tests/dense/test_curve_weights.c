/* Weighted fits, by the conditions that a minimum must fulfil. */
#include "dense/mats.h"

enum { ROWS = 60, COLS = 150 };
static const sur_idx widths[] = {1, 20, 58, 59, 60, 61, 64, 90, 150};
enum { WIDTHS = sizeof widths / sizeof *widths };

typedef struct weighted {
    sur_mat z, y;
    const double *weight;
    const sur_curve_point *points;
    double tolerance;
    sur_idx taken;
} weighted;

/* Z' W (Z b - y) + mu b = 0, and what the fit says of itself. */
static sur_status check_gradient(void *payload, sur_idx point, const sur_mat *b,
                                 const sur_curve_fit *fit, sur_error *err)
{
    weighted *w = payload;
    const sur_curve_point *at = &w->points[point];
    const sur_mat z = sur_mat_part(&w->z, 0, ROWS, 0, at->width);
    sur_mat left = zeros(ROWS, b->cols), gradient = zeros(at->width, b->cols);
    double scale = 0.0, squares = 0.0;
    (void)err;
    sur_mat_copy(&left, &w->y);
    sur_mat_multiply(&left, 1.0, &z, SUR_PLAIN, b, SUR_PLAIN, -1.0);
    for (sur_idx i = 0; i < ROWS; i++)
        for (sur_idx k = 0; k < b->cols; k++) {
            double *r = &sur_mat_row(&left, i)[k];
            squares += w->weight[i] * *r * *r;
            *r *= w->weight[i];
        }
    sur_mat_copy(&gradient, b);
    sur_mat_multiply(&gradient, 1.0, &z, SUR_TRANSPOSED, &left, SUR_PLAIN, at->ridge);
    scale = sur_mat_norm(&z) * sur_mat_norm(&w->y) + at->ridge * sur_mat_norm(b);
    CHECK_NEAR(sur_mat_norm(&gradient), 0.0, w->tolerance * scale, 0.0);
    CHECK_NEAR(fit->residual * ROWS, squares, w->tolerance * ROWS, 1e-6);
    w->taken++;
    sur_mat_free(&left), sur_mat_free(&gradient);
    return SUR_OK;
}

static sur_idx all_points(sur_curve_point *points, const double *ridges, int count)
{
    sur_idx total = 0;
    for (int i = 0; i < WIDTHS; i++)
        for (int m = 0; m < count; m++)
            points[total++] = (sur_curve_point){.width = widths[i], .ridge = ridges[m]};
    return total;
}

static void weighted_fits_fulfil_the_normal_equations(void **state)
{
    (void)state;
    const double ridges[] = {0.0, 1e-4, 3.0};
    sur_curve_point points[WIDTHS * 3];
    double weight[ROWS];
    for (int i = 0; i < ROWS; i++) weight[i] = 0.1 + 0.05 * i;
    weighted w = {.z = random_mat(ROWS, COLS, 1),
                  .y = random_mat(ROWS, 2, 2),
                  .weight = weight,
                  .points = points,
                  .tolerance = 1e-10};
    const sur_columns columns = columns_of(&w.z);
    const sur_idx total = all_points(points, ridges, 3);
    CHECK_OK(sur_curve_solve(&columns, &w.y, weight, points, total, check_gradient, &w,
                             NULL));
    CHECK(w.taken == total);
    sur_mat_free(&w.z), sur_mat_free(&w.y);
}

typedef struct pair {
    sur_mat b[WIDTHS * 2];
    sur_curve_fit fit[WIDTHS * 2];
} pair;

static sur_status keep(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    pair *p = payload;
    (void)err;
    p->b[point] = zeros(b->rows, b->cols);
    sur_mat_copy(&p->b[point], b);
    p->fit[point] = *fit;
    return SUR_OK;
}

/* Weight 0 is a row that is not there, weight 2 a row that is there twice. */
static void whole_weights_count_rows(void **state)
{
    (void)state;
    const double ridges[] = {0.0, 0.5};
    sur_curve_point points[WIDTHS * 2];
    const sur_idx total = all_points(points, ridges, 2);
    sur_mat z = random_mat(ROWS, COLS, 3), y = random_mat(ROWS, 1, 4);
    double weight[ROWS];
    sur_idx rows = 0;
    for (int i = 0; i < ROWS; i++) rows += (sur_idx)(weight[i] = i % 3);
    sur_mat many = zeros(rows, COLS), targets = zeros(rows, 1);
    for (sur_idx i = 0, to = 0; i < ROWS; i++)
        for (int copy = 0; copy < (int)weight[i]; copy++, to++) {
            memcpy(sur_mat_row(&many, to), sur_mat_row(&z, i), COLS * sizeof(double));
            targets.data[to] = y.data[i];
        }
    static pair one, two;
    const sur_columns columns = columns_of(&z), repeated = columns_of(&many);
    CHECK_OK(sur_curve_solve(&columns, &y, weight, points, total, keep, &one, NULL));
    CHECK_OK(
        sur_curve_solve(&repeated, &targets, NULL, points, total, keep, &two, NULL));
    for (sur_idx i = 0; i < total; i++) {
        check_same_mat(&one.b[i], &two.b[i], 1e-9);
        CHECK(one.fit[i].rank == two.fit[i].rank);
        CHECK_NEAR(one.fit[i].effective, two.fit[i].effective, 1e-8, 0.0);
        CHECK_NEAR(one.fit[i].residual * ROWS, two.fit[i].residual * (double)rows,
                   1e-10, 1e-8);
        sur_mat_free(&one.b[i]), sur_mat_free(&two.b[i]);
    }
    sur_mat_free(&z), sur_mat_free(&y), sur_mat_free(&many), sur_mat_free(&targets);
}

static void weights_of_both_signs_are_fitted_where_there_is_a_minimum(void **state)
{
    (void)state;
    const double ridges[] = {1e-2, 40.0};
    sur_curve_point points[WIDTHS * 2 + 1];
    double weight[ROWS];
    for (int i = 0; i < ROWS; i++)
        weight[i] = i % 12 == 5 ? -0.05 : i % 12 == 7 ? 0.0 : 1.0;
    weighted w = {.z = random_mat(ROWS, COLS, 5),
                  .y = random_mat(ROWS, 2, 6),
                  .weight = weight,
                  .points = points,
                  .tolerance = 1e-10};
    const sur_columns columns = columns_of(&w.z);
    sur_idx total = 0;
    for (int i = 0; i < WIDTHS; i++)
        for (int m = 0; m < 2; m++)
            if (widths[i] < 40 || ridges[m] > 1.0)
                points[total++] =
                    (sur_curve_point){.width = widths[i], .ridge = ridges[m]};
    points[total++] = (sur_curve_point){.width = 20};
    CHECK_OK(sur_curve_solve(&columns, &w.y, weight, points, total, check_gradient, &w,
                             NULL));
    CHECK(w.taken == total);
    sur_mat_free(&w.z), sur_mat_free(&w.y);
}

/* trace Z (Z'WZ + mu)^-1 Z'W through the eigenvalues of the p x p matrices, on both
 * sides of n. */
static void effective_parameters_with_both_signs_equal_their_trace(void **state)
{
    (void)state;
    enum { N = 12 };
    static const sur_idx few[] = {7, 20};
    sur_mat z = random_mat(N, 20, 7), y = random_mat(N, 1, 8);
    double weight[N];
    for (int i = 0; i < N; i++) weight[i] = i % 5 == 2 ? -0.3 : 1.0;
    for (int w = 0; w < 2; w++) {
        const sur_idx p = few[w];
        const double mu = 30.0;
        sur_curve_point point = {.width = p, .ridge = mu};
        static pair got;
        const sur_columns columns = columns_of(&z);
        CHECK_OK(sur_curve_solve(&columns, &y, weight, &point, 1, keep, &got, NULL));
        sur_mat part = sur_mat_part(&z, 0, N, 0, p), wz = zeros(N, p), g = zeros(p, p);
        for (sur_idx i = 0; i < N; i++)
            for (sur_idx j = 0; j < p; j++)
                sur_mat_row(&wz, i)[j] = weight[i] * sur_mat_row(&part, i)[j];
        sur_mat_multiply(&g, 1.0, &part, SUR_TRANSPOSED, &wz, SUR_PLAIN, 0.0);
        double values[20], trace = 0.0;
        CHECK_OK(sur_eigen(values, NULL, &g, NULL));
        for (sur_idx i = 0; i < p; i++) trace += values[i] / (values[i] + mu);
        CHECK_NEAR(got.fit[0].effective, trace, 1e-10, 1e-10);
        CHECK(got.fit[0].rank == (p < N ? p : N));
        sur_mat_free(&got.b[0]), sur_mat_free(&wz), sur_mat_free(&g);
    }
    sur_mat_free(&z), sur_mat_free(&y);
}

static void without_a_minimum_a_fit_says_so(void **state)
{
    (void)state;
    double weight[ROWS], nothing[ROWS] = {0.0}, lost[ROWS];
    for (int i = 0; i < ROWS; i++) weight[i] = i % 2 ? 1.0 : -1.0, lost[i] = 1.0;
    lost[17] = nan("");
    sur_mat z = random_mat(ROWS, COLS, 9), y = random_mat(ROWS, 1, 10);
    const sur_columns columns = columns_of(&z);
    const sur_curve_point narrow = {.width = 20}, wide = {.width = 100},
                          weak = {.width = 100, .ridge = 1e-3};
    static pair none;
    sur_error err;
    CHECK_STATUS(sur_curve_solve(&columns, &y, weight, &narrow, 1, keep, &none, &err),
                 SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "no minimum");
    CHECK_STATUS(sur_curve_solve(&columns, &y, weight, &wide, 1, keep, &none, &err),
                 SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "a ridge is needed");
    CHECK_STATUS(sur_curve_solve(&columns, &y, weight, &weak, 1, keep, &none, &err),
                 SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "no minimum");
    CHECK_STATUS(sur_curve_solve(&columns, &y, nothing, &wide, 1, keep, &none, &err),
                 SUR_EINVAL);
    CHECK_STATUS(sur_curve_solve(&columns, &y, lost, &wide, 1, keep, &none, &err),
                 SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "row 17");
    sur_mat_free(&z), sur_mat_free(&y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighted_fits_fulfil_the_normal_equations),
        cmocka_unit_test(whole_weights_count_rows),
        cmocka_unit_test(weights_of_both_signs_are_fitted_where_there_is_a_minimum),
        cmocka_unit_test(effective_parameters_with_both_signs_equal_their_trace),
        cmocka_unit_test(without_a_minimum_a_fit_says_so),
    };
    return RUN(tests);
}
