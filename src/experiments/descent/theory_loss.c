/* theory_loss.c -- which closed form applies to a trial, if any.
 *
 *   synthetic:linear, linear family   isotropic, least norm: exact for every n and p,
 * also when columns are left out; ridge and power-law spectra: deterministic
 * equivalents synthetic:latent, linear family   all columns used synthetic:linear, relu
 * family     isotropic: Mei & Montanari Columns left out are independent of those used,
 * so they act as noise. What is returned is the expected squared error on new noisy
 * targets, the noise included. */
#include "experiments/descent/descent.h"

#include "base/memory.h"
#include "base/try.h"
#include "experiments/descent/theory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The linear family on Gaussian columns of variance i^-decay. */
static sur_status linear_loss(double *loss, const sur_descent_problem *problem,
                              const sur_descent_options *o, sur_error *err)
{
    const sur_idx n = problem->part[DESCENT_TRAIN].count, p = o->width,
                  all = problem->data.cols;
    const double noise = o->data.noise * o->data.noise;
    double used = 0.0, left_out = 0.0, *variance = NULL, *square = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&variance, all, sizeof *variance, err));
    SUR_TRY(sur_alloc(&square, all, sizeof *square, err));
    for (sur_idx i = 0; i < all; i++) {
        variance[i] = pow((double)(i + 1), -o->data.decay);
        square[i] = problem->truth[i] * problem->truth[i];
        if (i < p)
            used += square[i];
        else
            left_out += variance[i] * square[i];
    }
    const double around = noise + left_out, lambda = o->ridge / (double)n;
    if (o->data.decay == 0.0 && o->ridge == 0.0)
        *loss = sur_theory_misspecified(n, p, used, left_out, noise);
    else if (o->data.decay == 0.0)
        *loss = around + sur_theory_ridge((double)p / (double)n, lambda, used, around);
    else
        *loss = around + sur_theory_spectrum(n, p, variance, square, lambda, around);

done:
    free(variance);
    free(square);
    return status;
}

static double latent_loss(const sur_descent_problem *problem,
                          const sur_descent_options *o)
{
    const sur_idx n = problem->part[DESCENT_TRAIN].count, p = o->width,
                  d = o->data.latent;
    const double noise = o->data.noise * o->data.noise;
    if (p != o->data.dimension || d > p) return nan("");
    return sur_theory_latent(n, p, d, 1.0, noise, o->ridge / (double)n) +
           sur_theory_latent_noise(p, d, 1.0, noise);
}

static double relu_loss(const sur_descent_problem *problem,
                        const sur_descent_options *o)
{
    const double n = (double)problem->part[DESCENT_TRAIN].count,
                 d = (double)problem->data.cols;
    const double features = (double)o->width, noise = o->data.noise * o->data.noise;
    return noise + sur_theory_random_features(&sur_theory_relu, features / d, n / d,
                                              o->ridge * d / (n * features), 1.0, 0.0,
                                              noise);
}

sur_status sur_descent_theory_loss(double *loss, const sur_descent_problem *problem,
                                   const sur_descent_options *options, sur_error *err)
{
    const sur_data_options *data = &options->data;
    *loss = nan("");
    if (!sur_data_is_synthetic(data) || options->width == SUR_INF ||
        options->intercept == DESCENT_YES || data->standardize)
        return SUR_OK;
    const char *name = strchr(data->data, ':') + 1;
    const bool plain = strcmp(name, "linear") == 0 && isnan(data->condition);
    if (plain && options->family == SUR_LINEAR)
        return linear_loss(loss, problem, options, err);
    if (plain && options->family == SUR_RELU && data->decay == 0.0)
        *loss = relu_loss(problem, options);
    if (strcmp(name, "latent") == 0 && options->family == SUR_LINEAR)
        *loss = latent_loss(problem, options);
    return SUR_OK;
}
