/* bench_conv.c -- steps of training of resnet18: images of 3 x 32 x 32, batches of 128.
 *
 * Columns: network, threads, images per second (of the best step), Gflop/s of its
 * convolutions alone, the share of that in the machine's peak (see peak.h), and the
 * share of the step that convolutions take when they are run by themselves.
 * bench/peers/conv.py prints images per second of PyTorch. Usage: bench_conv [--quick]
 * [--cpu] [--bfloat16] [WIDTH ...]; --cpu takes the time of the processor on one
 * thread,
 * --bfloat16 multiplies in bfloat16. */
#include <surplus/random.h>
#include <surplus/train.h>

#include "base/clock.h"
#include "model/conv_pass.h"
#include "peak.h"
#include "train/trainer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXAMPLES = 256, BATCH = 128, SIDE = 32 };

static bool by_cpu, bfloat16;
static double now(void)
{
    return by_cpu ? (double)clock() / CLOCKS_PER_SEC : sur_clock();
}

static void must(sur_status status)
{
    if (status == SUR_OK) return;
    fprintf(stderr, "bench_conv: %s\n", sur_status_text(status));
    exit(1);
}

/* Seconds of all convolutions of one step, one after the other on one thread. */
static double convolutions(const sur_trainer *t)
{
    sur_conv_pass *p = (sur_conv_pass *)t->pass;
    const int before = sur_conv_alone();
    bool good = true;
    const double since = now();
    for (int i = 0; i < p->plan.ops; i++) {
        const sur_conv_layer *l = &p->layer[i];
        for (int c = 0; l->conv && c < p->used; c++) {
            float *x = sur_chunk_at(p, c, l->in), *y = sur_chunk_at(p, c, l->out);
            void *scratch = sur_chunk_at(p, c, p->scratch);
            good &= sur_conv_forward(l->conv, c, y, x, scratch);
            good &= sur_conv_back_weights(l->conv, c, sur_chunk_at(p, c, l->dw), y, x,
                                          scratch);
            if (p->plan.op[i].in > 0)
                good &= sur_conv_back_data(l->conv, c, x, y, scratch);
        }
    }
    sur_conv_alone_end(before);
    if (!good) must(SUR_EBACKEND);
    return now() - since;
}

/* Flops of the convolutions of one image, forward and backward. */
static double flops(const sur_trainer *t)
{
    const sur_conv_pass *p = (const sur_conv_pass *)t->pass;
    double sum = 0.0;
    for (int i = 0; i < p->plan.ops; i++) {
        const sur_conv_op *op = &p->plan.op[i];
        const sur_conv_map *out = &p->plan.map[op->out];
        if (op->kind != SUR_CONVOLVE) continue;
        sum += (op->in > 0 ? 6.0 : 4.0) * (double)(out->height * out->width) *
               (double)sur_tensor_count(&p->plan.tensor[op->first]);
    }
    return sum;
}

static void run(sur_idx width, const sur_inputs *inputs, const int32_t *label,
                int threads, int steps, double top)
{
    const sur_job job = {.network = {.family = SUR_RESNET18,
                                     .inputs = inputs->cols,
                                     .outputs = 10,
                                     .width = width,
                                     .image = {3, SIDE, SIDE},
                                     .compute = bfloat16 ? SUR_BFLOAT16 : SUR_FLOAT32},
                         .options = {.init = SUR_INIT_UNIFORM,
                                     .init_scale = 1.0,
                                     .optimizer = SUR_SGD,
                                     .momentum = 0.9,
                                     .batch = BATCH,
                                     .learning_rate = 0.02},
                         .inputs = inputs,
                         .count = EXAMPLES,
                         .goal = {.loss = SUR_LOSS_CROSS_ENTROPY, .label = label},
                         .steps = 1000000};
    sur_trainer *t;
    double best = 1e300, alone = 1e300;
    must(sur_trainer_new(&t, &job, NULL));
    sur_trainer_threads(t, threads);
    must(sur_trainer_run(t, 1, NULL));
    for (int s = 0; s < steps; s++) {
        const double since = now();
        must(sur_trainer_run(t, sur_trainer_step(t) + 1, NULL));
        const double spent = now() - since;
        best = spent < best ? spent : best;
    }
    for (int s = 0; s < steps; s++) {
        const double spent = convolutions(t) / threads;
        alone = spent < alone ? spent : alone;
    }
    const double rate = flops(t) * BATCH / best / 1e9;
    printf("resnet18-%lld\t%d\t%.0f\t%.1f\t%.2f\t%.2f\n", (long long)width, threads,
           BATCH / best, rate, rate / (top * threads), alone / best);
    fflush(stdout);
    sur_trainer_free(t);
}

int main(int argc, char **argv)
{
    bool quick = false;
    sur_idx widths[16] = {4, 8, 16, 64}, given = 0;
    sur_mat x;
    sur_inputs inputs;
    int32_t label[EXAMPLES];
    sur_rng rng = sur_rng_make(1, "bench", 0);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) quick = true;
        if (strcmp(argv[i], "--cpu") == 0) by_cpu = true;
        if (strcmp(argv[i], "--bfloat16") == 0) bfloat16 = true;
        if (argv[i][0] != '-' && given < 16) widths[given++] = atoi(argv[i]);
    }
    must(sur_mat_new(&x, EXAMPLES, 3 * SIDE * SIDE, NULL));
    sur_rng_normals(&rng, x.data, EXAMPLES * x.cols, 1.0);
    must(sur_inputs_new(&inputs, &x, NULL));
    for (int i = 0; i < EXAMPLES; i++) label[i] = (int32_t)sur_rng_below(&rng, 10);
    const double top = peak(now, quick ? 1e-4 : 0.05);
    fprintf(stderr, "%s; kernels %s; %.0f Gflop/s on one thread\n", sur_build(),
            sur_kernels_at(0)->name, top);
    printf(
        "network\tthreads\timages_per_second\tgflops\tpeak_share\tconvolution_share\n");
    for (int i = 0; i < (given ? given : quick ? 1 : 4); i++)
        for (int threads = 1; threads <= (by_cpu || quick ? 1 : 2); threads++)
            run(quick ? 1 : widths[i], &inputs, label, threads,
                quick            ? 1
                : widths[i] > 32 ? 4
                                 : 30,
                top);
    sur_mat_free(&x);
    sur_inputs_free(&inputs);
    return 0;
}
