/* bench_store.c -- trials appended durably and read back, per second.
 *
 * A trial has 15 measurements; those that are ready together share a transaction, as a
 * study writes them. The file lies in the current folder, so that its disk is what is
 * measured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <surplus/store.h>

#include "base/clock.h"

enum { MEASUREMENTS = 15, MOST_TOGETHER = 200 };

static const char *const path = "bench_store.db";

static void stop_on(sur_status status, const sur_error *err)
{
    if (status == SUR_OK) return;
    fprintf(stderr, "bench_store: %s\n", err->message);
    unlink(path);
    exit(1);
}

static void append(sur_store *store, int first, int count)
{
    static const char *const metrics[MEASUREMENTS] = {"test_error",
                                                      "train_error",
                                                      "test_loss",
                                                      "train_loss",
                                                      "parameters",
                                                      "auc",
                                                      "rejection",
                                                      "gram_condition",
                                                      "numerical_rank",
                                                      "norm",
                                                      "ams",
                                                      "interpolates",
                                                      "theory_loss",
                                                      "effective_parameters",
                                                      "bias"};
    static sur_stored_measurement measurements[MEASUREMENTS];
    static sur_stored_trial trials[MOST_TOGETHER];
    static char specs[MOST_TOGETHER][400];
    sur_error err;

    for (int m = 0; m < MEASUREMENTS; m++)
        measurements[m] = (sur_stored_measurement){
            metrics[m], NULL, 0, 1.0 / (first + m + 1), 0.1 / (m + 1), 0.3, 1000};
    for (int i = 0; i < count; i++) {
        snprintf(
            specs[i], sizeof specs[i],
            "{\"data\":\"HIGGS_small.npz\",\"checksum\":\"%064d\",\"family\":\"relu\","
            "\"width\":%d,\"samples\":1000,\"ridge\":0.0,\"label_noise\":0.2,\"seed\":"
            "1,"
            "\"standardize\":true,\"threads\":1,\"task\":\"classification\"}",
            7, first + i);
        trials[i] = (sur_stored_trial){.experiment = "descent",
                                       .revision = 1,
                                       .spec = specs[i],
                                       .code = "0.1.0 gcc 12",
                                       .host = "host; processor",
                                       .started = 1.7e9,
                                       .seconds = 0.001,
                                       .peak_memory = 1 << 20,
                                       .measurements = measurements,
                                       .count = MEASUREMENTS};
    }
    stop_on(sur_store_append(store, trials, count, &err), &err);
}

static sur_status count_values(void *payload, const sur_stored_trial *trial,
                               sur_error *err)
{
    (void)err;
    *(sur_idx *)payload += trial->count;
    return SUR_OK;
}

/* Prints one row for transactions of `together` trials. */
static void run(int trials, int together)
{
    sur_store *store;
    sur_idx values = 0;
    sur_error err;

    unlink(path);
    stop_on(sur_store_open(&store, path, SUR_STORE_WRITE, &err), &err);
    const double start = sur_clock();
    for (int first = 0; first < trials; first += together)
        append(store, first, trials - first < together ? trials - first : together);
    const double written = sur_clock();
    sur_store_close(store);

    const double again = sur_clock();
    stop_on(sur_store_open(&store, path, SUR_STORE_READ, &err), &err);
    stop_on(sur_store_each(store, NULL, count_values, &values, &err), &err);
    const double read = sur_clock();
    sur_store_close(store);
    printf("%d\t%d\t%.0f\t%.0f\n", trials, together, trials / (written - start),
           trials / (read - again));
    if (values != (sur_idx)trials * MEASUREMENTS) exit(1);
}

int main(int argc, char **argv)
{
    const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
    const int together[] = {1, 100, MOST_TOGETHER};
    printf("trials\tin_a_transaction\tappended_per_second\tread_per_second\n");
    for (size_t i = 0; i < sizeof together / sizeof *together; i++)
        for (int repeat = 0; repeat < (quick ? 1 : 5); repeat++)
            run(quick ? 200 : together[i] == 1 ? 1000 : 20000, together[i]);
    unlink(path);
    return 0;
}
