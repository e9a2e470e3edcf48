/* split.c -- which rows train, validate, test; label noise; what preparation needs to
 * know.
 *
 * Stratified: row i of the class gets a random place within it; the row that comes r-th
 * of the m of its class has the key (r + 1/2) / m, and rows are taken in the order of
 * their keys. So every beginning of the order holds each class in its proportion (to
 * one row), and a smaller training set is a part of a larger one with the same seed and
 * test part.
 *
 * Label noise: row i draws u_i from a stream keyed by (seed, "label noise", row), and
 * its label is flipped where u_i < noise. A larger noise flips a superset of rows, and
 * the other class is the same one whatever the noise. */
#include "data/prepare.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the order of rows ---- */

/* The rows of one class, in random order; those before `taken` are dealt out. */
typedef struct stratum {
    const sur_idx *row; /* [size] */
    sur_idx size, taken;
    double key; /* of the next row */
} stratum;

static bool comes_before(const stratum *a, const stratum *b)
{
    if (a->key != b->key) return a->key < b->key;
    return a->row[a->taken] < b->row[b->taken];
}

/* Lets the class at the top of the heap sink to where it belongs. */
static void sink(stratum **heap, sur_idx count, sur_idx at)
{
    for (;;) {
        sur_idx first = at;
        for (sur_idx child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (comes_before(heap[child], heap[first])) first = child;
        if (first == at) return;
        stratum *const moved = heap[at];
        heap[at] = heap[first];
        heap[first] = moved;
        at = first;
    }
}

/* order = the rows of all classes by their keys; each class comes sorted. */
static void merge(sur_idx *order, stratum **heap, sur_idx count)
{
    for (sur_idx i = count; i-- > 0;) sink(heap, count, i);
    for (sur_idx k = 0; count > 0; k++) {
        stratum *const s = heap[0];
        order[k] = s->row[s->taken++];
        s->key = ((double)s->taken + 0.5) / (double)s->size;
        if (s->taken == s->size) heap[0] = heap[--count];
        sink(heap, count, 0);
    }
}

/* order[0 .. rows-1]: the rows in the order in which they are taken. */
static sur_status draw_order(sur_idx *order, const sur_dataset *data, sur_idx rows,
                             uint64_t seed, sur_error *err)
{
    const sur_idx strata = data->classes;
    sur_rng rng = sur_rng_make(seed, "split", 0);
    sur_idx *sorted = NULL, *start = NULL, live = 0;
    stratum *strata_of = NULL, **heap = NULL;
    sur_status status = SUR_OK;

    sur_rng_permutation(&rng, order, rows);
    if (strata < 2) goto done;
    SUR_TRY(sur_alloc(&start, strata + 1, sizeof *start, err));
    SUR_TRY(sur_alloc(&strata_of, strata, sizeof *strata_of, err));
    SUR_TRY(sur_alloc(&heap, strata, sizeof(stratum *), err));
    SUR_TRY(sur_alloc(&sorted, rows, sizeof *sorted, err));
    for (sur_idx i = 0; i < rows; i++) start[(sur_idx)data->target[i] + 1]++;
    for (sur_idx c = 0; c < strata; c++) {
        strata_of[c] = (stratum){.row = sorted + start[c],
                                 .size = start[c + 1],
                                 .key = 0.5 / (double)start[c + 1]};
        if (start[c + 1] > 0) heap[live++] = &strata_of[c];
        start[c + 1] += start[c];
    }
    for (sur_idx k = 0; k < rows; k++)
        sorted[start[(sur_idx)data->target[order[k]]]++] = order[k];
    merge(order, heap, live);
done:
    free(sorted);
    free(heap);
    free(strata_of);
    free(start);
    return status;
}

/* ---- counts ---- */

static sur_status count_parts(sur_split *s, const sur_dataset *data,
                              const sur_data_options *options, double validation,
                              sur_error *err)
{
    const sur_idx given = data->test_rows, own = data->rows - given;
    const bool asked = options->samples != SUR_UNSET;
    const bool asked_test = options->test_samples != SUR_UNSET;
    sur_idx train = asked   ? options->samples
                    : given ? own
                            : (sur_idx)floor(0.7 * (double)own);
    const sur_idx left = given ? given : own - train;
    const sur_idx test = asked_test ? options->test_samples : left;

    if (asked && train > own)
        return sur_fail(err, SUR_EINVAL,
                        "%lld samples asked for, but the data has %lld rows%s",
                        (long long)train, (long long)own, given ? " for training" : "");
    if (train < 1)
        return sur_fail(err, SUR_EINVAL, "%lld rows are too few to train on",
                        (long long)own);
    if (!given && left < 1)
        return sur_fail(
            err, SUR_EINVAL,
            "%lld samples of %lld rows leave none for testing; ask for fewer, or "
            "give --test-data",
            (long long)train, (long long)own);
    if (test > left || test < 1)
        return sur_fail(
            err, SUR_EINVAL,
            "%lld test samples asked for, but %lld rows are left for testing",
            (long long)test, (long long)left);
    s->validation_count = (sur_idx)floor(validation * (double)train + 0.5);
    s->train_count = train - s->validation_count;
    s->test_count = test;
    if (s->train_count < 1)
        return sur_fail(err, SUR_EINVAL,
                        "%lld samples leave none beside the validation part",
                        (long long)train);
    return SUR_OK;
}

static sur_status check_classes(const sur_dataset *data, sur_error *err)
{
    if (data->classes == 0) return SUR_OK;
    const sur_idx own = data->rows - data->test_rows;
    for (sur_idx i = 1; i < own; i++)
        if (data->target[i] != data->target[0]) return SUR_OK;
    const char *name =
        own > 0 ? sur_dataset_name(data, data->cols + 2 + (sur_idx)data->target[0])
                : "none";
    return sur_fail(
        err, SUR_EINVAL,
        "the target, %.60s, has one class only (%.60s): nothing to tell apart",
        sur_dataset_name(data, data->cols), name);
}

/* ---- labels ---- */

static void make_labels(sur_split *s, const sur_dataset *data, double noise,
                        uint64_t seed)
{
    const sur_idx classes = data->classes;
    for (sur_idx i = 0; i < s->train_count; i++) {
        const sur_idx row = s->train[i];
        s->label[i] = data->target[row];
        if (classes < 2 || !(noise > 0.0)) continue;
        sur_rng rng = sur_rng_make(seed, "label noise", (uint64_t)row);
        const double u = sur_rng_uniform(&rng);
        const sur_idx other = sur_rng_below(&rng, classes - 1),
                      own = (sur_idx)s->label[i];
        s->flipped[i] = u < noise;
        if (s->flipped[i]) s->label[i] = (double)(other < own ? other : other + 1);
    }
}

/* ---- all together ---- */

static sur_status allocate(sur_split *s, sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_alloc(&s->train, s->train_count, sizeof *s->train, err));
    SUR_TRY(sur_alloc(&s->validation, s->validation_count, sizeof *s->validation, err));
    SUR_TRY(sur_alloc(&s->test, s->test_count, sizeof *s->test, err));
    SUR_TRY(sur_alloc(&s->median, s->cols, sizeof *s->median, err));
    SUR_TRY(sur_alloc(&s->mean, s->cols, sizeof *s->mean, err));
    SUR_TRY(sur_alloc(&s->scale, s->cols, sizeof *s->scale, err));
    SUR_TRY(sur_alloc(&s->label, s->train_count, sizeof *s->label, err));
    SUR_TRY(sur_alloc(&s->flipped, s->train_count, sizeof *s->flipped, err));
done:
    return status;
}

/* Deals out the rows: the test part from the end of the order, so that it stays the
 * same when the training set grows into the rows between; the rest from its beginning.
 * A given test part is taken in the order of its rows. */
static void deal(sur_split *s, const sur_dataset *data, const sur_idx *order)
{
    const sur_idx own = data->rows - data->test_rows;
    const size_t size = sizeof *order;
    memcpy(s->train, order, (size_t)s->train_count * size);
    memcpy(s->validation, order + s->train_count, (size_t)s->validation_count * size);
    for (sur_idx i = 0; i < s->test_count; i++)
        s->test[i] = data->test_rows ? own + i : order[own - 1 - i];
}

/* Each part in the order of its rows, as they come from a file. */
static sur_status sort_parts(sur_split *s, sur_idx rows, sur_error *err)
{
    const struct {
        sur_idx *row, count;
    } parts[] = {{s->train, s->train_count},
                 {s->validation, s->validation_count},
                 {s->test, s->test_count}};
    uint8_t *in = NULL; /* [rows] 1 + the part that a row is in */
    const sur_status status = sur_alloc(&in, rows, 1, err);
    if (status != SUR_OK) return status;
    for (int k = 0; k < 3; k++) {
        sur_idx at = 0;
        for (sur_idx i = 0; i < parts[k].count; i++)
            in[parts[k].row[i]] = (uint8_t)(k + 1);
        for (sur_idx i = 0; i < rows && at < parts[k].count; i++)
            if (in[i] == k + 1) parts[k].row[at++] = i;
    }
    free(in);
    return SUR_OK;
}

sur_status sur_split_make(sur_split *out, const sur_dataset *data,
                          const sur_data_options *options, double validation,
                          sur_error *err)
{
    const int64_t seed =
        options->split_seed == SUR_UNSET ? options->seed : options->split_seed;
    const sur_idx own = data->rows - data->test_rows;
    sur_idx *order = NULL;
    sur_status status;

    *out = (sur_split){.cols = data->cols};
    SUR_TRY(check_classes(data, err));
    SUR_TRY(count_parts(out, data, options, validation, err));
    SUR_TRY(allocate(out, err));
    SUR_TRY(sur_alloc(&order, own, sizeof *order, err));
    SUR_TRY(draw_order(order, data, own, (uint64_t)seed, err));
    deal(out, data, order);
    if (!data->x) SUR_TRY(sort_parts(out, data->rows, err));
    make_labels(out, data, options->label_noise, (uint64_t)options->seed);
    SUR_TRY(sur_split_prepare(out, data, options, err));
done:
    free(order);
    if (status != SUR_OK) sur_split_free(out);
    return status;
}

void sur_split_free(sur_split *split)
{
    if (!split) return;
    free(split->train);
    free(split->validation);
    free(split->test);
    free(split->median);
    free(split->mean);
    free(split->scale);
    free(split->label);
    free(split->flipped);
    *split = (sur_split){0};
}
