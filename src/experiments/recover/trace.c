/* trace.c -- the paper's objects along a path of iterates.
 *
 * V_X is an orthonormal basis of the columns of the planted X. With the singular value
 * decomposition V_X' U_t = V S W_t', the iterate splits into signal U_t W_t and
 * nuisance U_t W_perp. L is the leading space of Mhat = A*(y), L_t that of U_t, and
 * angles are
 * || (I - A A') B ||. For V W' everything is read off Z = [V; W] with the basis [P; Q]
 * / sqrt 2: sym(M) = [0 M; M' 0] has the eigenvectors [p; q] / sqrt 2. Source: Stoeger
 * & Soltanolkotabi 2021, sections 4 and 5. */
#include "base/memory.h"
#include "base/try.h"
#include "experiments/recover/problem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1200, EVERY = 100, EVERY_TRACED = 1000 };

/* [left; right] / (right ? sqrt 2 : 1), scaled by `by`. */
static void stack(sur_mat *out, const sur_mat *left, const sur_mat *right, double by)
{
    sur_mat top = sur_mat_part(out, 0, left->rows, 0, left->cols);
    sur_mat_copy(&top, left);
    if (right && right->data) {
        sur_mat bottom = sur_mat_part(out, left->rows, right->rows, 0, right->cols);
        sur_mat_copy(&bottom, right);
    }
    for (sur_idx i = 0; i < out->rows; i++)
        for (sur_idx j = 0; j < out->cols; j++) sur_mat_row(out, i)[j] *= by;
}

static sur_idx height(const recover_problem *p)
{
    return p->op.symmetric ? p->op.rows : p->op.rows + p->op.cols;
}

/* Mhat (or sym(Mhat)), scaled so that its mean is M. */
static sur_status spectral_matrix(sur_mat *m, const recover_problem *p, const double *y,
                                  double factor, sur_error *err)
{
    const sur_operator *op = &p->op;
    sur_mat d = {0};
    sur_status status;
    SUR_TRY(sur_mat_new(&d, op->rows, op->cols, err));
    SUR_TRY(op->adjoint(op->payload, &d, y, err));
    for (sur_idx i = 0; i < op->rows; i++)
        for (sur_idx j = 0; j < op->cols; j++) {
            const double x = factor * sur_mat_row(&d, i)[j];
            if (op->symmetric)
                sur_mat_row(m, i)[j] = x;
            else
                sur_mat_row(m, i)[op->rows + j] = sur_mat_row(m, op->rows + j)[i] = x;
        }
done:
    sur_mat_free(&d);
    return status;
}

/* sin of the largest angle: || (I - A A') B ||, both orthonormal with r columns. */
static sur_status angle(double *sine, const sur_mat *a, const sur_mat *b,
                        sur_error *err)
{
    sur_mat inner = {0}, rest = {0};
    double *values = NULL;
    sur_status status;
    SUR_TRY(sur_mat_new(&inner, a->cols, b->cols, err));
    SUR_TRY(sur_mat_new(&rest, b->rows, b->cols, err));
    SUR_TRY(sur_alloc(&values, b->rows + b->cols, sizeof *values, err));
    sur_mat_copy(&rest, b);
    sur_mat_multiply(&inner, 1.0, a, SUR_TRANSPOSED, b, SUR_PLAIN, 0.0);
    sur_mat_multiply(&rest, -1.0, a, SUR_PLAIN, &inner, SUR_PLAIN, 1.0);
    SUR_TRY(sur_svd(values, NULL, NULL, &rest, err));
    *sine = fmin(1.0, values[0]);
done:
    sur_mat_free(&inner);
    sur_mat_free(&rest);
    free(values);
    return status;
}

static sur_status spectral(recover_trace *t, const recover_problem *p, const double *y,
                           double holdout_share, sur_error *err)
{
    const sur_idx n = height(p), r = p->true_rank;
    double gain;
    sur_mat m = {0};
    sur_status status;
    SUR_TRY(sur_operator_gain(&gain, &p->op, err));
    SUR_TRY(sur_mat_new(&m, n, n, err));
    SUR_TRY(sur_mat_new(&t->vectors, n, n, err));
    SUR_TRY(sur_mat_new(&t->spectral, n, r, err));
    SUR_TRY(sur_alloc(&t->values, n, sizeof *t->values, err));
    SUR_TRY(spectral_matrix(&m, p, y,
                            gain / ((1.0 - holdout_share) * (double)p->op.count), err));
    SUR_TRY(sur_eigen(t->values, &t->vectors, &m, err));
    const sur_mat top = sur_mat_part(&t->vectors, 0, n, n - r, r);
    sur_mat_copy(&t->spectral, &top);
    t->gap = t->values[n - r];
    t->edge = n > r ? t->values[n - r - 1] : (double)NAN;
    SUR_TRY(angle(&t->angle_start, &t->basis, &t->spectral, err));
done:
    sur_mat_free(&m);
    return status;
}

sur_status recover_trace_begin(recover_trace *t, const recover_problem *p,
                               const sur_recover_trial *o, const double *y,
                               sur_error *err)
{
    const double by = p->op.symmetric ? 1.0 : sqrt(0.5);
    const sur_idx n = height(p);
    double *used = NULL, *weight = NULL;
    sur_idx kept = 0;
    sur_status status = SUR_OK;

    *t = (recover_trace){.problem = p,
                         .all = o->trace,
                         .power = o->solver == SOLVER_GD,
                         .edge = (double)NAN,
                         .gap = (double)NAN,
                         .angle_start = (double)NAN};
    if (p->true_rank == 0 || n > LARGEST) return status;
    SUR_TRY(sur_mat_new(&t->basis, n, p->true_rank, err));
    stack(&t->basis, &p->left, p->op.symmetric ? NULL : &p->right, by);
    /* the power method of the run sees the measurements that the run uses */
    SUR_TRY(recover_holdout(&weight, &kept, p->op.count, o->holdout,
                            (uint64_t)o->start_seed, err));
    SUR_TRY(sur_alloc(&used, p->op.count, sizeof *used, err));
    memcpy(used, y, (size_t)p->op.count * sizeof *used);
    recover_center(&p->op, used, weight);
    for (sur_idx i = 0; weight && i < p->op.count; i++) used[i] *= weight[i];
    SUR_TRY(spectral(t, p, used, 1.0 - (double)kept / (double)p->op.count, err));
done:
    free(used);
    free(weight);
    return status;
}

void recover_trace_free(recover_trace *t)
{
    sur_mat_free(&t->basis);
    sur_mat_free(&t->spectral);
    sur_mat_free(&t->vectors);
    sur_mat_free(&t->start);
    free(t->values);
    free(t->points);
    *t = (recover_trace){0};
}

/* ---- one point ---- */

/* Signal U W, nuisance U W_perp from inner = V_X' Z (r* x r). */
static sur_status split(recover_point *point, const recover_trace *t, const sur_mat *z,
                        sur_error *err)
{
    const sur_idx r = t->basis.cols, width = z->cols;
    sur_mat inner = {0}, w = {0}, signal = {0}, rest = {0};
    double *values = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&values, r + width + z->rows, sizeof *values, err));
    SUR_TRY(sur_mat_new(&inner, r, width, err));
    SUR_TRY(sur_mat_new(&w, width, r < width ? r : width, err));
    SUR_TRY(sur_mat_new(&signal, z->rows, w.cols, err));
    SUR_TRY(sur_mat_new(&rest, z->rows, width, err));
    sur_mat_multiply(&inner, 1.0, &t->basis, SUR_TRANSPOSED, z, SUR_PLAIN, 0.0);
    SUR_TRY(sur_svd(values, NULL, &w, &inner, err));
    sur_mat_multiply(&signal, 1.0, z, SUR_PLAIN, &w, SUR_PLAIN, 0.0);
    SUR_TRY(sur_svd(values, NULL, NULL, &signal, err));
    point->signal = width < r ? 0.0 : values[w.cols - 1];
    sur_mat_copy(&rest, z);
    sur_mat_multiply(&rest, -1.0, &signal, SUR_PLAIN, &w, SUR_TRANSPOSED, 1.0);
    if (width > r) {
        SUR_TRY(sur_svd(values, NULL, NULL, &rest, err));
        point->nuisance = values[0];
    } else {
        point->nuisance = 0.0;
    }
done:
    sur_mat_free(&inner);
    sur_mat_free(&w);
    sur_mat_free(&signal);
    sur_mat_free(&rest);
    free(values);
    return status;
}

/* L_t against L and X; singular values of U (of Z / sqrt 2, which are those of V W'
 * under the root, when V and W are balanced). */
static sur_status spaces(recover_point *point, const recover_trace *t, const sur_mat *z,
                         bool symmetric, sur_error *err)
{
    const sur_idx k = z->rows < z->cols ? z->rows : z->cols;
    sur_mat u = {0};
    double *values = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&values, k, sizeof *values, err));
    if (t->basis.data) SUR_TRY(sur_mat_new(&u, z->rows, k, err));
    SUR_TRY(sur_svd(values, t->basis.data ? &u : NULL, NULL, z, err));
    for (sur_idx i = 0; i < TRACE_SINGULAR; i++)
        point->singular[i] =
            i < k ? values[i] * (symmetric ? 1.0 : sqrt(0.5)) : (double)NAN;
    if (t->basis.data && k >= t->basis.cols) {
        const sur_mat lead = sur_mat_part(&u, 0, u.rows, 0, t->basis.cols);
        SUR_TRY(angle(&point->angle_l, &t->spectral, &lead, err));
        SUR_TRY(angle(&point->angle_x, &t->basis, &lead, err));
    }
done:
    sur_mat_free(&u);
    free(values);
    return status;
}

/* || U_t - (I + mu Mhat)^t U_0 || / || (I + mu Mhat)^t U_0 ||, in Mhat's basis. */
static sur_status power_gap(recover_point *point, recover_trace *t, const sur_mat *z,
                            const sur_recover_view *view, sur_error *err)
{
    sur_mat at = {0}, power = {0};
    double *values = NULL;
    sur_status status;
    SUR_TRY(sur_mat_new(&at, z->rows, z->cols, err));
    SUR_TRY(sur_mat_new(&power, z->rows, z->cols, err));
    SUR_TRY(sur_alloc(&values, z->rows, sizeof *values, err));
    sur_mat_multiply(&at, 1.0, &t->vectors, SUR_TRANSPOSED, z, SUR_PLAIN, 0.0);
    if (!t->start.data) {
        SUR_TRY(sur_mat_new(&t->start, z->rows, z->cols, err));
        sur_mat_copy(&t->start, &at);
        t->start_at = view->iteration; /* not 0 after a jump */
    }
    for (sur_idx i = 0; i < z->rows; i++) {
        const double grown = pow(1.0 + view->step * t->values[i],
                                 (double)(view->iteration - t->start_at));
        for (sur_idx j = 0; j < z->cols; j++)
            sur_mat_row(&power, i)[j] = grown * sur_mat_row(&t->start, i)[j];
    }
    sur_mat_axpy(&at, -1.0, &power);
    SUR_TRY(sur_svd(values, NULL, NULL, &at, err));
    const double gap = values[0];
    SUR_TRY(sur_svd(values, NULL, NULL, &power, err));
    point->apart = gap / values[0];
    if (!(point->apart < 0.9)) t->power = false; /* the comparison is over */
done:
    sur_mat_free(&at);
    sur_mat_free(&power);
    free(values);
    return status;
}

static sur_status imbalance(double *out, const sur_mat *v, const sur_mat *w,
                            sur_error *err)
{
    sur_mat g = {0};
    double *values = NULL;
    sur_status status;
    SUR_TRY(sur_mat_new(&g, v->cols, v->cols, err));
    SUR_TRY(sur_alloc(&values, v->cols, sizeof *values, err));
    sur_mat_multiply(&g, 1.0, v, SUR_TRANSPOSED, v, SUR_PLAIN, 0.0);
    sur_mat_multiply(&g, -1.0, w, SUR_TRANSPOSED, w, SUR_PLAIN, 1.0);
    SUR_TRY(sur_svd(values, NULL, NULL, &g, err));
    *out = values[0];
done:
    sur_mat_free(&g);
    free(values);
    return status;
}

sur_status recover_error(double *error, const sur_mat *left, const sur_mat *right,
                         const sur_mat *truth, sur_error *err)
{
    sur_mat gap = {0};
    sur_status status;
    SUR_TRY(sur_mat_new(&gap, truth->rows, truth->cols, err));
    sur_mat_copy(&gap, truth);
    sur_mat_multiply(&gap, 1.0, left, SUR_PLAIN, right->data ? right : left,
                     SUR_TRANSPOSED, -1.0);
    *error = sur_mat_norm(&gap) / sur_mat_norm(truth);
done:
    sur_mat_free(&gap);
    return status;
}

/* Which iterates are looked at: with --trace all of the first ones, else fewer of them;
 * then every fiftieth part further. */
static bool due(recover_trace *t, int64_t iteration)
{
    if (iteration < t->next) return false;
    const int64_t each = t->all ? EVERY_TRACED : EVERY;
    t->next = iteration + (iteration < each ? 1 : iteration / 50 + 1);
    return true;
}

sur_status recover_trace_observe(void *payload, const sur_recover_view *view,
                                 bool *go_on, sur_error *err)
{
    const double nan = (double)NAN;
    recover_trace *t = payload;
    const recover_problem *p = t->problem;
    const bool symmetric = p->op.symmetric;
    recover_point point = {.iteration = view->iteration,
                           .fit = view->fit,
                           .holdout = view->holdout,
                           .recovery = nan,
                           .signal = nan,
                           .nuisance = nan,
                           .angle_l = nan,
                           .angle_x = nan,
                           .apart = nan,
                           .imbalance = nan};
    sur_mat z = {0};
    sur_status status = SUR_OK;

    (void)go_on;
    if (view->iteration == 0) /* E || G ||_F^2 = n */
        t->alpha = sur_mat_norm(view->left) / sqrt((double)view->left->rows);
    for (int i = 0; i < TRACE_SINGULAR; i++) point.singular[i] = nan;
    if (!due(t, view->iteration)) return status;
    if (t->count == t->capacity) {
        const sur_idx more = t->capacity ? 2 * t->capacity : 64;
        SUR_TRY(sur_resize(&t->points, more, sizeof *t->points, err));
        t->capacity = more;
    }
    if (p->truth.data) {
        static const sur_mat none = {0};
        SUR_TRY(recover_error(&point.recovery, view->left,
                              symmetric ? &none : view->right, &p->truth, err));
    }
    if (t->basis.data || t->all) {
        SUR_TRY(sur_mat_new(&z, height(p), view->left->cols, err));
        stack(&z, view->left, symmetric ? NULL : view->right, 1.0);
        SUR_TRY(spaces(&point, t, &z, symmetric, err));
    }
    if (t->basis.data) SUR_TRY(split(&point, t, &z, err));
    if (t->basis.data && t->power) SUR_TRY(power_gap(&point, t, &z, view, err));
    if (!symmetric && (t->basis.data || t->all))
        SUR_TRY(imbalance(&point.imbalance, view->left, view->right, err));
    t->points[t->count++] = point;
done:
    sur_mat_free(&z);
    return status;
}

/* ---- what the path says ---- */

static int64_t when(const recover_trace *t, sur_idx i)
{
    return i < t->count ? t->points[i].iteration : -1;
}

static void known_phases(recover_phases *out, const recover_trace *t)
{
    const recover_problem *p = t->problem;
    const double least = sqrt(p->singular[p->true_rank - 1]) /* sigma_min(X) */
                         * (p->op.symmetric ? 1.0 : sqrt(2.0));
    sur_idx i = 0;
    while (i < t->count && !(t->points[i].nuisance < 0.5 * t->points[i].signal &&
                             t->points[i].angle_x < 0.5))
        i++;
    out->end[0] = when(t, i);
    for (i = 0; i < t->count && !(t->points[i].signal >= least / sqrt(10.0));) i++;
    out->end[1] = when(t, i);
    for (i = 0; i < t->count && !(t->points[i].apart > 0.05);) i++;
    out->spectral_until = when(t, i);
}

double recover_predicted_error(const recover_trace *t, const sur_recover_result *result)
{
    const recover_problem *p = t->problem;
    const sur_idx n = p->op.rows, r = p->true_rank;
    double sum = 0.0, square = 0.0, whole = 0.0;
    if (!t->basis.data || !p->op.symmetric || !(t->alpha > 0.0) || !(t->gap > 0.0) ||
        result->rank <= r)
        return (double)NAN;
    const double sigma = sqrt(p->singular[r - 1]),
                 turns = log(sigma / t->alpha) / log1p(result->step * t->gap);
    for (sur_idx k = 0; k < n - r; k++) {
        const double d =
            t->alpha * t->alpha * pow(1.0 + result->step * t->values[k], 2.0 * turns);
        sum += d;
        square += d * d;
    }
    for (sur_idx k = 0; k < r; k++) whole += p->singular[k] * p->singular[k];
    return sqrt((square + sum * sum / (double)result->rank) / whole);
}

/* The rules for an unknown X: by the share of || y ||^2 left. */
static void seen_phases(recover_phases *out, const recover_trace *t)
{
    const double left[2] = {0.999, 0.1};
    for (int k = 0; k < 2; k++) {
        sur_idx i = 0;
        while (i < t->count && !(t->points[i].fit * t->points[i].fit < left[k])) i++;
        out->end[k] = when(t, i);
    }
}

recover_phases recover_trace_phases(const recover_trace *t)
{
    const double nan = (double)NAN;
    recover_phases out = {.end = {-1, -1, -1},
                          .angle_min = nan,
                          .angle_end = nan,
                          .nuisance = nan,
                          .signal_min = nan,
                          .imbalance = nan,
                          .oracle_error = nan,
                          .spectral_until = -1};
    const bool planted = t->problem->truth.data != NULL;
    double least = HUGE_VAL;

    if (t->count == 0) return out;
    if (t->basis.data)
        known_phases(&out, t);
    else
        seen_phases(&out, t);
    for (sur_idx i = 0; i < t->count; i++) {
        const recover_point *p = &t->points[i];
        const double error = planted             ? p->recovery
                             : isnan(p->holdout) ? p->fit
                                                 : p->holdout;
        least = fmin(least, error);
        out.angle_min = fmin(out.angle_min, p->angle_l);
        out.imbalance = fmax(out.imbalance, p->imbalance);
    }
    const bool grown = t->basis.data || (out.end[0] >= 0 && out.end[1] >= 0);
    for (sur_idx i = 0; i < t->count && grown && out.end[2] < 0; i++) {
        const recover_point *p = &t->points[i];
        if (!t->basis.data && p->iteration < out.end[1]) continue;
        const double error = planted             ? p->recovery
                             : isnan(p->holdout) ? p->fit
                                                 : p->holdout;
        if (error <= 1.1 * least) out.end[2] = p->iteration;
    }
    const recover_point *last = &t->points[t->count - 1];
    out.angle_end = last->angle_l;
    out.nuisance = last->nuisance;
    out.signal_min = last->signal;
    if (planted) out.oracle_error = least;
    return out;
}

void recover_plateaus(char *text, size_t size, const recover_trace *t, double threshold)
{
    size_t used = 0;
    sur_idx from = 0;
    text[0] = '\0';
    for (sur_idx i = 1, rank = -1; i <= t->count; i++) {
        sur_idx here = 0;
        if (i < t->count)
            while (here < TRACE_SINGULAR &&
                   t->points[i].singular[here] * t->points[i].singular[here] >
                       threshold)
                here++;
        if (i < t->count && here == rank) continue;
        const int64_t first = t->points[from].iteration,
                      last = t->points[i - 1].iteration;
        /* a stretch counts when it lasts a fifth of its beginning */
        if (rank > 0 && 5 * (last - first) >= first && used < size) {
            const int n =
                snprintf(text + used, size - used,
                         "%srank %lld%s from iteration %lld to %lld", used ? ", " : "",
                         (long long)rank, rank == TRACE_SINGULAR ? " or more" : "",
                         (long long)first, (long long)last);
            used += n > 0 ? (size_t)n : 0;
        }
        rank = here;
        from = i;
    }
}
