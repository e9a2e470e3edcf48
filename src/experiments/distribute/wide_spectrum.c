/* wide_spectrum.c -- what a run of a network may assume: the eigenvalues of K = J J'
 * where it begins, J (N k x dim) the derivative of all outputs by what is sent.
 *
 * Residuals of a wide network move by r <- r - eta K r, with a K that hardly changes
 * (Jacot, Gabriel, Hongler, "Neural tangent kernel", NeurIPS 2018). Where J is small
 * enough to be held, K is made and both ends of its spectrum are known; else only the
 * largest eigenvalue, by power iteration. */
#include "base/memory.h"
#include "base/try.h"
#include "experiments/distribute/linear.h"
#include "experiments/distribute/wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    POWER_STEPS = 40,
    HELD = 20000000, /* numbers of J */
    OUTPUTS = 6000   /* its rows */
};
static const char flat[] =
    "the network's derivative is zero or not finite at the start";

/* g += J' J u over all nodes, J by central differences along u (of norm 1) at v. */
static sur_status curve(const distribute_task *task, double *g, const double *u,
                        const double *v, double *at, double *part, sur_error *err)
{
    const double h = 1e-4;
    wide *w = task->self;
    sur_mat ahead = {0};
    sur_status status = SUR_OK;
    SUR_TRY(sur_mat_new(&ahead, w->data->n, w->k, err));
    for (int side = 0; side < 3; side++) { /* f(v + hu), f(v - hu), then J' at v */
        const double move = side == 0 ? h : side == 1 ? -h : 0.0;
        for (sur_idx j = 0; j < task->dim; j++) at[j] = v[j] + move * u[j];
        SUR_TRY(wide_place(w, task->dim, at, err));
        for (sur_idx i = 0; i < task->nodes; i++) {
            const sur_idx first = w->data->first[i],
                          rows = w->data->first[i + 1] - first;
            sur_mat x, a0, out = wide_top(&w->out, rows),
                           to = wide_rows(&ahead, first, rows);
            if (rows == 0) continue;
            wide_examples(w, i, &x, &a0);
            wide_forward(w, &x, &a0);
            if (side < 2) {
                sur_mat_axpy(&to, (side ? -0.5 : 0.5) / h, &out);
                continue;
            }
            sur_mat_copy(&out, &to);
            SUR_TRY(wide_backward(w, part, task->dim, &x, err));
            for (sur_idx j = 0; j < task->dim; j++) g[j] += part[j];
        }
    }

done:
    sur_mat_free(&ahead);
    return status;
}

/* The largest eigenvalue of J' J where v begins, by power iteration to 1 %. */
static sur_status curvature(double *most, const distribute_task *task, sur_error *err)
{
    const sur_idx dim = task->dim;
    double *block = NULL;
    sur_rng rng = sur_rng_make(0, "wide curvature", 0);
    sur_status status;
    SUR_TRY(sur_alloc(&block, 5 * dim, sizeof *block, err));
    double *u = block, *g = u + dim, *at = g + dim, *part = at + dim, *v = part + dim;
    if (task->start) memcpy(v, task->start, (size_t)dim * sizeof *v);
    sur_rng_normals(&rng, u, dim, 1.0);
    *most = 0.0;
    for (int step = 0; step < POWER_STEPS; step++) {
        const double norm = sur_norm2(u, dim), before = *most;
        SUR_FAIL_IF(!(norm > 0.0 && isfinite(norm)), SUR_ENUMERIC, flat);
        for (sur_idx j = 0; j < dim; j++) u[j] /= norm;
        memset(g, 0, (size_t)dim * sizeof *g);
        SUR_TRY(curve(task, g, u, v, at, part, err));
        memcpy(u, g, (size_t)dim * sizeof *u);
        *most = sur_norm2(g, dim);
        if (fabs(*most - before) <= 0.01 * *most) break;
    }

done:
    free(block);
    return status;
}

/* J of examples first .. of a node, one output after the other. */
static sur_status derivative(sur_mat *j, wide *w, const distribute_task *task,
                             sur_idx node, sur_error *err)
{
    sur_mat x, a0;
    wide_examples(w, node, &x, &a0);
    for (sur_idx i = 0; i < x.rows; i++) {
        const sur_mat one = wide_rows(&x, i, 1);
        const sur_mat start = w->layer ? wide_rows(&a0, i, 1) : (sur_mat){0};
        for (sur_idx o = 0; o < w->k; o++) {
            wide_forward(w, &one, &start);
            for (sur_idx c = 0; c < w->k; c++) w->out.data[c] = c == o ? 1.0 : 0.0;
            const sur_status status =
                wide_backward(w, sur_mat_row(j, (w->data->first[node] + i) * w->k + o),
                              task->dim, &one, err);
            if (status != SUR_OK) return status;
        }
    }
    return SUR_OK;
}

sur_status wide_spectrum(double *most, double *least, const distribute_task *task,
                         sur_error *err)
{
    wide *w = task->self;
    const sur_idx rows = w->data->n * w->k;
    double *values = NULL, *start = NULL;
    sur_idx count = 0;
    sur_mat j = {0};
    sur_status status;

    *least = 0.0;
    if (task->sketch == 0 || rows > OUTPUTS || task->dim > HELD / rows)
        return curvature(most, task, err);
    SUR_TRY(sur_mat_new(&j, rows, task->dim, err));
    SUR_TRY(sur_alloc(&start, task->dim, sizeof *start, err));
    SUR_TRY(wide_place(w, task->dim, task->start ? task->start : start, err));
    for (sur_idx i = 0; i < task->nodes; i++) SUR_TRY(derivative(&j, w, task, i, err));
    SUR_TRY(distribute_spectrum(&values, NULL, &count, &j, err));
    *most = values[count - 1];
    *least = distribute_least(values, count);
    SUR_FAIL_IF(!(*most > 0.0 && isfinite(*most)), SUR_ENUMERIC, flat);

done:
    free(values);
    free(start);
    sur_mat_free(&j);
    return status;
}
