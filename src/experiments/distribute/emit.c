/* emit.c -- the numbers of a run, for a network of some speed. */
#include "experiments/distribute/run.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <surplus/stats.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINALS = 32, TRACED = 3 };

typedef struct list {
    sur_measurement *at;
    sur_idx count;
} list;

static void add(list *l, const char *metric, int64_t iteration, double value)
{
    l->at[l->count++] = (sur_measurement){.metric = metric,
                                          .iteration = iteration,
                                          .value = value,
                                          .low = (double)NAN,
                                          .high = (double)NAN};
}

static void add_share(list *l, const char *metric, double share, sur_idx n)
{
    if (isnan(share)) return;
    const sur_interval i = sur_wilson(share * (double)n, (double)n, 0.95);
    l->at[l->count++] = (sur_measurement){
        .metric = metric, .value = share, .low = i.low, .high = i.high, .n = n};
}

static double most_of_one(const sur_ledger *ledger)
{
    double most = 0.0;
    for (sur_idx i = 0; i < ledger->nodes; i++) {
        const sur_ledger one = {1, &ledger->node[i]};
        most = fmax(most, (double)sur_ledger_sent(&one, -1, SUR_DIRECTIONS).model_bits);
    }
    return most;
}

/* Up and down the tree with 32 bits for each parameter, round by round. */
static double descent_seconds(const distribute_outcome *out,
                              const sur_distribute_options *o)
{
    const double bits = 32.0 * (double)out->width;
    return 2.0 * out->reference.gd_rounds *
           ((double)out->height * o->latency * 1e-3 +
            out->spread * bits / (o->bandwidth * 1e6));
}

static void add_bits(list *l, const distribute_outcome *out,
                     const sur_distribute_options *o)
{
    const sur_count all = sur_ledger_sent(&out->ledger, -1, SUR_DIRECTIONS);
    const double nodes = (double)out->ledger.nodes;
    const double total = out->reached ? (double)all.model_bits : nan("");
    const double reference = distribute_reference_bits(
        nodes, (double)(out->samples * out->outputs), o->tolerance);
    add(l, "total_bits", 0, total);
    add(l, "wire_bytes", 0, (double)all.bytes);
    add(l, "framing_bits", 0, (double)all.framing_bits);
    add(l, "rounds", 0, (double)out->comm.rounds);
    add(l, "relative_loss", 0, out->score.loss / out->square);
    add(l, "reference_bits", 0, reference);
    add(l, "proved_bits", 0, out->proved);
    add(l, "bits_over_reference", 0, reference > 0.0 ? total / reference : nan(""));
    add(l, "bits_per_node", 0, most_of_one(&out->ledger));
    add(l, "up_bits", 0, (double)sur_ledger_sent(&out->ledger, -1, SUR_UP).model_bits);
    add(l, "down_bits", 0,
        (double)sur_ledger_sent(&out->ledger, -1, SUR_DOWN).model_bits);
    add(l, "across_bits", 0,
        (double)sur_ledger_sent(&out->ledger, -1, SUR_ACROSS).model_bits);
    add(l, "messages", 0, (double)all.messages);
}

static void add_model(list *l, const distribute_outcome *out)
{
    const distribute_reference *r = &out->reference;
    const double ratio = out->score.norm / r->norm;
    if (!isnan(out->score.test_loss)) add(l, "test_loss", 0, out->score.test_loss);
    add_share(l, "test_error", out->score.test_error, out->test);
    if (!isnan(ratio)) add(l, "norm_inflation", 0, ratio * ratio);
    add(l, "consensus", 0, out->consensus);
    add(l, "sketch_dim", 0, (double)(out->sketch ? out->dim : 0));
    add(l, "parameters", 0, (double)out->width);
    if (!isnan(r->condition)) add(l, "condition", 0, r->condition);
    if (!isnan(r->score.test_loss))
        add(l, "least_norm_test_loss", 0, r->score.test_loss);
    add_share(l, "least_norm_test_error", r->score.test_error, out->test);
}

static sur_status add_time(list *l, const distribute_outcome *out,
                           const sur_distribute_options *o, sur_error *err)
{
    const double links = 2.0 * (double)(out->ledger.nodes - 1);
    double seconds;
    const sur_status status = sur_ledger_seconds(
        &seconds, &out->ledger, o->bandwidth * 1e6, o->latency * 1e-3, err);
    add(l, "predicted_seconds", 0, seconds);
    if (isnan(out->reference.gd_rounds)) return status;
    add(l, "gd_rounds", 0, out->reference.gd_rounds);
    add(l, "gd_bits", 0, out->reference.gd_rounds * links * 32.0 * (double)out->width);
    add(l, "gd_seconds", 0, descent_seconds(out, o));
    return status;
}

/* Loss and bits after each round; round 0 is before the first and has no number. */
static void add_trace(list *l, const distribute_outcome *out)
{
    double bits = 0.0, bytes = 0.0;
    for (sur_idx r = 1; r < out->traced; r++) {
        const sur_count sent = sur_ledger_sent(&out->ledger, r - 1, SUR_DIRECTIONS);
        bits += (double)sent.model_bits;
        bytes += (double)sent.bytes;
        if (isnan(out->trace[r])) continue;
        add(l, "relative_loss", r, out->trace[r] / out->square);
        add(l, "total_bits", r, bits);
        add(l, "wire_bytes", r, bytes);
    }
}

/* ---- what is kept ---- */

static sur_status keep(const distribute_outcome *out, const sur_distribute_options *o,
                       sur_idx trial, const sur_context *context, sur_error *err)
{
    const sur_idx nodes = out->ledger.nodes, rounds = out->comm.rounds;
    char *json = NULL, sum[65], key[160], shape[64];
    double *table = NULL;
    sur_status status;

    SUR_TRY(sur_fields_to_json(&sur_distribute_fields, o, &json, err));
    SUR_TRY(sur_sha256_of(sum, json, strlen(json), err));
    snprintf(key, sizeof key, "distribute/%s/model", sum);
    snprintf(shape, sizeof shape, "%lld", (long long)out->dim);
    SUR_TRY(context->keep(context->payload, trial,
                          &(sur_artifact){key, "model", "f8", shape, out->model,
                                          (size_t)out->dim * sizeof(double)},
                          err));
    /* ledger: model bits, framing bits, bytes, messages of each node and direction */
    SUR_TRY(sur_alloc(&table, (nodes > rounds ? nodes : rounds) * SUR_DIRECTIONS * 4,
                      sizeof *table, err));
    for (int which = 0; which < 2; which++) {
        const sur_idx count = which ? rounds : nodes;
        for (sur_idx i = 0; i < count; i++)
            for (int d = 0; d < SUR_DIRECTIONS; d++) {
                const sur_ledger one = {1, &out->ledger.node[which ? 0 : i]};
                const sur_count c =
                    which ? sur_ledger_sent(&out->ledger, i, (sur_direction)d)
                          : sur_ledger_sent(&one, -1, (sur_direction)d);
                double *row = table + (i * SUR_DIRECTIONS + d) * 4;
                row[0] = (double)c.model_bits, row[1] = (double)c.framing_bits;
                row[2] = (double)c.bytes, row[3] = (double)c.messages;
            }
        const char *name = which ? "ledger_rounds" : "ledger_nodes";
        snprintf(key, sizeof key, "distribute/%s/%s", sum, name);
        snprintf(shape, sizeof shape, "%lld,%d,4", (long long)count, SUR_DIRECTIONS);
        SUR_TRY(context->keep(
            context->payload, trial,
            &(sur_artifact){key, name, "f8", shape, table,
                            (size_t)(count * SUR_DIRECTIONS * 4) * sizeof(double)},
            err));
    }

done:
    free(json);
    free(table);
    return status;
}

static void make_note(char *note, size_t size, const distribute_outcome *out,
                      const sur_distribute_options *o)
{
    const char *text = distribute_methods[out->method].text;
    int at = 0;
    if (!out->reached)
        at = snprintf(note, size,
                      "not reached in %lld rounds: relative loss %.*g, wanted %.*g; ",
                      (long long)out->comm.rounds, out->floored ? 8 : 3,
                      out->score.loss / out->square, out->floored ? 8 : 3,
                      out->target / out->square);
    if (out->floored)
        at += snprintf(note + at, size - (size_t)at,
                       "not overparameterized (%lld features, %lld samples), so that "
                       "the run %s at (1 + tolerance) times the least loss; ",
                       (long long)(out->width / out->outputs), (long long)out->samples,
                       out->reached ? "stopped" : "would have stopped");
    if (out->wide && !out->sketch && distribute_methods[out->method].sketched)
        at += snprintf(note + at, size - (size_t)at,
                       "a sketch would have as many numbers as the model has "
                       "parameters: compression does not pay at this width; ");
    if (out->idle)
        at += snprintf(note + at, size - (size_t)at,
                       "%lld of %lld nodes have no examples; ", (long long)out->idle,
                       (long long)o->nodes);
    const size_t used = (size_t)at;
    snprintf(note + used, size - used, "%s%s%s%s", text,
             out->sketch ? "" : ", no sketch",
             out->comm.resumed >= 0 ? "; resumed" : "",
             o->compress == DISTRIBUTE_AUTO ? " (chosen)" : "");
}

sur_status distribute_emit(const distribute_outcome *out,
                           const sur_distribute_options *o, sur_idx trial,
                           const sur_context *context, sur_error *err)
{
    list l = {0};
    char note[400];
    sur_status status;

    SUR_TRY(sur_alloc(&l.at, FINALS + TRACED * out->traced, sizeof *l.at, err));
    make_note(note, sizeof note, out, o);
    if (sur_world_rank() == 0) {
        add_bits(&l, out, o);
        add_model(&l, out);
        SUR_TRY(add_time(&l, out, o, err));
        add_trace(&l, out);
        SUR_TRY(keep(out, o, trial, context, err));
    }
    status = context->emit(context->payload, trial,
                           &(sur_outcome){.status = SUR_OK,
                                          .message = note,
                                          .seconds = out->seconds,
                                          .measurements = l.at,
                                          .count = l.count},
                           err);

done:
    free(l.at);
    return status;
}
