/* bench_mlp.c -- steps of training: one network, and 64 networks at once.
 *
 * Columns: case, threads, networks, microseconds per step of one network, Gflop/s, and
 * the share of the machine's peak: as many times the threads as one thread does where
 * nothing but tiles are in its way. bench/peers/mlp.py prints the same cases for
 * PyTorch. Usage: bench_mlp [--quick] [--cpu] [CASE]; --cpu takes the time of the
 * processor on one thread, CASE one line of the table alone. */
#include <surplus/random.h>
#include <surplus/train.h>

#include "base/clock.h"
#include "model/kernels.h"
#include "peak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXAMPLES = 4096, REPEATS = 5 };

typedef struct point {
    const char *name;
    sur_idx inputs, width, depth, outputs, batch;
    sur_optimizer optimizer;
    sur_idx networks;
} point;

static const point points[] = {
    {"30-16-2", 30, 16, 1, 2, 64, SUR_SGD, 1},
    {"30-64-2", 30, 64, 1, 2, 64, SUR_SGD, 1},
    {"30-1024-1024-2", 30, 1024, 2, 2, 128, SUR_ADAM, 1},
    {"784-1024-10", 784, 1024, 1, 10, 128, SUR_SGD, 1},
    {"30-4096-2", 30, 4096, 1, 2, 128, SUR_SGD, 1},
    {"784-4096-10", 784, 4096, 1, 10, 512, SUR_SGD, 1},
    {"30-16-2", 30, 16, 1, 2, 64, SUR_SGD, 64},
    {"30-64-2", 30, 64, 1, 2, 64, SUR_SGD, 64},
    {"784-64-10", 784, 64, 1, 10, 64, SUR_SGD, 64},
    {"30-256-256-2", 30, 256, 2, 2, 128, SUR_ADAM, 64},
    {"600-64-100", 600, 64, 1, 100, 64, SUR_ADAM, 1},  /* shadow models of LiRA: */
    {"600-64-100", 600, 64, 1, 100, 64, SUR_ADAM, 64}, /* one by one, at once */
};

/* Wall clock, or the processor's time of all threads (--cpu), which other users of the
 * machine disturb less. */
static bool by_cpu;
static double now(void)
{
    return by_cpu ? (double)clock() / CLOCKS_PER_SEC : sur_clock();
}

static void must(sur_status status)
{
    if (status == SUR_OK) return;
    fprintf(stderr, "bench_mlp: %s\n", sur_status_text(status));
    exit(1);
}

static sur_status ignore(void *payload, const sur_moment *moment, sur_error *err)
{
    (void)payload, (void)err;
    return moment->status;
}

/* Seconds of `steps` steps of all networks, their making included. */
static double spend(const sur_job *model, sur_idx networks, int threads, sur_idx steps)
{
    sur_job *jobs = calloc((size_t)networks, sizeof *jobs);
    const sur_idx **stops = calloc((size_t)networks, sizeof *stops);
    sur_idx *counts = calloc((size_t)networks, sizeof *counts);
    for (sur_idx j = 0; j < networks; j++) {
        jobs[j] = *model;
        jobs[j].seed = (uint64_t)j;
        jobs[j].steps = steps;
        stops[j] = &jobs[j].steps;
        counts[j] = 1;
    }
    const double since = now();
    must(sur_train_many(jobs, stops, counts, networks, threads, ignore, NULL, NULL,
                        NULL));
    const double spent = now() - since;
    free(jobs);
    free(stops);
    free(counts);
    return spent;
}

/* Seconds per step of one network, without its making: the best of a few differences
 * between a long training and one of a single step. */
static double measure(const point *p, const sur_inputs *inputs, const int32_t *label,
                      int threads, double seconds)
{
    const sur_job job = {
        .network =
            {SUR_MLP, p->inputs, p->outputs, p->depth, p->width, SUR_UNIT_RELU, {0}, 0},
        .options = {.init = SUR_INIT_UNIFORM,
                    .init_scale = 1.0,
                    .optimizer = p->optimizer,
                    .batch = p->batch,
                    .learning_rate = p->optimizer == SUR_SGD ? 0.02 : 0.001},
        .inputs = inputs,
        .count = EXAMPLES,
        .goal = {.loss = SUR_LOSS_CROSS_ENTROPY, .label = label}};
    sur_idx steps = 2;
    double none = 1e300, all = 1e300;
    for (;;) { /* until a training is long enough */
        none = spend(&job, p->networks, threads, 1);
        all = spend(&job, p->networks, threads, 1 + steps);
        if (all - none >= seconds || steps > 1e6) break;
        steps *= all - none < seconds / 4 ? 4 : 2;
    }
    for (int r = 1; r < REPEATS; r++) {
        const double a = spend(&job, p->networks, threads, 1),
                     b = spend(&job, p->networks, threads, 1 + steps);
        none = a < none ? a : none;
        all = b < all ? b : all;
    }
    return (all - none) / (double)(steps * p->networks);
}

static double flops(const point *p)
{
    double sum = 0.0;
    for (sur_idx l = 0; l <= p->depth; l++) {
        const double in = (double)(l == 0 ? p->inputs : p->width);
        const double out = (double)(l == p->depth ? p->outputs : p->width);
        sum += (l == 0 ? 4.0 : 6.0) * in * out; /* no way back to the inputs */
    }
    return sum * (double)p->batch;
}

static void run(const point *p, double seconds, double top)
{
    sur_mat x;
    sur_inputs inputs;
    int32_t label[EXAMPLES];
    sur_rng rng = sur_rng_make(1, "bench", 0);
    must(sur_mat_new(&x, EXAMPLES, p->inputs, NULL));
    sur_rng_normals(&rng, x.data, EXAMPLES * p->inputs, 1.0);
    must(sur_inputs_new(&inputs, &x, NULL));
    for (sur_idx i = 0; i < EXAMPLES; i++)
        label[i] = (int32_t)sur_rng_below(&rng, p->outputs);
    for (int threads = 1; threads <= (by_cpu ? 1 : 2); threads++) {
        const double best = measure(p, &inputs, label, threads, seconds);
        const double rate = flops(p) / best / 1e9;
        printf("%s\t%s\t%d\t%lld\t%.2f\t%.1f\t%.2f\n", p->name,
               sur_optimizer_choices[p->optimizer], threads, (long long)p->networks,
               best * 1e6, rate, rate / (top * threads));
        fflush(stdout);
    }
    sur_mat_free(&x);
    sur_inputs_free(&inputs);
}

int main(int argc, char **argv)
{
    bool quick = false;
    int only = -1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) quick = true;
        if (strcmp(argv[i], "--cpu") == 0) by_cpu = true;
        if (argv[i][0] != '-') only = atoi(argv[i]);
    }
    const double seconds = quick ? 1e-4 : 0.3, top = peak(now, quick ? 1e-4 : 0.05);
    fprintf(stderr, "%s; kernels %s; %.0f Gflop/s on one thread\n", sur_build(),
            sur_kernels_at(0)->name, top);
    printf("network\toptimizer\tthreads\tnetworks\tmicroseconds\tgflops\tpeak_share\n");
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        if ((!quick || points[i].width <= 64) && (only < 0 || only == (int)i))
            run(&points[i], seconds, top);
    return 0;
}
