/* logistic.c -- a logistic ridge model's answers with and without each record.
 *
 * With l_i(f) = ln(1 + e^f) - y_i f the model has the least sum_i l_i(f_i) + mu/2
 * |w|^2, f_i = offset + z_i'w, over the rows trained on. Newton's step at f is the
 * ridge regression of u_i = (f_i - offset) - l'_i / l''_i with the weights l''_i, so
 * rows sqrt(l''_i) z_i and targets sqrt(l''_i) u_i are given to sur_paired_answers. At
 * the end it also says where one Newton step leads without a row: f_-i ~ f_i + k_i
 * l'_i(f_i),   k_i = h_i / (1 - l''_i h_i), h_i = z_i'(Z'L''Z + mu)^-1 z_i (approximate
 * leave-one-out; Rad & Maleki 2020) With a row more the same relation is solved for the
 * answer within: f_+i + k_i l'_i(f_+i) = f_i, k_i = z_i'(Z'L''Z + mu)^-1 z_i. A second
 * target, 1 at rows that are not trained on and 0 at the others, has the answer l''_i
 * k_i / (1 + l''_i k_i) there.
 *
 * A step that moves an answer by R is shortened to ln(1 + R)/R of it: since |l'''| <=
 * l'', the sum then never grows (Bach 2010). */
#include <surplus/attack.h>

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 200 };
static const double flat = 1e-10; /* the least l'' that is used */

typedef struct work {
    const uint8_t *keep;
    sur_mat z, gram, u; /* times the roots of l''; u N x 2 */
    sur_mat in, out;    /* N x 2 */
    double *f, *root;   /* [N] answers less offset; roots of l'' */
} work;

static void work_free(work *w)
{
    sur_mat_free(&w->z);
    sur_mat_free(&w->gram);
    sur_mat_free(&w->u);
    sur_mat_free(&w->in);
    sur_mat_free(&w->out);
    free(w->f);
    free(w->root);
}

static sur_status work_new(work *w, const sur_mat *z, const sur_mat *gram, sur_idx n,
                           sur_error *err)
{
    sur_status status;
    if (z) SUR_TRY(sur_mat_new(&w->z, z->rows, z->cols, err));
    if (gram) SUR_TRY(sur_mat_new(&w->gram, n, n, err));
    SUR_TRY(sur_mat_new(&w->u, n, 2, err));
    SUR_TRY(sur_mat_new(&w->in, n, 2, err));
    SUR_TRY(sur_mat_new(&w->out, n, 2, err));
    SUR_TRY(sur_alloc(&w->f, n, sizeof *w->f, err));
    SUR_TRY(sur_alloc(&w->root, n, sizeof *w->root, err));

done:
    return status;
}

static double share_of(double f) { return 1.0 / (1.0 + exp(-f)); }

/* The regression whose answers are one Newton step from f. */
static void weigh(work *w, const sur_mat *z, const sur_mat *gram, const double *label,
                  double offset)
{
    const sur_idx n = w->u.rows;
    for (sur_idx i = 0; i < n; i++) {
        const double share = share_of(offset + w->f[i]);
        const double bend = fmax(share * (1.0 - share), flat);
        w->root[i] = sqrt(bend);
        sur_mat_row(&w->u, i)[0] = w->root[i] * (w->f[i] - (share - label[i]) / bend);
        sur_mat_row(&w->u, i)[1] = w->keep[i] ? 0.0 : 1.0;
    }
    for (sur_idx i = 0; i < n && z; i++)
        for (sur_idx j = 0; j < z->cols; j++)
            sur_mat_row(&w->z, i)[j] = w->root[i] * sur_mat_row(z, i)[j];
    for (sur_idx i = 0; i < n && gram; i++)
        for (sur_idx j = 0; j < n; j++)
            sur_mat_row(&w->gram, i)[j] =
                w->root[i] * w->root[j] * sur_mat_row(gram, i)[j];
}

/* What the step's model itself answers at row i, less offset. */
static double answer_of(const work *w, sur_idx i)
{
    return *sur_mat_row(w->keep[i] ? &w->in : &w->out, i) / w->root[i];
}

/* Moves f towards the step's answers; returns the largest move of a row trained on, inf
 * if one is not finite. */
static double move(work *w)
{
    double most = 0.0;
    for (sur_idx i = 0; i < w->u.rows; i++) {
        const double to = answer_of(w, i);
        if (!isfinite(to)) return HUGE_VAL;
        if (w->keep[i]) most = fmax(most, fabs(to - w->f[i]));
    }
    const double part = most > 0.0 ? log1p(most) / most : 1.0;
    for (sur_idx i = 0; i < w->u.rows; i++)
        w->f[i] += part * (answer_of(w, i) - w->f[i]);
    return most;
}

/* f + k l'(f) = out, by halving: the left side grows with f. */
static double within(double out, double k, double label)
{
    double low = out - k, high = out + k;
    for (int step = 0; step < 100 && low < high; step++) {
        const double f = 0.5 * (low + high);
        *(f + k * (share_of(f) - label) > out ? &high : &low) = f;
    }
    return 0.5 * (low + high);
}

static void put(sur_mat *in, sur_mat *out, const work *w, const double *label,
                double offset)
{
    for (sur_idx i = 0; i < in->rows; i++) {
        const double bend = w->root[i] * w->root[i], t = sur_mat_row(&w->in, i)[1];
        const double f = offset + *sur_mat_row(&w->out, i) / w->root[i];
        *sur_mat_row(out, i) = f;
        *sur_mat_row(in, i) = w->keep[i] ? offset + answer_of(w, i)
                                         : within(f, t / ((1.0 - t) * bend), label[i]);
    }
}

sur_status sur_paired_logistic(sur_mat *in, sur_mat *out, const sur_mat *z,
                               const sur_mat *gram, const double *label, double offset,
                               const uint8_t *keep, double mu, sur_error *err)
{
    work w = {.keep = keep};
    double most = HUGE_VAL;
    sur_status status;

    SUR_TRY(work_new(&w, z, gram, in->rows, err));
    for (int step = 0; step < STEPS && !(most <= 1e-9); step++) {
        weigh(&w, z, gram, label, offset);
        SUR_TRY(sur_paired_answers(&w.in, &w.out, z ? &w.z : NULL,
                                   gram ? &w.gram : NULL, &w.u, keep, mu, err));
        most = move(&w);
        SUR_FAIL_IF(most == HUGE_VAL, SUR_ENUMERIC,
                    "logistic regression with penalty %g: the answers are not finite",
                    mu);
    }
    SUR_FAIL_IF(
        !(most <= 1e-6), SUR_ENUMERIC,
        "logistic regression with penalty %g: answers still move by %g after %d "
        "steps; classes that are told apart without error need a larger penalty",
        mu, most, STEPS);
    put(in, out, &w, label, offset);

done:
    work_free(&w);
    return status;
}
