#include "support/check.h"

#include "data/number.h"

#include <surplus/random.h>

static void check_like_strtod(const char *text)
{
    double x = 0.0;
    char *want_end;
    const double want = strtod(text, &want_end);
    const char *end = sur_number_read(text, &x);
    if (!end || end != want_end || memcmp(&x, &want, sizeof x) != 0)
        fail_msg("\"%s\" is %.17g up to %d, not %.17g up to %d", text, x,
                 end ? (int)(end - text) : -1, want, (int)(want_end - text));
}

static double any_double(sur_rng *rng)
{
    const uint64_t bits = sur_rng_u64(rng);
    double x;
    memcpy(&x, &bits, sizeof x);
    return isfinite(x) ? x : 1.0;
}

static void every_double_reads_back_as_strtod_reads_it(void **state)
{
    (void)state;
    sur_rng rng = sur_rng_make(1, "numbers", 0);
    char text[64];
    for (int i = 0; i < 20000; i++) {
        static const int digits[] = {17, 16, 15, 9, 6};
        const double x = any_double(&rng);
        if (i % 8 < 5)
            snprintf(text, sizeof text, "%.*g", digits[i % 8], x);
        else
            snprintf(text, sizeof text, "%+.*E", i % 8 == 5 ? 18 : i % 8, x);
        check_like_strtod(text);
    }
}

static void numbers_as_tables_hold_them_read_as_strtod_reads_them(void **state)
{
    (void)state;
    sur_rng rng = sur_rng_make(1, "numbers", 1);
    char text[400];
    for (int i = 0; i < 20000; i++) {
        const double x = sur_rng_normal(&rng) * pow(10.0, (double)(i % 12));
        snprintf(text, sizeof text, "%.*f", i % 20, x);
        check_like_strtod(text);
        snprintf(text, sizeof text, "%.*e", i % 20, x);
        check_like_strtod(text);
    }
}

/* Digits of every length, with the point and the exponent anywhere. */
static void any_digits_read_as_strtod_reads_them(void **state)
{
    (void)state;
    sur_rng rng = sur_rng_make(1, "numbers", 2);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        size_t n = 0;
        const sur_idx digits = 1 + sur_rng_below(&rng, 25);
        const sur_idx point = sur_rng_below(&rng, 30);
        if (i % 3 == 0) text[n++] = '-';
        for (sur_idx k = 0; k < digits; k++) {
            if (k == point) text[n++] = '.';
            text[n++] = (char)('0' + sur_rng_below(&rng, i % 2 ? 10 : 2));
        }
        snprintf(text + n, sizeof text - n, "e%d", (int)sur_rng_below(&rng, 70) - 35);
        check_like_strtod(text);
        text[n] = '\0';
        check_like_strtod(text);
    }
}

/* Halfway between two doubles, and one digit to either side. */
static void numbers_halfway_between_doubles_round_to_even(void **state)
{
    (void)state;
    static const char *const halves[] = {
        "9007199254740993",
        "9007199254740992.5",
        "9007199254740995",
        "9007199254740993e3",
        "900719925474099300001",
        "90071992547409930000e-4",
        "0.500000000000000166533453693773481063544750213623046875",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "18446744073709551615",
        "18446744073709551616",
        "9223372036854775807",
        "9223372036854775808e-27",
        "1844674407370955161e27",
        "5e-324",
        "2.4703282292062328e-324",
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "2.2250738585072011e-308"};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++)
        check_like_strtod(halves[i]);
}

static void edges_read_as_strtod_reads_them(void **state)
{
    (void)state;
    static const char *const edges[] = {"0",
                                        "-0",
                                        "0.0",
                                        "-0e5",
                                        "0e999999999",
                                        "1e999",
                                        "-1e999",
                                        "1e-999",
                                        "+7",
                                        ".5",
                                        "5.",
                                        "1.e3",
                                        "1e",
                                        "1e+",
                                        "1ex",
                                        "12abc",
                                        "1.2.3",
                                        "1e5e5",
                                        "00000000000000000000000000001.5",
                                        "0.00000000000000000000000000000123",
                                        "1e2147483648",
                                        "1e-99999999999999999999",
                                        "123,456",
                                        "7 8",
                                        "1_0"};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        check_like_strtod(edges[i]);
    static char long_one[900];
    memset(long_one, '7', sizeof long_one - 1);
    check_like_strtod(long_one);
    long_one[1] = '.';
    check_like_strtod(long_one);
}

static void what_is_no_decimal_number_is_not_read(void **state)
{
    (void)state;
    static const char *const others[] = {"",    "-",   ".",   "+.",  "e5", "nan",
                                         "inf", "abc", "--1", "+-1", " 1", "-.e5"};
    double x;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (sur_number_read(others[i], &x)) fail_msg("\"%s\" was read", others[i]);
    CHECK(*sur_number_read("0x10", &x) == 'x'); /* a zero and more */
    static char longest[1200];
    memset(longest, '1', sizeof longest - 1);
    CHECK(!sur_number_read(longest, &x));
    longest[1] = '.';
    CHECK(!sur_number_read(longest, &x));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_double_reads_back_as_strtod_reads_it),
        cmocka_unit_test(numbers_as_tables_hold_them_read_as_strtod_reads_them),
        cmocka_unit_test(any_digits_read_as_strtod_reads_them),
        cmocka_unit_test(numbers_halfway_between_doubles_round_to_even),
        cmocka_unit_test(edges_read_as_strtod_reads_them),
        cmocka_unit_test(what_is_no_decimal_number_is_not_read),
    };
    return RUN(tests);
}
