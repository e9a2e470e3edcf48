#include "dense/mats.h"

#include <float.h>

static void check_orthonormal_columns(const sur_mat *q)
{
    sur_mat product = zeros(q->cols, q->cols);
    sur_mat_multiply(&product, 1.0, q, SUR_TRANSPOSED, q, SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < q->cols; i++)
        for (sur_idx j = 0; j < q->cols; j++)
            CHECK_NEAR(sur_mat_row(&product, i)[j], i == j, 1e-13, 0.0);
    sur_mat_free(&product);
}

/* || left diag(values) right' - a || <= tolerance */
static void check_product(const sur_mat *left, const double *values,
                          const sur_mat *right, const sur_mat *a, double tolerance)
{
    sur_mat scaled = zeros(left->rows, left->cols), product = zeros(a->rows, a->cols);
    for (sur_idx i = 0; i < left->rows; i++)
        for (sur_idx j = 0; j < left->cols; j++)
            sur_mat_row(&scaled, i)[j] = sur_mat_row(left, i)[j] * values[j];
    sur_mat_multiply(&product, 1.0, &scaled, SUR_PLAIN, right, SUR_TRANSPOSED, 0.0);
    sur_mat_axpy(&product, -1.0, a);
    CHECK_NEAR(sur_mat_norm(&product), 0.0, tolerance, 0.0);
    sur_mat_free(&scaled), sur_mat_free(&product);
}

static void eigenvectors_rebuild_the_matrix_from_its_lower_triangle(void **state)
{
    (void)state;
    static const sur_idx sizes[] = {1, 2, 17, 60};
    for (size_t s = 0; s < 4; s++) {
        const sur_idx n = sizes[s];
        sur_mat big = random_mat(n, n + 3, 1), vectors = zeros(n, n),
                whole = zeros(n, n);
        const sur_mat a =
            sur_mat_part(&big, 0, n, 1, n); /* upper triangle: other numbers */
        for (sur_idx i = 0; i < n; i++)
            for (sur_idx j = 0; j < n; j++)
                sur_mat_row(&whole, i)[j] =
                    sur_mat_row(&a, i > j ? i : j)[i > j ? j : i];
        double values[60], alone[60];
        CHECK_OK(sur_eigen(values, &vectors, &a, NULL));
        CHECK_OK(sur_eigen(alone, NULL, &a, NULL));
        check_orthonormal_columns(&vectors);
        check_product(&vectors, values, &vectors, &whole, 1e-12);
        for (sur_idx i = 0; i < n; i++) {
            CHECK_NEAR(alone[i], values[i], 1e-12, 0.0);
            CHECK(i == 0 || values[i - 1] <= values[i]);
        }
        sur_mat_free(&big), sur_mat_free(&vectors), sur_mat_free(&whole);
    }
}

static void singular_vectors_rebuild_the_matrix(void **state)
{
    (void)state;
    static const sur_idx shapes[][2] = {{1, 1},   {1, 9},   {9, 1},
                                        {30, 12}, {12, 30}, {20, 20}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const sur_idx m = shapes[s][0], n = shapes[s][1], r = m < n ? m : n;
        sur_mat big = random_mat(m + 1, n + 2, 2), u = zeros(m, r), v = zeros(n, r);
        const sur_mat a = sur_mat_part(&big, 1, m, 1, n);
        double values[30], alone[30];
        CHECK_OK(sur_svd(values, &u, &v, &a, NULL));
        CHECK_OK(sur_svd(alone, NULL, NULL, &a, NULL));
        check_orthonormal_columns(&u);
        check_orthonormal_columns(&v);
        check_product(&u, values, &v, &a, 1e-12);
        for (sur_idx i = 0; i < r; i++) {
            CHECK_NEAR(alone[i], values[i], 1e-12, 0.0);
            CHECK(values[i] >= 0.0 && (i == 0 || values[i - 1] >= values[i]));
        }
        sur_mat_free(&big), sur_mat_free(&u), sur_mat_free(&v);
    }
}

static void least_squares_leaves_a_residual_orthogonal_to_the_columns(void **state)
{
    (void)state;
    sur_mat z = random_mat(40, 12, 3), y = random_mat(40, 3, 4), b = zeros(12, 3),
            r = zeros(40, 3), gradient = zeros(12, 3);
    sur_idx rank;
    double condition, values[12];
    CHECK_OK(sur_lstsq(&b, &condition, &rank, &z, &y, -1.0, NULL));
    sur_mat_copy(&r, &y);
    sur_mat_multiply(&r, 1.0, &z, SUR_PLAIN, &b, SUR_PLAIN, -1.0);
    sur_mat_multiply(&gradient, 1.0, &z, SUR_TRANSPOSED, &r, SUR_PLAIN, 0.0);
    CHECK_NEAR(sur_mat_norm(&gradient), 0.0, 1e-12, 0.0);
    CHECK_OK(sur_svd(values, NULL, NULL, &z, NULL));
    CHECK(rank == 12);
    CHECK_NEAR(condition, values[0] / values[11], 0.0, 1e-12);
    sur_mat_free(&z), sur_mat_free(&y), sur_mat_free(&b);
    sur_mat_free(&r), sur_mat_free(&gradient);
}

/* More columns than rows, and a row that is a copy of another: the answer of least norm
 * lies in the row space, so that projecting it there with the right singular vectors
 * keeps it. */
static void least_squares_without_full_rank_has_least_norm(void **state)
{
    (void)state;
    sur_mat z = random_mat(10, 25, 5), y = random_mat(10, 2, 6), b = zeros(25, 2);
    sur_mat first = sur_mat_part(&z, 0, 1, 0, 25), last = sur_mat_part(&z, 9, 1, 0, 25);
    sur_mat_copy(&last, &first);
    sur_mat u = zeros(10, 10), v = zeros(25, 10), inside = zeros(9, 2),
            back = zeros(25, 2);
    double values[10], condition;
    sur_idx rank;
    CHECK_OK(sur_lstsq(&b, &condition, &rank, &z, &y, -1.0, NULL));
    CHECK_OK(sur_svd(values, &u, &v, &z, NULL));
    const sur_mat rows = sur_mat_part(&v, 0, 25, 0, 9);
    sur_mat_multiply(&inside, 1.0, &rows, SUR_TRANSPOSED, &b, SUR_PLAIN, 0.0);
    sur_mat_multiply(&back, 1.0, &rows, SUR_PLAIN, &inside, SUR_PLAIN, 0.0);
    sur_mat_axpy(&back, -1.0, &b);
    CHECK(rank == 9);
    CHECK_NEAR(condition, values[0] / values[8], 0.0, 1e-10);
    CHECK_NEAR(sur_mat_norm(&back), 0.0, 1e-12, 0.0);
    sur_mat_free(&z), sur_mat_free(&y), sur_mat_free(&b), sur_mat_free(&u);
    sur_mat_free(&v), sur_mat_free(&inside), sur_mat_free(&back);
}

static void numbers_that_are_not_finite_are_named_by_place(void **state)
{
    (void)state;
    sur_mat z = random_mat(6, 4, 7), y = random_mat(6, 1, 8), b = zeros(4, 1),
            none = {0};
    sur_error err;
    double values[6];
    sur_mat_row(&z, 5)[2] = nan("");
    CHECK_STATUS(sur_lstsq(&b, NULL, NULL, &z, &y, -1.0, &err), SUR_ENUMERIC);
    CHECK_CONTAINS(err.message, "row 5, column 2");
    CHECK_STATUS(sur_svd(values, NULL, NULL, &z, &err), SUR_ENUMERIC);
    const sur_mat square = sur_mat_part(&z, 2, 4, 0, 4),
                  good = sur_mat_part(&z, 0, 4, 0, 4);
    CHECK_STATUS(sur_eigen(values, NULL, &square, &err), SUR_ENUMERIC);
    CHECK_OK(sur_eigen(values, NULL, &good, &err));
    const sur_mat no_columns = sur_mat_part(&z, 0, 6, 0, 0);
    sur_mat nothing = {b.data, 0, 1, 1};
    CHECK_STATUS(sur_lstsq(&nothing, NULL, NULL, &no_columns, &y, -1.0, &err),
                 SUR_ESHAPE);
    CHECK_OK(sur_eigen(values, NULL, &none, &err));
    CHECK_OK(sur_svd(values, NULL, NULL, &none, &err));
    sur_mat_free(&z), sur_mat_free(&y), sur_mat_free(&b);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_mat z = random_mat(7, 5, 9), y = random_mat(7, 2, 10), b = zeros(5, 2),
            square = random_mat(5, 5, 11), q = zeros(5, 5), u = zeros(7, 5),
            v = zeros(5, 5);
    double values[5];
    CHECK_EVERY_ALLOCATION(sur_lstsq(&b, NULL, NULL, &z, &y, -1.0, NULL), 4, (void)0);
    CHECK_EVERY_ALLOCATION(sur_eigen(values, &q, &square, NULL), 2, (void)0);
    CHECK_EVERY_ALLOCATION(sur_svd(values, &u, &v, &z, NULL), 4, (void)0);
    sur_mat_free(&z), sur_mat_free(&y), sur_mat_free(&b), sur_mat_free(&square);
    sur_mat_free(&q), sur_mat_free(&u), sur_mat_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvectors_rebuild_the_matrix_from_its_lower_triangle),
        cmocka_unit_test(singular_vectors_rebuild_the_matrix),
        cmocka_unit_test(least_squares_leaves_a_residual_orthogonal_to_the_columns),
        cmocka_unit_test(least_squares_without_full_rank_has_least_norm),
        cmocka_unit_test(numbers_that_are_not_finite_are_named_by_place),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
