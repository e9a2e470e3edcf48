/* judge.c -- where a curve falls, peaks and falls again, and how sure that is.
 *
 * A bootstrap with the places chosen anew in every replicate. A replicate draws seeds
 * with replacement, and blocks of test examples (the same blocks for all seeds when
 * they share a test part). To keep the choice of a place from flattering the number
 * read there, the outcomes are cut in two halves that have nothing in common, seeds
 * when there are four or more, else blocks: places are chosen on one half and numbers
 * are read on the other, and the other way round. Draws stay within the halves.
 *
 * Two or three seeds are too few for halves, and blocks know nothing of what seeds
 * move; there a peak must also stand in each seed at the places that the others choose.
 */
#include "experiments/descent/series.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REPLICATES = 1000, FEWEST = 200, BLOCKS = DESCENT_BLOCKS };
#define MOST_WORK 4e8

/* ---- the shape ---- */

static sur_idx lowest(const double *curve, sur_idx first, sur_idx last)
{
    sur_idx best = -1;
    for (sur_idx i = first; i < last; i++)
        if (!isnan(curve[i]) && (best < 0 || curve[i] < curve[best])) best = i;
    return best;
}

sur_descent_shape sur_descent_shape_of(const double *curve, sur_idx count,
                                       sur_idx divider)
{
    sur_descent_shape shape = {-1, divider < 0 ? -1 : divider, -1, 0.0};
    for (sur_idx i = 1; i < count - 1 && divider == DESCENT_FIND; i++) {
        const sur_idx left = lowest(curve, 0, i), right = lowest(curve, i + 1, count);
        if (left < 0 || right < 0 || isnan(curve[i])) continue;
        const double above = curve[i] - fmax(curve[left], curve[right]);
        if (above > shape.prominence) {
            shape.peak = i;
            shape.prominence = above;
        }
    }
    if (shape.peak < 0) {
        shape.classical = lowest(curve, 0, count);
        return shape;
    }
    shape.classical = lowest(curve, 0, shape.peak);
    shape.second = lowest(curve, shape.peak + (divider < 0), count);
    return shape;
}

/* ---- what a replicate draws ---- */

enum { EVEN, ODD, BOTH, HALVES };

typedef struct draw {
    const sur_descent_series *series;
    bool by_seed;        /* halves of seeds; else of blocks */
    double *seed_times;  /* [seeds] how often each seed was drawn */
    double *block_times; /* [seeds x BLOCKS] */
    double *noise; /* [2 x seeds x count] for cells without blocks, test then tuned */
    double *curve[2][HALVES]; /* [count] of test and tuned, by half */
} draw;

static double cell_mean(const draw *d, sur_idx s, const sur_descent_cell *cell,
                        int half, double noise)
{
    double over = 0.0, under = 0.0;
    if (!cell->blocks) return cell->value + noise * cell->deviation;
    const double *times = d->block_times + s * BLOCKS;
    const int step = half == BOTH || d->by_seed ? 1 : 2;
    for (sur_idx b = step == 2 && half == ODD; b < BLOCKS; b += step) {
        over += times[b] * (double)cell->blocks->sum[cell->row][b];
        under += times[b] * (double)cell->blocks->sum[DESCENT_BLOCK_WEIGHT][b];
    }
    return under > 0.0 ? over / under : nan("");
}

static void mean_curve(const draw *d, int which, int half)
{
    const sur_descent_series *series = d->series;
    const sur_descent_cell *cells = which ? series->tuned : series->test;
    for (sur_idx i = 0; i < series->count; i++) {
        double sum = 0.0, total = 0.0;
        for (sur_idx s = 0; s < series->seeds; s++) {
            const sur_idx at = s * series->count + i;
            if (!cells[at].there || d->seed_times[s] == 0.0) continue;
            if (d->by_seed && half != BOTH && s % 2 != half) continue;
            const double mean =
                cell_mean(d, s, &cells[at], half,
                          d->noise[which * series->seeds * series->count + at]);
            if (isnan(mean)) continue;
            sum += d->seed_times[s] * mean;
            total += d->seed_times[s];
        }
        d->curve[which][half][i] = total > 0.0 ? sum / total : nan("");
    }
}

static void mean_curves(const draw *d)
{
    for (int which = 0; which < 1 + d->series->has_tuned; which++)
        for (int half = 0; half < HALVES; half++) mean_curve(d, which, half);
}

/* times[i] of the i = first, first + step, ... < count: how often each is drawn when as
 * many are drawn as there are. */
static void draw_times(double *times, sur_idx first, sur_idx step, sur_idx count,
                       sur_rng *rng)
{
    const sur_idx n = (count - first + step - 1) / step;
    for (sur_idx i = first; i < count; i += step) times[i] = 0.0;
    for (sur_idx i = 0; i < n; i++) times[first + step * sur_rng_below(rng, n)] += 1.0;
}

static void draw_replicate(const draw *d, sur_rng *rng)
{
    const sur_descent_series *series = d->series;
    const sur_idx seeds = series->seeds, cells = seeds * series->count;
    if (d->by_seed) {
        draw_times(d->seed_times, 0, 2, seeds, rng);
        draw_times(d->seed_times, 1, 2, seeds, rng);
    } else {
        draw_times(d->seed_times, 0, 1, seeds, rng);
    }
    for (sur_idx s = 0; s < seeds; s++) {
        double *times = d->block_times + s * BLOCKS;
        if (s > 0 && series->one_test) {
            for (sur_idx b = 0; b < BLOCKS; b++) times[b] = d->block_times[b];
        } else {
            draw_times(times, 0, 2, BLOCKS, rng);
            draw_times(times, 1, 2, BLOCKS, rng);
        }
    }
    for (sur_idx i = 0; i < 2 * cells; i++)
        d->noise[i] = series->has_blocks ? 0.0 : sur_rng_normal(rng);
}

static void draw_all(const draw *d)
{
    const sur_idx seeds = d->series->seeds;
    for (sur_idx s = 0; s < seeds; s++) d->seed_times[s] = 1.0;
    for (sur_idx i = 0; i < seeds * BLOCKS; i++) d->block_times[i] = 1.0;
    for (sur_idx i = 0; i < 2 * seeds * d->series->count; i++) d->noise[i] = 0.0;
}

/* ---- what is read off a replicate ---- */

enum {
    CLASSICAL_X,
    PEAK_X,
    SECOND_X,
    TUNED_X,
    CLASSICAL,
    PEAK,
    SECOND,
    TUNED,
    WIDEST,
    PROMINENCE,
    GAIN,
    WIDEST_GAIN,
    OVER_TUNED,
    QUANTITIES
};

static double at(const double *curve, sur_idx i) { return i < 0 ? nan("") : curve[i]; }

/* Places chosen on one half of the outcomes, numbers read on another. */
static void read_numbers(double *q, const draw *d, int chosen, int seen,
                         sur_idx divider)
{
    const sur_idx count = d->series->count;
    const double *test = d->curve[0][seen], *tuned = d->curve[1][seen];
    const sur_descent_shape s =
        sur_descent_shape_of(d->curve[0][chosen], count, divider);
    const sur_idx best =
        d->series->has_tuned ? lowest(d->curve[1][chosen], 0, count) : -1;

    q[CLASSICAL] = at(test, s.classical);
    q[PEAK] = at(test, s.peak);
    q[SECOND] = at(test, s.second);
    q[TUNED] = best < 0 ? nan("") : tuned[best];
    q[WIDEST] = test[count - 1];
    q[PROMINENCE] = s.peak < 0 ? 0.0 : q[PEAK] - fmax(q[CLASSICAL], q[SECOND]);
    q[GAIN] = q[CLASSICAL] - q[SECOND];
    q[WIDEST_GAIN] = q[CLASSICAL] - q[WIDEST];
    q[OVER_TUNED] = q[TUNED] - (s.second < 0 ? q[CLASSICAL] : q[SECOND]);
}

static void read_replicate(double *q, const draw *d, sur_idx divider, bool halves)
{
    double other[QUANTITIES];
    const sur_idx count = d->series->count;
    const sur_descent_shape s = sur_descent_shape_of(d->curve[0][BOTH], count, divider);
    const sur_idx best =
        d->series->has_tuned ? lowest(d->curve[1][BOTH], 0, count) : -1;

    read_numbers(q, d, halves ? EVEN : BOTH, halves ? ODD : BOTH, divider);
    if (halves) {
        read_numbers(other, d, ODD, EVEN, divider);
        for (int i = CLASSICAL; i < QUANTITIES; i++) q[i] = 0.5 * (q[i] + other[i]);
    }
    q[CLASSICAL_X] = at(d->series->x, s.classical);
    q[PEAK_X] = at(d->series->x, s.peak);
    q[SECOND_X] = at(d->series->x, s.second);
    q[TUNED_X] = at(d->series->x, best);
}

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The interval of one quantity over replicates: order statistics, so that the bounds of
 * a place are places. NAN when it was undefined in over half. */
static sur_interval interval_of(double value, double *all, sur_idx count)
{
    sur_idx kept = 0;
    for (sur_idx i = 0; i < count; i++)
        if (!isnan(all[i])) all[kept++] = all[i];
    if (2 * kept < count || kept == 0) return (sur_interval){value, nan(""), nan("")};
    qsort(all, (size_t)kept, sizeof *all, by_number);
    const sur_idx tail = (sur_idx)floor(0.025 * (double)(kept - 1));
    return (sur_interval){value, all[tail], all[kept - 1 - tail]};
}

static void draw_free(draw *d)
{
    free(d->seed_times);
    free(d->block_times);
    free(d->noise);
    free(d->curve[0][0]);
}

static sur_status draw_new(draw *d, const sur_descent_series *series, sur_error *err)
{
    const sur_idx seeds = series->seeds, count = series->count;
    double *curves = NULL;
    *d = (draw){.series = series, .by_seed = seeds >= 4};
    sur_status status;
    SUR_TRY(sur_alloc(&d->seed_times, seeds, sizeof(double), err));
    SUR_TRY(sur_alloc(&d->block_times, seeds * BLOCKS, sizeof(double), err));
    SUR_TRY(sur_alloc(&d->noise, 2 * seeds * count, sizeof(double), err));
    SUR_TRY(sur_alloc(&curves, 2 * HALVES * count, sizeof(double), err));
    for (int which = 0; which < 2; which++)
        for (int half = 0; half < HALVES; half++)
            d->curve[which][half] = curves + (which * HALVES + half) * count;

done:
    return status;
}

/* Intervals of all quantities with the given divider; values[] are of the data. */
static sur_status bootstrap(sur_interval *out, const draw *d, sur_idx divider,
                            sur_idx replicates, sur_error *err)
{
    const bool halves = d->by_seed || d->series->has_blocks;
    double *all = NULL, q[QUANTITIES], values[QUANTITIES];
    sur_rng rng = sur_rng_make(1, "descent bootstrap", 0);
    sur_status status;

    SUR_TRY(sur_alloc(&all, replicates * QUANTITIES, sizeof *all, err));
    draw_all(d);
    mean_curves(d);
    read_replicate(values, d, divider, halves);
    for (sur_idx r = 0; r < replicates; r++) {
        draw_replicate(d, &rng);
        mean_curves(d);
        read_replicate(q, d, divider, halves);
        for (int i = 0; i < QUANTITIES; i++) all[i * replicates + r] = q[i];
    }
    for (int i = 0; i < QUANTITIES; i++)
        out[i] = interval_of(values[i], all + i * replicates, replicates);

done:
    free(all);
    return status;
}

/* Whether each seed of two or three has a peak where the others have theirs. */
static bool seeds_agree(const draw *d)
{
    const sur_descent_series *series = d->series;
    double *curve = d->curve[0][BOTH];
    if (series->seeds < 2 || d->by_seed) return true;
    draw_all(d);
    for (sur_idx s = 0; s < series->seeds; s++) {
        for (sur_idx k = 0; k < series->seeds; k++)
            d->seed_times[k] = k == s ? 0.0 : 1.0;
        mean_curve(d, 0, BOTH);
        const sur_descent_shape shape =
            sur_descent_shape_of(curve, series->count, DESCENT_FIND);
        for (sur_idx k = 0; k < series->seeds; k++)
            d->seed_times[k] = k == s ? 1.0 : 0.0;
        mean_curve(d, 0, BOTH);
        if (shape.peak < 0 || !(at(curve, shape.peak) > fmax(at(curve, shape.classical),
                                                             at(curve, shape.second))))
            return false;
    }
    return true;
}

void sur_descent_verdict_free(sur_descent_verdict *verdict)
{
    free(verdict->mean);
    free(verdict->tuned_mean);
    *verdict = (sur_descent_verdict){0};
}

static sur_idx find_threshold(const sur_descent_series *series)
{
    if (strcmp(series->axis, "width") == 0)
        for (sur_idx i = 0; i < series->count; i++)
            if (series->interpolates[i] >= 0.5) return i;
    return -1;
}

/* Numbers that belong to a place are those of the mean curve there; differences stay as
 * the halves gave them. */
static void fill_verdict(sur_descent_verdict *v, const sur_interval *q,
                         const sur_descent_series *series)
{
    const sur_descent_shape *s = &v->shape;
    v->classical_x = q[CLASSICAL_X];
    v->peak_x = q[PEAK_X];
    v->second_x = q[SECOND_X];
    v->tuned_x = q[TUNED_X];
    v->classical = q[CLASSICAL];
    v->classical.value = at(v->mean, s->classical);
    v->peak = q[PEAK];
    v->peak.value = at(v->mean, s->peak);
    v->second = q[SECOND];
    v->second.value = at(v->mean, s->second);
    v->tuned = q[TUNED];
    v->tuned.value = at(v->tuned_mean, v->tuned_best);
    v->widest = q[WIDEST];
    v->widest.value = v->mean[series->count - 1];
    v->prominence = q[PROMINENCE];
    v->gain = q[GAIN];
    v->widest_gain = q[WIDEST_GAIN];
    v->over_tuned = q[OVER_TUNED];
}

/* Whether anything is known of how much the numbers could differ. */
static bool is_uncertain(const sur_descent_series *series)
{
    if (series->seeds > 1 || series->has_blocks) return true;
    for (sur_idx i = 0; i < series->count; i++)
        if (series->test[i].deviation > 0.0) return true;
    return false;
}

static void forget_intervals(sur_descent_verdict *v)
{
    sur_interval *const all[] = {
        &v->classical_x, &v->peak_x,      &v->second_x,  &v->tuned_x, &v->classical,
        &v->peak,        &v->second,      &v->tuned,     &v->widest,  &v->prominence,
        &v->gain,        &v->widest_gain, &v->over_tuned};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        all[i]->low = all[i]->high = nan("");
}

sur_status sur_descent_judge(sur_descent_verdict *out, const sur_descent_series *series,
                             sur_error *err)
{
    const sur_idx count = series->count;
    const double work = (double)series->seeds * (double)count * BLOCKS *
                        (series->has_blocks ? 3.0 : 0.05) *
                        (series->has_tuned ? 2.0 : 1.0);
    sur_descent_verdict v = {.threshold = find_threshold(series)};
    sur_interval q[QUANTITIES];
    draw d = {0};
    sur_status status;

    *out = (sur_descent_verdict){0};
    v.replicates = (sur_idx)fmax(FEWEST, fmin(REPLICATES, MOST_WORK / work));
    SUR_TRY(draw_new(&d, series, err));
    SUR_TRY(sur_alloc(&v.mean, count, sizeof *v.mean, err));
    SUR_TRY(sur_alloc(&v.tuned_mean, count, sizeof *v.tuned_mean, err));
    draw_all(&d);
    mean_curves(&d);
    for (sur_idx i = 0; i < count; i++) {
        v.mean[i] = d.curve[0][BOTH][i];
        v.tuned_mean[i] = series->has_tuned ? d.curve[1][BOTH][i] : nan("");
    }
    v.tuned_best = series->has_tuned ? lowest(v.tuned_mean, 0, count) : -1;

    SUR_TRY(bootstrap(q, &d, DESCENT_FIND, v.replicates, err));
    v.peaked = q[PROMINENCE].value > 0.0 && !(q[PROMINENCE].low <= 0.0);
    if (v.peaked) v.peaked = seeds_agree(&d);
    const sur_interval prominence = q[PROMINENCE];
    /* Without a clear peak the threshold divides the curve, if there is one inside. */
    const sur_idx divider = v.peaked          ? DESCENT_FIND
                            : v.threshold > 0 ? v.threshold
                                              : DESCENT_WHOLE;
    if (!v.peaked) SUR_TRY(bootstrap(q, &d, divider, v.replicates, err));
    v.shape = sur_descent_shape_of(v.mean, count, divider);
    fill_verdict(&v, q, series);
    v.prominence = prominence;
    if (!is_uncertain(series)) forget_intervals(&v);
    *out = v;
    v = (sur_descent_verdict){0};

done:
    draw_free(&d);
    sur_descent_verdict_free(&v);
    return status;
}
