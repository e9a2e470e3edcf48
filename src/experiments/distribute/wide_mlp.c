/* wide_mlp.c -- the network of wide.h as a task of M shares. */
#include "experiments/distribute/linear.h"
#include "experiments/distribute/wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/try.h"

enum { SPARSE_ENTRIES = 2 };
#define CURVATURE_ROOM 2.0 /* a step of 1 / L: L grows a little on the way */

static sur_status gradient(void *self, const double *v, double *g, double *loss,
                           sur_error *err)
{
    const wide_share *s = self;
    wide *w = s->task->self;
    const sur_idx first = w->data->first[s->node],
                  rows = w->data->first[s->node + 1] - first;
    sur_mat x, a0, out = wide_top(&w->out, rows);
    const sur_mat y = wide_rows(&w->data->target, first, rows);
    sur_status status;

    memset(g, 0, (size_t)s->task->dim * sizeof *g);
    *loss = 0.0;
    if (rows == 0) return SUR_OK;
    SUR_TRY(wide_place(w, s->task->dim, v, err));
    wide_examples(w, s->node, &x, &a0);
    wide_forward(w, &x, &a0);
    sur_mat_axpy(&out, -1.0 / w->unit, &y);
    *loss = pow(w->unit * sur_mat_norm(&out), 2.0);
    status = wide_backward(w, g, s->task->dim, &x, err);

done:
    return status;
}

/* ---- scores ---- */

static sur_status score(const distribute_task *task, distribute_score *out,
                        const double *v, bool test, sur_error *err)
{
    wide *w = task->self;
    const distribute_data *data = w->data;
    sur_mat answers = {0};
    sur_status status;

    *out = (distribute_score){.test_loss = nan(""), .test_error = nan("")};
    SUR_TRY(wide_place(w, task->dim, v, err));
    for (sur_idx i = 0; i < task->nodes; i++) {
        const sur_idx first = data->first[i], rows = data->first[i + 1] - first;
        sur_mat x, a0, r = wide_top(&w->out, rows);
        const sur_mat y = wide_rows(&data->target, first, rows);
        wide_examples(w, i, &x, &a0);
        if (rows == 0) continue;
        wide_forward(w, &x, &a0);
        sur_mat_axpy(&r, -1.0 / w->unit, &y);
        out->loss += pow(w->unit * sur_mat_norm(&r), 2.0);
    }
    if (!test) goto done;
    if (w->layer) SUR_TRY(wide_model(w, err));
    out->norm = sur_norm2(w->theta, w->all);
    SUR_TRY(sur_mat_new(&answers, data->test, w->k, err));
    SUR_TRY(wide_answer(w, &answers, &data->probe, err));
    for (sur_idx i = 0; i < answers.rows; i++)
        for (sur_idx j = 0; j < answers.cols; j++)
            sur_mat_row(&answers, i)[j] *= w->unit;
    status = distribute_judge(out, data, &answers);

done:
    sur_mat_free(&answers);
    return status;
}

/* ---- the task ---- */

static void release(distribute_task *task)
{
    wide *w = task->self;
    if (!w) return;
    sur_mat *const mats[] = {&w->f1,  &w->slope1, &w->a, &w->slope2,
                             &w->out, &w->z,      &w->a0};
    for (size_t k = 0; k < sizeof mats / sizeof *mats; k++) sur_mat_free(mats[k]);
    free(w->places);
    free(w->first);
    free(w->theta);
    free(w->gradient);
    free(w->last);
    free(w->share);
    free(w);
}

static void draw(const wide *w, uint64_t seed)
{
    for (int layer = 1; layer <= (w->n2 ? 3 : 2); layer++) {
        const sur_mat m = wide_weights(w, w->first, layer);
        sur_rng rng = sur_rng_make(seed, "wide-mlp", (uint64_t)layer);
        sur_rng_normals(&rng, m.data, m.rows * m.cols, 1.0 / sqrt((double)m.rows));
    }
}

static sur_status make_room(wide *w, sur_idx dim, sur_error *err)
{
    const bool whole = !w->layer;
    sur_status status;
    SUR_TRY(sur_alloc(&w->first, w->all, sizeof *w->first, err));
    SUR_TRY(sur_alloc(&w->theta, w->all, sizeof *w->theta, err));
    SUR_TRY(sur_alloc(&w->gradient, whole ? w->all : 0, sizeof *w->gradient, err));
    SUR_TRY(sur_alloc(&w->last, dim, sizeof *w->last, err));
    SUR_TRY(sur_alloc(&w->share, w->data->nodes, sizeof *w->share, err));
    SUR_TRY(sur_mat_new(&w->f1, w->most, w->n1, err));
    SUR_TRY(sur_mat_new(&w->slope1, whole ? w->most : 0, w->n1, err));
    SUR_TRY(sur_mat_new(&w->a, w->most, w->n, err));
    SUR_TRY(sur_mat_new(&w->slope2, w->most, w->n, err));
    SUR_TRY(sur_mat_new(&w->out, w->most, w->k, err));
    w->last[0] = NAN; /* equal to nothing */

done:
    return status;
}

/* v begins at theta_0 (all), 0 (global) or (0, W_3^0) (layer). */
static sur_status set_start(distribute_task *task, const wide *w, sur_error *err)
{
    sur_status status = SUR_OK;
    if (w->sketch.cols && !w->layer) return SUR_OK;
    SUR_TRY(sur_alloc(&task->start, task->dim, sizeof *task->start, err));
    if (w->layer && w->n2) {
        const sur_mat from = wide_weights(w, w->first, 3);
        sur_mat to = wide_last(w, task->start);
        sur_mat_copy(&to, &from);
    }
    if (!w->layer) memcpy(task->start, w->first, (size_t)w->all * sizeof *task->start);

done:
    return status;
}

static sur_status shape(wide *w, const distribute_data *data,
                        const sur_distribute_options *options, sur_idx d,
                        sur_error *err)
{
    *w = (wide){.data = data,
                .p = data->inputs,
                .n1 = options->width,
                .n2 = options->hidden,
                .k = data->outputs,
                .n = options->hidden ? options->hidden : data->outputs,
                .layer = d > 0 && options->scheme == SCHEME_LAYER,
                .unit = sqrt(data->square / (double)(data->n * data->outputs)),
                .most = 1};
    w->all = distribute_wide_mlp_parameters(options, w->p, w->k);
    for (sur_idx i = 0; i < data->nodes; i++)
        if (data->first[i + 1] - data->first[i] > w->most)
            w->most = data->first[i + 1] - data->first[i];
    const sur_idx rows = w->layer ? w->n1 : w->all;
    if (d > rows)
        return sur_fail(err, SUR_EINVAL,
                        "sketch_size %lld is more than the %lld %s that are sketched",
                        (long long)d, (long long)rows,
                        w->layer ? "units of the wide layer" : "parameters");
    if (d)
        w->sketch = (sur_sketch){.kind = (sur_sketch_kind)options->sketch,
                                 .rows = rows,
                                 .cols = d,
                                 .nonzeros = SPARSE_ENTRIES,
                                 .seed = (uint64_t)options->data.seed};
    return SUR_OK;
}

sur_idx distribute_wide_mlp_sketch(const sur_distribute_options *options, sur_idx n,
                                   sur_idx inputs, sur_idx outputs)
{
    const bool layer = options->scheme == SCHEME_LAYER;
    const sur_idx d = layer ? 3 * n : 6 * n * outputs;
    const sur_idx rows = layer
                             ? options->width
                             : distribute_wide_mlp_parameters(options, inputs, outputs);
    return d < rows ? d : 0;
}

sur_idx distribute_wide_mlp_parameters(const sur_distribute_options *options,
                                       sur_idx inputs, sur_idx outputs)
{
    const sur_idx n1 = options->width, n2 = options->hidden;
    return n1 * (inputs + (n2 ? n2 : outputs)) + n2 * outputs;
}

sur_status distribute_wide_mlp_new(distribute_task *out, const distribute_data *data,
                                   const sur_distribute_options *options, sur_idx d,
                                   sur_error *err)
{
    wide *w = NULL;
    double most = 0.0, least = 0.0;
    sur_status status;

    *out = (distribute_task){.nodes = data->nodes,
                             .sketch = d,
                             .target = options->tolerance * data->square,
                             .uncertain = true,
                             .score = score,
                             .release = release};
    SUR_TRY(sur_alloc(&w, 1, sizeof *w, err));
    out->self = w;
    SUR_TRY(shape(w, data, options, d, err));
    out->width = w->all;
    out->dim = d == 0 ? w->all : w->layer ? d * w->n + w->n2 * w->k : d;
    SUR_TRY(make_room(w, out->dim, err));
    draw(w, (uint64_t)options->data.seed);
    if (d && w->sketch.kind == SUR_SKETCH_SPARSE)
        SUR_TRY(sur_sketch_places(&w->places, &w->sketch, err));
    w->sketch.places = w->places;
    if (w->layer) SUR_TRY(wide_features(w, err));
    SUR_TRY(set_start(out, w, err));
    SUR_TRY(wide_spectrum(&most, &least, out, err));
    out->high = CURVATURE_ROOM * most;
    out->low = least;
    SUR_TRY(sur_alloc(&out->part, data->nodes, sizeof *out->part, err));
    for (sur_idx i = 0; i < data->nodes; i++) {
        w->share[i] = (wide_share){out, i};
        out->part[i] = (distribute_part){
            .self = &w->share[i], .gradient = gradient, .curvature = most};
    }

done:
    if (status != SUR_OK) distribute_task_free(out);
    return status;
}
