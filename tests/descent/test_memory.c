/* test_memory.c -- a run stays below the memory that was predicted for it. */
#include "descent/rig.h"

#include <sys/resource.h>
#include <sys/wait.h>

#ifndef __SANITIZE_ADDRESS__
static double peak(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * (double)usage.ru_maxrss;
}

typedef struct setting {
    const char *words, *widths, *ridges;
} setting;

/* In a process of its own, since a peak never falls. 0: within the prediction. */
static int run_case(const setting *s)
{
    double seconds, bytes;
    rig *r = rig_new(s->words, s->widths, s->ridges);
    CHECK_OK(sur_descent.estimate(r->list, r->count, r->input, r->size, &seconds,
                                  &bytes, NULL));
    const double before = peak();
    rig_run(r);
    const double rose = peak() - before;
    printf("predicted %.0f MB, used %.0f MB: %s\n", bytes / 1e6, rose / 1e6, s->words);
    fflush(stdout);
    rig_free(r);
    return rose <= bytes + 8e6 ? 0 : 1; /* 8 MB: the libraries' own buffers */
}

#endif

/* Each case is dominated by another term: test examples, the Gram matrix, coefficients
 * of the baseline, generated columns, training examples that pass by. */
static void the_prediction_bounds_the_peak(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    fprintf(stderr, "skipped: the sanitizer's own memory would be counted\n");
#else
    static const setting cases[] = {
        {"data=synthetic:linear dimension=5 samples=50 test_samples=100000", "20,100",
         "0:1:lin20"},
        {"data=synthetic:linear dimension=10 samples=600 test_samples=200 tune=yes",
         "600,700,inf", "0"},
        {"data=synthetic:linear dimension=10 samples=50 test_samples=500 tune=yes",
         "10,20000", "0,1"},
        {"data=synthetic:linear family=linear samples=50 test_samples=10000 tune=no",
         "50,1000", "0"},
        {"data=synthetic:events samples=100000 test_samples=1000 tune=no", "20,130",
         "0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int ended = -1;
        const pid_t child = fork();
        if (child == 0) _exit(run_case(&cases[i]));
        CHECK(child > 0 && waitpid(child, &ended, 0) == child);
        CHECK(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    }
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prediction_bounds_the_peak)};
    return RUN(tests);
}
