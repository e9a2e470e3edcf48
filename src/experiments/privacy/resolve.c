/* resolve.c -- reads the input once, and computes the options that were not given. */
#include "experiments/privacy/exact.h"
#include "experiments/privacy/scores.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The published settings, where nothing else is asked for. */
enum { SAMPLES = 100, RATIO = 30, SYNTHETIC_SAMPLES = 500, SYNTHETIC_COLUMNS = 100 };

static int64_t attack_of(const sur_privacy_options *o)
{
    if (o->attack != SUR_UNSET) return o->attack;
    if (o->scores) return PRIVACY_SCORES;
    return o->data.data ? PRIVACY_LOSS : PRIVACY_THEORY;
}

static bool on_models(int64_t attack)
{
    return attack >= PRIVACY_LOSS && attack <= PRIVACY_PAIRED;
}

/* Whether numbers are more likely names of classes: at most CLASSES different whole
 * ones, each ten times over on average. */
static bool looks_like_classes(const sur_dataset *data)
{
    enum { CLASSES = 200 };
    double seen[CLASSES];
    sur_idx count = 0;
    for (sur_idx i = 0; i < data->rows; i++) {
        const double t = data->target[i];
        sur_idx c = 0;
        if (t != floor(t)) return false;
        while (c < count && seen[c] != t) c++;
        if (c == CLASSES) return false;
        if (c == count) seen[count++] = t;
    }
    return count >= 2 && 10 * count <= data->rows;
}

sur_status sur_privacy_load(const void *options, void **input, size_t *size, char *note,
                            size_t note_size, sur_error *err)
{
    const sur_privacy_options *o = options;
    sur_dataset data = {0};

    *input = NULL;
    *size = 0;
    if (note_size > 0) note[0] = '\0';
    if (o->scores && o->data.data)
        return sur_fail(err, SUR_EINVAL, "--scores and --data exclude each other");
    if (o->scores) return privacy_scores_read(input, size, o, note, note_size, err);
    if (!o->data.data || sur_data_is_synthetic(&o->data)) return SUR_OK;
    sur_status status = sur_data_read(&data, &o->data, note, note_size, err);
    if (status != SUR_OK) return status;
    if (o->data.task == SUR_TASK_AUTO && data.classes == 0 &&
        looks_like_classes(&data)) {
        sur_data_options again = o->data; /* strings stay the caller's */
        again.task = SUR_CLASSIFICATION;
        sur_dataset_free(&data);
        status = sur_data_read(&data, &again, note, note_size, err);
        if (status != SUR_OK) return status;
        const size_t used = note_size > 0 ? strlen(note) : 0;
        if (note_size > used)
            snprintf(note + used, note_size - used,
                     "targets taken as %lld classes (else: --task regression)\n",
                     (long long)data.classes);
    }
    if (data.classes == 1) {
        status = sur_fail(err, SUR_EPARSE, "%s: the target, %.60s, has one class only",
                          o->data.data, sur_dataset_name(&data, data.cols));
        sur_dataset_free(&data);
        return status;
    }
    *input = sur_dataset_release(&data, size);
    return SUR_OK;
}

sur_status sur_privacy_axis(const void *options, const char *name, const void *input,
                            size_t size, char **text, sur_error *err)
{
    const sur_privacy_options *o = options;
    const int64_t attack = attack_of(o);
    sur_text made = {0};
    sur_status status = SUR_OK;

    *text = NULL;
    if (strcmp(name, "width") != 0) return SUR_OK;
    if (attack == PRIVACY_SCORES)
        status = sur_text_add(&made, "1", err);
    else if (!on_models(attack)) {
        const int64_t n = o->data.samples == SUR_UNSET ? SAMPLES : o->data.samples;
        if (o->problem == PROBLEM_TIME) return SUR_OK;
        status = sur_text_format(&made, err, "%lld:%lld:log30",
                                 (long long)(n + n / 20 + 2), (long long)(RATIO * n));
    } else if (sur_family_is_conv(o->family)) {
        status = sur_text_add(&made, "1:16:x2", err);
    } else if (o->family == SUR_LINEAR) {
        sur_dataset data = {0};
        sur_idx columns =
            o->data.dimension == SUR_UNSET ? SYNTHETIC_COLUMNS : o->data.dimension;
        if (input) {
            status = sur_dataset_view(&data, input, size, err);
            columns = data.cols;
        }
        if (status == SUR_OK)
            status = sur_text_format(&made, err, "1:%lld:log20", (long long)columns);
    }
    *text = made.at;
    return status;
}

static sur_status set_checksum(char **text, const char *checksum, sur_error *err)
{
    if (*text && **text) {
        if (strcmp(*text, checksum) == 0) return SUR_OK;
        return sur_fail(err, SUR_EPARSE,
                        "the data's checksum is %s, not %.64s as given", checksum,
                        *text);
    }
    free(*text);
    return sur_copy_text(text, checksum, err);
}

static sur_status resolve_law(sur_privacy_options *o, sur_error *err)
{
    static const int64_t samples[] = {SAMPLES, 200, SAMPLES, 128};
    static const int64_t dimension[] = {0, 20, 5000, 1024};
    static const int64_t queries[] = {0, 4, 0, 10};
    if (o->problem == SUR_UNSET) o->problem = PROBLEM_LINEAR;
    if (o->variant == SUR_UNSET) o->variant = VARIANT_CORRECTED;
    if (o->estimator == SUR_UNSET) o->estimator = ESTIMATOR_QUADRATURE;
    const int64_t p = o->problem;

    if (o->data.data)
        return sur_fail(err, SUR_EINVAL,
                        "--attack %s needs no --data: it speaks of --problem",
                        o->attack == PRIVACY_THEORY ? "theory" : "exact");
    if (o->attack == PRIVACY_THEORY && p != PROBLEM_LINEAR)
        return sur_fail(err, SUR_EINVAL,
                        "--attack theory knows --problem linear only; --attack exact "
                        "knows all");
    if (o->width == SUR_INF)
        return sur_fail(err, SUR_EINVAL, "width inf is for --data and kernels");
    if (o->data.samples == SUR_UNSET) o->data.samples = samples[p];
    if (o->data.dimension == SUR_UNSET) {
        const int64_t most = RATIO * o->data.samples;
        o->data.dimension =
            p == PROBLEM_LINEAR ? (o->width > most ? o->width : most) : dimension[p];
    }
    if (p == PROBLEM_LATENT) o->data.dimension = o->data.latent;
    if (o->queries == SUR_UNSET) o->queries = queries[p];
    if (o->draws == SUR_UNSET) o->draws = p == PROBLEM_LINEAR ? 1000 : 40;
    const bool limited = p == PROBLEM_LINEAR || p == PROBLEM_TIME;
    if (limited && o->width > o->data.dimension)
        return sur_fail(err, SUR_EINVAL, "width %lld is above dimension %lld",
                        (long long)o->width, (long long)o->data.dimension);
    if (p == PROBLEM_TIME && (o->data.samples > 1023 || o->data.dimension < 1024))
        return sur_fail(err, SUR_EINVAL,
                        "problem time has 1024 points in time: at most 1023 samples, "
                        "at least 1024 frequencies (dimension)");
    if (o->data.samples < 3 || o->width < 1 ||
        (o->ridge > 0.0 && o->data.samples >= PRIVACY_RIDGED))
        return sur_fail(err, SUR_EINVAL, "samples = %lld: from 3 to %d",
                        (long long)o->data.samples, PRIVACY_RIDGED - 1);
    if (o->draws < 2)
        return sur_fail(err, SUR_EINVAL, "draws = %lld: at least 2",
                        (long long)o->draws);
    o->shadows = 0;
    return SUR_OK;
}

static sur_status resolve_network(sur_privacy_options *o, const sur_dataset *data,
                                  sur_error *err)
{
    const char *family = sur_family_choices[o->family];
    sur_status status;

    SUR_FAIL_IF(o->width == SUR_INF, SUR_EINVAL, "width inf: not for %s", family);
    SUR_FAIL_IF(o->attack == PRIVACY_PAIRED, SUR_EINVAL,
                "--attack paired is for models that are linear in their targets; %s "
                "has lira, rmia and loss",
                family);
    SUR_FAIL_IF(o->ridge > 0.0, SUR_EINVAL, "ridge is not for %s; --weight-decay is",
                family);
    SUR_TRY(sur_train_complete(&o->train, o->family, data->classes, err));
    if (sur_family_is_conv(o->family))
        SUR_TRY(sur_data_image_known(&o->data.image, data, err));
    const sur_network network = privacy_network(o, data->cols, data->classes);
    SUR_TRY(sur_network_check(&network, err));

done:
    return status;
}

/* Of a network's options they have the loss. */
static sur_status resolve_features(sur_privacy_options *o, sur_idx classes,
                                   sur_error *err)
{
    const char *family = sur_family_choices[o->family];
    const int64_t loss = o->train.loss;
    o->train.loss = SUR_UNSET;
    const char *given = sur_train_given(&o->train);
    if (given)
        return sur_fail(err, SUR_EINVAL, "%s is for networks, not for family %s", given,
                        family);
    if (loss != SUR_LOSS_CROSS_ENTROPY) return SUR_OK;
    if (classes != 2)
        return sur_fail(err, SUR_EINVAL,
                        "loss cross_entropy of family %s is logistic regression, which "
                        "is for two classes, not for %s",
                        family, classes > 2 ? "more" : "numbers");
    o->train.loss = loss;
    return SUR_OK;
}

/* n members and n non-members are drawn from the data. */
static sur_status resolve_models(sur_privacy_options *o, const void *input, size_t size,
                                 sur_error *err)
{
    sur_dataset data = {0};
    sur_data_options *d = &o->data;
    sur_status status;

    o->knows_label = true;
    if (!d->data)
        return sur_fail(err, SUR_EINVAL, "no data: --data FILE or synthetic:NAME");
    if (sur_data_is_synthetic(d)) {
        const bool events = strstr(d->data, ":events") != NULL;
        if (d->samples == SUR_UNSET) d->samples = SYNTHETIC_SAMPLES;
        if (d->dimension == SUR_UNSET) d->dimension = events ? 28 : SYNTHETIC_COLUMNS;
        if (!events) d->standardize = false;
        d->task = events ? SUR_CLASSIFICATION : SUR_REGRESSION;
        data.cols = d->dimension;
        data.classes = events ? 2 : 0;
        SUR_TRY(sur_data_generate_check(d, d->dimension, err));
    } else {
        SUR_TRY(sur_dataset_view(&data, input, size, err));
        const sur_idx own = data.rows - data.test_rows, most = (own - 1) / 2;
        SUR_TRY(set_checksum(&d->data_sha256, data.checksum, err));
        if (d->samples == SUR_UNSET) d->samples = most;
        SUR_FAIL_IF(d->samples > most, SUR_EINVAL,
                    "%lld samples and as many non-members need more than the %lld rows "
                    "there are",
                    (long long)d->samples, (long long)own);
        d->task = data.classes > 0 ? SUR_CLASSIFICATION : SUR_REGRESSION;
    }
    d->test_samples = 1;
    if (d->split_seed == SUR_UNSET) d->split_seed = d->seed;
    SUR_FAIL_IF(d->samples < SUR_AUDIT_LEAST, SUR_EINVAL,
                "samples = %lld: an audit needs at least %d", (long long)d->samples,
                SUR_AUDIT_LEAST);
    SUR_FAIL_IF(d->label_noise > 0 && d->task == SUR_REGRESSION, SUR_EINVAL,
                "label_noise = %g, but the targets are no classes", d->label_noise);
    SUR_FAIL_IF(o->family == SUR_LINEAR && o->width > data.cols, SUR_EINVAL,
                "width %lld: the linear family has %lld columns", (long long)o->width,
                (long long)data.cols);
    if (sur_family_is_network(o->family))
        SUR_TRY(resolve_network(o, &data, err));
    else
        SUR_TRY(resolve_features(o, data.classes, err));
    if (o->attack == PRIVACY_LOSS) o->shadows = 0;
    SUR_FAIL_IF(o->attack != PRIVACY_LOSS && (o->shadows < 2 || o->shadows % 2),
                SUR_EINVAL,
                "shadows = %lld: an even number from 2, so that every record is in "
                "exactly half of them",
                (long long)o->shadows);
    if (o->spread == SPREAD_AUTO)
        o->spread =
            o->shadows < 64 && o->attack != PRIVACY_PAIRED ? SPREAD_FIXED : SPREAD_EACH;
    SUR_FAIL_IF(
        o->attack == PRIVACY_LIRA && o->shadows < 4, SUR_EINVAL,
        "shadows = %lld: --attack lira needs 4, two that saw each record and two "
        "that did not",
        (long long)o->shadows);
    o->queries = o->draws = 0;

done:
    return status;
}

static sur_idx nonmembers_of(const privacy_scores *s)
{
    sur_idx others = 0;
    for (sur_idx i = 0; i < s->count; i++) others += !s->member[i];
    return others;
}

sur_status sur_privacy_resolve(void *options, const void *input, size_t size,
                               sur_error *err)
{
    sur_privacy_options *o = options;
    privacy_scores scores;

    o->attack = attack_of(o);
    if (o->scores && o->attack != PRIVACY_SCORES)
        return sur_fail(err, SUR_EINVAL,
                        "--scores is audited, not attacked: leave "
                        "--attack out");
    if (o->data.split_seed == SUR_UNSET) o->data.split_seed = o->data.seed;
    if (on_models(o->attack)) return resolve_models(o, input, size, err);
    if (o->attack != PRIVACY_SCORES) return resolve_law(o, err);
    if (!o->scores) return sur_fail(err, SUR_EINVAL, "no scores: --scores FILE");
    const sur_status status = privacy_scores_view(&scores, input, size, err);
    if (status != SUR_OK) return status;
    o->queries = o->draws = o->shadows = 0;
    const sur_idx others = nonmembers_of(&scores);
    if (o->rate * (double)others < SUR_AUDIT_LEAST * (1.0 - 1e-9))
        return sur_fail(err, SUR_EINVAL,
                        "--rate %g needs %.0f non-members; %s has %lld (smallest rate: "
                        "%.3g)",
                        o->rate, ceil(SUR_AUDIT_LEAST / o->rate), o->scores,
                        (long long)others, SUR_AUDIT_LEAST / (double)others);
    return set_checksum(&o->data.data_sha256, scores.checksum, err);
}
