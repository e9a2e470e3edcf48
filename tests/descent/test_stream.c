/* Many training examples: fits from passes over the rows are those of the whole design.
 */
#include "descent/rig.h"

#include <stdlib.h>

#define WORDS \
    "data=synthetic:events samples=65536 test_samples=200 validation_samples=50"

typedef struct design {
    const sur_descent_problem *problem;
    double loss[4], norm[4];
} design;

static sur_status fill(void *payload, sur_idx first, sur_mat *out, sur_error *err)
{
    const design *d = payload;
    return sur_features_fill(out, &d->problem->features, &d->problem->train, first,
                             err);
}

static sur_status keep(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    design *d = payload;
    (void)b, (void)err;
    d->loss[point] = fit->residual;
    d->norm[point] = fit->norm;
    return SUR_OK;
}

static void the_fits_are_those_of_all_rows_at_once(void **state)
{
    (void)state;
    const sur_curve_point points[] = {{.width = 20},
                                      {.width = 20, .ridge = 100.0},
                                      {.width = 40},
                                      {.width = 40, .ridge = 100.0}};
    rig *r = rig_new(WORDS " tune=no label_noise=0.1", "20,40", "0,100");
    sur_descent_problem problem;
    CHECK(sur_descent_is_tall(&r->options[0]));
    CHECK_OK(sur_descent_problem_new(
        &problem, &r->options[0], r->options[0].data.dimension, false, NULL, 0, NULL));
    CHECK(problem.train.rows == DESCENT_TALL);
    design d = {.problem = &problem};
    const sur_columns z = {problem.train.rows, 40, fill, &d};
    CHECK_OK(sur_curve_solve(&z, &problem.target, NULL, points, 4, keep, &d, NULL));
    rig_run(r);
    for (sur_idx i = 0; i < 4; i++) {
        CHECK_NEAR(rig_value(r, i, "train_loss"), d.loss[i], 0.0, 1e-9);
        CHECK_NEAR(rig_value(r, i, "norm"), d.norm[i], 0.0, 1e-9);
    }
    sur_descent_problem_free(&problem);
    rig_free(r);
}

/* With other widths, penalties and label noises, and with the baseline on. */
static void a_trial_has_its_numbers_whatever_else_is_asked(void **state)
{
    (void)state;
    static const char *const metrics[] = {"train_loss", "test_loss", "norm",
                                          "tuned_ridge", "tuned_test_loss"};
    rig *all = rig_new(WORDS " tune=yes", "3,70", "0,5");
    rig *one = rig_new(WORDS " tune=yes", "3", "5");
    rig_run(all);
    rig_run(one);
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++)
        CHECK(rig_value(all, 1, metrics[m]) == rig_value(one, 0, metrics[m]));
    rig_free(all);
    rig_free(one);
}

/* Features that stay in their file: rows come in another order, and so do sums. */
static void a_fit_from_the_file_is_that_of_the_data_held(void **state)
{
    enum { N = 70000, D = 4 };
    static const char *const metrics[] = {"train_loss", "test_loss", "norm", "auc"};
    static const char head[] =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (70000, 4), }";
    char path[] = "/tmp/surplus-stream-XXXXXX", words[200];
    (void)state;
    const int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");
    CHECK(file != NULL);
    fprintf(file, "%cNUMPY%c%c%c%c%-117s\n", 0x93, 1, 0, 118, 0, head);
    for (uint64_t i = 0; i < N; i++) {
        sur_rng rng = sur_rng_make(1, "test", i);
        float x[D];
        for (int j = 0; j < D; j++) x[j] = (float)sur_rng_normal(&rng);
        x[D - 1] = x[0] + x[1] * x[1] + x[D - 1] > 0.5f;
        CHECK(fwrite(x, sizeof *x, D, file) == D);
    }
    fclose(file);
    snprintf(words, sizeof words, "data=%s tune=no validation_samples=100", path);
    rig *held = rig_new(words, "5,40", "0,3"), *read = rig_new(words, "5,40", "0,3");
    sur_dataset data;
    sur_error err;
    if (sur_data_scan(&data, &read->options[0].data, 0, NULL, 0, &err) != SUR_OK)
        fail_msg("%s", err.message);
    CHECK(data.rows == N && !data.x);
    free(read->input);
    read->input = sur_dataset_release(&data, &read->size);
    rig_run(held);
    rig_run(read);
    for (sur_idx i = 0; i < 4; i++)
        for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++)
            CHECK_NEAR(rig_value(read, i, metrics[m]), rig_value(held, i, metrics[m]),
                       0.0, 1e-9);
    rig_free(held);
    rig_free(read);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fits_are_those_of_all_rows_at_once),
        cmocka_unit_test(a_trial_has_its_numbers_whatever_else_is_asked),
        cmocka_unit_test(a_fit_from_the_file_is_that_of_the_data_held),
    };
    return RUN(tests);
}
