#include "experiments/descent/theory.h"

#include <surplus/model.h>
#include <surplus/random.h>

#include "support/check.h"

static sur_mat matrix(sur_idx rows, sur_idx cols)
{
    sur_mat m;
    CHECK_OK(sur_mat_new(&m, rows, cols, NULL));
    return m;
}

static void normals(sur_mat *m, sur_rng *rng)
{
    sur_rng_normals(rng, m->data, m->rows * m->cols, 1.0);
}

/* The mean of what was added, within four standard errors and a share of `want` for
 * what the theory neglects at these sizes. */
typedef struct sample {
    double sum, squares, count;
} sample;

static void add(sample *m, double value)
{
    m->sum += value;
    m->squares += value * value;
    m->count += 1.0;
}

static void check_mean(const sample *m, double want, double share)
{
    const double average = m->sum / m->count;
    const double variance =
        (m->squares / m->count - average * average) / (m->count - 1.0);
    CHECK_NEAR(average, want, 4.0 * sqrt(variance), share);
}

/* b = X' (X X' + n ridge I)^+ y, the ridge or least-norm solution. */
static void fit(sur_mat *b, const sur_mat *x, const sur_mat *y, double ridge)
{
    sur_mat gram = matrix(x->rows, x->rows), dual = matrix(x->rows, 1);
    sur_idx rank;
    sur_mat_multiply(&gram, 1.0, x, SUR_PLAIN, x, SUR_TRANSPOSED, 0.0);
    for (sur_idx i = 0; i < x->rows; i++)
        sur_mat_row(&gram, i)[i] += ridge * (double)x->rows;
    CHECK_OK(sur_lstsq(&dual, NULL, &rank, &gram, y, -1.0, NULL));
    sur_mat_multiply(b, 1.0, x, SUR_TRANSPOSED, &dual, SUR_PLAIN, 0.0);
    sur_mat_free(&gram);
    sur_mat_free(&dual);
}

static void isotropic_risks_have_the_published_digits(void **state)
{
    (void)state;
    const double risks[][2] = {{50, .0839},   {100, .2525},  {160, 1.0256},
                               {250, 1.2204}, {1000, .8626}, {2000, .9278}};
    for (size_t i = 0; i < sizeof risks / sizeof *risks; i++)
        CHECK_NEAR(sur_theory_isotropic(200, (sur_idx)risks[i][0], 1.0, 0.25),
                   risks[i][1], 5e-5, 0.0);
}

static void ridge_risks_have_the_published_digits(void **state)
{
    (void)state;
    CHECK_NEAR(sur_theory_ridge(2.0, 0.05, 1.0, 0.25), 0.7110, 5e-5, 0.0);
    CHECK_NEAR(sur_theory_ridge(2.0, 0.5, 1.0, 0.25), 0.6404, 5e-5, 0.0);
    CHECK_NEAR(sur_theory_ridge(2.0, 2.0, 1.0, 0.25), 0.7010, 5e-5, 0.0);
}

static void misspecified_errors_have_the_published_digits(void **state)
{
    (void)state;
    const double errors[][2] = {
        {10, 1.2641}, {30, 3.2067}, {50, 3.0400}, {70, 1.1090}, {100, .6671}};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const double p = errors[i][0];
        CHECK_NEAR(
            sur_theory_misspecified(40, (sur_idx)p, 0.01 * p, 1.0 - 0.01 * p, 0.04),
            errors[i][1], 5e-5, 0.0);
    }
}

enum { POWER = 500 };

/* s_i = 1/i, squared coefficients proportional to 1/i with sum 1. */
static void power_law(double variance[POWER], double square[POWER])
{
    double sum = 0.0;
    for (int i = 0; i < POWER; i++) sum += 1.0 / (i + 1);
    for (int i = 0; i < POWER; i++) {
        variance[i] = 1.0 / (i + 1);
        square[i] = variance[i] / sum;
    }
}

static void power_law_risks_have_the_published_digits(void **state)
{
    (void)state;
    double variance[POWER], square[POWER];
    power_law(variance, square);
    CHECK_NEAR(sur_theory_spectrum(200, POWER, variance, square, 0.0, 0.1), .0997, 5e-5,
               0);
    CHECK_NEAR(sur_theory_spectrum(200, POWER, variance, square, .01, 0.1), .0291, 5e-5,
               0);
    CHECK_NEAR(sur_theory_spectrum(200, POWER, variance, square, 0.1, 0.1), .0211, 5e-5,
               0);
}

static void latent_risks_have_the_published_digits(void **state)
{
    (void)state;
    const double risks[][2] = {{40, .3333},   {100, 1.1667},  {250, 4.3945},
                               {400, 1.1460}, {1000, .35360}, {2000, .2110}};
    for (size_t i = 0; i < sizeof risks / sizeof *risks; i++)
        CHECK_NEAR(sur_theory_latent(200, (sur_idx)risks[i][0], 20, 1.0, 1.0, 0.0),
                   risks[i][1], 5e-5, 0.0);
}

static void random_feature_risks_have_the_published_digits(void **state)
{
    (void)state;
    const double risks[][3] = {{.5, .8490, .8500},   {1, .7649, .7719},
                               {2, .9275, 1.0849},   {2.7, 1.1904, 3.432},
                               {3.3, 1.0505, 3.541}, {6, .3895, .4371},
                               {15, .1741, .1784}};
    for (size_t i = 0; i < sizeof risks / sizeof *risks; i++)
        for (int free = 0; free < 2; free++)
            CHECK_NEAR(sur_theory_random_features(&sur_theory_relu, risks[i][0], 3.0,
                                                  free ? 0.0 : 1e-3, 1.0, 0.0, 0.2),
                       risks[i][1 + free], 1e-4, 0.0);
}

static void the_relu_constants_are_its_integrals(void **state)
{
    (void)state;
    double mean = 0.0, linear = 0.0, square = 0.0, width = 1e-3;
    for (double g = 0.5 * width; g < 12.0; g += width) {
        const double density = exp(-0.5 * g * g) / sqrt(2.0 * acos(-1.0)) * width;
        mean += density * g;
        linear += density * g * g;
        square += density * g * g;
    }
    CHECK_NEAR(sur_theory_relu.mean, mean, 1e-7, 0.0);
    CHECK_NEAR(sur_theory_relu.linear, linear, 1e-7, 0.0);
    CHECK_NEAR(sur_theory_relu.rest, square - mean * mean - linear * linear, 1e-7, 0.0);
}

static void a_flat_spectrum_is_the_isotropic_case(void **state)
{
    (void)state;
    double ones[600], square[600];
    for (int i = 0; i < 600; i++) ones[i] = 1.0, square[i] = 1.0 / 600;
    for (sur_idx n = 100; n < 1200; n += 350)
        for (double ridge = 0.0; ridge < 3.0; ridge = 4.0 * ridge + 1e-4) {
            const double want = sur_theory_ridge(600.0 / (double)n, ridge, 1.0, 0.3);
            CHECK_NEAR(sur_theory_spectrum(n, 600, ones, square, ridge, 0.3), want, 0.0,
                       1e-11);
            /* with d = p the latent covariance is 2 I: the ridge counts half */
            const double half =
                sur_theory_ridge(600.0 / (double)n, ridge / 2.0, 0.5, 0.8);
            CHECK_NEAR(sur_theory_latent(n, 600, 600, 1.0, 0.3, ridge), half, 0.0,
                       1e-11);
        }
}

static void eigenvalues_of_zero_count_for_nothing(void **state)
{
    (void)state;
    const double variance[] = {2.0, 0.0, 1.0, 0.0, 0.5},
                 square[] = {1.0, 9.0, 2.0, 9.0, 3.0};
    const double kept_variance[] = {2.0, 1.0, 0.5}, kept_square[] = {1.0, 2.0, 3.0};
    for (sur_idx n = 1; n < 6; n++)
        for (double ridge = 0.0; ridge < 2.0; ridge += 0.5)
            CHECK(sur_theory_spectrum(n, 5, variance, square, ridge, 0.1) ==
                  sur_theory_spectrum(n, 3, kept_variance, kept_square, ridge, 0.1));
    CHECK(sur_theory_spectrum(4, 2, (const double[]){0.0, 0.0}, square, 0.0, 1.0) ==
          0.0);
}

static void the_best_ridge_is_where_theory_says(void **state)
{
    (void)state;
    for (double ratio = 0.3; ratio < 4.0; ratio += 0.7)
        for (double noise = 0.1; noise < 1.0; noise += 0.4) {
            const double best = noise * ratio / 2.0;
            const double risk = sur_theory_ridge(ratio, best, 2.0, noise);
            CHECK(risk < sur_theory_ridge(ratio, 0.99 * best, 2.0, noise));
            CHECK(risk < sur_theory_ridge(ratio, 1.01 * best, 2.0, noise));
            /* R* = noise ratio m(-best), m the Stieltjes transform of Marchenko-Pastur
             */
            const double b = 1.0 - ratio + best;
            const double m =
                (sqrt(b * b + 4.0 * ratio * best) - b) / (2.0 * ratio * best);
            CHECK_NEAR(risk, noise * ratio * m, 0.0, 1e-12);
        }
}

static void a_vanishing_ridge_is_the_least_norm(void **state)
{
    (void)state;
    double variance[POWER], square[POWER];
    power_law(variance, square);
    for (sur_idx n = 100; n < 900; n += 250) {
        const double ratio = 500.0 / (double)n;
        CHECK_NEAR(sur_theory_ridge(ratio, 1e-13, 1.0, 0.2),
                   sur_theory_ridge(ratio, 0.0, 1.0, 0.2), 0.0, 1e-9);
        CHECK_NEAR(sur_theory_spectrum(n, POWER, variance, square, 1e-14, 0.2),
                   sur_theory_spectrum(n, POWER, variance, square, 0.0, 0.2), 0.0,
                   1e-7);
        CHECK_NEAR(
            sur_theory_random_features(&sur_theory_relu, ratio, 1.0 + 0.001 * (double)n,
                                       1e-13, 1.0, 0.1, 0.2),
            sur_theory_random_features(&sur_theory_relu, ratio, 1.0 + 0.001 * (double)n,
                                       0.0, 1.0, 0.1, 0.2),
            0.0, 1e-8);
    }
}

static void at_the_threshold_the_risk_is_infinite_unless_nothing_is_noisy(void **state)
{
    (void)state;
    const double ones[] = {1.0, 1.0, 1.0}, square[] = {1.0, 2.0, 3.0};
    for (sur_idx p = 9; p <= 11; p++) {
        CHECK(sur_theory_isotropic(10, p, 1.0, 0.1) == HUGE_VAL);
        CHECK(sur_theory_misspecified(10, p, 1.0, 0.1, 0.0) == HUGE_VAL);
    }
    CHECK(isfinite(sur_theory_isotropic(10, 8, 1.0, 0.1)));
    CHECK(isfinite(sur_theory_isotropic(10, 12, 1.0, 0.1)));
    CHECK(sur_theory_isotropic(10, 10, 1.0, 0.0) == 0.0);
    CHECK_NEAR(sur_theory_isotropic(10, 11, 1.0, 0.0), 1.0 / 11.0, 1e-15, 0.0);
    CHECK(sur_theory_ridge(1.0, 0.0, 1.0, 0.1) == HUGE_VAL);
    CHECK(sur_theory_spectrum(3, 3, ones, square, 0.0, 0.1) == HUGE_VAL);
    CHECK(sur_theory_spectrum(3, 3, ones, square, 0.0, 0.0) == 0.0);
    CHECK(sur_theory_latent(20, 20, 5, 1.0, 0.0, 0.0) == HUGE_VAL);
    CHECK(sur_theory_random_features(&sur_theory_relu, 3.0, 3.0, 0.0, 1.0, 0.0, 0.0) ==
          HUGE_VAL);
}

static void simulated_least_norm_agrees_with_the_exact_risk(void **state)
{
    (void)state;
    enum { N = 40, WIDEST = 100, REPEATS = 400 };
    const sur_idx widths[] = {10, 25, 60, WIDEST};
    sur_rng rng = sur_rng_make(1, "test", 0);
    sur_mat x = matrix(N, WIDEST), y = matrix(N, 1), noise = matrix(N, 1);
    sample risk[4] = {{0}};
    sur_idx rank;

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        normals(&x, &rng);
        normals(&noise, &rng);
        for (int w = 0; w < 4; w++) {
            const sur_idx p = widths[w];
            const sur_mat used = sur_mat_part(&x, 0, N, 0, p);
            sur_mat b = matrix(p, 1), b_hat = matrix(p, 1);
            sur_mat_fill(&b, 1.0 / sqrt((double)p));
            sur_mat_multiply(&y, 1.0, &used, SUR_PLAIN, &b, SUR_PLAIN, 0.0);
            sur_mat_axpy(&y, 0.5, &noise);
            CHECK_OK(sur_lstsq(&b_hat, NULL, &rank, &used, &y, -1.0, NULL));
            sur_mat_axpy(&b_hat, -1.0, &b);
            const double error = sur_norm2(b_hat.data, p);
            add(&risk[w], error * error);
            sur_mat_free(&b);
            sur_mat_free(&b_hat);
        }
    }
    for (int w = 0; w < 4; w++)
        check_mean(&risk[w], sur_theory_isotropic(N, widths[w], 1.0, 0.25), 0.0);
    sur_mat_free(&x);
    sur_mat_free(&y);
    sur_mat_free(&noise);
}

static void simulated_ridge_agrees_with_the_deterministic_equivalent(void **state)
{
    (void)state;
    enum { N = 200, REPEATS = 15 };
    const double ridges[] = {0.0, 0.01, 0.1};
    double variance[POWER], square[POWER];
    power_law(variance, square);
    sur_rng rng = sur_rng_make(2, "test", 0);
    sur_mat x = matrix(N, POWER), y = matrix(N, 1), b = matrix(POWER, 1),
            b_hat = matrix(POWER, 1);
    sample risk[3] = {{0}};

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        normals(&x, &rng);
        normals(&y, &rng);
        for (sur_idx i = 0; i < N; i++) y.data[i] *= sqrt(0.1);
        for (sur_idx i = 0; i < N; i++)
            for (int j = 0; j < POWER; j++) sur_mat_row(&x, i)[j] *= sqrt(variance[j]);
        for (int j = 0; j < POWER; j++)
            b.data[j] = sqrt(square[j]) * (sur_rng_uniform(&rng) < 0.5 ? -1.0 : 1.0);
        sur_mat_multiply(&y, 1.0, &x, SUR_PLAIN, &b, SUR_PLAIN, 1.0);
        for (int r = 0; r < 3; r++) {
            double error = 0.0;
            fit(&b_hat, &x, &y, ridges[r]);
            for (int j = 0; j < POWER; j++)
                error += variance[j] * (b_hat.data[j] - b.data[j]) *
                         (b_hat.data[j] - b.data[j]);
            add(&risk[r], error);
        }
    }
    for (int r = 0; r < 3; r++)
        check_mean(&risk[r],
                   sur_theory_spectrum(N, POWER, variance, square, ridges[r], 0.1),
                   0.02);
    sur_mat_free(&x);
    sur_mat_free(&y);
    sur_mat_free(&b);
    sur_mat_free(&b_hat);
}

/* W' W = (p/d) I with entries 0 and 1: feature i shows latent coordinate i mod d. */
static void simulated_latent_data_agree_with_the_equivalent(void **state)
{
    (void)state;
    enum { N = 100, D = 10, P = 500, REPEATS = 20 };
    sur_rng rng = sur_rng_make(3, "test", 0);
    sur_mat x = matrix(N, P), z = matrix(N, D), y = matrix(N, 1), b_hat = matrix(P, 1);
    sample risk[2] = {{0}};

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        normals(&x, &rng);
        normals(&z, &rng);
        normals(&y, &rng);
        for (sur_idx i = 0; i < N; i++) {
            for (sur_idx j = 0; j < P; j++)
                sur_mat_row(&x, i)[j] += sur_mat_row(&z, i)[j % D];
            y.data[i] += sur_mat_row(&z, i)[0];
        }
        for (int r = 0; r < 2; r++) {
            double error = 0.0, shown[D] = {0.0};
            fit(&b_hat, &x, &y, r ? 0.5 : 0.0);
            for (sur_idx j = 0; j < P; j++) {
                /* the best predictor gives each view of coordinate 0 weight 1/(1 + p/d)
                 */
                b_hat.data[j] -= j % D == 0 ? 1.0 / (1.0 + (double)P / D) : 0.0;
                error += b_hat.data[j] * b_hat.data[j];
                shown[j % D] += b_hat.data[j];
            }
            for (int k = 0; k < D; k++) error += shown[k] * shown[k];
            add(&risk[r], error);
        }
    }
    for (int r = 0; r < 2; r++)
        check_mean(&risk[r], sur_theory_latent(N, P, D, 1.0, 1.0, r ? 0.5 : 0.0), 0.04);
    sur_mat_free(&x);
    sur_mat_free(&z);
    sur_mat_free(&y);
    sur_mat_free(&b_hat);
}

static void simulated_relu_features_agree_with_mei_and_montanari(void **state)
{
    (void)state;
    enum { D = 60, N = 180, NEW = 1000, WIDEST = 900, REPEATS = 8 };
    const sur_idx widths[] = {60, 360, WIDEST};
    sur_rng rng = sur_rng_make(4, "test", 0);
    sur_mat x = matrix(N + NEW, D), y = matrix(N, 1), all = matrix(N + NEW, WIDEST),
            answer = matrix(NEW, 1);
    sample risk[3][2] = {{{0}}};

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        const sur_features features = {SUR_RELU, D, (uint64_t)repeat, 1.0};
        normals(&x, &rng);
        normals(&y, &rng);
        for (sur_idx i = 0; i < N; i++)
            y.data[i] = sur_mat_row(&x, i)[0] + sqrt(0.2) * y.data[i];
        CHECK_OK(sur_features_fill(&all, &features, &x, 0, NULL));
        for (int w = 0; w < 3; w++)
            for (int r = 0; r < 2; r++) {
                const sur_idx p = widths[w];
                const sur_mat z = sur_mat_part(&all, 0, N, 0, p);
                const sur_mat fresh = sur_mat_part(&all, N, NEW, 0, p);
                sur_mat a = matrix(p, 1);
                double error = 0.0;
                fit(&a, &z, &y, r ? 1e-2 * (double)p / D : 0.0);
                sur_mat_multiply(&answer, 1.0, &fresh, SUR_PLAIN, &a, SUR_PLAIN, 0.0);
                for (sur_idx i = 0; i < NEW; i++) {
                    const double off = answer.data[i] - sur_mat_row(&x, N + i)[0];
                    error += off * off / NEW;
                }
                add(&risk[w][r], error);
                sur_mat_free(&a);
            }
    }
    for (int w = 0; w < 3; w++)
        for (int r = 0; r < 2; r++)
            check_mean(&risk[w][r],
                       sur_theory_random_features(&sur_theory_relu,
                                                  (double)widths[w] / D, (double)N / D,
                                                  r ? 1e-2 : 0.0, 1.0, 0.0, 0.2),
                       0.06);
    sur_mat_free(&x);
    sur_mat_free(&y);
    sur_mat_free(&all);
    sur_mat_free(&answer);
}

static void simulated_gradient_steps_agree_where_samples_abound(void **state)
{
    (void)state;
    enum { N = 800, P = 6, REPEATS = 60, STEPS = 40 };
    const double variance[P] = {1.0, 1.0, 0.3, 0.3, 0.05, 0.05};
    double square[P];
    sur_rng rng = sur_rng_make(5, "test", 0);
    sur_mat x = matrix(N, P), y = matrix(N, 1), b = matrix(P, 1), b_hat = matrix(P, 1),
            left = matrix(N, 1);
    sample risk[3] = {{0}}; /* after 1, 10 and 40 steps */
    for (int j = 0; j < P; j++) b.data[j] = 1.0, square[j] = 1.0;

    for (int repeat = 0; repeat < REPEATS; repeat++) {
        normals(&x, &rng);
        normals(&y, &rng);
        for (sur_idx i = 0; i < N; i++)
            for (int j = 0; j < P; j++) sur_mat_row(&x, i)[j] *= sqrt(variance[j]);
        sur_mat_multiply(&y, 1.0, &x, SUR_PLAIN, &b, SUR_PLAIN, 1.0);
        sur_mat_fill(&b_hat, 0.0);
        for (int t = 1; t <= STEPS; t++) {
            double error = 0.0;
            sur_mat_copy(&left, &y);
            sur_mat_multiply(&left, -1.0, &x, SUR_PLAIN, &b_hat, SUR_PLAIN, 1.0);
            sur_mat_multiply(&b_hat, 0.5 / N, &x, SUR_TRANSPOSED, &left, SUR_PLAIN,
                             1.0);
            for (int j = 0; j < P; j++)
                error += variance[j] * (b_hat.data[j] - 1.0) * (b_hat.data[j] - 1.0);
            if (t == 1 || t == 10 || t == STEPS)
                add(&risk[t == 1 ? 0 : t == 10 ? 1 : 2], error);
        }
    }
    check_mean(&risk[0], sur_theory_steps(N, P, variance, square, 0.5, 1.0, 1.0), 0.02);
    check_mean(&risk[1], sur_theory_steps(N, P, variance, square, 0.5, 10.0, 1.0),
               0.02);
    check_mean(&risk[2], sur_theory_steps(N, P, variance, square, 0.5, STEPS, 1.0),
               0.03);
    sur_mat_free(&x);
    sur_mat_free(&y);
    sur_mat_free(&b);
    sur_mat_free(&b_hat);
    sur_mat_free(&left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isotropic_risks_have_the_published_digits),
        cmocka_unit_test(ridge_risks_have_the_published_digits),
        cmocka_unit_test(misspecified_errors_have_the_published_digits),
        cmocka_unit_test(power_law_risks_have_the_published_digits),
        cmocka_unit_test(latent_risks_have_the_published_digits),
        cmocka_unit_test(random_feature_risks_have_the_published_digits),
        cmocka_unit_test(the_relu_constants_are_its_integrals),
        cmocka_unit_test(a_flat_spectrum_is_the_isotropic_case),
        cmocka_unit_test(eigenvalues_of_zero_count_for_nothing),
        cmocka_unit_test(the_best_ridge_is_where_theory_says),
        cmocka_unit_test(a_vanishing_ridge_is_the_least_norm),
        cmocka_unit_test(at_the_threshold_the_risk_is_infinite_unless_nothing_is_noisy),
        cmocka_unit_test(simulated_least_norm_agrees_with_the_exact_risk),
        cmocka_unit_test(simulated_ridge_agrees_with_the_deterministic_equivalent),
        cmocka_unit_test(simulated_latent_data_agree_with_the_equivalent),
        cmocka_unit_test(simulated_relu_features_agree_with_mei_and_montanari),
        cmocka_unit_test(simulated_gradient_steps_agree_where_samples_abound),
    };
    return RUN(tests);
}
