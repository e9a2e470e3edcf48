/* Sketches: what S is, and that every way to use it uses the same S. */
#include <surplus/compress.h>
#include <surplus/random.h>

#include "dense/mats.h"
#include "support/check.h"

static const sur_sketch_kind kinds[] = {SUR_SKETCH_SPARSE, SUR_SKETCH_GAUSSIAN};

/* S itself: column k is S e_k. */
static sur_mat whole(const sur_sketch *s)
{
    sur_mat out;
    double *v, *w;
    CHECK_OK(sur_mat_new(&out, s->rows, s->cols, NULL));
    CHECK_OK(sur_alloc(&v, s->cols, sizeof *v, NULL));
    CHECK_OK(sur_alloc(&w, s->rows, sizeof *w, NULL));
    for (sur_idx k = 0; k < s->cols; k++) {
        memset(w, 0, (size_t)s->rows * sizeof *w);
        v[k] = 1.0;
        CHECK_OK(sur_sketch_expand(w, s, 1.0, v, 0, s->rows, NULL));
        v[k] = 0.0;
        for (sur_idx j = 0; j < s->rows; j++) sur_mat_row(&out, j)[k] = w[j];
    }
    free(v);
    free(w);
    return out;
}

static void both_ways_use_one_matrix(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++)
        for (sur_idx d = 1; d <= 41; d += 8) {
            const sur_sketch s = {
                .kind = kinds[kind], .rows = 333, .cols = d, .seed = 5};
            sur_mat full = whole(&s), x = random_mat(7, 333, 1), z, want;
            CHECK_OK(sur_mat_new(&z, 7, d, NULL));
            CHECK_OK(sur_mat_new(&want, 7, d, NULL));
            CHECK_OK(sur_sketch_columns(&z, &s, &x, 0, NULL));
            sur_mat_multiply(&want, 1.0, &x, SUR_PLAIN, &full, SUR_PLAIN, 0.0);
            for (sur_idx i = 0; i < 7 * d; i++)
                CHECK_NEAR(z.data[i], want.data[i], 1e-12, 1e-12);
            sur_mat_free(&full);
            sur_mat_free(&x);
            sur_mat_free(&z);
            sur_mat_free(&want);
        }
}

static void rows_and_columns_may_be_cut_anywhere(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        const sur_sketch s = {.kind = kinds[kind], .rows = 700, .cols = 30, .seed = 9};
        sur_mat x = random_mat(5, 700, 2), once, parts;
        double v[30], w[700] = {0}, w_parts[700] = {0};
        sur_rng rng = sur_rng_make(1, "v", 0);
        sur_rng_normals(&rng, v, 30, 1.0);
        CHECK_OK(sur_mat_new(&once, 5, 30, NULL));
        CHECK_OK(sur_mat_new(&parts, 5, 30, NULL));
        CHECK_OK(sur_sketch_columns(&once, &s, &x, 0, NULL));
        CHECK_OK(sur_sketch_expand(w, &s, 0.5, v, 0, 700, NULL));
        static const sur_idx edges[] = {0, 1, 130, 131, 499, 700};
        for (int e = 0; e < 5; e++) {
            const sur_idx first = edges[e], count = edges[e + 1] - first;
            for (sur_idx i = 0; i < 5; i += 3) { /* rows 0..2, then 3..4 */
                const sur_idx rows = i + 3 > 5 ? 5 - i : 3;
                const sur_mat part = sur_mat_part(&x, i, rows, first, count);
                sur_mat to = sur_mat_part(&parts, i, rows, 0, 30);
                CHECK_OK(sur_sketch_columns(&to, &s, &part, first, NULL));
            }
            CHECK_OK(
                sur_sketch_expand(w_parts + first, &s, 0.5, v, first, count, NULL));
        }
        CHECK(memcmp(w, w_parts, sizeof w) == 0);
        for (sur_idx i = 0; i < 150; i++) {
            if (kinds[kind] == SUR_SKETCH_SPARSE) CHECK(once.data[i] == parts.data[i]);
            CHECK_NEAR(once.data[i], parts.data[i], 1e-13, 1e-12);
        }
        sur_mat_free(&x);
        sur_mat_free(&once);
        sur_mat_free(&parts);
    }
}

static void a_sparse_row_has_s_signs_in_s_shares_of_the_columns(void **state)
{
    (void)state;
    for (int nonzeros = 1; nonzeros <= 16; nonzeros++) {
        const sur_sketch s = {.rows = 50, .cols = 37, .nonzeros = nonzeros, .seed = 2};
        sur_mat full = whole(&s);
        for (sur_idx j = 0; j < 50; j++)
            for (int k = 0; k < nonzeros; k++) {
                int found = 0;
                for (sur_idx i = k * 37 / nonzeros; i < (k + 1) * 37 / nonzeros; i++) {
                    const double entry = sur_mat_row(&full, j)[i];
                    if (entry == 0.0) continue;
                    CHECK_NEAR(fabs(entry), 1.0 / sqrt(nonzeros), 1e-15, 0);
                    found++;
                }
                CHECK(found == 1);
            }
        sur_mat_free(&full);
    }
}

static void lengths_are_kept_on_average(void **state)
{
    (void)state;
    /* |S' x|^2 of a unit vector x has mean 1 and variance at most 2/d, whichever the
     * kind; the mean over K seeds is within 4 standard errors of 1 */
    enum { K = 400, D = 200, d = 50 };
    for (int kind = 0; kind < 2; kind++) {
        sur_mat x = random_mat(1, D, 4), z;
        const double length = sur_norm2(x.data, D);
        double mean = 0.0;
        CHECK_OK(sur_mat_new(&z, 1, d, NULL));
        for (uint64_t seed = 0; seed < K; seed++) {
            const sur_sketch s = {
                .kind = kinds[kind], .rows = D, .cols = d, .seed = seed};
            sur_mat_fill(&z, 0.0);
            CHECK_OK(sur_sketch_columns(&z, &s, &x, 0, NULL));
            const double norm = sur_norm2(z.data, d) / length;
            mean += norm * norm / K;
        }
        CHECK_NEAR(mean, 1.0, 4.0 * sqrt(2.0 / d / K), 0.0);
        sur_mat_free(&x);
        sur_mat_free(&z);
    }
}

static void orthonormal_rows_keep_the_condition_of_random_matrices(void **state)
{
    (void)state;
    /* rows e_0 .. e_39 of D = 4000; cond(Z Z') ~ ((sqrt d + sqrt N)/(sqrt d - sqrt
     * N))^2 within 10 % for d >= 3.5 N; median of 5 seeds, with 20 % */
    enum { N = 40, d = 200 };
    const double want = pow((sqrt(d) + sqrt(N)) / (sqrt(d) - sqrt(N)), 2.0);
    for (int kind = 0; kind < 2; kind++) {
        double found[5];
        for (uint64_t seed = 0; seed < 5; seed++) {
            const sur_sketch s = {
                .kind = kinds[kind], .rows = 4000, .cols = d, .seed = seed};
            sur_mat x = random_mat(N, 4000, seed), z;
            double values[N];
            sur_mat u, v;
            CHECK_OK(sur_mat_new(&u, N, N, NULL));
            CHECK_OK(sur_mat_new(&v, 4000, N, NULL));
            CHECK_OK(sur_svd(values, &u, &v, &x, NULL));
            for (sur_idx i = 0; i < N; i++) /* the row space, orthonormal */
                for (sur_idx j = 0; j < 4000; j++)
                    sur_mat_row(&x, i)[j] = sur_mat_row(&v, j)[i];
            CHECK_OK(sur_mat_new(&z, N, d, NULL));
            CHECK_OK(sur_sketch_columns(&z, &s, &x, 0, NULL));
            CHECK_OK(sur_svd(values, NULL, NULL, &z, NULL));
            found[seed] = pow(values[0] / values[N - 1], 2.0);
            sur_mat_free(&x);
            sur_mat_free(&z);
            sur_mat_free(&u);
            sur_mat_free(&v);
        }
        for (int a = 0; a < 5; a++) /* sorted */
            for (int b = a + 1; b < 5; b++)
                if (found[b] < found[a]) {
                    const double moved = found[a];
                    found[a] = found[b];
                    found[b] = moved;
                }
        CHECK_NEAR(found[2], want, 0.0, 0.2);
    }
}

static sur_status use_both(const sur_sketch *s)
{
    double data[6] = {1, 2, 3, 4, 5, 6}, v[3] = {1, 2, 3}, w[6] = {0}, to[3] = {0};
    sur_mat x = {data, 1, 6, 6}, z = {to, 1, 3, 3};
    const sur_status status = sur_sketch_columns(&z, s, &x, 0, NULL);
    return status == SUR_OK ? sur_sketch_expand(w, s, 1.0, v, 0, 6, NULL) : status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const sur_sketch s = {.kind = SUR_SKETCH_GAUSSIAN, .rows = 6, .cols = 3};
    CHECK_EVERY_ALLOCATION(use_both(&s), 2, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_use_one_matrix),
        cmocka_unit_test(rows_and_columns_may_be_cut_anywhere),
        cmocka_unit_test(a_sparse_row_has_s_signs_in_s_shares_of_the_columns),
        cmocka_unit_test(lengths_are_kept_on_average),
        cmocka_unit_test(orthonormal_rows_keep_the_condition_of_random_matrices),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
