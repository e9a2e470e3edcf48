/* 02_recover.c -- your own measurements: a symmetric matrix seen through projections.
 *
 * Two functions say what is measured: forward (the numbers a matrix gives) and adjoint.
 * The library checks that they belong together, then finds the matrix without being
 * told its rank. */
#include <surplus/random.h>
#include <surplus/recover.h>

#include <stdio.h>
#include <stdlib.h>

enum { N = 20, M = 260 };

typedef struct probes { /* y_i = b_i' X c_i + c_i' X b_i */
    double b[M][N], c[M][N];
} probes;

static sur_status forward(void *payload, double *y, const sur_mat *x, sur_error *err)
{
    const probes *p = payload;
    (void)err;
    for (int i = 0; i < M; i++) {
        y[i] = 0.0;
        for (int r = 0; r < N; r++)
            for (int s = 0; s < N; s++)
                y[i] += sur_mat_row(x, r)[s] *
                        (p->b[i][r] * p->c[i][s] + p->c[i][r] * p->b[i][s]);
    }
    return SUR_OK;
}

static sur_status adjoint(void *payload, sur_mat *x, const double *z, sur_error *err)
{
    const probes *p = payload;
    (void)err;
    sur_mat_fill(x, 0.0);
    for (int i = 0; i < M; i++)
        for (int r = 0; r < N; r++)
            for (int s = 0; s < N; s++)
                sur_mat_row(x, r)[s] +=
                    z[i] * (p->b[i][r] * p->c[i][s] + p->c[i][r] * p->b[i][s]);
    return SUR_OK;
}

int main(void)
{
    static probes p;
    static double u[N], truth[N * N], y[M];
    sur_recover_options options = sur_recover_defaults();
    sur_recover_result result;
    sur_error err;
    sur_rng rng = sur_rng_make(1, "example", 0);

    sur_rng_normals(&rng, &p.b[0][0], M * N, 1.0);
    sur_rng_normals(&rng, &p.c[0][0], M * N, 1.0);
    sur_rng_normals(&rng, u, N, 1.0);
    for (int i = 0; i < N * N; i++) truth[i] = u[i / N] * u[i % N];
    const sur_mat x = {truth, N, N, N};
    if (forward(&p, y, &x, &err) != SUR_OK) return 1;

    const sur_operator op = {.rows = N,
                             .cols = N,
                             .count = M,
                             .symmetric = true,
                             .forward = forward,
                             .adjoint = adjoint,
                             .payload = &p};
    if (sur_recover_run(&result, &op, y, &options, &err) != SUR_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    sur_mat found = {truth, N, N, N}; /* U U' - u u' */
    sur_mat_multiply(&found, 1.0, &result.left, SUR_PLAIN, &result.left, SUR_TRANSPOSED,
                     -1.0);
    const double error = sur_mat_norm(&found);
    printf("rank %lld found with %lld columns; error %.2g\n",
           (long long)result.rank_found, (long long)result.rank, error);
    const int wrong = result.rank_found != 1 || !(error < 1e-3);
    sur_recover_free(&result);
    return wrong;
}
