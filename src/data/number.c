/* number.c -- decimal text to double, exactly, fast.
 *
 * A number is w * 10^e with w the whole number that its digits spell. Three ways, each
 * exact (correctly rounded to the nearest double, ties to even):
 *   w <= 2^53, |e| <= 22:   w and 10^|e| are doubles; one rounding (Clinger 1990).
 *   w < 2^64, |e| <= 27:    5^|e| < 2^63; the 128-bit product or quotient of w and
 * 5^|e| is cut to 64 bits with a sticky last bit, then rounded once. all others:
 * strtod. The second way is for numbers written with 16 to 19 digits, as programs do.
 */
#include "data/number.h"

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1000 };

__extension__ typedef unsigned __int128 wide;

static const double ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                             1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                             1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const uint64_t five[] = {1,
                                5,
                                25,
                                125,
                                625,
                                3125,
                                15625,
                                78125,
                                390625,
                                1953125,
                                9765625,
                                48828125,
                                244140625,
                                1220703125,
                                6103515625,
                                30517578125,
                                152587890625,
                                762939453125,
                                3814697265625,
                                19073486328125,
                                95367431640625,
                                476837158203125,
                                2384185791015625,
                                11920928955078125,
                                59604644775390625,
                                298023223876953125,
                                1490116119384765625,
                                7450580596923828125};

/* 2^e for |e| < 1000, by its bits. */
static double power_of_two(int e)
{
    const uint64_t bits = (uint64_t)(e + 1023) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* w * 10^e for w > 0, |e| <= 27. */
static double scale_exactly(uint64_t w, int e)
{
    uint64_t q;
    int shift;
    if (e >= 0) {
        const wide product = (wide)w * five[e];
        const uint64_t high = (uint64_t)(product >> 64);
        shift = high ? 64 - __builtin_clzll(high) : 0;
        q = (uint64_t)(product >> shift);
        q |= ((wide)q << shift) != product;
    } else {
        const uint64_t d = five[-e];
        const int up = __builtin_clzll(w), down = __builtin_clzll(d);
        const wide dividend = (wide)(w << up) << 63;
        q = (uint64_t)(dividend / (d << down));
        q |= (wide)q * (d << down) != dividend;
        shift = down - up - 63;
    }
    return (double)q * power_of_two(shift + e);
}

/* strtod reads the locale's decimal point; the copy has it. */
static bool slowly(const char *text, size_t length, double *x)
{
    const char *point = localeconv()->decimal_point;
    char copy[LONGEST + 16];
    size_t n = 0;
    if (length > LONGEST) return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '.') {
            copy[n++] = text[i];
            continue;
        }
        for (const char *c = point; *c && n < sizeof copy - 1; c++) copy[n++] = *c;
    }
    copy[n] = '\0';
    *x = strtod(copy, NULL);
    return true;
}

static const char *read_exponent(const char *at, int *exponent)
{
    const char *p = at + 1;
    const bool minus = *p == '-';
    int e = 0;
    if (*p == '-' || *p == '+') p++;
    if ((unsigned)(*p - '0') >= 10) return at; /* "1e" is the number 1 and a letter */
    for (; (unsigned)(*p - '0') < 10; p++)
        if (e < 100000) e = 10 * e + (*p - '0');
    *exponent += minus ? -e : e;
    return p;
}

const char *sur_number_read(const char *text, double *x)
{
    const char *p = text;
    const bool minus = *p == '-';
    if (*p == '-' || *p == '+') p++;

    const char *first = p;
    uint64_t w = 0;
    unsigned digit;
    for (; (digit = (unsigned)(*p - '0')) < 10; p++) w = 10 * w + digit;
    ptrdiff_t digits = p - first;
    int e = 0;
    if (*p == '.') {
        const char *fraction = ++p;
        for (; (digit = (unsigned)(*p - '0')) < 10; p++) w = 10 * w + digit;
        digits += p - fraction;
        if (p - fraction > LONGEST) return NULL;
        e = -(int)(p - fraction);
    }
    if (digits == 0) return NULL;
    if ((*p | 0x20) == 'e') p = read_exponent(p, &e);

    if (digits > 19) { /* leading zeros are none of the 19 that w can hold */
        for (const char *c = first; *c == '0' || *c == '.'; c++) digits -= *c == '0';
    }
    if (digits <= 19 && w <= (uint64_t)1 << 53 && e >= -22 && e <= 22) {
        const double exact = (double)w;
        *x = e < 0 ? exact / ten[-e] : exact * ten[e];
    } else if (digits <= 19 && w && e >= -27 && e <= 27) {
        *x = scale_exactly(w, e);
    } else {
        return slowly(text, (size_t)(p - text), x) ? p : NULL;
    }
    if (minus) *x = -*x;
    return p;
}
