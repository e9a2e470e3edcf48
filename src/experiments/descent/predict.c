/* predict.c -- the answers of many models on many examples, in bounded memory.
 *
 * Features are made in tiles of ROWS examples by COLUMNS features, and every model adds
 * its part of the tile, in slices of SLICE examples that stay in the cache. Tiles begin
 * at multiples of ROWS and COLUMNS; a model's last tile ends at its width. So the shape
 * of every product depends on the part and on the model, not on the other models.
 *
 * A model of infinite width answers K a, K the kernel between the examples and the n
 * training examples, whose columns are tiled as the features are. */
#include "experiments/descent/descent.h"

#include "base/try.h"

enum { ROWS = 4096, COLUMNS = 256, SLICE = 512 };

typedef struct tiles {
    sur_mat x; /* ROWS x d, examples ready for the features */
    sur_mat z; /* ROWS x COLUMNS */
} tiles;

static sur_idx least(sur_idx a, sur_idx b) { return a < b ? a : b; }

/* Rows of b that a model has: its width, or n. */
static sur_idx terms(const sur_descent_model *model) { return model->b.rows; }

static sur_status fill_tile(sur_mat *z, const sur_descent_problem *problem,
                            const sur_mat *x, sur_idx first, bool kernel,
                            sur_error *err)
{
    if (!kernel) return sur_features_fill(z, &problem->features, x, first, err);
    const sur_mat some =
        sur_mat_part(&problem->train, first, z->cols, 0, problem->train.cols);
    return sur_features_kernel(z, &problem->features, x, &some, err);
}

/* answer[rows from row] += z b[rows from first], in slices. */
static void add_tile(sur_descent_model *const *models, sur_idx count, const sur_mat *z,
                     sur_idx row, sur_idx first)
{
    for (sur_idx s = 0; s < z->rows; s += SLICE) {
        const sur_idx rows = least(SLICE, z->rows - s);
        for (sur_idx m = 0; m < count; m++) {
            const sur_idx cols = least(z->cols, terms(models[m]) - first);
            if (cols <= 0) continue;
            const sur_mat slice = sur_mat_part(z, s, rows, 0, cols);
            const sur_mat b =
                sur_mat_part(&models[m]->b, first, cols, 0, models[m]->b.cols);
            sur_mat out = sur_mat_part(&models[m]->answer, row + s, rows, 0, b.cols);
            sur_mat_multiply(&out, 1.0, &slice, SUR_PLAIN, &b, SUR_PLAIN, 1.0);
        }
    }
}

sur_status sur_descent_predict(const sur_descent_problem *problem, int part,
                               sur_descent_model *const *models, sur_idx count,
                               const sur_context *context, sur_error *err)
{
    const sur_descent_part *examples = &problem->part[part];
    tiles tile = {0};
    sur_idx widest = 0;
    sur_status status = SUR_OK;

    for (sur_idx m = 0; m < count; m++) {
        sur_mat_fill(&models[m]->answer, 0.0);
        if (terms(models[m]) > widest) widest = terms(models[m]);
    }
    if (count == 0 || examples->count == 0) return SUR_OK;
    const bool kernel = models[0]->width == SUR_INF;
    const sur_idx tall = least(ROWS, examples->count);
    SUR_TRY(sur_mat_new(&tile.x, tall, problem->data.cols, err));
    SUR_TRY(sur_mat_new(&tile.z, tall, least(COLUMNS, widest), err));

    for (sur_idx row = 0; row < examples->count; row += ROWS) {
        const sur_idx rows = least(ROWS, examples->count - row);
        sur_mat x = sur_mat_part(&tile.x, 0, rows, 0, tile.x.cols);
        SUR_TRY(sur_split_read(&x, &problem->split, problem->reader,
                               examples->rows + row, err));
        for (sur_idx first = 0; first < widest; first += COLUMNS) {
            sur_mat z =
                sur_mat_part(&tile.z, 0, rows, 0, least(COLUMNS, widest - first));
            SUR_FAIL_IF(context && context->stop(context->payload), SUR_ESTOPPED,
                        "stopped");
            SUR_TRY(fill_tile(&z, problem, &x, first, kernel, err));
            add_tile(models, count, &z, row, first);
        }
    }

done:
    sur_mat_free(&tile.x);
    sur_mat_free(&tile.z);
    return status;
}
