/* results.c -- the results in a store, one set per experiment. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static sur_status read_one(cli_results *out, const char *name, const char *path,
                           sur_error *err)
{
    const sur_experiment *experiment = cli_experiment(name);
    if (!experiment)
        return sur_fail(err, SUR_EPARSE,
                        "%s holds \"%.60s\", which this version does not know", path,
                        name);
    if (out->count == CLI_MOST_RESULTS)
        return sur_fail(err, SUR_EPARSE, "%s holds more than %d experiments", path,
                        CLI_MOST_RESULTS);
    const sur_status status =
        sur_results_read(&out->at[out->count], out->store, experiment, err);
    if (status == SUR_OK) {
        out->pointers[out->count] = &out->at[out->count];
        out->count++;
    }
    return status;
}

static sur_status read_all(cli_results *out, const char *path, sur_error *err)
{
    char *names;
    sur_status status = sur_store_experiments(out->store, &names, err);
    if (status != SUR_OK) return status;
    for (char *name = names, *comma; name && *name && status == SUR_OK;
         name = comma ? comma + 1 : NULL) {
        comma = strchr(name, ',');
        if (comma) *comma = '\0';
        status = read_one(out, name, path, err);
    }
    free(names);
    return status;
}

sur_status cli_results_open(cli_results *out, const char *path, const char *experiment,
                            const char *where, sur_error *err)
{
    memset(out, 0, sizeof *out);
    sur_status status = sur_store_open(&out->store, path, SUR_STORE_READ, err);
    if (status == SUR_OK && experiment && !cli_experiment(experiment))
        status =
            sur_fail(err, SUR_EINVAL, "there is no experiment \"%.60s\"", experiment);
    if (status == SUR_OK)
        status = experiment ? read_one(out, experiment, path, err)
                            : read_all(out, path, err);
    for (sur_idx i = 0; i < out->count && status == SUR_OK && where; i++)
        status = sur_results_filter(&out->at[i], where, err);
    if (status == SUR_OK && out->count == 0)
        status = sur_fail(err, SUR_EIO, "%s holds no trials yet", path);
    if (status != SUR_OK) cli_results_close(out);
    return status;
}

void cli_results_close(cli_results *results)
{
    for (sur_idx i = 0; i < results->count; i++) sur_results_free(&results->at[i]);
    sur_store_close(results->store);
    memset(results, 0, sizeof *results);
}
