/* series.c -- from stored records to curves. */
#include "experiments/descent/series.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options in which records of one series may differ: the seeds, and what follows from
 * the axis or only says how many examples measured. */
static const char *const free_options[] = {
    "seed", "split_seed", "test_samples", "validation_samples", "tune", NULL};

typedef struct entry {
    const sur_record *record;
    const sur_descent_options *options;
    sur_idx index;
    char *key; /* the options a series has in common, as text */
    double x;
    int64_t seed, split_seed;
} entry;

static bool is_free(const char *name, const char *axis)
{
    if (strcmp(name, axis) == 0) return true;
    for (const char *const *f = free_options; *f; f++)
        if (strcmp(name, *f) == 0) return true;
    return false;
}

/* Dimensions in which some width left columns out, ascending. */
typedef struct fixed {
    double *at;
    sur_idx count;
} fixed;

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static sur_status find_fixed(fixed *f, const sur_records *records, sur_error *err)
{
    const sur_status status = sur_alloc(&f->at, records->count, sizeof *f->at, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_descent_options *o = records->at[i].options;
        if (o->data.dimension != o->width)
            f->at[f->count++] = (double)o->data.dimension;
    }
    if (f->count > 0) qsort(f->at, (size_t)f->count, sizeof *f->at, by_number);
    return SUR_OK;
}

/* Whether the dimension is the width by default, and not by chance. */
static bool follows(const sur_field *field, const sur_descent_options *o,
                    const fixed *f)
{
    const double dimension = (double)o->data.dimension;
    if (strcmp(field->name, "dimension") != 0 || o->data.dimension != o->width)
        return false;
    return f->count == 0 ||
           !bsearch(&dimension, f->at, (size_t)f->count, sizeof *f->at, by_number);
}

static sur_status make_key(char **key, const sur_descent_options *o, const char *axis,
                           const fixed *f, sur_error *err)
{
    sur_text text = {0};
    char value[512];
    sur_status status = sur_text_add(&text, "", err);
    for (sur_idx i = 0; i < sur_descent_fields.count && status == SUR_OK; i++) {
        const sur_field *field = &sur_descent_fields.at[i];
        if (is_free(field->name, axis) || (field->flags & SUR_HIDDEN)) continue;
        const bool follow = follows(field, o, f);
        sur_field_text(field, o, value, sizeof value);
        status = sur_text_format(&text, err, "%s=%s\n", field->name,
                                 follow ? "width" : value);
    }
    if (status != SUR_OK) sur_text_free(&text);
    *key = text.at;
    return status;
}

static int by_key(const void *a, const void *b)
{
    const entry *p = a, *q = b;
    const int order = strcmp(p->key, q->key);
    if (order) return order;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    if (p->seed != q->seed) return p->seed < q->seed ? -1 : 1;
    return (p->split_seed > q->split_seed) - (p->split_seed < q->split_seed);
}

static double axis_value(const sur_descent_options *o, const char *axis)
{
    return sur_field_number(sur_fields_find(&sur_descent_fields, axis), o);
}

static bool varies(const sur_records *records, const char *option)
{
    for (sur_idx i = 1; i < records->count; i++)
        if (axis_value(records->at[i].options, option) !=
                axis_value(records->at[0].options, option) &&
            !isnan(axis_value(records->at[i].options, option)))
            return true;
    return false;
}

const char *sur_descent_length_of(const sur_records *records)
{
    return varies(records, "epochs")  ? "epochs"
           : varies(records, "steps") ? "steps"
                                      : NULL;
}

const char *sur_descent_axis_of(const sur_records *records)
{
    const char *length = sur_descent_length_of(records);
    return varies(records, "width")     ? "width"
           : varies(records, "samples") ? "samples"
           : length                     ? length
                                        : "width";
}

/* ---- one series ---- */

static void series_free(sur_descent_series *s)
{
    free(s->x);
    free(s->test);
    free(s->tuned);
    free(s->interpolates);
    free(s->condition);
    free(s->rank);
}

static sur_descent_cell make_cell(const entry *e, const char *metric,
                                  const sur_descent_blocks *blocks, int row)
{
    const sur_measurement *m = sur_record_get(e->record, metric);
    if (!m || !isfinite(m->value)) return (sur_descent_cell){.there = false};
    sur_descent_cell cell = {.there = true, .value = m->value, .row = row};
    if (isfinite(m->low) && isfinite(m->high))
        cell.deviation = (m->high - m->low) / (2.0 * 1.959963984540054);
    cell.blocks = blocks;
    return cell;
}

static double value_of(const entry *e, const char *metric)
{
    const sur_measurement *m = sur_record_get(e->record, metric);
    return m ? m->value : nan("");
}

/* Numbers the distinct x and (seed, split_seed) of entries; the pair's number goes to
 * place[]. */
static sur_status number_seeds(sur_descent_series *s, const entry *entries,
                               sur_idx count, sur_idx *place, sur_error *err)
{
    const entry **seen = NULL;
    const sur_status status = sur_alloc(&seen, count, sizeof *seen, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < count; i++) {
        sur_idx k = 0;
        while (k < s->seeds && (seen[k]->seed != entries[i].seed ||
                                seen[k]->split_seed != entries[i].split_seed))
            k++;
        if (k == s->seeds) seen[s->seeds++] = &entries[i];
        place[i] = k;
    }
    s->one_test = true;
    for (sur_idx k = 1; k < s->seeds; k++)
        if (seen[k]->split_seed != seen[0]->split_seed) s->one_test = false;
    s->split_varies = !s->one_test;
    free(seen);
    return SUR_OK;
}

static sur_status fill_series(sur_descent_series *s, const entry *entries,
                              sur_idx count, sur_descent_blocks **blocks,
                              sur_error *err)
{
    const bool errors = strcmp(s->metric, "test_error") == 0;
    const bool early = sur_family_is_network(s->first->family);
    const char *tuned =
        early    ? errors ? "early_stopped_test_error" : "early_stopped_test_loss"
        : errors ? "tuned_test_error"
                 : "tuned_test_loss";
    sur_idx *place = NULL, *votes = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&place, count, sizeof *place, err));
    SUR_TRY(number_seeds(s, entries, count, place, err));
    for (sur_idx i = 0; i < count; i++)
        s->count += i == 0 || entries[i].x != entries[i - 1].x;
    SUR_TRY(sur_alloc(&votes, s->count, sizeof *votes, err));
    SUR_TRY(sur_alloc(&s->x, s->count, sizeof *s->x, err));
    SUR_TRY(sur_alloc(&s->interpolates, s->count, sizeof(double), err));
    SUR_TRY(sur_alloc(&s->condition, s->count, sizeof(double), err));
    SUR_TRY(sur_alloc(&s->rank, s->count, sizeof(double), err));
    SUR_TRY(sur_alloc(&s->test, s->count * s->seeds, sizeof *s->test, err));
    SUR_TRY(sur_alloc(&s->tuned, s->count * s->seeds, sizeof *s->tuned, err));
    for (sur_idx i = 0, x = -1; i < count; i++) {
        const entry *e = &entries[i];
        if (i == 0 || e->x != entries[i - 1].x) {
            s->x[++x] = e->x;
            s->condition[x] = value_of(e, "gram_condition");
            s->rank[x] = value_of(e, "numerical_rank");
        }
        const sur_idx at = place[i] * s->count + x;
        s->test[at] = make_cell(e, s->metric, blocks[e->index],
                                errors ? DESCENT_BLOCK_ERROR : DESCENT_BLOCK_LOSS);
        s->tuned[at] =
            make_cell(e, tuned, blocks[e->index],
                      errors ? DESCENT_BLOCK_TUNED_ERROR : DESCENT_BLOCK_TUNED_LOSS);
        s->has_tuned |= s->tuned[at].there;
        s->has_blocks |= s->test[at].blocks != NULL;
        const double fits = value_of(e, "interpolates");
        if (!isnan(fits)) {
            s->interpolates[x] += fits;
            votes[x]++;
        }
    }
    for (sur_idx x = 0; x < s->count; x++)
        s->interpolates[x] = votes[x] ? s->interpolates[x] / (double)votes[x] : nan("");

done:
    free(place);
    free(votes);
    return status;
}

/* ---- all of them ---- */

/* The options in which series differ, of one of them: "ridge=0, samples=200". */
static void label_series(sur_descent_collection *c, sur_descent_series *s,
                         const fixed *f)
{
    char mine[512], other[512];
    size_t used = 0;
    s->label[0] = '\0';
    for (sur_idx i = 0; i < sur_descent_fields.count; i++) {
        const sur_field *field = &sur_descent_fields.at[i];
        bool differs = false;
        if (is_free(field->name, s->axis) || follows(field, s->first, f)) continue;
        if (strcmp(field->name, "data_sha256") == 0) continue;
        sur_field_text(field, s->first, mine, sizeof mine);
        for (sur_idx k = 0; k < c->count && !differs; k++) {
            sur_field_text(field, c->at[k].first, other, sizeof other);
            differs = strcmp(mine, other) != 0;
        }
        if (!differs || used >= sizeof s->label) continue;
        const int wrote = snprintf(s->label + used, sizeof s->label - used,
                                   "%s%s=%.60s", used ? ", " : "", field->name, mine);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

void sur_descent_collection_free(sur_descent_collection *c)
{
    for (sur_idx i = 0; i < c->count && c->at; i++) series_free(&c->at[i]);
    for (sur_idx i = 0; i < c->records && c->blocks; i++) free(c->blocks[i]);
    free(c->at);
    free(c->blocks);
    *c = (sur_descent_collection){0};
}

/* The test outcomes that a record kept, if they are whole. */
static sur_status fetch_blocks(sur_descent_blocks **out, const sur_records *records,
                               sur_idx index, sur_error *err)
{
    void *bytes = NULL;
    size_t size = 0;
    *out = NULL;
    if (!records->artifact) return SUR_OK;
    const sur_status status =
        records->artifact(records->payload, index, "test_blocks", &bytes, &size, err);
    if (status != SUR_OK) return status;
    if (bytes && size == sizeof **out)
        *out = bytes;
    else
        free(bytes);
    return SUR_OK;
}

static sur_status make_entries(entry *entries, sur_idx *count,
                               sur_descent_collection *c, const sur_records *records,
                               const char *axis, const fixed *f, sur_error *err)
{
    for (sur_idx i = 0; i < records->count; i++) {
        const sur_record *r = &records->at[i];
        const sur_descent_options *o = r->options;
        const double x = axis_value(o, axis);
        c->failed += r->status != SUR_OK;
        if (r->status != SUR_OK || isnan(x)) continue;
        /* a penalty on the kernel is not that of any finite width: no point of its
         * curve */
        if (strcmp(axis, "width") == 0 && o->width == SUR_INF && o->ridge > 0) continue;
        if (!sur_record_get(r, "test_error") && !sur_record_get(r, "test_loss"))
            continue;
        entry *e = &entries[*count];
        *e = (entry){.record = r,
                     .options = o,
                     .index = i,
                     .x = x,
                     .seed = o->data.seed,
                     .split_seed = o->data.split_seed};
        sur_status status = fetch_blocks(&c->blocks[i], records, i, err);
        if (status == SUR_OK) status = make_key(&e->key, o, axis, f, err);
        if (status != SUR_OK) return status;
        ++*count;
    }
    return SUR_OK;
}

sur_status sur_descent_collect(sur_descent_collection *out, const sur_records *records,
                               const char *axis, sur_error *err)
{
    sur_descent_collection c = {.records = records->count};
    entry *entries = NULL;
    fixed f = {0};
    sur_idx count = 0;
    sur_status status;

    *out = (sur_descent_collection){0};
    SUR_TRY(find_fixed(&f, records, err));
    SUR_TRY(sur_alloc(&entries, records->count, sizeof *entries, err));
    SUR_TRY(sur_alloc(&c.blocks, records->count, sizeof(void *), err));
    SUR_TRY(sur_alloc(&c.at, records->count, sizeof *c.at, err));
    SUR_TRY(make_entries(entries, &count, &c, records, axis, &f, err));
    if (count > 0) qsort(entries, (size_t)count, sizeof *entries, by_key);
    for (sur_idx first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count;)
            if (strcmp(entries[next].key, entries[first].key) == 0)
                next++;
            else
                break;
        sur_descent_series *s = &c.at[c.count++];
        s->axis = axis;
        s->first = entries[first].options;
        s->metric = sur_record_get(entries[first].record, "test_error") ? "test_error"
                                                                        : "test_loss";
        SUR_TRY(fill_series(s, entries + first, next - first, c.blocks, err));
    }
    for (sur_idx i = 0; i < c.count; i++) label_series(&c, &c.at[i], &f);
    *out = c;
    c = (sur_descent_collection){0};

done:
    for (sur_idx i = 0; i < count; i++) free(entries[i].key);
    free(entries);
    free(f.at);
    sur_descent_collection_free(&c);
    return status;
}
