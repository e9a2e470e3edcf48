/* check.h -- what cmocka lacks: checks that say what they saw, in the project's words.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <surplus/base.h>

#include "base/memory.h"

#define CHECK(cond)                                   \
    do {                                              \
        if (!(cond)) fail_msg("not true: %s", #cond); \
    } while (0)

#define CHECK_OK(call) CHECK_STATUS(call, SUR_OK)

#define CHECK_STATUS(call, expected)                                         \
    do {                                                                     \
        sur_status check_status = (call);                                    \
        if (check_status != (expected))                                      \
            fail_msg("%s: %s, not %s", #call, sur_status_text(check_status), \
                     sur_status_text(expected));                             \
    } while (0)

/* |got - want| <= atol + rtol |want|; false for NaN */
#define CHECK_NEAR(got, want, atol, rtol)                                          \
    do {                                                                           \
        double check_got = (got), check_want = (want);                             \
        double check_tol = (atol) + (rtol)*fabs(check_want);                       \
        if (!(fabs(check_got - check_want) <= check_tol))                          \
            fail_msg("%s = %.17g, not %.17g +- %.3g", #got, check_got, check_want, \
                     check_tol);                                                   \
    } while (0)

#define CHECK_TEXT(got, want)                                       \
    do {                                                            \
        const char *check_got = (got), *check_want = (want);        \
        if (!check_got || strcmp(check_got, check_want) != 0)       \
            fail_msg("%s is \"%s\", not \"%s\"", #got,              \
                     check_got ? check_got : "(null)", check_want); \
    } while (0)

/* The text contains the part. */
#define CHECK_CONTAINS(text, part)                                \
    do {                                                          \
        const char *check_text = (text);                          \
        if (!check_text || !strstr(check_text, (part)))           \
            fail_msg("%s is \"%s\", without \"%s\"", #text,       \
                     check_text ? check_text : "(null)", (part)); \
    } while (0)

/* Runs `call` (which yields a status) with the first, second, ... allocation failing,
 * until it succeeds; at least `least` allocations must have been there to fail. What
 * the call acquires must be released by `release` after the success. */
#define CHECK_EVERY_ALLOCATION(call, least, release)                              \
    do {                                                                          \
        sur_idx check_k = 0;                                                      \
        sur_status check_outcome = SUR_ENOMEM;                                    \
        for (; check_outcome == SUR_ENOMEM && check_k < 100000; check_k++) {      \
            sur_alloc_fail_after(check_k);                                        \
            check_outcome = (call);                                               \
            sur_alloc_fail_after(-1);                                             \
        }                                                                         \
        if (check_outcome != SUR_OK)                                              \
            fail_msg("%s: %s after %lld failures", #call,                         \
                     sur_status_text(check_outcome), (long long)check_k);         \
        release;                                                                  \
        if (check_k <= (least))                                                   \
            fail_msg("%s: only %lld allocations", #call, (long long)check_k - 1); \
    } while (0)

/* The folder of real data sets, or NULL after saying loudly that the test skips. */
static inline const char *check_data_folder(void)
{
    const char *folder = getenv("SURPLUS_DATA");
    char readme[4096];
    snprintf(readme, sizeof readme, "%s/README.md", folder ? folder : "");
    FILE *file = folder ? fopen(readme, "r") : NULL;
    if (file) return fclose(file), folder;
    fprintf(stderr, "\n**** SKIPPED: no real data sets here. Set SURPLUS_DATA to their "
                    "folder. ****\n\n");
    return NULL;
}

#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

#endif
