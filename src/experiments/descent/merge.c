/* merge.c -- training examples with the same features, as one.
 *
 * Examples i in S with one row z and targets y_i, weights w_i > 0, add
 *   sum_S w_i (z'b - y_i)^2 = W (z'b - y)^2 + const,   W = sum_S w_i, y = sum_S w_i y_i
 * / W to the loss, so that one example of weight W and target y fits the same b, at any
 * width and penalty. Files have such rows, and without this each would make the Gram
 * matrix of every wide model singular, which costs far more than it is worth. */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

typedef struct line {
    const double *x; /* [size / 8] */
    size_t size;     /* bytes */
    sur_idx index;
} line;

static int by_content(const void *a, const void *b)
{
    const line *p = a, *q = b;
    const int order = memcmp(p->x, q->x, p->size);
    if (order) return order;
    return (p->index > q->index) - (p->index < q->index);
}

/* first[i]: the first example with the features of example i. Returns how many are
 * first ones. */
static sur_status find_first(sur_idx *first, sur_idx *distinct, const sur_mat *x,
                             sur_error *err)
{
    line *lines = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&lines, x->rows, sizeof *lines, err));
    for (sur_idx i = 0; i < x->rows; i++)
        lines[i] = (line){sur_mat_row(x, i), (size_t)x->cols * sizeof(double), i};
    qsort(lines, (size_t)x->rows, sizeof *lines, by_content);
    *distinct = 0;
    for (sur_idx k = 0; k < x->rows; k++) {
        const bool same =
            k > 0 && memcmp(lines[k].x, lines[k - 1].x, lines[k].size) == 0;
        first[lines[k].index] = same ? first[lines[k - 1].index] : lines[k].index;
        *distinct += !same;
    }

done:
    free(lines);
    return status;
}

/* Adds example i to the one at place `to`; `weight` [to] is its weight so far. */
static void add_example(sur_mat *target, double *weight, sur_idx to,
                        const sur_mat *from, sur_idx i, double w)
{
    double *mean = sur_mat_row(target, to);
    const double *y = sur_mat_row(from, i);
    weight[to] += w;
    for (sur_idx j = 0; j < target->cols; j++)
        mean[j] += (y[j] - mean[j]) * (w / weight[to]);
}

sur_status sur_descent_merge(sur_descent_problem *problem, sur_error *err)
{
    const double *given = problem->part[DESCENT_TRAIN].weight;
    const sur_idx n = problem->train.rows;
    sur_idx *first = NULL, distinct = 0, count = 0;
    double *weight = NULL;
    sur_mat x = {0}, y = {0};
    sur_status status = SUR_OK;

    for (sur_idx i = 0; given && i < n; i++)
        if (!(given[i] > 0.0)) return SUR_OK;
    SUR_TRY(sur_alloc(&first, n, sizeof *first, err));
    SUR_TRY(find_first(first, &distinct, &problem->train, err));
    if (distinct == n) goto done;
    SUR_TRY(sur_alloc(&weight, distinct, sizeof *weight, err));
    SUR_TRY(sur_mat_new(&x, distinct, problem->train.cols, err));
    SUR_TRY(sur_mat_new(&y, distinct, problem->target.cols, err));
    for (sur_idx i = 0; i < n; i++) {
        sur_idx to = first[i]; /* of an earlier example: replaced by its place */
        if (to == i) {
            to = count++;
            memcpy(sur_mat_row(&x, to), sur_mat_row(&problem->train, i),
                   (size_t)x.cols * sizeof(double));
        } else {
            to = first[to];
        }
        first[i] = to;
        add_example(&y, weight, to, &problem->target, i, given ? given[i] : 1.0);
    }
    sur_mat_free(&problem->train);
    sur_mat_free(&problem->target);
    problem->train = x;
    problem->target = y;
    problem->merged = weight;
    problem->fit_weight = weight;
    x = y = (sur_mat){0};
    weight = NULL;

done:
    free(first);
    free(weight);
    sur_mat_free(&x);
    sur_mat_free(&y);
    return status;
}
