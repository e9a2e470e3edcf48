/* 01_double_descent.c -- a double descent in a few lines: data, features, one curve.
 *
 * 100 training examples of a noisy linear target in 20 dimensions; 5 to 2000 random
 * ReLU features, every width fitted by least squares of least norm from one
 * factorization. Test loss peaks where the features are as many as the examples. */
#include <surplus/model.h>
#include <surplus/random.h>

#include <math.h>
#include <stdio.h>

enum { SAMPLES = 100, TESTS = 1000, DIMENSION = 20, WIDEST = 2000, COUNT = 12 };
static const sur_curve_point points[COUNT] = {
    {.width = 5},   {.width = 10},  {.width = 20},  {.width = 40},
    {.width = 80},  {.width = 95},  {.width = 100}, {.width = 105},
    {.width = 120}, {.width = 200}, {.width = 500}, {.width = WIDEST}};

typedef struct scene {
    sur_features features;
    sur_mat train, test, target; /* SAMPLES x d, TESTS x d, TESTS x 1 */
    sur_mat z, answer;           /* TESTS x WIDEST, TESTS x 1 */
    double loss[COUNT];
} scene;

/* Some columns of the design matrix. */
static sur_status fill(void *payload, sur_idx first, sur_mat *out, sur_error *err)
{
    const scene *s = payload;
    return sur_features_fill(out, &s->features, &s->train, first, err);
}

/* The test loss of one width's coefficients b: || z b - target ||^2 / TESTS. */
static sur_status take(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    scene *s = payload;
    (void)err;
    const sur_mat z = sur_mat_part(&s->z, 0, TESTS, 0, b->rows);
    sur_mat_copy(&s->answer, &s->target);
    sur_mat_multiply(&s->answer, 1.0, &z, SUR_PLAIN, b, SUR_PLAIN, -1.0);
    s->loss[point] = pow(sur_mat_norm(&s->answer), 2) / TESTS;
    printf("%6lld %10.4f %12.3g\n", (long long)b->rows, s->loss[point], fit->condition);
    return SUR_OK;
}

int main(void)
{
    static double x[(SAMPLES + TESTS) * DIMENSION], y[SAMPLES + TESTS], answer[TESTS];
    sur_rng rng = sur_rng_make(1, "example", 0);
    sur_rng_normals(&rng, x, (SAMPLES + TESTS) * DIMENSION, 1.0);
    for (int i = 0; i < SAMPLES + TESTS;
         i++) { /* y = the mean of x, scaled, and noise */
        y[i] = 0.5 * sur_rng_normal(&rng);
        for (int j = 0; j < DIMENSION; j++)
            y[i] += x[i * DIMENSION + j] / sqrt(DIMENSION);
    }
    scene s = {.features = {SUR_RELU, DIMENSION, 1, 1.0},
               .train = {x, SAMPLES, DIMENSION, DIMENSION},
               .test = {x + SAMPLES * DIMENSION, TESTS, DIMENSION, DIMENSION},
               .target = {y + SAMPLES, TESTS, 1, 1},
               .answer = {answer, TESTS, 1, 1}};
    const sur_mat train_target = {y, SAMPLES, 1, 1};
    const sur_columns columns = {SAMPLES, WIDEST, fill, &s};

    sur_error err;
    sur_status status = sur_mat_new(&s.z, TESTS, WIDEST, &err);
    if (status == SUR_OK)
        status = sur_features_fill(&s.z, &s.features, &s.test, 0, &err);
    printf(" width  test loss    condition\n");
    if (status == SUR_OK)
        status = sur_curve_solve(&columns, &train_target, NULL, points, COUNT, take, &s,
                                 &err);
    if (status != SUR_OK) fprintf(stderr, "%s\n", err.message);
    sur_mat_free(&s.z);
    const bool peaked = s.loss[6] > s.loss[2] && s.loss[6] > s.loss[COUNT - 1];
    return status == SUR_OK && peaked ? 0 : 1;
}
