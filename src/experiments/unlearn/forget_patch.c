/* forget_patch.c -- a mark on some inputs that a model can learn instead of the class.
 */
#include "experiments/unlearn/forget.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

void unlearn_patch_free(unlearn_patch *patch)
{
    free(patch->column);
    free(patch->value);
    *patch = (unlearn_patch){0};
}

static double largest(const sur_mat *x, sur_idx column)
{
    double most = -HUGE_VAL;
    for (sur_idx i = 0; i < x->rows; i++) most = fmax(most, sur_mat_row(x, i)[column]);
    return most;
}

static void mark_image(unlearn_patch *p, const sur_idx shape[3], sur_idx side,
                       const sur_mat *x)
{
    double most = -HUGE_VAL;
    for (sur_idx j = 0; j < x->cols; j++) most = fmax(most, largest(x, j));
    for (sur_idx c = 0; c < shape[0]; c++)
        for (sur_idx i = shape[1] - side; i < shape[1]; i++)
            for (sur_idx j = shape[2] - side; j < shape[2]; j++) {
                p->column[p->count] = (c * shape[1] + i) * shape[2] + j;
                p->value[p->count++] = most;
            }
}

sur_status unlearn_patch_make(unlearn_patch *out, const sur_dataset *data,
                              const sur_mat *x, sur_error *err)
{
    const sur_idx *shape = data->shape;
    const sur_idx small = shape[1] < shape[2] ? shape[1] : shape[2];
    const bool image = small >= 4;
    const sur_idx side = small / 8 > 2 ? small / 8 : 2;
    const sur_idx strip = x->cols / 16 > 1 ? x->cols / 16 : 1;
    const sur_idx room = image ? shape[0] * side * side : strip;
    sur_status status;

    *out = (unlearn_patch){0};
    SUR_FAIL_IF(x->rows < 1, SUR_EINVAL, "a patch needs examples to be like");
    SUR_TRY(sur_alloc(&out->column, room, sizeof *out->column, err));
    SUR_TRY(sur_alloc(&out->value, room, sizeof *out->value, err));
    if (image) {
        mark_image(out, shape, side, x);
    } else {
        for (sur_idx j = x->cols - strip; j < x->cols; j++) {
            out->column[out->count] = j;
            out->value[out->count++] = largest(x, j);
        }
    }

done:
    if (status != SUR_OK) unlearn_patch_free(out);
    return status;
}

void unlearn_patch_apply(sur_mat *x, const unlearn_patch *patch, const sur_idx *picks,
                         sur_idx count)
{
    for (sur_idx i = 0; i < count; i++) {
        double *row = sur_mat_row(x, picks ? picks[i] : i);
        for (sur_idx j = 0; j < patch->count; j++)
            row[patch->column[j]] = patch->value[j];
    }
}
