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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fits_are_those_of_all_rows_at_once),
        cmocka_unit_test(a_trial_has_its_numbers_whatever_else_is_asked),
    };
    return RUN(tests);
}
