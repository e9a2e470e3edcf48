/* test_text.c -- numbers and untrusted words. */
#include "report/text.h"
#include "support/check.h"

static char *put(const char *text, sur_escape escape)
{
    static char buffer[512];
    buffer[0] = '\0';
    FILE *out = fmemopen(buffer, sizeof buffer, "w");
    assert_non_null(out);
    sur_put_escaped(out, text, escape);
    fclose(out);
    return buffer;
}

static void every_reader_sees_its_own_escapes(void **state)
{
    (void)state;
    CHECK_TEXT(put("a\tb\nc\\d", SUR_AS_TSV), "a\\tb\\nc\\\\d");
    CHECK_TEXT(put("plain", SUR_AS_CSV), "plain");
    CHECK_TEXT(put("a,\"b\"\nc", SUR_AS_CSV), "\"a,\"\"b\"\"\nc\"");
    CHECK_TEXT(put("<b a=\"'&'\">", SUR_AS_HTML),
               "&lt;b a=&quot;&#39;&amp;&#39;&quot;&gt;");
    CHECK_TEXT(put("it's `x` $y", SUR_AS_GNUPLOT), "it''s `x` $y");
    CHECK_TEXT(put(NULL, SUR_AS_HTML), "");
}

static void a_terminal_gets_no_control_characters(void **state)
{
    (void)state;
    CHECK_TEXT(put("red \033[31m\x07 \xc2\x9b"
                   "31m \x7f",
                   SUR_AS_TEXT),
               "red ?[31m? ?31m ?");
    CHECK_TEXT(put("Stöger ∞", SUR_AS_TEXT), "Stöger ∞");
}

static void what_is_not_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    const sur_escape all[] = {SUR_AS_TEXT, SUR_AS_TSV, SUR_AS_CSV, SUR_AS_HTML,
                              SUR_AS_GNUPLOT};
    for (size_t e = 0; e < sizeof all / sizeof *all; e++) {
        CHECK_TEXT(put("a\xff\xc3", all[e]), "a\xef\xbf\xbd\xef\xbf\xbd");
        CHECK_TEXT(put("\xed\xa0\x80", all[e]), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    }
}

static void short_numbers_are_read_at_a_glance(void **state)
{
    (void)state;
    const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0"},        {1000, "1000"},    {1e6, "1000000"},
                {1e9, "1e9"},    {-1e-6, "-1e-6"},  {0.31234567, "0.3123"},
                {HUGE_VAL, "∞"}, {-HUGE_VAL, "-∞"}, {12345.67, "1.235e4"}};
    char buffer[SUR_NUMBER_SIZE];
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        CHECK_TEXT(sur_number_short(buffer, rows[r].value, 4), rows[r].text);
    CHECK_TEXT(sur_number_short(buffer, nan(""), 4), "–");
}

static void an_interval_has_two_digits_of_its_half_width(void **state)
{
    (void)state;
    const struct {
        double value, low, high;
        const char *text;
    } rows[] = {{0.31, 0.2954321, 0.33, "0.310 [0.295, 0.330]"},
                {1000, 940, 1060, "1000 [940, 1060]"},
                {-0.008, -0.02, 0.004, "-0.008 [-0.020, 0.004]"},
                {25.75, 12.25, HUGE_VAL, "26 [12, ∞]"},
                {0, 0, 0.0018, "0.00000 [0.00000, 0.00180]"},
                {0.5, 0.5, 0.5, "0.5000 [0.5000, 0.5000]"},
                {3e9, 2e9, 4e9, "3e9 [2e9, 4e9]"},
                {0.31, NAN, NAN, "0.31"},
                {NAN, 0, 1, "–"}};
    char buffer[SUR_INTERVAL_SIZE];
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        CHECK_TEXT(
            sur_number_interval(buffer, rows[r].value, rows[r].low, rows[r].high),
            rows[r].text);
}

static void no_number_overruns_its_buffer(void **state)
{
    (void)state;
    const double numbers[] = {-1.7976931348623157e308, 4.9e-324, -123456.789e-300, 1e7,
                              0.1};
    char buffer[SUR_INTERVAL_SIZE];
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++)
            for (int k = 0; k < 5; k++) {
                sur_number_interval(buffer, numbers[i], numbers[j], numbers[k]);
                CHECK(strchr(buffer, ']') != NULL);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reader_sees_its_own_escapes),
        cmocka_unit_test(a_terminal_gets_no_control_characters),
        cmocka_unit_test(what_is_not_utf8_is_replaced_byte_by_byte),
        cmocka_unit_test(short_numbers_are_read_at_a_glance),
        cmocka_unit_test(an_interval_has_two_digits_of_its_half_width),
        cmocka_unit_test(no_number_overruns_its_buffer),
    };
    return RUN(tests);
}
