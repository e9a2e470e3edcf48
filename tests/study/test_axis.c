/* test_axis.c -- axes that an experiment makes from its input. */
#include "base/text.h"
#include "support/toy.h"

/* As many widths as the input's second byte says (7). */
static sur_status toy_axis(const void *options, const char *name, const void *input,
                           size_t size, char **text, sur_error *err)
{
    const toy_options *o = options;
    sur_text made = {0};
    CHECK(o->width == 1 && size == TOY_INPUT);
    *text = NULL;
    if (strcmp(name, "width") != 0) return SUR_OK;
    const sur_status status =
        sur_text_format(&made, err, "1:%d", ((const unsigned char *)input)[1]);
    *text = made.at;
    return status;
}

static sur_idx trials_of(const char *options)
{
    sur_experiment experiment = toy;
    experiment.axis = toy_axis;
    sur_study *study = toy_study_of(&experiment, options);
    const sur_run_options run = toy_run_options(1);
    sur_plan plan;
    CHECK_OK(sur_study_plan(study, NULL, &run, &plan, NULL, NULL));
    CHECK_OK(sur_study_plan(study, NULL, &run, &plan, NULL, NULL)); /* once more */
    sur_study_free(study);
    return plan.trials;
}

static void an_axis_not_set_is_the_one_the_experiment_makes(void **state)
{
    (void)state;
    CHECK(trials_of("seed=1") == 7);
    CHECK(trials_of("seed=1:3") == 21);
}

static void an_axis_that_was_set_is_left_alone(void **state)
{
    (void)state;
    CHECK(trials_of("seed=1 width=1,12") == 2);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_experiment experiment = toy;
    experiment.axis = toy_axis;
    sur_study *study = toy_study_of(&experiment, "seed=1:2");
    const sur_run_options run = toy_run_options(1);
    sur_plan plan;
    CHECK_EVERY_ALLOCATION(sur_study_plan(study, NULL, &run, &plan, NULL, NULL), 5, );
    sur_study_free(study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_axis_not_set_is_the_one_the_experiment_makes),
        cmocka_unit_test(an_axis_that_was_set_is_left_alone),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
