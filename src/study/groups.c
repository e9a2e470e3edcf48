/* groups.c -- trials that differ only along the joint axes form a group.
 *
 * What is compared is the options as given, before anything is computed from them: a
 * dimension that follows the width does not part the widths. Long groups go first, so
 * that the last worker does not end long after the others. A shard takes every n-th
 * group in that order, back and forth, counted before the store is asked: each shard of
 * a job array sees the same parts, of about the same length, whatever its own store
 * holds. */
#include "study/plan.h"

#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void sur_plan_options_free(const sur_study *study, void **options, sur_idx count)
{
    for (sur_idx i = 0; options && i < count; i++) sur_options_free(study, options[i]);
    free(options);
}

sur_status sur_plan_group_options(void ***options, const sur_study *study,
                                  const sur_idx *order, sur_idx count, sur_error *err)
{
    void **made = NULL;
    sur_status status = sur_alloc(&made, count, sizeof *made, err);
    for (sur_idx i = 0; i < count && status == SUR_OK; i++)
        status = sur_point_options(&made[i], study, study->trial[order[i]].point, err);
    if (status != SUR_OK) {
        sur_plan_options_free(study, made, count);
        made = NULL;
    }
    *options = made;
    return status;
}

static sur_status estimate(sur_group *group, const sur_study *study, sur_error *err)
{
    sur_status status = SUR_OK;
    void **options = NULL;
    const sur_experiment *experiment = study->experiment;
    group->seconds = group->bytes = 0;
    if (!experiment->estimate) return SUR_OK;
    const sur_idx *order = study->order + group->first;
    SUR_TRY(sur_plan_group_options(&options, study, order, group->count, err));
    SUR_TRY(experiment->estimate((const void *const *)options, group->count,
                                 study->input.at, study->input.size, &group->seconds,
                                 &group->bytes, err));
    if (!(group->seconds >= 0)) group->seconds = 0;
    if (!(group->bytes >= 0)) group->bytes = 0;

done:
    sur_plan_options_free(study, options, group->count);
    return status;
}

static int longest_first(const void *a, const void *b)
{
    const sur_group *x = a, *y = b;
    if (x->seconds != y->seconds) return x->seconds > y->seconds ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* order and group for all trials that are not held, the groups sorted. */
sur_status sur_groups_make(sur_study *study, const sur_watch *watch, sur_error *err)
{
    sur_status status = SUR_OK;
    sur_idx *start = NULL;
    const sur_idx most = sur_point_groups(study);
    free(study->order);
    free(study->group);
    study->order = NULL;
    study->group = NULL;
    study->groups = 0;
    SUR_TRY(sur_alloc(&start, most + 1, sizeof *start, err));
    SUR_TRY(sur_alloc(&study->order, study->trials, sizeof *study->order, err));
    for (sur_idx i = 0; i < study->trials; i++)
        if (!study->trial[i].held)
            start[sur_point_group(study, study->trial[i].point) + 1]++;
    for (sur_idx g = 0; g < most; g++) {
        study->groups += start[g + 1] > 0;
        start[g + 1] += start[g];
    }
    SUR_TRY(sur_alloc(&study->group, study->groups, sizeof *study->group, err));
    study->groups = 0;
    for (sur_idx g = 0; g < most; g++)
        if (start[g + 1] > start[g])
            study->group[study->groups++] =
                (sur_group){.first = start[g], .count = start[g + 1] - start[g]};
    for (sur_idx i = 0; i < study->trials; i++)
        if (!study->trial[i].held)
            study->order[start[sur_point_group(study, study->trial[i].point)]++] = i;
    for (sur_idx g = 0; g < study->groups; g++) {
        SUR_FAIL_IF(g % 256 == 0 && sur_stop_asked(watch), SUR_ESTOPPED,
                    "stopped before anything was run");
        SUR_TRY(estimate(&study->group[g], study, err));
    }
    qsort(study->group, (size_t)study->groups, sizeof *study->group, longest_first);

done:
    free(start);
    return status;
}

static sur_status read_shard(sur_idx *part, sur_idx *parts, const char *text,
                             sur_error *err)
{
    char *end = NULL;
    *part = strtoll(text, &end, 10);
    *parts = *end == '/' ? strtoll(end + 1, &end, 10) : 0;
    if (*end || !(*part >= 1 && *part <= *parts && *parts <= SUR_TRIALS_MOST))
        return sur_fail(err, SUR_EINVAL,
                        "--shard %.40s is not i/n with i from 1 to n, such as 2/8",
                        text);
    return SUR_OK;
}

sur_status sur_groups_shard(sur_study *study, const sur_run_options *run,
                            const sur_watch *watch, sur_error *err)
{
    sur_status status = SUR_OK;
    sur_idx part = 0, parts = 0, kept = 0;
    if (!run->shard) return SUR_OK;
    SUR_TRY(read_shard(&part, &parts, run->shard, err));
    assert(parts > 0);
    SUR_TRY(sur_groups_make(study, watch, err));
    SUR_TRY(sur_groups_split(study, parts, err));
    for (sur_idx g = 0; g < study->groups; g++) {
        const sur_idx round = g / parts, seat = g % parts;
        const bool mine = (round % 2 ? parts - 1 - seat : seat) == part - 1;
        const sur_group *group = &study->group[g];
        for (sur_idx k = 0; k < group->count && !mine; k++) {
            sur_trial *trial = &study->trial[study->order[group->first + k]];
            free(trial->spec);
            trial->spec = NULL;
        }
    }
    for (sur_idx i = 0; i < study->trials; i++)
        if (study->trial[i].spec) study->trial[kept++] = study->trial[i];
    study->skipped = study->trials - kept;
    study->trials = kept;

done:
    return status;
}

/* Every other trial of a group, then the rest, in place. */
static sur_status shuffle(sur_study *study, const sur_group *group, sur_error *err)
{
    sur_idx *copy = NULL, to = 0;
    sur_idx *order = study->order + group->first;
    const sur_status status = sur_alloc(&copy, group->count, sizeof *copy, err);
    if (status != SUR_OK) return status;
    memcpy(copy, order, (size_t)group->count * sizeof *copy);
    for (sur_idx i = 0; i < group->count; i += 2) order[to++] = copy[i];
    for (sur_idx i = 1; i < group->count; i += 2) order[to++] = copy[i];
    free(copy);
    return SUR_OK;
}

/* Halves the longest group; *halved is false, and the group whole, if that gains
 * nothing. */
static sur_status halve(sur_study *study, bool *halved, sur_error *err)
{
    sur_status status = SUR_OK;
    sur_group *longest = &study->group[0];
    const sur_idx half = (longest->count + 1) / 2;
    sur_group a = {.first = longest->first, .count = half};
    sur_group b = {.first = a.first + half, .count = longest->count - half};
    *halved = false;
    if (longest->count < 2 || !(longest->seconds > 0)) return SUR_OK;
    SUR_TRY(shuffle(study, longest, err));
    SUR_TRY(estimate(&a, study, err));
    SUR_TRY(estimate(&b, study, err));
    if (fmax(a.seconds, b.seconds) > 0.7 * longest->seconds) goto done;
    SUR_TRY(sur_resize(&study->group, study->groups + 1, sizeof *study->group, err));
    study->group[0] = a;
    study->group[study->groups++] = b;
    qsort(study->group, (size_t)study->groups, sizeof *study->group, longest_first);
    *halved = true;

done:
    return status;
}

sur_status sur_groups_split(sur_study *study, sur_idx workers, sur_error *err)
{
    sur_status status = SUR_OK;
    bool halved = study->groups > 0 && workers > 1;
    while (status == SUR_OK && halved && study->groups < 2 * workers)
        status = halve(study, &halved, err);
    return status;
}
