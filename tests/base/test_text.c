#include "base/checksum.h"
#include "base/clock.h"
#include "base/text.h"
#include "support/check.h"

static void every_status_has_a_text_and_an_exit_code(void **state)
{
    (void)state;
    for (int s = 0; s < SUR_STATUS_COUNT; s++) {
        CHECK(sur_status_text((sur_status)s)[0] != '\0');
        CHECK((sur_status_exit((sur_status)s) == 0) == (s == SUR_OK));
    }
    CHECK_TEXT(sur_status_text((sur_status)999), "unknown status");
    CHECK(sur_status_exit(SUR_EPARSE) == 3 && sur_status_exit(SUR_EBUSY) == 75);
}

static void numbers_are_written_in_the_shortest_form_that_reads_back(void **state)
{
    (void)state;
    char text[32];
    CHECK_TEXT(sur_number_text(0.1, text), "0.1");
    CHECK_TEXT(sur_number_text(1e-10, text), "1e-10");
    CHECK_TEXT(sur_number_text(10, text), "10");
    CHECK_TEXT(sur_number_text(-123000, text), "-123000");
    CHECK_TEXT(sur_number_text(5e-324, text), "5e-324");
    CHECK_TEXT(sur_number_text(1e22, text), "1e+22");
    CHECK_TEXT(sur_number_text(1.0 / 3, text), "0.3333333333333333");
    CHECK_TEXT(sur_number_text(-0.0, text), "-0");
    CHECK_TEXT(sur_number_text(100, text), "100");
    CHECK_TEXT(sur_number_text(HUGE_VAL, text), "inf");
    for (int i = 0; i < 2000; i++) {
        const double x = ldexp(sin(i + 0.5), i % 600 - 300);
        CHECK(strtod(sur_number_text(x, text), NULL) == x);
    }
}

static void amounts_are_written_for_people(void **state)
{
    (void)state;
    char text[32];
    CHECK_TEXT(sur_bytes_text(999, text), "999 B");
    CHECK_TEXT(sur_bytes_text(1.5e9, text), "1.5 GB");
    CHECK_TEXT(sur_seconds_text(0.004, text), "4 ms");
    CHECK_TEXT(sur_seconds_text(12000, text), "3 h 20 min");
}

static void an_edit_distance_counts_swaps_once(void **state)
{
    (void)state;
    CHECK(sur_edit_distance("width", "widht") == 1);
    CHECK(sur_edit_distance("label-noise", "label_noise") == 0);
    CHECK(sur_edit_distance("abc", "") == 3);
    static const char *const names[] = {"target", "test", "columns"};
    CHECK_TEXT(sur_nearest("taget", names, 3), "target");
    CHECK(sur_nearest("zzzzz", names, 3) == NULL);
}

static void json_strings_are_always_valid_utf8(void **state)
{
    (void)state;
    sur_text t = {0};
    CHECK_OK(sur_text_json(&t, "a\"b\\\n\xc3\xa4\xc3(\xed\xa0\x80", NULL));
    CHECK_TEXT(t.at, "\"a\\\"b\\\\\\u000a\xc3\xa4\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd"
                     "\xef\xbf\xbd\"");
    sur_text_free(&t);
}

static void sha256_matches_the_published_vectors(void **state)
{
    (void)state; /* FIPS 180-4 examples: "abc" and the empty message */
    char text[65];
    CHECK_OK(sur_sha256_of(text, "abc", 3, NULL));
    CHECK_TEXT(text,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_OK(sur_sha256_of(text, "", 0, NULL));
    CHECK_TEXT(text,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void the_clock_goes_forward_and_the_machine_is_known(void **state)
{
    (void)state;
    const double before = sur_clock();
    CHECK(sur_clock() >= before && sur_now() > 1.5e9 && sur_cpu_clock() >= 0);
    CHECK(sur_machine_memory() > 1e6 && sur_machine_cores() >= 1);
    char host[256];
    sur_host_text(host, sizeof host);
    CHECK_CONTAINS(host, "; ");
}

static void growing_a_block_keeps_its_bytes_and_failing_keeps_the_block(void **state)
{
    (void)state;
    int *x = NULL;
    CHECK_OK(sur_alloc(&x, 3, sizeof *x, NULL));
    for (int i = 0; i < 3; i++) x[i] = i + 1;
    CHECK_OK(sur_resize(&x, 1000, sizeof *x, NULL));
    CHECK_STATUS(sur_resize(&x, INT64_MAX, sizeof *x, NULL), SUR_ENOMEM);
    CHECK_STATUS(sur_resize(&x, -1, sizeof *x, NULL), SUR_ENOMEM);
    CHECK(x[0] == 1 && x[1] == 2 && x[2] == 3);
    free(x);
    CHECK_STATUS(sur_alloc(&x, INT64_MAX, 16, NULL), SUR_ENOMEM);
    CHECK(x == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_text_and_an_exit_code),
        cmocka_unit_test(numbers_are_written_in_the_shortest_form_that_reads_back),
        cmocka_unit_test(amounts_are_written_for_people),
        cmocka_unit_test(an_edit_distance_counts_swaps_once),
        cmocka_unit_test(json_strings_are_always_valid_utf8),
        cmocka_unit_test(sha256_matches_the_published_vectors),
        cmocka_unit_test(the_clock_goes_forward_and_the_machine_is_known),
        cmocka_unit_test(growing_a_block_keeps_its_bytes_and_failing_keeps_the_block),
    };
    return RUN(tests);
}
