/* rule_influence.c -- one damped Newton step towards the minimum of the retained loss:
 *
 *     theta_u = theta + s (H + damping I)^-1 g,   g = (1/|R|) sum over F of dCE/dtheta
 *
 * with H the Gauss-Newton matrix of the mean CE on R at theta (the exact Hessian where
 * the network is linear in theta):  H v = (1/|R|) sum_i J_i' S_i J_i v, J = df/dtheta,
 * S = diag p - p p'. J v is taken by central differences of f, J' by the backward pass,
 * and the system is solved by conjugate gradients. */
#include "experiments/unlearn/course.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE, DAMPING, ITERATIONS };
#define DIFFERENCE 1e-2 /* |h v| over |theta| */
#define TOLERANCE 1e-4  /* of the residual, over |g| */

typedef struct newton {
    unlearn_course *c;
    sur_idx n, k, retained;
    const float *theta;
    float *up, *down;           /* [retained x k] answers on either side */
    double *g, *x, *r, *p, *hp; /* [N] */
} newton;

static double dot(const double *a, const double *b, sur_idx n)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static sur_status answers_at(float *answer, newton *w, const double *v, double h,
                             sur_error *err)
{
    unlearn_course *c = w->c;
    const unlearn_problem *p = c->problem;
    memcpy(c->vector, w->theta,
           (size_t)sur_network_size(&p->network) * sizeof *c->vector);
    for (sur_idx i = 0; i < w->n; i++)
        c->vector[i] = (float)((double)w->theta[i] + h * v[i]);
    return unlearn_answers(answer, p, c->vector, p->set.retain, 0, w->retained, err);
}

/* slope of row i of the batch = S J v / |R|. */
static void curve(newton *w, sur_idx first, double h)
{
    unlearn_course *c = w->c;
    double *p = c->share, *jv = c->share + w->k;
    for (sur_idx i = 0; i < c->count; i++) {
        const float *f = c->answer + i * c->stride;
        const sur_idx at = (first + i) * w->k;
        double most = (double)f[0], total = 0.0, mean = 0.0;
        for (sur_idx j = 1; j < w->k; j++) most = fmax(most, (double)f[j]);
        for (sur_idx j = 0; j < w->k; j++) total += p[j] = exp((double)f[j] - most);
        for (sur_idx j = 0; j < w->k; j++) {
            p[j] /= total;
            jv[j] = ((double)w->up[at + j] - (double)w->down[at + j]) / (2.0 * h);
            mean += p[j] * jv[j];
        }
        for (sur_idx j = 0; j < w->k; j++)
            c->slope[i * w->k + j] =
                (float)(p[j] * (jv[j] - mean) / (double)w->retained);
    }
}

/* out = (H + damping I) v. */
static sur_status multiply(double *out, newton *w, const double *v, sur_error *err)
{
    unlearn_course *c = w->c;
    const sur_idx *places = c->problem->set.retain;
    const double length = sur_norm2(v, w->n);
    sur_status status;
    double square = 0.0;

    for (sur_idx i = 0; i < w->n; i++)
        square += (double)w->theta[i] * (double)w->theta[i];
    const double h = DIFFERENCE * fmax(sqrt(square), 1e-6) / length;
    SUR_TRY(answers_at(w->up, w, v, h, err));
    SUR_TRY(answers_at(w->down, w, v, -h, err));
    for (sur_idx first = 0; first < w->retained; first += c->batch) {
        const sur_idx left = w->retained - first;
        SUR_TRY(sur_learner_forward(
            c->learner, &c->answer, &c->stride, &c->problem->inputs, places + first,
            left < c->batch ? left : c->batch, SUR_ANSWERING, err));
        c->count = left < c->batch ? left : c->batch;
        curve(w, first, h);
        SUR_TRY(unlearn_backward(c, err));
    }
    sur_learner_gradient(c->scratch, c->learner);
    for (sur_idx i = 0; i < w->n; i++)
        out[i] = (double)c->scratch[i] + c->setting[DAMPING] * v[i];
    memset(c->scratch, 0, (size_t)w->n * sizeof *c->scratch);
    sur_learner_set_gradient(c->learner, c->scratch);

done:
    return status;
}

/* x = (H + damping I)^-1 g. */
static sur_status solve(newton *w, sur_error *err)
{
    sur_status status = SUR_OK;
    const size_t bytes = (size_t)w->n * sizeof *w->g;
    double square = dot(w->g, w->g, w->n);
    const double end = square * TOLERANCE * TOLERANCE;
    memcpy(w->r, w->g, bytes);
    memcpy(w->p, w->g, bytes);
    for (sur_idx step = 0; (double)step < w->c->setting[ITERATIONS] && square > end;
         step++) {
        SUR_TRY(multiply(w->hp, w, w->p, err));
        const double a = square / dot(w->p, w->hp, w->n), before = square;
        SUR_FAIL_IF(!isfinite(a), SUR_ENUMERIC,
                    "conjugate gradients: the curvature is not finite");
        for (sur_idx i = 0; i < w->n; i++) w->x[i] += a * w->p[i];
        for (sur_idx i = 0; i < w->n; i++) w->r[i] -= a * w->hp[i];
        square = dot(w->r, w->r, w->n);
        for (sur_idx i = 0; i < w->n; i++)
            w->p[i] = w->r[i] + square / before * w->p[i];
    }

done:
    return status;
}

static sur_status allocate(newton *w, sur_error *err)
{
    double **const all[] = {&w->g, &w->x, &w->r, &w->p, &w->hp};
    sur_status status = SUR_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        SUR_TRY(sur_alloc(all[i], w->n, sizeof(double), err));
    SUR_TRY(sur_alloc(&w->up, w->retained * w->k, sizeof *w->up, err));
    SUR_TRY(sur_alloc(&w->down, w->retained * w->k, sizeof *w->down, err));

done:
    return status;
}

sur_status unlearn_influence_begin(unlearn_course *c, sur_error *err)
{
    const unlearn_problem *p = c->problem;
    const sur_goal goal = {.loss = SUR_LOSS_CROSS_ENTROPY, .label = p->label};
    newton w = {.c = c,
                .n = sur_network_parameters(&p->network),
                .k = p->network.outputs,
                .retained = p->set.retain_count,
                .theta = c->original};
    const double share = (double)p->set.count / (double)p->set.retain_count;
    double loss;
    sur_status status;

    SUR_TRY(allocate(&w, err));
    SUR_TRY(sur_network_loss(&loss, c->scratch, &p->network, w.theta, &p->inputs, &goal,
                             p->set.forget, p->set.count, err));
    for (sur_idx i = 0; i < w.n; i++) w.g[i] = share * (double)c->scratch[i];
    SUR_TRY(solve(&w, err));
    sur_learner_get(c->vector, c->learner);
    for (sur_idx i = 0; i < w.n; i++)
        c->vector[i] = (float)((double)w.theta[i] + c->setting[SCALE] * w.x[i]);
    sur_learner_set(c->learner, c->vector);

done:
    free(w.up);
    free(w.down);
    free(w.g);
    free(w.x);
    free(w.r);
    free(w.p);
    free(w.hp);
    return status;
}
