/* test_results.c -- curves trained elsewhere. */
#include "descent/rig.h"

static const char table[] = "seed,width,test_error,train_loss,test_loss\n"
                            "1,8,0.30,0.2,0.5\n"
                            "1,64,0.45,1e-9,0.9\n"
                            "1,512,0.25,1e-9,\n"
                            "2,8,0.32,0.21,0.52\n"
                            "2,64,0.47,2e-9,0.95\n";

static char *axis_of(const rig *r, const char *name)
{
    char *text = NULL;
    CHECK_OK(sur_descent.axis(&r->options[0], name, r->input, r->size, &text, NULL));
    return text;
}

static void a_row_of_the_file_is_a_trial(void **state)
{
    (void)state;
    char path[256], words[400];
    rig_file(path, sizeof path, "results.csv", table);
    snprintf(words, sizeof words, "results=%s test_samples=1000", path);
    rig *r = rig_new(words, "8,64,512,9", "0");
    CHECK_OK(rig_run_status(r));
    CHECK(rig_value(r, 0, "test_error") == 0.30);
    const sur_interval wilson = sur_wilson(300, 1000, 0.95);
    CHECK_NEAR(rig_get(r, 0, "test_error")->low, wilson.low, 1e-15, 0);
    CHECK(rig_get(r, 0, "test_error")->n == 1000);
    CHECK(rig_value(r, 1, "test_loss") == 0.9 && !rig_get(r, 2, "test_loss"));
    CHECK(rig_value(r, 0, "interpolates") == 0 && rig_value(r, 1, "interpolates") == 1);
    CHECK(r->outcome[3].status == SUR_EINVAL);
    CHECK_CONTAINS(r->outcome[3].message, "no row");

    char *widths = axis_of(r, "width"), *seeds = axis_of(r, "seed");
    CHECK_TEXT(widths, "8,64,512");
    CHECK_TEXT(seeds, "1,2");
    CHECK(axis_of(r, "ridge") == NULL);
    CHECK(strlen(r->options[0].data.data_sha256) == 64);
    free(widths);
    free(seeds);
    rig_free(r);
    remove(path);
}

static void check_refused(const char *text, sur_status expected, const char *part)
{
    char path[256], words[400];
    sur_status status;
    rig_file(path, sizeof path, "refused.csv", text);
    snprintf(words, sizeof words, "results=%s", path);
    rig *r = rig_try(words, "8", "0", &status);
    CHECK_STATUS(status, expected);
    CHECK_CONTAINS(r->err.message, part);
    rig_free(r);
    remove(path);
}

static void a_table_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    check_refused("width,test_eror\n8,0.5\n16,0.4\n", SUR_EPARSE, "test_error");
    check_refused("width,seed\n8,1\n16,1\n", SUR_EPARSE, "no column is a metric");
    check_refused("seed,test_error\n1,0.5\n2,0.4\n", SUR_EINVAL, "width");
    check_refused("", SUR_EPARSE, "");
}

static void the_linear_family_has_the_widths_of_its_columns(void **state)
{
    (void)state;
    char path[256], words[400];
    rig_file(path, sizeof path, "columns.csv",
             "a,b,c,y\n1,2,3,4\n2,3,1,5\n3,1,2,7\n4,4,1,8\n0,1,1,2\n2,2,2,5\n"
             "3,3,3,9\n1,1,0,2\n0,0,1,1\n5,4,3,9.5\n");
    snprintf(words, sizeof words, "data=%s family=linear", path);
    rig *r = rig_new(words, "2", "0");
    char *widths = axis_of(r, "width");
    CHECK_TEXT(widths, "1:3");
    CHECK(axis_of(r, "seed") == NULL);
    free(widths);
    rig_free(r);
    snprintf(words, sizeof words, "data=%s", path);
    r = rig_new(words, "2", "0");
    CHECK(axis_of(r, "width") == NULL);
    rig_free(r);
    r = rig_new("data=synthetic:events family=linear", "2", "0");
    widths = axis_of(r, "width");
    CHECK_TEXT(widths, "1:28");
    free(widths);
    rig_free(r);
    remove(path);
}

static void an_estimate_grows_with_the_work(void **state)
{
    (void)state;
    double seconds[3], bytes[3];
    const char *words =
        "data=synthetic:linear dimension=20 samples=200 test_samples=1000";
    static const char *const widths[] = {"10", "10,100,1000", "10,100,1000,10000"};
    for (int i = 0; i < 3; i++) {
        rig *r = rig_new(words, widths[i], "0");
        CHECK_OK(sur_descent.estimate(r->list, r->count, r->input, r->size, &seconds[i],
                                      &bytes[i], NULL));
        rig_free(r);
    }
    CHECK(seconds[0] > 0 && seconds[1] > seconds[0] && seconds[2] > seconds[1]);
    CHECK(bytes[0] > 0 && bytes[1] > bytes[0] && bytes[2] > 200 * 10000 * 8.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_the_file_is_a_trial),
        cmocka_unit_test(a_table_that_makes_no_sense_is_refused),
        cmocka_unit_test(the_linear_family_has_the_widths_of_its_columns),
        cmocka_unit_test(an_estimate_grows_with_the_work),
    };
    return RUN(tests);
}
