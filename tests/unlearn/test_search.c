/* test_search.c -- which settings are tried, and which are chosen. */
#include "unlearn/rig.h"

#include "experiments/unlearn/search.h"

static void options_of(sur_unlearn_options *o, const char *words)
{
    CHECK_OK(sur_fields_preset(&sur_unlearn_fields, o, NULL));
    CHECK_OK(rig_set(o, words));
}

/* Rows: (e_f, e_v, disagreement) = (0, .02, .3), (.1, .04, .1), (.5, .2, .2). */
static void
the_least_objective_is_chosen_and_only_the_oracle_sees_retraining(void **state)
{
    static const struct {
        const char *words;
        sur_idx best;
        double objective; /* of the best */
    } cases[] = {{"goal=privacy lambda=0.4", 0, 0.6 * 0.02 + 0.4 * 0.02},
                 {"goal=privacy lambda=0", 0, 0.02},
                 {"goal=bias lambda=0.4", 2, 0.6 * 0.2 + 0.4 * 0.5},
                 {"goal=bias lambda=0.1 tune_form=penalty", 0, 0.02 + 0.1},
                 {"goal=bias lambda=0.2", 1, 0.8 * 0.04 + 0.2 * 0.9},
                 {"goal=bias lambda=0.4 tune=oracle", 1, 0.6 * 0.04 + 0.4 * 0.9}};
    const unlearn_row rows[] = {
        {.forget_error = 0.0, .validation_error = 0.02, .disagreement = 0.3},
        {.forget_error = 0.1, .validation_error = 0.04, .disagreement = 0.1},
        {.forget_error = 0.5, .validation_error = 0.2, .disagreement = 0.2}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sur_unlearn_options o;
        options_of(&o, cases[i].words);
        const sur_idx best = unlearn_choose(rows, 3, &o);
        CHECK(best == cases[i].best);
        CHECK_NEAR(
            unlearn_objective(&o, rows[best].forget_error, rows[best].validation_error),
            cases[i].objective, 1e-12, 0);
        sur_fields_free(&sur_unlearn_fields, &o);
    }
}

static void a_grid_is_every_combination_once(void **state)
{
    sur_unlearn_options o;
    unlearn_grid grid;
    double a[UNLEARN_SETTINGS], b[UNLEARN_SETTINGS];
    (void)state;
    for (int64_t m = 0; m < UNLEARN_METHODS; m++) {
        options_of(&o, "");
        o.method = m;
        CHECK_OK(unlearn_grid_make(&grid, &o, NULL));
        const sur_idx size = unlearn_grid_size(&grid, &o);
        for (sur_idx i = 0; i < size; i++)
            for (sur_idx j = 0; j < i; j++) {
                unlearn_grid_at(a, &grid, &o, i);
                unlearn_grid_at(b, &grid, &o, j);
                CHECK(memcmp(a, b, sizeof a) != 0);
            }
        o.tune = TUNE_NONE;
        CHECK_OK(unlearn_grid_make(&grid, &o, NULL));
        CHECK(unlearn_grid_size(&grid, &o) == 1);
        sur_fields_free(&sur_unlearn_fields, &o);
    }
}

static void settings_replace_a_grid_of_their_method_alone(void **state)
{
    sur_unlearn_options o;
    unlearn_grid grid;
    (void)state;
    options_of(&o, "settings=l1.rate=1;scrub.rate=0.1/0.2;scrub.steps=2");
    o.method = METHOD_SCRUB;
    CHECK_OK(unlearn_grid_make(&grid, &o, NULL));
    CHECK(unlearn_grid_size(&grid, &o) == 2 && grid.value[0][1] == 0.2);
    o.method = METHOD_FINETUNE;
    CHECK_OK(unlearn_grid_make(&grid, &o, NULL));
    const double adam = grid.value[0][0];
    o.unlearn_optimizer = SUR_SGD;
    CHECK_OK(unlearn_grid_make(&grid, &o, NULL));
    CHECK_NEAR(grid.value[0][0], 10 * adam, 0, 1e-12);
    sur_fields_free(&sur_unlearn_fields, &o);
}

static void a_random_search_stays_within_the_grid_and_knows_its_seed(void **state)
{
    sur_unlearn_options o;
    unlearn_grid grid;
    double a[UNLEARN_SETTINGS], b[UNLEARN_SETTINGS];
    (void)state;
    options_of(&o, "tune=random candidates=40");
    o.method = METHOD_SCRUB;
    CHECK_OK(unlearn_grid_make(&grid, &o, NULL));
    CHECK(unlearn_grid_size(&grid, &o) == 40);
    for (sur_idx i = 0; i < 40; i++) {
        unlearn_grid_at(a, &grid, &o, i);
        CHECK(a[0] >= 3e-4 && a[0] <= 3e-3 && a[1] >= 1 && a[1] <= 6);
        CHECK(a[1] == floor(a[1]) && a[2] == 0.5);
        unlearn_grid_at(b, &grid, &o, i);
        CHECK(memcmp(a, b, sizeof a) == 0);
        o.data.seed++;
        unlearn_grid_at(b, &grid, &o, i);
        CHECK(a[0] != b[0]);
        o.data.seed--;
    }
    sur_fields_free(&sur_unlearn_fields, &o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_least_objective_is_chosen_and_only_the_oracle_sees_retraining),
        cmocka_unit_test(a_grid_is_every_combination_once),
        cmocka_unit_test(settings_replace_a_grid_of_their_method_alone),
        cmocka_unit_test(a_random_search_stays_within_the_grid_and_knows_its_seed),
    };
    return RUN(tests);
}
