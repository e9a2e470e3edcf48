/* linear.c -- least squares on features or a kernel: fitted once, then by deletion.
 *
 * Targets are one-hot, less their shares among all training rows; the centre is part of
 * the protocol and stays as it is when rows are deleted, for the retrained model, too.
 */
#include "experiments/unlearn/scene.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

void unlearn_linear_free(unlearn_linear *l)
{
    unlearn_exact_free(l->exact);
    sur_mat_free(&l->x);
    sur_mat_free(&l->z);
    sur_mat_free(&l->y);
    free(l->centre);
    *l = (unlearn_linear){0};
}

static sur_status fill_targets(unlearn_linear *l, const unlearn_problem *p,
                               sur_error *err)
{
    const sur_idx k = p->classes;
    sur_status status;
    SUR_TRY(sur_alloc(&l->centre, k, sizeof *l->centre, err));
    SUR_TRY(sur_mat_new(&l->y, p->n, k, err));
    for (sur_idx i = 0; i < p->n; i++) l->centre[p->label[i]] += 1.0 / (double)p->n;
    for (sur_idx i = 0; i < p->n; i++)
        for (sur_idx j = 0; j < k; j++)
            l->y.data[i * k + j] = (j == p->label[i] ? 1.0 : 0.0) - l->centre[j];

done:
    return status;
}

static sur_status fill_design(unlearn_linear *l, const unlearn_problem *p,
                              sur_error *err)
{
    const sur_unlearn_options *o = p->o;
    const bool kernel = o->width == SUR_INF;
    const sur_features features = unlearn_features(p);
    sur_status status;
    SUR_TRY(sur_mat_new(&l->x, p->rows, p->data.cols, err));
    SUR_TRY(unlearn_problem_inputs(&l->x, p, NULL, 0, err));
    const sur_mat train = sur_mat_part(&l->x, 0, p->n, 0, l->x.cols);
    SUR_TRY(sur_mat_new(&l->z, p->n, kernel ? p->n : o->width, err));
    if (kernel)
        SUR_TRY(sur_features_kernel(&l->z, &features, &train, &train, err));
    else
        SUR_TRY(sur_features_fill(&l->z, &features, &train, 0, err));

done:
    return status;
}

/* Rows (and, of a kernel, columns) places[0 .. count-1] of from. */
static void pick(sur_mat *to, const sur_mat *from, const sur_idx *places, bool square)
{
    for (sur_idx i = 0; i < to->rows; i++)
        for (sur_idx j = 0; j < to->cols; j++)
            to->data[i * to->stride + j] =
                from->data[places[i] * from->stride + (square ? places[j] : j)];
}

/* The model of the retained rows alone, from the start. */
static sur_status refit(unlearn_model *out, const unlearn_scene *s, sur_error *err)
{
    const unlearn_linear *l = &s->linear;
    const unlearn_problem *p = &s->problem;
    const bool kernel = p->o->width == SUR_INF;
    const sur_idx r = p->set.retain_count, k = p->classes;
    unlearn_exact *fit = NULL;
    sur_mat z = {0}, y = {0};
    sur_status status;

    const double since = unlearn_clock(s);
    SUR_TRY(sur_mat_new(&z, r, kernel ? r : l->z.cols, err));
    SUR_TRY(sur_mat_new(&y, r, k, err));
    SUR_TRY(sur_mat_new(&out->b, l->z.cols, k, err));
    pick(&z, &l->z, p->set.retain, kernel);
    pick(&y, &l->y, p->set.retain, false);
    SUR_TRY((kernel ? unlearn_exact_open_kernel
                    : unlearn_exact_open)(&fit, &z, &y, p->o->ridge, err));
    const sur_mat *b = unlearn_exact_model(fit);
    for (sur_idx i = 0; i < b->rows; i++)
        memcpy(out->b.data + (kernel ? p->set.retain[i] : i) * out->b.stride,
               b->data + i * b->stride, (size_t)k * sizeof(double));
    out->seconds = unlearn_clock(s) - since;

done:
    unlearn_exact_free(fit);
    sur_mat_free(&z);
    sur_mat_free(&y);
    return status;
}

sur_status unlearn_linear_new(unlearn_scene *s, sur_error *err)
{
    unlearn_linear *l = &s->linear;
    const unlearn_problem *p = &s->problem;
    sur_status status;

    SUR_TRY(fill_targets(l, p, err));
    SUR_TRY(fill_design(l, p, err));
    const double since = unlearn_clock(s);
    SUR_TRY((p->o->width == SUR_INF ? unlearn_exact_open_kernel : unlearn_exact_open)(
        &l->exact, &l->z, &l->y, p->o->ridge, err));
    const sur_mat *b = unlearn_exact_model(l->exact);
    SUR_TRY(sur_mat_new(&s->original.b, b->rows, b->cols, err));
    sur_mat_copy(&s->original.b, b);
    s->original.seconds = unlearn_clock(s) - since;
    SUR_TRY(refit(&s->reference[0], s, err));

done:
    return status;
}

sur_status unlearn_linear_delete(unlearn_model *out, const unlearn_scene *s, char *note,
                                 size_t note_size, sur_error *err)
{
    const unlearn_forget *set = &s->problem.set;
    unlearn_exact_report report;
    const double since = unlearn_clock(s);
    sur_status status;

    SUR_TRY(sur_mat_new(&out->b, s->original.b.rows, s->original.b.cols, err));
    SUR_TRY(unlearn_exact_delete(&out->b, &report, s->linear.exact, set->forget,
                                 set->count, err));
    out->seconds = unlearn_clock(s) - since;
    if (report.method == UNLEARN_REFIT)
        unlearn_note(note, note_size, "exact: refitted from the retained rows: %s",
                     report.reason ? report.reason : "no formula serves");
    else
        unlearn_note(note, note_size, "exact: %s",
                     report.method == UNLEARN_PROJECT
                         ? "deleted through the inverse of the Gram matrix"
                         : "deleted by downdating");

done:
    return status;
}
