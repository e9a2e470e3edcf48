/* test_roles.c -- one trial alone: metrics by roles. */
#include "report/roles.h"
#include "support/check.h"
#include "support/sample.h"
#include <surplus/report.h>

static sur_measurement rows[] = {
    {"test_error", "after", 0, 0.1234, 0.11, 0.14, 100},
    {"test_error", "before <x>", 0, 0.25, 0.2, 0.3, 100},
    {"train_error", "before <x>", 0, 0.5, NAN, NAN, 0},
    {"test_loss", NULL, 0, 2.0, NAN, NAN, 0},
    {"test_loss", NULL, 4, 3.0, NAN, NAN, 0},
};

/* One trial with the rows above, of an experiment whose own role is "after" or none. */
static void with(sample *s, sur_experiment *experiment, const char *role,
                 sur_view *view)
{
    *s = sample_make(1, 1, 1);
    *experiment = sample_experiment;
    experiment->role = role;
    s->records[0].measurements = rows;
    s->records[0].count = sizeof rows / sizeof *rows;
    s->results.experiment = experiment;
    CHECK_OK(sur_view_new(view, &s->results, "test_error,train_error,test_loss", NULL));
}

static char *text_of(const sur_role_table *table, bool page)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (page)
        sur_page_roles(out, table);
    else
        sur_put_roles(out, table);
    fclose(out);
    return text;
}

static void plain_measurements_stand_under_the_role_of_the_experiment(void **state)
{
    (void)state;
    sample s;
    sur_experiment experiment;
    sur_view view;
    sur_role_table table;
    with(&s, &experiment, "after", &view);
    CHECK(sur_role_table_of(&table, &view));
    CHECK(table.roles == 2);
    char *text = text_of(&table, false);
    CHECK_TEXT(text, "                            after            before <x>\n"
                     "test_error   0.123 [0.110, 0.140]  0.250 [0.200, 0.300]\n"
                     "train_error                     –                   0.5\n"
                     "test_loss                       2                     –\n");
    free(text);
    text = text_of(&table, true);
    CHECK_CONTAINS(text, "before &lt;x&gt;</th>");
    CHECK_CONTAINS(text, "0.123 [0.110,&nbsp;0.140]</td>");
    free(text);
    sur_view_free(&view);
    sample_free(&s);
}

static void without_one_they_have_a_column_of_their_own(void **state)
{
    (void)state;
    sample s;
    sur_experiment experiment;
    sur_view view;
    sur_role_table table;
    with(&s, &experiment, NULL, &view);
    CHECK(sur_role_table_of(&table, &view) && table.roles == 3);
    sur_view_free(&view);
    sample_free(&s);
}

static void many_trials_failed_ones_and_one_role_are_not_turned(void **state)
{
    (void)state;
    sample s = sample_make(2, 1, 1);
    sur_view view;
    sur_role_table table;
    CHECK_OK(sur_view_new(&view, &s.results, NULL, NULL));
    CHECK(!sur_role_table_of(&table, &view)); /* two trials */
    s.results.records.count = 1;
    CHECK(!sur_role_table_of(&table, &view)); /* no roles */
    s.results.records.count = 2;
    sur_view_free(&view);
    sample_free(&s);
    sur_experiment experiment;
    with(&s, &experiment, "after", &view);
    s.records[0].status = SUR_ENUMERIC;
    CHECK(!sur_role_table_of(&table, &view));
    sur_view_free(&view);
    sample_free(&s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(plain_measurements_stand_under_the_role_of_the_experiment),
    cmocka_unit_test(without_one_they_have_a_column_of_their_own),
    cmocka_unit_test(many_trials_failed_ones_and_one_role_are_not_turned),
};

int main(void) { return RUN(tests); }
