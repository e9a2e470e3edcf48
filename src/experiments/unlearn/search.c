/* search.c -- candidates, the ledger of what they gave, and the choice. */
#include "experiments/unlearn/search.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double unlearn_objective(const sur_unlearn_options *o, double forget_error,
                         double validation_error)
{
    const double goal = o->goal == GOAL_BIAS ? 1.0 - forget_error
                                             : fabs(forget_error - validation_error);
    const double utility = o->tune_form == TUNE_FORM_CONVEX ? 1.0 - o->lambda : 1.0;
    return utility * validation_error + o->lambda * goal;
}

sur_idx unlearn_choose(const unlearn_row *row, sur_idx count,
                       const sur_unlearn_options *o)
{
    sur_idx best = 0;
    double least = HUGE_VAL;
    for (sur_idx i = 0; i < count; i++) {
        const double j =
            o->tune == TUNE_ORACLE
                ? row[i].disagreement
                : unlearn_objective(o, row[i].forget_error, row[i].validation_error);
        if (!(j < least)) continue;
        least = j;
        best = i;
    }
    return best;
}

/* ---- the ledger ---- */

static sur_status find(unlearn_row **row, const char *key, sur_idx count,
                       const sur_context *context, sur_error *err)
{
    void *found;
    size_t size;
    *row = NULL;
    const sur_status status = context->find(context->payload, key, &found, &size, err);
    if (status != SUR_OK) return status;
    if (found && size == (size_t)count * sizeof **row)
        *row = found;
    else
        free(found);
    return SUR_OK;
}

static sur_status run_all(unlearn_row *row, const unlearn_grid *grid, sur_idx count,
                          const unlearn_scene *scene, const sur_unlearn_options *o,
                          sur_error *err)
{
    float *vector = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&vector, sur_network_size(&scene->problem.network),
                      sizeof *vector, err));
    for (sur_idx i = 0; i < count; i++) {
        double setting[UNLEARN_SETTINGS];
        unlearn_grid_at(setting, grid, o, i);
        SUR_TRY(unlearn_try(&row[i], vector, scene, grid->method, setting,
                            o->tune == TUNE_ORACLE, NULL, 0, err));
    }

done:
    free(vector);
    return status;
}

sur_status unlearn_ledger(unlearn_row **out, sur_idx *count, const unlearn_scene *scene,
                          const sur_unlearn_options *o, sur_idx trial, sur_error *err)
{
    const sur_context *context = scene->context;
    unlearn_grid grid;
    unlearn_row *row = NULL;
    char hash[65], key[128], shape[48];
    sur_status status;

    SUR_TRY(unlearn_grid_make(&grid, o, err));
    *count = unlearn_grid_size(&grid, o);
    SUR_TRY(unlearn_hash(hash, o, UNLEARN_OF_SEARCH, err));
    snprintf(key, sizeof key, "unlearn/search/%s", hash);
    SUR_TRY(find(&row, key, *count, context, err));
    if (!row) {
        SUR_TRY(sur_alloc(&row, *count, sizeof *row, err));
        SUR_TRY(run_all(row, &grid, *count, scene, o, err));
        snprintf(shape, sizeof shape, "%lld,%zu", (long long)*count,
                 sizeof *row / sizeof(double));
        SUR_TRY(context->keep(context->payload, trial,
                              &(sur_artifact){.key = key,
                                              .name = "search",
                                              .kind = "f8",
                                              .shape = shape,
                                              .bytes = row,
                                              .size = (size_t)*count * sizeof *row},
                              err));
    }
    *out = row;
    row = NULL;

done:
    free(row);
    return status;
}

/* ---- for people ---- */

static sur_status add_pair(sur_text *text, const char *name, double value,
                           sur_error *err)
{
    sur_status status = sur_text_format(text, err, "\"%s\":", name);
    return status == SUR_OK ? sur_text_number(text, value, err) : status;
}

static sur_status add_row(sur_text *text, const unlearn_row *row, bool chosen,
                          const sur_unlearn_options *o, sur_error *err)
{
    const unlearn_setting *settings = unlearn_methods[o->method].settings;
    sur_status status;
    SUR_TRY(sur_text_add(text, "{", err));
    for (int i = 0; i < UNLEARN_SETTINGS && settings[i].name; i++) {
        SUR_TRY(add_pair(text, settings[i].name, row->setting[i], err));
        SUR_TRY(sur_text_add(text, ",", err));
    }
    const struct {
        const char *name;
        double value;
    } rest[] = {
        {"forget_error", row->forget_error},
        {"validation_error", row->validation_error},
        {"objective", unlearn_objective(o, row->forget_error, row->validation_error)},
        {"disagreement", row->disagreement},
        {"seconds", row->seconds},
        {"passes", row->passes}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        SUR_TRY(add_pair(text, rest[i].name, rest[i].value, err));
        SUR_TRY(sur_text_add(text, ",", err));
    }
    SUR_TRY(sur_text_format(text, err, "\"diverged\":%s,\"chosen\":%s}",
                            row->diverged > 0.0 ? "true" : "false",
                            chosen ? "true" : "false"));

done:
    return status;
}

sur_status unlearn_keep_ledger(const unlearn_row *row, sur_idx count, sur_idx chosen,
                               const unlearn_scene *scene, const sur_unlearn_options *o,
                               sur_idx trial, sur_error *err)
{
    const sur_context *context = scene->context;
    sur_text text = {0};
    char hash[65], key[160];
    sur_status status;

    SUR_TRY(sur_text_add(&text, "[", err));
    for (sur_idx i = 0; i < count; i++) {
        if (i > 0) SUR_TRY(sur_text_add(&text, ",\n ", err));
        SUR_TRY(add_row(&text, &row[i], i == chosen, o, err));
    }
    SUR_TRY(sur_text_add(&text, "]", err));
    SUR_TRY(unlearn_hash(hash, o, UNLEARN_OF_SEARCH, err));
    snprintf(key, sizeof key, "unlearn/ledger/%s/%d/%.17g", hash, (int)o->tune_form,
             o->lambda);
    SUR_TRY(context->keep(context->payload, trial,
                          &(sur_artifact){.key = key,
                                          .name = "ledger",
                                          .kind = "json",
                                          .shape = "",
                                          .bytes = text.at,
                                          .size = (size_t)text.length},
                          err));

done:
    sur_text_free(&text);
    return status;
}
