/* 06_unlearn.c -- does a wide network forget wrong labels better than a narrow one? A
 * study in memory, and what it says. */
#include <surplus/experiments.h>
#include <surplus/study.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const options[][2] = {{"data", "synthetic:events"},
                                         {"samples", "300"},
                                         {"goal", "bias"},
                                         {"forget_count", "30"},
                                         {"width", "2,128"},
                                         {"method", "scrub,finetune"},
                                         {"epochs", "60"},
                                         {"references", "1"},
                                         {"planes", "0"},
                                         {"balls", "20"}};

static sur_status run(sur_results *results, sur_store *store, sur_error *err)
{
    sur_run_options how;
    sur_study *study = NULL;
    sur_study_result result;
    sur_status status = sur_fields_preset(&sur_run_fields, &how, err);
    how.jobs = 1;
    if (status == SUR_OK) status = sur_study_new(&study, &sur_unlearn, err);
    for (size_t i = 0; i < sizeof options / sizeof *options && status == SUR_OK; i++)
        status = sur_study_set(study, options[i][0], options[i][1], err);
    if (status == SUR_OK)
        status = sur_study_run(study, store, &how, "example", NULL, &result, err);
    if (status == SUR_OK) status = sur_results_read(results, store, &sur_unlearn, err);
    sur_study_free(study);
    sur_fields_free(&sur_run_fields, &how);
    return status;
}

int main(int argc, char **argv)
{
    static const sur_experiment *const known[] = {&sur_unlearn};
    if (argc > 1 && strcmp(argv[1], "__worker") == 0) /* a study starts workers */
        return sur_study_worker(argc, argv, known, 1);

    sur_error err;
    sur_store *store = NULL;
    sur_results results = {0};
    sur_finding *findings = NULL;
    sur_idx count = 0;
    sur_status status = sur_store_open(&store, ":memory:", SUR_STORE_WRITE, &err);
    if (status == SUR_OK) status = run(&results, store, &err);
    if (status == SUR_OK)
        status = sur_unlearn.summarize(&results.records, &findings, &count, &err);
    if (status != SUR_OK) fprintf(stderr, "%s\n", err.message);
    for (sur_idx i = 0; i < count; i++) printf("%s\n", findings[i].text);
    free(findings);
    sur_results_free(&results);
    sur_store_close(store);
    return status == SUR_OK && count > 0 ? 0 : 1;
}
