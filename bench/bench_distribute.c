/* bench_distribute.c -- what training on nodes costs beside the local products, and in
 * bits.
 *
 *   memory    reading 400 MB once, in GB/s: what a machine can do at most
 *   products  Z_i v and Z_i' r of all nodes once, in GB/s, and the share of `memory`
 *   round     one round of a method on the same rows (all nodes, in this process), in
 *             units of those products, measured in turn with them
 *   bits      of a whole run: over the reference, and 32-bit gradient descent's over it
 *   large     256 nodes, 2560 examples, 100,000 parameters: seconds, peak MB
 * One line each: case, what, number, unit. Times of rounds and products are processor
 * time, the least of several. Usage: bench_distribute [--quick | rounds]. */
#include "experiments/distribute/run.h"

#include "base/clock.h"
#include "base/memory.h"

#include <surplus/experiments.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void stop_on(sur_status status, const sur_error *err)
{
    if (status == SUR_OK) return;
    fprintf(stderr, "bench_distribute: %s\n", err->message);
    exit(1);
}

static bool never(void *payload) { return (void)payload, false; }

static void set(sur_distribute_options *o, const char *words)
{
    char text[400];
    sur_error err;
    stop_on(sur_fields_preset(&sur_distribute_fields, o, &err), &err);
    snprintf(text, sizeof text, "%s", words);
    for (char *name = strtok(text, " "); name; name = strtok(NULL, " "))
        stop_on(
            sur_fields_set(&sur_distribute_fields, o, name, strtok(NULL, " "), &err),
            &err);
    stop_on(sur_distribute.resolve(o, NULL, 0, &err), &err);
}

static void line(const char *name, const char *what, double number, const char *unit)
{
    printf("%s\t%s\t%.4g\t%s\n", name, what, number, unit);
    fflush(stdout);
}

/* ---- beside the products ---- */

static double read_memory(sur_idx count)
{
    double *x = malloc((size_t)count * sizeof *x), best = HUGE_VAL;
    volatile double sink;
    if (!x) exit(1);
    for (sur_idx i = 0; i < count; i++) x[i] = (double)i;
    for (int k = 0; k < 5; k++) {
        double sum[8] = {0};
        const double began = sur_cpu_clock();
        for (sur_idx i = 0; i + 8 <= count; i += 8)
            for (int j = 0; j < 8; j++) sum[j] += x[i + j];
        sink = sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
        best = fmin(best, sur_cpu_clock() - began);
    }
    (void)sink;
    free(x);
    return 8e-9 * (double)count / best;
}

/* All nodes once: Z_i v, then Z_i' r. */
static double time_products(const distribute_task *task, double *v, double *g,
                            double *r)
{
    double spent = 0.0;
    for (sur_idx i = 0; i < task->nodes; i++) {
        sur_mat z, y, model = {v, task->dim, 1, 1}, out = {g, task->dim, 1, 1};
        distribute_linear_rows(task, i, &z, &y);
        sur_mat answers = {r, z.rows, 1, 1};
        const double began = sur_cpu_clock();
        sur_mat_multiply(&answers, 1.0, &z, SUR_PLAIN, &model, SUR_PLAIN, 0.0);
        sur_mat_multiply(&out, 1.0, &z, SUR_TRANSPOSED, &answers, SUR_PLAIN, 0.0);
        spent += sur_cpu_clock() - began;
    }
    return spent;
}

static double time_rounds(const distribute_run *run, sur_idx nodes)
{
    distribute_team team;
    sur_comm_result result;
    sur_error err;
    const sur_comm_options here = {0};
    stop_on(distribute_team_new(&team, run, 0, nodes, &err), &err);
    const double began = sur_cpu_clock();
    stop_on(sur_comm_run(team.agent, run->graph, &here, NULL, &result, &err), &err);
    const double spent = sur_cpu_clock() - began;
    distribute_team_free(&team);
    return spent / (double)result.rounds;
}

/* The same with all D columns, which an uncompressed round needs. */
static double time_full_products(const distribute_run *run, int repeats)
{
    distribute_task task;
    sur_error err;
    double best = HUGE_VAL;
    stop_on(distribute_linear_new(&task, run->data, run->options, 0, &err), &err);
    double *room = calloc((size_t)(2 * task.dim + run->data->n), sizeof *room);
    if (!room) exit(1);
    for (int k = 0; k < repeats; k++)
        best = fmin(best,
                    time_products(&task, room, room + task.dim, room + 2 * task.dim));
    free(room);
    distribute_task_free(&task);
    return best;
}

static void compare(const char *name, const distribute_run *run, int repeats,
                    double memory)
{
    const distribute_task *task = run->task;
    double *room = calloc((size_t)(2 * task->dim + run->data->n), sizeof *room);
    double products = HUGE_VAL, round = HUGE_VAL;
    if (!room) exit(1);
    for (int k = 0; k < repeats; k++) { /* as many of the one as of the other */
        const int64_t times = run->options->max_rounds;
        double spent = 0.0;
        for (int64_t j = 0; j < times; j++)
            spent += time_products(task, room, room + task->dim, room + 2 * task->dim);
        products = fmin(products, spent / (double)times);
        round = fmin(round, time_rounds(run, task->nodes));
    }
    const double bytes = 16.0 * (double)run->data->n * (double)task->dim;
    line(name, "products", 1e-9 * bytes / products, "GB/s");
    line(name, "products", 1e-9 * bytes / products / memory, "of reading memory");
    line(name, "round", round / products, "of the products");
    if (run->task->sketch > 0)
        line(name, "round", round / time_full_products(run, repeats),
             "of the products with all D columns");
    free(room);
}

/* d: length of the sketch, 0: none. */
static void bench_round(const char *name, const char *words, sur_idx d, double memory)
{
    sur_distribute_options o;
    distribute_data data;
    distribute_task task;
    sur_graph graph;
    sur_error err;
    const sur_context context = {.stop = never};
    set(&o, words);
    stop_on(distribute_data_new(&data, &o, &context, &err), &err);
    stop_on(sur_graph_make(&graph, SUR_STAR, o.nodes, 0.0, 1, NULL, &err), &err);
    stop_on(distribute_linear_new(&task, &data, &o, d, &err), &err);
    task.target = 0.0;
    distribute_run run = {.task = &task, .data = &data, .graph = &graph, .options = &o};
    const distribute_choice choice = {o.compress, d};
    distribute_settle(&run, &choice);
    compare(name, &run, 7, memory);
    distribute_task_free(&task);
    distribute_data_free(&data);
    sur_graph_free(&graph);
    sur_fields_free(&sur_distribute_fields, &o);
}

static void bench_rounds(double memory)
{
    static const struct {
        const char *method;
        int samples, width, nodes, sketch, rounds;
    } cases[] = {
        {"none", 256, 200000, 4, 0, 5},       {"none", 800, 40000, 4, 0, 8},
        {"none", 400, 100000, 4, 0, 5},       {"none", 40, 40000, 5, 0, 20},
        {"sketch", 1024, 20000, 4, 2681, 20}, {"sketch", 40, 40000, 5, 105, 80},
        {"sketch", 400, 100000, 4, 1048, 20}, {"sketch", 2560, 20000, 32, 6703, 10}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char words[200], name[80];
        snprintf(words, sizeof words,
                 "data synthetic:linear samples %d width %d nodes %d compress %s "
                 "max_rounds %d",
                 cases[k].samples, cases[k].width, cases[k].nodes, cases[k].method,
                 cases[k].rounds);
        snprintf(name, sizeof name, "%s, N = %d, D = %d, M = %d", cases[k].method,
                 cases[k].samples, cases[k].width, cases[k].nodes);
        bench_round(name, words, cases[k].sketch, memory);
    }
}

/* ---- whole runs ---- */

static double over, saved;

static sur_status take(void *payload, sur_idx index, const sur_outcome *outcome,
                       sur_error *err)
{
    (void)payload, (void)index, (void)err;
    double bits = nan(""), plain = nan("");
    over = nan("");
    for (sur_idx i = 0; i < outcome->count; i++) {
        const sur_measurement *m = &outcome->measurements[i];
        if (strcmp(m->metric, "bits_over_reference") == 0) over = m->value;
        if (strcmp(m->metric, "total_bits") == 0) bits = m->value;
        if (strcmp(m->metric, "gd_bits") == 0) plain = m->value;
    }
    saved = plain / bits;
    return SUR_OK;
}

static sur_status keep(void *payload, sur_idx index, const sur_artifact *artifact,
                       sur_error *err)
{
    (void)payload, (void)index, (void)artifact, (void)err;
    return SUR_OK;
}

static double run_trial(const char *words)
{
    sur_distribute_options o;
    sur_error err;
    const sur_context context = {
        .emit = take, .keep = keep, .stop = never, .threads = 1};
    set(&o, words);
    const void *trials[1] = {&o};
    const double began = sur_clock();
    stop_on(sur_distribute.run(trials, 1, &context, &err), &err);
    const double spent = sur_clock() - began;
    sur_fields_free(&sur_distribute_fields, &o);
    return spent;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench_bits(const char *method, int width, int seeds)
{
    double all[9], least = HUGE_VAL;
    char name[64];
    for (int seed = 1; seed <= seeds; seed++) {
        char words[300];
        snprintf(words, sizeof words,
                 "data synthetic:linear samples 40 width %d nodes 5 condition 10 "
                 "tolerance 1e-8 compress %s seed %d",
                 width, method, seed);
        run_trial(words);
        all[seed - 1] = over;
        least = fmin(least, saved);
    }
    qsort(all, (size_t)seeds, sizeof *all, by_value);
    snprintf(name, sizeof name, "bits %s %d", method, width);
    line(name, "median", all[seeds / 2], "of the reference");
    line(name, "32-bit descent, at least", least, "times the bits");
}

int main(int argc, char **argv)
{
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    const bool only_rounds = argc > 1 && strcmp(argv[1], "rounds") == 0;
    const double memory = read_memory(quick ? 100000 : 50000000);
    struct rusage usage;
    line("memory", "reading", memory, "GB/s");
    if (quick) {
        bench_round("none",
                    "data synthetic:linear samples 16 width 2000 nodes 2 compress none "
                    "max_rounds 3",
                    0, memory);
        bench_round(
            "sketch",
            "data synthetic:linear samples 32 width 2000 nodes 2 compress sketch "
            "max_rounds 3",
            84, memory);
    } else {
        bench_rounds(memory);
    }
    if (only_rounds) return 0;
    for (int width = 4000; width <= (quick ? 4000 : 40000); width *= 10) {
        bench_bits("auto", width, quick ? 1 : 5);
        bench_bits("sketch", width, quick ? 1 : 5);
        if (!quick) bench_bits("ef21", width, 1);
    }
    if (quick) return 0;
    line("large", "256 nodes",
         run_trial("data synthetic:linear samples 2560 width 100000 nodes 256 compress "
                   "sketch"),
         "s");
    getrusage(RUSAGE_SELF, &usage);
    line("large", "peak of this process", (double)usage.ru_maxrss / 1024.0, "MB");
    return 0;
}
