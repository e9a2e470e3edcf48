/* run.c -- runs the parts of each trial and joins what they measured. */
#include "experiments/profile/profile.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_MEASUREMENTS = 192 };

typedef struct trial_list {
    sur_measurement at[MOST_MEASUREMENTS];
    sur_idx count;
    char note[1024];
    double seconds;
    int failed;
    sur_status status; /* of the first part that failed */
} trial_list;

static void put(trial_list *list, const char *metric, double value)
{
    if (list->count < MOST_MEASUREMENTS)
        list->at[list->count++] = (sur_measurement){
            .metric = metric, .value = value, .low = nan(""), .high = nan("")};
}

/* The part's final values that the table names, under the profile's names. */
static void put_part(trial_list *list, const profile_part *part,
                     const profile_cell *cell)
{
    for (sur_idx k = 0; k < part->metric_count; k++) {
        const profile_metric *want = &part->metrics[k];
        for (sur_idx i = 0; i < cell->count; i++) {
            const sur_measurement *m = &cell->measurements[i];
            if (m->iteration != 0 || strcmp(m->metric, want->metric) != 0 ||
                list->count == MOST_MEASUREMENTS)
                continue;
            list->at[list->count] = *m;
            list->at[list->count++].metric = want->name ? want->name : want->metric;
        }
    }
    if (part->seconds) put(list, part->seconds, cell->seconds);
}

/* Test outcomes of every other block of examples: widths are chosen on one half and
 * judged on the other. */
static void put_halves(trial_list *list, const profile_cell *cell)
{
    static const struct half {
        const char *of, *names[2];
        int row;
    } kinds[] = {{"test_error", {"first_half_error", "second_half_error"}, 1},
                 {"test_loss", {"first_half_loss", "second_half_loss"}, 2}};
    for (int k = 0; k < 2 && cell->blocks; k++) {
        const float *weight = cell->blocks,
                    *sum = weight + kinds[k].row * PROFILE_BLOCKS;
        bool measured = false;
        for (sur_idx i = 0; i < cell->count; i++)
            measured |= strcmp(cell->measurements[i].metric, kinds[k].of) == 0;
        for (int half = 0; half < 2 && measured; half++) {
            double total = 0.0, wrong = 0.0;
            for (int b = half; b < PROFILE_BLOCKS; b += 2) {
                total += (double)weight[b];
                wrong += (double)sum[b];
            }
            if (total > 0.0) put(list, kinds[k].names[half], wrong / total);
        }
    }
}

static void add_note(trial_list *list, const char *name, const char *text)
{
    const size_t used = strlen(list->note);
    snprintf(list->note + used, sizeof list->note - used, "%s%s: %s", used ? "; " : "",
             name, text);
}

static sur_status put_cell(trial_list *list, const profile_part *part,
                           profile_cell *cell, sur_idx trial)
{
    const char *name = part->experiment->name;
    if (cell->trial == trial) list->seconds += cell->seconds;
    if (cell->status != SUR_OK) {
        char text[400];
        snprintf(text, sizeof text, "failed: %s",
                 cell->message ? cell->message : sur_status_text(cell->status));
        add_note(list, name, text);
        if (list->failed++ == 0) list->status = cell->status;
        return SUR_OK;
    }
    if (cell->message && cell->message[0]) add_note(list, name, cell->message);
    put_part(list, part, cell);
    put_halves(list, cell);
    return SUR_OK;
}

/* What training this one alone would need. */
static sur_status put_memory(trial_list *list, const profile_share *share,
                             const profile_cell *cell, const sur_context *context,
                             sur_error *err)
{
    const void *options = cell->options;
    double seconds, bytes;
    const sur_status status = share->part->experiment->estimate(
        &options, 1, context->input, context->input_size, &seconds, &bytes, err);
    if (status == SUR_OK) put(list, "memory", bytes / 1e6);
    return status;
}

static sur_status run_trial(trial_list *list, profile_share *shares, sur_idx trial,
                            const sur_context *context, sur_error *err)
{
    sur_status status = SUR_OK;
    *list = (trial_list){.count = 0};
    for (sur_idx p = 0; p < PROFILE_PARTS; p++) {
        profile_share *share = &shares[p];
        const sur_idx c = share->of[trial];
        if (c < 0) {
            add_note(list, share->part->experiment->name, "left out for this family");
            continue;
        }
        SUR_FAIL_IF(context->stop(context->payload), SUR_ESTOPPED, "stopped");
        SUR_TRY(profile_share_run(share, c, context, err));
        SUR_TRY(put_cell(list, share->part, &share->cells[c], trial));
    }
    SUR_TRY(put_memory(list, &shares[0], &shares[0].cells[shares[0].of[trial]], context,
                       err));

done:
    return status;
}

static int parts_of(const profile_share *shares, sur_idx trial)
{
    int count = 0;
    for (sur_idx p = 0; p < PROFILE_PARTS; p++) count += shares[p].of[trial] >= 0;
    return count;
}

/* A trial fails when every part of it did. */
static sur_status emit(const trial_list *list, const profile_share *shares,
                       sur_idx trial, const sur_context *context, sur_error *err)
{
    const bool failed = list->failed == parts_of(shares, trial);
    return context->emit(context->payload, trial,
                         &(sur_outcome){.status = failed ? list->status : SUR_OK,
                                        .message = list->note[0] ? list->note : NULL,
                                        .seconds = list->seconds,
                                        .measurements = list->at,
                                        .count = failed ? 0 : list->count},
                         err);
}

static sur_status shares_new(profile_share *shares, const void *const *options,
                             sur_idx count, const void *input, size_t size,
                             sur_error *err)
{
    for (sur_idx p = 0; p < PROFILE_PARTS; p++) {
        const sur_status status = profile_share_new(&shares[p], &profile_parts[p],
                                                    options, count, input, size, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

sur_status sur_profile_run(const void *const *options, sur_idx count,
                           const sur_context *context, sur_error *err)
{
    profile_share shares[PROFILE_PARTS] = {{0}};
    trial_list *list = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&list, 1, sizeof *list, err));
    SUR_TRY(
        shares_new(shares, options, count, context->input, context->input_size, err));
    for (sur_idx i = 0; i < count; i++) {
        SUR_TRY(run_trial(list, shares, i, context, err));
        SUR_TRY(emit(list, shares, i, context, err));
    }

done:
    for (sur_idx p = 0; p < PROFILE_PARTS; p++) profile_share_free(&shares[p]);
    free(list);
    return status;
}

/* The sum of what the parts need; memory is that of the largest. */
sur_status sur_profile_estimate(const void *const *options, sur_idx count,
                                const void *input, size_t size, double *seconds,
                                double *bytes, sur_error *err)
{
    profile_share shares[PROFILE_PARTS] = {{0}};
    sur_status status;

    *seconds = *bytes = 0.0;
    SUR_TRY(shares_new(shares, options, count, input, size, err));
    for (sur_idx p = 0; p < PROFILE_PARTS; p++)
        SUR_TRY(profile_share_estimate(&shares[p], input, size, seconds, bytes, err));

done:
    for (sur_idx p = 0; p < PROFILE_PARTS; p++) profile_share_free(&shares[p]);
    return status;
}
