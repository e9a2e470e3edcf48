/* nested.c -- one design for linear problems of growing dimension.
 *
 * Where every width uses all columns there are, synthetic:linear of dimension p has
 * columns 1 .. p of one design x and the target
 *   y_p = sum_{j <= p} x_j g_j / ||(g_1 .. g_p)|| + noise e,
 * so that all p share x, g and e, and differ in their right-hand sides.
 * synthetic:latent even has the same target for all p. Sums go column by column, so
 * that y_p has the same bits whichever other dimensions there are. */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/generate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool sur_descent_is_nested(const sur_descent_options *o)
{
    return sur_data_is_synthetic(&o->data) && o->family == SUR_LINEAR &&
           o->width == o->data.dimension && isnan(o->data.condition);
}

void sur_descent_nest_free(sur_descent_problem *views, sur_idx count)
{
    for (sur_idx s = 0; s < count && views; s++) {
        for (int r = 0; r < DESCENT_PARTS; r++) free(views[s].part[r].label);
        free(views[s].truth);
    }
    free(views);
}

/* What all dimensions share. */
typedef struct roots {
    double *draw;  /* [P] g */
    double *noise; /* [rows] noise e */
    double *sum;   /* [rows] sum of x_j g_j so far */
    double *label; /* [rows] y_p */
} roots;

static sur_status roots_new(roots *r, const sur_descent_problem *whole,
                            const sur_descent_options *o, sur_error *err)
{
    const sur_idx rows = whole->data.rows;
    sur_status status;
    SUR_TRY(sur_alloc(&r->draw, whole->data.cols, sizeof(double), err));
    SUR_TRY(sur_alloc(&r->noise, rows, sizeof(double), err));
    SUR_TRY(sur_alloc(&r->sum, rows, sizeof(double), err));
    SUR_TRY(sur_alloc(&r->label, rows, sizeof(double), err));
    sur_generate_coefficients(r->draw, &o->data, whole->data.cols);
    sur_generate_noise(r->noise, &o->data, rows - whole->data.test_rows,
                       whole->data.test_rows);

done:
    return status;
}

static void roots_free(roots *r)
{
    free(r->draw);
    free(r->noise);
    free(r->sum);
    free(r->label);
}

/* Columns first .. p - 1 are added to the sums; labels become y_p. */
static void grow(roots *r, const sur_dataset *data, sur_idx first, sur_idx p)
{
    const double norm = sur_norm2(r->draw, p), *x = data->x;
    assert(data->scalar == SUR_F64);
    for (sur_idx i = 0; i < data->rows; i++) {
        for (sur_idx j = first; j < p; j++)
            r->sum[i] += x[i * data->cols + j] * r->draw[j];
        r->label[i] = r->sum[i] / norm + r->noise[i];
    }
}

static sur_status view_new(sur_descent_problem *view, const sur_descent_problem *whole,
                           const roots *r, sur_idx p, sur_error *err)
{
    const double norm = sur_norm2(r->draw, p);
    sur_status status;

    *view = *whole;
    view->truth = NULL;
    for (int k = 0; k < DESCENT_PARTS; k++) view->part[k].label = NULL;
    for (int k = 0; k < DESCENT_PARTS; k++) {
        sur_descent_part *part = &view->part[k];
        SUR_TRY(sur_alloc(&part->label, part->count, sizeof(double), err));
        for (sur_idx i = 0; i < part->count; i++)
            part->label[i] = r->label[part->rows[i]];
    }
    SUR_TRY(sur_alloc(&view->truth, p, sizeof(double), err));
    for (sur_idx j = 0; j < p; j++) view->truth[j] = r->draw[j] / norm;
    view->data.cols = p;

done:
    return status;
}

/* The view's targets into column s, and their mean square. */
static void set_target(sur_descent_problem *view, sur_mat *target, sur_idx s)
{
    const sur_descent_part *train = &view->part[DESCENT_TRAIN];
    double square = 0.0;
    for (sur_idx i = 0; i < train->count; i++) {
        const double y = train->label[i] - view->centre[0];
        sur_mat_row(target, i)[s] = y;
        square += y * y;
    }
    view->variance = square / (double)train->count;
}

sur_status sur_descent_nest(sur_descent_problem **views, sur_mat *target,
                            const sur_descent_problem *whole,
                            const sur_descent_options *o, const sur_idx *widths,
                            sur_idx count, sur_error *err)
{
    const bool shared = strcmp(o->data.data, "synthetic:latent") == 0;
    roots r = {0};
    sur_status status;

    *views = NULL;
    SUR_TRY(sur_alloc(views, count, sizeof **views, err));
    SUR_TRY(sur_mat_new(target, whole->train.rows, count, err));
    SUR_TRY(roots_new(&r, whole, o, err));
    for (sur_idx s = 0; s < count; s++) {
        if (!shared)
            grow(&r, &whole->data, s ? widths[s - 1] : 0, widths[s]);
        else
            memcpy(r.label, whole->data.target,
                   (size_t)whole->data.rows * sizeof(double));
        SUR_TRY(view_new(&(*views)[s], whole, &r, widths[s], err));
        set_target(&(*views)[s], target, s);
    }

done:
    roots_free(&r);
    return status;
}
