/* generate_teacher.c -- targets of a network that was never trained.
 *
 *   x ~ N(0, I_p),  y = (f(x) - m) / s + noise e
 * with f a network p-256-256-1 with gelu units whose weights and biases are uniform on
 * +-1/sqrt(fan in), and m and s the mean and deviation of f over 4,096 rows of their
 * own. A student of the same shape can match it (Vigl, scaling-laws-demo, 2025). Entry
 * (i, j) of a layer's weights is number i of the stream of (layer, j). */
#include "data/generate.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"

#include <math.h>
#include <stdlib.h>

enum { UNITS = 256, LAYERS = 3, PROBES = 4096, ROWS = 512 };

typedef struct teacher {
    sur_mat weight[LAYERS]; /* fan in x fan out */
    double *bias[LAYERS];
    sur_mat hidden[LAYERS]; /* ROWS x fan out */
} teacher;

static void teacher_free(teacher *t)
{
    for (int l = 0; l < LAYERS; l++) {
        sur_mat_free(&t->weight[l]);
        sur_mat_free(&t->hidden[l]);
        free(t->bias[l]);
    }
}

static double draw(sur_rng *rng, double limit)
{
    return limit * (2.0 * sur_rng_uniform(rng) - 1.0);
}

static sur_status teacher_new(teacher *t, sur_idx inputs, uint64_t seed, sur_error *err)
{
    static const char *const purposes[LAYERS] = {"teacher 0", "teacher 1", "teacher 2"};
    sur_status status;

    for (int l = 0; l < LAYERS; l++) {
        const sur_idx in = l == 0 ? inputs : UNITS, out = l == LAYERS - 1 ? 1 : UNITS;
        const double limit = 1.0 / sqrt((double)in);
        SUR_TRY(sur_mat_new(&t->weight[l], in, out, err));
        SUR_TRY(sur_mat_new(&t->hidden[l], ROWS, out, err));
        SUR_TRY(sur_alloc(&t->bias[l], out, sizeof(double), err));
        for (sur_idx j = 0; j < out; j++) {
            sur_rng rng = sur_rng_make(seed, purposes[l], (uint64_t)j);
            t->bias[l][j] = draw(&rng, limit);
            for (sur_idx i = 0; i < in; i++)
                sur_mat_row(&t->weight[l], i)[j] = draw(&rng, limit);
        }
    }

done:
    return status;
}

/* y[i] = f of row i of x. */
static void ask(double *y, teacher *t, const sur_mat *x)
{
    for (sur_idx first = 0; first < x->rows; first += ROWS) {
        const sur_idx rows = x->rows - first < ROWS ? x->rows - first : ROWS;
        sur_mat in = sur_mat_part(x, first, rows, 0, x->cols);
        for (int l = 0; l < LAYERS; l++) {
            sur_mat out = sur_mat_part(&t->hidden[l], 0, rows, 0, t->hidden[l].cols);
            sur_mat_multiply(&out, 1.0, &in, SUR_PLAIN, &t->weight[l], SUR_PLAIN, 0.0);
            for (sur_idx i = 0; i < rows; i++)
                for (sur_idx j = 0; j < out.cols; j++) {
                    double *z = &sur_mat_row(&out, i)[j];
                    *z += t->bias[l][j];
                    if (l < LAYERS - 1) *z *= 0.5 * erfc(-*z * 0.7071067811865476);
                }
            in = out;
        }
        for (sur_idx i = 0; i < rows; i++) y[first + i] = sur_mat_row(&in, i)[0];
    }
}

/* Mean and deviation of f over rows that nobody sees. */
static sur_status measure(double *mean, double *deviation, teacher *t, sur_idx columns,
                          uint64_t seed, sur_error *err)
{
    sur_mat x = {0};
    double *y = NULL, sum = 0.0, squares = 0.0;
    sur_status status;

    SUR_TRY(sur_mat_new(&x, PROBES, columns, err));
    SUR_TRY(sur_alloc(&y, PROBES, sizeof *y, err));
    sur_rng rng = sur_rng_make(seed, "teacher probes", 0);
    sur_rng_normals(&rng, x.data, PROBES * columns, 1.0);
    ask(y, t, &x);
    for (sur_idx i = 0; i < PROBES; i++) sum += y[i];
    *mean = sum / PROBES;
    for (sur_idx i = 0; i < PROBES; i++) squares += (y[i] - *mean) * (y[i] - *mean);
    *deviation = sqrt(squares / PROBES);
    SUR_FAIL_IF(!(*deviation > 0.0), SUR_ENUMERIC, "the teacher is constant");

done:
    sur_mat_free(&x);
    free(y);
    return status;
}

sur_status sur_generate_teacher(sur_dataset *out, const sur_request *r, sur_error *err)
{
    const uint64_t seed = (uint64_t)r->options->seed;
    const sur_purposes rows = {"columns", "test columns"},
                       noise = {"noise", "test noise"};
    teacher t = {0};
    double *block = NULL, mean, deviation;
    sur_status status;

    SUR_TRY(sur_generate_table(out, r, err));
    SUR_TRY(sur_alloc(&block, out->rows, sizeof *block, err));
    SUR_TRY(teacher_new(&t, r->columns, seed, err));
    SUR_TRY(measure(&mean, &deviation, &t, r->columns, seed, err));
    sur_mat x = {sur_block_x(out), out->rows, out->cols, out->cols};
    double *y = sur_block_target(out);
    for (sur_idx j = 0; j < x.cols; j++) {
        sur_generate_normals(block, r, rows, j, 1);
        for (sur_idx i = 0; i < x.rows; i++) sur_mat_row(&x, i)[j] = block[i];
    }
    ask(y, &t, &x);
    sur_generate_normals(block, r, noise, 0, 1);
    for (sur_idx i = 0; i < x.rows; i++)
        y[i] = (y[i] - mean) / deviation + r->options->noise * block[i];

done:
    teacher_free(&t);
    free(block);
    return status;
}
