/* read_libsvm.c -- sparse rows as text, "target number:value ...", as libsvm, liblinear
 * and svmlight read them.
 *
 * Rows are gathered as they are in the file (the first number that is not 0 of each,
 * and so on) and laid out densely at the end, block by block where somebody takes them,
 * as bytes or floats where these hold every value. Numbers count from 1, or from 0 if a
 * 0 occurs. */
#include "data/block.h"
#include "data/csv.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/number.h"
#include "data/sparse.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct sparse {
    sur_csv text;
    sur_sparse *to;
    sur_idx row_room, room;
    int32_t low, high;  /* least and greatest index */
    bool bytes, floats; /* whether these hold every value */
} sparse;

/* ---- is it libsvm? ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }
static bool is_end(char c) { return c == '\n' || c == '\r' || c == '\0'; }

/* Looks at one line; *pairs counts those found. Returns its end, NULL if it is not of
 * this format. text ends in a zero byte. */
static const char *look_at_line(const char *text, int *pairs)
{
    double x;
    const char *p = sur_number_read(text, &x);
    if (!p || !(is_blank(*p) || is_end(*p))) return NULL;
    for (;;) {
        while (is_blank(*p)) p++;
        if (is_end(*p) || *p == '#') return p + strcspn(p, "\r\n");
        const size_t digits = strspn(p, "0123456789");
        const bool query = strncmp(p, "qid:", 4) == 0;
        if (!query && (digits == 0 || p[digits] != ':')) return NULL;
        p += query ? 4 : digits + 1;
        p = sur_number_read(p, &x);
        if (!p || !(is_blank(*p) || is_end(*p))) return NULL;
        ++*pairs;
    }
}

static bool probe(const char *bytes, sur_idx count)
{
    char text[4097];
    const size_t length = count < 4096 ? (size_t)count : 4096;
    int pairs = 0;
    memcpy(text, bytes, length);
    text[length] = '\0';
    if (memchr(text, 0, length)) return false;
    const char *p = text, *last = count > 4096 ? strrchr(text, '\n') : NULL;
    if (count > 4096 && !last) { /* one long line: all but its last pair */
        char *blank = strrchr(text, ' ');
        if (!blank) return false;
        *blank = '\0';
    } else if (last) {
        text[last - text] = '\0';
    }
    while (*p) {
        if (is_end(*p)) {
            p++;
        } else if (*p == '#') {
            p += strcspn(p, "\r\n");
        } else {
            p = look_at_line(p, &pairs);
            if (!p) return false;
        }
    }
    return pairs > 0;
}

/* ---- reading ---- */

static sur_status refuse(const sparse *s, const char *what, const char *at,
                         sur_error *err)
{
    return sur_fail(err, SUR_EPARSE, "%s:%lld: %s at \"%s\"", s->text.source->name,
                    (long long)s->text.line, what,
                    sur_shown(at, (sur_idx)strcspn(at, " \t\r\n")).text);
}

static sur_status make_room(sparse *s, sur_error *err)
{
    sur_status status = SUR_OK;
    if (s->to->rows + 1 >= s->row_room) {
        const sur_idx more = 2 * s->row_room + 1024;
        SUR_TRY(sur_resize(&s->to->start, more, sizeof *s->to->start, err));
        SUR_TRY(sur_resize(&s->to->target, more, sizeof *s->to->target, err));
        s->row_room = more;
    }
    if (s->to->count == s->room) {
        const sur_idx more = 2 * s->room + 4096;
        SUR_TRY(sur_resize(&s->to->index, more, sizeof *s->to->index, err));
        SUR_TRY(sur_resize(&s->to->value, more, sizeof *s->to->value, err));
        s->room = more;
    }
done:
    return status;
}

static sur_status take_pair(sparse *s, const char **at, int32_t *before, sur_error *err)
{
    const char *p = *at, *start = *at;
    int64_t index = 0;
    double x;
    for (; *p >= '0' && *p <= '9' && p - start < 10; p++)
        index = 10 * index + (*p - '0');
    if (p == start || *p != ':') {
        if (*start == 'q' && strncmp(start, "qid:", 4) == 0) { /* groups of a ranking */
            *at = start + strcspn(start, " \t\r\n");
            return SUR_OK;
        }
        return refuse(s, *p == ',' ? "several targets" : "no number:value", start, err);
    }
    if (index > INT32_MAX - 1) return refuse(s, "a number too large", start, err);
    if (index <= *before) return refuse(s, "numbers do not ascend", start, err);
    *before = (int32_t)index;
    p++;
    if (p[0] >= '0' && p[0] <= '9' && (is_blank(p[1]) || is_end(p[1]))) {
        x = p[0] - '0'; /* most are 1 */
        p++;
    } else {
        const char *end = sur_number_read(p, &x);
        if (!end || !(is_blank(*end) || is_end(*end)) || !isfinite(x))
            return refuse(s, "no finite number", start, err);
        p = end;
    }
    if (s->to->count == s->room) {
        const sur_status status = make_room(s, err);
        if (status != SUR_OK) return status;
    }
    if (index < s->low) s->low = (int32_t)index;
    if (index > s->high) s->high = (int32_t)index;
    s->bytes = s->bytes && x >= 0 && x <= 255 && x == floor(x) && !signbit(x);
    s->floats = s->floats && fabs(x) <= (double)FLT_MAX && (double)(float)x == x;
    s->to->index[s->to->count] = (int32_t)index;
    s->to->value[s->to->count++] = x;
    *at = p;
    return SUR_OK;
}

/* Reads the line at text.at, which is whole. */
static sur_status take_line(sparse *s, sur_error *err)
{
    const char *p = s->text.bytes + s->text.at;
    int32_t before = -1;
    sur_status status = make_room(s, err);
    if (status != SUR_OK) return status;
    while (is_blank(*p)) p++;
    if (is_end(*p) || *p == '#') return SUR_OK;
    const char *end = sur_number_read(p, &s->to->target[s->to->rows]);
    if (end && *end == ',') return refuse(s, "several targets", p, err);
    if (!end || !(is_blank(*end) || is_end(*end)) ||
        !isfinite(s->to->target[s->to->rows]))
        return refuse(s, "no target", p, err);
    for (p = end;;) {
        while (is_blank(*p)) p++;
        if (is_end(*p) || *p == '#') break;
        status = take_pair(s, &p, &before, err);
        if (status != SUR_OK) return status;
    }
    s->to->start[++s->to->rows] = s->to->count;
    return SUR_OK;
}

static sur_status take_lines(sparse *s, sur_error *err)
{
    sur_csv *text = &s->text;
    sur_status status;
    SUR_TRY(make_room(s, err));
    s->to->start[0] = 0;
    SUR_TRY(sur_csv_fill(text, err));
    for (;;) {
        const char *from = text->bytes + text->at;
        const size_t left = (size_t)(text->count - text->at);
        const char *end = left ? memchr(from, '\n', left) : NULL;
        if (!end && !text->ended) {
            SUR_TRY(sur_csv_fill(text, err));
            continue;
        }
        if (left == 0) break;
        const size_t length = end ? (size_t)(end - from) : left;
        SUR_FAIL_IF(memchr(from, 0, length), SUR_EPARSE, "%s:%lld: a zero byte",
                    s->text.source->name, (long long)text->line);
        SUR_TRY(take_line(s, err));
        text->at += (sur_idx)length + (end != NULL);
        text->line++;
    }
    SUR_FAIL_IF(s->to->rows == 0 || s->to->count == 0, SUR_EPARSE, "%s: holds no %s",
                s->text.source->name, s->to->rows ? "features" : "rows");
done:
    return status;
}

sur_status sur_sparse_read(sur_sparse *out, sur_source *source, sur_error *err)
{
    sparse s = {.to = out, .low = INT32_MAX, .bytes = true, .floats = true};
    *out = (sur_sparse){0};
    s.text.source = source;
    s.text.line = 1;
    const sur_status status = take_lines(&s, err);
    free(s.text.bytes);
    out->first = s.low == 0 ? 0 : 1;
    out->cols = s.high - out->first + 1;
    out->scalar = s.bytes ? SUR_U8 : s.floats ? SUR_F32 : SUR_F64;
    return status;
}

/* ---- as a table ---- */

static sur_status add_columns(sur_table *table, sur_sparse *s, const sur_source *source,
                              sur_error *err)
{
    const double text = (double)source->given + (double)source->taken;
    const double bytes =
        (double)s->rows * (double)s->cols * (double)sur_scalar_size(s->scalar);
    sur_status status;
    SUR_FAIL_IF(bytes > (double)SUR_EXPANSION_FREE &&
                    bytes > SUR_EXPANSION_LIMIT * text,
                SUR_EPARSE,
                "%s: %lld x %lld with %lld entries is too sparse to be laid out (%.3g "
                "bytes from %.3g); keep fewer features",
                table->file, (long long)s->rows, (long long)s->cols,
                (long long)s->count, bytes, text);
    table->scalar = s->scalar;
    SUR_TRY(sur_table_add_matrix(table, s->cols, source, err));
    SUR_TRY(sur_table_add_column(table, "target", err));
    table->column[s->cols].values = s->target;
    s->target = NULL;
    table->target = s->cols;
    table->rows = s->rows;
done:
    return status;
}

/* Rows first .. + count - 1 as the first of the block's. */
static void lay_out(void *cells, const sur_sparse *s, sur_idx first, sur_idx count)
{
    memset(cells, 0, (size_t)(count * s->cols) * sur_scalar_size(s->scalar));
    for (sur_idx i = first; i < first + count; i++) {
        for (sur_idx k = s->start[i]; k < s->start[i + 1]; k++) {
            const sur_idx at = (i - first) * s->cols + s->index[k] - s->first;
            if (s->scalar == SUR_U8)
                ((uint8_t *)cells)[at] = (uint8_t)s->value[k];
            else if (s->scalar == SUR_F32)
                ((float *)cells)[at] = (float)s->value[k];
            else
                ((double *)cells)[at] = s->value[k];
        }
    }
}

static sur_status pour(sur_table *table, sur_sparse *s, const sur_source *source,
                       sur_error *err)
{
    sur_status status;
    SUR_TRY(add_columns(table, s, source, err));
    const sur_idx step = sur_table_step(table, s->rows, 1);
    SUR_TRY(sur_table_reserve(table, step, err));
    for (sur_idx i = 0; i < s->rows; i += step) {
        const sur_idx count = s->rows - i < step ? s->rows - i : step;
        lay_out(sur_table_cells(table), s, i, count);
        SUR_TRY(sur_table_give(table, count, err));
    }
done:
    return status;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    sur_sparse s = {0};
    (void)test, (void)request;
    sur_status status = sur_sparse_read(&s, source, err);
    if (status == SUR_OK) status = pour(table, &s, source, err);
    sur_sparse_free(&s);
    return status;
}

const sur_format sur_format_libsvm = {.name = "libsvm",
                                      .extensions = ".libsvm .svm .svmlight",
                                      .probe = probe,
                                      .blocks = true,
                                      .read = read_table};
