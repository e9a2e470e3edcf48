/* run_scores.c -- the audit of a file of scores; and what every audit shares. */
#include "experiments/privacy/audit.h"
#include "experiments/privacy/scores.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct exposed {
    double score;
    sur_idx record;
} exposed;

static int most_exposed(const void *a, const void *b)
{
    const exposed *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return x->record < y->record ? -1 : 1;
}

/* Keeps record (from 1), score and the share of non-members with a score at least as
 * high, of the members with the highest scores. */
static sur_status keep_top(const sur_privacy_options *o, const double *score,
                           const uint8_t *member, sur_idx n, sur_idx trial,
                           const sur_context *context, sur_error *err)
{
    exposed *top = NULL;
    double *table = NULL;
    char *spec = NULL;
    sur_idx count = 0, others = 0;
    const sur_idx most = o->top;
    sur_status status;

    SUR_TRY(sur_alloc(&top, 2 * most + 1, sizeof *top, err));
    SUR_TRY(sur_alloc(&table, 3 * most + 1, sizeof *table, err));
    for (sur_idx i = 0; i < n; i++) { /* the best of twice as many, sorted when full */
        if (!member[i]) continue;
        top[count++] = (exposed){score[i], i};
        if (count < 2 * most) continue;
        qsort(top, (size_t)count, sizeof *top, most_exposed);
        count = most;
    }
    qsort(top, (size_t)count, sizeof *top, most_exposed);
    if (count > most) count = most;
    for (sur_idx t = 0; t < count; t++) {
        table[3 * t] = (double)(top[t].record + 1);
        table[3 * t + 1] = top[t].score;
    }
    for (sur_idx i = 0; i < n; i++) {
        if (member[i]) continue;
        others++;
        for (sur_idx t = count - 1; t >= 0 && score[i] >= top[t].score; t--)
            table[3 * t + 2] += 1.0;
    }
    for (sur_idx t = 0; t < count; t++) table[3 * t + 2] /= (double)others;
    char shape[32], key[96], mark[65];
    snprintf(shape, sizeof shape, "%lld,3", (long long)count);
    SUR_TRY(sur_fields_to_json(&sur_privacy_fields, o, &spec, err));
    SUR_TRY(sur_sha256_of(mark, spec, strlen(spec), err));
    snprintf(key, sizeof key, "privacy/exposed/%s", mark);
    if (count > 0)
        SUR_TRY(context->keep(context->payload, trial,
                              &(sur_artifact){.key = key,
                                              .name = "exposed",
                                              .kind = "f8",
                                              .shape = shape,
                                              .bytes = table,
                                              .size = (size_t)count * 24},
                              err));

done:
    free(top);
    free(table);
    free(spec);
    return status;
}

static void note_audit(char *note, size_t size, const sur_audit *audit)
{
    const size_t used = strlen(note);
    if (audit->constant)
        snprintf(note + used, size - used, "; all scores are equal");
    else if (audit->fpr_floor > sur_leak_rates[SUR_LEAK_RATES - 1])
        snprintf(note + used, size - used,
                 "; %lld non-members support false positive rates down to %.3g (0.001 "
                 "needs %.0f)",
                 (long long)audit->nonmembers, audit->fpr_floor,
                 SUR_AUDIT_LEAST / sur_leak_rates[SUR_LEAK_RATES - 1]);
}

sur_status privacy_audit(privacy_list *list, const sur_privacy_options *o,
                         const double *score, const uint8_t *member,
                         const double *weight, sur_idx n, sur_idx trial,
                         const sur_context *context, char *note, size_t note_size,
                         sur_error *err)
{
    const sur_audit_options options = {.level = 0.95,
                                       .delta = o->delta,
                                       .rate = o->rate,
                                       .seed = (uint64_t)o->data.seed};
    sur_audit audit;
    sur_status status =
        sur_audit_scores(&audit, score, member, weight, n, &options, err);
    if (status != SUR_OK) return status;
    privacy_put_audit(list, &audit, NULL);
    note_audit(note, note_size, &audit);
    return o->top > 0 ? keep_top(o, score, member, n, trial, context, err) : SUR_OK;
}

/* One group; *small counts those that are too small. */
static sur_status audit_group(privacy_list *list, const sur_privacy_options *o,
                              const privacy_scores *s, sur_idx g, const char *name,
                              double *score, double *weight, uint8_t *member,
                              sur_idx *small, sur_error *err)
{
    const sur_audit_options options = {.level = 0.95,
                                       .delta = o->delta,
                                       .rate = (double)NAN,
                                       .seed = (uint64_t)o->data.seed};
    sur_audit audit;
    sur_idx n = 0, in = 0;
    for (sur_idx i = 0; i < s->count; i++)
        if (s->group[i] == g) {
            score[n] = s->score[i];
            if (s->weight) weight[n] = s->weight[i];
            member[n] = s->member[i];
            in += s->member[i];
            n++;
        }
    if (in < 2 || n - in < SUR_AUDIT_LEAST) return ++*small, SUR_OK;
    const sur_status status = sur_audit_scores(
        &audit, score, member, s->weight ? weight : NULL, n, &options, err);
    if (status == SUR_OK) privacy_put_audit(list, &audit, name);
    return status;
}

sur_status privacy_run_scores(privacy_list *list, const sur_privacy_options *o,
                              sur_idx trial, const sur_context *context, char *note,
                              size_t note_size, sur_error *err)
{
    privacy_scores s;
    double *score = NULL, *weight = NULL;
    uint8_t *member = NULL;
    sur_idx small = 0;
    sur_status status =
        privacy_scores_view(&s, context->input, context->input_size, err);
    if (status != SUR_OK) return status;
    status = privacy_audit(list, o, s.score, s.member, s.weight, s.count, trial,
                           context, note, note_size, err);
    if (status == SUR_EINVAL && isnan(o->rate)) status = SUR_EPARSE; /* the file's */
    if (status != SUR_OK || s.groups == 0) return status;
    SUR_TRY(sur_alloc(&score, s.count, sizeof *score, err));
    SUR_TRY(sur_alloc(&weight, s.count, sizeof *weight, err));
    SUR_TRY(sur_alloc(&member, s.count, 1, err));
    const char *name = s.names;
    for (sur_idx g = 0; g < s.groups; g++, name += strlen(name) + 1)
        SUR_TRY(audit_group(list, o, &s, g, name, score, weight, member, &small, err));
    const size_t used = strlen(note);
    if (small > 0)
        snprintf(note + used, note_size - used,
                 "; %lld of %lld groups left out: fewer than 2 members or %d "
                 "non-members",
                 (long long)small, (long long)s.groups, SUR_AUDIT_LEAST);

done:
    free(score);
    free(weight);
    free(member);
    return status;
}
