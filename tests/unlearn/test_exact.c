#include "experiments/unlearn/exact.h"

#include <surplus/random.h>

#include "support/check.h"

/* z (n x p) normal, y = z b + noise, columns scaled from 1 down to 1/spread. */
typedef struct problem {
    sur_mat z, y;
} problem;

static problem problem_of(sur_idx n, sur_idx p, sur_idx k, double spread, uint64_t seed)
{
    problem out;
    sur_rng rng = sur_rng_make(seed, "exact problem", 0);
    CHECK_OK(sur_mat_new(&out.z, n, p, NULL));
    CHECK_OK(sur_mat_new(&out.y, n, k, NULL));
    for (sur_idx i = 0; i < n; i++)
        for (sur_idx j = 0; j < p; j++)
            sur_mat_row(&out.z, i)[j] =
                sur_rng_normal(&rng) *
                pow(spread, -(double)j / (double)(p > 1 ? p - 1 : 1));
    sur_rng_normals(&rng, out.y.data, n * k, 1.0);
    for (sur_idx i = 0; i < n; i++)
        sur_mat_row(&out.y, i)[0] += sur_mat_row(&out.z, i)[0];
    return out;
}

static void problem_free(problem *p)
{
    sur_mat_free(&p->z);
    sur_mat_free(&p->y);
}

/* Retained rows of m, on top of `more` rows of zeros. */
static sur_mat rows_left(const sur_mat *m, const sur_idx *picks, sur_idx count,
                         sur_idx more)
{
    sur_mat out;
    CHECK_OK(sur_mat_new(&out, m->rows - count + more, m->cols, NULL));
    for (sur_idx i = 0, at = 0; i < m->rows; i++) {
        bool gone = false;
        for (sur_idx s = 0; s < count; s++) gone |= picks[s] == i;
        if (gone) continue;
        memcpy(sur_mat_row(&out, at++), sur_mat_row(m, i),
               (size_t)m->cols * sizeof(double));
    }
    return out;
}

/* LAPACK's gelsd on the retained rows, with sqrt(mu) I below them. */
static sur_mat refit(const problem *p, double mu, const sur_idx *picks, sur_idx count)
{
    const sur_idx cols = p->z.cols, more = mu > 0.0 ? cols : 0;
    sur_mat z = rows_left(&p->z, picks, count, more),
            y = rows_left(&p->y, picks, count, more), b;
    CHECK_OK(sur_mat_new(&b, cols, p->y.cols, NULL));
    for (sur_idx j = 0; j < more; j++) sur_mat_row(&z, z.rows - more + j)[j] = sqrt(mu);
    CHECK_OK(sur_lstsq(&b, NULL, NULL, &z, &y, -1.0, NULL));
    sur_mat_free(&z);
    sur_mat_free(&y);
    return b;
}

static double distance(const sur_mat *a, const sur_mat *b)
{
    double most = 0.0;
    sur_mat difference;
    CHECK_OK(sur_mat_new(&difference, a->rows, a->cols, NULL));
    sur_mat_copy(&difference, a);
    sur_mat_axpy(&difference, -1.0, b);
    most = sur_mat_norm(&difference) / fmax(sur_mat_norm(b), 1e-300);
    sur_mat_free(&difference);
    return most;
}

/* The first `count` places of a random order. */
static void draw(sur_idx *picks, sur_idx n, uint64_t seed)
{
    sur_rng rng = sur_rng_make(seed, "exact picks", 0);
    sur_rng_permutation(&rng, picks, n);
}

static void deletion_equals_retraining_at_every_shape(void **state)
{
    (void)state;
    static const struct {
        sur_idx n, p, s;
        double mu, spread;
        int method;
    } cases[] = {
        {40, 5, 1, 0.0, 1, UNLEARN_DOWNDATE},
        {40, 5, 12, 0.0, 100, UNLEARN_DOWNDATE},
        {40, 30, 9, 0.0, 3, UNLEARN_DOWNDATE},
        {40, 30, 20, 0.5, 3, UNLEARN_DOWNDATE},
        {40, 40, 6, 0.0, 1, UNLEARN_PROJECT},
        {300, 80, 200, 1e-3, 10, UNLEARN_DOWNDATE},
        {40, 41, 7, 0.0, 2, UNLEARN_PROJECT},
        {40, 200, 1, 0.0, 50, UNLEARN_PROJECT},
        {40, 200, 39, 0.0, 50, UNLEARN_PROJECT},
        {40, 200, 10, 2.0, 50, UNLEARN_PROJECT},
        {150, 400, 100, 1e-6, 4, UNLEARN_PROJECT},
        {2, 1, 1, 0.1, 1, UNLEARN_DOWNDATE},
        {1, 3, 0, 0.0, 1, UNLEARN_PROJECT},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const sur_idx n = cases[c].n, k = (sur_idx)(c % 3) + 1;
        problem p = problem_of(n, cases[c].p, k, cases[c].spread, c);
        sur_idx picks[400];
        unlearn_exact *e;
        unlearn_exact_report report;
        sur_mat after;
        draw(picks, n, c);
        CHECK_OK(sur_mat_new(&after, cases[c].p, k, NULL));
        CHECK_OK(unlearn_exact_open(&e, &p.z, &p.y, cases[c].mu, NULL));
        sur_mat before = refit(&p, cases[c].mu, picks, 0);
        CHECK(distance(unlearn_exact_model(e), &before) < 1e-10);
        CHECK_OK(unlearn_exact_delete(&after, &report, e, picks, cases[c].s, NULL));
        sur_mat want = refit(&p, cases[c].mu, picks, cases[c].s);
        CHECK(report.method == cases[c].method && !report.reason);
        CHECK(report.residual < 1e-10);
        CHECK(distance(&after, &want) < 1e-10);
        sur_mat_free(&want);
        sur_mat_free(&before);
        sur_mat_free(&after);
        unlearn_exact_free(e);
        problem_free(&p);
    }
}

/* Deletes and compares with a refit by gelsd; returns the report. */
static unlearn_exact_report delete_and_compare(const problem *p, double mu,
                                               const sur_idx *picks, sur_idx count)
{
    unlearn_exact *e;
    unlearn_exact_report report;
    sur_mat after, want = refit(p, mu, picks, count);
    CHECK_OK(sur_mat_new(&after, p->z.cols, p->y.cols, NULL));
    CHECK_OK(unlearn_exact_open(&e, &p->z, &p->y, mu, NULL));
    CHECK_OK(unlearn_exact_delete(&after, &report, e, picks, count, NULL));
    CHECK(distance(&after, &want) < 1e-10);
    unlearn_exact_free(e);
    sur_mat_free(&after);
    sur_mat_free(&want);
    return report;
}

static void crossing_the_interpolation_threshold_is_a_refit_and_says_so(void **state)
{
    (void)state;
    problem p = problem_of(50, 30, 2, 1.0, 1);
    sur_idx picks[50];
    draw(picks, 50, 1);
    CHECK(delete_and_compare(&p, 0.0, picks, 19).method == UNLEARN_DOWNDATE);
    for (sur_idx s = 20; s < 50; s += 7) {
        const unlearn_exact_report r = delete_and_compare(&p, 0.0, picks, s);
        CHECK(r.method == UNLEARN_REFIT);
        CHECK_CONTAINS(r.reason, "crosses the interpolation threshold");
        CHECK(delete_and_compare(&p, 0.1, picks, s).method == UNLEARN_DOWNDATE);
    }
    problem_free(&p);
}

/* A column that one row alone has: that row's leverage is 1, and the rest do not
 * determine the column's coefficient. */
static void a_row_that_alone_determines_a_coefficient_is_a_refit(void **state)
{
    (void)state;
    problem p = problem_of(40, 6, 1, 1.0, 2);
    const sur_idx picks[] = {7, 11};
    for (sur_idx i = 0; i < 40; i++) sur_mat_row(&p.z, i)[2] = i == 7 ? 1.5 : 0.0;
    const unlearn_exact_report r = delete_and_compare(&p, 0.0, picks, 2);
    CHECK(r.method == UNLEARN_REFIT);
    CHECK_CONTAINS(r.reason, "I - H_SS");
    CHECK(delete_and_compare(&p, 0.0, picks + 1, 1).method == UNLEARN_DOWNDATE);
    problem_free(&p);
}

static void dependent_columns_and_repeated_rows_are_refits(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        problem p = problem_of(20, wide ? 33 : 9, 2, 1.0, 3);
        const sur_idx picks[] = {3, 4};
        for (sur_idx i = 0; i < (wide ? p.z.cols : p.z.rows); i++) {
            double *to = wide ? sur_mat_row(&p.z, 5) + i : sur_mat_row(&p.z, i) + 5;
            *to = wide ? sur_mat_row(&p.z, 4)[i] : sur_mat_row(&p.z, i)[4];
        }
        const unlearn_exact_report r = delete_and_compare(&p, 0.0, picks, 2);
        CHECK(r.method == UNLEARN_REFIT);
        CHECK_CONTAINS(r.reason, "too nearly dependent");
        CHECK(delete_and_compare(&p, 1e-2, picks, 2).method != UNLEARN_REFIT);
        problem_free(&p);
    }
}

static void a_chain_of_deletions_is_one_deletion_of_all(void **state)
{
    (void)state;
    problem p = problem_of(60, 10, 1, 2.0, 4);
    sur_idx picks[60];
    draw(picks, 60, 4);
    sur_mat z = rows_left(&p.z, picks, 10, 0), y = rows_left(&p.y, picks, 10, 0);
    sur_idx rest[60], count = 0; /* the further ten, by their new numbers */
    for (int s = 10; s < 20; s++) {
        sur_idx before = 0;
        for (int i = 0; i < 10; i++) before += picks[i] < picks[s];
        rest[count++] = picks[s] - before;
    }
    unlearn_exact *all, *part;
    sur_mat once, twice;
    CHECK_OK(sur_mat_new(&once, 10, 1, NULL));
    CHECK_OK(sur_mat_new(&twice, 10, 1, NULL));
    CHECK_OK(unlearn_exact_open(&all, &p.z, &p.y, 0.2, NULL));
    CHECK_OK(unlearn_exact_open(&part, &z, &y, 0.2, NULL));
    CHECK_OK(unlearn_exact_delete(&once, NULL, all, picks, 20, NULL));
    CHECK_OK(unlearn_exact_delete(&twice, NULL, part, rest, count, NULL));
    CHECK(distance(&twice, &once) < 1e-12);
    unlearn_exact_free(all);
    unlearn_exact_free(part);
    sur_mat_free(&once);
    sur_mat_free(&twice);
    sur_mat_free(&z);
    sur_mat_free(&y);
    problem_free(&p);
}

static void a_kernel_model_forgets_as_one_without_those_rows(void **state)
{
    (void)state;
    static const double ridge[] = {0.0, 1e-3, 5.0};
    const sur_idx n = 45, s = 15;
    problem p = problem_of(n, 60, 2, 3.0, 5);
    sur_mat gram, small, after, want, y;
    sur_idx picks[45];
    sur_curve_fit fit;
    draw(picks, n, 5);
    CHECK_OK(sur_mat_new(&gram, n, n, NULL));
    CHECK_OK(sur_mat_new(&after, n, 2, NULL));
    CHECK_OK(sur_mat_new(&small, n - s, n - s, NULL));
    CHECK_OK(sur_mat_new(&want, n - s, 2, NULL));
    sur_mat_multiply(&gram, 1.0, &p.z, SUR_PLAIN, &p.z, SUR_TRANSPOSED, 0.0);
    sur_mat left = rows_left(&p.z, picks, s, 0);
    sur_mat_multiply(&small, 1.0, &left, SUR_PLAIN, &left, SUR_TRANSPOSED, 0.0);
    y = rows_left(&p.y, picks, s, 0);
    for (int r = 0; r < 3; r++) {
        unlearn_exact *e;
        unlearn_exact_report report;
        CHECK_OK(unlearn_exact_open_kernel(&e, &gram, &p.y, ridge[r], NULL));
        CHECK_OK(unlearn_exact_delete(&after, &report, e, picks, s, NULL));
        CHECK_OK(sur_kernel_solve(&want, &fit, &small, &y, ridge[r], NULL));
        CHECK(report.method == UNLEARN_PROJECT && report.residual < 1e-12);
        sur_mat found = rows_left(&after, picks, s, 0);
        CHECK(distance(&found, &want) < 1e-10);
        for (sur_idx i = 0; i < s; i++)
            CHECK(sur_mat_row(&after, picks[i])[0] == 0.0 &&
                  sur_mat_row(&after, picks[i])[1] == 0.0);
        sur_mat_free(&found);
        unlearn_exact_free(e);
    }
    sur_mat_free(&left);
    sur_mat_free(&gram);
    sur_mat_free(&small);
    sur_mat_free(&after);
    sur_mat_free(&want);
    sur_mat_free(&y);
    problem_free(&p);
}

static void a_singular_kernel_is_a_refit_that_interpolates(void **state)
{
    (void)state;
    const sur_idx n = 20, picks[] = {0, 19};
    problem p = problem_of(n, 8, 1, 1.0, 6);
    sur_mat gram, after;
    unlearn_exact *e;
    unlearn_exact_report report;
    CHECK_OK(sur_mat_new(&gram, n, n, NULL));
    CHECK_OK(sur_mat_new(&after, n, 1, NULL));
    sur_mat_multiply(&gram, 1.0, &p.z, SUR_PLAIN, &p.z, SUR_TRANSPOSED, 0.0);
    CHECK_OK(unlearn_exact_open_kernel(&e, &gram, &p.y, 0.0, NULL));
    CHECK_OK(unlearn_exact_delete(&after, &report, e, picks, 2, NULL));
    CHECK(report.method == UNLEARN_REFIT);
    sur_mat b, want = refit(&p, 0.0, picks, 2); /* as a design of 8 columns */
    CHECK_OK(sur_mat_new(&b, 8, 1, NULL));
    sur_mat_multiply(&b, 1.0, &p.z, SUR_TRANSPOSED, &after, SUR_PLAIN, 0.0);
    CHECK(distance(&b, &want) < 1e-10);
    unlearn_exact_free(e);
    sur_mat_free(&b);
    sur_mat_free(&want);
    sur_mat_free(&gram);
    sur_mat_free(&after);
    problem_free(&p);
}

static void min_norm_with_c_1_is_the_exact_deletion(void **state)
{
    (void)state;
    problem p = problem_of(30, 90, 2, 5.0, 7);
    sur_idx picks[30];
    unlearn_exact *e;
    sur_mat after, moved, half;
    draw(picks, 30, 7);
    CHECK_OK(sur_mat_new(&after, 90, 2, NULL));
    CHECK_OK(sur_mat_new(&moved, 90, 2, NULL));
    CHECK_OK(sur_mat_new(&half, 90, 2, NULL));
    CHECK_OK(unlearn_exact_open(&e, &p.z, &p.y, 0.0, NULL));
    CHECK_OK(unlearn_exact_delete(&after, NULL, e, picks, 11, NULL));
    sur_mat left = rows_left(&p.z, picks, 11, 0);
    CHECK_OK(unlearn_min_norm(&moved, unlearn_exact_model(e), &left, 1.0, NULL));
    CHECK(distance(&moved, &after) < 1e-10);
    CHECK_OK(unlearn_min_norm(&half, unlearn_exact_model(e), &left, 0.5, NULL));
    sur_mat_axpy(&moved, 1.0, unlearn_exact_model(e)); /* half of the way */
    sur_mat_axpy(&half, 1.0, &half);
    sur_mat_free(&left);
    sur_mat_free(&after);
    unlearn_exact_free(e);
    for (sur_idx i = 0; i < 90; i++)
        CHECK_NEAR(sur_mat_row(&half, i)[1], sur_mat_row(&moved, i)[1], 1e-12, 1e-10);
    sur_mat_free(&half);
    sur_mat_free(&moved);
    problem_free(&p);
}

static void forgetting_nothing_changes_nothing(void **state)
{
    (void)state;
    for (sur_idx cols = 4; cols < 40; cols += 25) {
        problem p = problem_of(20, cols, 1, 1.0, 8);
        unlearn_exact *e;
        sur_mat after;
        CHECK_OK(sur_mat_new(&after, cols, 1, NULL));
        CHECK_OK(unlearn_exact_open(&e, &p.z, &p.y, 0.0, NULL));
        CHECK_OK(unlearn_exact_delete(&after, NULL, e, NULL, 0, NULL));
        CHECK(distance(&after, unlearn_exact_model(e)) == 0.0);
        unlearn_exact_free(e);
        sur_mat_free(&after);
        problem_free(&p);
    }
}

static void rows_that_cannot_be_forgotten_are_named(void **state)
{
    (void)state;
    problem p = problem_of(5, 2, 1, 1.0, 9);
    const sur_idx twice[] = {1, 3, 1}, beyond[] = {5}, all[] = {0, 1, 2, 3, 4};
    unlearn_exact *e, *none;
    sur_error err;
    sur_mat after;
    CHECK_OK(sur_mat_new(&after, 2, 1, NULL));
    CHECK_STATUS(unlearn_exact_open(&none, &p.z, &p.y, -1.0, &err), SUR_EINVAL);
    CHECK_TEXT(err.message, "a ridge penalty cannot be -1");
    CHECK_STATUS(unlearn_exact_open(&none, &p.z, &after, 0.0, &err), SUR_ESHAPE);
    CHECK(none == NULL);
    CHECK_OK(unlearn_exact_open(&e, &p.z, &p.y, 0.0, NULL));
    CHECK_STATUS(unlearn_exact_delete(&after, NULL, e, twice, 3, &err), SUR_EINVAL);
    CHECK_TEXT(err.message, "row 1 is to be forgotten twice");
    CHECK_STATUS(unlearn_exact_delete(&after, NULL, e, beyond, 1, &err), SUR_EINVAL);
    CHECK_TEXT(err.message, "row 5 is not there");
    CHECK_STATUS(unlearn_exact_delete(&after, NULL, e, all, 5, &err), SUR_EINVAL);
    CHECK_TEXT(err.message, "5 of 5 rows cannot be forgotten");
    unlearn_exact_free(e);
    sur_mat_free(&after);
    problem_free(&p);
}

static sur_status open_and_delete(const problem *p, bool kernel, sur_mat *after,
                                  sur_error *err)
{
    const sur_idx picks[] = {1, 2};
    unlearn_exact *e = NULL;
    sur_status status = kernel ? unlearn_exact_open_kernel(&e, &p->z, &p->y, 0.5, err)
                               : unlearn_exact_open(&e, &p->z, &p->y, 0.5, err);
    if (status == SUR_OK) status = unlearn_exact_delete(after, NULL, e, picks, 2, err);
    unlearn_exact_free(e);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) { /* tall, wide, kernel */
        problem p = problem_of(8, kind == 0 ? 3 : kind == 1 ? 12 : 8, 1, 1.0, 10);
        sur_mat after;
        if (kind == 2) {
            sur_mat k;
            CHECK_OK(sur_mat_new(&k, 8, 8, NULL));
            sur_mat_multiply(&k, 1.0, &p.z, SUR_PLAIN, &p.z, SUR_TRANSPOSED, 0.0);
            sur_mat_copy(&p.z, &k);
            sur_mat_free(&k);
        }
        CHECK_OK(sur_mat_new(&after, p.z.cols, 1, NULL));
        CHECK_EVERY_ALLOCATION(open_and_delete(&p, kind == 2, &after, NULL), 8,
                               (void)0);
        sur_mat_free(&after);
        problem_free(&p);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(deletion_equals_retraining_at_every_shape),
    cmocka_unit_test(crossing_the_interpolation_threshold_is_a_refit_and_says_so),
    cmocka_unit_test(a_row_that_alone_determines_a_coefficient_is_a_refit),
    cmocka_unit_test(dependent_columns_and_repeated_rows_are_refits),
    cmocka_unit_test(a_chain_of_deletions_is_one_deletion_of_all),
    cmocka_unit_test(a_kernel_model_forgets_as_one_without_those_rows),
    cmocka_unit_test(a_singular_kernel_is_a_refit_that_interpolates),
    cmocka_unit_test(min_norm_with_c_1_is_the_exact_deletion),
    cmocka_unit_test(forgetting_nothing_changes_nothing),
    cmocka_unit_test(rows_that_cannot_be_forgotten_are_named),
    cmocka_unit_test(every_allocation_may_fail),
};

int main(void) { return RUN(tests); }
