/* generate_linear.c -- Gaussian designs with linear targets.
 *
 * linear  x_j = j^(-decay/2) g_j, j = 1 .. p, y = <x, b> + noise e, where g and e are
 *         independent N(0, 1) and b is the first p draws of N(0, 1), divided by their
 * norm. With `condition`, see sur_generate_condition. latent  x_j = z_k + u_j, k = j
 * mod d, y = <theta, z> + noise e: feature j is a noisy view of latent variable k. This
 * is the model of Hastie, Montanari, Rosset & Tibshirani 2022, section 5.4, x = W z + u
 * with W'W = (p/d) I whenever d divides p; any other such W is a rotation of it. theta
 * has norm 1. The coefficients reported are those of the best linear predictor, theta_k
 * / (1 + views of k). */
#include "data/generate.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/block.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCK = 8 }; /* columns made at a time: a cache line of a row */

void sur_generate_normals(double *block, const sur_request *request,
                          sur_purposes purposes, sur_idx first, sur_idx count)
{
    const uint64_t seed = (uint64_t)request->options->seed;
    for (sur_idx j = first; j < first + count; j++) {
        sur_rng train = sur_rng_make(seed, purposes.train, (uint64_t)j);
        sur_rng test = sur_rng_make(seed, purposes.test, (uint64_t)j);
        sur_rng_normals(&train, block, request->train, 1.0);
        sur_rng_normals(&test, block + request->train, request->test, 1.0);
        block += request->train + request->test;
    }
}

sur_status sur_generate_table(sur_dataset *out, const sur_request *r, sur_error *err)
{
    const sur_dataset of = {.rows = r->train + r->test,
                            .cols = r->columns,
                            .scalar = SUR_F64,
                            .test_rows = r->test};
    sur_text names = {0};
    sur_status status;

    for (sur_idx j = 1; j <= r->columns; j++) {
        SUR_TRY(sur_text_format(&names, err, "x%lld", (long long)j));
        SUR_TRY(sur_text_bytes(&names, "", 1, err));
    }
    SUR_TRY(sur_text_bytes(&names, "y\0", 3, err)); /* target y, no weight */
    SUR_TRY(sur_block_new(out, &of, false, names.at, (size_t)names.length, err));

done:
    sur_text_free(&names);
    return status;
}

/* count draws of the true coefficients, divided by their norm. */
static void draw_unit(double *b, uint64_t seed, const char *purpose, sur_idx count)
{
    sur_rng rng = sur_rng_make(seed, purpose, 0);
    sur_rng_normals(&rng, b, count, 1.0);
    const double norm = sur_norm2(b, count);
    for (sur_idx j = 0; j < count; j++) b[j] /= norm;
}

/* x (rows x columns) = columns of N(0, 1), column j times scale(j). */
static void fill_columns(sur_mat *x, double *block, const sur_request *r, double decay)
{
    for (sur_idx first = 0; first < x->cols; first += BLOCK) {
        const sur_idx count = x->cols - first < BLOCK ? x->cols - first : BLOCK;
        double scale[BLOCK];
        for (sur_idx j = 0; j < count; j++)
            scale[j] = pow((double)(first + j + 1), -0.5 * decay);
        sur_generate_normals(block, r, (sur_purposes){"columns", "test columns"}, first,
                             count);
        for (sur_idx i = 0; i < x->rows; i++)
            for (sur_idx j = 0; j < count; j++)
                sur_mat_row(x, i)[first + j] = scale[j] * block[j * x->rows + i];
    }
}

void sur_generate_coefficients(double *draw, const sur_data_options *options,
                               sur_idx count)
{
    sur_rng rng = sur_rng_make((uint64_t)options->seed, "coefficients", 0);
    sur_rng_normals(&rng, draw, count, 1.0);
}

void sur_generate_noise(double *noise, const sur_data_options *options, sur_idx train,
                        sur_idx test)
{
    const sur_request r = {
        .options = options, .train = train, .test = test, .columns = 1};
    sur_generate_normals(noise, &r, (sur_purposes){"noise", "test noise"}, 0, 1);
    for (sur_idx i = 0; i < train + test; i++) noise[i] *= options->noise;
}

/* y += noise e. */
static void add_noise(double *y, double *block, const sur_request *r)
{
    const double noise = r->options->noise;
    if (noise == 0.0) return;
    sur_generate_normals(block, r, (sur_purposes){"noise", "test noise"}, 0, 1);
    for (sur_idx i = 0; i < r->train + r->test; i++) y[i] += noise * block[i];
}

static sur_mat features_of(const sur_dataset *data)
{
    return (sur_mat){sur_block_x(data), data->rows, data->cols, data->cols};
}

sur_status sur_generate_linear(sur_dataset *out, const sur_request *r, sur_error *err)
{
    double *block = NULL, *b = NULL;
    sur_status status;

    SUR_TRY(sur_generate_table(out, r, err));
    SUR_TRY(sur_alloc(&block, out->rows * BLOCK, sizeof *block, err));
    SUR_TRY(sur_alloc(&b, r->columns, sizeof *b, err));

    sur_mat x = features_of(out);
    double *y = sur_block_target(out);
    fill_columns(&x, block, r, r->options->decay);
    if (!isnan(r->options->condition))
        SUR_TRY(sur_generate_condition(&x, r->train, r->options->condition, err));
    draw_unit(b, (uint64_t)r->options->seed, "coefficients", r->columns);
    for (sur_idx i = 0; i < x.rows; i++)
        for (sur_idx j = 0; j < x.cols; j++) y[i] += sur_mat_row(&x, i)[j] * b[j];
    add_noise(y, block, r);
    for (sur_idx j = 0; r->truth && j < r->columns; j++) r->truth[j] = b[j];

done:
    free(block);
    free(b);
    return status;
}

/* Latent variables first .. first + count - 1 into y and into their views. */
static void add_latent(sur_mat *x, double *y, const double *block, const double *theta,
                       sur_idx d, sur_idx first, sur_idx count)
{
    for (sur_idx i = 0; i < x->rows; i++)
        for (sur_idx k = 0; k < count; k++) {
            const double z = block[k * x->rows + i];
            double *row = sur_mat_row(x, i);
            y[i] += theta[first + k] * z;
            for (sur_idx j = first + k; j < x->cols; j += d) row[j] += z;
        }
}

sur_status sur_generate_latent(sur_dataset *out, const sur_request *r, sur_error *err)
{
    const sur_idx d = r->options->latent;
    double *block = NULL, *theta = NULL;
    sur_status status;

    SUR_TRY(sur_generate_table(out, r, err));
    SUR_TRY(sur_alloc(&block, out->rows * BLOCK, sizeof *block, err));
    SUR_TRY(sur_alloc(&theta, d, sizeof *theta, err));

    sur_mat x = features_of(out);
    double *y = sur_block_target(out);
    fill_columns(&x, block, r, 0.0);
    draw_unit(theta, (uint64_t)r->options->seed, "latent coefficients", d);
    for (sur_idx first = 0; first < d; first += BLOCK) {
        const sur_idx count = d - first < BLOCK ? d - first : BLOCK;
        sur_generate_normals(block, r, (sur_purposes){"latent", "test latent"}, first,
                             count);
        add_latent(&x, y, block, theta, d, first, count);
    }
    add_noise(y, block, r);
    for (sur_idx j = 0; r->truth && j < r->columns; j++) {
        const sur_idx k = j % d, views = (r->columns - 1 - k) / d + 1;
        r->truth[j] = theta[k] / (1.0 + (double)views);
    }

done:
    free(block);
    free(theta);
    return status;
}
