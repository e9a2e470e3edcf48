/* problem.c -- splits the data, marks what is to be forgotten, prepares the inputs.
 *
 * Images and tables of pixels are scaled as a whole, x -> s (x - m) / d with m and d
 * the mean and the deviation of all training cells; other tables column by column. A
 * model from a file brings its own split and scaling; of the rows that it has never
 * seen every other one validates, unless it has stopped early on validation rows. */
#include "experiments/unlearn/problem.h"

#include "base/memory.h"
#include "base/try.h"
#include "train/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 };

bool unlearn_of_pixels(const sur_dataset *data)
{
    enum { LOOKED_AT = 500, COLUMNS = 16, LOW_MOST = 10, HIGH_MOST = 255 };
    sur_mat row = {0};
    double most = 0.0;
    bool pixels = true;
    if (data->shape[0] > 0) return true;
    if (data->cols < COLUMNS || sur_mat_new(&row, 1, data->cols, NULL) != SUR_OK)
        return false;
    const sur_idx rows = data->rows < LOOKED_AT ? data->rows : LOOKED_AT;
    for (sur_idx i = 0; i < rows && pixels; i++) {
        sur_dataset_rows(&row, data, NULL, i);
        for (sur_idx j = 0; j < data->cols; j++) {
            const double x = row.data[j];
            pixels = pixels && x >= 0.0 && x <= HIGH_MOST && x == floor(x);
            most = fmax(most, x);
        }
    }
    sur_mat_free(&row);
    return pixels && most >= LOW_MOST;
}

sur_network unlearn_network(const sur_unlearn_options *o, const sur_dataset *data)
{
    return sur_train_network(&o->train, o->family, o->width, data->cols, data->classes,
                             o->data.image);
}

sur_features unlearn_features(const unlearn_problem *p)
{
    const sur_unlearn_options *o = p->o;
    const int64_t seed = p->fit.inputs > 0 ? p->fit.options.data.seed : o->data.seed;
    return (sur_features){.family = (sur_family)o->family,
                          .inputs = p->data.cols,
                          .seed = (uint64_t)seed,
                          .bandwidth = o->bandwidth};
}

/* ---- parts ---- */

static sur_status read_data(unlearn_problem *p, sur_error *err)
{
    const sur_fit_options *fitted = &p->fit.options;
    sur_data_options data = p->o->data; /* strings stay the options' */
    if (!sur_data_is_synthetic(&data))
        return sur_dataset_view(&p->data, p->input.data, p->input.data_size, err);
    if (p->fit.inputs > 0) {
        data = fitted->data;
        data.samples += fitted->early_stop ? fitted->validation_samples : 0;
    } else {
        data.samples += p->o->validation_samples;
    }
    return sur_data_generate(&p->data, &data, data.dimension, NULL, err);
}

/* Every other test row becomes a validation row. */
static sur_status halve_test(sur_split *s, sur_error *err)
{
    const sur_idx t = s->test_count, v = t / 2;
    free(s->validation);
    s->validation = NULL;
    const sur_status status = sur_alloc(&s->validation, v, sizeof *s->validation, err);
    if (status != SUR_OK) return status;
    sur_idx validation = 0, test = 0;
    for (sur_idx i = 0; i < t; i++)
        if (i % 2)
            s->validation[validation++] = s->test[i];
        else
            s->test[test++] = s->test[i];
    s->validation_count = v;
    s->test_count = t - v;
    return SUR_OK;
}

/* Training rows that the model was made to forget before are gone from the split. */
static void drop_forgotten(sur_split *s, const sur_fit *fit)
{
    sur_idx kept = 0;
    for (sur_idx i = 0; i < s->train_count; i++) {
        bool gone = false;
        for (sur_idx j = 0; j < fit->forgotten_count && !gone; j++)
            gone = fit->forgotten[j] == s->train[i];
        if (gone) continue;
        s->train[kept] = s->train[i];
        s->label[kept] = s->label[i];
        s->flipped[kept++] = s->flipped[i];
    }
    s->train_count = kept;
}

static sur_status split(unlearn_problem *p, bool scaled, sur_error *err)
{
    const sur_unlearn_options *o = p->o;
    sur_data_options data = o->data; /* strings stay the options' */
    sur_status status;

    if (p->fit.inputs > 0) {
        SUR_TRY(sur_fit_split(&p->split, &p->data, &p->fit.options, err));
        if (p->split.validation_count == 0) SUR_TRY(halve_test(&p->split, err));
        drop_forgotten(&p->split, &p->fit);
        return SUR_OK;
    }
    const double n = (double)data.samples, v = (double)o->validation_samples;
    data.samples += o->validation_samples;
    data.standardize = scaled && data.standardize && o->scaling == SCALING_COLUMN;
    SUR_TRY(sur_split_make(&p->split, &p->data, &data, v / (n + v), err));

done:
    return status;
}

static sur_status number_rows(unlearn_problem *p, sur_error *err)
{
    const sur_split *s = &p->split;
    sur_status status;
    p->n = s->train_count;
    p->v = s->validation_count;
    p->t = s->test_count;
    p->rows = p->n + p->v + p->t;
    p->classes = p->data.classes;
    SUR_FAIL_IF(p->v < 1 || p->t < 1, SUR_EINVAL,
                "%lld rows for validation and %lld for testing: unlearning needs both",
                (long long)p->v, (long long)p->t);
    SUR_TRY(sur_alloc(&p->row, p->rows, sizeof *p->row, err));
    SUR_TRY(sur_alloc(&p->label, p->rows, sizeof *p->label, err));
    memcpy(p->row, s->train, (size_t)p->n * sizeof *p->row);
    memcpy(p->row + p->n, s->validation, (size_t)p->v * sizeof *p->row);
    memcpy(p->row + p->n + p->v, s->test, (size_t)p->t * sizeof *p->row);
    for (sur_idx i = 0; i < p->rows; i++)
        p->label[i] = (int32_t)(i < p->n ? p->set.label[i] : p->data.target[p->row[i]]);

done:
    return status;
}

static sur_status parts(unlearn_problem *p, const void *input, size_t size, bool scaled,
                        char *note, size_t note_size, sur_error *err)
{
    const sur_unlearn_options *o = p->o;
    const bool bias = o->goal == GOAL_BIAS;
    sur_status status;

    SUR_TRY(unlearn_input_view(&p->input, input, size, err));
    if (p->input.model_size > 0)
        SUR_TRY(sur_fit_load_bytes(&p->fit, p->input.model, p->input.model_size, err));
    SUR_TRY(read_data(p, err));
    SUR_TRY(split(p, scaled, err));
    const unlearn_forget_options asked = {.forget = o->forget,
                                          .count = o->forget_count,
                                          .share = o->bias,
                                          .bias = !bias ? UNLEARN_BIAS_NONE
                                                  : o->bias_kind == BIAS_KIND_PATCH
                                                      ? UNLEARN_BIAS_PATCH
                                                      : UNLEARN_BIAS_LABELS,
                                          .patch_class = o->patch_class,
                                          .seed = (uint64_t)o->data.seed};
    SUR_TRY(unlearn_forget_make(&p->set, &asked, &p->data, &p->split, p->input.ids,
                                p->input.id_count, note, note_size, err));
    SUR_TRY(number_rows(p, err));

done:
    return status;
}

sur_status unlearn_problem_parts(unlearn_problem *out, const sur_unlearn_options *o,
                                 const void *input, size_t size, char *note,
                                 size_t note_size, sur_error *err)
{
    *out = (unlearn_problem){.o = o};
    const sur_status status = parts(out, input, size, false, note, note_size, err);
    if (status != SUR_OK) unlearn_problem_free(out);
    return status;
}

/* ---- inputs ---- */

static sur_status scale(unlearn_problem *p, sur_error *err)
{
    sur_split *s = &p->split;
    const sur_unlearn_options *o = p->o;
    const size_t bytes = (size_t)s->cols * sizeof(double);
    if (p->fit.inputs > 0) {
        memcpy(s->median, p->fit.median, bytes);
        memcpy(s->mean, p->fit.mean, bytes);
        memcpy(s->scale, p->fit.scale, bytes);
        return SUR_OK;
    }
    if (o->data.standardize && o->scaling == SCALING_WHOLE) {
        const sur_status status = sur_split_scale_whole(s, &p->data, &o->data, err);
        if (status != SUR_OK) return status;
    }
    if (o->data.standardize)
        for (sur_idx j = 0; j < s->cols; j++) s->scale[j] /= o->input_deviation;
    return SUR_OK;
}

sur_status unlearn_problem_inputs(sur_mat *x, const unlearn_problem *p,
                                  const sur_idx *places, sur_idx first, sur_error *err)
{
    sur_idx *picks;
    const sur_status status = sur_alloc(&picks, x->rows, sizeof *picks, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < x->rows; i++)
        picks[i] = p->row[places ? places[i] : first + i];
    sur_split_rows(x, &p->split, &p->data, picks);
    for (sur_idx i = 0; i < x->rows && p->patch.count > 0; i++) {
        const sur_idx place = places ? places[i] : first + i;
        if (place >= p->n || !p->set.marked[place]) continue;
        unlearn_patch_apply(x, &p->patch, &i, 1);
    }
    free(picks);
    return SUR_OK;
}

/* The patch is made from the training inputs without it. */
static sur_status make_patch(unlearn_problem *p, sur_error *err)
{
    sur_mat x = {0};
    if (p->o->goal != GOAL_BIAS || p->o->bias_kind != BIAS_KIND_PATCH) return SUR_OK;
    sur_status status = sur_mat_new(&x, p->n, p->data.cols, err);
    if (status == SUR_OK) status = unlearn_problem_inputs(&x, p, NULL, 0, err);
    if (status == SUR_OK) status = unlearn_patch_make(&p->patch, &p->data, &x, err);
    sur_mat_free(&x);
    return status;
}

static sur_status fill_inputs(unlearn_problem *p, sur_error *err)
{
    const sur_idx d = p->data.cols;
    sur_mat block = {0};
    sur_status status;
    SUR_TRY(sur_inputs_zero(&p->inputs, p->rows, d, err));
    SUR_TRY(sur_mat_new(&block, p->rows < BLOCK ? p->rows : BLOCK, d, err));
    for (sur_idx first = 0; first < p->rows; first += BLOCK) {
        const sur_idx count = p->rows - first < BLOCK ? p->rows - first : BLOCK;
        sur_mat x = sur_mat_part(&block, 0, count, 0, d);
        SUR_TRY(unlearn_problem_inputs(&x, p, NULL, first, err));
        sur_inputs_put(&p->inputs, first, &x);
    }

done:
    sur_mat_free(&block);
    return status;
}

sur_status unlearn_problem_new(unlearn_problem *out, const sur_unlearn_options *o,
                               const void *input, size_t size, char *note,
                               size_t note_size, sur_error *err)
{
    sur_status status;

    *out = (unlearn_problem){.o = o};
    SUR_TRY(parts(out, input, size, true, note, note_size, err));
    SUR_TRY(scale(out, err));
    SUR_TRY(make_patch(out, err));
    if (sur_family_is_network(o->family)) {
        out->network =
            out->fit.inputs > 0 ? out->fit.network : unlearn_network(o, &out->data);
        SUR_TRY(fill_inputs(out, err));
    }

done:
    if (status != SUR_OK) unlearn_problem_free(out);
    return status;
}

void unlearn_problem_free(unlearn_problem *p)
{
    sur_inputs_free(&p->inputs);
    unlearn_patch_free(&p->patch);
    unlearn_forget_free(&p->set);
    sur_split_free(&p->split);
    sur_dataset_free(&p->data);
    sur_fit_free(&p->fit);
    free(p->row);
    free(p->label);
    *p = (unlearn_problem){0};
}
