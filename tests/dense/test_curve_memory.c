/* The memory a curve takes stays below what sur_curve_memory says. The test is a
 * program of its own: the peak of a process never falls. */
#include "dense/mats.h"

#include <sys/resource.h>

static double peak(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * (double)usage.ru_maxrss;
}

static sur_status look(void *payload, sur_idx point, const sur_mat *b,
                       const sur_curve_fit *fit, sur_error *err)
{
    (void)payload, (void)point, (void)b, (void)fit, (void)err;
    return SUR_OK;
}

/* Made on demand, so that the design itself takes no memory here. */
typedef struct recipe {
    sur_idx rows;
    double decay;
} recipe;

static sur_status fill(void *payload, sur_idx first, sur_mat *out, sur_error *err)
{
    const recipe *r = payload;
    (void)err;
    for (sur_idx j = 0; j < out->cols; j++) {
        sur_rng rng = sur_rng_make(3, "column", (uint64_t)(first + j));
        for (sur_idx i = 0; i < r->rows; i++)
            sur_mat_row(out, i)[j] = (sur_rng_uniform(&rng) - 0.5) *
                                     exp(-r->decay * (double)i / (double)r->rows);
    }
    return SUR_OK;
}

static void check(sur_idx rows, sur_idx widest, sur_idx outputs, double decay)
{
    recipe r = {rows, decay};
    sur_mat y = random_mat(rows, outputs, 4);
    const sur_columns columns = {rows, widest, fill, &r};
    const sur_curve_point points[] = {{.width = rows / 2},
                                      {.width = rows / 2, .ridge = 1.0},
                                      {.width = widest},
                                      {.width = widest, .ridge = 1.0}};
    const double before = peak();
    CHECK_OK(sur_curve_solve(&columns, &y, NULL, points, 4, look, NULL, NULL));
    const double taken = peak() - before,
                 said = sur_curve_memory(rows, outputs, widest);
    if (taken > said) fail_msg("%g bytes taken, %g said", taken, said);
    if (taken < said / 6.0) fail_msg("only %g bytes taken, %g said", taken, said);
    sur_mat_free(&y);
}

static void a_curve_takes_no_more_memory_than_it_says(void **state)
{
    (void)state;
    /* BLAS takes its own buffers once */
    sur_mat a = random_mat(200, 200, 1), b = zeros(200, 200);
    sur_mat_multiply(&b, 1.0, &a, SUR_PLAIN, &a, SUR_PLAIN, 0.0);
    sur_mat_free(&a), sur_mat_free(&b);
    check(200, 2000, 1, 0.0);
    check(200, 6000, 2, 60.0); /* so ill conditioned that every way is tried */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curve_takes_no_more_memory_than_it_says)};
    return RUN(tests);
}
