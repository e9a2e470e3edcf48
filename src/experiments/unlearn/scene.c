/* scene.c -- puts together what the trials of a group share. */
#include "experiments/unlearn/course.h"
#include "experiments/unlearn/models.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double unlearn_clock(const unlearn_scene *s)
{
    return s->context->threads > 1 ? sur_clock() : sur_cpu_clock();
}

void unlearn_model_free(unlearn_model *m)
{
    free(m->vector);
    sur_mat_free(&m->b);
    *m = (unlearn_model){0};
}

void unlearn_view_free(unlearn_view *v)
{
    sur_mat_free(&v->answer);
    free(v->class);
    *v = (unlearn_view){0};
}

void unlearn_scene_free(unlearn_scene *s)
{
    for (sur_idx r = 0; s->reference && r < s->references; r++)
        unlearn_model_free(&s->reference[r]);
    for (sur_idx r = 0; s->reference_view && r < s->references; r++)
        unlearn_view_free(&s->reference_view[r]);
    free(s->reference);
    free(s->reference_view);
    unlearn_model_free(&s->original);
    unlearn_view_free(&s->original_view);
    free(s->teacher);
    if (s->memo) unlearn_memo_free(s->memo);
    free(s->memo);
    unlearn_linear_free(&s->linear);
    unlearn_problem_free(&s->problem);
    *s = (unlearn_scene){0};
}

static sur_status fill_teacher(unlearn_scene *s, sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const sur_status status =
        sur_alloc(&s->teacher, p->n * p->classes, sizeof *s->teacher, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < p->n * p->classes; i++)
        s->teacher[i] = (float)s->original_view.answer.data[i];
    return SUR_OK;
}

sur_status unlearn_scene_new(unlearn_scene *out, const sur_unlearn_options *o,
                             sur_idx trial, const sur_context *context, sur_error *err)
{
    unlearn_scene *s = out;
    sur_status status;

    *s = (unlearn_scene){.context = context,
                         .network = sur_family_is_network(o->family)};
    SUR_TRY(unlearn_problem_new(&s->problem, o, context->input, context->input_size,
                                s->note, sizeof s->note, err));
    s->references = s->network ? o->references : 1; /* least squares has one answer */
    SUR_TRY(sur_alloc(&s->reference, s->references, sizeof *s->reference, err));
    SUR_TRY(
        sur_alloc(&s->reference_view, s->references, sizeof *s->reference_view, err));
    if (s->network)
        SUR_TRY(unlearn_models_new(s, trial, err));
    else
        SUR_TRY(unlearn_linear_new(s, err));
    SUR_TRY(unlearn_view_make(&s->original_view, s, &s->original, err));
    for (sur_idx r = 0; r < s->references; r++)
        SUR_TRY(unlearn_view_make(&s->reference_view[r], s, &s->reference[r], err));
    if (s->network) SUR_TRY(fill_teacher(s, err));
    SUR_TRY(sur_alloc(&s->memo, 1, sizeof *s->memo, err));

done:
    if (status != SUR_OK) unlearn_scene_free(s);
    return status;
}

/* ---- answers ---- */

static sur_status answer_network(sur_mat *out, const unlearn_scene *s,
                                 const unlearn_model *model, const sur_mat *x,
                                 sur_error *err)
{
    sur_inputs inputs;
    sur_status status = sur_inputs_new(&inputs, x, err);
    if (status != SUR_OK) return status;
    status =
        sur_network_answer(out, &s->problem.network, model->vector, &inputs, NULL, err);
    sur_inputs_free(&inputs);
    return status;
}

/* z b + centre, z the features of x or their kernel with the training inputs. */
static sur_status answer_linear(sur_mat *out, const unlearn_scene *s,
                                const unlearn_model *model, const sur_mat *x,
                                sur_error *err)
{
    const sur_features features = unlearn_features(&s->problem);
    const sur_mat train = sur_mat_part(&s->linear.x, 0, s->problem.n, 0, x->cols);
    sur_mat z = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&z, x->rows, model->b.rows, err));
    if (s->problem.o->width == SUR_INF)
        SUR_TRY(sur_features_kernel(&z, &features, x, &train, err));
    else
        SUR_TRY(sur_features_fill(&z, &features, x, 0, err));
    sur_mat_multiply(out, 1.0, &z, SUR_PLAIN, &model->b, SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < out->rows; i++)
        for (sur_idx j = 0; j < out->cols; j++)
            out->data[i * out->stride + j] += s->linear.centre[j];

done:
    sur_mat_free(&z);
    return status;
}

sur_status unlearn_answer(sur_mat *out, const unlearn_scene *s,
                          const unlearn_model *model, const sur_mat *x, sur_error *err)
{
    return s->network ? answer_network(out, s, model, x, err)
                      : answer_linear(out, s, model, x, err);
}

sur_status unlearn_view_make(unlearn_view *out, const unlearn_scene *s,
                             const unlearn_model *model, sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const sur_idx k = p->classes;
    unlearn_view view = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&view.answer, p->rows, k, err));
    SUR_TRY(sur_alloc(&view.class, p->rows, sizeof *view.class, err));
    if (s->network)
        SUR_TRY(sur_network_answer(&view.answer, &p->network, model->vector, &p->inputs,
                                   NULL, err));
    else
        SUR_TRY(answer_linear(&view.answer, s, model, &s->linear.x, err));
    for (sur_idx i = 0; i < p->rows; i++) {
        const double *f = view.answer.data + i * k;
        sur_idx best = 0;
        for (sur_idx j = 1; j < k; j++)
            if (f[j] > f[best]) best = j;
        view.class[i] = (int32_t)best;
    }
    *out = view;
    view = (unlearn_view){0};

done:
    unlearn_view_free(&view);
    return status;
}
