/* Least squares on a share: one reading gives what two products give. */
#include "experiments/distribute/rows.h"
#include "support/check.h"

#include <math.h>
#include <surplus/random.h>

static void draw(double *x, sur_idx n, const char *what)
{
    sur_rng rng = sur_rng_make(1, what, (uint64_t)n);
    sur_rng_normals(&rng, x, n, 1.0);
}

/* r and g of n rows, d columns, rows of z `stride` apart. */
static void make(double *r, double *g, sur_idx n, sur_idx d, sur_idx stride)
{
    double *room = malloc((size_t)(n * stride + d + n + 1) * sizeof *room);
    CHECK(room != NULL);
    double *v = room + n * stride, *y = v + d;
    draw(room, n * stride, "z");
    draw(v, d, "v");
    draw(y, n, "y");
    for (sur_idx j = 0; j < d; j++) g[j] = NAN;
    const sur_mat z = {room, n, d, stride};
    distribute_rows(r, g, &z, v, y);
    for (sur_idx i = 0; i < n; i++) { /* the definition */
        double sum = -y[i], size = fabs(y[i]);
        for (sur_idx j = 0; j < d; j++) {
            sum += room[i * stride + j] * v[j];
            size += fabs(room[i * stride + j] * v[j]);
        }
        CHECK(fabs(r[i] - sum) <= 1e-14 * size);
    }
    for (sur_idx j = 0; j<d; j += d> 100 ? 97 : 1) {
        double sum = 0.0, size = 1e-300;
        for (sur_idx i = 0; i < n; i++) {
            sum += r[i] * room[i * stride + j];
            size += fabs(r[i] * room[i * stride + j]);
        }
        CHECK(fabs(g[j] - sum) <= 1e-14 * size);
    }
    free(room);
}

static void one_reading_gives_residuals_and_the_gradient(void **s)
{
    (void)s;
    double r[16], g[64];
    for (sur_idx n = 0; n <= 13; n++)
        for (sur_idx d = 1; d <= 40; d++) make(r, g, n, d, d + d % 3);
}

static void threads_do_not_change_a_bit(void **s)
{
    (void)s;
    enum { N = 6, D = 600001 };
    static double r[2][N], g[2][D];
    const int threads = sur_threads_get();
    for (int k = 0; k < 2; k++) {
        sur_threads_set(k ? 3 : 1);
        make(r[k], g[k], N, D, D);
    }
    sur_threads_set(threads);
    CHECK(memcmp(r[0], r[1], sizeof r[0]) == 0);
    CHECK(memcmp(g[0], g[1], sizeof g[0]) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_reading_gives_residuals_and_the_gradient),
        cmocka_unit_test(threads_do_not_change_a_bit),
    };
    return RUN(tests);
}
