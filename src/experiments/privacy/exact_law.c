/* exact_law.c -- two scale mixtures of normals: their distance, and the published
 * estimate of it.
 *
 * Masses of |answer| in bins that are even in asinh(t / a), fine where the narrow law
 * is and coarse in the tails; the best attack on the bins is that on the laws up to
 * their width. Draws are in GROUPS groups; leaving each out in turn gives jackknife
 * errors, and takes out the first order of the bias that the convexity of the distance
 * puts on averages over draws. */
#include "experiments/privacy/exact.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { BINS = 400, GROUPS = 10, EDGES = 150 };

typedef struct grid {
    double edge[BINS + 1];
} grid;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* From a twentieth of a small deviation to ten times a large one. */
static sur_status make_grid(grid *g, const privacy_pair *pairs, sur_idx count,
                            sur_error *err)
{
    double *all;
    sur_status status = sur_alloc(&all, 2 * count, sizeof *all, err);
    if (status != SUR_OK) return status;
    sur_idx kept = 0;
    for (sur_idx k = 0; k < count; k++) {
        if (pairs[k].out > 0.0) all[kept++] = pairs[k].out;
        if (pairs[k].in > 0.0) all[kept++] = pairs[k].in;
    }
    qsort(all, (size_t)kept, sizeof *all, by_value);
    const double small = kept ? sqrt(all[kept / 100]) : 1.0;
    const double large = kept ? sqrt(all[kept - 1 - kept / 100]) : 1.0;
    const double a = small / 5.0, top = asinh(10.0 * large / a);
    for (int b = 0; b < BINS; b++) g->edge[b] = a * sinh(top * b / BINS);
    g->edge[BINS] = HUGE_VAL;
    free(all);
    return SUR_OK;
}

/* Adds the masses of |N(0, variance)|. */
static void add_masses(double *mass, const grid *g, double variance)
{
    if (!(variance > 0.0)) {
        mass[0] += 1.0;
        return;
    }
    const double unit = 1.0 / sqrt(2.0 * variance);
    double below = 0.0;
    for (int b = 0; b < BINS; b++) {
        const double next = b + 1 < BINS ? erf(g->edge[b + 1] * unit) : 1.0;
        mass[b] += next - below;
        below = next;
        if (next == 1.0) break;
    }
}

typedef struct masses {
    double in[GROUPS + 1][BINS], out[GROUPS + 1][BINS]; /* the last: all */
} masses;

static void fill(masses *m, const grid *g, const privacy_pair *pairs, sur_idx count)
{
    bool same = true; /* one law of members for all draws: GROUPS copies are enough */
    for (sur_idx k = 1; k < count && same; k++) same = pairs[k].in == pairs[0].in;
    for (sur_idx k = 0; k < count; k++) {
        add_masses(m->out[k % GROUPS], g, pairs[k].out);
        if (!same || k < GROUPS) add_masses(m->in[k % GROUPS], g, pairs[k].in);
    }
    for (int group = 0; group < GROUPS; group++)
        for (int b = 0; b < BINS; b++) {
            m->in[GROUPS][b] += m->in[group][b];
            m->out[GROUPS][b] += m->out[group][b];
        }
}

enum { NUMBERS = 2 + SUR_LEAK_RATES };

static void flatten(double *x, const sur_leak *leak)
{
    x[0] = leak->advantage;
    x[1] = leak->auc;
    for (int i = 0; i < SUR_LEAK_RATES; i++) x[2 + i] = leak->tpr[i];
}

static void shape(sur_leak *leak, const double *x)
{
    leak->advantage = x[0];
    leak->auc = x[1];
    for (int i = 0; i < SUR_LEAK_RATES; i++) leak->tpr[i] = x[2 + i];
}

sur_status privacy_mixtures(sur_leak *leak, sur_leak *error, const privacy_pair *pairs,
                            sur_idx count, sur_error *err)
{
    masses *m = NULL;
    grid g;
    double whole[NUMBERS], part[GROUPS][NUMBERS], mean[NUMBERS] = {0},
                                                  spread[NUMBERS] = {0};
    const int groups = (int)(count < GROUPS ? count : GROUPS);
    sur_status status;

    SUR_TRY(sur_alloc(&m, 1, sizeof *m, err));
    SUR_TRY(make_grid(&g, pairs, count, err));
    fill(m, &g, pairs, count);
    SUR_TRY(sur_leak_masses(leak, m->in[GROUPS], m->out[GROUPS], BINS, err));
    flatten(whole, leak);
    for (int j = 0; j < NUMBERS; j++) spread[j] = (double)NAN;
    if (groups >= 2) {
        for (int group = 0; group < groups; group++) {
            sur_leak one;
            for (int b = 0; b < BINS; b++) {
                m->in[group][b] = fmax(0.0, m->in[GROUPS][b] - m->in[group][b]);
                m->out[group][b] = fmax(0.0, m->out[GROUPS][b] - m->out[group][b]);
            }
            SUR_TRY(sur_leak_masses(&one, m->in[group], m->out[group], BINS, err));
            flatten(part[group], &one);
            for (int j = 0; j < NUMBERS; j++) mean[j] += part[group][j] / groups;
        }
        for (int j = 0; j < NUMBERS; j++) {
            double sum = 0.0;
            for (int group = 0; group < groups; group++)
                sum += (part[group][j] - mean[j]) * (part[group][j] - mean[j]);
            spread[j] = sqrt(sum * (groups - 1.0) / groups);
            whole[j] = groups * whole[j] - (groups - 1.0) * mean[j];
            whole[j] = fmin(1.0, fmax(0.0, whole[j]));
        }
    }
    shape(leak, whole);
    shape(error, spread);

done:
    free(m);
    return status;
}

/* ---- the published estimator ---- */

static void sample(double *x, sur_idx samples, const privacy_pair *pairs, sur_idx count,
                   bool in, sur_rng *rng)
{
    for (sur_idx i = 0; i < samples; i++) {
        const privacy_pair *pair = &pairs[i % count];
        x[i] = sqrt(in ? pair->in : pair->out) * sur_rng_normal(rng);
    }
}

static void count_bins(double *share, const double *x, sur_idx samples, double low,
                       double high)
{
    for (sur_idx i = 0; i < samples; i++) {
        if (x[i] < low || x[i] > high) continue;
        const int bin = (int)((x[i] - low) / (high - low) * (EDGES - 1));
        share[bin < EDGES - 1 ? bin : EDGES - 2] += 1.0 / (double)samples;
    }
}

sur_status privacy_histogram(double *advantage, double *bias, const privacy_pair *pairs,
                             sur_idx count, sur_idx samples, sur_rng *rng,
                             sur_error *err)
{
    double *x = NULL, low, high, in[EDGES - 1] = {0}, out[EDGES - 1] = {0};
    sur_status status;

    SUR_TRY(sur_alloc(&x, 2 * samples, sizeof *x, err));
    sample(x, samples, pairs, count, false, rng);
    sample(x + samples, samples, pairs, count, true, rng);
    SUR_TRY(sur_quantile(&low, x, NULL, 2 * samples, 0.0001, err));
    SUR_TRY(sur_quantile(&high, x, NULL, 2 * samples, 0.9999, err));
    count_bins(out, x, samples, low, high);
    count_bins(in, x + samples, samples, low, high);
    *advantage = *bias = 0.0;
    for (int b = 0; b < EDGES - 1; b++) {
        *advantage += fmax(0.0, in[b] - out[b]);
        *bias += sqrt(0.5 * (in[b] + out[b]));
    }
    *bias /= sqrt(3.14159265358979323846 * (double)samples);

done:
    free(x);
    return status;
}
