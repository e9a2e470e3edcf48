/* run_model.c -- one trial on models trained here: train, attack, audit. */
#include "experiments/privacy/audit.h"
#include "experiments/privacy/models.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void privacy_models_free(privacy_models *m)
{
    free(m->target.signal);
    free(m->target.loss);
    free(m->target.wrong);
    free(m->signal_in);
    free(m->loss_in);
    if (m->paired) free(m->signal_out);
    if (m->paired) free(m->loss_out);
    free(m->keep);
}

static sur_status models_new(privacy_models *m, const privacy_people *people,
                             const sur_privacy_options *o, sur_error *err)
{
    const sur_idx n = people->count, all = n * o->shadows;
    sur_status status;
    m->paired = o->attack == PRIVACY_PAIRED;
    SUR_TRY(sur_alloc(&m->target.signal, n, sizeof(double), err));
    SUR_TRY(sur_alloc(&m->target.loss, n, sizeof(double), err));
    SUR_TRY(sur_alloc(&m->target.wrong, n, 1, err));
    SUR_TRY(sur_alloc(&m->signal_in, all, sizeof(double), err));
    SUR_TRY(sur_alloc(&m->loss_in, all, sizeof(double), err));
    m->signal_out = m->signal_in;
    m->loss_out = m->loss_in;
    if (m->paired) {
        m->signal_out = m->loss_out = NULL;
        SUR_TRY(sur_alloc(&m->signal_out, all, sizeof(double), err));
        SUR_TRY(sur_alloc(&m->loss_out, all, sizeof(double), err));
    }
    SUR_TRY(sur_alloc(&m->keep, all, 1, err));
    if (o->shadows > 0)
        SUR_TRY(sur_shadow_halves(m->keep, o->shadows, n, (uint64_t)o->data.seed, err));

done:
    return status;
}

/* Losses become probabilities: exp(-loss) of a cross-entropy; a normal density, up to a
 * factor, with the mean loss of the shadows as its scale, of a squared loss. */
static void to_probabilities(double *x, sur_idx count, double scale)
{
    for (sur_idx i = 0; i < count; i++) x[i] = exp(-x[i] / scale);
}

static sur_status attack(double *score, privacy_models *m, const privacy_people *people,
                         const sur_privacy_options *o, sur_error *err)
{
    const sur_idx n = people->count, all = n * o->shadows;
    if (o->attack == PRIVACY_LOSS) {
        for (sur_idx i = 0; i < n; i++) score[i] = -m->target.loss[i];
        return SUR_OK;
    }
    sur_signals signals = {.models = o->shadows,
                           .records = n,
                           .in = m->signal_in,
                           .out = m->signal_out,
                           .keep = m->keep,
                           .paired = m->paired};
    const bool online = o->mode == SIGNAL_ONLINE;
    if (o->attack != PRIVACY_RMIA)
        return sur_attack_lira(score, &signals, m->target.signal, online,
                               o->spread == SPREAD_FIXED, err);
    double scale = 1.0;
    const bool squared = !privacy_has_odds(o, people);
    if (squared) {
        scale = 2.0 * sur_mean(m->loss_in, all);
        if (!(scale > 0.0)) scale = 1.0;
    }
    double *target;
    sur_status status = sur_alloc(&target, n, sizeof *target, err);
    if (status != SUR_OK) return status;
    memcpy(target, m->target.loss, (size_t)n * sizeof *target);
    to_probabilities(target, n, scale);
    to_probabilities(m->loss_in, all, scale);
    signals.in = signals.out = m->loss_in;
    status = sur_attack_rmia(score, NULL, &signals, target, online, err);
    free(target);
    return status;
}

/* Means over members (side 1) and non-members (side 0). */
static sur_status put_losses(privacy_list *list, const privacy_models *m,
                             const privacy_people *people, sur_error *err)
{
    sur_interval loss[2], variance[2];
    double error[2] = {0}, width = 0.0, *x;
    sur_status status = sur_alloc(&x, people->count, sizeof *x, err);
    if (status != SUR_OK) return status;
    for (int side = 0; side < 2; side++) {
        sur_idx n = 0;
        for (sur_idx i = 0; i < people->count; i++)
            if (people->member[i] == side) x[n++] = m->target.loss[i];
        loss[side] = sur_mean_t(x, n, 0.95);
        width += pow(0.5 * (loss[side].high - loss[side].low), 2.0);
        n = 0;
        for (sur_idx i = 0; i < people->count; i++)
            if (people->member[i] == side) {
                error[side] += m->target.wrong[i];
                x[n++] = m->target.signal[i];
            }
        const double mean = sur_mean(x, n);
        for (sur_idx i = 0; i < n; i++) x[i] = (x[i] - mean) * (x[i] - mean);
        variance[side] = sur_mean_t(x, n, 0.95);
    }
    const sur_idx n = people->count / 2;
    const double gap = loss[0].value - loss[1].value;
    privacy_put(list, "nonmember_loss", NULL, loss[0], n);
    privacy_put(list, "member_loss", NULL, loss[1], n);
    privacy_put(list, "generalization_gap", NULL,
                (sur_interval){gap, gap - sqrt(width), gap + sqrt(width)}, 2 * n);
    privacy_put(list, "variance_out", NULL, variance[0], n);
    privacy_put(list, "variance_in", NULL, variance[1], n);
    if (people->classes)
        privacy_put(list, "nonmember_error", NULL,
                    sur_wilson(error[0], (double)(people->count - n), 0.95), n);
    free(x);
    return SUR_OK;
}

/* What the noise on one answer guarantees: classes only, where answers are bounded. */
static void put_guarantee(privacy_list *list, const privacy_people *people,
                          const sur_privacy_options *o)
{
    if (!(o->output_noise > 0.0) || !people->classes || !(o->delta > 0.0)) return;
    const double sensitivity = o->train.loss == SUR_LOSS_CROSS_ENTROPY
                                   ? sqrt(2.0)
                                   : sqrt((double)people->outputs);
    privacy_put_number(
        list, "epsilon_dp",
        privacy_gaussian_epsilon(sensitivity, o->output_noise, o->delta));
}

sur_status privacy_run_model(privacy_list *list, const sur_privacy_options *o,
                             sur_idx trial, const sur_context *context, char *note,
                             size_t note_size, sur_error *err)
{
    privacy_people people = {0};
    privacy_models models = {0};
    double *score = NULL;
    sur_status status;

    SUR_TRY(privacy_people_new(&people, o, context, err));
    SUR_TRY(models_new(&models, &people, o, err));
    SUR_TRY(sur_alloc(&score, people.count, sizeof *score, err));
    if (sur_family_is_network(o->family))
        SUR_TRY(privacy_train_networks(&models, &people, o, trial, context, err));
    else
        SUR_TRY(privacy_train_hats(&models, &people, o, context, err));
    SUR_TRY(attack(score, &models, &people, o, err));
    for (sur_idx i = 0; i < people.count; i++)
        SUR_FAIL_IF(!isfinite(score[i]), SUR_ENUMERIC,
                    "the score of record %lld is not finite", (long long)i + 1);
    SUR_TRY(privacy_audit(list, o, score, people.member, NULL, people.count, trial,
                          context, note, note_size, err));
    SUR_TRY(put_losses(list, &models, &people, err));
    put_guarantee(list, &people, o);

done:
    free(score);
    privacy_models_free(&models);
    privacy_people_free(&people);
    return status;
}
