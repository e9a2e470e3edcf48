/* run.c -- trials of one group: one problem, its original and retrained models, and
 * then a search and a model for each trial. */
#include "experiments/unlearn/measure.h"
#include "experiments/unlearn/model_file.h"
#include "experiments/unlearn/scores_run.h"
#include "experiments/unlearn/search.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct group {
    const sur_context *context;
    unlearn_scene scene;
    unlearn_regions regions;
    unlearn_list list;
    char note[1024];
} group;

static sur_status copy_model(unlearn_model *out, const unlearn_scene *s,
                             const unlearn_model *from, sur_error *err)
{
    const sur_idx size = s->network ? sur_network_size(&s->problem.network) : 0;
    sur_status status = SUR_OK;
    out->seconds = from->seconds;
    if (s->network) {
        SUR_TRY(sur_alloc(&out->vector, size, sizeof *out->vector, err));
        memcpy(out->vector, from->vector, (size_t)size * sizeof *out->vector);
    } else {
        SUR_TRY(sur_mat_new(&out->b, from->b.rows, from->b.cols, err));
        sur_mat_copy(&out->b, &from->b);
    }

done:
    return status;
}

/* The chosen settings in words. */
static void note_choice(group *g, const sur_unlearn_options *o, const unlearn_row *row,
                        sur_idx count)
{
    const unlearn_method *method = &unlearn_methods[o->method];
    char text[256] = "";
    for (int i = 0; i < UNLEARN_SETTINGS && method->settings[i].name; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s %.3g", i ? ", " : "",
                 method->settings[i].name, row->setting[i]);
    }
    unlearn_note(g->note, sizeof g->note, "%s: %s; %.0f passes; best of %lld settings",
                 method->name, text, row->passes, (long long)count);
}

static void put_candidates(group *g, const sur_unlearn_options *o,
                           const unlearn_row *row, sur_idx count)
{
    double seconds = 0.0;
    for (sur_idx i = 0; i < count; i++) seconds += row[i].seconds;
    unlearn_put_number(&g->list, "tuning_time", NULL,
                       seconds / g->scene.reference[0].seconds);
    for (sur_idx i = 0; i < count && count > 1; i++) {
        const double value[] = {
            row[i].forget_error, row[i].validation_error,
            unlearn_objective(o, row[i].forget_error, row[i].validation_error)};
        static const char *const names[] = {"candidate_forget_error",
                                            "candidate_validation_error",
                                            "candidate_objective"};
        for (int m = 0; m < 3 && g->list.count < UNLEARN_MEASUREMENTS; m++) {
            unlearn_put_number(&g->list, names[m], NULL, value[m]);
            g->list.at[g->list.count - 1].iteration = i + 1;
        }
    }
}

/* Searches, and runs the chosen candidate once more, alone, for its model and time. */
static sur_status tune(unlearn_model *out, group *g, unlearn_row **row, sur_idx *count,
                       const sur_unlearn_options *o, sur_idx trial, sur_error *err)
{
    const unlearn_scene *s = &g->scene;
    unlearn_row again;
    sur_status status;

    SUR_TRY(unlearn_ledger(row, count, s, o, trial, err));
    const sur_idx chosen = unlearn_choose(*row, *count, o);
    SUR_TRY(sur_alloc(&out->vector, sur_network_size(&s->problem.network),
                      sizeof *out->vector, err));
    SUR_TRY(unlearn_try(&again, out->vector, s, &unlearn_methods[o->method],
                        (*row)[chosen].setting, false, g->note, sizeof g->note, err));
    out->seconds = again.seconds;
    note_choice(g, o, &again, *count);
    SUR_TRY(unlearn_keep_ledger(*row, *count, chosen, s, o, trial, err));

done:
    return status;
}

static sur_status run_trial(group *g, const sur_unlearn_options *o, sur_idx trial,
                            sur_error *err)
{
    unlearn_scene *s = &g->scene;
    unlearn_model model = {0};
    unlearn_view view = {0};
    unlearn_row *row = NULL;
    sur_idx count = 0;
    sur_status status;

    g->list.count = 0;
    snprintf(g->note, sizeof g->note, "%s", s->note);
    if (o->method == METHOD_RETRAIN)
        SUR_TRY(copy_model(&model, s, &s->reference[0], err));
    else if (o->method == METHOD_EXACT)
        SUR_TRY(unlearn_linear_delete(&model, s, g->note, sizeof g->note, err));
    else
        SUR_TRY(tune(&model, g, &row, &count, o, trial, err));
    SUR_TRY(unlearn_view_make(&view, s, &model, err));
    SUR_TRY(unlearn_measure(&g->list, s, &g->regions, &model, &view, o, g->note,
                            sizeof g->note, err));
    SUR_TRY(unlearn_keep_plane(s, &g->regions, &model, o, trial, err));
    if (row) put_candidates(g, o, row, count);
    if (o->model || o->keep_model)
        SUR_TRY(unlearn_keep_model(s, &model, o, trial, err));

done:
    unlearn_model_free(&model);
    unlearn_view_free(&view);
    free(row);
    return status;
}

static sur_status run_scores(group *g, const sur_unlearn_options *o, sur_idx trial,
                             sur_error *err)
{
    const sur_context *context = g->context;
    unlearn_input in;
    sur_status status;
    (void)trial;

    g->list.count = 0;
    g->note[0] = '\0';
    SUR_TRY(unlearn_input_view(&in, context->input, context->input_size, err));
    SUR_TRY(unlearn_scores_run(&g->list, o, in.scores, in.scores_size, g->note,
                               sizeof g->note, err));

done:
    return status;
}

static sur_status emit(group *g, const sur_unlearn_options *o, sur_idx trial,
                       sur_error *err)
{
    const double since = sur_clock();
    sur_error why = {.message = ""};
    const sur_status outcome = (o->scores ? run_scores : run_trial)(g, o, trial, &why);
    if (outcome == SUR_ESTOPPED || outcome == SUR_ENOMEM)
        return sur_fail(err, outcome, "%s", why.message);
    return g->context->emit(
        g->context->payload, trial,
        &(sur_outcome){.status = outcome,
                       .message = outcome == SUR_OK ? g->note : why.message,
                       .seconds = sur_clock() - since,
                       .measurements = g->list.at,
                       .count = outcome == SUR_OK ? g->list.count : 0},
        err);
}

sur_status sur_unlearn_run(const void *const *options, sur_idx count,
                           const sur_context *context, sur_error *err)
{
    group *g = NULL;
    sur_status status;

    if (context->threads > 0) sur_threads_set(context->threads);
    SUR_TRY(sur_alloc(&g, 1, sizeof *g, err));
    g->context = context;
    if (!((const sur_unlearn_options *)options[0])->scores) {
        SUR_TRY(unlearn_scene_new(&g->scene, options[0], 0, context, err));
        SUR_TRY(unlearn_regions_new(&g->regions, &g->scene, err));
    }
    for (sur_idx i = 0; i < count; i++) {
        SUR_FAIL_IF(context->stop(context->payload), SUR_ESTOPPED, "stopped");
        SUR_TRY(emit(g, options[i], i, err));
    }

done:
    if (g) {
        unlearn_regions_free(&g->regions);
        unlearn_scene_free(&g->scene);
    }
    free(g);
    return status;
}
