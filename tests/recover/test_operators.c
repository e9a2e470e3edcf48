/* Every operator is linear, has its adjoint, and its fast ways agree with the slow. */
#include "rig.h"

#include "base/bfloat16.h"
#include "experiments/recover/kernel.h"

#include <float.h>

static void operator_of(recover_problem *p, const char *words)
{
    sur_recover_trial o;
    sur_error err = {0};
    rig_options(&o, words);
    if (sur_recover.resolve(&o, NULL, 0, &err) != SUR_OK) fail_msg("%s", err.message);
    if (recover_problem_make(p, &o, NULL, 0, &err) != SUR_OK)
        fail_msg("%s", err.message);
    rig_free_options(&o);
}

static const char *const kinds[] = {
    "dimension=12 measurements=37",
    "dimension=12 columns=9 measurements=37",
    "dimension=12 measurements=37 storage=none",
    "dimension=12 columns=9 measurements=37 storage=none",
    "dimension=12 measurements=37 storage=bfloat16",
    "dimension=12 columns=7 measurements=37 storage=bfloat16",
    "dimension=12 measurements=50 sensing=completion",
    "dimension=12 columns=9 measurements=50 sensing=completion",
    "dimension=12 measurements=40 sensing=rank-one",
    "dimension=12 measurements=40 sensing=rank-one uncentred=true",
    "dimension=1 true_rank=1 measurements=1 sensing=completion",
    "dimension=1 columns=5 true_rank=1 measurements=3",
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void every_operator_passes_the_adjoint_test(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++) {
        recover_problem p;
        double gap;
        sur_error err;
        operator_of(&p, kinds[k]);
        if (sur_operator_test(&p.op, &gap, &err) != SUR_OK)
            fail_msg("%s: %s", kinds[k], err.message);
        CHECK(gap < 1e-12);
        recover_problem_free(&p);
    }
}

static sur_status twice_wrong(void *payload, sur_mat *out, const double *z,
                              sur_error *err)
{
    const recover_problem *p = payload;
    const sur_status status = p->op.adjoint(p->op.payload, out, z, err);
    out->data[1] *= 1.001;
    return status;
}

static sur_status right_forward(void *payload, double *out, const sur_mat *x,
                                sur_error *err)
{
    const recover_problem *p = payload;
    return p->op.forward(p->op.payload, out, x, err);
}

static sur_status wrong_apply(void *payload, sur_mat *left_out, sur_mat *right_out,
                              const double *z, const sur_mat *left,
                              const sur_mat *right, sur_error *err)
{
    const recover_problem *p = payload;
    sur_status status =
        sur_operator_apply(&p->op, left_out, right_out, z, left, right, err);
    if (left_out) left_out->data[0] += 1.0;
    return status;
}

static sur_status wrong_pass(void *payload, const sur_pass *passes, sur_idx count,
                             sur_error *err)
{
    const recover_problem *p = payload;
    sur_status status = sur_operator_pass(&p->op, passes, count, err);
    passes[0].residual[0] += 1.0;
    return status;
}

static sur_status right_adjoint(void *payload, sur_mat *out, const double *z,
                                sur_error *err)
{
    const recover_problem *p = payload;
    return p->op.adjoint(p->op.payload, out, z, err);
}

static void a_wrong_adjoint_is_refused_before_anything_is_recovered(void **state)
{
    recover_problem p;
    sur_recover_result result;
    sur_error err;
    const sur_recover_options o = sur_recover_defaults();
    (void)state;
    operator_of(&p, kinds[1]);
    sur_operator op = {.rows = 12,
                       .cols = 9,
                       .count = 37,
                       .forward = right_forward,
                       .adjoint = twice_wrong,
                       .payload = &p};
    CHECK_STATUS(sur_recover_run(&result, &op, p.y, &o, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "not the adjoint");
    op.adjoint = right_adjoint;
    op.apply = wrong_apply;
    CHECK_STATUS(sur_operator_test(&op, NULL, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "apply disagrees");
    op.apply = NULL;
    op.pass = wrong_pass;
    CHECK_STATUS(sur_operator_test(&op, NULL, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "pass disagrees");
    recover_problem_free(&p);
}

static void a_users_operator_recovers_what_ours_does(void **state)
{
    recover_problem p;
    sur_recover_result ours, theirs;
    sur_recover_options o = sur_recover_defaults();
    double gain, error;
    (void)state;
    operator_of(&p, "dimension=20 columns=15 true_rank=1 measurements=250");
    sur_operator op = {.rows = 20,
                       .cols = 15,
                       .count = 250,
                       .forward = right_forward,
                       .adjoint = right_adjoint,
                       .payload = &p};
    CHECK_OK(sur_operator_gain(&gain, &op, NULL));
    /* ||A(X)||^2 / ||X||^2 is chi^2_m / m: standard deviation sqrt(2/m) */
    CHECK_NEAR(gain, 1.0, 4.5 * sqrt(2.0 / 250.0), 0.0);
    op.gain = p.op.gain;
    o.rank = 1; /* where the answer is exact whatever the rounding on the way */
    o.iterations = 100;
    o.holdout = 0.0;
    CHECK_OK(sur_recover_run(&ours, &p.op, p.y, &o, NULL));
    CHECK_OK(sur_recover_run(&theirs, &op, p.y, &o, NULL));
    CHECK_OK(recover_error(&error, &theirs.left, &theirs.right, &p.truth, NULL));
    CHECK(error < 1e-8);
    sur_mat_axpy(&theirs.left, -1.0, &ours.left);
    CHECK(sur_mat_norm(&theirs.left) < 1e-6 * sur_mat_norm(&ours.left));
    sur_recover_free(&ours);
    sur_recover_free(&theirs);
    recover_problem_free(&p);
}

/* ---- kernels ---- */

enum { LENGTH = 3 * KERNEL_FLUSH + 3 * KERNEL_LANES, RUNS = 7 };
static float rows[KERNEL_ROWS * LENGTH], x[RUNS * LENGTH], g[RUNS * LENGTH],
    r[KERNEL_ROWS * RUNS];
static uint16_t halves[KERNEL_ROWS * LENGTH];
static double exact_x[LENGTH], exact_g[LENGTH], exact_r[KERNEL_ROWS];

static float half_value(uint16_t bits)
{
    const uint32_t wide = (uint32_t)bits << 16;
    float f;
    memcpy(&f, &wide, sizeof f);
    return f;
}

static double row_value(int half, sur_idx i, sur_idx j)
{
    return half ? (double)half_value(halves[i * LENGTH + j])
                : (double)rows[i * LENGTH + j];
}

static void fill_kernels(void)
{
    sur_rng rng = sur_rng_make(1, "kernels", 0);
    for (sur_idx q = 0; q < KERNEL_ROWS * LENGTH; q++) {
        rows[q] = (float)sur_rng_normal(&rng);
        halves[q] = sur_bfloat16(rows[q]);
    }
    for (sur_idx q = 0; q < RUNS * LENGTH; q++) x[q] = (float)sur_rng_normal(&rng);
    for (sur_idx q = 0; q < KERNEL_ROWS * RUNS; q++) r[q] = (float)sur_rng_normal(&rng);
    for (sur_idx j = 0; j < LENGTH; j++) exact_x[j] = (double)x[j];
    for (sur_idx i = 0; i < KERNEL_ROWS; i++) exact_r[i] = (double)r[i * RUNS];
}

/* Sums of the plainest loop; size is the sum of magnitudes, for the rounding. */
static double dot_reference(int half, sur_idx i, sur_idx k, double *size)
{
    double sum = 0.0;
    *size = 0.0;
    for (sur_idx j = 0; j < LENGTH; j++) {
        const double term =
            row_value(half, i, j) * (double)x[k * LENGTH + recover_place(j, half)];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static void every_kernel_agrees_with_the_plain_sums_to_rounding(void **state)
{
    const recover_kernel *kernel;
    (void)state;
    fill_kernels();
    for (int q = 0; (kernel = recover_kernel_at(q)) != NULL; q++)
        for (int half = 0; half < 2; half++) {
            const void *a = half ? (const void *)halves : (const void *)rows;
            double out[KERNEL_ROWS * RUNS], exact[KERNEL_ROWS], size;
            kernel->dots[half](out, a, KERNEL_ROWS, LENGTH, x, RUNS);
            kernel->exact_dots[half](exact, a, KERNEL_ROWS, LENGTH, exact_x);
            for (sur_idx i = 0; i < KERNEL_ROWS; i++)
                for (sur_idx k = 0; k < RUNS; k++) {
                    const double want = dot_reference(half, i, k, &size);
                    CHECK_NEAR(out[i * RUNS + k], want, 16 * (double)FLT_EPSILON * size,
                               0.0);
                    if (k == 0)
                        CHECK_NEAR(exact[i], want, 64 * DBL_EPSILON * size, 0.0);
                }
            memset(g, 0, sizeof g);
            memset(exact_g, 0, sizeof exact_g);
            kernel->adds[half](g, a, KERNEL_ROWS, LENGTH, r, RUNS, a);
            kernel->exact_adds[half](exact_g, a, KERNEL_ROWS, LENGTH, exact_r);
            for (sur_idx j = 0; j < LENGTH; j++)
                for (sur_idx k = 0; k < RUNS; k++) {
                    double want = 0.0;
                    size = 0.0;
                    for (sur_idx i = 0; i < KERNEL_ROWS; i++) {
                        const double term =
                            (double)r[i * RUNS + k] * row_value(half, i, j);
                        want += term;
                        size += fabs(term);
                    }
                    const sur_idx at = recover_place(j, half);
                    CHECK_NEAR((double)g[k * LENGTH + at], want,
                               8 * (double)FLT_EPSILON * size, 0.0);
                    if (k == 0)
                        CHECK_NEAR(exact_g[at], want, 8 * DBL_EPSILON * size, 0);
                }
        }
}

static void a_runs_bits_do_not_depend_on_the_others(void **state)
{
    const recover_kernel *kernel;
    (void)state;
    fill_kernels();
    for (int q = 0; (kernel = recover_kernel_at(q)) != NULL; q++)
        for (int half = 0; half < 2; half++) {
            const void *a = half ? (const void *)halves : (const void *)rows;
            double all[KERNEL_ROWS * RUNS], one[KERNEL_ROWS];
            float alone[LENGTH], r_alone[KERNEL_ROWS];
            kernel->dots[half](all, a, KERNEL_ROWS, LENGTH, x, RUNS);
            memset(g, 0, sizeof g);
            kernel->adds[half](g, a, KERNEL_ROWS, LENGTH, r, RUNS, a);
            for (sur_idx k = 0; k < RUNS; k++) {
                kernel->dots[half](one, a, KERNEL_ROWS, LENGTH, x + k * LENGTH, 1);
                for (int i = 0; i < KERNEL_ROWS; i++) {
                    CHECK(one[i] == all[i * RUNS + k]);
                    r_alone[i] = r[i * RUNS + k];
                }
                memset(alone, 0, sizeof alone);
                kernel->adds[half](alone, a, KERNEL_ROWS, LENGTH, r_alone, 1, a);
                CHECK(memcmp(alone, g + k * LENGTH, sizeof alone) == 0);
            }
        }
}

static void the_generated_rows_are_standard_normal(void **state)
{
    enum { ROWS = 64, COLS = 5000 };
    const double n = (double)ROWS * COLS;
    static float row[COLS];
    double s[5] = {0}, product = 0.0;
    const recover_kernel *kernel = recover_kernel_at(0);
    (void)state;
    for (uint64_t i = 0; i < ROWS; i++) {
        kernel->normals(row, COLS, 11, i);
        for (sur_idx j = 0; j < COLS; j++) {
            double power = 1.0;
            for (int k = 0; k < 5; k++, power *= (double)row[j]) s[k] += power / n;
            if (j > 0) product += (double)row[j] * (double)row[j - 1] / n;
        }
    }
    /* mean 0 (variance 1/n), square 1 (2/n), cube 0 (15/n), fourth power 3 (96/n) */
    CHECK_NEAR(s[1], 0.0, 4.5 * sqrt(1.0 / n), 0);
    CHECK_NEAR(s[2], 1.0, 4.5 * sqrt(2.0 / n), 0);
    CHECK_NEAR(s[3], 0.0, 4.5 * sqrt(15.0 / n), 0);
    CHECK_NEAR(s[4], 3.0, 4.5 * sqrt(96.0 / n), 0);
    CHECK_NEAR(product, 0.0, 4.5 * sqrt(1.0 / n), 0);
}

static void all_kernels_generate_the_same_numbers_to_rounding(void **state)
{
    const recover_kernel *best = recover_kernel_at(0), *kernel;
    float first[300], other[300];
    (void)state;
    best->normals(first, 300, 3, 4);
    for (int q = 1; (kernel = recover_kernel_at(q)) != NULL; q++) {
        kernel->normals(other, 300, 3, 4);
        for (int j = 0; j < 300; j++)
            CHECK_NEAR((double)other[j], (double)first[j], 1e-5, 1e-5);
    }
    best->normals(other, 100, 3, 4); /* a shorter row is the beginning of it */
    CHECK(memcmp(first, other, 100 * sizeof *other) == 0);
    best->normals(other, 300, 3, 5);
    CHECK(memcmp(first, other, sizeof other) != 0);
}

static void storage_changes_nothing_but_rounding_to_bfloat16(void **state)
{
    recover_problem p[3];
    double worst = 0.0;
    (void)state;
    operator_of(&p[0], "dimension=15 measurements=90");
    operator_of(&p[1], "dimension=15 measurements=90 storage=none");
    operator_of(&p[2], "dimension=15 measurements=90 storage=bfloat16");
    for (int i = 0; i < 90; i++) {
        CHECK(p[0].y[i] == p[1].y[i]);
        worst = fmax(worst, fabs(p[0].y[i] - p[2].y[i]));
    }
    /* relative rounding 2^-9 of each of the coordinates of a matrix of norm sqrt 2 */
    CHECK(worst > 0.0 && worst < 6.0 * 0x1p-9 * sqrt(2.0));
    for (int k = 0; k < 3; k++) recover_problem_free(&p[k]);
}

static void many_passes_at_once_are_each_the_pass_alone(void **state)
{
    enum { N = 20, M = 75, K = 19 };
    recover_problem p;
    sur_mat u[K] = {{0}}, out[K] = {{0}}, alone = {0};
    sur_pass passes[K];
    static double residual[K][M], one[M];
    (void)state;
    operator_of(&p, "dimension=20 measurements=75");
    CHECK_OK(sur_mat_new(&alone, N, 3, NULL));
    for (int k = 0; k < K; k++) {
        sur_rng rng = sur_rng_make(5, "u", (uint64_t)k);
        CHECK_OK(sur_mat_new(&u[k], N, 3, NULL));
        CHECK_OK(sur_mat_new(&out[k], N, 3, NULL));
        sur_rng_normals(&rng, u[k].data, N * 3, 1.0);
        passes[k] = (sur_pass){.left = &u[k],
                               .right = &u[k],
                               .y = p.y,
                               .residual = residual[k],
                               .left_out = &out[k],
                               .exact = k % 5 == 0};
    }
    CHECK_OK(sur_operator_pass(&p.op, passes, K, NULL));
    for (int k = 0; k < K; k++) {
        sur_pass pass = passes[k];
        pass.residual = one;
        pass.left_out = &alone;
        CHECK_OK(sur_operator_pass(&p.op, &pass, 1, NULL));
        CHECK(memcmp(one, residual[k], sizeof one) == 0);
        CHECK(memcmp(alone.data, out[k].data, N * 3 * sizeof(double)) == 0);
        sur_mat_free(&u[k]);
        sur_mat_free(&out[k]);
    }
    sur_mat_free(&alone);
    recover_problem_free(&p);
}

static void given_matrices_act_through_their_symmetric_part(void **state)
{
    enum { N = 6, M = 4 };
    double a[M * N * N], y[M], z[M];
    float narrow[M * N * N];
    sur_rng rng = sur_rng_make(2, "a", 0);
    sur_operator op;
    sur_mat s = {0};
    (void)state;
    CHECK_OK(sur_mat_new(&s, N, N, NULL));
    for (int q = 0; q < M * N * N; q++) {
        narrow[q] = (float)sur_rng_normal(&rng);
        a[q] = (double)narrow[q];
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++)
            s.data[i * N + j] = s.data[j * N + i] = sur_rng_normal(&rng);
    for (int symmetric = 0; symmetric < 2; symmetric++)
        for (int bytes = 4; bytes <= 8; bytes += 4) {
            CHECK_OK(sur_operator_dense(&op, bytes == 4 ? (void *)narrow : (void *)a,
                                        bytes, N, N, M, symmetric, SUR_STORE_F32,
                                        NULL));
            CHECK_OK(sur_operator_test(&op, NULL, NULL));
            CHECK_OK(op.forward(op.payload, y, &s, NULL));
            for (int i = 0; i < M; i++) {
                z[i] = 0.0;
                for (int q = 0; q < N * N; q++) z[i] += a[i * N * N + q] * s.data[q];
                CHECK_NEAR(y[i], z[i], 1e-5, 0.0);
            }
            sur_operator_free(&op);
        }
    sur_mat_free(&s);
}

static void operators_refuse_what_makes_no_sense(void **state)
{
    const int32_t row[] = {0, 1, 0}, col[] = {2, 1, 2}, far[] = {0, 1, 3};
    double bad[] = {1.0, 2.0, (double)NAN, 4.0};
    sur_operator op;
    sur_error err;
    (void)state;
    CHECK_STATUS(sur_operator_entries(&op, row, col, 3, 2, 3, false, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "(1, 3) is given twice");
    CHECK_STATUS(sur_operator_entries(&op, row, far, 3, 2, 3, false, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "(1, 4) lies outside a 2 x 3 matrix");
    CHECK_STATUS(sur_operator_entries(&op, row, col, 0, 2, 3, false, &err), SUR_EINVAL);
    CHECK_STATUS(sur_operator_dense(&op, bad, 8, 2, 2, 1, false, SUR_STORE_F32, &err),
                 SUR_EPARSE);
    CHECK_CONTAINS(err.message, "matrix 1: entry (2, 1) is nan");
    CHECK_STATUS(sur_operator_gaussian(&op, 0, 0, 5, 1, SUR_STORE_F32, &err),
                 SUR_EINVAL);
    CHECK_STATUS(
        sur_operator_gaussian(&op, 900000, 0, 900000000, 1, SUR_STORE_NONE, &err),
        SUR_EINVAL);
    CHECK_CONTAINS(err.message, "beyond reach");
    const sur_mat vectors = {bad, 1, 4, 4};
    CHECK_STATUS(sur_operator_rank_one(&op, &vectors, true, &err), SUR_EPARSE);
    sur_operator_free(&op); /* an operator that was never made */
}

static sur_status make_test_free(const char *words)
{
    recover_problem p;
    sur_recover_trial o;
    sur_status status = sur_fields_preset(&sur_recover_fields, &o, NULL);
    if (status != SUR_OK) return status;
    rig_set(&o, words);
    status = sur_recover.resolve(&o, NULL, 0, NULL);
    if (status == SUR_OK) status = recover_problem_make(&p, &o, NULL, 0, NULL);
    if (status == SUR_OK) recover_problem_free(&p);
    rig_free_options(&o);
    return status;
}

static void every_allocation_of_an_operator_may_fail(void **state)
{
    (void)state;
    for (int k = 0; k < KINDS; k++)
        CHECK_EVERY_ALLOCATION(make_test_free(kinds[k]), 10, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_passes_the_adjoint_test),
        cmocka_unit_test(a_wrong_adjoint_is_refused_before_anything_is_recovered),
        cmocka_unit_test(a_users_operator_recovers_what_ours_does),
        cmocka_unit_test(every_kernel_agrees_with_the_plain_sums_to_rounding),
        cmocka_unit_test(a_runs_bits_do_not_depend_on_the_others),
        cmocka_unit_test(the_generated_rows_are_standard_normal),
        cmocka_unit_test(all_kernels_generate_the_same_numbers_to_rounding),
        cmocka_unit_test(storage_changes_nothing_but_rounding_to_bfloat16),
        cmocka_unit_test(many_passes_at_once_are_each_the_pass_alone),
        cmocka_unit_test(given_matrices_act_through_their_symmetric_part),
        cmocka_unit_test(operators_refuse_what_makes_no_sense),
        cmocka_unit_test(every_allocation_of_an_operator_may_fail),
    };
    return RUN(tests);
}
