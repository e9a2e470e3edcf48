/* linear.c -- least squares on features, whole or sketched, as a task of M shares.
 *
 * Z = X S (N x d), or X itself (d = D). Node i holds rows Z_i and targets y_i:
 *
 *     r_i = Z_i v - y_i,   g_i = Z_i' r_i,   Hessian Z' Z.
 *
 * With one output Z is read from memory once for both (rows.h).
 *
 * L and mu are the largest and the least non-zero eigenvalue of Z Z'; all nodes are
 * taken to know them, for every method alike. */
#include "experiments/distribute/linear.h"
#include "experiments/distribute/rows.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { COLUMNS = 512, SKETCHED = 2048 }; /* of X made at a time */
#define NULL_SPACE                                                     \
    1e-10 /* an eigenvalue counts as zero below this times the largest \
           */

/* What the parts of a task share. */
typedef struct linear {
    const distribute_data *data;
    sur_sketch sketch;
    sur_mat z; /* n x (d or D) */
    struct share *share;
} linear;

typedef struct share {
    sur_mat z, y, r; /* N_i x d, N_i x k, N_i x k */
} share;

static sur_status gradient(void *self, const double *v, double *g, double *loss,
                           sur_error *err)
{
    const share *s = self;
    const sur_idx k = s->y.cols, d = s->z.cols;
    sur_mat model = {(double *)(uintptr_t)v, d, k, k}, out = {g, d, k, k};
    sur_mat r = s->r;
    (void)err;
    if (k == 1) {
        distribute_rows(r.data, g, &s->z, v, s->y.data);
    } else {
        sur_mat_copy(&r, &s->y);
        sur_mat_multiply(&r, 1.0, &s->z, SUR_PLAIN, &model, SUR_PLAIN, -1.0);
        sur_mat_multiply(&out, 1.0, &s->z, SUR_TRANSPOSED, &r, SUR_PLAIN, 0.0);
    }
    const double norm = sur_mat_norm(&r);
    *loss = norm * norm;
    return SUR_OK;
}

/* ---- Z, one pass over the columns ---- */

static sur_status make_z(linear *l, sur_error *err)
{
    const distribute_data *data = l->data;
    const bool sketched = l->sketch.cols > 0;
    sur_mat block = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&l->z, data->n, sketched ? l->sketch.cols : data->width, err));
    if (sketched) SUR_TRY(sur_mat_new(&block, data->n, SKETCHED, err));
    for (sur_idx c = 0; c < data->width; c += SKETCHED) {
        const sur_idx count = data->width - c < SKETCHED ? data->width - c : SKETCHED;
        sur_mat part = sketched ? sur_mat_part(&block, 0, data->n, 0, count)
                                : sur_mat_part(&l->z, 0, data->n, c, count);
        SUR_TRY(distribute_columns(&part, NULL, data, c, err));
        if (sketched) SUR_TRY(sur_sketch_columns(&l->z, &l->sketch, &part, c, err));
    }

done:
    sur_mat_free(&block);
    return status;
}

sur_status distribute_finite(const sur_mat *gram, sur_error *err)
{
    if (isfinite(sur_mat_norm(gram))) return SUR_OK;
    return sur_fail(err, SUR_ENUMERIC,
                    "products of the features are not finite: a column is too large "
                    "(--standardize)");
}

sur_status distribute_spectrum(double **values, sur_mat *vectors, sur_idx *count,
                               const sur_mat *z, sur_error *err)
{
    const bool wide = z->cols >= z->rows;
    const sur_idx m = wide ? z->rows : z->cols;
    sur_mat gram = {0};
    sur_status status;

    *values = NULL;
    *count = m;
    SUR_TRY(sur_mat_new(&gram, m, m, err));
    SUR_TRY(sur_alloc(values, m, sizeof **values, err));
    sur_mat_multiply(&gram, 1.0, z, wide ? SUR_PLAIN : SUR_TRANSPOSED, z,
                     wide ? SUR_TRANSPOSED : SUR_PLAIN, 0.0);
    SUR_TRY(distribute_finite(&gram, err));
    if (vectors) SUR_TRY(sur_mat_new(vectors, m, m, err));
    SUR_TRY(sur_eigen(*values, vectors, &gram, err));

done:
    sur_mat_free(&gram);
    return status;
}

double distribute_least(const double *values, sur_idx count)
{
    const double high = count ? values[count - 1] : 0.0;
    for (sur_idx i = 0; i < count; i++)
        if (values[i] > NULL_SPACE * high) return values[i];
    return high;
}

static sur_status set_spectrum(distribute_task *task, const linear *l, sur_error *err)
{
    double *values = NULL;
    sur_idx count = 0;
    sur_status status;

    SUR_TRY(distribute_spectrum(&values, NULL, &count, &l->z, err));
    task->high = count ? values[count - 1] : 0.0;
    task->low = distribute_least(values, count);
    SUR_FAIL_IF(!(task->high > 0.0), SUR_EINVAL, "every feature is zero");

done:
    free(values);
    return status;
}

/* The largest eigenvalue of Z_i Z_i', by the smaller Gram matrix. */
static sur_status set_curvature(distribute_part *part, const share *s, sur_error *err)
{
    double *values = NULL;
    sur_idx count = 0;
    part->curvature = 0.0;
    if (s->z.rows == 0) return SUR_OK;
    const sur_status status = distribute_spectrum(&values, NULL, &count, &s->z, err);
    if (status == SUR_OK) part->curvature = values[count - 1];
    free(values);
    return status;
}

/* ---- scores ---- */

/* w (count x k) = rows first .. of the model. */
static sur_status model_rows(sur_mat *w, const linear *l, const sur_mat *v,
                             double *room, sur_idx first, sur_error *err)
{
    const sur_idx k = w->cols, d = v->rows;
    if (l->sketch.cols == 0) {
        const sur_mat from = sur_mat_part(v, first, w->rows, 0, k);
        sur_mat_copy(w, &from);
        return SUR_OK;
    }
    for (sur_idx j = 0; j < k; j++) {
        double *column = room + d;
        for (sur_idx i = 0; i < d; i++) room[i] = sur_mat_row(v, i)[j];
        for (sur_idx i = 0; i < w->rows; i++) column[i] = 0.0;
        const sur_status status =
            sur_sketch_expand(column, &l->sketch, 1.0, room, first, w->rows, err);
        if (status != SUR_OK) return status;
        for (sur_idx i = 0; i < w->rows; i++) sur_mat_row(w, i)[j] = column[i];
    }
    return SUR_OK;
}

sur_status distribute_judge(distribute_score *out, const distribute_data *data,
                            const sur_mat *answers)
{
    double square = 0.0;
    sur_idx wrong = 0;
    for (sur_idx i = 0; i < data->test; i++) {
        const double *a = sur_mat_row(answers, i), label = data->label[i];
        double best = -HUGE_VAL, guess = 0.0;
        for (sur_idx j = 0; j < data->outputs; j++) {
            const double f = a[j] + data->centre[j];
            const double t = data->classes > 2 ? (double)(label == (double)j) : label;
            square += (f - t) * (f - t);
            if (f > best) best = f, guess = (double)j;
        }
        if (data->classes == 2) guess = a[0] + data->centre[0] > 0.5 ? 1.0 : 0.0;
        wrong += data->classes > 0 && guess != label;
    }
    out->test_loss = data->test ? square / (double)data->test : nan("");
    out->test_error =
        data->test && data->classes ? (double)wrong / (double)data->test : nan("");
    return SUR_OK;
}

/* Adds the block w of rows first .. to the norm and to what the test part needs. */
static sur_status add_block(distribute_score *out, sur_mat *answers, sur_mat *probe,
                            const distribute_data *data, const sur_mat *w,
                            sur_idx first, sur_error *err)
{
    const double norm = sur_mat_norm(w);
    out->norm += norm * norm;
    if (data->truth) {
        out->test_loss += distribute_truth_loss(data, w, first);
        return SUR_OK;
    }
    if (data->test == 0) return SUR_OK;
    sur_mat part = sur_mat_part(probe, 0, data->test, 0, w->rows);
    const sur_status status = distribute_columns(NULL, &part, data, first, err);
    if (status == SUR_OK)
        sur_mat_multiply(answers, 1.0, &part, SUR_PLAIN, w, SUR_PLAIN, 1.0);
    return status;
}

double distribute_truth_loss(const distribute_data *data, const sur_mat *w,
                             sur_idx first)
{
    const double decay = data->options->decay;
    double sum = 0.0;
    for (sur_idx i = 0; i < w->rows; i++) {
        const double gap = sur_mat_row(w, i)[0] - data->truth[first + i];
        sum += gap * gap * (decay == 0.0 ? 1.0 : pow((double)(first + i + 1), -decay));
    }
    return sum;
}

static sur_status score(const distribute_task *task, distribute_score *out,
                        const double *v, bool test, sur_error *err)
{
    const linear *l = task->self;
    const distribute_data *data = l->data;
    const sur_idx k = data->outputs, d = l->z.cols;
    const sur_mat model = {(double *)(uintptr_t)v, d, k, k};
    sur_mat r = {0}, w = {0}, probe = {0}, answers = {0};
    double *room = NULL;
    sur_status status;

    *out = (distribute_score){.test_loss = nan(""), .test_error = nan("")};
    SUR_TRY(sur_mat_new(&r, data->n, k, err));
    sur_mat_copy(&r, &data->target);
    sur_mat_multiply(&r, 1.0, &l->z, SUR_PLAIN, &model, SUR_PLAIN, -1.0);
    out->loss = sur_mat_norm(&r);
    out->loss *= out->loss;
    if (!test) goto done;
    out->test_loss = data->noise * data->noise;
    SUR_TRY(sur_mat_new(&w, COLUMNS, k, err));
    SUR_TRY(sur_alloc(&room, d + COLUMNS, sizeof *room, err));
    if (!data->truth) SUR_TRY(sur_mat_new(&probe, data->test, COLUMNS, err));
    if (!data->truth) SUR_TRY(sur_mat_new(&answers, data->test, k, err));
    for (sur_idx c = 0; c < data->width; c += COLUMNS) {
        const sur_idx count = data->width - c < COLUMNS ? data->width - c : COLUMNS;
        sur_mat rows = sur_mat_part(&w, 0, count, 0, k);
        SUR_TRY(model_rows(&rows, l, &model, room, c, err));
        SUR_TRY(add_block(out, &answers, &probe, data, &rows, c, err));
    }
    out->norm = sqrt(out->norm);
    if (!data->truth) SUR_TRY(distribute_judge(out, data, &answers));

done:
    free(room);
    sur_mat_free(&r);
    sur_mat_free(&w);
    sur_mat_free(&probe);
    sur_mat_free(&answers);
    return status;
}

/* ---- the task ---- */

static void release(distribute_task *task)
{
    linear *l = task->self;
    if (!l) return;
    for (sur_idx i = 0; l->share && i < task->nodes; i++) sur_mat_free(&l->share[i].r);
    free(l->share);
    sur_mat_free(&l->z);
    free(l);
}

void distribute_task_free(distribute_task *task)
{
    if (task->release) task->release(task);
    free(task->part);
    free(task->start);
    *task = (distribute_task){0};
}

void distribute_linear_rows(const distribute_task *task, sur_idx node, sur_mat *z,
                            sur_mat *y)
{
    const linear *l = task->self;
    *z = l->share[node].z;
    *y = l->share[node].y;
}

sur_status distribute_linear_new(distribute_task *out, const distribute_data *data,
                                 const sur_distribute_options *options, sur_idx d,
                                 sur_error *err)
{
    const sur_idx nodes = data->nodes, k = data->outputs;
    distribute_task task = {.nodes = nodes,
                            .width = data->width * k,
                            .sketch = d,
                            .dim = (d ? d : data->width) * k,
                            .target = options->tolerance * data->square,
                            .score = score,
                            .release = release};
    linear *l = NULL;
    sur_status status;

    *out = (distribute_task){0};
    SUR_TRY(sur_alloc(&l, 1, sizeof *l, err));
    task.self = l;
    l->data = data;
    if (d)
        l->sketch = (sur_sketch){.kind = (sur_sketch_kind)options->sketch,
                                 .rows = data->width,
                                 .cols = d,
                                 .seed = (uint64_t)options->data.seed};
    SUR_TRY(make_z(l, err));
    SUR_TRY(set_spectrum(&task, l, err));
    SUR_TRY(sur_alloc(&task.part, nodes, sizeof *task.part, err));
    SUR_TRY(sur_alloc(&l->share, nodes, sizeof *l->share, err));
    for (sur_idx i = 0; i < nodes; i++) {
        share *s = &l->share[i];
        const sur_idx first = data->first[i], count = data->first[i + 1] - first;
        s->z = sur_mat_part(&l->z, first, count, 0, l->z.cols);
        s->y = sur_mat_part(&data->target, first, count, 0, k);
        SUR_TRY(sur_mat_new(&s->r, count, k, err));
        task.part[i] = (distribute_part){.self = s, .gradient = gradient};
        if (options->compress >= DISTRIBUTE_CHOCO)
            SUR_TRY(set_curvature(&task.part[i], s, err));
    }
    *out = task;
    task = (distribute_task){0};

done:
    distribute_task_free(&task);
    return status;
}
