/* svg.c -- gnuplot's SVG made fit to stand inside a page with others. */
#include "report/page.h"
#include "report/script.h"

#include <stdlib.h>
#include <string.h>

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The end of the element that begins at tag: behind its closing tag. */
static const char *behind(const char *tag, const char *closing)
{
    const char *end = strstr(tag, closing);
    return end ? end + strlen(closing) : tag + strlen(tag);
}

/* What the page must not have: the frame of a file, tooltips, scripts. NULL: keep it.
 */
static const char *skip(const char *tag)
{
    static const struct {
        const char *start, *end;
    } rows[] = {
        {"<?", ">"},          {"<!--", "-->"},          {"<!", ">"},
        {"<svg", ">"},        {"</svg", ">"},           {"<title", "</title>"},
        {"<desc", "</desc>"}, {"<script", "</script>"}, {"<filter", "</filter>"}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        if (starts(tag, rows[r].start)) return behind(tag, rows[r].end);
    return NULL;
}

/* "rgb( 59, 111, 182)" as a colour of the style sheet, where it is one of ours. Returns
 * the length of what was read, 0 if it is no such colour. */
static size_t put_colour(FILE *out, const char *text)
{
    unsigned long part[3];
    const char *at = text + strlen("rgb(");
    char *end, hex[8];
    for (int k = 0; k < 3; k++) {
        part[k] = strtoul(at, &end, 10);
        if (end == at || *end != (k < 2 ? ',' : ')') || part[k] > 255) return 0;
        at = end + 1;
    }
    snprintf(hex, sizeof hex, "#%02x%02x%02x", (unsigned)part[0] & 255,
             (unsigned)part[1] & 255, (unsigned)part[2] & 255);
    const char *name = sur_colour_name(hex);
    if (name)
        fprintf(out, "var(--%s)", name);
    else
        fputs(hex, out);
    return (size_t)(at - text);
}

/* One tag, from '<' to behind its '>'. */
static const char *put_tag(FILE *out, const char *tag, const char *prefix)
{
    static const char *const references[] = {" id=\"", " id='", "href=\"#", "href='#",
                                             "url(#"};
    char quote = '\0';
    const char *at = tag;
    while (*at) {
        const char *family = " font-family=\"";
        size_t taken = 0;
        for (size_t k = 0; k < sizeof references / sizeof *references && !taken; k++)
            if (starts(at, references[k])) {
                taken = strlen(references[k]);
                fwrite(at, 1, taken, out);
                fputs(prefix, out);
                if (strchr("'\"", at[taken - 1])) quote = at[taken - 1];
                if (at[taken - 1] == '#' && at[taken - 2] != '(') quote = at[taken - 2];
            }
        if (!taken && starts(at, family)) /* the page's own */
            taken = (size_t)(behind(at + strlen(family), "\"") - at);
        if (!taken && starts(at, "rgb(")) taken = put_colour(out, at);
        if (!taken && strchr("'\"", *at))
            quote = quote == *at ? '\0' : quote ? quote : *at;
        if (!taken) fputc(*at, out);
        at += taken ? taken : 1;
        if (at[-1] == '>' && !quote) break;
    }
    return at;
}

void sur_put_inline_svg(FILE *out, const char *svg, const char *prefix)
{
    while (*svg) {
        const char *next = *svg == '<' ? skip(svg) : NULL;
        if (next) {
            svg = next;
        } else if (*svg == '<') {
            svg = put_tag(out, svg, prefix);
        } else {
            const size_t length = strcspn(svg, "<");
            if (svg[strspn(svg, " \t\r\n")] == '<') /* blanks between tags */
                fputc('\n', out);
            else
                fwrite(svg, 1, length, out);
            svg += length;
        }
    }
}

/* ---- data in links ---- */

void sur_put_base64(FILE *out, const void *bytes, size_t size)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *b = bytes;
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const unsigned word = (unsigned)b[i] << 16 |
                              (left > 1 ? (unsigned)b[i + 1] << 8 : 0) |
                              (left > 2 ? (unsigned)b[i + 2] : 0);
        fputc(digits[word >> 18 & 63], out);
        fputc(digits[word >> 12 & 63], out);
        fputc(left > 1 ? digits[word >> 6 & 63] : '=', out);
        fputc(left > 2 ? digits[word & 63] : '=', out);
    }
}

/* Percent-encoding: numbers and commas stay as they are, a third less than base64. */
void sur_put_data_link(FILE *out, const void *bytes, size_t size)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~,:;+*()/";
    const unsigned char *b = bytes;
    fputs("data:text/csv;charset=utf-8,", out);
    for (size_t i = 0; i < size; i++)
        if (b[i] && strchr(plain, b[i]))
            fputc(b[i], out);
        else
            fprintf(out, "%%%02X", b[i]);
}
