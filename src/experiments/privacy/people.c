/* people.c -- who is a member, and what a model's answers say of a record.
 *
 * Label noise is drawn for all records before membership is, so that it tells nothing
 * about it; standardization (of images: as a whole) and the centre of the targets come
 * from all 2n records for the same reason. Signals: classes, the answer for the true
 * class less the best other one; two classes, its signed distance from 1/2; regression,
 * minus the absolute residual, or the answer itself online, which is exactly normal
 * given the design. */
#include "experiments/privacy/models.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

void privacy_people_free(privacy_people *p)
{
    sur_mat_free(&p->x);
    sur_mat_free(&p->target);
    free(p->label);
    free(p->centre);
    free(p->member);
    sur_split_free(&p->split);
    sur_dataset_free(&p->data);
    *p = (privacy_people){0};
}

static sur_status fill_targets(privacy_people *p, bool centred, sur_error *err)
{
    const sur_idx k = p->outputs, n = p->count;
    sur_status status;
    SUR_TRY(sur_mat_new(&p->target, n, k, err));
    SUR_TRY(sur_alloc(&p->centre, k, sizeof *p->centre, err));
    for (sur_idx i = 0; i < n; i++)
        for (sur_idx j = 0; j < k; j++) {
            const double t =
                p->classes > 2 ? (double)(p->label[i] == (double)j) : p->label[i];
            sur_mat_row(&p->target, i)[j] = t;
            if (centred) p->centre[j] += t / (double)n;
        }
    for (sur_idx i = 0; i < n; i++)
        for (sur_idx j = 0; j < k; j++) sur_mat_row(&p->target, i)[j] -= p->centre[j];

done:
    return status;
}

sur_status privacy_people_new(privacy_people *out, const sur_privacy_options *o,
                              const sur_context *context, sur_error *err)
{
    privacy_people p = {0};
    sur_data_options data = o->data; /* strings stay the caller's */
    sur_idx *order = NULL;
    const bool synthetic = sur_data_is_synthetic(&data);
    sur_status status;

    *out = p;
    data.samples = 2 * o->data.samples;
    data.test_samples = 1;
    if (synthetic)
        SUR_TRY(sur_data_generate(&p.data, &data, data.dimension, NULL, err));
    else {
        SUR_TRY(sur_dataset_view(&p.data, context->input, context->input_size, err));
        if (p.data.test_rows > 0) data.test_samples = p.data.test_rows;
    }
    SUR_TRY(sur_split_make(&p.split, &p.data, &data, 0.0, err));
    if (sur_family_is_conv(o->family) && data.standardize)
        SUR_TRY(sur_split_scale_whole(&p.split, &p.data, &data, err));
    p.count = p.split.train_count;
    p.classes = p.data.classes;
    p.outputs = p.classes > 2 ? p.classes : 1;
    SUR_TRY(sur_mat_new(&p.x, p.count, p.data.cols, err));
    sur_split_rows(&p.x, &p.split, &p.data, p.split.train);
    SUR_TRY(sur_alloc(&p.label, p.count, sizeof *p.label, err));
    for (sur_idx i = 0; i < p.count; i++) p.label[i] = p.split.label[i];
    SUR_TRY(fill_targets(&p, !synthetic || p.classes > 0, err));
    SUR_TRY(sur_alloc(&p.member, p.count, 1, err));
    SUR_TRY(sur_alloc(&order, p.count, sizeof *order, err));
    sur_rng rng = sur_rng_make((uint64_t)o->data.seed, "privacy members", 0);
    sur_rng_permutation(&rng, order, p.count);
    for (sur_idx i = 0; i < p.count / 2; i++) p.member[order[i]] = 1;
    *out = p;
    p = (privacy_people){0};

done:
    free(order);
    privacy_people_free(&p);
    return status;
}

static double cut(double x) { return fmin(1.0, fmax(0.0, x)); }

void privacy_read_answers(privacy_view *view, const privacy_people *people,
                          const sur_privacy_options *o, const sur_mat *answers,
                          uint64_t index)
{
    const sur_idx k = people->outputs;
    const bool raw = o->attack != PRIVACY_LOSS && o->mode == SIGNAL_ONLINE;
    sur_rng rng = sur_rng_make((uint64_t)o->data.seed, "privacy output noise", index);
    for (sur_idx i = 0; i < people->count; i++) {
        const double *t = sur_mat_row(&people->target, i);
        double loss = 0.0, own = 0.0, other = -HUGE_VAL;
        for (sur_idx j = 0; j < k; j++) {
            double f = sur_mat_row(answers, i)[j] + people->centre[j];
            const double want = t[j] + people->centre[j];
            if (o->output_noise > 0.0) {
                if (people->classes) f = cut(f);
                f += o->output_noise * sur_rng_normal(&rng);
            }
            loss += (f - want) * (f - want);
            if (people->classes > 2 && (double)j != people->label[i])
                other = fmax(other, f);
            else
                own = f;
        }
        view->loss[i] = loss;
        if (people->classes == 2) {
            own = (people->label[i] > 0.5 ? 2.0 : -2.0) * (own - 0.5);
            other = 0.0;
        }
        view->signal[i] = people->classes ? own - other : raw ? own : -sqrt(loss);
        if (view->wrong) view->wrong[i] = people->classes && own <= other;
    }
}

void privacy_read_logits(privacy_view *view, const privacy_people *people,
                         const sur_privacy_options *o, const sur_mat *answers,
                         uint64_t index)
{
    const sur_idx k = answers->cols;
    sur_rng rng = sur_rng_make((uint64_t)o->data.seed, "privacy output noise", index);
    if (!people->classes) {
        privacy_read_answers(view, people, o, answers, index);
        return;
    }
    for (sur_idx i = 0; i < people->count; i++) {
        const double *f = sur_mat_row(answers, i);
        const sur_idx c = (sur_idx)people->label[i];
        double sure = sur_confidence(f, k, c), best = -HUGE_VAL;
        for (sur_idx j = 0; j < k; j++)
            if (j != c) best = fmax(best, f[j]);
        if (view->wrong) view->wrong[i] = f[c] <= best;
        if (o->output_noise > 0.0) { /* on the probabilities */
            double p =
                1.0 / (1.0 + exp(-sure)) + o->output_noise * sur_rng_normal(&rng);
            p = fmin(1.0 - 1e-9, fmax(1e-9, p));
            sure = log(p) - log1p(-p);
        }
        view->signal[i] = sure;
        view->loss[i] = sure > 0.0 ? log1p(exp(-sure)) : log1p(exp(sure)) - sure;
    }
}

double privacy_gaussian_epsilon(double sensitivity, double z, double delta)
{
    const double a = 0.5 * sensitivity / z, b = z / sensitivity;
    double low = 0.0, high = 1.0;
    for (int grow = 0; grow < 60; grow++, high *= 2.0)
        if (sur_normal_cdf(a - high * b) -
                exp(high + log(fmax(sur_normal_cdf(-a - high * b), 1e-320))) <=
            delta)
            break;
    for (int step = 0; step < 100; step++) {
        const double e = 0.5 * (low + high), tail = sur_normal_cdf(-a - e * b);
        const double left = tail > 0.0 ? exp(e + log(tail)) : 0.0;
        if (sur_normal_cdf(a - e * b) - left > delta)
            low = e;
        else
            high = e;
    }
    return high;
}
