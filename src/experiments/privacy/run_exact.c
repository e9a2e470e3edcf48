/* run_exact.c -- one trial of --attack theory and of --attack exact.
 *
 * Averages over queries; the standard error joins the spread over queries with the
 * Monte Carlo error of their laws, taken as common to all (queries share designs). */
#include "experiments/privacy/exact.h"
#include "experiments/privacy/theory.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { NUMBERS = 2 + SUR_LEAK_RATES };

/* Sums over queries. */
typedef struct sums {
    double mean[NUMBERS], square[NUMBERS], error[NUMBERS];
    sur_idx count;
} sums;

static void add(sums *s, const sur_leak *leak, const sur_leak *error)
{
    const double x[NUMBERS] = {leak->advantage, leak->auc, leak->tpr[0], leak->tpr[1],
                               leak->tpr[2]};
    for (int j = 0; j < NUMBERS; j++) {
        s->mean[j] += x[j];
        s->square[j] += x[j] * x[j];
    }
    if (error) {
        const double e[NUMBERS] = {error->advantage, error->auc, error->tpr[0],
                                   error->tpr[1], error->tpr[2]};
        for (int j = 0; j < NUMBERS; j++) s->error[j] += e[j];
    }
    s->count++;
}

static void put(privacy_list *list, const sums *s, bool exact)
{
    double mean[NUMBERS], error[NUMBERS];
    const double q = (double)s->count;
    for (int j = 0; j < NUMBERS; j++) {
        mean[j] = s->mean[j] / q;
        const double among =
            s->count > 1 ? (s->square[j] / q - mean[j] * mean[j]) / (q - 1.0) : 0.0;
        const double carlo = exact ? s->error[j] / q : 0.0;
        error[j] = sqrt(fmax(0.0, among) + carlo * carlo);
        if (!exact && s->count == 1) error[j] = (double)NAN;
    }
    const sur_leak leak = {mean[0], mean[1], {mean[2], mean[3], mean[4]}};
    const sur_leak spread = {error[0], error[1], {error[2], error[3], error[4]}};
    privacy_put_leak(list, &leak, &spread);
}

sur_status privacy_run_theory(privacy_list *list, const sur_privacy_options *o,
                              sur_error *err)
{
    const double z = o->output_noise * o->output_noise;
    const bool members_too = o->variant == VARIANT_CORRECTED;
    const sur_idx queries = o->queries > 0 ? o->queries : 1;
    privacy_law sum = {0};
    sums s = {0};

    for (sur_idx q = 0; q < queries; q++) {
        privacy_setting setting = {.n = (double)o->data.samples,
                                   .p = (double)o->width,
                                   .d = (double)o->data.dimension,
                                   .noise = o->data.noise * o->data.noise,
                                   .ridge = o->ridge};
        privacy_query_norms(o, q, &setting.q_p, &setting.q_d);
        const privacy_law law = privacy_theory(&setting);
        const sur_leak leak = privacy_theory_leak(&law, o->knows_label, z, members_too);
        add(&s, &leak, NULL);
        sum.answer_in += law.answer_in / (double)queries;
        sum.answer_out += law.answer_out / (double)queries;
        sum.residual_in += law.residual_in / (double)queries;
        sum.residual_out += law.residual_out / (double)queries;
        sum.loss += law.loss / (double)queries;
    }
    if (isinf(sum.answer_out))
        return sur_fail(err, SUR_ENUMERIC,
                        "least squares has no finite variance at width %lld with %lld "
                        "samples; a ridge, another width or --attack exact has",
                        (long long)o->width, (long long)o->data.samples);
    put(list, &s, false);
    const double zin = members_too ? z : 0.0;
    privacy_put_number(list, "variance_out",
                       (o->knows_label ? sum.residual_out : sum.answer_out) + z);
    privacy_put_number(list, "variance_in",
                       (o->knows_label ? sum.residual_in : sum.answer_in) + zin);
    privacy_put_number(list, "nonmember_loss", sum.loss + z);
    privacy_put_number(list, "member_loss", sum.residual_in + zin);
    privacy_put_number(list, "generalization_gap",
                       sum.residual_out + z - sum.residual_in - zin);
    return SUR_OK;
}

static sur_interval mean_of(const double *x, sur_idx n)
{
    return sur_mean_t(x, n, 0.95);
}

/* All pairs of one query, with the output noise. */
static sur_status draw_all(privacy_pair *pairs, const sur_privacy_options *o, sur_idx q,
                           const sur_context *context, sur_error *err)
{
    const double z = o->output_noise * o->output_noise;
    const double zin = o->variant == VARIANT_CORRECTED ? z : 0.0;
    double q_p, q_d;
    privacy_query_norms(o, q, &q_p, &q_d);
    for (sur_idx k = 0; k < o->draws; k++) {
        if (context->stop(context->payload))
            return sur_fail(err, SUR_ESTOPPED, "stopped");
        if (o->problem == PROBLEM_LINEAR)
            pairs[k] = privacy_draw_linear(o, q_p, q_d, k);
        else {
            const sur_status status = privacy_draw_design(&pairs[k], o, q, k, err);
            if (status != SUR_OK) return status;
        }
        pairs[k].out += z;
        pairs[k].in += zin;
        pairs[k].loss += z;
    }
    return SUR_OK;
}

/* The published estimate; its interval is the spread over queries. */
static void put_histogram(privacy_list *list, const double *advantage, sur_idx queries,
                          double bias)
{
    privacy_put(list, "advantage", NULL, mean_of(advantage, queries), queries);
    privacy_put_number(list, "histogram_bias", bias / (double)queries);
}

sur_status privacy_run_exact(privacy_list *list, const sur_privacy_options *o,
                             const sur_context *context, sur_error *err)
{
    const sur_idx queries = o->queries > 0 ? o->queries : 1, all = queries * o->draws;
    enum { SAMPLES = 100000 };
    privacy_pair *pairs = NULL;
    double *x = NULL, *advantage = NULL, bias = 0.0;
    sums s = {0};
    sur_status status;

    SUR_TRY(sur_alloc(&pairs, all, sizeof *pairs, err));
    SUR_TRY(sur_alloc(&x, all, sizeof *x, err));
    SUR_TRY(sur_alloc(&advantage, queries, sizeof *advantage, err));
    for (sur_idx q = 0; q < queries; q++) {
        privacy_pair *own = pairs + q * o->draws;
        sur_leak leak, error;
        SUR_TRY(draw_all(own, o, q, context, err));
        if (o->estimator == ESTIMATOR_HISTOGRAM) {
            sur_rng rng =
                sur_rng_make((uint64_t)o->data.seed, "privacy histogram", (uint64_t)q);
            double b;
            SUR_TRY(privacy_histogram(&advantage[q], &b, own, o->draws, SAMPLES, &rng,
                                      err));
            bias += b;
            continue;
        }
        SUR_TRY(privacy_mixtures(&leak, &error, own, o->draws, err));
        add(&s, &leak, &error);
    }
    if (o->estimator == ESTIMATOR_HISTOGRAM)
        put_histogram(list, advantage, queries, bias);
    else
        put(list, &s, true);
    static const char *const names[] = {"variance_out", "variance_in",
                                        "nonmember_loss"};
    for (int which = 0; which < 3; which++) {
        for (sur_idx i = 0; i < all; i++)
            x[i] = which == 0 ? pairs[i].out : which == 1 ? pairs[i].in : pairs[i].loss;
        privacy_put(list, names[which], NULL, mean_of(x, all), all);
    }

done:
    free(pairs);
    free(x);
    free(advantage);
    return status;
}
