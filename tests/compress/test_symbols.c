/* Whole numbers as bits: back to the same numbers, in about as many bits as their law
 * needs. */
#include "compress/symbols.h"

#include <surplus/random.h>

#include "compress/coder.h"
#include "compress/shape.h"
#include "compress/states.h"
#include "support/check.h"

enum { MOST = 4000 };

static const sur_alphabet free_signed = {0, SUR_SIGNED},
                          free_unsigned = {0, SUR_UNSIGNED};

/* Bits of the message that gives q back. */
static sur_idx there_and_back(const int32_t *q, sur_idx n, sur_alphabet a,
                              sur_code code)
{
    static int32_t got[MOST];
    sur_message m;
    CHECK(n <= MOST);
    CHECK_OK(sur_message_new(&m, 0, NULL));
    CHECK_OK(sur_symbols_put(&m, q, n, a, code, NULL));
    CHECK(m.bits <= sur_symbols_most(n, a, code));
    sur_reader r = sur_reader_make(m.bytes, m.bits);
    sur_symbols_get(got, n, a, code, &r);
    CHECK_OK(sur_reader_end(&r, NULL));
    CHECK(n == 0 || memcmp(got, q, (size_t)n * sizeof *q) == 0);
    const sur_idx bits = m.bits;
    sur_message_free(&m);
    return bits;
}

/* Of the numbers seen, in bits for all of them. */
static double entropy(const int32_t *q, sur_idx n)
{
    double sum = 0.0;
    for (sur_idx i = 0; i < n; i++) {
        int equal = 0;
        for (sur_idx j = 0; j < n; j++) equal += q[j] == q[i];
        sum += log2((double)n / equal);
    }
    return sum;
}

static void laws(int32_t *q, sur_idx n, int law, double scale, uint64_t seed)
{
    sur_rng rng = sur_rng_make(seed, "symbols", (uint64_t)law);
    for (sur_idx i = 0; i < n; i++) {
        const double z = sur_rng_normal(&rng), e = sur_rng_exponential(&rng);
        q[i] = (int32_t)rint(law == 0 ? scale * z : scale * (z < 0.0 ? -e : e));
    }
}

static void gaussian_and_laplace_numbers_take_little_more_than_their_entropy(void **s)
{
    (void)s;
    /* at most 2 % + 20 bits more than the entropy of the numbers that were drawn, which
     * is itself below that of the law; averaged over 20 draws */
    static int32_t q[MOST];
    for (int law = 0; law < 2; law++)
        for (double scale = 0.2; scale < 9.0; scale *= 1.37) {
            double taken = 0.0, needed = 0.0;
            for (uint64_t seed = 0; seed < 20; seed++) {
                laws(q, 1000, law, scale, seed);
                taken += (double)there_and_back(q, 1000, free_signed, SUR_CODE_RANGE);
                needed += entropy(q, 1000);
            }
            if (!(taken <= 1.02 * needed + 20.0 * 20.0))
                fail_msg("law %d, scale %g: %g bits, not %g", law, scale, taken / 20,
                         needed / 20);
        }
}

static void short_messages_pay_no_price_for_learning(void **s)
{
    (void)s;
    /* 60 numbers of sigma 5: the law's entropy is log2(5 sqrt(2 pi e)) each; over 100
     * draws the mean is below 1.01 of it and 13 bits (2 + 7 of head, 2 + at most 2 of
     * the coder) */
    static int32_t q[MOST];
    double taken = 0.0;
    const double law =
        60.0 * (log2(5.0) + 0.5 * log2(2.0 * 3.141592653589793 * exp(1)));
    for (uint64_t seed = 0; seed < 100; seed++) {
        laws(q, 60, 0, 5.0, seed);
        taken += (double)there_and_back(q, 60, free_signed, SUR_CODE_RANGE) / 100.0;
    }
    if (!(taken < 1.01 * law + 13.0)) fail_msg("%g bits, not %g", taken, law);
}

static void wide_numbers_take_their_width(void **s)
{
    (void)s;
    /* sigma from 50 to 2e7: within 0.05 bits a number of the law's entropy */
    static int32_t q[MOST];
    for (double scale = 50.0; scale < 3e7; scale *= 13.0) {
        laws(q, MOST, 0, scale, 1);
        const double bits =
            (double)there_and_back(q, MOST, free_signed, SUR_CODE_RANGE) / MOST;
        CHECK_NEAR(bits, log2(scale) + 2.047, 0.05, 0.0);
    }
}

static void any_numbers_come_back(void **s)
{
    (void)s;
    static int32_t q[MOST];
    const sur_code codes[] = {SUR_CODE_RANGE, SUR_CODE_FIXED};
    for (int c = 0; c < 2; c++)
        for (int width = 0; width <= 31; width++)
            for (int sign = 0; sign < 2; sign++)
                for (sur_idx n = 0; n <= 90; n = 3 * n + 1) {
                    const sur_alphabet a = {width, sign ? SUR_UNSIGNED : SUR_SIGNED};
                    sur_rng rng = sur_rng_make(7, "any", (uint64_t)(width * 100 + n));
                    if (width == 1 && !sign) continue; /* only 0 */
                    const int top = width ? width : 30;
                    const int64_t end = INT64_C(1)
                                        << (sign && width ? top : top - (width > 0));
                    for (sur_idx i = 0; i < n; i++) { /* all sizes, and the largest */
                        const int64_t k = i == n / 2 ? end - 1
                                                     : sur_rng_below(&rng, end) >>
                                                           sur_rng_below(&rng, top);
                        q[i] = (int32_t)(!sign && i % 2 ? -k : k);
                    }
                    there_and_back(q, n, a, codes[c]);
                }
}

static void equal_numbers_cost_next_to_nothing(void **s)
{
    (void)s;
    static int32_t q[MOST];
    for (int i = 0; i < MOST; i++) q[i] = 0;
    CHECK(there_and_back(q, MOST, free_signed, SUR_CODE_RANGE) < 40);
    for (int i = 0; i < MOST; i++) q[i] = 5;
    CHECK(there_and_back(q, MOST, free_unsigned, SUR_CODE_RANGE) < MOST / 8);
}

static void the_fixed_code_is_the_fallback_of_the_shortest(void **s)
{
    (void)s;
    /* uniform numbers have no shorter code than their width */
    static int32_t q[MOST];
    sur_rng rng = sur_rng_make(3, "uniform", 0);
    for (int i = 0; i < MOST; i++) q[i] = (int32_t)sur_rng_below(&rng, 255) - 127;
    CHECK(there_and_back(q, MOST, (sur_alphabet){8, SUR_SIGNED}, SUR_CODE_RANGE) <=
          2 + 8 * MOST);
    CHECK(there_and_back(q, 3, (sur_alphabet){8, SUR_SIGNED}, SUR_CODE_RANGE) ==
          2 + 8 * 3);
    CHECK(there_and_back(q, MOST, (sur_alphabet){8, SUR_SIGNED}, SUR_CODE_FIXED) ==
          8 * MOST);
}

static void the_parts_of_a_shape_fill_the_whole(void **s)
{
    (void)s;
    for (int law = 0; law < 2; law++)
        for (int scale = 0; scale < SUR_SHAPE_SCALES; scale++) {
            int low;
            const sur_shape *shape = sur_shape_of(law ? SUR_LAW_LAPLACE : SUR_LAW_GAUSS,
                                                  scale, scale % 2, &low);
            uint32_t end = 0;
            CHECK(shape->last >= 1 && shape->last <= SUR_SHAPE_MOST);
            for (int k = 0; k <= shape->last; k++) {
                const sur_shape_part *p = &shape->part[k];
                CHECK(p->first == end && p->size > 0);
                end += p->size;
                CHECK(shape->at[p->first] == k && shape->at[end - 1] == k);
            }
            CHECK(end == SUR_SHAPE_WHOLE);
        }
}

static void a_stream_has_the_bits_of_its_chances(void **s)
{
    (void)s;
    /* a coder of decisions with known chances: the bits are -log2 of their product, to
     * 2 bits of ending and 2 of rounding */
    sur_message m;
    sur_rng rng = sur_rng_make(1, "coder", 0);
    double needed = 0.0;
    CHECK_OK(sur_message_new(&m, 1 << 16, NULL));
    sur_encoder e = sur_encoder_make(&m);
    for (int i = 0; i < 3000; i++) {
        const uint32_t cut = 1 + (uint32_t)sur_rng_below(&rng, 65535);
        const bool low = sur_rng_below(&rng, 65536) < (sur_idx)cut;
        sur_encoder_part(&e, low ? 0 : cut, low ? cut : SUR_CODER_WHOLE);
        needed -= log2((low ? cut : SUR_CODER_WHOLE - cut) / 65536.0);
    }
    sur_encoder_end(&e);
    CHECK_NEAR((double)m.bits, needed + 2.0, 2.0, 0.0);

    sur_reader r = sur_reader_make(m.bytes, m.bits);
    sur_decoder d = sur_decoder_make(&r);
    rng = sur_rng_make(1, "coder", 0);
    for (int i = 0; i < 3000; i++) {
        const uint32_t cut = 1 + (uint32_t)sur_rng_below(&rng, 65535);
        const bool low = sur_rng_below(&rng, 65536) < (sur_idx)cut;
        CHECK((sur_decoder_place(&d) < cut) == low);
        sur_decoder_part(&d, low ? 0 : cut, low ? cut : SUR_CODER_WHOLE);
    }
    sur_decoder_end(&d);
    CHECK_OK(sur_reader_end(&r, NULL));
    sur_message_free(&m);
}

/* Draws of a shape's own law. */
static void draw_kept(int32_t *kept, sur_idx n, const sur_shape *shape, uint64_t seed)
{
    sur_rng rng = sur_rng_make(seed, "kept", 0);
    for (sur_idx i = 0; i < n; i++)
        kept[i] = shape->at[sur_rng_below(&rng, SUR_SHAPE_WHOLE)];
}

static void states_that_take_turns_give_the_bits_of_the_chances(void **s)
{
    (void)s;
    /* what comes out went in, the states end where they began, and all bits together
     * are -log2 of the chances: to half a bit of each state and 0.005 a number */
    enum { N = 3001 };
    static int32_t kept[N], got[N];
    static uint8_t room[2 * N + 64];
    for (int count = 2; count <= 4; count += 2)
        for (int scale = 0; scale < SUR_SHAPE_SCALES; scale += 5) {
            int low;
            const sur_shape *shape = sur_shape_of(
                scale % 2 ? SUR_LAW_LAPLACE : SUR_LAW_GAUSS, scale, true, &low);
            const sur_idx n = scale % 3 ? N - scale : N, room_bits = sur_states_room(n);
            uint16_t state[SUR_STATES_MOST] = {1, 65535, 77, 4096},
                     ends[SUR_STATES_MOST];
            double needed = 0.0;
            draw_kept(kept, n, shape, (uint64_t)scale);
            for (sur_idx i = 0; i < n; i++)
                needed += SUR_SHAPE_BITS - log2(shape->part[kept[i]].size);
            memcpy(ends, state, sizeof ends);
            const sur_idx bits =
                sur_states_put(room + room_bits, ends, count, kept, n, shape);
            CHECK(bits <= 8 * room_bits - 64);
            if (!(fabs((double)bits - needed) <= count + 0.005 * (double)n))
                fail_msg("scale %d: %lld bits, not %g", scale, (long long)bits, needed);
            sur_reader r = sur_reader_make(room, 8 * room_bits);
            r.at = 8 * room_bits - bits;
            sur_states_get(got, ends, count, n, shape, &r);
            CHECK(!r.bad && r.at == r.bits);
            CHECK(memcmp(got, kept, (size_t)n * sizeof *got) == 0);
            CHECK(memcmp(ends, state, (size_t)count * sizeof *ends) == 0);
        }
}

static void what_put_would_not_write_is_not_read(void **s)
{
    (void)s;
    /* cut short, or with any bit changed: never a number beyond the alphabet, and the
     * end of the message is not passed by */
    static int32_t q[MOST], got[MOST];
    const sur_alphabet a = {5, SUR_SIGNED};
    const sur_idx sizes[] = {40, 105, 700};
    int noticed = 0, changed = 0;
    for (int k = 0; k < 3; k++) {
        sur_message m;
        laws(q, sizes[k], 0, 3.0, 9);
        for (sur_idx i = 0; i < sizes[k]; i++)
            q[i] = q[i] > 15 ? 15 : q[i] < -15 ? -15 : q[i];
        CHECK_OK(sur_message_new(&m, 0, NULL));
        CHECK_OK(sur_symbols_put(&m, q, sizes[k], a, SUR_CODE_RANGE, NULL));
        for (sur_idx bits = 0; bits < m.bits; bits += 1 + bits / 16) {
            sur_reader r = sur_reader_make(m.bytes, bits);
            sur_symbols_get(got, sizes[k], a, SUR_CODE_RANGE, &r);
            CHECK(r.bad && r.at <= r.bits);
        }
        for (sur_idx bit = 0; bit < m.bits; bit++, changed++) {
            m.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            sur_reader r = sur_reader_make(m.bytes, m.bits);
            sur_symbols_get(got, sizes[k], a, SUR_CODE_RANGE, &r);
            const bool whole = sur_reader_end(&r, NULL) == SUR_OK;
            for (sur_idx i = 0; whole && i < sizes[k]; i++)
                CHECK(got[i] >= -15 && got[i] <= 15);
            noticed += !whole;
            m.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        sur_message_free(&m);
    }
    CHECK(noticed > changed / 2);
}

static void bits_come_back_from_any_place(void **s)
{
    (void)s;
    sur_message m;
    sur_rng rng = sur_rng_make(2, "bits", 0);
    CHECK_OK(sur_message_new(&m, 0, NULL));
    for (int pass = 0; pass < 2; pass++) { /* the second over what the first left */
        sur_rng again = rng;
        sur_message_clear(&m);
        for (int i = 0; i < 500; i++) {
            const int width = (int)sur_rng_below(&rng, 65);
            CHECK_OK(sur_message_reserve(&m, width, NULL));
            sur_message_put(&m, sur_rng_u64(&rng), width);
        }
        sur_reader r = sur_reader_make(m.bytes, m.bits);
        for (int i = 0; i < 500; i++) {
            const int width = (int)sur_rng_below(&again, 65);
            const uint64_t mask = width < 64 ? (UINT64_C(1) << width) - 1 : UINT64_MAX;
            CHECK(sur_reader_take(&r, width) == (sur_rng_u64(&again) & mask));
        }
        CHECK_OK(sur_reader_end(&r, NULL));
        CHECK(sur_reader_take(&r, 1) == 0 && r.bad);
        CHECK_STATUS(sur_reader_end(&r, NULL), SUR_EPARSE);
    }
    sur_reader part = sur_reader_make(m.bytes, m.bits);
    sur_reader_take(&part, 5);
    CHECK_STATUS(sur_reader_end(&part, NULL), SUR_EPARSE);
    const uint8_t untidy = 0x1f;
    sur_reader r = sur_reader_make(&untidy, 4);
    CHECK(sur_reader_take(&r, 4) == 15);
    CHECK_STATUS(sur_reader_end(&r, NULL), SUR_EPARSE);
    sur_message_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            gaussian_and_laplace_numbers_take_little_more_than_their_entropy),
        cmocka_unit_test(short_messages_pay_no_price_for_learning),
        cmocka_unit_test(wide_numbers_take_their_width),
        cmocka_unit_test(any_numbers_come_back),
        cmocka_unit_test(equal_numbers_cost_next_to_nothing),
        cmocka_unit_test(the_fixed_code_is_the_fallback_of_the_shortest),
        cmocka_unit_test(the_parts_of_a_shape_fill_the_whole),
        cmocka_unit_test(a_stream_has_the_bits_of_its_chances),
        cmocka_unit_test(states_that_take_turns_give_the_bits_of_the_chances),
        cmocka_unit_test(what_put_would_not_write_is_not_read),
        cmocka_unit_test(bits_come_back_from_any_place),
    };
    return RUN(tests);
}
