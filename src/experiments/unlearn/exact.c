/* exact.c -- the factor of all rows is kept; each deletion moves its solution.
 *
 * Primal: with U = A^-1 Z_S', H = Z_S U and L = I - H, theta' = theta - U L^-1 r_S, r
 * the residuals Y - Z theta. Dual: with W = G^-1 E_S and L = W_S, a' = a - W L^-1 a_S.
 * Either way the inverse of the downdated matrix is applied as
 *     x -> F^-1 x + U L^-1 U' x    (primal),    x -> F^-1 x - W L^-1 W' x    (dual)
 * with F = A or G, which also refines what was found: once or twice the gradient that
 * is left, taken through Z itself, is solved for and added.
 *
 * Refits: a matrix of all rows or of the rest that is too near to singular for its
 * factor to be trusted (cond F > 1e12, cond L > 1e8), and without a ridge the crossing
 * n > p >= n - s, where the model stops being overdetermined. */
#include "experiments/unlearn/exact.h"

#include "base/memory.h"
#include "base/try.h"
#include "dense/cholesky.h"
#include "dense/factor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FACTOR_LIMIT 1e12
#define DELETE_LIMIT 1e8
enum { REFINEMENTS = 2 };

struct unlearn_exact {
    const sur_mat *z, *y; /* the design, or the kernel matrix; borrowed */
    bool kernel;
    double mu;
    bool dual, sound; /* sound: F's factor can be trusted */
    sur_mat f;        /* the factor of F */
    double condition; /* of F */
    sur_mat theta;    /* the model of all rows */
    sur_mat a;        /* dual, of a design: G^-1 Y */
};

static dense_factor view(const sur_mat *factor)
{
    return (dense_factor){factor->data, factor->rows, factor->stride};
}

/* m becomes its factor, if it is positive definite and its condition within limit. */
static sur_status factorize(sur_mat *m, bool *sound, double *condition, double limit,
                            sur_error *err)
{
    sur_status status;
    *sound = false;
    *condition = HUGE_VAL;
    SUR_TRY(dense_cholesky(m, sound, err));
    if (!*sound) goto done;
    const dense_factor f = view(m);
    SUR_TRY(dense_factor_condition(condition, &f, err));
    *sound = *condition <= limit;

done:
    return status;
}

/* ---- fitting ---- */

static sur_status take(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    (void)point;
    (void)fit;
    (void)err;
    sur_mat_copy(payload, b);
    return SUR_OK;
}

static sur_status point_at(void *payload, sur_idx first, sur_mat *out, sur_error *err)
{
    const sur_mat *z = payload;
    (void)err;
    out->data = z->data + first;
    out->stride = z->stride;
    return SUR_OK;
}

/* out (p x k): the fit of the rows that gone (NULL: none) does not mark. */
static sur_status fit_design(sur_mat *out, const unlearn_exact *e, const uint8_t *gone,
                             sur_error *err)
{
    const sur_idx n = e->z->rows;
    sur_mat design = *e->z;
    const sur_columns columns = {n, e->z->cols, point_at, &design};
    const sur_curve_point point = {.width = e->z->cols, .ridge = e->mu};
    double *weight = NULL;
    sur_status status = SUR_OK;

    if (gone) {
        SUR_TRY(sur_alloc(&weight, n, sizeof *weight, err));
        for (sur_idx i = 0; i < n; i++) weight[i] = gone[i] ? 0.0 : 1.0;
    }
    SUR_TRY(sur_curve_solve(&columns, e->y, weight, &point, 1, take, out, err));

done:
    free(weight);
    return status;
}

/* out (n x k): the kernel fit of those rows, 0 at the others. */
static sur_status fit_kernel(sur_mat *out, const unlearn_exact *e, const uint8_t *gone,
                             sur_error *err)
{
    const sur_idx n = e->z->rows;
    sur_mat k = {0}, y = {0}, a = {0};
    sur_idx *at = NULL, m = 0;
    sur_curve_fit fit;
    sur_status status;

    SUR_TRY(sur_alloc(&at, n, sizeof *at, err));
    for (sur_idx i = 0; i < n; i++)
        if (!gone || !gone[i]) at[m++] = i;
    SUR_TRY(sur_mat_new(&k, m, m, err));
    SUR_TRY(sur_mat_new(&y, m, e->y->cols, err));
    SUR_TRY(sur_mat_new(&a, m, e->y->cols, err));
    for (sur_idx i = 0; i < m; i++) {
        for (sur_idx j = 0; j < m; j++)
            sur_mat_row(&k, i)[j] = sur_mat_row(e->z, at[i])[at[j]];
        for (sur_idx j = 0; j < y.cols; j++)
            sur_mat_row(&y, i)[j] = sur_mat_row(e->y, at[i])[j];
    }
    SUR_TRY(sur_kernel_solve(&a, &fit, &k, &y, e->mu, err));
    sur_mat_fill(out, 0.0);
    for (sur_idx i = 0; i < m; i++)
        for (sur_idx j = 0; j < y.cols; j++)
            sur_mat_row(out, at[i])[j] = sur_mat_row(&a, i)[j];

done:
    sur_mat_free(&k);
    sur_mat_free(&y);
    sur_mat_free(&a);
    free(at);
    return status;
}

static sur_status fit_rows(sur_mat *out, const unlearn_exact *e, const uint8_t *gone,
                           sur_error *err)
{
    return e->kernel ? fit_kernel(out, e, gone, err) : fit_design(out, e, gone, err);
}

/* ---- opening ---- */

static sur_status open_either(unlearn_exact **out, const sur_mat *z, bool kernel,
                              const sur_mat *y, double mu, sur_error *err)
{
    unlearn_exact *e = NULL;
    sur_status status;

    *out = NULL;
    SUR_FAIL_IF(!(mu >= 0.0) || !isfinite(mu), SUR_EINVAL,
                "a ridge penalty cannot be %g", mu);
    SUR_FAIL_IF(z->rows < 1 || z->cols < 1 || y->rows != z->rows || y->cols < 1 ||
                    (kernel && z->cols != z->rows),
                SUR_ESHAPE, "%lld x %lld numbers do not fit %lld x %lld targets",
                (long long)z->rows, (long long)z->cols, (long long)y->rows,
                (long long)y->cols);
    SUR_TRY(sur_alloc(&e, 1, sizeof *e, err));
    *e = (unlearn_exact){.z = z, .kernel = kernel, .y = y, .mu = mu};
    e->dual = z->cols >= z->rows;
    SUR_TRY(sur_mat_new(&e->theta, z->cols, y->cols, err));
    SUR_TRY(fit_rows(&e->theta, e, NULL, err));
    const sur_idx order = e->dual ? z->rows : z->cols;
    SUR_TRY(sur_mat_new(&e->f, order, order, err));
    if (kernel)
        sur_mat_copy(&e->f, z);
    else
        sur_mat_multiply(&e->f, 1.0, z, e->dual ? SUR_PLAIN : SUR_TRANSPOSED, z,
                         e->dual ? SUR_TRANSPOSED : SUR_PLAIN, 0.0);
    for (sur_idx i = 0; i < order; i++) sur_mat_row(&e->f, i)[i] += mu;
    SUR_TRY(factorize(&e->f, &e->sound, &e->condition, FACTOR_LIMIT, err));
    if (e->dual && !kernel && e->sound) {
        const dense_factor f = view(&e->f);
        SUR_TRY(sur_mat_new(&e->a, order, y->cols, err));
        sur_mat_copy(&e->a, y);
        dense_factor_solve(&f, &e->a);
    }
    *out = e;
    e = NULL;

done:
    unlearn_exact_free(e);
    return status;
}

sur_status unlearn_exact_open(unlearn_exact **out, const sur_mat *z, const sur_mat *y,
                              double mu, sur_error *err)
{
    return open_either(out, z, false, y, mu, err);
}

sur_status unlearn_exact_open_kernel(unlearn_exact **out, const sur_mat *k,
                                     const sur_mat *y, double mu, sur_error *err)
{
    return open_either(out, k, true, y, mu, err);
}

void unlearn_exact_free(unlearn_exact *exact)
{
    if (!exact) return;
    sur_mat_free(&exact->f);
    sur_mat_free(&exact->theta);
    sur_mat_free(&exact->a);
    free(exact);
}

const sur_mat *unlearn_exact_model(const unlearn_exact *exact) { return &exact->theta; }

/* ---- deleting ---- */

typedef struct deletion {
    const unlearn_exact *e;
    const sur_idx *picks;
    sur_idx count;
    uint8_t *gone;    /* [n] */
    sur_mat rows;     /* primal: Z_S (s x p) */
    sur_mat u;        /* A^-1 Z_S', or W = G^-1 E_S */
    sur_mat l;        /* the factor of L (s x s) */
    sur_mat small;    /* s x k */
    sur_mat a;        /* the coefficients a' of a dual design */
    sur_mat residual; /* n x k, 0 at the forgotten rows */
    sur_mat gradient; /* of what is solved for */
} deletion;

static void deletion_free(deletion *d)
{
    free(d->gone);
    sur_mat_free(&d->rows);
    sur_mat_free(&d->u);
    sur_mat_free(&d->l);
    sur_mat_free(&d->small);
    sur_mat_free(&d->a);
    sur_mat_free(&d->residual);
    sur_mat_free(&d->gradient);
}

static void clear_gone(sur_mat *m, const deletion *d)
{
    for (sur_idx i = 0; i < d->count; i++)
        memset(sur_mat_row(m, d->picks[i]), 0, (size_t)m->cols * sizeof(double));
}

static void gather(sur_mat *to, const sur_mat *from, const deletion *d)
{
    for (sur_idx i = 0; i < d->count; i++)
        memcpy(sur_mat_row(to, i), sur_mat_row(from, d->picks[i]),
               (size_t)from->cols * sizeof(double));
}

static sur_status mark(deletion *d, sur_error *err)
{
    const sur_idx n = d->e->y->rows;
    sur_status status;
    SUR_FAIL_IF(d->count < 0 || d->count >= n, SUR_EINVAL,
                "%lld of %lld rows cannot be forgotten", (long long)d->count,
                (long long)n);
    SUR_TRY(sur_alloc(&d->gone, n, 1, err));
    for (sur_idx i = 0; i < d->count; i++) {
        const sur_idx row = d->picks[i];
        SUR_FAIL_IF(row < 0 || row >= n || d->gone[row], SUR_EINVAL, "row %lld %s",
                    (long long)row,
                    row < 0 || row >= n ? "is not there" : "is to be forgotten twice");
        d->gone[row] = 1;
    }

done:
    return status;
}

/* U and the factor of L. */
static sur_status prepare(deletion *d, bool *sound, double *condition, sur_error *err)
{
    const unlearn_exact *e = d->e;
    const sur_idx s = d->count, order = e->f.rows;
    const dense_factor f = view(&e->f);
    sur_status status;

    SUR_TRY(sur_mat_new(&d->u, order, s, err));
    SUR_TRY(sur_mat_new(&d->l, s, s, err));
    SUR_TRY(sur_mat_new(&d->small, s, e->y->cols, err));
    if (e->dual) {
        for (sur_idx i = 0; i < s; i++) sur_mat_row(&d->u, d->picks[i])[i] = 1.0;
        dense_factor_solve(&f, &d->u);
        gather(&d->l, &d->u, d);
    } else {
        SUR_TRY(sur_mat_new(&d->rows, s, order, err));
        gather(&d->rows, e->z, d);
        for (sur_idx i = 0; i < s; i++)
            for (sur_idx j = 0; j < order; j++)
                sur_mat_row(&d->u, j)[i] = sur_mat_row(&d->rows, i)[j];
        dense_factor_solve(&f, &d->u);
        for (sur_idx i = 0; i < s; i++) sur_mat_row(&d->l, i)[i] = 1.0;
        sur_mat_multiply(&d->l, -1.0, &d->rows, SUR_PLAIN, &d->u, SUR_PLAIN, 1.0);
    }
    SUR_TRY(factorize(&d->l, sound, condition, DELETE_LIMIT, err));

done:
    return status;
}

/* x = the inverse of the downdated F, times x; of the dual, of its retained part. */
static void apply_inverse(deletion *d, sur_mat *x)
{
    const dense_factor f = view(&d->e->f), l = view(&d->l);
    if (d->e->dual) clear_gone(x, d);
    sur_mat_multiply(&d->small, 1.0, &d->u, SUR_TRANSPOSED, x, SUR_PLAIN, 0.0);
    dense_factor_solve(&l, &d->small);
    dense_factor_solve(&f, x);
    sur_mat_multiply(x, d->e->dual ? -1.0 : 1.0, &d->u, SUR_PLAIN, &d->small, SUR_PLAIN,
                     1.0);
    if (d->e->dual) clear_gone(x, d);
}

/* residual = (Y - Z theta)_R or (Y - K a)_R. */
static void put_residual(deletion *d, const sur_mat *x)
{
    const unlearn_exact *e = d->e;
    sur_mat_copy(&d->residual, e->y);
    sur_mat_multiply(&d->residual, -1.0, e->z, SUR_PLAIN, x, SUR_PLAIN, 1.0);
    clear_gone(&d->residual, d);
}

/* gradient = Z_R'(Y - Z theta)_R - mu theta, or (Y - Z theta - mu a)_R, with x = theta
 * and a, or both a of a kernel. */
static void put_gradient(sur_mat *gradient, deletion *d, const sur_mat *x,
                         const sur_mat *a)
{
    const unlearn_exact *e = d->e;
    put_residual(d, x);
    if (a) {
        sur_mat_copy(gradient, &d->residual);
        sur_mat_axpy(gradient, -e->mu, a);
    } else {
        sur_mat_multiply(gradient, 1.0, e->z, SUR_TRANSPOSED, &d->residual, SUR_PLAIN,
                         0.0);
        sur_mat_axpy(gradient, -e->mu, x);
    }
}

/* || gradient || over || Z_R' Y_R || or || Y_R ||. */
static sur_status judge(double *residual, deletion *d, const sur_mat *x, sur_error *err)
{
    const unlearn_exact *e = d->e;
    sur_mat gradient = {0};
    const sur_status status = sur_mat_new(&gradient, x->rows, x->cols, err);
    if (status != SUR_OK) return status;
    put_gradient(&gradient, d, x, e->kernel ? x : NULL);
    const double norm = sur_mat_norm(&gradient);
    sur_mat_copy(&d->residual, e->y);
    clear_gone(&d->residual, d);
    if (!e->kernel)
        sur_mat_multiply(&gradient, 1.0, e->z, SUR_TRANSPOSED, &d->residual, SUR_PLAIN,
                         0.0);
    *residual =
        norm > 0.0 ? norm / sur_mat_norm(e->kernel ? &d->residual : &gradient) : 0.0;
    sur_mat_free(&gradient);
    return SUR_OK;
}

/* The formula, then what refinement adds. */
static sur_status move(sur_mat *after, deletion *d, sur_error *err)
{
    const unlearn_exact *e = d->e;
    const dense_factor l = view(&d->l);
    sur_mat *x = after; /* what is solved for */
    sur_status status = SUR_OK;

    SUR_TRY(sur_mat_new(&d->gradient, e->f.rows, e->y->cols, err));
    if (e->dual && !e->kernel) {
        SUR_TRY(sur_mat_new(&d->a, e->a.rows, e->a.cols, err));
        x = &d->a;
    }
    sur_mat_copy(x, x == after ? &e->theta : &e->a);
    if (e->dual) {
        gather(&d->small, x, d);
    } else {
        gather(&d->small, e->y, d);
        sur_mat_multiply(&d->small, -1.0, &d->rows, SUR_PLAIN, x, SUR_PLAIN, 1.0);
    }
    dense_factor_solve(&l, &d->small);
    sur_mat_multiply(x, -1.0, &d->u, SUR_PLAIN, &d->small, SUR_PLAIN, 1.0);
    for (int turn = 0;; turn++) {
        if (e->dual) clear_gone(x, d);
        if (x != after)
            sur_mat_multiply(after, 1.0, e->z, SUR_TRANSPOSED, x, SUR_PLAIN, 0.0);
        if (turn == REFINEMENTS) break;
        put_gradient(&d->gradient, d, after, e->dual ? x : NULL);
        apply_inverse(d, &d->gradient);
        sur_mat_axpy(x, 1.0, &d->gradient);
    }

done:
    return status;
}

/* Why no formula serves, or NULL. */
static const char *no_formula(const deletion *d)
{
    const unlearn_exact *e = d->e;
    if (e->mu == 0.0 && !e->dual && e->z->rows > e->z->cols &&
        e->z->cols >= e->z->rows - d->count)
        return "the deletion crosses the interpolation threshold";
    if (!e->sound)
        return e->dual ? "the rows are too nearly dependent"
                       : "the columns are too nearly dependent";
    return NULL;
}

sur_status unlearn_exact_delete(sur_mat *after, unlearn_exact_report *report,
                                const unlearn_exact *exact, const sur_idx *picks,
                                sur_idx count, sur_error *err)
{
    deletion d = {.e = exact, .picks = picks, .count = count};
    unlearn_exact_report found = {.method = UNLEARN_REFIT, .condition = nan("")};
    bool sound = false;
    sur_status status;

    SUR_TRY(mark(&d, err));
    SUR_TRY(sur_mat_new(&d.residual, exact->y->rows, exact->y->cols, err));
    found.reason = count > 0 ? no_formula(&d) : NULL;
    if (count > 0 && !found.reason) {
        SUR_TRY(prepare(&d, &sound, &found.condition, err));
        if (!sound)
            found.reason = exact->dual ? "[G^-1]_SS is too nearly singular"
                                       : "I - H_SS is too nearly singular";
    }
    if (found.reason) {
        SUR_TRY(fit_rows(after, exact, d.gone, err));
    } else {
        found.method = exact->dual ? UNLEARN_PROJECT : UNLEARN_DOWNDATE;
        if (count > 0)
            SUR_TRY(move(after, &d, err));
        else
            sur_mat_copy(after, &exact->theta);
    }
    SUR_TRY(judge(&found.residual, &d, after, err));
    if (report) *report = found;

done:
    deletion_free(&d);
    return status;
}

sur_status unlearn_min_norm(sur_mat *after, const sur_mat *before,
                            const sur_mat *retained, double c, sur_error *err)
{
    sur_mat answers = {0}, within = {0};
    sur_status status;

    SUR_TRY(sur_mat_new(&answers, retained->rows, before->cols, err));
    SUR_TRY(sur_mat_new(&within, before->rows, before->cols, err));
    sur_mat_multiply(&answers, 1.0, retained, SUR_PLAIN, before, SUR_PLAIN, 0.0);
    SUR_TRY(sur_lstsq(&within, NULL, NULL, retained, &answers, -1.0, err));
    sur_mat_copy(after, before);
    sur_mat_axpy(after, -c, before);
    sur_mat_axpy(after, c, &within);

done:
    sur_mat_free(&answers);
    sur_mat_free(&within);
    return status;
}
