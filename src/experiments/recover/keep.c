/* keep.c -- the factors found, as arrays that can be saved.
 *
 * Kept are left (U or V), right (W), singular_values, and of a file's entries mean,
 * row_effects, column_effects, row_names, column_names: entry (i, j) of the answer is
 * mean + row_effects[i] + column_effects[j] + left[i] . right[j]. Rows of the factors
 * without an entry to learn from are NaN: missing rather than a number. */
#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct keeper {
    const sur_context *context;
    sur_idx index;
    char sum[65]; /* of the trial's options: names its arrays */
} keeper;

static sur_status keep(const keeper *k, const char *name, const void *bytes,
                       sur_idx rows, sur_idx cols, sur_error *err)
{
    char key[160], shape[48];
    snprintf(key, sizeof key, "recover/%s/%s", k->sum, name);
    if (cols > 0)
        snprintf(shape, sizeof shape, "%lld,%lld", (long long)rows, (long long)cols);
    else
        snprintf(shape, sizeof shape, "%lld", (long long)rows);
    const sur_artifact artifact = {.key = key,
                                   .name = name,
                                   .kind = "f8",
                                   .shape = shape,
                                   .bytes = bytes,
                                   .size = sizeof(double) * (size_t)rows *
                                           (size_t)(cols > 0 ? cols : 1)};
    return k->context->keep(k->context->payload, k->index, &artifact, err);
}

/* A factor with the rows of indices that no entry mentions set to NaN. */
static sur_status keep_factor(const keeper *k, const char *name, const sur_mat *factor,
                              const recover_problem *p, const int32_t *key,
                              const int32_t *other, sur_error *err)
{
    sur_mat copy = {0};
    bool *seen = NULL;
    sur_status status;
    SUR_TRY(sur_mat_new(&copy, factor->rows, factor->cols, err));
    sur_mat_copy(&copy, factor);
    if (key) {
        SUR_TRY(sur_alloc(&seen, factor->rows, sizeof *seen, err));
        for (sur_idx q = 0; q < p->op.count; q++) {
            seen[key[q]] = true;
            if (p->op.symmetric) seen[other[q]] = true;
        }
        for (sur_idx i = 0; i < copy.rows; i++)
            for (sur_idx c = 0; !seen[i] && c < copy.cols; c++)
                sur_mat_row(&copy, i)[c] = (double)NAN;
    }
    SUR_TRY(keep(k, name, copy.data, copy.rows, copy.cols, err));
done:
    sur_mat_free(&copy);
    free(seen);
    return status;
}

sur_status recover_keep(const recover_done *d, sur_idx index,
                        const sur_context *context, sur_error *err)
{
    const recover_problem *p = d->problem;
    const sur_recover_result *r = d->result;
    const recover_input *in = p->input;
    keeper k = {.context = context, .index = index};
    char *json = NULL;
    sur_status status;

    if (r->end == SUR_END_DIVERGED || d->options->factors == FACTORS_NO ||
        (d->options->factors == FACTORS_AUTO && d->options->problem == RECOVER_PLANTED))
        return SUR_OK;
    SUR_TRY(sur_fields_to_json(&sur_recover_fields, d->options, &json, err));
    SUR_TRY(sur_sha256_of(k.sum, json, strlen(json), err));
    SUR_TRY(keep_factor(&k, "left", &r->left, p, p->row, p->col, err));
    if (r->right.data)
        SUR_TRY(keep_factor(&k, "right", &r->right, p, p->col, p->row, err));
    SUR_TRY(keep(&k, "singular_values", r->singular, r->rank, 0, err));
    if (d->effects->row) {
        SUR_TRY(keep(&k, "mean", &d->effects->mean, 1, 0, err));
        SUR_TRY(keep(&k, "row_effects", d->effects->row, p->op.rows, 0, err));
        SUR_TRY(keep(&k, "column_effects", d->effects->col, p->op.cols, 0, err));
    }
    if (in && in->entries) {
        SUR_TRY(keep(&k, "row_names", recover_array(in, in->row_id), in->rows, 0, err));
        SUR_TRY(
            keep(&k, "column_names", recover_array(in, in->col_id), in->cols, 0, err));
    }
done:
    free(json);
    return status;
}
