/* text.c -- numbers and untrusted words on their way into tables, JSON, scripts and
 * HTML. */
#include "report/text.h"

#include "base/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

/* One row per character that some reader must not see as it is; NULL: it may. */
static const char *replacement(char c, sur_escape escape)
{
    static const struct {
        char c;
        const char *as[6]; /* by sur_escape */
    } rows[] = {
        {'\t', {" ", "\\t", NULL, " ", " ", " "}},
        {'\n', {" ", "\\n", NULL, " ", " ", " "}},
        {'\r', {" ", "\\r", NULL, " ", " ", " "}},
        {'\\', {NULL, "\\\\", NULL, NULL, NULL, NULL}},
        {'"', {NULL, NULL, "\"\"", "&quot;", NULL, NULL}},
        {'\'', {NULL, NULL, NULL, "&#39;", "''", "''"}},
        {'&', {NULL, NULL, NULL, "&amp;", NULL, NULL}},
        {'<', {NULL, NULL, NULL, "&lt;", NULL, NULL}},
        {'>', {NULL, NULL, NULL, "&gt;", NULL, NULL}},
        {'%', {NULL, NULL, NULL, NULL, NULL, "%%"}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        if (rows[r].c == c) return rows[r].as[escape];
    return (unsigned char)c < 0x20 || c == 0x7f ? "?" : NULL;
}

/* U+0080 to U+009F: control characters too, some of which terminals obey. */
static bool c1(const char *s) { return s[0] == '\xc2' && (unsigned char)s[1] < 0xa0; }

void sur_put_escaped(FILE *out, const char *text, sur_escape escape)
{
    if (!text) return;
    const bool quoted = escape == SUR_AS_CSV && text[strcspn(text, ",\"\r\n")];
    if (quoted) fputc('"', out);
    for (const char *s = text; *s;) {
        const int length = sur_utf8_length(s);
        const char *instead = length == 1   ? replacement(*s, escape)
                              : length == 0 ? "\xef\xbf\xbd"
                              : c1(s)       ? "?"
                                            : NULL;
        if (instead)
            fputs(instead, out);
        else
            fwrite(s, 1, (size_t)length, out);
        s += length ? length : 1;
    }
    if (quoted) fputc('"', out);
}

void sur_put_name(FILE *out, const char *name, sur_escape escape)
{
    char one[2] = {0};
    for (; *name; name++) {
        one[0] = *name == '_' ? ' ' : *name;
        sur_put_escaped(out, one, escape);
    }
}

/* ---- numbers ---- */

/* 1e+06 becomes 1e6, 1e-06 becomes 1e-6. */
static void trim_exponent(char *number)
{
    char *e = strchr(number, 'e');
    if (!e) return;
    char *to = e + 1, *from = e + 1;
    if (*from == '+') from++;
    if (*from == '-') *to++ = *from++;
    while (*from == '0' && from[1]) from++;
    memmove(to, from, strlen(from) + 1);
}

const char *sur_number_short(char *buffer, double value, int digits)
{
    const bool whole = value == floor(value) && fabs(value) < 1e7;
    if (isfinite(value))
        snprintf(buffer, SUR_NUMBER_SIZE, "%.*g", whole ? 8 : digits, value);
    else
        snprintf(buffer, SUR_NUMBER_SIZE, "%s",
                 isnan(value) ? "–"
                 : value > 0  ? "∞"
                              : "-∞");
    trim_exponent(buffer);
    return buffer;
}

/* Two significant digits of the half-width, so that no digit is shown that says
 * nothing; four of the value where the interval is a point. */
static int interval_decimals(double value, double low, double high)
{
    const double half = isfinite(high - low) ? 0.5 * (high - low)
                        : isfinite(low)      ? fabs(value - low)
                                             : fabs(high - value);
    const double unit = half > 0 ? 0.1 * half : 1e-3 * fabs(value);
    const int decimals =
        unit > 0 && isfinite(unit) ? -(int)floor(log10(unit) + 1e-9) : 0;
    return decimals < 0 ? 0 : decimals > 8 ? 8 : decimals;
}

const char *sur_number_interval(char *buffer, double value, double low, double high)
{
    if (!isfinite(value) || (isnan(low) && isnan(high)))
        return sur_number_short(buffer, value, 4);

    const double most = fmax(fabs(value), isfinite(high) ? fabs(high) : 0.0);
    const bool plain = most == 0 || (most >= 1e-4 && most < 1e7);
    const int decimals = interval_decimals(value, low, high);
    const double numbers[3] = {value, low, high};
    char text[3][SUR_NUMBER_SIZE];
    for (int i = 0; i < 3; i++)
        if (plain && isfinite(numbers[i]))
            snprintf(text[i], sizeof text[i], "%.*f", decimals, numbers[i]);
        else
            sur_number_short(text[i], numbers[i], 4);
    snprintf(buffer, SUR_INTERVAL_SIZE, "%s [%s, %s]", text[0], text[1], text[2]);
    return buffer;
}
