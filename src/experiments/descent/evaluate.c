/* evaluate.c -- stops that are solved: their answers, the tuned ridge, what is emitted.
 */
#include "experiments/descent/curve.h"

#include "base/checksum.h"
#include "base/clock.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double sur_descent_bytes(const sur_mat *m)
{
    return (double)m->rows * (double)m->cols * sizeof(double);
}

double sur_descent_held(const sur_descent_curve *c, const sur_mat *b)
{
    const sur_descent_part *part = c->problems->part;
    const sur_idx most = c->tall && part[DESCENT_TRAIN].count > part[DESCENT_TEST].count
                             ? part[DESCENT_TRAIN].count
                             : part[DESCENT_TEST].count;
    return sizeof(double) * (double)(b->rows + most) * (double)b->cols;
}

sur_status sur_descent_model_new(sur_descent_model *model, sur_idx width, sur_idx rows,
                                 sur_idx cols, sur_error *err)
{
    model->width = width;
    return sur_mat_new(&model->b, rows, cols, err);
}

void sur_descent_model_free(sur_descent_model *model)
{
    sur_mat_free(&model->b);
    sur_mat_free(&model->answer);
}

static bool ready(const sur_descent_stop *at) { return at->missing == 0 && !at->done; }

/* Answers of the first `listed` models of the list on a part. */
static sur_status answer_list(sur_descent_curve *c, sur_idx listed, int part,
                              sur_error *err)
{
    const sur_idx count = c->problems->part[part].count;
    sur_status status = SUR_OK;
    for (sur_idx m = 0; m < listed; m++)
        SUR_TRY(sur_mat_new(&c->list[m]->answer, count, c->list[m]->b.cols, err));
    SUR_TRY(sur_descent_predict(c->problems, part, c->list, listed, c->context, err));
done:
    return status;
}

/* Scores what the fit's model answered on a part, and forgets it. */
static void score_fit(const sur_descent_curve *c, sur_descent_fit *f, int part)
{
    sur_descent_score *score = part == DESCENT_TRAIN ? &f->train : &f->validation;
    *score = sur_descent_score_of(c->stops[f->stop].problem, part, &f->model.answer,
                                  NULL, 0);
    sur_mat_free(&f->model.answer);
}

/* Answers of the fits of all ready stops on a part; scored into validation, or left in
 * the models for the test part. */
static sur_status answer_part(sur_descent_curve *c, sur_idx first, sur_idx last,
                              int part, sur_error *err)
{
    sur_idx listed = 0;
    sur_status status = SUR_OK;

    for (sur_idx s = first; s < last; s++) {
        sur_descent_stop *at = &c->stops[s];
        if (!ready(at)) continue;
        for (sur_idx i = 0; i < at->count; i++)
            if (c->fits[at->first + i].status == SUR_OK)
                c->list[listed++] = &c->fits[at->first + i].model;
        if (part == DESCENT_VALIDATION && at->candidates.b.data)
            c->list[listed++] = &at->candidates;
        if (part == DESCENT_TEST && at->tuned.b.data) c->list[listed++] = &at->tuned;
    }
    SUR_TRY(answer_list(c, listed, part, err));
    if (part == DESCENT_TEST) goto done;

    for (sur_idx s = first; s < last; s++)
        for (sur_idx i = 0; i < c->stops[s].count && ready(&c->stops[s]); i++) {
            sur_descent_fit *f = &c->fits[c->stops[s].first + i];
            if (f->status == SUR_OK) score_fit(c, f, part);
        }

done:
    return status;
}

/* The same on the training examples, of which there may be so many that only a few
 * models can answer at a time. */
static sur_status answer_train(sur_descent_curve *c, sur_idx first, sur_idx last,
                               sur_error *err)
{
    const sur_idx begin = c->stops[first].first,
                  end = c->stops[last - 1].first + c->stops[last - 1].count;
    sur_idx listed = 0, from = begin;
    double bytes = 0.0;
    sur_status status = SUR_OK;

    for (sur_idx i = begin; i < end; i++) {
        sur_descent_fit *f = &c->fits[i];
        if (ready(&c->stops[f->stop]) && f->status == SUR_OK) {
            c->list[listed++] = &f->model;
            bytes += sur_descent_held(c, &f->model.b);
        }
        if (i + 1 < end && bytes < DESCENT_HELD) continue;
        SUR_TRY(answer_list(c, listed, DESCENT_TRAIN, err));
        for (; from <= i; from++)
            if (ready(&c->stops[c->fits[from].stop]) && c->fits[from].status == SUR_OK)
                score_fit(c, &c->fits[from], DESCENT_TRAIN);
        listed = 0;
        bytes = 0.0;
    }

done:
    return status;
}

/* Picks the candidate that is best on the validation part, and keeps it alone. */
static sur_status choose(sur_descent_curve *c, sur_descent_stop *at, sur_error *err)
{
    const sur_idx k = c->problems->outputs, p = at->candidates.b.rows;
    double best_error = HUGE_VAL, best_loss = HUGE_VAL;
    sur_idx best = -1;

    for (sur_idx j = 0; j < DESCENT_CANDIDATES && at->candidates.b.data; j++) {
        if (!at->usable[j]) continue;
        const sur_mat answer = sur_mat_part(&at->candidates.answer, 0,
                                            at->candidates.answer.rows, j * k, k);
        const sur_descent_score score =
            sur_descent_score_of(at->problem, DESCENT_VALIDATION, &answer, NULL, 0);
        const double error = isnan(score.error) ? score.loss : score.error;
        if (error < best_error || (error == best_error && score.loss < best_loss)) {
            best = j;
            best_error = error;
            best_loss = score.loss;
        }
    }
    if (best < 0) {
        sur_descent_model_free(&at->candidates);
        return SUR_OK;
    }
    const sur_status status = sur_descent_model_new(&at->tuned, at->width, p, k, err);
    if (status == SUR_OK) {
        const sur_mat chosen = sur_mat_part(&at->candidates.b, 0, p, best * k, k);
        sur_mat_copy(&at->tuned.b, &chosen);
        at->tuned_ridge = at->penalty[best];
    }
    c->held -= sur_descent_bytes(&at->candidates.b);
    sur_descent_model_free(&at->candidates);
    return status;
}

/* Keeps the blocks under a key made from the trial's options. */
sur_status sur_descent_keep_blocks(const sur_context *context, sur_idx trial,
                                   const sur_descent_options *options,
                                   const sur_descent_blocks *blocks, sur_error *err)
{
    char *spec = NULL, sum[65], key[128];
    sur_status status;

    SUR_TRY(sur_fields_to_json(&sur_descent_fields, options, &spec, err));
    SUR_TRY(sur_sha256_of(sum, spec, strlen(spec), err));
    snprintf(key, sizeof key, "descent test_blocks %s", sum);
    SUR_TRY(context->keep(context->payload, trial,
                          &(sur_artifact){.key = key,
                                          .name = "test_blocks",
                                          .kind = "f4",
                                          .shape = "5,100",
                                          .bytes = blocks,
                                          .size = sizeof *blocks},
                          err));

done:
    free(spec);
    return status;
}

static sur_interval plain(double value)
{
    return (sur_interval){value, nan(""), nan("")};
}

static sur_status emit_failure(const sur_descent_curve *c, const sur_descent_fit *f,
                               sur_status failure, const char *message, double seconds,
                               sur_error *err)
{
    return c->context->emit(
        c->context->payload, f->trial,
        &(sur_outcome){.status = failure, .message = message, .seconds = seconds}, err);
}

/* What the fit says of itself, of the baseline and of theory. */
static sur_status put_fit(sur_descent_list *list, const sur_descent_curve *c,
                          const sur_descent_stop *at, const sur_descent_fit *f,
                          sur_error *err)
{
    const double limit = f->options->interpolates_below * at->problem->variance;
    const double k = (double)c->problems->outputs;
    double theory;
    const sur_status status =
        sur_descent_theory_loss(&theory, at->problem, f->options, err);
    if (status != SUR_OK) return status;

    if (!isnan(theory)) sur_descent_put(list, "theory_loss", NULL, plain(theory), 0);
    sur_descent_put(list, "parameters", NULL,
                    plain(at->width == SUR_INF ? HUGE_VAL : (double)at->width * k), 0);
    sur_descent_put(list, "threshold_width", NULL,
                    plain((double)at->problem->part[DESCENT_TRAIN].count), 0);
    if (at->width != SUR_INF)
        sur_descent_put(list, "threshold_samples", NULL, plain((double)at->width), 0);
    sur_descent_put(list, "gram_condition", NULL, plain(f->info.condition), 0);
    sur_descent_put(list, "numerical_rank", NULL, plain((double)f->info.rank), 0);
    sur_descent_put(list, "norm", NULL, plain(f->info.norm), 0);
    sur_descent_put(list, "effective_parameters", NULL, plain(f->info.effective), 0);
    sur_descent_put(list, "interpolates", NULL, plain(f->train.loss < limit), 0);
    if (f->options->effective_rank && at->width != SUR_INF) {
        double rank;
        const sur_status ranked =
            sur_descent_features_rank(&rank, c->problems, at->width, err);
        if (ranked != SUR_OK) return ranked;
        sur_descent_put(list, "effective_rank", NULL, plain(rank), 0);
    }
    if (c->problems->part[DESCENT_VALIDATION].count > 0)
        sur_descent_put_score(list, "validation_error", "validation_loss", "validation",
                              &f->validation);
    if (isnan(at->tuned_ridge)) return SUR_OK;
    sur_descent_put(list, "tuned_ridge", NULL, plain(at->tuned_ridge), 0);
    sur_descent_put_score(list, "tuned_test_error", "tuned_test_loss", NULL,
                          &at->tuned_score);
    return SUR_OK;
}

static sur_status emit_fit(sur_descent_curve *c, const sur_descent_stop *at,
                           sur_descent_fit *f, const sur_descent_blocks *tuned,
                           double seconds, sur_error *err)
{
    sur_descent_list list = {.count = 0};
    sur_descent_blocks blocks = *tuned;
    sur_status status;

    if (f->status != SUR_OK)
        return emit_failure(c, f, f->status, f->message, seconds, err);
    const sur_descent_score test = sur_descent_score_of(
        at->problem, DESCENT_TEST, &f->model.answer, &blocks, DESCENT_BLOCK_ERROR);
    if (!isfinite(test.loss) || !isfinite(f->train.loss))
        return emit_failure(c, f, SUR_ENUMERIC, "the predictions are not finite",
                            seconds, err);
    sur_descent_put_score(&list, "test_error", "test_loss", NULL, &test);
    sur_descent_put_score(&list, "train_error", "train_loss", NULL, &f->train);
    SUR_TRY(
        sur_descent_put_ranking(&list, at->problem, f->options, &f->model.answer, err));
    SUR_TRY(put_fit(&list, c, at, f, err));
    SUR_TRY(sur_descent_keep_blocks(c->context, f->trial, f->options, &blocks, err));
    SUR_TRY(c->context->emit(c->context->payload, f->trial,
                             &(sur_outcome){.status = SUR_OK,
                                            .seconds = seconds,
                                            .measurements = list.at,
                                            .count = list.count},
                             err));

done:
    return status;
}

static sur_status emit_stop(sur_descent_curve *c, sur_descent_stop *at, double seconds,
                            sur_error *err)
{
    sur_descent_blocks tuned = {0};
    sur_status status = SUR_OK;

    if (at->tuned.answer.data)
        at->tuned_score =
            sur_descent_score_of(at->problem, DESCENT_TEST, &at->tuned.answer, &tuned,
                                 DESCENT_BLOCK_TUNED_ERROR);
    for (sur_idx i = 0; i < at->count; i++) {
        sur_descent_fit *f = &c->fits[at->first + i];
        SUR_TRY(emit_fit(c, at, f, &tuned, seconds, err));
        c->held -= sur_descent_held(c, &f->model.b);
        sur_descent_model_free(&f->model);
    }
    sur_descent_model_free(&at->tuned);
    at->done = true;

done:
    return status;
}

sur_status sur_descent_flush(sur_descent_curve *c, sur_idx first, sur_idx last,
                             sur_error *err)
{
    sur_idx trials = 0;
    sur_status status = SUR_OK;

    for (sur_idx s = first; s < last; s++)
        if (ready(&c->stops[s])) trials += c->stops[s].count;
    if (trials == 0) return SUR_OK;
    SUR_TRY(answer_part(c, first, last, DESCENT_VALIDATION, err));
    for (sur_idx s = first; s < last; s++)
        if (ready(&c->stops[s])) SUR_TRY(choose(c, &c->stops[s], err));
    SUR_TRY(answer_train(c, first, last, err));
    SUR_TRY(answer_part(c, first, last, DESCENT_TEST, err));

    const double now = sur_clock(), share = (now - c->since) / (double)trials;
    c->since = now;
    for (sur_idx s = first; s < last; s++)
        if (ready(&c->stops[s])) SUR_TRY(emit_stop(c, &c->stops[s], share, err));

done:
    return status;
}
