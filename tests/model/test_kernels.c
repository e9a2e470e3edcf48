/* What passes are made of: products, units, exponentials, in every kind of kernels. */
#include "support/network.h"

#include "model/multiply.h"
#include "model/pass.h"

static void products_of_all_shapes_agree_in_all_kinds(void **state)
{
    (void)state;
    /* of a tile's rests, of copied panels, of copied strips in pieces */
    static const sur_idx shape[][3] = {
        {1, 16, 3}, {17, 48, 40}, {31, 80, 300}, {149, 560, 300}, {13, 1040, 17}};
    enum { COUNT = 150 * 300 + 300 * 560 + 1040 + 3 * 150 * 560 };
    float *a;
    void *block;
    CHECK_OK(sur_floats_new(&a, &block, COUNT, NULL));
    sur_rng rng = sur_rng_make(1, "products", 0);
    for (int s = 0; s < 5; s++) {
        for (sur_idx i = 0; i < COUNT; i++)
            a[i] = (float)(sur_rng_u32(&rng) >> 8) * 0x1p-23F - 1.0F;
        for (int how = 0; how < 4; how++) {
            const sur_idx m = shape[s][0], n = shape[s][1], k = shape[s][2];
            float *b = a + m * k, *bias = b + k * n, *mask = bias + n,
                  *c[2] = {mask + m * n, mask + 2 * m * n};
            sur_product p = {.m = m,
                             .n = n,
                             .k = k,
                             .a = a,
                             .row = how % 2 ? 1 : k,
                             .col = how % 2 ? m : 1,
                             .b = b,
                             .ldb = n,
                             .c = c[0],
                             .ldc = n,
                             .bias = how == 0 ? bias : NULL,
                             .mask = how == 1 ? mask : NULL,
                             .relu = how == 2,
                             .add = how == 3};
            memcpy(c[1], c[0], sizeof(float) * (size_t)(m * n));
            sur_kernels_at(0)->product(&p);
            p.c = c[1];
            sur_kernels_plain.product(&p);
            for (sur_idx i = 0; i < m * n; i++)
                CHECK_NEAR((double)c[0][i], (double)c[1][i], 1e-4, 0);
        }
    }
    free(block);
}

static void units_and_exponentials_agree_with_the_library_of_mathematics(void **state)
{
    (void)state;
    for (int kind = 0; sur_kernels_at(kind); kind++) {
        const sur_kernels *k = sur_kernels_at(kind);
        for (int block = -100; block < 100; block++) {
            float x[LANES], a[LANES], slope[LANES] = {0}, delta[LANES], e[LANES];
            for (int i = 0; i < LANES; i++)
                x[i] = (float)(block + i / (double)LANES) * (block % 2 ? 0.1F : 0.003F);
            memcpy(e, x, sizeof x);
            k->exps(e, LANES);
            for (int i = 0; i < LANES; i++)
                CHECK_NEAR((double)e[i], exp((double)x[i]), 0, 4e-7);
            for (int u = 0; u < 3; u++) {
                const sur_unit unit = (sur_unit)u;
                memcpy(a, x, sizeof x);
                k->activate(a, slope, LANES, unit);
                for (int i = 0; i < LANES; i++) delta[i] = 1.0F;
                k->chain(delta, a, slope, LANES, unit);
                for (int i = 0; i < LANES; i++) {
                    const double z = (double)x[i];
                    CHECK_NEAR((double)a[i], network_unit(z, unit), 1e-9,
                               unit == SUR_UNIT_GELU && z < 0 ? 1e-2 : 1e-6);
                    CHECK_NEAR((double)a[i], network_unit(z, unit), 5e-7, 5e-7);
                    CHECK_NEAR((double)delta[i], network_slope(z, unit), 1e-6, 1e-6);
                }
            }
        }
    }
}

static void what_is_not_a_number_stays_none(void **state)
{
    (void)state;
    for (int kind = 0; sur_kernels_at(kind); kind++)
        for (int u = 0; u < 3; u++) {
            float a[LANES] = {0}, slope[LANES];
            a[3] = (float)nan("");
            sur_kernels_at(kind)->activate(a, slope, LANES, (sur_unit)u);
            CHECK(isnan((double)a[3]) && !isnan((double)a[2]));
            float in[LANES] = {0}, w[LANES] = {0}, bias[LANES] = {0}, out[LANES];
            in[0] = (float)nan("");
            sur_kernels_at(kind)->product(&(sur_product){.m = 1,
                                                         .n = LANES,
                                                         .k = 1,
                                                         .a = in,
                                                         .row = 1,
                                                         .col = 1,
                                                         .b = w,
                                                         .ldb = LANES,
                                                         .c = out,
                                                         .ldc = LANES,
                                                         .bias = bias,
                                                         .relu = true});
            CHECK(isnan((double)out[0]));
        }
}

/* c = max(0, a b + bias) or c = a' b where mask is positive, in both arithmetics. */
static void
openblas_makes_the_products_of_the_kernels_whatever_the_threads(void **state)
{
    (void)state;
    enum { M = 170, N = 1600, K = 1900, COUNT = M * K + K * N + 4 * M * N + N };
    const sur_kernels *kernels = sur_kernels_at(0);
    float *a, *c[3];
    void *block;
    CHECK_OK(sur_floats_new(&a, &block, COUNT, NULL));
    float *b = a + M * K, *bias = b + K * N, *mask = bias + N;
    for (int t = 0; t < 3; t++) c[t] = mask + (t + 1) * M * N;
    sur_rng rng = sur_rng_make(1, "products", 0);
    for (sur_idx i = 0; i < c[0] - a; i++)
        a[i] = (float)(sur_rng_u32(&rng) >> 8) * 0x1p-23F - 1.0F;
    for (int turned = 0; turned < 2; turned++) {
        sur_product p = {.m = M,
                         .n = N,
                         .k = K,
                         .a = a,
                         .row = turned ? 1 : K,
                         .col = turned ? M : 1,
                         .b = b,
                         .ldb = N,
                         .ldc = N,
                         .bias = turned ? NULL : bias,
                         .mask = turned ? mask : NULL,
                         .relu = !turned};
        for (int t = 0; t < 3; t++) {
            p.c = c[t];
            sur_multiply(kernels, &p, t == 1 ? 3 : 1, t < 2);
        }
        CHECK(sur_product_work(&p) > SUR_WIDE);
        CHECK(memcmp(c[0], c[1], sizeof(float) * M * N) == 0);
        /* sums of 1900 products of deviation 1/3: 15 and roundings of 1e-7 of that */
        for (sur_idx i = 0; i < (sur_idx)M * N; i += 7)
            CHECK_NEAR((double)c[0][i], (double)c[2][i], 1e-4, 0);
    }
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_all_shapes_agree_in_all_kinds),
        cmocka_unit_test(units_and_exponentials_agree_with_the_library_of_mathematics),
        cmocka_unit_test(what_is_not_a_number_stays_none),
        cmocka_unit_test(
            openblas_makes_the_products_of_the_kernels_whatever_the_threads),
    };
    return RUN(tests);
}
