/* test_plot.c -- figures through gnuplot. */
#include "report/gnuplot.h"
#include "support/check.h"
#include "support/sample.h"
#include <surplus/report.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/surplus-plot-XXXXXX";

/* No program is found from now on; returns what show_programs needs. */
static char *hide_programs(void)
{
    const char *path = getenv("PATH");
    char *kept = strdup(path ? path : "");
    setenv("PATH", folder, 1);
    return kept;
}

static void show_programs(char *kept)
{
    setenv("PATH", kept, 1);
    free(kept);
}

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static char *contents(const char *name)
{
    FILE *file = fopen(in_folder(name), "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    CHECK(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    remove(in_folder(name));
    return text;
}

static bool exists(const char *name)
{
    struct stat there;
    return stat(in_folder(name), &there) == 0;
}

static void the_ending_of_the_name_chooses_the_format(void **state)
{
    (void)state;
    sample s = sample_make(6, 2, 2);
    const struct {
        const char *name, *starts;
    } rows[] = {{"a.svg", "<?xml"}, {"a.pdf", "%PDF-"}, {"a.PNG", "\x89PNG"}};
    for (int r = 0; r < 3; r++) {
        CHECK_OK(sur_report_plot(&s.results, NULL, in_folder(rows[r].name),
                                 SUR_PLOT_BY_NAME, NULL));
        char *text = contents(rows[r].name);
        CHECK(strncmp(text, rows[r].starts, strlen(rows[r].starts)) == 0);
        free(text);
    }
    sur_error err;
    CHECK_STATUS(
        sur_report_plot(&s.results, NULL, in_folder("a.gif"), SUR_PLOT_BY_NAME, &err),
        SUR_EINVAL);
    CHECK_CONTAINS(err.message, ".svg, .pdf or .png");
    CHECK(!exists("a.gif"));
    sample_free(&s);
}

/* Runs a script as plain gnuplot would and returns what it says, malloc'd. */
static sur_status run_script(const char *text, sur_error *err)
{
    FILE *script = tmpfile(), *out = tmpfile();
    assert_non_null(script);
    assert_non_null(out);
    fputs(text, script);
    const sur_status status = sur_gnuplot_run(out, script, err);
    fclose(script);
    fclose(out);
    return status;
}

static void the_script_is_complete(void **state)
{
    (void)state;
    sample s = sample_make(6, 3, 2);
    CHECK_OK(sur_report_plot(&s.results, "test_loss", in_folder("s.gp"),
                             SUR_PLOT_SCRIPT, NULL));
    char *script = contents("s.gp");
    CHECK_CONTAINS(script, "set output 'test_loss.svg'");
    char here[256];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    CHECK_OK(run_script(script, NULL));
    assert_int_equal(chdir(here), 0);
    char *svg = contents("test_loss.svg");
    CHECK_CONTAINS(svg, "<path");
    CHECK_CONTAINS(svg, "interpolation threshold");
    free(svg);
    free(script);
    sample_free(&s);
}

static void the_terminal_gets_characters(void **state)
{
    (void)state;
    sample s = sample_make(10, 1, 1);
    CHECK_OK(
        sur_report_plot(&s.results, NULL, in_folder("t.txt"), SUR_PLOT_TEXT, NULL));
    char *text = contents("t.txt");
    CHECK_CONTAINS(text, "Test error against width");
    CHECK_CONTAINS(text, "width (features)");
    CHECK(!strchr(text, '\033'));
    free(text);
    sample_free(&s);
}

static void hostile_names_are_drawn_not_obeyed(void **state)
{
    (void)state;
    sample s = sample_make(6, 2, 1);
    char attack[200];
    snprintf(attack, sizeof attack,
             "x'; system('touch %s/broken'); `touch %s/broken` #\n{/*9 <b>&%%s %%1d",
             folder, folder);
    for (sur_idx i = 0; i < 12; i++)
        CHECK_OK(sur_fields_set(&sample_fields, &s.options[i], "data",
                                i % 2 ? attack : "good\xff.csv", NULL));
    CHECK_OK(
        sur_report_plot(&s.results, NULL, in_folder("h.svg"), SUR_PLOT_BY_NAME, NULL));
    char *svg = contents("h.svg");
    CHECK(!strstr(svg, "<b>"));
    CHECK(!strchr(svg, '\xff'));
    free(svg);

    sur_field fields[sizeof sample_field / sizeof *sample_field];
    memcpy(fields, sample_field, sizeof fields);
    const sur_fields table = {fields, sample_fields.count, sample_fields.size};
    sur_figure figure = sample_figures[4];
    sur_experiment experiment = sample_experiment;
    experiment.fields = &table;
    experiment.figures = &figure;
    experiment.figure_count = 1;
    s.results.experiment = &experiment;
    figure.x = "data"; /* now the names are ticks, which gnuplot reads as formats */
    CHECK_OK(
        sur_report_plot(&s.results, NULL, in_folder("h.svg"), SUR_PLOT_BY_NAME, NULL));
    svg = contents("h.svg");
    CHECK_CONTAINS(svg, "%s %1d");
    free(svg);
    CHECK(!exists("broken"));
    sample_free(&s);
}

static void a_long_curve_keeps_its_peak(void **state)
{
    (void)state;
    enum { N = 5000 };
    sample s = sample_make(1, 1, 1);
    sur_measurement *trace = calloc(N, sizeof *trace);
    assert_non_null(trace);
    for (int i = 0; i < N; i++)
        trace[i] = (sur_measurement){
            "test_loss", NULL, i + 1, i == 3217 ? 77.125 : 1, nan(""), nan(""), 0};
    s.records[0].measurements = trace;
    s.records[0].count = N;
    CHECK_OK(
        sur_report_plot(&s.results, "trace", in_folder("l.gp"), SUR_PLOT_SCRIPT, NULL));
    char *script = contents("l.gp");
    CHECK_CONTAINS(script, "\n3218 77.125");
    CHECK(strlen(script) < 40000);
    free(script);
    free(trace);
    sample_free(&s);
}

static void a_missing_gnuplot_is_named_with_its_package(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 1);
    char *path = hide_programs();
    sur_error err;
    CHECK_STATUS(
        sur_report_plot(&s.results, NULL, in_folder("m.svg"), SUR_PLOT_BY_NAME, &err),
        SUR_EBACKEND);
    CHECK_CONTAINS(err.message, "install gnuplot-nox");
    CHECK(!exists("m.svg"));
    show_programs(path);
    sample_free(&s);
}

static void what_gnuplot_complains_of_is_passed_on(void **state)
{
    (void)state;
    sur_error err;
    CHECK_STATUS(run_script("set terminal dumb\nplot nonsense\n", &err), SUR_EBACKEND);
    CHECK_CONTAINS(err.message, "gnuplot: undefined variable: nonsense");
}

static void a_failure_leaves_the_old_figure_alone(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 1);
    FILE *old = fopen(in_folder("o.svg"), "w");
    fputs("old", old);
    fclose(old);
    char *path = hide_programs();
    CHECK_STATUS(
        sur_report_plot(&s.results, NULL, in_folder("o.svg"), SUR_PLOT_BY_NAME, NULL),
        SUR_EBACKEND);
    show_programs(path);
    char *text = contents("o.svg");
    CHECK_TEXT(text, "old");
    free(text);
    CHECK_STATUS(sur_report_plot(&s.results, NULL, "/nowhere/at/all.svg",
                                 SUR_PLOT_BY_NAME, NULL),
                 SUR_EWRITE);
    sample_free(&s);
}

/* One width, two seeds and a figure against the seed: that is the one to look at. */
static void without_a_name_the_figure_whose_axis_varies_is_drawn(void **state)
{
    (void)state;
    sample s = sample_make(1, 1, 2);
    const sur_figure figures[] = {sample_figures[0],
                                  {.name = "by_seed",
                                   .title = "Test error against seed",
                                   .x = "seed",
                                   .metrics = {"test_error"}}};
    sur_experiment experiment = sample_experiment;
    experiment.figures = figures;
    experiment.figure_count = 2;
    s.results.experiment = &experiment;
    CHECK_OK(
        sur_report_plot(&s.results, NULL, in_folder("main.gp"), SUR_PLOT_SCRIPT, NULL));
    char *text = contents("main.gp");
    CHECK_CONTAINS(text, "Test error against seed");
    free(text);
    experiment.figure_count = 1; /* nothing else to draw */
    CHECK_OK(
        sur_report_plot(&s.results, NULL, in_folder("main.gp"), SUR_PLOT_SCRIPT, NULL));
    text = contents("main.gp");
    CHECK_CONTAINS(text, "Test error against width");
    free(text);
    sample_free(&s);
}

static void a_wrong_figure_is_answered_with_the_nearest(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 1);
    sur_error err;
    CHECK_STATUS(sur_report_plot(&s.results, "test_eror", "-", SUR_PLOT_TEXT, &err),
                 SUR_EINVAL);
    CHECK_CONTAINS(err.message, "did you mean \"test_error\"?");
    s.results.records.count = 0;
    CHECK_STATUS(sur_report_plot(&s.results, NULL, "-", SUR_PLOT_TEXT, &err),
                 SUR_EINVAL);
    s.results.records.count = 3;
    sample_free(&s);
}

static int open_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static void nothing_is_left_behind(void **state)
{
    (void)state;
    assert_int_equal(rmdir(folder), 0); /* the last test: the folder is empty */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ending_of_the_name_chooses_the_format),
        cmocka_unit_test(the_script_is_complete),
        cmocka_unit_test(the_terminal_gets_characters),
        cmocka_unit_test(hostile_names_are_drawn_not_obeyed),
        cmocka_unit_test(a_long_curve_keeps_its_peak),
        cmocka_unit_test(a_missing_gnuplot_is_named_with_its_package),
        cmocka_unit_test(what_gnuplot_complains_of_is_passed_on),
        cmocka_unit_test(a_failure_leaves_the_old_figure_alone),
        cmocka_unit_test(without_a_name_the_figure_whose_axis_varies_is_drawn),
        cmocka_unit_test(a_wrong_figure_is_answered_with_the_nearest),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, open_folder, NULL);
}
