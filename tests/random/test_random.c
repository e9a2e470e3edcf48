#include <surplus/random.h>

#include "support/check.h"
#include <Random123/philox.h>

static void philox_matches_the_known_answers(void **state)
{
    (void)state; /* Random123's kat_vectors, philox4x32 with 10 rounds */
    const philox4x32_ctr_t zero = {{0, 0, 0, 0}};
    const philox4x32_key_t none = {{0, 0}};
    const philox4x32_ctr_t a = philox4x32(zero, none);
    CHECK(a.v[0] == 0x6627e8d5 && a.v[1] == 0xe169c58d && a.v[2] == 0xbc57ac4c &&
          a.v[3] == 0x9b00dbd8);
    const philox4x32_ctr_t ones = {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}};
    const philox4x32_key_t full = {{0xffffffff, 0xffffffff}};
    const philox4x32_ctr_t b = philox4x32(ones, full);
    CHECK(b.v[0] == 0x408f276d && b.v[1] == 0x41c83b0e && b.v[2] == 0xa20bc7c6 &&
          b.v[3] == 0x6d5451fd);
}

static void a_stream_depends_on_seed_purpose_and_index_and_on_nothing_else(void **state)
{
    (void)state;
    sur_rng a = sur_rng_make(7, "split", 0), b = sur_rng_make(7, "split", 0);
    for (int i = 0; i < 100; i++) CHECK(sur_rng_u64(&a) == sur_rng_u64(&b));
    sur_rng seed = sur_rng_make(8, "split", 0), purpose = sur_rng_make(7, "spliu", 0),
            index = sur_rng_make(7, "split", 1), plain = sur_rng_make(7, "split", 0);
    const uint64_t x = sur_rng_u64(&plain);
    CHECK(x != sur_rng_u64(&seed) && x != sur_rng_u64(&purpose) &&
          x != sur_rng_u64(&index));
}

static void uniforms_and_normals_have_their_moments(void **state)
{
    (void)state;
    enum { N = 200000 };
    sur_rng rng = sur_rng_make(1, "moments", 0);
    double u1 = 0, u2 = 0, n1 = 0, n2 = 0, n4 = 0, e1 = 0;
    for (int i = 0; i < N; i++) {
        const double u = sur_rng_uniform(&rng), z = sur_rng_normal(&rng);
        CHECK(u >= 0 && u < 1);
        u1 += u, u2 += u * u, n1 += z, n2 += z * z, n4 += z * z * z * z;
        e1 += sur_rng_exponential(&rng);
    }
    /* 4 standard errors: sd of u is 1/sqrt(12), of u^2 sqrt(4/45), of z 1, of z^2
     * sqrt(2), of z^4 sqrt(96), of an exponential 1 */
    const double root = sqrt(N);
    CHECK_NEAR(u1 / N, 0.5, 4 / sqrt(12) / root, 0);
    CHECK_NEAR(u2 / N, 1.0 / 3, 4 * sqrt(4.0 / 45) / root, 0);
    CHECK_NEAR(n1 / N, 0, 4 / root, 0);
    CHECK_NEAR(n2 / N, 1, 4 * sqrt(2) / root, 0);
    CHECK_NEAR(n4 / N, 3, 4 * sqrt(96) / root, 0);
    CHECK_NEAR(e1 / N, 1, 4 / root, 0);
}

static void integers_are_even_and_permutations_are_permutations(void **state)
{
    (void)state;
    enum { N = 60000, K = 6 };
    sur_rng rng = sur_rng_make(2, "integers", 0);
    sur_idx seen[K] = {0}, order[97];
    for (int i = 0; i < N; i++) seen[sur_rng_below(&rng, K)]++;
    for (int k = 0; k < K; k++)
        CHECK_NEAR((double)seen[k], N / K, 4 * sqrt(N * (1.0 / K) * (1 - 1.0 / K)), 0);

    bool there[97] = {false};
    sur_rng_permutation(&rng, order, 97);
    for (int i = 0; i < 97; i++) there[order[i]] = true;
    for (int i = 0; i < 97; i++) CHECK(there[i]);
    CHECK(sur_rng_below(&rng, 1) == 0);
}

static void filling_equals_asking_one_by_one(void **state)
{
    (void)state;
    sur_rng a = sur_rng_make(3, "fill", 5), b = a;
    double x[7];
    sur_rng_normals(&a, x, 7, 2.0);
    for (int i = 0; i < 7; i++) CHECK(x[i] == 2.0 * sur_rng_normal(&b));
}

static void many_numbers_at_once_are_those_of_single_calls(void **state)
{
    (void)state;
    sur_rng one = sur_rng_make(3, "many", 0), all = one;
    uint32_t at_once[64];
    for (sur_idx count = 0; count < 64; count += 7) { /* from every place of a block */
        sur_rng_u32s(&all, at_once, count);
        for (sur_idx i = 0; i < count; i++) CHECK(at_once[i] == sur_rng_u32(&one));
    }
    CHECK(sur_rng_u64(&all) == sur_rng_u64(&one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_numbers_at_once_are_those_of_single_calls),
        cmocka_unit_test(philox_matches_the_known_answers),
        cmocka_unit_test(
            a_stream_depends_on_seed_purpose_and_index_and_on_nothing_else),
        cmocka_unit_test(uniforms_and_normals_have_their_moments),
        cmocka_unit_test(integers_are_even_and_permutations_are_permutations),
        cmocka_unit_test(filling_equals_asking_one_by_one),
    };
    return RUN(tests);
}
