#include "files.h"

static char *info_of(const sur_data_options *options, sur_info_format format)
{
    char *text;
    sur_error err;
    if (sur_data_info(&text, options, format, &err) != SUR_OK)
        fail_msg("%s", err.message);
    return text;
}

static const char table[] = "mass,\"<b>\"\"&\x01\",one,y\n1.5,,7,sig\n2.5,1,7,bkg\n"
                            "3.5,0,7,sig\n4.5,1,7,\n";

static void the_text_states_shape_classes_missing_and_ranges(void **state)
{
    (void)state;
    const sur_data_options options = options_for(put_text("info.csv", table));
    char *text = info_of(&options, SUR_INFO_TEXT);
    static const char *const parts[] = {"info.csv",
                                        "rows      3\n",
                                        "features  3, 64-bit",
                                        "y: 2 classes",
                                        "sig",
                                        "66.7 %",
                                        "missing   1 cells in 1 column\n",
                                        "left out  1 rows",
                                        "constant",
                                        "0 or 1",
                                        "real",
                                        "target: column 4, y",
                                        "checksum"};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        CHECK_CONTAINS(text, parts[k]);
    for (const char *c = text; *c; c++) CHECK(*c == '\n' || (unsigned char)*c >= ' ');
    /* every line of the list of columns is as long as its heading */
    const char *heading = strstr(text, " column  name"),
               *line = strchr(heading, '\n') + 1;
    const size_t width = strcspn(heading, "\n");
    for (int k = 0; k < 3; k++, line += width + 1) CHECK(strcspn(line, "\n") == width);
    free(text);
}

static void the_json_states_the_same(void **state)
{
    (void)state;
    const sur_data_options options = options_for(put_text("info.csv", table));
    char *text = info_of(&options, SUR_INFO_JSON);
    static const char *const parts[] = {
        "\"rows\":3",
        "\"columns\":3",
        "\"missing\":1",
        "\"dropped\":1",
        "\"task\":\"classification\"",
        "{\"name\":\"sig\",\"count\":2}",
        "\"weight\":null",
        "{\"name\":\"mass\",\"kind\":\"real\",\"missing\":0,\"low\":1.5,\"mean\":2.5,"
        "\"high\":3.5,\"deviation\":0.816",
        "{\"name\":\"<b>\\\"&\\u0001\",\"kind\":\"0 or 1\",\"missing\":1",
        "\"kind\":\"constant\""};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        CHECK_CONTAINS(text, parts[k]);
    CHECK(strlen(text) == strcspn(text, "\n") + 1);
    free(text);
}

static void a_regression_and_a_generator_are_described_too(void **state)
{
    (void)state;
    sur_data_options options = options_for(put_text("r.csv", "1,0.5\n2,1\n3,1.5\n"));
    char *text = info_of(&options, SUR_INFO_TEXT);
    CHECK_CONTAINS(text, "regression, 0.5 to 1.5, mean 1");
    free(text);
    options = options_for("synthetic:events");
    options.samples = 50;
    options.test_samples = 20;
    text = info_of(&options, SUR_INFO_TEXT);
    CHECK_CONTAINS(text, "the last 20 for testing");
    CHECK_CONTAINS(text, "features  28");
    free(text);
}

static void long_lists_of_columns_are_cut_in_text_only(void **state)
{
    (void)state;
    char row[2000] = "", text_of[4100];
    for (int j = 0; j < 300; j++)
        snprintf(row + 2 * j, sizeof row - 2 * (size_t)j, "%d,", j % 2);
    snprintf(text_of, sizeof text_of, "%s0\n%s1\n", row, row);
    const sur_data_options options = options_for(put_text("wide.csv", text_of));
    char *text = info_of(&options, SUR_INFO_TEXT);
    CHECK_CONTAINS(text, "240 more columns");
    free(text);
    text = info_of(&options, SUR_INFO_JSON);
    CHECK_CONTAINS(text, "{\"name\":\"x300\"");
    free(text);
}

static void what_cannot_be_read_has_no_description(void **state)
{
    (void)state;
    char *text;
    sur_error err;
    sur_data_options options = options_for(scratch("none.csv"));
    CHECK_STATUS(sur_data_info(&text, &options, SUR_INFO_TEXT, &err), SUR_EIO);
    CHECK(!text);
    options.data = "synthetic:event";
    CHECK_STATUS(sur_data_info(&text, &options, SUR_INFO_TEXT, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "events");
}

static sur_status describe_and_free(const sur_data_options *options)
{
    char *text;
    sur_status status = sur_data_info(&text, options, SUR_INFO_TEXT, NULL);
    free(text);
    if (status == SUR_OK) status = sur_data_info(&text, options, SUR_INFO_JSON, NULL);
    if (status == SUR_OK) free(text);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const sur_data_options options = options_for(put_text("info.csv", table));
    CHECK_EVERY_ALLOCATION(describe_and_free(&options), 30, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_states_shape_classes_missing_and_ranges),
        cmocka_unit_test(the_json_states_the_same),
        cmocka_unit_test(a_regression_and_a_generator_are_described_too),
        cmocka_unit_test(long_lists_of_columns_are_cut_in_text_only),
        cmocka_unit_test(what_cannot_be_read_has_no_description),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN_WITH_FILES(tests);
}
