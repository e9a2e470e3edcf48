/* lira.c -- the likelihood ratio attack on the signals of shadow models.
 *
 * Carlini, Chien, Nasr, Song, Terzis & Tramer, "Membership inference attacks from first
 * principles", S&P 2022. A record's signals from models with and without it are each
 * taken as normal. Variances that are too small to divide by (a model that interpolates
 * gives members one and the same signal) are raised to 1e-9 of the pooled one. */
#include <surplus/attack.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

/* One kind of signal of one record. */
typedef struct fit {
    double median, square; /* sum of squares about the mean */
    sur_idx count;
} fit;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static fit fit_record(const sur_signals *s, sur_idx record, bool in, double *room)
{
    fit f = {0};
    const double *from = in ? s->in : s->out;
    double mean = 0.0;
    for (sur_idx m = 0; m < s->models; m++) {
        const sur_idx at = m * s->records + record;
        if (!s->paired && (s->keep[at] != 0) != in) continue;
        room[f.count++] = from[at];
        mean += from[at];
    }
    if (f.count == 0) return f;
    mean /= (double)f.count;
    for (sur_idx m = 0; m < f.count; m++)
        f.square += (room[m] - mean) * (room[m] - mean);
    qsort(room, (size_t)f.count, sizeof *room, by_value);
    f.median = 0.5 * (room[(f.count - 1) / 2] + room[f.count / 2]);
    return f;
}

/* Sums over records: the pooled variance of one kind. */
typedef struct pool {
    double square, degrees;
    sur_idx least; /* signals per record */
} pool;

static pool pool_of(const sur_signals *s, bool in, double *room)
{
    pool p = {.least = s->models};
    for (sur_idx i = 0; i < s->records; i++) {
        const fit f = fit_record(s, i, in, room);
        if (f.count < p.least) p.least = f.count;
        if (f.count < 2) continue;
        p.square += f.square;
        p.degrees += (double)f.count - 1.0;
    }
    return p;
}

static double variance_of(const fit *f, const pool *p, bool fixed)
{
    const double all = p->degrees > 0.0 ? p->square / p->degrees : 0.0;
    const double own =
        fixed || f->count < 2 ? all : f->square / ((double)f->count - 1.0);
    return fmax(own, fmax(1e-9 * all, 1e-200));
}

static double log_normal(double x, double mean, double variance)
{
    return -0.5 * (x - mean) * (x - mean) / variance - 0.5 * log(variance);
}

sur_status sur_attack_lira(double *score, const sur_signals *signals,
                           const double *target, bool online, bool fixed,
                           sur_error *err)
{
    double *room = NULL;
    pool in = {0}, out;
    sur_status status;

    SUR_TRY(sur_alloc(&room, signals->models, sizeof *room, err));
    out = pool_of(signals, false, room);
    if (online) in = pool_of(signals, true, room);
    const sur_idx least = online && in.least < out.least ? in.least : out.least;
    SUR_FAIL_IF(least < (fixed ? 1 : 2) || !(out.degrees > 0.0) ||
                    (online && !(in.degrees > 0.0)),
                SUR_EINVAL,
                "%lld shadow models give some records %lld signals of a kind; %s",
                (long long)signals->models, (long long)least,
                fixed ? "one per record and two for some are needed"
                      : "a variance needs two (or one for all records: fixed)");
    for (sur_idx i = 0; i < signals->records; i++) {
        const fit o = fit_record(signals, i, false, room);
        const double so = variance_of(&o, &out, fixed);
        if (!online) {
            score[i] = (target[i] - o.median) / sqrt(so);
            continue;
        }
        const fit f = fit_record(signals, i, true, room);
        score[i] = log_normal(target[i], f.median, variance_of(&f, &in, fixed)) -
                   log_normal(target[i], o.median, so);
    }

done:
    free(room);
    return status;
}
