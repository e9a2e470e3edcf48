/* exact_design.c -- the latent, ReLU and time series problems, from whole designs.
 *
 * Targets are y = A c + noise with c ~ N(0, I / scale); the model sees Z. The answer at
 * z0 is w'y with w = (Z')^+ z0, so that given the design it is normal with variance
 * |A'w|^2 / scale + noise |w|^2. What is wrong in the published experiments can be
 * switched on (--variant published):
 *   latent  a member's label is that of another example
 *   relu    the query's features are not passed through the ReLU
 *   time    the numbers of frequencies fitted and of those there are, are swapped
 * Corrected, a member is row 0 of the design with its own label. */
#include "experiments/privacy/exact.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

typedef struct design {
    sur_mat a, z;        /* n x c, n x p */
    double *a0, *z0, *w; /* [c], [p], [n] */
    double scale;
} design;

static void design_free(design *g)
{
    sur_mat_free(&g->a);
    sur_mat_free(&g->z);
    free(g->a0);
    free(g->z0);
    free(g->w);
}

static sur_status design_new(design *g, sur_idx n, sur_idx c, sur_idx p, sur_error *err)
{
    sur_status status;
    *g = (design){0};
    SUR_TRY(sur_mat_new(&g->a, n, c, err));
    SUR_TRY(sur_mat_new(&g->z, n, p, err));
    SUR_TRY(sur_alloc(&g->a0, c, sizeof(double), err));
    SUR_TRY(sur_alloc(&g->z0, p, sizeof(double), err));
    SUR_TRY(sur_alloc(&g->w, n, sizeof(double), err));

done:
    return status;
}

static sur_rng stream(const sur_privacy_options *o, const char *purpose, sur_idx a,
                      sur_idx b)
{
    return sur_rng_make((uint64_t)o->data.seed, purpose,
                        ((uint64_t)a << 32) | (uint64_t)b);
}

/* Row 0 becomes the query's. */
static void put_member(design *g)
{
    for (sur_idx j = 0; j < g->a.cols; j++) g->a.data[j] = g->a0[j];
    for (sur_idx j = 0; j < g->z.cols; j++) g->z.data[j] = g->z0[j];
}

/* ---- relu: D features of x meet the weights through n + 1 directions only ---- */

/* The rows x0, x_1 .. x_n in a basis of their own: the triangle of Bartlett. Weights of
 * norm 1 have in it the first coordinates of a uniform direction in D dimensions. */
static sur_status make_relu(design *g, const sur_privacy_options *o, sur_idx q,
                            sur_idx k, bool member, sur_error *err)
{
    const sur_idx n = o->data.samples, p = o->width, c = n + 1;
    const double d = (double)o->data.dimension;
    const bool raw = o->variant == VARIANT_PUBLISHED;
    sur_mat triangle = {0}, weights = {0}, mixed = {0};
    double q_p, q_d;
    sur_status status;

    *g = (design){0};
    SUR_TRY(sur_mat_new(&triangle, c, c, err));
    SUR_TRY(sur_mat_new(&weights, p, c, err));
    SUR_TRY(sur_mat_new(&mixed, c, p, err));
    SUR_TRY(design_new(g, n, c, p, err));
    g->scale = d;
    privacy_query_norms(o, q, &q_p, &q_d);
    sur_rng rng = stream(o, member ? "privacy rows in" : "privacy rows", k, 0);
    triangle.data[0] = sqrt(q_d);
    for (sur_idx i = 1; i < c; i++) {
        double *row = sur_mat_row(&triangle, i);
        for (sur_idx j = 0; j < i && (double)j < d; j++) row[j] = sur_rng_normal(&rng);
        if ((double)i < d) row[i] = sqrt(privacy_chi_square(&rng, d - (double)i));
    }
    for (sur_idx j = 0; j < p; j++) {
        double *row = sur_mat_row(&weights, j), square = 0.0;
        rng = stream(o, member ? "privacy weights in" : "privacy weights", k, j);
        for (sur_idx i = 0; i < c && (double)i < d; i++) {
            row[i] = sur_rng_normal(&rng);
            square += row[i] * row[i];
        }
        square += privacy_chi_square(&rng, d - (double)c);
        for (sur_idx i = 0; i < c; i++) row[i] /= sqrt(square);
    }
    sur_mat_multiply(&mixed, 1.0, &triangle, SUR_PLAIN, &weights, SUR_TRANSPOSED, 0.0);
    for (sur_idx j = 0; j < p; j++) {
        g->z0[j] = raw ? mixed.data[j] : fmax(0.0, mixed.data[j]);
        for (sur_idx i = 0; i < n; i++)
            sur_mat_row(&g->z, i)[j] = fmax(0.0, sur_mat_row(&mixed, i + 1)[j]);
    }
    for (sur_idx j = 0; j < c; j++) {
        g->a0[j] = triangle.data[j];
        for (sur_idx i = 0; i < n; i++)
            sur_mat_row(&g->a, i)[j] = sur_mat_row(&triangle, i + 1)[j];
    }
    if (member) put_member(g);
    for (sur_idx j = 0; j < p && member; j++) /* trained on with the ReLU in any case */
        g->z.data[j] = fmax(0.0, g->z.data[j]);

done:
    sur_mat_free(&triangle);
    sur_mat_free(&weights);
    sur_mat_free(&mixed);
    return status;
}

/* ---- latent: x = W z + u, y = <theta, z> + noise ---- */

static sur_status make_latent(design *g, const sur_privacy_options *o, sur_idx q,
                              sur_idx k, bool member, sur_error *err)
{
    const sur_idx n = o->data.samples, p = o->width, c = o->data.latent;
    double *row = NULL;
    sur_status status;

    *g = (design){0};
    SUR_TRY(sur_alloc(&row, c, sizeof *row, err));
    SUR_TRY(design_new(g, n, c, p, err));
    g->scale = (double)c;
    sur_rng rng = stream(o, "privacy query", q, 0);
    sur_rng_normals(&rng, g->a0, c, 1.0);
    rng = stream(o, member ? "privacy rows in" : "privacy rows", k, q);
    sur_rng_normals(&rng, g->a.data, n * c, 1.0);
    for (sur_idx j = 0; j < p; j++) {
        double square = 0.0;
        rng = stream(o, "privacy loadings", q, j);
        sur_rng_normals(&rng, row, c, 1.0);
        for (sur_idx l = 0; l < c; l++) square += row[l] * row[l];
        for (sur_idx l = 0; l < c; l++) row[l] /= sqrt(square);
        rng = stream(o, member ? "privacy noise in" : "privacy noise", k, j);
        for (sur_idx l = 0; l < c; l++) g->z0[j] += row[l] * g->a0[l];
        for (sur_idx i = 0; i < n; i++) {
            double x = sur_rng_normal(&rng);
            for (sur_idx l = 0; l < c; l++) x += row[l] * sur_mat_row(&g->a, i)[l];
            sur_mat_row(&g->z, i)[j] = x;
        }
    }
    if (!member) goto done;
    for (sur_idx j = 0; j < p; j++) g->z.data[j] = g->z0[j];
    if (o->variant == VARIANT_CORRECTED)
        for (sur_idx j = 0; j < c; j++) g->a.data[j] = g->a0[j];

done:
    free(row);
    return status;
}

/* ---- time: cosines of D frequencies at random times, rows of norm 1 ---- */

enum { TIMES = 1024 };

static void cosines(double *a, double *z, sur_idx c, sur_idx p, sur_idx t)
{
    double square = 0.0;
    const double turn = 2.0 * 3.14159265358979323846 / (double)(2 * c - 1);
    for (sur_idx f = 0; f < c; f++) {
        a[f] = cos(turn * (double)((f * t) % (2 * c - 1)));
        square += a[f] * a[f];
    }
    for (sur_idx f = 0; f < c; f++) a[f] /= sqrt(square);
    for (sur_idx f = 0; f < p; f++) z[f] = a[f];
}

static sur_status make_time(design *g, const sur_privacy_options *o, sur_idx q,
                            sur_idx k, bool member, sur_error *err)
{
    const sur_idx n = o->data.samples, p = o->width;
    const sur_idx c = o->variant == VARIANT_PUBLISHED ? p : o->data.dimension;
    sur_idx times[TIMES], at = 0;
    const sur_status status = design_new(g, n, c, p, err);
    if (status != SUR_OK) return status;
    g->scale = (double)c;
    sur_rng rng = stream(o, "privacy query", q, 0);
    const sur_idx t0 = sur_rng_below(&rng, TIMES);
    cosines(g->a0, g->z0, c, p, t0);
    rng = stream(o, member ? "privacy rows in" : "privacy rows", k, q);
    sur_rng_permutation(&rng, times, TIMES);
    for (sur_idx i = 0; i < n; i++, at++) {
        if (times[at] == t0) at++;
        cosines(sur_mat_row(&g->a, i), sur_mat_row(&g->z, i), c, p, times[at]);
    }
    if (member) put_member(g);
    return SUR_OK;
}

/* ---- the weights of the targets in the answer, and the variances ---- */

static sur_status weigh(design *g, double ridge, bool delicate, sur_error *err)
{
    const sur_idx n = g->z.rows, p = g->z.cols, m = n < p ? n : p;
    sur_mat gram = {0}, right = {0}, solved = {0};
    const sur_mat query = {g->z0, p, 1, 1}, w = {g->w, n, 1, 1};
    sur_mat out = w;
    sur_curve_fit fit;
    sur_status status;

    if (delicate) { /* nearly dependent columns: singular values, cut at 1e-10 */
        SUR_TRY(sur_mat_new(&gram, p, n, err));
        for (sur_idx i = 0; i < n; i++)
            for (sur_idx j = 0; j < p; j++)
                sur_mat_row(&gram, j)[i] = sur_mat_row(&g->z, i)[j];
        SUR_TRY(sur_mat_new(&solved, n, 1, err));
        SUR_TRY(sur_lstsq(&solved, NULL, NULL, &gram, &query, 1e-10, err));
        sur_mat_copy(&out, &solved);
        goto done;
    }
    SUR_TRY(sur_mat_new(&gram, m, m, err));
    SUR_TRY(sur_mat_new(&right, m, 1, err));
    SUR_TRY(sur_mat_new(&solved, m, 1, err));
    if (p > n) {
        sur_mat_multiply(&gram, 1.0, &g->z, SUR_PLAIN, &g->z, SUR_TRANSPOSED, 0.0);
        sur_mat_multiply(&right, 1.0, &g->z, SUR_PLAIN, &query, SUR_PLAIN, 0.0);
    } else {
        sur_mat_multiply(&gram, 1.0, &g->z, SUR_TRANSPOSED, &g->z, SUR_PLAIN, 0.0);
        sur_mat_copy(&right, &query);
    }
    SUR_TRY(sur_kernel_solve(&solved, &fit, &gram, &right, ridge, err));
    if (p > n)
        sur_mat_copy(&out, &solved);
    else
        sur_mat_multiply(&out, 1.0, &g->z, SUR_PLAIN, &solved, SUR_PLAIN, 0.0);

done:
    sur_mat_free(&gram);
    sur_mat_free(&right);
    sur_mat_free(&solved);
    return status;
}

/* |A'w - shift a0|^2 / scale. */
static double signal(const design *g, double shift)
{
    double sum = 0.0;
    for (sur_idx j = 0; j < g->a.cols; j++) {
        double x = -shift * g->a0[j];
        for (sur_idx i = 0; i < g->a.rows; i++) x += sur_mat_row(&g->a, i)[j] * g->w[i];
        sum += x * x;
    }
    return sum / g->scale;
}

static double noise(const design *g, double s2, double own)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < g->a.rows; i++) {
        const double w = g->w[i] - (i == 0 ? own : 0.0);
        sum += w * w;
    }
    return s2 * sum;
}

static sur_status make(design *g, const sur_privacy_options *o, sur_idx q, sur_idx k,
                       bool member, sur_error *err)
{
    sur_status status;
    if (o->problem == PROBLEM_RELU)
        status = make_relu(g, o, q, k, member, err);
    else if (o->problem == PROBLEM_LATENT)
        status = make_latent(g, o, q, k, member, err);
    else
        status = make_time(g, o, q, k, member, err);
    return status == SUR_OK ? weigh(g, o->ridge, o->problem == PROBLEM_TIME, err)
                            : status;
}

sur_status privacy_draw_design(privacy_pair *pair, const sur_privacy_options *o,
                               sur_idx q, sur_idx k, sur_error *err)
{
    const double s2 = o->data.noise * o->data.noise;
    design g = {0};
    sur_status status;

    SUR_TRY(make(&g, o, q, k, false, err));
    pair->loss = signal(&g, 1.0) + noise(&g, s2, 0.0);
    pair->out = o->knows_label ? pair->loss + s2 : signal(&g, 0.0) + noise(&g, s2, 0.0);
    design_free(&g);
    if (o->problem == PROBLEM_TIME && o->variant == VARIANT_PUBLISHED) {
        double square = 0.0; /* the published script answers y0 itself */
        g = (design){0};
        SUR_TRY(design_new(&g, 1, o->width, o->width, err));
        sur_rng rng = stream(o, "privacy query", q, 0);
        cosines(g.a0, g.z0, o->width, o->width, sur_rng_below(&rng, TIMES));
        for (sur_idx j = 0; j < o->width; j++) square += g.a0[j] * g.a0[j];
        pair->in = o->knows_label ? 0.0 : square / (double)o->width + s2;
        goto done;
    }
    SUR_TRY(make(&g, o, q, k, true, err));
    if (o->problem == PROBLEM_RELU && o->variant == VARIANT_PUBLISHED &&
        o->width > o->data.samples + 1 && !o->knows_label) { /* y0 itself, again */
        double square = 0.0;
        for (sur_idx j = 0; j < g.a.cols; j++) square += g.a0[j] * g.a0[j];
        pair->in = square / g.scale + s2;
        goto done;
    }
    pair->in = o->knows_label ? signal(&g, 1.0) + noise(&g, s2, 1.0)
                              : signal(&g, 0.0) + noise(&g, s2, 0.0);

done:
    design_free(&g);
    return status;
}
