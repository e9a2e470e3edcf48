/* bench_recover.c -- completion of matrices.
 *
 *   ratings    100,000 entries of a noisy 943 x 1682 matrix of rank 5 that
 *              bench/peers/recover.py makes too; the time to the last iterate whose
 *              hold-out error is a thousandth better
 *   large      10,000,000 entries of a 20,000 x 20,000 matrix, rank 10, and the peak
 *              memory of this process
 * One line for each: case, seconds, threads, relative hold-out error or error of unseen
 * entries, MB. Usage: bench_recover [--quick] [--threads N]. */
#include <surplus/random.h>
#include <surplus/recover.h>

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

typedef struct problem {
    sur_idx n1, n2, m, rank;
    double noise;
    double *v, *w; /* n1 x rank, n2 x rank: entries have variance 1 */
    int32_t *row, *col;
    double *y;
} problem;

static void stop_on(sur_status status, const sur_error *err)
{
    if (status == SUR_OK) return;
    fprintf(stderr, "bench_recover: %s\n", err->message);
    exit(1);
}

static void *need(sur_idx count, size_t each)
{
    void *p = calloc((size_t)count, each);
    if (p) return p;
    fprintf(stderr, "bench_recover: out of memory\n");
    exit(1);
}

static double truth(const problem *p, sur_idx i, sur_idx j)
{
    double sum = 0.0;
    for (sur_idx k = 0; k < p->rank; k++)
        sum += p->v[i * p->rank + k] * p->w[j * p->rank + k];
    return sum;
}

static sur_idx divisor(sur_idx a, sur_idx b) { return b ? divisor(b, a % b) : a; }

/* Row i has its share of the entries, in columns that step through all of them by a
 * stride of its own that has no divisor with their number: no two are the same. */
static void make(problem *p)
{
    sur_rng rng = sur_rng_make(1, "bench recover", 0);
    p->v = need(p->n1 * p->rank, sizeof *p->v);
    p->w = need(p->n2 * p->rank, sizeof *p->w);
    p->row = need(p->m, sizeof *p->row);
    p->col = need(p->m, sizeof *p->col);
    p->y = need(p->m, sizeof *p->y);
    const double deviation = pow((double)p->rank, -0.25);
    sur_rng_normals(&rng, p->v, p->n1 * p->rank, deviation);
    sur_rng_normals(&rng, p->w, p->n2 * p->rank, deviation);
    sur_idx *order = need(p->n2, sizeof *order);
    sur_rng_permutation(&rng, order, p->n2);
    for (sur_idx i = 0, q = 0; i < p->n1; i++) {
        const sur_idx end = p->m * (i + 1) / p->n1, from = sur_rng_below(&rng, p->n2);
        sur_idx stride;
        do stride = 1 + sur_rng_below(&rng, p->n2 - 1);
        while (divisor(stride, p->n2) > 1);
        for (sur_idx k = 0; q < end; q++, k++) {
            p->row[q] = (int32_t)i;
            p->col[q] = (int32_t)order[(from + k * stride) % p->n2];
            p->y[q] = truth(p, i, p->col[q]) + p->noise * sur_rng_normal(&rng);
        }
    }
    free(order);
}

/* When the hold-out error last fell by a thousandth: what peers/recover.py times. */
typedef struct progress {
    double begun, best, seconds;
} progress;

static sur_status watch(void *payload, const sur_recover_view *view, bool *go_on,
                        sur_error *err)
{
    progress *p = payload;
    (void)err, (void)go_on;
    if (!(view->holdout < p->best * (1.0 - 1e-3))) return SUR_OK;
    p->best = view->holdout;
    p->seconds = sur_clock() - p->begun;
    return SUR_OK;
}

/* Alternating least squares, from nine entries of ten, with the peer's ridge. */
static void run_als(const char *name, problem *p, sur_idx width)
{
    enum { SWEEPS = 10 };
    sur_recover_result result;
    sur_error err;
    make(p);
    sur_rng rng = sur_rng_make(3, "bench recover", 0);
    sur_idx *order = need(p->m, sizeof *order), kept = p->m - p->m / 10;
    int32_t *row = need(p->m, sizeof *row), *col = need(p->m, sizeof *col);
    double *y = need(p->m, sizeof *y), gap = 0.0, whole = 0.0;
    sur_rng_permutation(&rng, order, p->m);
    for (sur_idx q = 0; q < p->m; q++) {
        row[q] = p->row[order[q]];
        col[q] = p->col[order[q]];
        y[q] = p->y[order[q]];
    }
    const double begun = sur_clock();
    stop_on(sur_recover_als(&result, row, col, y, kept, p->n1, p->n2, width, 0.1,
                            SWEEPS, 1, &err),
            &err);
    const double seconds = sur_clock() - begun;
    for (sur_idx q = kept; q < p->m; q++) {
        double e = y[q];
        for (sur_idx c = 0; c < width; c++)
            e -= sur_mat_row(&result.left, row[q])[c] *
                 sur_mat_row(&result.right, col[q])[c];
        gap += e * e;
        whole += y[q] * y[q];
    }
    printf("%s\t%.4g\t%d\t%.4g\t\t%d\t\n", name, seconds, 1, sqrt(gap / whole), SWEEPS);
    fflush(stdout);
    sur_recover_free(&result);
    free(order);
    free(row);
    free(col);
    free(y);
    free(p->v);
    free(p->w);
    free(p->row);
    free(p->col);
    free(p->y);
}

static void run(const char *name, problem *p, sur_idx width, sur_recover_method method)
{
    sur_operator op;
    sur_recover_result result;
    sur_recover_options o = sur_recover_defaults();
    sur_error err;
    struct rusage usage;
    make(p);
    o.rank = width;
    o.method = method;
    o.init_scale = 1e-2;
    o.tolerance = 1e-3;
    o.iterations = 500;
    progress at = {.begun = sur_clock(), .best = HUGE_VAL};
    o.observe = watch;
    o.payload = &at;
    stop_on(sur_operator_entries(&op, p->row, p->col, p->m, p->n1, p->n2, false, &err),
            &err);
    stop_on(sur_recover_many(&result, &op, p->y, &o, 1, &err), &err);
    double gap = 0.0, whole = 0.0;
    sur_rng rng = sur_rng_make(2, "bench recover", 0);
    for (int k = 0; k < 100000; k++) {
        const sur_idx i = sur_rng_below(&rng, p->n1), j = sur_rng_below(&rng, p->n2);
        double e = truth(p, i, j);
        whole += e * e;
        for (sur_idx c = 0; c < result.left.cols; c++)
            e -= sur_mat_row(&result.left, i)[c] * sur_mat_row(&result.right, j)[c];
        gap += e * e;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%s\t%.4g\t%d\t%.4g\t%.4g\t%lld\t%.0f\n", name, at.seconds,
           sur_threads_get(), result.holdout, sqrt(gap / whole),
           (long long)result.passes, (double)usage.ru_maxrss / 1024.0);
    fflush(stdout);
    sur_recover_free(&result);
    sur_operator_free(&op);
    free(p->v);
    free(p->w);
    free(p->row);
    free(p->col);
    free(p->y);
}

int main(int argc, char **argv)
{
    bool quick = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) quick = true;
        if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            sur_threads_set(atoi(argv[++i]));
    }
    problem ratings = {.n1 = 943, .n2 = 1682, .m = 100000, .rank = 5, .noise = 0.5},
            large = {.n1 = 20000, .n2 = 20000, .m = 10000000, .rank = 10};
    if (quick) {
        ratings = (problem){.n1 = 60, .n2 = 50, .m = 1500, .rank = 2, .noise = 0.1};
        large = (problem){.n1 = 200, .n2 = 150, .m = 9000, .rank = 2};
    }
    printf("case\tseconds\tthreads\tholdout\tunseen\tpasses\tpeak_MB\n");
    problem again = ratings, third = ratings;
    run("ratings, prec", &ratings, 10, SUR_RECOVER_PREC);
    run("ratings, gd", &again, 10, SUR_RECOVER_GD);
    run_als("ratings, als", &third, quick ? 3 : 10);
    run("large, prec", &large, 10, SUR_RECOVER_PREC);
    return 0;
}
