/* What each compressor promises of Q(x), as its source states it. */
#include <surplus/compress.h>
#include <surplus/random.h>

#include "support/conform_compressor.h"

static double distance2(const double *a, const double *b, sur_idx n)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static double length2(const double *a, sur_idx n) { return pow(sur_norm2(a, n), 2.0); }

static double largest(const double *a, const double *b, sur_idx n)
{
    double most = 0.0;
    for (sur_idx i = 0; i < n; i++) most = fmax(most, fabs(a[i] - b[i]));
    return most;
}

/* ---- grids ---- */

static void the_tracker_is_within_half_a_step_and_b_n_plus_8_bits_tell_it(void **state)
{
    (void)state;
    for (int bits = 2; bits <= 16; bits++)
        for (int sort = 0; sort < SORTS; sort++) {
            link_ends l = link_open(
                "adaptive",
                (sur_compressor_options){.bits = bits, .code = SUR_CODE_FIXED}, 77);
            const double K = (1 << (bits - 1)) - 1;
            double error = 0.0;
            fill(l.x, 77, sort, 1);
            for (sur_idx i = 0; i < 77; i++) error = fmax(error, fabs(l.x[i]));
            for (int round = 0; round < 6; round++) {
                CHECK(link_say(&l) == bits * 77 + 8);
                CHECK(memcmp(l.sender, l.receiver, 77 * sizeof(double)) == 0);
                /* R < 2 |e|_inf, so the bound R/(2K) is below |e|_inf / K */
                const double now = largest(l.x, l.got, 77);
                CHECK(now <= error / K * (1.0 + 1e-9) + 1e-16 * fabs(l.x[0]) + 1e-46);
                error = now;
            }
            link_close(&l);
        }
}

static void the_code_changes_the_bits_and_nothing_else(void **state)
{
    (void)state;
    const sur_compressor_options shortest = {.bits = 5},
                                 fixed = {.bits = 5, .code = SUR_CODE_FIXED};
    link_ends a = link_open("adaptive", shortest, 200),
              b = link_open("adaptive", fixed, 200);
    sur_idx saved = 0;
    for (uint64_t round = 0; round < 20; round++) {
        fill(a.x, 200, 0, round);
        fill(b.x, 200, 0, round);
        saved -= link_say(&a) - link_say(&b);
        CHECK(same_bits(a.got, b.got, 200));
    }
    CHECK(saved > 20 * 200 / 2); /* half a bit of five for normal numbers */
    link_close(&a);
    link_close(&b);
}

static void a_step_of_ones_own_bounds_the_error_and_costs_the_entropy(void **state)
{
    (void)state;
    /* normal numbers in steps of sigma / m: log2(m sqrt(2 pi e)) bits each, 2 % and 30
     * bits more at most */
    link_ends l = link_open("stepped", (sur_compressor_options){0}, 500);
    for (int step = -40; step < 0; step += 3) {
        double bits = 0.0;
        for (uint64_t seed = 0; seed < 10; seed++) {
            memset(l.sender, 0, 500 * sizeof(double));
            memset(l.receiver, 0, 500 * sizeof(double));
            fill(l.x, 500, 0, seed);
            l.c.options.step = step;
            bits += (double)link_say(&l) / 10.0;
            CHECK(largest(l.x, l.got, 500) <= 0.5 * pow(2.0, step / 4.0) + 1e-12);
        }
        const double law = 500.0 * (-step / 4.0 + 2.0471);
        if (step < -4 && !(bits < 1.02 * law + 30.0))
            fail_msg("step %d: %g bits, not %g", step, bits, law);
    }
    link_close(&l);
}

static void every_row_has_its_own_range(void **state)
{
    (void)state;
    enum { ROWS = 12, COLS = 30 };
    for (int bits = 2; bits <= 16; bits++) {
        link_ends l = link_open("rows",
                                (sur_compressor_options){
                                    .bits = bits, .rows = ROWS, .code = SUR_CODE_FIXED},
                                ROWS * COLS);
        const double K = (1 << (bits - 1)) - 1;
        fill(l.x, ROWS * COLS, 0, 1);
        for (int k = 0; k < ROWS * COLS;
             k++) /* scales from 1e-20 to 1e24, a zero row */
            l.x[k] *= k / COLS == 3 ? 0.0 : pow(10.0, 4 * (k / COLS) - 20);
        CHECK(link_say(&l) == ROWS * (COLS * bits + 16));
        for (int k = 0; k < ROWS; k++) {
            double range = 0.0;
            for (int i = k * COLS; i < (k + 1) * COLS; i++)
                range = fmax(range, fabs(l.x[i]));
            /* the range in 16 bits is at most 2^-7 above the largest number */
            CHECK(largest(l.x + k * COLS, l.got + k * COLS, COLS) <=
                  range * (1.0 + 0x1p-7) / (2.0 * K) * (1.0 + 1e-9));
        }
        link_close(&l);
    }
}

/* ---- qsgd ---- */

static void qsgd_is_unbiased_and_its_variance_is_the_papers(void **state)
{
    (void)state;
    enum { N = 40, K = 4000 };
    static const sur_idx levels[] = {1, 3, 6, 40};
    for (int which = 0; which < 4; which++) {
        const double s = (double)levels[which];
        link_ends l = link_open(
            "qsgd", (sur_compressor_options){.levels = levels[which], .seed = 11}, N);
        double mean[N] = {0}, error = 0.0, exact = 0.0;
        fill(l.x, N, 0, 3);
        const double norm = sur_norm2(l.x, N);
        for (int k = 0; k < K; k++) {
            link_say(&l);
            error += distance2(l.x, l.got, N) / K;
            for (int i = 0; i < N; i++) mean[i] += l.got[i] / K;
        }
        for (int i = 0; i < N; i++) {
            /* a rounding between two levels: variance p (1 - p) (norm / s)^2 */
            const double u = s * fabs(l.x[i]) / norm, p = u - floor(u);
            const double variance = p * (1.0 - p) * norm * norm / (s * s);
            CHECK_NEAR(mean[i], l.x[i], 4.0 * sqrt(variance / K) + 1e-6 * norm, 0.0);
            exact += variance;
        }
        /* one squared error is at most N (norm/s)^2 and has the mean `exact`, so its
         * variance is at most N (norm/s)^2 exact */
        CHECK_NEAR(error, exact, 4.0 * sqrt(N * norm * norm / (s * s) * exact / K),
                   1e-5);
        CHECK(exact <= fmin(N / (s * s), sqrt(N) / s) * norm * norm);
        link_close(&l);
    }
}

static void qsgd_with_one_level_takes_about_sqrt_n_numbers(void **state)
{
    (void)state;
    /* theorem 3.2 with s = 1: at most sqrt n numbers are not 0 on average, so a message
     * has about sqrt(n) (log2 n / 2 + O(1)) bits; here below sqrt n (log2(n)/2 + 6) */
    enum { N = 10000 };
    link_ends l = link_open("qsgd", (sur_compressor_options){.levels = 1}, N);
    double bits = 0.0, kept = 0.0;
    fill(l.x, N, 0, 5);
    for (int k = 0; k < 10; k++) {
        bits += (double)link_say(&l) / 10.0;
        for (int i = 0; i < N; i++) kept += (l.got[i] != 0.0) / 10.0;
    }
    CHECK(kept <= sqrt(N) + 4.0 * sqrt(sqrt(N) / 10.0));
    CHECK(bits <= sqrt(N) * (log2(N) / 2.0 + 6.0));
    link_close(&l);
}

/* ---- top-k and its memories ---- */

static void
topk_keeps_the_largest_and_loses_no_more_than_one_minus_k_over_n(void **state)
{
    (void)state;
    enum { N = 300 };
    for (sur_idx k = 1; k <= N; k += 23)
        for (int sort = 0; sort < SORTS; sort++) {
            link_ends l = link_open("topk", (sur_compressor_options){.keep = k}, N);
            fill(l.x, N, sort, 1);
            link_say(&l);
            double least = HUGE_VAL, left = 0.0;
            sur_idx kept = 0;
            for (int i = 0; i < N; i++) {
                if (l.got[i] != 0.0) {
                    least = fmin(least, fabs(l.x[i]));
                    CHECK_NEAR(l.got[i], l.x[i], 1e-45, 0x1p-24);
                    kept++;
                } else if (fabs(l.x[i]) > 1e-45)
                    left = fmax(left, fabs(l.x[i]));
            }
            CHECK(kept <= k && left <= least);
            CHECK(distance2(l.x, l.got, N) <=
                  (1.0 - (double)k / N + 1e-12) * length2(l.x, N) + 1e-80);
            link_close(&l);
        }
}

static void places_are_sent_in_about_log2_of_n_choose_k_bits(void **state)
{
    (void)state;
    enum { N = 20000, KEEP = 200 };
    link_ends l = link_open("topk", (sur_compressor_options){.keep = KEEP}, N);
    const double choices =
        (lgamma(N + 1.0) - lgamma(KEEP + 1.0) - lgamma(N - KEEP + 1.0)) / log(2.0);
    fill(l.x, N, 0, 1);
    CHECK_NEAR((double)link_say(&l) - 32.0 * KEEP, choices, 0.0, 0.05);
    l.c.options.code = SUR_CODE_FIXED;
    CHECK(link_say(&l) == KEEP * (32 + 15)); /* 2^15 > 20000 */
    link_close(&l);
}

static void what_error_feedback_puts_off_it_says_later(void **state)
{
    (void)state;
    /* the sum of what was understood and what is remembered is the sum of what was to
     * be said */
    static const char *const names[] = {"topk", "sign", "powersgd"};
    for (int which = 0; which < 3; which++) {
        link_ends l = link_open(names[which], (sur_compressor_options){0}, 150);
        double said[150] = {0}, heard[150] = {0};
        for (uint64_t round = 0; round < 30; round++) {
            fill(l.x, 150, 0, round);
            link_say(&l);
            for (int i = 0; i < 150; i++) said[i] += l.x[i], heard[i] += l.got[i];
        }
        for (int i = 0; i < 150; i++)
            CHECK_NEAR(heard[i] + l.sender[i], said[i], 1e-9, 1e-9);
        link_close(&l);
    }
}

static void ef21_contracts_to_what_stands_still(void **state)
{
    (void)state;
    enum { N = 200, KEEP = 20 };
    link_ends l = link_open("ef21", (sur_compressor_options){.keep = KEEP}, N);
    fill(l.x, N, 6, 1);
    double before = length2(l.x, N);
    for (int round = 0; round < 10; round++) {
        link_say(&l);
        const double now = distance2(l.x, l.got, N);
        CHECK(now <= (1.0 - (double)KEEP / N) * before + 1e-10 * length2(l.x, N));
        before = now;
    }
    CHECK(before < 1e-10 * length2(l.x, N)); /* after N / KEEP rounds all were said */
    link_close(&l);
}

/* ---- sign, powersgd, float ---- */

static void the_scaled_sign_loses_what_its_identity_says(void **state)
{
    (void)state;
    enum { N = 123 };
    for (int sort = 0; sort < SORTS; sort++) {
        link_ends l = link_open("sign", (sur_compressor_options){0}, N);
        double sum = 0.0;
        fill(l.x, N, sort, 2);
        for (int i = 0; i < N; i++) sum += fabs(l.x[i]);
        CHECK(link_say(&l) == N + 32);
        const double all = length2(l.x, N), lost = distance2(l.x, l.got, N);
        CHECK_NEAR(lost, all - sum * sum / N, 1e-12 * all + 1e-80, 1e-6);
        CHECK(lost <= (1.0 - 1.0 / N + 1e-7) * all + 1e-80);
        link_close(&l);
    }
}

static void powersgd_says_a_matrix_of_its_rank_at_once(void **state)
{
    (void)state;
    enum { ROWS = 12, COLS = 17, R = 3 };
    link_ends l =
        link_open("powersgd", (sur_compressor_options){.rows = ROWS, .columns_kept = R},
                  ROWS * COLS);
    double left[ROWS * R], right[COLS * R];
    fill(left, ROWS * R, 0, 1);
    fill(right, COLS * R, 0, 2);
    for (int i = 0; i < ROWS * COLS; i++) {
        l.x[i] = 0.0;
        for (int k = 0; k < R; k++)
            l.x[i] += left[i / COLS * R + k] * right[i % COLS * R + k];
    }
    CHECK(link_say(&l) == 32 * R * (ROWS + COLS));
    CHECK(distance2(l.x, l.got, ROWS * COLS) < 1e-12 * length2(l.x, ROWS * COLS));
    link_close(&l);
}

static void powersgd_finds_the_best_matrix_of_its_rank_in_time(void **state)
{
    (void)state;
    /* the same matrix again and again, without what was put off: the loss goes to the
     * sum of the other singular values squared (Eckart & Young) */
    enum { ROWS = 15, COLS = 15, N = ROWS * COLS };
    link_ends l = link_open(
        "powersgd", (sur_compressor_options){.rows = ROWS, .columns_kept = 2}, N);
    double values[ROWS], best = 0.0;
    fill(l.x, N, 0, 4);
    const sur_mat x = {l.x, ROWS, COLS, COLS};
    CHECK_OK(sur_svd(values, NULL, NULL, &x, NULL));
    for (int k = 2; k < ROWS; k++) best += values[k] * values[k];
    for (int round = 0; round < 200; round++) {
        link_say(&l);
        memset(l.sender, 0, N * sizeof(double));
    }
    CHECK_NEAR(distance2(l.x, l.got, N), best, 0.0, 1e-5);
    link_close(&l);
}

static void powersgd_wakes_up_after_zeros(void **state)
{
    (void)state;
    link_ends l = link_open("powersgd", (sur_compressor_options){0}, 100);
    link_say(&l); /* zeros */
    fill(l.x, 100, 0, 1);
    link_say(&l);
    CHECK(distance2(l.x, l.got, 100) < 0.95 * length2(l.x, 100));
    link_close(&l);
}

static void floats_are_said_exactly_in_32_bits(void **state)
{
    (void)state;
    link_ends l = link_open("float", (sur_compressor_options){0}, 60);
    fill(l.x, 60, 2, 1);
    for (int i = 0; i < 60; i++) l.x[i] = (double)(float)l.x[i];
    CHECK(link_say(&l) == 32 * 60 && same_bits(l.x, l.got, 60));
    link_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tracker_is_within_half_a_step_and_b_n_plus_8_bits_tell_it),
        cmocka_unit_test(the_code_changes_the_bits_and_nothing_else),
        cmocka_unit_test(a_step_of_ones_own_bounds_the_error_and_costs_the_entropy),
        cmocka_unit_test(every_row_has_its_own_range),
        cmocka_unit_test(qsgd_is_unbiased_and_its_variance_is_the_papers),
        cmocka_unit_test(qsgd_with_one_level_takes_about_sqrt_n_numbers),
        cmocka_unit_test(
            topk_keeps_the_largest_and_loses_no_more_than_one_minus_k_over_n),
        cmocka_unit_test(places_are_sent_in_about_log2_of_n_choose_k_bits),
        cmocka_unit_test(what_error_feedback_puts_off_it_says_later),
        cmocka_unit_test(ef21_contracts_to_what_stands_still),
        cmocka_unit_test(the_scaled_sign_loses_what_its_identity_says),
        cmocka_unit_test(powersgd_says_a_matrix_of_its_rank_at_once),
        cmocka_unit_test(powersgd_finds_the_best_matrix_of_its_rank_in_time),
        cmocka_unit_test(powersgd_wakes_up_after_zeros),
        cmocka_unit_test(floats_are_said_exactly_in_32_bits),
    };
    return RUN(tests);
}
