/* test_drawing.c -- from records to curves, bands and axes. */
#include "report/drawing.h"
#include "support/check.h"
#include "support/sample.h"
#include <surplus/stats.h>

static void make(sur_drawing *drawing, sur_view *view, const sample *s, int figure)
{
    CHECK_OK(sur_view_new(view, &s->results, NULL, NULL));
    CHECK_OK(sur_drawing_new(drawing, view, &sample_figures[figure], NULL));
}

static void drop(sur_drawing *drawing, sur_view *view)
{
    sur_drawing_free(drawing);
    sur_view_free(view);
}

static void a_point_is_the_mean_over_seeds_with_its_t_interval(void **state)
{
    (void)state;
    sample s = sample_make(5, 2, 3);
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 0);
    assert_int_equal(d.series_count, 2);
    assert_int_equal(d.role_count, 2);
    assert_int_equal(d.curve_count, 4);
    for (sur_idx w = 0; w < 5; w++)
        for (sur_idx r = 0; r < 2; r++) {
            double x[3];
            for (sur_idx k = 0; k < 3; k++)
                x[k] = s.records[(w * 2 + r) * 3 + k].measurements[0].value;
            const sur_interval want = sur_mean_t(x, 3, 0.95);
            const sur_point *got = &d.curves[2 * r].points[w];
            CHECK_NEAR(got->value, want.value, 0, 1e-14);
            CHECK_NEAR(got->low, want.low, 0, 1e-12);
            CHECK_NEAR(got->high, want.high, 0, 1e-12);
            assert_int_equal(got->trials, 3);
        }
    CHECK_CONTAINS(d.caption, "Mean of 3 seeds. Band: 95 % t interval");
    drop(&d, &view);
    sample_free(&s);
}

static void one_seed_has_the_band_of_its_measurement(void **state)
{
    (void)state;
    sample s = sample_make(4, 1, 1);
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 0);
    for (sur_idx w = 0; w < 4; w++) {
        CHECK(d.curves[0].points[w].low == s.records[w].measurements[0].low);
        CHECK(d.curves[0].points[w].high == s.records[w].measurements[0].high);
        CHECK(isnan(d.curves[1].points[w].low));
    }
    CHECK_CONTAINS(d.caption, SAMPLE_WILSON);
    drop(&d, &view);
    sample_free(&s);
}

/* h / mean small: exp(+- h / mean) mean = mean +- h to first order; large: still
 * positive */
static void a_logarithmic_metric_has_a_band_above_zero(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 2);
    const double pairs[3][2] = {{1, 1.0001}, {1, 100}, {1e-3, 5}};
    for (int w = 0; w < 3; w++)
        for (int k = 0; k < 2; k++)
            s.rows[(w * 2 + k) * SAMPLE_ROWS + 2].value = pairs[w][k];
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 1);
    for (int w = 0; w < 3; w++) {
        const sur_point *p = &d.curves[0].points[w];
        CHECK(p->low > 0 && p->low < p->value && p->value < p->high);
        CHECK_NEAR(p->low * p->high, p->value * p->value, 0, 1e-9);
    }
    const sur_interval want = sur_mean_t(pairs[0], 2, 0.95);
    CHECK_NEAR(d.curves[0].points[0].high, want.high, 1e-6, 0);
    drop(&d, &view);
    sample_free(&s);
}

static void what_follows_from_the_width_makes_no_series(void **state)
{
    (void)state;
    sample s = sample_make(6, 1, 2); /* dimension varies with width, and only so */
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 0);
    assert_int_equal(d.series_count, 1);
    CHECK_TEXT(d.series[0], "");
    CHECK(sur_view_factor(&view, "dimension")->derived);
    CHECK(!sur_view_factor(&view, "width")->derived);
    drop(&d, &view);

    for (sur_idx i = 0; i < 12; i++) s.options[i].dimension = 50 + 50 * (i % 2);
    make(&d, &view, &s, 0); /* now it follows from the seed only */
    CHECK(sur_view_factor(&view, "dimension")->derived);
    drop(&d, &view);
    for (sur_idx i = 0; i < 12; i++) {
        s.options[i].dimension = 50 + 50 * (i % 2);
        s.options[i].seed = 1;
    }
    make(&d, &view, &s, 0); /* and now it is a condition */
    assert_int_equal(d.series_count, 2);
    CHECK_TEXT(d.series[1], "dimension 100");
    drop(&d, &view);
    sample_free(&s);
}

static void at_most_ten_series_are_drawn_first_and_last_among_them(void **state)
{
    (void)state;
    sample s = sample_make(3, 12, 1);
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 0);
    assert_int_equal(d.series_count, SUR_MOST_SERIES);
    assert_int_equal(d.series_found, 12);
    CHECK_TEXT(d.series[0], "ridge 0");
    CHECK_TEXT(d.series[9], "ridge 1e9");
    CHECK_CONTAINS(d.note, "10 of 12 series drawn");
    CHECK(d.ordered);
    drop(&d, &view);
    sample_free(&s);
}

static void infinity_stands_right_of_every_number(void **state)
{
    (void)state;
    sample s = sample_make(8, 1, 1);
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 0);
    CHECK(d.x.log);
    CHECK(d.x.infinity > 5000 && d.x.infinity < d.x.high);
    CHECK(isinf(d.curves[0].points[7].x));
    CHECK(isnan(d.x.zero));
    assert_int_equal(d.mark_count, 1);
    CHECK(d.marks[0].x == 1000);
    drop(&d, &view);
    sample_free(&s);
}

static void a_threshold_that_moves_is_marked_once_for_each_series(void **state)
{
    (void)state;
    sample s = sample_make(8, 2, 1);
    for (sur_idx i = 0; i < 16; i++) s.options[i].samples = i % 2 ? 100 : 1000;
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 0);
    assert_int_equal(d.mark_count, 2);
    CHECK(d.marks[0].x != d.marks[1].x);
    drop(&d, &view);
    sample_free(&s);
}

static void words_on_the_axis_have_names_not_numbers(void **state)
{
    (void)state;
    sample s = sample_make(3, 1, 1);
    for (sur_idx i = 0; i < 3; i++) {
        s.options[i].family = 2 - i;
        s.options[i].width = s.options[i].dimension = 10;
    }
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 4);
    assert_int_equal(d.x.name_count, 3);
    CHECK_TEXT(d.x.names[0], "linear");
    CHECK_TEXT(d.x.names[2], "relu");
    CHECK(d.curves[0].points[0].value == s.rows[2 * SAMPLE_ROWS].value);
    drop(&d, &view);
    sample_free(&s);
}

static void a_trace_is_drawn_over_its_iterations(void **state)
{
    (void)state;
    sample s = sample_make(1, 1, 3);
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 3);
    assert_int_equal(d.curves[0].count, 12);
    CHECK(d.curves[0].points[0].x == 2 && d.curves[0].points[11].x == 4096);
    drop(&d, &view);
    sample_free(&s);
}

static void failed_and_infinite_values_are_gaps(void **state)
{
    (void)state;
    sample s = sample_make(6, 1, 1);
    s.records[1].status = SUR_ENUMERIC;
    s.rows[2 * SAMPLE_ROWS].value = HUGE_VAL;
    s.rows[3 * SAMPLE_ROWS].value = nan("");
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 0);
    assert_int_equal(d.curves[0].count, 5);
    CHECK(isnan(d.curves[0].points[1].value) && isnan(d.curves[0].points[2].value));
    CHECK(isfinite(d.y.low) && isfinite(d.y.high));
    drop(&d, &view);

    for (sur_idx i = 0; i < 6; i++) s.records[i].status = SUR_ENUMERIC;
    sur_error err;
    CHECK_OK(sur_view_new(&view, &s.results, NULL, NULL));
    CHECK_STATUS(sur_drawing_new(&d, &view, &sample_figures[0], &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "test_error");
    sur_view_free(&view);
    sample_free(&s);
}

/* Two penalties in a grid of widths: the base is the first width and the first penalty,
 * for all values are equally frequent. */
static void over_a_metric_each_number_that_varies_is_a_way(void **state)
{
    (void)state;
    static const sur_figure paid = {.name = "paid",
                                    .title = "Error against loss",
                                    .x = "test_loss",
                                    .metrics = {"test_error"},
                                    .y = "error"};
    sample s = sample_make(4, 2, 1);
    sur_drawing d;
    sur_view view;
    CHECK_OK(sur_view_new(&view, &s.results, NULL, NULL));
    CHECK(sur_drawing_moves(&view, &paid));
    CHECK_OK(sur_drawing_new(&d, &view, &paid, NULL));
    assert_int_equal(d.series_count, 2);
    CHECK_TEXT(d.series[0], "by width");
    CHECK_TEXT(d.series[1], "by ridge");
    CHECK_TEXT(d.y.label, "error");
    CHECK_TEXT(d.x.label, "test loss");
    assert_int_equal(d.curves[0].count, 4);
    assert_int_equal(d.curves[1].count, 2);
    for (int w = 0; w < 4; w++) { /* record 2 w: width w, first penalty */
        CHECK(d.curves[0].points[w].x == s.rows[2 * w * SAMPLE_ROWS + 2].value);
        CHECK(d.curves[0].points[w].value == s.rows[2 * w * SAMPLE_ROWS].value);
    }
    drop(&d, &view);
    sample_free(&s);
}

static void a_share_of_seeds_has_wilsons_interval(void **state)
{
    (void)state;
    sample s = sample_make(1, 1, 5);
    sur_metric metrics[8];
    sur_experiment experiment = *s.results.experiment;
    const sur_interval want = sur_wilson(3, 5, 0.95);
    sur_drawing d;
    sur_view view;
    memcpy(metrics, experiment.metrics, sizeof metrics);
    metrics[0].scale = "share";
    experiment.metrics = metrics;
    s.results.experiment = &experiment;
    for (int k = 0; k < 5; k++) s.rows[k * SAMPLE_ROWS].value = k < 3;
    make(&d, &view, &s, 0);
    CHECK(d.curves[0].points[0].value == want.value);
    CHECK(d.curves[0].points[0].low == want.low);
    CHECK(d.curves[0].points[0].high == want.high);
    CHECK_CONTAINS(d.caption, "Share of 5 seeds. Band: Wilson 95 % interval");
    drop(&d, &view);
    sample_free(&s);
}

static void the_csv_has_a_row_for_every_point(void **state)
{
    (void)state;
    sample s = sample_make(5, 2, 2);
    sur_drawing d;
    sur_view view;
    make(&d, &view, &s, 1);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    sur_drawing_csv(out, &d);
    fclose(out);
    sur_idx lines = 0;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    assert_int_equal(lines,
                     1 + 2 * 3 * 5); /* series x (test, train, theory) x widths */
    CHECK_CONTAINS(text, "series,curve,width,value,low,high,trials\n");
    CHECK_CONTAINS(text, "ridge 0.1,theory,inf,");
    free(text);
    drop(&d, &view);
    sample_free(&s);
}

static sur_status both(const sample *s)
{
    sur_view view;
    sur_drawing drawing = {0};
    sur_status status = sur_view_new(&view, &s->results, NULL, NULL);
    if (status == SUR_OK)
        status = sur_drawing_new(&drawing, &view, &sample_figures[1], NULL);
    sur_drawing_free(&drawing);
    sur_view_free(&view);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sample s = sample_make(4, 2, 2);
    CHECK_EVERY_ALLOCATION(both(&s), 15, (void)0);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_is_the_mean_over_seeds_with_its_t_interval),
        cmocka_unit_test(one_seed_has_the_band_of_its_measurement),
        cmocka_unit_test(a_logarithmic_metric_has_a_band_above_zero),
        cmocka_unit_test(what_follows_from_the_width_makes_no_series),
        cmocka_unit_test(at_most_ten_series_are_drawn_first_and_last_among_them),
        cmocka_unit_test(infinity_stands_right_of_every_number),
        cmocka_unit_test(a_threshold_that_moves_is_marked_once_for_each_series),
        cmocka_unit_test(words_on_the_axis_have_names_not_numbers),
        cmocka_unit_test(a_trace_is_drawn_over_its_iterations),
        cmocka_unit_test(failed_and_infinite_values_are_gaps),
        cmocka_unit_test(over_a_metric_each_number_that_varies_is_a_way),
        cmocka_unit_test(a_share_of_seeds_has_wilsons_interval),
        cmocka_unit_test(the_csv_has_a_row_for_every_point),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
