/* hats.c -- models that are linear in their targets: every model gives exact answers
 * with and without each record, so that shadows cost one factorization each. And, by
 * cross-entropy, logistic regression on the same features: a few factorizations each,
 * and answers that are one Newton step away. Its offset is the log odds of all records.
 *
 * A ridge of 0 is taken as 1e-10 of the mean squared norm of a record's features: the
 * answers are then those of least norm to about ten digits, and leaving a record out
 * stays exact for the model as it is. */
#include "experiments/privacy/models.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct hats {
    sur_mat z, gram, in, out;
    double mu;
    bool logistic;
    sur_mat odds; /* N x 2: 0 and the log odds, of logistic */
} hats;

static void hats_free(hats *h)
{
    sur_mat_free(&h->z);
    sur_mat_free(&h->gram);
    sur_mat_free(&h->in);
    sur_mat_free(&h->out);
    sur_mat_free(&h->odds);
}

static sur_status hats_new(hats *h, const privacy_people *people,
                           const sur_privacy_options *o, sur_error *err)
{
    const sur_features features = {.family = (sur_family)o->family,
                                   .inputs = people->x.cols,
                                   .seed = (uint64_t)o->data.seed,
                                   .bandwidth = o->bandwidth};
    const sur_idx n = people->count;
    double square = 0.0;
    sur_status status;

    h->logistic = o->train.loss == SUR_LOSS_CROSS_ENTROPY;
    if (h->logistic) SUR_TRY(sur_mat_new(&h->odds, n, 2, err));
    SUR_TRY(sur_mat_new(&h->in, n, people->outputs, err));
    SUR_TRY(sur_mat_new(&h->out, n, people->outputs, err));
    if (o->width == SUR_INF) {
        SUR_TRY(sur_mat_new(&h->gram, n, n, err));
        SUR_TRY(sur_features_kernel(&h->gram, &features, &people->x, &people->x, err));
    } else {
        SUR_TRY(sur_mat_new(&h->z, n, o->width, err));
        SUR_TRY(sur_features_fill(&h->z, &features, &people->x, 0, err));
        if (o->width > n / 2) {
            SUR_TRY(sur_mat_new(&h->gram, n, n, err));
            sur_mat_multiply(&h->gram, 1.0, &h->z, SUR_PLAIN, &h->z, SUR_TRANSPOSED,
                             0.0);
        }
    }
    for (sur_idx i = 0; i < n; i++) {
        if (h->gram.rows) {
            square += sur_mat_row(&h->gram, i)[i] / (double)n;
            continue;
        }
        const double norm = sur_norm2(sur_mat_row(&h->z, i), h->z.cols);
        square += norm * norm / (double)n;
    }
    h->mu = fmax(o->ridge, 1e-10 * square);
    SUR_FAIL_IF(!(h->mu > 0.0 && isfinite(h->mu)), SUR_ENUMERIC,
                "all features are 0 at width %lld", (long long)o->width);

done:
    return status;
}

static sur_status answer(hats *h, const privacy_people *people, const uint8_t *keep,
                         sur_error *err)
{
    const double share = people->centre[0];
    if (h->logistic)
        return sur_paired_logistic(&h->in, &h->out, h->z.rows ? &h->z : NULL,
                                   h->gram.rows ? &h->gram : NULL, people->label,
                                   log(share) - log1p(-share), keep, h->mu, err);
    return sur_paired_answers(&h->in, &h->out, h->z.rows ? &h->z : NULL,
                              h->gram.rows ? &h->gram : NULL, &people->target, keep,
                              h->mu, err);
}

/* The answers the model itself gives. */
static void own(sur_mat *to, const hats *h, const uint8_t *keep)
{
    for (sur_idx i = 0; i < to->rows; i++) {
        const sur_mat *from = keep[i] ? &h->in : &h->out;
        memcpy(sur_mat_row(to, i), sur_mat_row(from, i),
               (size_t)to->cols * sizeof(double));
    }
}

static void read_answers(privacy_view *view, hats *h, const privacy_people *people,
                         const sur_privacy_options *o, const sur_mat *answers,
                         uint64_t index)
{
    for (sur_idx i = 0; i < people->count && h->logistic; i++)
        sur_mat_row(&h->odds, i)[1] = *sur_mat_row(answers, i);
    if (h->logistic)
        privacy_read_logits(view, people, o, &h->odds, index);
    else
        privacy_read_answers(view, people, o, answers, index);
}

sur_status privacy_train_hats(privacy_models *models, const privacy_people *people,
                              const sur_privacy_options *o, const sur_context *context,
                              sur_error *err)
{
    const sur_idx n = people->count;
    hats h = {0};
    sur_mat mine = {0};
    sur_status status;

    models->paired = o->attack == PRIVACY_PAIRED;
    SUR_TRY(hats_new(&h, people, o, err));
    SUR_TRY(sur_mat_new(&mine, n, people->outputs, err));
    SUR_TRY(answer(&h, people, people->member, err));
    own(&mine, &h, people->member);
    read_answers(&models->target, &h, people, o, &mine, 0);
    for (sur_idx m = 0; m < o->shadows; m++) {
        const uint8_t *keep = models->keep + m * n;
        privacy_view in = {models->signal_in + m * n, models->loss_in + m * n, NULL};
        privacy_view out = {models->signal_out + m * n, models->loss_out + m * n, NULL};
        SUR_FAIL_IF(context->stop(context->payload), SUR_ESTOPPED, "stopped");
        SUR_TRY(answer(&h, people, keep, err));
        if (!models->paired) {
            own(&mine, &h, keep);
            read_answers(&in, &h, people, o, &mine, 2 * (uint64_t)m + 1);
            continue;
        }
        read_answers(&in, &h, people, o, &h.in, 2 * (uint64_t)m + 1);
        read_answers(&out, &h, people, o, &h.out, 2 * (uint64_t)m + 2);
    }

done:
    hats_free(&h);
    sur_mat_free(&mine);
    return status;
}
