/* path.c -- many ridge penalties and targets at one width, in groups of fixed shape.
 *
 * Every (point, output) is one row of a batch. A batch takes whole points while they
 * fit, and goes through the products in groups of DENSE_GROUP rows. */
#include "dense/curve.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

typedef struct batch {
    sur_idx room;     /* rows, a multiple of DENSE_GROUP */
    sur_mat b;        /* room x width */
    sur_mat x, dx, g; /* DENSE_GROUP x order: the group at hand */
    sur_mat out;      /* width x most outputs: one point's coefficients */
    sur_idx *output;  /* [room] or -1 */
    double *mu, *squares;
} batch;

static void batch_free(batch *s)
{
    free(s->squares);
    free(s->mu);
    free(s->output);
    sur_mat_free(&s->out);
    sur_mat_free(&s->g);
    sur_mat_free(&s->dx);
    sur_mat_free(&s->x);
    sur_mat_free(&s->b);
}

static sur_status batch_new(batch *s, const dense_curve *c, const dense_path *path,
                            const dense_width *w, sur_error *err)
{
    const sur_idx order = path->t->m.rows;
    sur_idx most = 1;
    sur_status status;
    for (sur_idx i = 0; i < w->count; i++) {
        const sur_idx outputs = dense_curve_outputs(c, w->point[i]);
        if (outputs > most) most = outputs;
    }
    s->room = (most + DENSE_GROUP - 1) / DENSE_GROUP * DENSE_GROUP;
    SUR_TRY(sur_mat_new(&s->b, s->room, w->width, err));
    SUR_TRY(sur_mat_new(&s->x, DENSE_GROUP, order, err));
    SUR_TRY(sur_mat_new(&s->dx, DENSE_GROUP, order, err));
    SUR_TRY(sur_mat_new(&s->g, DENSE_GROUP, order, err));
    SUR_TRY(sur_mat_new(&s->out, w->width, most, err));
    SUR_TRY(sur_alloc(&s->output, s->room, sizeof *s->output, err));
    SUR_TRY(sur_alloc(&s->mu, s->room, sizeof *s->mu, err));
    SUR_TRY(sur_alloc(&s->squares, s->room, sizeof *s->squares, err));
done:
    return status;
}

/* Rows first .. first + DENSE_GROUP - 1 of the batch: solve and refine. A row that
 * needs no further refinement stays as it is while others of its group go on. */
static sur_status run_group(batch *s, const dense_path *path, sur_idx first,
                            sur_error *err)
{
    const sur_idx *output = s->output + first;
    const double *mu = s->mu + first;
    sur_mat b = sur_mat_part(&s->b, first, DENSE_GROUP, 0, s->b.cols);
    int refinements[DENSE_GROUP], most = 0;
    sur_status status = SUR_OK;

    sur_mat_fill(&s->x, 0.0);
    sur_mat_fill(&s->g, 0.0);
    for (int c = 0; c < DENSE_GROUP; c++) {
        refinements[c] =
            output[c] < 0
                ? 0
                : dense_refinements(dense_tridiagonal_condition(path->t, mu[c]));
        if (refinements[c] > most) most = refinements[c];
        if (output[c] >= 0)
            path->start(path->payload, output[c], sur_mat_row(&s->g, c));
    }
    for (int turn = 0; turn <= most; turn++) {
        sur_mat_copy(&s->dx, &s->g);
        for (int c = 0; c < DENSE_GROUP; c++)
            if (turn > refinements[c])
                memset(sur_mat_row(&s->dx, c), 0, (size_t)s->dx.cols * sizeof(double));
        SUR_TRY(dense_tridiagonal_solve(path->t, mu, &s->dx, err));
        sur_mat_axpy(&s->x, 1.0, &s->dx);
        SUR_TRY(path->step(path->payload, turn == 0, output, mu, &s->x, &s->dx, &b,
                           turn < most ? &s->g : NULL, err));
    }
    path->squares(path->payload, output, mu, &s->x, s->squares + first);
done:
    return status;
}

/* Hands over the points of the batch, whose rows follow one another. */
static sur_status give(batch *s, const dense_curve *c, const dense_path *path,
                       const sur_idx *point, sur_idx count, sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx i = 0, row = 0; i < count; i++) {
        const sur_idx outputs = dense_curve_outputs(c, point[i]);
        sur_mat b = sur_mat_part(&s->out, 0, s->out.rows, 0, outputs);
        double squares = 0.0;
        for (sur_idx k = 0; k < outputs; k++, row++) {
            squares += s->squares[row];
            for (sur_idx j = 0; j < b.rows; j++)
                sur_mat_row(&b, j)[k] = sur_mat_row(&s->b, row)[j];
        }
        sur_curve_fit fit = {.condition = path->condition,
                             .rank = path->rank,
                             .effective = dense_tridiagonal_effective(
                                 path->t, c->points[point[i]].ridge),
                             .residual = squares,
                             .method = "tridiagonal"};
        SUR_TRY(dense_curve_give(c, point[i], &b, &fit, err));
    }
done:
    return status;
}

sur_status dense_path_run(const dense_curve *c, const dense_path *path,
                          const dense_width *w, sur_error *err)
{
    batch s = {0};
    sur_status status;
    SUR_TRY(batch_new(&s, c, path, w, err));
    for (sur_idx i = 0; i < w->count;) {
        sur_idx rows = 0, taken = 0;
        for (; i + taken < w->count; taken++) {
            const sur_idx point = w->point[i + taken];
            const sur_idx outputs = dense_curve_outputs(c, point);
            if (rows + outputs > s.room) break;
            for (sur_idx k = 0; k < outputs; k++, rows++) {
                s.output[rows] = c->points[point].output + k;
                s.mu[rows] = c->points[point].ridge;
            }
        }
        for (sur_idx row = rows; row < s.room; row++) {
            s.output[row] = -1;
            s.mu[row] = s.mu[0];
        }
        for (sur_idx first = 0; first < rows; first += DENSE_GROUP)
            SUR_TRY(run_group(&s, path, first, err));
        SUR_TRY(give(&s, c, path, w->point + i, taken, err));
        i += taken;
    }
done:
    batch_free(&s);
    return status;
}
