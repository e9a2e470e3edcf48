/* text.c -- growing text and numbers for people and for JSON. */
#include "base/text.h"

#include "base/memory.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sur_text_free(sur_text *text)
{
    free(text->at);
    *text = (sur_text){0};
}

static sur_status reserve(sur_text *text, sur_idx more, sur_error *err)
{
    const sur_idx need = text->length + more + 1;
    if (need <= text->capacity) return SUR_OK;
    const sur_idx capacity = need < 64 ? 64 : need + need / 2;
    const sur_status status = sur_resize(&text->at, capacity, 1, err);
    if (status == SUR_OK) text->capacity = capacity;
    return status;
}

sur_status sur_text_bytes(sur_text *text, const void *more, sur_idx count,
                          sur_error *err)
{
    const sur_status status = reserve(text, count, err);
    if (status != SUR_OK) return status;
    memcpy(text->at + text->length, more, (size_t)count);
    text->length += count;
    text->at[text->length] = '\0';
    return SUR_OK;
}

sur_status sur_text_add(sur_text *text, const char *more, sur_error *err)
{
    return sur_text_bytes(text, more, (sur_idx)strlen(more), err);
}

sur_status sur_text_format(sur_text *text, sur_error *err, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    sur_status status = length < 0 ? sur_fail(err, SUR_EINVAL, "bad format")
                                   : reserve(text, length, err);
    if (status == SUR_OK) {
        vsnprintf(text->at + text->length, (size_t)length + 1, fmt, again);
        text->length += length;
    }
    va_end(again);
    return status;
}

int sur_utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80) return 1;
    const int n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
    for (int i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (s[0] == 0xe0 && s[1] < 0xa0) return 0;
    if (s[0] == 0xed && s[1] > 0x9f) return 0;
    if (s[0] == 0xf0 && s[1] < 0x90) return 0;
    if (s[0] == 0xf4 && s[1] > 0x8f) return 0;
    return n;
}

sur_status sur_text_json(sur_text *text, const char *string, sur_error *err)
{
    if (!string) return sur_text_add(text, "null", err);
    sur_status status = sur_text_add(text, "\"", err);
    for (const char *s = string; *s && status == SUR_OK;) {
        const int n = sur_utf8_length(s);
        if (n == 0)
            status = sur_text_add(text, "\xef\xbf\xbd", err);
        else if (*s == '"' || *s == '\\')
            status = sur_text_format(text, err, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            status = sur_text_format(text, err, "\\u%04x", *s);
        else
            status = sur_text_bytes(text, s, n, err);
        s += n ? n : 1;
    }
    return status == SUR_OK ? sur_text_add(text, "\"", err) : status;
}

char *sur_number_text(double x, char *buffer)
{
    if (isnan(x)) return strcpy(buffer, "nan");
    if (isinf(x)) return strcpy(buffer, x > 0 ? "inf" : "-inf");
    char one[32]; /* 5e-324 has 15 digits too, but needs one */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, 32, "%.*g", digits, x);
        if (strtod(buffer, NULL) == x) break;
    }
    snprintf(one, sizeof one, "%.0e", x);
    const bool power = strchr(buffer, 'e') && strtod(one, NULL) == x;
    return power ? strcpy(buffer, one) : buffer; /* 1000 stays 1000, not 1e+03 */
}

sur_status sur_text_number(sur_text *text, double x, sur_error *err)
{
    char buffer[32];
    return sur_text_add(text, isfinite(x) ? sur_number_text(x, buffer) : "null", err);
}

char *sur_bytes_text(double bytes, char *buffer)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    for (; bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        bytes /= 1000;
    snprintf(buffer, 32, bytes < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes,
             units[unit]);
    return buffer;
}

char *sur_seconds_text(double seconds, char *buffer)
{
    if (!(seconds < 1e9))
        snprintf(buffer, 32, "?");
    else if (seconds < 0.0995)
        snprintf(buffer, 32, "%.0f ms", 1000 * seconds);
    else if (seconds < 9.95)
        snprintf(buffer, 32, "%.1f s", seconds);
    else if (seconds < 119.5)
        snprintf(buffer, 32, "%.0f s", seconds);
    else if (seconds < 3570)
        snprintf(buffer, 32, "%.0f min", seconds / 60);
    else if (seconds < 172800)
        snprintf(buffer, 32, "%d h %d min", (int)(seconds / 3600),
                 (int)(seconds / 60) % 60);
    else
        snprintf(buffer, 32, "%.0f days", seconds / 86400);
    return buffer;
}

static char plain(char c) { return c == '-' ? '_' : c; }

int sur_edit_distance(const char *a, const char *b)
{
    enum { MOST = 63 };
    int before[MOST + 1], last[MOST + 1], now[MOST + 1];
    const int na = (int)strnlen(a, MOST + 1), nb = (int)strnlen(b, MOST + 1);
    if (na > MOST || nb > MOST) return MOST;
    for (int j = 0; j <= nb; j++) last[j] = before[j] = j;
    for (int i = 1; i <= na; i++) {
        now[0] = i;
        for (int j = 1; j <= nb; j++) {
            const bool same = plain(a[i - 1]) == plain(b[j - 1]);
            int best = last[j - 1] + !same;
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) &&
                plain(a[i - 2]) == plain(b[j - 1]) && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        memcpy(before, last, sizeof before);
        memcpy(last, now, sizeof last);
    }
    return last[nb];
}

const char *sur_nearest(const char *wrong, const char *const *names, sur_idx count)
{
    const char *best = NULL;
    int least = (int)strnlen(wrong, 60) / 3;
    if (least < 1) least = 1;
    for (sur_idx i = 0; i < count; i++) {
        const int distance = sur_edit_distance(wrong, names[i]);
        if (distance < least || (distance == least && !best)) {
            best = names[i];
            least = distance;
        }
    }
    return best;
}
