/* csv.c -- lines and cells of delimited text.
 *
 * A line ends with LF, CR LF or CR. A cell may stand in double quotes; then it may hold
 * delimiters, line ends, and quotes written twice (RFC 4180). Blanks around a cell are
 * no part of it. */
#include "data/csv.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

/* The window doubles from the one to the other: small files need little, large ones go
 * fast.
 */
enum { FIRST_WINDOW = 1 << 16, WINDOW = 1 << 20 };

static bool is_blank(const sur_csv *csv, char c)
{
    return c == ' ' || (c == '\t' && csv->delimiter != '\t');
}

/* Reads on into the free part of the window; a full window grows. */
static sur_status read_on(sur_csv *csv, sur_error *err)
{
    sur_idx got = 0;
    sur_status status = SUR_OK;
    if (csv->count >= csv->capacity || csv->capacity < WINDOW) {
        SUR_FAIL_IF(csv->count >= SUR_LONGEST_LINE, SUR_EPARSE,
                    "%s:%lld: a line longer than 64 MB (or a quote that is not closed)",
                    csv->source->name, (long long)csv->line);
        const sur_idx more = csv->capacity ? 2 * csv->capacity : FIRST_WINDOW;
        SUR_TRY(sur_resize(&csv->bytes, more + 1, 1, err));
        csv->capacity = more;
    }
    const sur_idx want = csv->capacity - csv->count;
    SUR_TRY(sur_source_read(csv->source, csv->bytes + csv->count, want, &got, err));
    csv->ended = got < want;
    csv->count += got;
    csv->bytes[csv->count] = '\0';
done:
    return status;
}

sur_status sur_csv_fill(sur_csv *csv, sur_error *err)
{
    sur_idx old = csv->count - csv->at;
    if (csv->at > 0) memmove(csv->bytes, csv->bytes + csv->at, (size_t)old);
    csv->at = 0;
    csv->count = old;
    for (bool line = false; !line && !csv->ended; old = csv->count) {
        const sur_status status = read_on(csv, err);
        if (status != SUR_OK) return status;
        const size_t fresh = (size_t)(csv->count - old);
        line = memchr(csv->bytes + old, '\n', fresh) ||
               memchr(csv->bytes + old, '\r', fresh);
    }
    return SUR_OK;
}

sur_cell_end sur_csv_after(const sur_csv *csv, const char *p, const char **next)
{
    const char *end = csv->bytes + csv->count, *from = p;
    while (is_blank(csv, *p)) p++;
    *next = p + 1;
    if (*p == csv->delimiter) return SUR_CELL_NEXT;
    if (*p == '\n') return SUR_CELL_LAST;
    if (*p == '\r') {
        if (p + 1 == end && !csv->ended) return SUR_CELL_MORE;
        if (p[1] == '\n') *next = p + 2;
        return SUR_CELL_LAST;
    }
    *next = p;
    if (p == end) return csv->ended ? SUR_CELL_LAST : SUR_CELL_MORE;
    return csv->delimiter == ' ' && p > from ? SUR_CELL_NEXT : SUR_CELL_ODD;
}

static void put(sur_cell *cell, char c)
{
    if (cell->length <= SUR_LONGEST_WORD) cell->text[cell->length++] = c;
}

/* Reads on after an opening quote. *next is after the closing one, or the end of the
 * window (SUR_CELL_MORE). */
static void unquote(const sur_csv *csv, const char *p, const char **next,
                    sur_cell *cell)
{
    const char *end = csv->bytes + csv->count;
    for (; p < end; p++) {
        if (*p == '"') {
            if (p + 1 == end && !csv->ended) break;
            if (p[1] != '"') {
                *next = p + 1;
                return;
            }
            p++;
        }
        cell->lines += *p == '\n' || (*p == '\r' && p[1] != '\n');
        put(cell, *p);
    }
    *next = end;
    cell->end = SUR_CELL_MORE;
}

sur_status sur_csv_cell(const sur_csv *csv, const char *p, const char **next,
                        sur_cell *cell, sur_error *err)
{
    const char *name = csv->source->name;
    const long long line = (long long)csv->line;
    cell->length = cell->lines = 0;
    cell->end = SUR_CELL_ODD;
    while (is_blank(csv, *p)) p++;
    if (*p == '"') {
        unquote(csv, p + 1, &p, cell);
        if (cell->end == SUR_CELL_MORE && csv->ended)
            return sur_fail(err, SUR_EPARSE, "%s:%lld: a quote is not closed", name,
                            line);
        if (cell->end != SUR_CELL_MORE) cell->end = sur_csv_after(csv, p, next);
        if (cell->end == SUR_CELL_ODD)
            return sur_fail(err, SUR_EPARSE, "%s:%lld: text after a closing quote",
                            name, line);
    } else {
        while ((cell->end = sur_csv_after(csv, p, next)) == SUR_CELL_ODD)
            put(cell, *p++);
        while (cell->length && is_blank(csv, cell->text[cell->length - 1]))
            cell->length--;
    }
    cell->text[cell->length] = '\0';
    if (cell->end != SUR_CELL_MORE && strlen(cell->text) < (size_t)cell->length)
        return sur_fail(err, SUR_EPARSE, "%s:%lld: a zero byte: this is not text", name,
                        line);
    return SUR_OK;
}

sur_status sur_csv_skip_empty(sur_csv *csv, bool *any, sur_error *err)
{
    for (;;) {
        const char *start = csv->bytes + csv->at, *p = start;
        while (*p == ' ' || *p == '\t') p++;
        const char *end = csv->bytes + csv->count;
        if (p >= end || (*p == '\r' && p + 1 == end)) {
            if (csv->ended) break;
            const sur_status status = sur_csv_fill(csv, err);
            if (status != SUR_OK) return status;
            continue;
        }
        *any = true;
        if (*p != '\n' && *p != '\r') return SUR_OK;
        if (csv->delimiter == '\t' && p > start) return SUR_OK; /* empty cells */
        p += p[0] == '\r' && p[1] == '\n' ? 2 : 1;
        csv->at = p - csv->bytes;
        csv->line++;
    }
    *any = false;
    return SUR_OK;
}

/* ---- the first lines ---- */

/* How often each delimiter stands in the line at p, outside of quotes; a run of blanks
 * counts once, those at the ends not at all. Returns where the next line begins. */
static const char *count_delimiters(const char *p, const char *end, sur_idx count[4])
{
    bool quoted = false, blank = true;
    memset(count, 0, 4 * sizeof *count);
    for (; p < end && (quoted || (*p != '\n' && *p != '\r')); p++) {
        if (*p == '"') quoted = !quoted;
        if (quoted) continue;
        count[0] += *p == '\t';
        count[1] += *p == ';';
        count[2] += *p == ',';
        const bool now = *p == ' ' || *p == '\t';
        count[3] += now && !blank;
        blank = now;
    }
    if (blank && count[3]) count[3]--;
    if (p < end) p += *p == '\r' && p + 1 < end && p[1] == '\n' ? 2 : 1;
    return p;
}

char sur_csv_delimiter(const sur_csv *csv)
{
    enum { LINES = 32 };
    static const char choices[] = "\t;, ";
    sur_idx count[LINES][4], lines = 0;
    const char *p = csv->bytes + csv->at, *end = csv->bytes + csv->count;
    while (p < end && lines < LINES) {
        const char *next = count_delimiters(p, end, count[lines]);
        const bool whole = next < end || csv->ended;
        if (*p != '\n' && *p != '\r' && (whole || lines == 0)) lines++;
        p = next;
    }
    int best = 2;
    sur_idx most = 0;
    for (int c = 0; c < 4; c++) {
        sur_idx same = 0;
        for (sur_idx i = 0; i < lines; i++)
            same += count[i][c] > 0 && count[i][c] == count[lines - 1][c];
        if (same > most) {
            most = same;
            best = c;
        }
    }
    return choices[best];
}

void sur_texts_free(sur_texts *texts)
{
    free(texts->bytes);
    free(texts->start);
    *texts = (sur_texts){0};
}

static sur_status add_text(sur_texts *texts, const sur_cell *cell, const char *name,
                           sur_error *err)
{
    sur_status status = SUR_OK;
    if (texts->count == texts->capacity) {
        const sur_idx more = 2 * texts->capacity + 64;
        SUR_FAIL_IF(texts->count >= SUR_MOST_COLUMNS, SUR_EPARSE,
                    "%s: a line of more than %d columns", name, SUR_MOST_COLUMNS);
        SUR_TRY(sur_resize(&texts->start, more, sizeof *texts->start, err));
        texts->capacity = more;
    }
    if (texts->bytes_count + cell->length + 1 > texts->bytes_capacity) {
        const sur_idx more = 2 * texts->bytes_capacity + cell->length + 256;
        SUR_TRY(sur_resize(&texts->bytes, more, 1, err));
        texts->bytes_capacity = more;
    }
    texts->start[texts->count++] = texts->bytes_count;
    memcpy(texts->bytes + texts->bytes_count, cell->text, (size_t)cell->length + 1);
    texts->bytes_count += cell->length + 1;
done:
    return status;
}

sur_status sur_csv_texts(sur_csv *csv, sur_texts *texts, sur_error *err)
{
    sur_cell cell = {.end = SUR_CELL_MORE};
    sur_status status = SUR_OK;
    const char *p = csv->bytes + csv->at;
    sur_idx lines = 1;
    texts->count = texts->bytes_count = 0;
    while (cell.end != SUR_CELL_LAST) {
        const char *next = p;
        SUR_TRY(sur_csv_cell(csv, p, &next, &cell, err));
        if (cell.end == SUR_CELL_MORE) { /* begin the line again with more of it */
            SUR_TRY(sur_csv_fill(csv, err));
            p = csv->bytes + csv->at;
            texts->count = texts->bytes_count = 0;
            lines = 1;
            continue;
        }
        SUR_TRY(add_text(texts, &cell, csv->source->name, err));
        lines += cell.lines;
        p = next;
    }
    csv->at = p - csv->bytes;
    csv->line += lines;
done:
    return status;
}
