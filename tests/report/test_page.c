/* test_page.c -- the page as text; tests/browser looks at it in a browser. */
#include "report/page.h"
#include "support/check.h"
#include "support/sample.h"
#include <surplus/report.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/surplus-page-XXXXXX";

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

/* The page of these results as a malloc'd string; the file is removed. */
static char *page_of(const sur_results *const *results, sur_idx count, sur_store *store)
{
    CHECK_OK(sur_report_page(in_folder("p.html"), store, results, count, NULL));
    FILE *file = fopen(in_folder("p.html"), "rb");
    struct stat there;
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &there), 0);
    char *text = calloc(1, (size_t)there.st_size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)there.st_size, file), there.st_size);
    fclose(file);
    remove(in_folder("p.html"));
    return text;
}

static sur_idx occurrences(const char *text, const char *part)
{
    sur_idx count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) count++;
    return count;
}

static void the_page_says_everything_it_should(void **state)
{
    (void)state;
    sample s = sample_make(9, 4, 3);
    const sur_results *results[] = {&s.results};
    sur_store *store;
    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, NULL));
    CHECK_OK(sur_store_log_run(store, "surplus descent --width <10>", "9.9", "cc & co",
                               "a host", NULL));
    char *page = page_of(results, 1, store);
    const char *const parts[] = {"Test error peaks at width 1000",
                                 "<h3>Trials</h3>",
                                 "All results as CSV",
                                 "Failed trials",
                                 "singular &lt;to working precision&gt;",
                                 "Wilson 95 %, test sampling",
                                 "surplus descent --width &lt;10&gt;",
                                 "surplus 9.9; cc &amp; co; a host",
                                 "share of test examples misclassified",
                                 "10 to ∞ (9 values) features",
                                 "default-src 'none'",
                                 "Mean of 2 to 3 seeds."};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        CHECK_CONTAINS(page, parts[p]);
    assert_int_equal(occurrences(page, "<figure "), 4);
    assert_int_equal(occurrences(page, "<figure "),
                     occurrences(page, "class=\"data\""));
    assert_int_equal(occurrences(page, "<tr><td"), 9 * 4 * 3);
    sur_store_close(store);
    free(page);
    sample_free(&s);
}

static void it_names_no_other_place(void **state)
{
    (void)state;
    sample s = sample_make(9, 2, 2);
    const sur_results *results[] = {&s.results};
    char *page = page_of(results, 1, NULL);
    assert_int_equal(occurrences(page, "//"),
                     occurrences(page, "http://www.w3.org/2000/svg"));
    assert_int_equal(occurrences(page, "gnuplot_svg"), 0);
    assert_int_equal(occurrences(page, "<script"), 1);
    assert_int_equal(occurrences(page, " href=\""), 1 + 4);
    free(page);
    sample_free(&s);
}

static void ten_figures_weigh_less_than_a_picture_library(void **state)
{
    (void)state;
    sample s = sample_make(60, 4, 3);
    sur_figure figures[10];
    for (int f = 0; f < 10; f++) figures[f] = sample_figures[f % 2];
    sur_experiment experiment = sample_experiment;
    experiment.figures = figures;
    experiment.figure_count = 10;
    s.results.experiment = &experiment;
    const sur_results *results[] = {&s.results};
    char *page = page_of(results, 1, NULL);
    assert_int_equal(occurrences(page, "<figure "), 10);
    CHECK(strlen(page) < 1500000);
    free(page);
    sample_free(&s);
}

static void several_experiments_share_a_page(void **state)
{
    (void)state;
    sample one = sample_make(4, 1, 1), two = sample_make(4, 2, 1);
    const sur_results *results[] = {&one.results, &two.results};
    char *page = page_of(results, 2, NULL);
    assert_int_equal(occurrences(page, "<section class=\"experiment\">"), 2);
    CHECK_CONTAINS(page, "<title>surplus descent, descent</title>");
    CHECK_CONTAINS(page, "id=\"f1-title\"");
    CHECK_CONTAINS(page, "id=\"f8-title\"");
    free(page);
    sample_free(&one);
    sample_free(&two);
}

static void nothing_measured_is_still_a_page(void **state)
{
    (void)state;
    sample s = sample_make(2, 1, 1);
    const sur_results *results[] = {&s.results};
    for (int i = 0; i < 2; i++) {
        s.records[i].status = SUR_ENUMERIC;
        s.records[i].count = 0;
    }
    char *page = page_of(results, 1, NULL);
    CHECK_CONTAINS(page, "2 trials, 2 failed");
    CHECK_CONTAINS(page, "a computation left the finite numbers");
    assert_int_equal(occurrences(page, "<figure "), 0);
    free(page);
    s.results.records.count = 0;
    page = page_of(results, 1, NULL);
    CHECK_CONTAINS(page, "0 trials");
    free(page);
    s.results.records.count = 2;
    sample_free(&s);
}

static void a_long_table_is_cut_and_says_so(void **state)
{
    (void)state;
    sample s = sample_make(3, 2, 200);
    sur_experiment experiment = sample_experiment;
    experiment.figure_count = 0;
    s.results.experiment = &experiment;
    const sur_results *results[] = {&s.results};
    char *page = page_of(results, 1, NULL);
    CHECK_CONTAINS(page, "The first 1000 of 1200 trials.");
    assert_int_equal(occurrences(page, "<tr><td"), 1000);
    free(page);
    sample_free(&s);
}

static void a_picture_is_inlined_with_its_own_ids_and_named_colours(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    sur_put_inline_svg(
        out,
        "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 1 1\">\n<title>t</title>"
        "<desc>d</desc><g id=\"a\"><path stroke='rgb( 59, 111, 182)' d='M>1'/>"
        "<use xlink:href='#b'/><text font-family=\"X\" fill=\"rgb(1,2,3)\">rgb(1,2,3) "
        "id=\"x\"</text><script>bad()</script></g></svg>\n",
        "p-");
    fclose(out);
    CHECK_TEXT(
        text,
        "\n\n<g id=\"p-a\"><path stroke='var(--w0)' d='M>1'/><use "
        "xlink:href='#p-b'/><text fill=\"#010203\">rgb(1,2,3) id=\"x\"</text></g>\n");
    free(text);
}

static void a_broken_picture_is_no_danger(void **state)
{
    (void)state;
    const char *const broken[] = {
        "<",    "<g",   "<g id=\"", "<title>",       "<svg", "<a b='",
        "<!--", "rgb(", "<g rgb(1", "<use href=\"#", ""};
    char *text = NULL;
    size_t size;
    for (size_t k = 0; k < sizeof broken / sizeof *broken; k++) {
        FILE *out = open_memstream(&text, &size);
        sur_put_inline_svg(out, broken[k], "p-");
        fclose(out);
        free(text);
    }
}

static void base64_is_that_of_rfc_4648(void **state)
{
    (void)state;
    const char *const rows[][2] = {{"", ""},
                                   {"f", "Zg=="},
                                   {"fo", "Zm8="},
                                   {"foo", "Zm9v"},
                                   {"foob", "Zm9vYg=="},
                                   {"fooba", "Zm9vYmE="},
                                   {"foobar", "Zm9vYmFy"}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        char text[32] = "";
        FILE *out = fmemopen(text, sizeof text, "w");
        sur_put_base64(out, rows[r][0], strlen(rows[r][0]));
        fclose(out);
        CHECK_TEXT(text, rows[r][1]);
    }
}

static void what_cannot_be_written_leaves_nothing_behind(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 1);
    const sur_results *results[] = {&s.results};
    sur_error err;
    CHECK_STATUS(sur_report_page("/nowhere/p.html", NULL, results, 1, &err),
                 SUR_EWRITE);
    CHECK_CONTAINS(err.message, "/nowhere/p.html");
    if (access("/dev/full", W_OK) == 0)
        CHECK_STATUS(sur_report_page("/dev/full", NULL, results, 1, &err), SUR_EWRITE);

    char *path = hide_programs();
    CHECK_STATUS(sur_report_page(in_folder("p.html"), NULL, results, 1, &err),
                 SUR_EBACKEND);
    show_programs(path);
    sample_free(&s);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 1);
    sur_experiment experiment = sample_experiment;
    experiment.figure_count = 1;
    s.results.experiment = &experiment;
    const sur_results *results[] = {&s.results};
    CHECK_EVERY_ALLOCATION(sur_report_page(in_folder("p.html"), NULL, results, 1, NULL),
                           10, remove(in_folder("p.html")));
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
        cmocka_unit_test(the_page_says_everything_it_should),
        cmocka_unit_test(it_names_no_other_place),
        cmocka_unit_test(ten_figures_weigh_less_than_a_picture_library),
        cmocka_unit_test(several_experiments_share_a_page),
        cmocka_unit_test(nothing_measured_is_still_a_page),
        cmocka_unit_test(a_long_table_is_cut_and_says_so),
        cmocka_unit_test(a_picture_is_inlined_with_its_own_ids_and_named_colours),
        cmocka_unit_test(a_broken_picture_is_no_danger),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test(what_cannot_be_written_leaves_nothing_behind),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, open_folder, NULL);
}
