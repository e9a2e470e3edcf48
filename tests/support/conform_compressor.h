/* conform_compressor.h -- the laws that every compressor obeys, whatever it does.
 *
 * conform_compressor(name, options, n) speaks over one link for some rounds about
 * vectors of every sort and checks, in each: both ends understand the same numbers, to
 * the bit; a message is a function of compressor, memory and vector; its bits are
 * counted and no more than promised; damaged ones are refused with the memory as
 * before; and every allocation may fail. */
#ifndef TEST_CONFORM_COMPRESSOR_H
#define TEST_CONFORM_COMPRESSOR_H

#include <surplus/compress.h>
#include <surplus/random.h>

#include "support/check.h"

typedef struct link_ends {
    sur_compressor c;
    double *sender, *receiver; /* memory */
    double *x, *q, *got;       /* [n] */
    sur_message m;
} link_ends;

static inline link_ends link_open(const char *name, sur_compressor_options options,
                                  sur_idx n)
{
    link_ends l = {0};
    CHECK_OK(sur_compressor_make(&l.c, name, n, &options, NULL));
    CHECK_TEXT(sur_compressor_name(&l.c), name);
    CHECK_OK(sur_alloc(&l.sender, l.c.sender, sizeof(double), NULL));
    CHECK_OK(sur_alloc(&l.receiver, l.c.receiver, sizeof(double), NULL));
    CHECK_OK(sur_alloc(&l.x, n, sizeof(double), NULL));
    CHECK_OK(sur_alloc(&l.q, n, sizeof(double), NULL));
    CHECK_OK(sur_alloc(&l.got, n, sizeof(double), NULL));
    CHECK_OK(sur_message_new(&l.m, 0, NULL));
    return l;
}

static inline void link_close(link_ends *l)
{
    free(l->sender);
    free(l->receiver);
    free(l->x);
    free(l->q);
    free(l->got);
    sur_message_free(&l->m);
}

static inline bool same_bits(const double *a, const double *b, sur_idx n)
{
    return n == 0 || memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* A step that suits x: its largest number is 64 of them, or fewer. */
static inline void suit(link_ends *l)
{
    double most = 0.0;
    for (sur_idx i = 0; i < l->c.count; i++) most = fmax(most, fabs(l->x[i]));
    const double step = most > 0.0 ? floor(4.0 * log2(most)) - 24.0 : 0.0;
    l->c.options.step = (int)fmax(-500.0, fmin(500.0, step));
}

/* Says l->x; what the other end has is in l->got. Returns the bits it took. */
static inline sur_idx link_say(link_ends *l)
{
    sur_message_clear(&l->m);
    CHECK_OK(sur_compress(&l->m, l->q, &l->c, l->sender, l->x, NULL));
    sur_reader r = sur_reader_make(l->m.bytes, l->m.bits);
    CHECK_OK(sur_decompress(l->got, &l->c, l->receiver, &r, NULL));
    CHECK_OK(sur_reader_end(&r, NULL));
    CHECK(same_bits(l->q, l->got, l->c.count));
    return l->m.bits;
}

/* Vectors of every sort; sort 0 .. 7. */
enum { SORTS = 8 };
static inline void fill(double *x, sur_idx n, int sort, uint64_t seed)
{
    sur_rng rng = sur_rng_make(seed, "vector", (uint64_t)sort);
    for (sur_idx i = 0; i < n; i++) {
        const double z = sur_rng_normal(&rng);
        const double sorts[SORTS] = {z,
                                     0.0,
                                     i % 37 == 5 ? 1e4 * z : 1e-3 * z,
                                     -3.0,
                                     1e-70 * z,
                                     1e25 * z,
                                     exp(3.0 * z) * (i % 2 ? 1.0 : -1.0),
                                     i == n - 1 ? 1.0 : 0.0};
        x[i] = sorts[sort];
    }
}

/* The same message again, from a copy of the memory and behind other bits, with more
 * bits behind it. */
static inline void says_the_same_anywhere(const link_ends *l, const double *before)
{
    double *memory, *q;
    sur_message m;
    CHECK_OK(sur_alloc(&memory, l->c.sender, sizeof *memory, NULL));
    CHECK_OK(sur_alloc(&q, l->c.count, sizeof *q, NULL));
    CHECK_OK(sur_message_new(&m, 3, NULL));
    if (l->c.sender) memcpy(memory, before, (size_t)l->c.sender * sizeof *memory);
    sur_message_put(&m, 5, 3);
    CHECK_OK(sur_compress(&m, q, &l->c, memory, l->x, NULL));
    CHECK(m.bits == 3 + l->m.bits && same_bits(memory, l->sender, l->c.sender));
    CHECK_OK(sur_message_reserve(&m, 40, NULL));
    sur_message_put(&m, UINT64_C(0xffffffffff), 40);

    sur_reader r = sur_reader_make(m.bytes, m.bits),
               alone = sur_reader_make(l->m.bytes, l->m.bits);
    CHECK(sur_reader_take(&r, 3) == 5);
    while (alone.at < alone.bits)
        CHECK(sur_reader_take(&r, 1) == sur_reader_take(&alone, 1));
    CHECK(sur_reader_take(&r, 40) == UINT64_C(0xffffffffff));
    CHECK_OK(sur_reader_end(&r, NULL));
    free(memory);
    free(q);
    sur_message_free(&m);
}

/* Cut short or with bits turned over: refused, with the memory as before, or understood
 * as some other finite vector; cut short and FIXED: refused. */
static inline void bears_damage(link_ends *l)
{
    const sur_idx n = l->c.count, bits = l->m.bits, stride = bits / 41 + 1;
    double *memory, *q;
    uint8_t *bytes;
    CHECK_OK(sur_alloc(&memory, l->c.receiver, sizeof *memory, NULL));
    CHECK_OK(sur_alloc(&q, n, sizeof *q, NULL));
    CHECK_OK(sur_alloc(&bytes, bits / 8 + 1, 1, NULL));
    for (sur_idx k = 0; k < bits; k += stride)
        for (int cut = 0; cut < 2; cut++) {
            sur_error err = {0};
            memcpy(bytes, l->m.bytes, (size_t)((bits + 7) / 8));
            if (l->c.receiver)
                memcpy(memory, l->receiver, (size_t)l->c.receiver * sizeof *memory);
            if (!cut) bytes[k / 8] ^= (uint8_t)(1U << (k % 8));
            sur_reader r = sur_reader_make(bytes, cut ? k : bits);
            const sur_status status = sur_decompress(q, &l->c, memory, &r, &err);
            if (status == SUR_OK) {
                CHECK(!cut || l->c.options.code == SUR_CODE_RANGE);
                for (sur_idx i = 0; i < n; i++) CHECK(isfinite(q[i]));
            } else {
                CHECK(status == SUR_EPARSE);
                CHECK_CONTAINS(err.message,
                               l->c.kind ? sur_compressor_name(&l->c) : "");
                CHECK(same_bits(memory, l->receiver, l->c.receiver));
            }
        }
    free(memory);
    free(q);
    free(bytes);
}

static inline void refuses_what_is_not_finite(link_ends *l)
{
    const sur_idx n = l->c.count, bits = l->m.bits;
    double *before;
    CHECK_OK(sur_alloc(&before, l->c.sender, sizeof *before, NULL));
    if (l->c.sender) memcpy(before, l->sender, (size_t)l->c.sender * sizeof *before);
    /* powersgd may put off what is merely too large */
    const double bad[] = {nan(""), HUGE_VAL, -HUGE_VAL, 1e300};
    const int kinds = strcmp(sur_compressor_name(&l->c), "powersgd") == 0 ? 3 : 4;
    for (int k = 0; k < kinds && n > 0; k++) {
        const double kept = l->x[n / 2];
        l->x[n / 2] = bad[k];
        CHECK_STATUS(sur_compress(&l->m, NULL, &l->c, l->sender, l->x, NULL),
                     SUR_ENUMERIC);
        l->x[n / 2] = kept;
        CHECK(l->m.bits == bits && same_bits(before, l->sender, l->c.sender));
    }
    free(before);
}

static inline sur_status say_and_hear(const link_ends *from)
{
    link_ends l = *from; /* memory starts from zero each time */
    sur_status status = sur_message_new(&l.m, 0, NULL);
    if (l.c.sender) memset(l.sender, 0, (size_t)l.c.sender * sizeof(double));
    if (l.c.receiver) memset(l.receiver, 0, (size_t)l.c.receiver * sizeof(double));
    if (status == SUR_OK) status = sur_compress(&l.m, l.q, &l.c, l.sender, l.x, NULL);
    sur_reader r = sur_reader_make(l.m.bytes, l.m.bits);
    if (status == SUR_OK) status = sur_decompress(l.got, &l.c, l.receiver, &r, NULL);
    sur_message_free(&l.m);
    return status;
}

static inline void conform_compressor(const char *name, sur_compressor_options options,
                                      sur_idx n)
{
    for (int sort = 0; sort < SORTS; sort++) {
        link_ends l = link_open(name, options, n);
        double *before;
        CHECK_OK(sur_alloc(&before, l.c.sender, sizeof *before, NULL));
        for (uint64_t round = 0; round < 4; round++) {
            if (l.c.sender)
                memcpy(before, l.sender, (size_t)l.c.sender * sizeof *before);
            fill(l.x, n, sort, round / 2);
            suit(&l);
            const sur_idx bits = link_say(&l), most = sur_compressor_most_bits(&l.c);
            CHECK(bits <= most);
            if (l.c.options.code == SUR_CODE_FIXED) CHECK(bits == most);
            says_the_same_anywhere(&l, before);
        }
        bears_damage(&l);
        refuses_what_is_not_finite(&l);
        CHECK_EVERY_ALLOCATION(say_and_hear(&l), 2, (void)0);
        free(before);
        link_close(&l);
    }
}

#endif
