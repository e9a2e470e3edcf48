/* stream.c -- the training examples as the solvers ask for them: columns of all of
 * them, or, where there are many (DESCENT_TALL), rows of the features, made from the
 * data set as they are needed and forgotten after use. */
#include "experiments/descent/curve.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 256, ROWS = 2048 };

static sur_idx least(sur_idx a, sur_idx b) { return a < b ? a : b; }

bool sur_descent_is_tall(const sur_descent_options *o)
{
    return o->data.samples >= DESCENT_TALL && !sur_descent_is_nested(o);
}

static sur_status stopped(const sur_descent_curve *c, sur_error *err)
{
    if (c->context->stop(c->context->payload))
        return sur_fail(err, SUR_ESTOPPED, "stopped");
    return SUR_OK;
}

static sur_status train_columns(void *payload, sur_idx first, sur_mat *out,
                                sur_error *err)
{
    const sur_descent_curve *c = payload;
    sur_status status = stopped(c, err);
    if (status == SUR_OK)
        status = sur_features_fill(out, &c->problems->features, &c->problems->train,
                                   first, err);
    return status;
}

/* Features of the examples from `first` on. */
static sur_status features_of(const sur_descent_curve *c, sur_idx first, sur_mat *z,
                              sur_error *err)
{
    const sur_descent_problem *p = c->problems;
    sur_mat x = {0};
    sur_status status;
    SUR_TRY(stopped(c, err));
    SUR_TRY(sur_mat_new(&x, z->rows, p->data.cols, err));
    SUR_TRY(sur_split_read(&x, &p->split, p->reader,
                           p->part[DESCENT_TRAIN].rows + first, err));
    SUR_TRY(sur_features_fill(z, &p->features, &x, 0, err));
done:
    sur_mat_free(&x);
    return status;
}

/* With the targets of all problems, side by side. */
static sur_status train_rows(void *payload, sur_idx first, sur_mat *z, sur_mat *y,
                             double *weight, sur_error *err)
{
    const sur_descent_curve *c = payload;
    const sur_idx k = c->problems->outputs;
    const sur_status status = features_of(c, first, z, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < y->rows; i++)
        for (sur_idx v = 0; v < c->problem_count; v++) {
            const sur_descent_problem *p = &c->problems[v];
            const double label = p->part[DESCENT_TRAIN].label[first + i];
            for (sur_idx j = 0; j < k; j++)
                sur_mat_row(y, i)[v * k + j] =
                    sur_descent_target(p, label, j) - p->centre[j];
        }
    for (sur_idx i = 0; weight && i < y->rows; i++)
        weight[i] = c->problems->part[DESCENT_TRAIN].weight[first + i];
    return SUR_OK;
}

/* square[j] += |w_i| z_ij^2, row by row; weight [z->rows], or NULL */
static void add_squares(double *square, const sur_mat *z, const double *weight)
{
    for (sur_idx j = 0; j < z->cols; j++) {
        double sum = 0.0;
        for (sur_idx i = 0; i < z->rows; i++) {
            const double x = sur_mat_row(z, i)[j];
            sum += (weight ? fabs(weight[i]) : 1.0) * x * x;
        }
        square[j] += sum;
    }
}

sur_status sur_descent_squares(double *square, sur_idx count, sur_descent_curve *c,
                               sur_error *err)
{
    const sur_descent_problem *p = c->problems;
    const sur_idx n = c->tall ? p->part[DESCENT_TRAIN].count : p->train.rows;
    const sur_idx high = c->tall ? least(ROWS, n) : n,
                  wide = c->tall ? count : least(COLUMNS, count);
    const double *weight = c->tall ? p->part[DESCENT_TRAIN].weight : p->fit_weight;
    sur_mat block = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&block, high, wide, err));
    for (sur_idx i = 0; i < n; i += high)
        for (sur_idx j = 0; j < count; j += wide) {
            sur_mat z =
                sur_mat_part(&block, 0, least(high, n - i), 0, least(wide, count - j));
            SUR_TRY(c->tall ? features_of(c, i, &z, err)
                            : train_columns(c, j, &z, err));
            add_squares(square + j, &z, weight ? weight + i : NULL);
        }

done:
    sur_mat_free(&block);
    return status;
}

/* Points that come after others that were solved in another way. */
typedef struct later {
    sur_idx before;
    sur_curve_take take;
    void *payload;
} later;

static sur_status take_later(void *payload, sur_idx point, const sur_mat *b,
                             const sur_curve_fit *fit, sur_error *err)
{
    const later *l = payload;
    return l->take(l->payload, l->before + point, b, fit, err);
}

sur_status sur_descent_solve(sur_descent_curve *c, const sur_curve_point *points,
                             sur_idx count, sur_curve_take take, void *payload,
                             sur_error *err)
{
    const sur_descent_problem *p = c->problems;
    const sur_rows rows = {.rows = p->part[DESCENT_TRAIN].count,
                           .cols = sur_features_limit(&p->features),
                           .outputs = p->outputs * c->problem_count,
                           .weighted = p->part[DESCENT_TRAIN].weight != NULL,
                           .fill = train_rows,
                           .payload = c};
    const sur_columns columns = {.rows = p->train.rows,
                                 .cols = c->stops[c->finite - 1].width,
                                 .fill = train_columns,
                                 .payload = c};
    later rest = {0, take, payload};
    sur_status status = SUR_OK;

    while (c->tall && rest.before < count && points[rest.before].width <= rows.rows)
        rest.before++;
    if (rest.before > 0)
        SUR_TRY(sur_tall_solve(&rows, points, rest.before, take, payload, err));
    if (rest.before < count)
        SUR_TRY(sur_curve_solve(&columns, c->targets.data ? &c->targets : &p->target,
                                p->fit_weight, points + rest.before,
                                count - rest.before, take_later, &rest, err));

done:
    return status;
}
