/* bench_sensing.c -- gradients of dense matrix sensing, n = 200, m = 10,000.
 *
 *   read        bandwidth of reading the matrices once (a sum over them)
 *   f32, bf16   one gradient, matrices stored in 4 and in 2 bytes
 *   exact       the same with every sum in double (f32 storage)
 *   f32x16      16 gradients on the same measurements together, per gradient
 *   generated   one gradient with the matrices made again from the seed
 *   prec        descent from a small start to relative error 1e-6, condition 3
 *   paper       plain descent of the paper's setting: condition 1, alpha = 1/(70 n^2);
 *               then with phase I jumped over, and by prec from the same alpha
 * One line for each: case, median seconds, threads, GB/s of matrices read (or, for the
 * recoveries, iterations). Usage: bench_sensing [--quick] [--threads N].
 * bench/peers/sensing.py is the same for NumPy and PyTorch. */
#include <surplus/random.h>
#include <surplus/recover.h>

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS = 7, TOGETHER = 16, WIDTH = 50 };

typedef struct setting {
    sur_idx n, m;
} setting;

static void stop_on(sur_status status, const sur_error *err)
{
    if (status == SUR_OK) return;
    fprintf(stderr, "bench_sensing: %s\n", err->message);
    exit(1);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void row(const char *name, double *seconds, int repeats, double other)
{
    qsort(seconds, (size_t)repeats, sizeof *seconds, ascending);
    printf("%s\t%.5g\t%d\t%.4g\n", name, seconds[repeats / 2], sur_threads_get(),
           other);
    fflush(stdout);
}

static void *need(size_t bytes)
{
    void *p = calloc(1, bytes);
    if (p) return p;
    fprintf(stderr, "bench_sensing: out of memory\n");
    exit(1);
}

static void bandwidth(const setting *s)
{
    const sur_idx count = s->m * s->n * (s->n + 1) / 2;
    float *x = need((size_t)count * sizeof *x);
    double seconds[REPEATS], total = 0.0;
    for (sur_idx i = 0; i < count; i++) x[i] = 1.0f; /* pages are there */
    for (int k = 0; k < REPEATS; k++) {
        const double begun = sur_clock();
        double sum = 0.0;
#ifdef _OPENMP
#pragma omp parallel for reduction(+ : sum) num_threads(sur_threads_get())
#endif
        for (sur_idx block = 0; block < count / 4096; block++) {
            float lane[64] = {0};
            for (sur_idx j = 0; j < 4096; j += 64)
                for (int l = 0; l < 64; l++) lane[l] += x[block * 4096 + j + l];
            for (int l = 0; l < 64; l++) sum += (double)lane[l];
        }
        seconds[k] = sur_clock() - begun;
        total += sum;
    }
    if (!(total > 0.0)) exit(1);
    qsort(seconds, REPEATS, sizeof *seconds, ascending);
    row("read", seconds, REPEATS, 4e-9 * (double)count / seconds[REPEATS / 2]);
    free(x);
}

static void gradients(const char *name, const setting *s, sur_storage storage,
                      bool exact, int together)
{
    const int repeats = storage == SUR_STORE_NONE ? 3 : REPEATS;
    sur_operator op;
    sur_error err;
    sur_mat u[TOGETHER], out[TOGETHER];
    sur_pass passes[TOGETHER];
    double *y = need((size_t)s->m * sizeof *y), seconds[REPEATS + 1];
    double *residual = need((size_t)(s->m * TOGETHER) * sizeof *residual);
    stop_on(sur_operator_gaussian(&op, s->n, 0, s->m, 1, storage, &err), &err);
    for (int k = 0; k < together; k++) {
        sur_rng rng = sur_rng_make(1, "bench", (uint64_t)k);
        stop_on(sur_mat_new(&u[k], s->n, WIDTH, &err), &err);
        stop_on(sur_mat_new(&out[k], s->n, WIDTH, &err), &err);
        sur_rng_normals(&rng, u[k].data, s->n * WIDTH, 0.1);
        passes[k] = (sur_pass){.left = &u[k],
                               .right = &u[k],
                               .y = y,
                               .residual = residual + k * s->m,
                               .left_out = &out[k],
                               .exact = exact};
    }
    for (int k = 0; k <= repeats; k++) { /* the first is for warming up */
        const double begun = sur_clock();
        stop_on(sur_operator_pass(&op, passes, together, &err), &err);
        seconds[k] = (sur_clock() - begun) / together;
    }
    const double bytes = (double)s->m * (double)(s->n * (s->n + 1) / 2) *
                         (storage == SUR_STORE_F32    ? 4.0
                          : storage == SUR_STORE_BF16 ? 2.0
                                                      : 0.0);
    qsort(seconds + 1, (size_t)repeats, sizeof *seconds, ascending);
    row(name, seconds + 1, repeats, 1e-9 * bytes / seconds[1 + repeats / 2] / together);
    for (int k = 0; k < together; k++) {
        sur_mat_free(&u[k]);
        sur_mat_free(&out[k]);
    }
    sur_operator_free(&op);
    free(y);
    free(residual);
}

/* Stops at relative error 1e-6 of U U' against the planted M. */
typedef struct goal {
    sur_mat truth, gap;
    int64_t reached;
} goal;

static sur_status watch(void *payload, const sur_recover_view *view, bool *go_on,
                        sur_error *err)
{
    goal *g = payload;
    (void)err;
    sur_mat_copy(&g->gap, &g->truth);
    sur_mat_multiply(&g->gap, 1.0, view->left, SUR_PLAIN, view->left, SUR_TRANSPOSED,
                     -1.0);
    g->reached = view->iteration;
    *go_on = sur_mat_norm(&g->gap) > 1e-6 * sur_mat_norm(&g->truth);
    return SUR_OK;
}

static void recover_to(const char *name, const setting *s, double condition,
                       sur_recover_options o)
{
    enum { RANK = 5 };
    sur_operator op;
    sur_recover_result result;
    sur_error err;
    sur_mat x, g, q;
    double values[RANK], seconds, *y = need((size_t)s->m * sizeof *y);
    goal target = {0};
    sur_rng rng = sur_rng_make(3, "bench planted", 0);

    stop_on(sur_mat_new(&g, s->n, RANK, &err), &err);
    stop_on(sur_mat_new(&q, s->n, RANK, &err), &err);
    stop_on(sur_mat_new(&x, s->n, RANK, &err), &err);
    sur_rng_normals(&rng, g.data, s->n * RANK, 1.0);
    stop_on(sur_svd(values, &q, NULL, &g, &err), &err);
    for (sur_idx i = 0; i < s->n; i++)
        for (int k = 0; k < RANK; k++)
            x.data[i * RANK + k] =
                q.data[i * RANK + k] * pow(condition, -(double)k / (RANK - 1));
    stop_on(sur_mat_new(&target.truth, s->n, s->n, &err), &err);
    stop_on(sur_mat_new(&target.gap, s->n, s->n, &err), &err);
    sur_mat_multiply(&target.truth, 1.0, &x, SUR_PLAIN, &x, SUR_TRANSPOSED, 0.0);
    stop_on(sur_operator_gaussian(&op, s->n, 0, s->m, 1, SUR_STORE_F32, &err), &err);
    stop_on(op.forward(op.payload, y, &target.truth, &err), &err);
    o.observe = watch;
    o.payload = &target;
    const double begun = sur_clock();
    stop_on(sur_recover_many(&result, &op, y, &o, 1, &err), &err);
    seconds = sur_clock() - begun;
    row(name, &seconds, 1, (double)target.reached);
    sur_recover_free(&result);
    sur_operator_free(&op);
    sur_mat_free(&x);
    sur_mat_free(&g);
    sur_mat_free(&q);
    sur_mat_free(&target.truth);
    sur_mat_free(&target.gap);
    free(y);
}

int main(int argc, char **argv)
{
    setting s = {200, 10000};
    bool quick = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) quick = true;
        if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            sur_threads_set(atoi(argv[++i]));
    }
    if (quick) s = (setting){20, 300};
    printf("case\tseconds\tthreads\tGB_per_s_or_iterations\n");
    bandwidth(&s);
    gradients("f32", &s, SUR_STORE_F32, false, 1);
    gradients("exact", &s, SUR_STORE_F32, true, 1);
    gradients("bf16", &s, SUR_STORE_BF16, false, 1);
    gradients("f32x16", &s, SUR_STORE_F32, false, TOGETHER);
    gradients("generated", &s, SUR_STORE_NONE, false, 1);

    sur_recover_options o = sur_recover_defaults();
    o.holdout = 0.0;
    o.tolerance = 0.0;
    o.iterations = quick ? 50 : 4000;
    o.rank = quick ? 10 : WIDTH;
    recover_to("prec", &s, 3.0, o);
    o.method = SUR_RECOVER_GD;
    o.init_scale = 1.0 / (70.0 * (double)(s.n * s.n));
    o.init_absolute = true;
    o.step = 0.25;
    o.rank = s.n;
    recover_to("paper", &s, 1.0, o);
    o.start = SUR_START_JUMP;
    recover_to("paper, jump", &s, 1.0, o);
    o.method = SUR_RECOVER_PREC;
    o.step = (double)NAN;
    o.rank = quick ? 10 : WIDTH;
    recover_to("paper, prec, jump", &s, 1.0, o);
    return 0;
}
