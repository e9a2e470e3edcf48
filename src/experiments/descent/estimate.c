/* estimate.c -- what a group of trials will cost, before it runs.
 *
 * Counts of operations over the rates below: one thread of a processor with AVX-512 at
 * 2.5 GHz, measured. Right within a factor of about two there, where the sizes are
 * large enough to matter. */
#include "experiments/descent/curve.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

/* Operations per second: matrix products, factorizations, tridiagonal reduction,
 * products with few columns; and features, normals, scores made per second. */
static const double product = 35e9, factor = 30e9, reduction = 15e9, thin = 10e9,
                    feature = 5e8, normal = 6e7, ranked = 1e7;

typedef struct size {
    double n, v, t, d, k;
} size;

/* Solving one more width p after narrower ones, with `ridges` penalties. */
static double width_seconds(const size *s, double p, double last, double ridges)
{
    const double n = s->n, m = fmin(n, p);
    double seconds = 0.0;
    if (last < n) seconds += 2.7 * n * m * (m - fmin(last, m)) / factor;
    if (p > n)
        seconds +=
            n * n * (p - fmax(last, n)) * 2.0 / product + m * m * m / 3.0 / factor;
    if (ridges > 0)
        seconds += 4.0 / 3.0 * m * m * m / reduction +
                   ridges * s->k * (4.0 * m * m + 2.0 * n * p) / product;
    return seconds;
}

/* All widths up to p from one pass over the rows; those whose normal equations are ill
 * conditioned cost about three times as much. */
static double tall_seconds(const size *s, double p)
{
    return s->n *
           (p * (p + 64.0) / product + p * (1.0 / feature + 2.0 * s->d / product));
}

static double answer_seconds(const size *s, double p, double trials, double candidates)
{
    const double rows = s->n + s->v + s->t;
    double seconds = 2.0 * rows * p * s->k * trials / thin;
    seconds += 2.0 * p * s->k * candidates *
               (s->v / product + s->t / DESCENT_CANDIDATES / thin);
    return seconds + trials * s->t * (1.0 + s->k) / ranked;
}

/* How many label noises (and other targets) share each width. */
static double targets_of(const sur_descent_options *const *sorted, sur_idx count)
{
    double targets = 0.0;
    for (sur_idx i = 0; i < count && sorted[i]->width == sorted[0]->width; i++)
        targets += sorted[i]->ridge == sorted[0]->ridge;
    return targets;
}

static int by_width(const void *a, const void *b)
{
    const sur_descent_options *x = *(const sur_descent_options *const *)a;
    const sur_descent_options *y = *(const sur_descent_options *const *)b;
    return (x->width > y->width) - (x->width < y->width);
}

sur_status sur_descent_estimate(const void *const *options, sur_idx count,
                                const void *input, size_t bytes_in, double *seconds,
                                double *bytes, sur_error *err)
{
    const sur_descent_options **sorted = NULL;
    const sur_descent_options *first = count ? options[0] : NULL;
    sur_dataset data = {0};
    sur_status status = SUR_OK;

    *seconds = *bytes = 0.0;
    if (count == 0 || first->results) return SUR_OK;
    const bool synthetic = sur_data_is_synthetic(&first->data);
    if (!synthetic) SUR_TRY(sur_dataset_view(&data, input, bytes_in, err));
    if (sur_family_is_network(first->family)) {
        sur_descent_mlp_estimate(options, count, data.cols, data.classes, seconds,
                                 bytes);
        return SUR_OK;
    }
    SUR_TRY(sur_alloc(&sorted, count, sizeof *sorted, err));
    for (sur_idx i = 0; i < count; i++) sorted[i] = options[i];
    qsort(sorted, (size_t)count, sizeof *sorted, by_width);

    size s = {.n = (double)first->data.samples,
              .v = (double)first->validation_samples,
              .t = (double)first->data.test_samples,
              .d = (double)data.cols,
              .k = data.classes > 2 ? (double)data.classes : 1.0};
    const double rows = s.n + s.v + s.t;
    const bool tune = first->tune == DESCENT_YES;
    const double targets = targets_of(sorted, count);
    const double candidates = tune ? DESCENT_CANDIDATES * targets : 0.0;
    double last = 0.0, most = 0.0, widest = 0.0; /* columns made so far, at most */
    double tall = 0.0; /* the widest of the widths from passes over the rows */
    for (sur_idx i = 0, next; i < count; i = next) {
        const sur_descent_options *o = sorted[i];
        for (next = i + 1; next < count && sorted[next]->width == o->width;) next++;
        const double trials = (double)(next - i),
                     p = o->width == SUR_INF ? s.n : (double)o->width;
        if (synthetic) {
            s.d = (double)o->data.dimension;
            const bool nested = sur_descent_is_nested(o);
            if (o->family == SUR_LINEAR && o->width == o->data.dimension && !nested)
                last = most = 0.0; /* a design of its own */
            *seconds += rows * fmax(0.0, s.d - most) / normal;
            most = fmax(most, s.d);
            widest = fmax(widest, s.d);
        }
        const double ridges = trials > targets || tune ? trials + candidates : 0.0;
        if (sur_descent_is_tall(o) && p <= s.n)
            tall = p;
        else if (o->width == SUR_INF)
            *seconds += 10.0 * s.n * s.n * s.n / factor;
        else
            *seconds += width_seconds(&s, p, last, ridges);
        *seconds += answer_seconds(&s, p, trials, candidates);
        *seconds += rows * (p - fmin(last, p)) * (1.0 / feature + 2.0 * s.d / product);
        last = p;
    }
    *seconds += tall_seconds(&s, tall);
    const double held = DESCENT_HELD + 8.0 * last * s.k * (1.0 + candidates) * 2.0;
    const double answers = fmax(s.t, tall > 0.0 ? s.n : 0.0);
    /* columns whose medians are sought at a time, of features that are in a file */
    const double columns = synthetic || data.x ? 0.0 : fmin(128.0 * s.n, 0x1p29);
    const double models = 8.0 * (double)count * s.k * (answers + last);
    *bytes =
        (tall == last ? sur_tall_memory((sur_idx)(s.k * targets), (sur_idx)last)
                      : sur_curve_memory((sur_idx)s.n, (sur_idx)s.k, (sur_idx)last) +
                            8.0 * s.n * (s.d + 2.0 * s.k)) +
        8.0 * 4096.0 * (s.d + 256.0) + columns + 48.0 * rows + 8.0 * s.k * answers +
        fmin(held, models * 1.5 + 8.0 * last * s.k * (1.0 + candidates)) +
        (!synthetic ? 0.0
         : first->data.task == SUR_CLASSIFICATION
             ? rows * (4.0 * widest + 8.0)
             : 8.0 * rows * (widest + 8.0 + (double)count));

done:
    free(sorted);
    return status;
}
