/* share.c -- the trials of one part: each once, however many profiles need it, and
 * those that share work together.
 *
 * Trials of a part that differ along its joint axes only are handed to its run at once,
 * as a study would do; what is compared is the options as given. */
#include "experiments/profile/profile.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

static void cell_free(profile_cell *cell, const sur_fields *fields)
{
    if (cell->options) sur_fields_free(fields, cell->options);
    free(cell->options);
    free(cell->spec);
    free(cell->group);
    free(cell->message);
    free(cell->measurements);
    free(cell->text);
    free(cell->blocks);
}

void profile_share_free(profile_share *share)
{
    for (sur_idx i = 0; i < share->cell_count; i++)
        cell_free(&share->cells[i], share->part->experiment->fields);
    free(share->cells);
    free(share->of);
    *share = (profile_share){0};
}

/* The options as text, the joint ones left at their presets. */
static sur_status group_text(char **text, const profile_part *part, const void *options,
                             sur_error *err)
{
    const sur_fields *fields = part->experiment->fields;
    void *copy = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&copy, 1, fields->size, err));
    SUR_TRY(sur_fields_copy(fields, copy, options, err));
    for (const char *const *joint = part->experiment->joint; *joint; joint++) {
        const sur_field *field = sur_fields_find(fields, *joint);
        /* any one value does: the struct's zero is one of every kind that is joint */
        if (field->kind == SUR_REAL)
            memset((char *)copy + field->offset, 0, sizeof(double));
        else if (field->kind == SUR_INT || field->kind == SUR_CHOICE)
            memset((char *)copy + field->offset, 0, sizeof(int64_t));
    }
    SUR_TRY(sur_fields_to_json(fields, copy, text, err));

done:
    if (copy) sur_fields_free(fields, copy);
    free(copy);
    return status;
}

/* *index: the cell of these options, made if there is none. */
static sur_status find_cell(profile_share *share, sur_idx *index, sur_idx trial,
                            const sur_profile_options *from, const void *input,
                            size_t size, sur_error *err)
{
    const sur_experiment *experiment = share->part->experiment;
    profile_cell cell = {.trial = trial};
    sur_status status;

    SUR_TRY(sur_alloc(&cell.options, 1, experiment->fields->size, err));
    SUR_TRY(profile_part_options(cell.options, share->part, from, err));
    SUR_TRY(sur_fields_to_json(experiment->fields, cell.options, &cell.spec, err));
    for (*index = 0; *index < share->cell_count; ++*index)
        if (strcmp(share->cells[*index].spec, cell.spec) == 0) goto done;
    SUR_TRY(group_text(&cell.group, share->part, cell.options, err));
    SUR_TRY(experiment->resolve(cell.options, input, size, err));
    share->cells[share->cell_count++] = cell;
    return SUR_OK;

done:
    cell_free(&cell, experiment->fields);
    return status;
}

sur_status profile_share_new(profile_share *out, const profile_part *part,
                             const void *const *options, sur_idx count,
                             const void *input, size_t size, sur_error *err)
{
    *out = (profile_share){.part = part};
    sur_status status;

    SUR_TRY(sur_alloc(&out->cells, count, sizeof *out->cells, err));
    SUR_TRY(sur_alloc(&out->of, count, sizeof *out->of, err));
    for (sur_idx i = 0; i < count; i++) {
        out->of[i] = -1;
        if (!part->applies || part->applies(options[i]))
            SUR_TRY(find_cell(out, &out->of[i], i, options[i], input, size, err));
    }

done:
    return status;
}

/* ---- running ---- */

/* A group on its way: what the part's context points to. */
typedef struct group {
    profile_share *share;
    const sur_context *context; /* the profile's */
    sur_idx *cells;             /* [count] */
    sur_idx count;
} group;

/* Splits are the part's for the call, names are constants. */
static sur_status copy_measurements(profile_cell *cell, const sur_outcome *outcome,
                                    sur_error *err)
{
    size_t size = 1;
    sur_status status = SUR_OK;

    for (sur_idx i = 0; i < outcome->count; i++)
        if (outcome->measurements[i].split)
            size += strlen(outcome->measurements[i].split) + 1;
    SUR_TRY(sur_alloc(&cell->text, (sur_idx)size, 1, err));
    if (outcome->count == 0) goto done;
    SUR_TRY(sur_alloc(&cell->measurements, outcome->count, sizeof *cell->measurements,
                      err));
    char *text = cell->text;
    for (sur_idx i = 0; i < outcome->count; i++) {
        sur_measurement *m = &cell->measurements[i];
        *m = outcome->measurements[i];
        if (!m->split) continue;
        const size_t length = strlen(m->split) + 1;
        memcpy(text, m->split, length);
        m->split = text;
        text += length;
    }
    cell->count = outcome->count;

done:
    return status;
}

static sur_status take(void *payload, sur_idx index, const sur_outcome *outcome,
                       sur_error *err)
{
    const group *g = payload;
    profile_cell *cell = &g->share->cells[g->cells[index]];
    cell->done = true;
    cell->status = outcome->status;
    cell->seconds = outcome->seconds;
    sur_status status = copy_measurements(cell, outcome, err);
    if (status == SUR_OK && outcome->message)
        status = sur_copy_text(&cell->message, outcome->message, err);
    return status;
}

static sur_status find(void *payload, const char *key, void **found, size_t *size,
                       sur_error *err)
{
    const group *g = payload;
    return g->context->find(g->context->payload, key, found, size, err);
}

static sur_status keep(void *payload, sur_idx index, const sur_artifact *artifact,
                       sur_error *err)
{
    const group *g = payload;
    profile_cell *cell = &g->share->cells[g->cells[index]];
    const size_t size = PROFILE_BLOCKS * PROFILE_BLOCK_ROWS * sizeof(float);
    if (strcmp(artifact->name, "test_blocks") != 0)
        return g->context->keep(g->context->payload, cell->trial, artifact, err);
    if (artifact->size != size || cell->blocks) return SUR_OK;
    const sur_status status = sur_alloc(&cell->blocks, (sur_idx)size, 1, err);
    if (status == SUR_OK) memcpy(cell->blocks, artifact->bytes, size);
    return status;
}

static bool stop(void *payload)
{
    const group *g = payload;
    return g->context->stop(g->context->payload);
}

/* A part that failed as a whole failed for every trial it had not handed over. */
static sur_status fail_cells(const group *g, sur_status status, const char *why,
                             sur_error *err)
{
    for (sur_idx i = 0; i < g->count; i++) {
        profile_cell *cell = &g->share->cells[g->cells[i]];
        if (cell->done) continue;
        cell->done = true;
        cell->status = status;
        const sur_status copied = sur_copy_text(&cell->message, why, err);
        if (copied != SUR_OK) return copied;
    }
    return SUR_OK;
}

/* The cells of the group of `cell` that are not done: their options and numbers;
 * returns how many. */
static sur_idx members(const void **options, sur_idx *cells, const profile_share *share,
                       sur_idx cell)
{
    sur_idx count = 0;
    for (sur_idx i = 0; i < share->cell_count; i++) {
        if (share->cells[i].done ||
            strcmp(share->cells[i].group, share->cells[cell].group) != 0)
            continue;
        options[count] = share->cells[i].options;
        cells[count++] = i;
    }
    return count;
}

sur_status profile_share_run(profile_share *share, sur_idx cell,
                             const sur_context *context, sur_error *err)
{
    const sur_experiment *experiment = share->part->experiment;
    group g = {.share = share, .context = context};
    sur_context mine = *context;
    const void **options = NULL;
    sur_error why = {0};
    sur_status status = SUR_OK;

    if (share->cells[cell].done) return SUR_OK;
    SUR_TRY(sur_alloc(&g.cells, share->cell_count, sizeof *g.cells, err));
    SUR_TRY(sur_alloc(&options, share->cell_count, sizeof *options, err));
    g.count = members(options, g.cells, share, cell);
    mine.payload = &g;
    mine.emit = take;
    mine.find = find;
    mine.keep = keep;
    mine.stop = stop;
    const sur_status ran = experiment->run(options, g.count, &mine, &why);
    if (ran == SUR_ESTOPPED || ran == SUR_ENOMEM)
        status = sur_fail(err, ran, "%s", why.message);
    else if (ran != SUR_OK)
        status = fail_cells(&g, ran, why.message, err);

done:
    free(g.cells);
    free(options);
    return status;
}

sur_status profile_share_estimate(const profile_share *share, const void *input,
                                  size_t size, double *seconds, double *bytes,
                                  sur_error *err)
{
    const sur_experiment *experiment = share->part->experiment;
    const void **options = NULL;
    sur_idx *cells = NULL;
    double time, memory;
    sur_status status = SUR_OK;

    if (share->cell_count == 0) return SUR_OK;
    SUR_TRY(sur_alloc(&options, share->cell_count, sizeof *options, err));
    SUR_TRY(sur_alloc(&cells, share->cell_count, sizeof *cells, err));
    for (sur_idx i = 0; i < share->cell_count; i++) {
        const sur_idx count = members(options, cells, share, i);
        if (cells[0] != i) continue; /* not the first of its group */
        SUR_TRY(experiment->estimate(options, count, input, size, &time, &memory, err));
        *seconds += time;
        if (memory > *bytes) *bytes = memory;
    }

done:
    free(options);
    free(cells);
    return status;
}
