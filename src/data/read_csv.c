/* read_csv.c -- tables of text: CSV, TSV and their kin, with a header or without.
 *
 * One pass over the text in a window of 1 MB; each cell goes straight to its place in
 * the matrix, so that a file needs the memory of its numbers and little more. */
#include "data/csv.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"
#include "data/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct scan {
    sur_csv csv;
    sur_table *table;
    const sur_codes *codes;
    sur_idx room; /* rows that the block has memory for */
    bool *text;   /* [cols] whether a column is one of words */
    sur_idx line; /* where the row being read began */
    bool header;  /* the first line is one, whatever it looks like */
} scan;

static bool probe(const char *bytes, sur_idx count)
{
    return memchr(bytes, 0, (size_t)count) == NULL;
}

/* ---- one cell ---- */

static sur_status refuse_number(const scan *s, sur_idx column, const char *text,
                                sur_error *err)
{
    const sur_label shown = sur_shown(text, (sur_idx)strlen(text));
    return sur_fail(
        err, SUR_EPARSE,
        "%s:%lld: column %s is %s (if it means a missing value: --missing %s)",
        s->table->file, (long long)s->line, sur_column_label(s->table, column).text,
        shown.text, shown.text);
}

/* A number in column j: checked, and turned into a word where the column has words. */
static sur_status take_number(scan *s, sur_idx j, double x, const char *text,
                              double *cell, sur_error *err)
{
    if (s->codes->count && sur_codes_have(s->codes, x)) {
        *cell = nan("");
        return SUR_OK;
    }
    if (!isfinite(x)) return refuse_number(s, j, text, err);
    *cell = x;
    if (!s->text[j]) return SUR_OK;
    return sur_words_add_number(s->table->column[j].words, x, cell, err);
}

static bool is_not_finite(const char *text)
{
    const char *letters = text + (*text == '-' || *text == '+');
    return strcasecmp(letters, "nan") == 0 || strcasecmp(letters, "inf") == 0 ||
           strcasecmp(letters, "infinity") == 0;
}

static sur_status take_word(scan *s, sur_idx j, const char *text, sur_idx length,
                            double *cell, sur_error *err)
{
    sur_status status = SUR_OK;
    if (!s->text[j]) {
        s->table->whole = s->table->given > 0; /* as numbers */
        SUR_FAIL_IF(s->table->whole, SUR_EPARSE, "%s:%lld: \"%s\" among numbers",
                    s->table->file, (long long)s->line, sur_shown(text, length).text);
        SUR_TRY(sur_column_to_words(s->table, j, s->table->rows, err));
        sur_words *words = s->table->column[j].words;
        const sur_label shown = sur_shown(text, length < 40 ? length : 40);
        words->line = s->line;
        memcpy(words->example, shown.text, sizeof words->example - 1);
        s->text[j] = true;
    }
    SUR_TRY(sur_words_add(s->table->column[j].words, text, length, cell, err));
done:
    return status;
}

/* Any cell that is not plainly a number. */
static sur_status take_text(scan *s, sur_idx j, const char *text, sur_idx length,
                            double *cell, sur_error *err)
{
    double x;
    *cell = nan("");
    if (length == 0 || sur_codes_have_text(s->codes, text)) return SUR_OK;
    const char *end = sur_number_read(text, &x);
    if (end && !*end) return take_number(s, j, x, text, cell, err);
    if (is_not_finite(text)) {
        const char *letters = text + (*text == '-' || *text == '+');
        x = (*letters | 0x20) == 'n' ? nan("") : *text == '-' ? -HUGE_VAL : HUGE_VAL;
        return take_number(s, j, x, text, cell, err);
    }
    return take_word(s, j, text, length, cell, err);
}

/* ---- one line ---- */

static sur_status refuse_length(const scan *s, sur_idx count, sur_error *err)
{
    return sur_fail(err, SUR_EPARSE, "%s:%lld: %lld columns, not %lld", s->table->file,
                    (long long)s->line, (long long)count, (long long)s->table->cols);
}

/* Reads the line at csv.at into row; *end is SUR_CELL_MORE if the window ends before
 * the line does (then nothing has happened but that words may have become known). */
static sur_status read_line(scan *s, double *row, sur_cell_end *end, sur_error *err)
{
    const sur_idx cols = s->table->cols;
    const char *p = s->csv.bytes + s->csv.at, *next = p;
    sur_idx lines = 1, j = 0;
    s->line = s->csv.line;
    for (*end = SUR_CELL_NEXT; *end == SUR_CELL_NEXT; j++, p = next) {
        double x = 0.0, *cell = j < cols ? &row[j] : &x;
        while (*p == ' ') p++;
        const char *after = sur_number_read(p, &x);
        *end = after ? sur_csv_after(&s->csv, after, &next) : SUR_CELL_ODD;
        if (*end != SUR_CELL_ODD) {
            *cell = x;
            const bool plain =
                j >= cols || (isfinite(x) && !s->codes->count && !s->text[j]);
            if (plain || *end == SUR_CELL_MORE) continue;
            const sur_status status =
                take_number(s, j, x, "beyond all doubles", cell, err);
            if (status != SUR_OK) return status;
            continue;
        }
        sur_cell text;
        sur_status status = sur_csv_cell(&s->csv, p, &next, &text, err);
        *end = text.end;
        lines += text.lines;
        if (status == SUR_OK && j < cols && *end != SUR_CELL_MORE)
            status = take_text(s, j, text.text, text.length, cell, err);
        if (status != SUR_OK) return status;
    }
    if (*end == SUR_CELL_MORE) return SUR_OK;
    if (j != cols) return refuse_length(s, j, err);
    s->csv.at = p - s->csv.bytes;
    s->csv.line += lines;
    return SUR_OK;
}

/* Room for more rows: at first as many as the file will probably have, then half as
 * many again. Pages never written to cost nothing. */
static sur_status make_room(scan *s, sur_idx rows_guessed, sur_error *err)
{
    sur_idx rows = s->table->rows + s->table->rows / 2 + 64;
    if (rows < rows_guessed) rows = rows_guessed;
    if (s->table->outlet) rows = sur_table_step(s->table, INT64_MAX, 1) + 2;
    const sur_status status = sur_table_reserve(s->table, rows, err);
    if (status == SUR_OK) s->room = rows;
    return status;
}

static sur_idx guess_rows(const scan *s)
{
    const sur_csv *csv = &s->csv;
    sur_idx lines = 1;
    for (sur_idx i = csv->at; i < csv->count; i++)
        lines += csv->bytes[i] == '\n' || csv->bytes[i] == '\r';
    if (csv->source->size < 0 || csv->source->unpack || csv->source->zstd || csv->ended)
        return lines;
    const double share = (double)csv->source->size / (double)(csv->count - csv->at);
    return (sur_idx)(1.02 * share * (double)lines) + 64;
}

/* Where the row being read goes. */
static double *next_row(const scan *s)
{
    const sur_table *table = s->table;
    return (double *)sur_table_cells(table) +
           (table->rows - table->given) * table->cols;
}

static sur_status read_lines(scan *s, sur_error *err)
{
    const sur_idx step = sur_table_step(s->table, INT64_MAX, 1);
    sur_status status;
    bool any;
    for (;;) {
        sur_cell_end end;
        SUR_TRY(sur_csv_skip_empty(&s->csv, &any, err));
        if (!any) break;
        if (s->table->rows - s->table->given >= step)
            SUR_TRY(sur_table_give(s->table, s->table->rows - s->table->given, err));
        if (s->table->rows - s->table->given == s->room) SUR_TRY(make_room(s, 0, err));
        SUR_TRY(read_line(s, next_row(s), &end, err));
        if (end == SUR_CELL_MORE)
            SUR_TRY(sur_csv_fill(&s->csv, err));
        else
            s->table->rows++;
    }
    SUR_FAIL_IF(s->table->rows == 0, SUR_EPARSE, "%s: holds no rows", s->table->file);
done:
    return status;
}

/* ---- the first lines ---- */

static const char *text_at(const sur_texts *texts, sur_idx i)
{
    return texts->bytes + texts->start[i];
}

typedef enum cell_kind { NOTHING, NUMBER, WORD } cell_kind;

static cell_kind kind_of(const scan *s, const char *text)
{
    double x;
    if (!*text || sur_codes_have_text(s->codes, text)) return NOTHING;
    const char *end = sur_number_read(text, &x);
    return (end && !*end) || is_not_finite(text) ? NUMBER : WORD;
}

/* A header: no cell of the first line is a number, or a word stands above a number. */
static bool is_header(const scan *s, const sur_texts *first, const sur_texts *second)
{
    bool numbers = false, words = false;
    for (sur_idx j = 0; j < first->count; j++) {
        const cell_kind kind = kind_of(s, text_at(first, j));
        numbers |= kind == NUMBER;
        words |= kind == WORD;
        if (kind == WORD && j < second->count &&
            kind_of(s, text_at(second, j)) == NUMBER && first->count == second->count)
            return true;
    }
    return words && !numbers;
}

/* The line "rows,features,class names" that scikit-learn's files begin with. */
static bool is_counts(const sur_texts *first, const sur_texts *second)
{
    double rows, features;
    if (first->count < 2) return false;
    const char *a = sur_number_read(text_at(first, 0), &rows);
    const char *b = sur_number_read(text_at(first, 1), &features);
    if (!a || *a || !b || *b || features != (double)(second->count - 1)) return false;
    for (sur_idx j = 2; j < first->count; j++) {
        double x;
        const char *end = sur_number_read(text_at(first, j), &x);
        if (end && !*end) return false;
    }
    return first->count != second->count || !*text_at(first, first->count - 1);
}

/* Reads the next line that is not empty; *line is its number, texts->count 0 at the
 * end. */
static sur_status next_texts(scan *s, sur_texts *texts, sur_idx *line, sur_error *err)
{
    bool any;
    texts->count = 0;
    const sur_status status = sur_csv_skip_empty(&s->csv, &any, err);
    if (status != SUR_OK || !any) return status;
    *line = s->csv.line;
    return sur_csv_texts(&s->csv, texts, err);
}

/* Leaves out lines at the beginning that begin with #. */
static sur_status skip_comments(scan *s, sur_error *err)
{
    sur_csv *csv = &s->csv;
    bool any;
    for (;;) {
        sur_status status = sur_csv_skip_empty(csv, &any, err);
        if (status != SUR_OK || !any || csv->bytes[csv->at] != '#') return status;
        size_t length = strcspn(csv->bytes + csv->at, "\r\n");
        if (csv->at + (sur_idx)length >= csv->count && !csv->ended) {
            status = sur_csv_fill(csv, err);
            if (status != SUR_OK) return status;
            length = strcspn(csv->bytes, "\r\n");
        }
        csv->at += (sur_idx)length;
    }
}

static sur_status add_columns(scan *s, const sur_texts *first, bool named,
                              sur_error *err)
{
    for (sur_idx j = 0; j < first->count; j++) {
        const char *name = named ? text_at(first, j) : NULL;
        const sur_status status = sur_table_add_column(s->table, name, err);
        if (status != SUR_OK) return status;
    }
    s->table->matrix_cols = s->table->cols;
    return SUR_OK;
}

/* Takes a line that was read as texts for a row of numbers. */
static sur_status add_row(scan *s, const sur_texts *texts, sur_idx line, sur_error *err)
{
    const sur_idx cols = s->table->cols;
    if (texts->count == 0) return SUR_OK;
    s->line = line;
    if (texts->count != cols) return refuse_length(s, texts->count, err);
    double *row = next_row(s);
    for (sur_idx j = 0; j < cols; j++) {
        const char *text = text_at(texts, j);
        const sur_status status =
            take_text(s, j, text, (sur_idx)strlen(text), &row[j], err);
        if (status != SUR_OK) return status;
    }
    s->table->rows++;
    return SUR_OK;
}

/* The first two lines tell whether there is a header and how many columns there are. */
static sur_status read_beginning(scan *s, sur_error *err)
{
    sur_texts first = {0}, second = {0};
    sur_idx line[2] = {1, 1};
    sur_status status;

    SUR_TRY(skip_comments(s, err));
    SUR_TRY(next_texts(s, &first, &line[0], err));
    SUR_TRY(next_texts(s, &second, &line[1], err));
    if (is_counts(&first, &second)) {
        const sur_texts counts = first;
        first = second;
        second = counts;
        line[0] = line[1];
        SUR_TRY(next_texts(s, &second, &line[1], err));
    }
    const bool header = s->header || is_header(s, &first, &second);
    SUR_TRY(add_columns(s, &first, header, err));
    SUR_TRY(sur_alloc(&s->text, s->table->cols, sizeof *s->text, err));
    SUR_TRY(make_room(s, guess_rows(s) + 2, err));
    if (!header) SUR_TRY(add_row(s, &first, line[0], err));
    SUR_TRY(add_row(s, &second, line[1], err));
done:
    sur_texts_free(&first);
    sur_texts_free(&second);
    return status;
}

static sur_status skip_mark(scan *s, sur_error *err)
{
    sur_csv *csv = &s->csv;
    if (csv->count >= 3 && memcmp(csv->bytes, "\xef\xbb\xbf", 3) == 0) csv->at = 3;
    if (csv->count >= 2 && (memcmp(csv->bytes, "\xff\xfe", 2) == 0 ||
                            memcmp(csv->bytes, "\xfe\xff", 2) == 0))
        return sur_fail(err, SUR_EPARSE, "%s: UTF-16 text; save it as UTF-8",
                        s->table->file);
    return SUR_OK;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    scan s = {
        .table = table, .codes = request->codes, .header = request->options->transpose};
    sur_status status;
    (void)test;
    s.csv.source = source;
    s.csv.line = 1;
    table->checked = true;
    SUR_TRY(sur_csv_fill(&s.csv, err));
    SUR_TRY(skip_mark(&s, err));
    s.csv.delimiter = sur_csv_delimiter(&s.csv);
    SUR_TRY(read_beginning(&s, err));
    SUR_TRY(read_lines(&s, err));
done:
    free(s.csv.bytes);
    free(s.text);
    return status;
}

const sur_format sur_format_csv = {
    .name = "CSV",
    .extensions = ".csv .tsv .txt .dat .data .tab",
    .probe = probe,
    .blocks = true,
    .read = read_table,
};
