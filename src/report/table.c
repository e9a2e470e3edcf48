/* table.c -- results as TSV, as CSV and aligned for reading. */
#include "report/table.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "report/roles.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/report.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- heads ---- */

static bool any_failed(const sur_records *records)
{
    for (sur_idx i = 0; i < records->count; i++)
        if (records->at[i].status != SUR_OK) return true;
    return false;
}

/* What a table shows when nothing varies: the x of the main figure. */
static const sur_field *main_option(const sur_experiment *experiment)
{
    for (sur_idx f = 0; f < experiment->figure_count; f++) {
        const sur_field *field =
            sur_fields_find(experiment->fields, experiment->figures[f].x);
        if (field) return field;
    }
    return experiment->fields->count ? &experiment->fields->at[0] : NULL;
}

sur_status sur_heads_new(sur_heads *out, const sur_view *view, sur_precision precision,
                         sur_error *err)
{
    sur_heads heads = {.exact = precision == SUR_ALL_DIGITS};
    const sur_field *alone = main_option(view->results->experiment);
    const sur_idx most = view->factor_count + 3 * view->column_count + 3;
    const sur_status status = sur_alloc(&heads.at, most, sizeof *heads.at, err);

    *out = (sur_heads){0};
    if (status != SUR_OK) return status;
    for (sur_idx f = 0; f < view->factor_count; f++)
        if (heads.exact || !view->factors[f].derived)
            heads.at[heads.count++].field = view->factors[f].field;
    if (heads.count == 0 && alone) heads.at[heads.count++].field = alone;
    for (sur_idx c = 0; c < view->column_count; c++) {
        const sur_column *column = &view->columns[c];
        const bool joined = column->interval && !heads.exact;
        heads.at[heads.count++] = (sur_head){
            .column = column, .part = joined ? SUR_CELL_INTERVAL : SUR_CELL_VALUE};
        if (!column->interval || joined) continue;
        heads.at[heads.count++] = (sur_head){.column = column, .part = SUR_CELL_LOW};
        heads.at[heads.count++] = (sur_head){.column = column, .part = SUR_CELL_HIGH};
    }
    if (any_failed(&view->results->records)) {
        heads.at[heads.count++].part = SUR_CELL_STATUS;
        heads.at[heads.count++].part = SUR_CELL_MESSAGE;
    }
    *out = heads;
    return SUR_OK;
}

void sur_put_head(FILE *out, const sur_head *head, sur_escape escape)
{
    static const char *const suffix[] = {"", "_low", "_high", "", "status", "message"};
    if (head->field) sur_put_escaped(out, head->field->name, escape);
    if (head->column) sur_put_escaped(out, head->column->metric->name, escape);
    if (head->column && head->column->split) {
        fputc('.', out);
        sur_put_escaped(out, head->column->split, escape);
    }
    fputs(suffix[head->part], out);
}

const char *sur_head_unit(const sur_head *head)
{
    return head->field    ? head->field->unit
           : head->column ? head->column->metric->unit
                          : NULL;
}

bool sur_head_is_number(const sur_head *head)
{
    if (head->field)
        return head->field->kind == SUR_REAL || head->field->kind == SUR_INT;
    return head->column != NULL;
}

/* ---- cells ---- */

/* An option's value to all digits, as it would be typed. */
static void put_exact_option(FILE *out, const sur_field *field, const void *options,
                             sur_escape escape)
{
    char text[256];
    const char *shown = text;
    if (field->kind == SUR_TEXT || field->kind == SUR_PATH || field->kind == SUR_LIST)
        memcpy(&shown, (const char *)options + field->offset, sizeof shown);
    else
        sur_field_text(field, options, text, sizeof text);
    sur_put_escaped(out, shown, escape);
}

/* In HTML the line may break before an interval, not within. */
static void put_interval(FILE *out, const sur_measurement *row, sur_escape escape)
{
    char text[SUR_INTERVAL_SIZE];
    const char *comma =
        strstr(sur_number_interval(text, row->value, row->low, row->high), ", ");
    if (comma && escape == SUR_AS_HTML)
        fprintf(out, "%.*s,&nbsp;%s", (int)(comma - text), text, comma + 2);
    else
        fputs(text, out);
}

static void put_metric(FILE *out, const sur_measurement *row, sur_cell part, bool exact)
{
    char text[SUR_NUMBER_SIZE];
    if (!row) {
        if (!exact) fputs("–", out);
        return;
    }
    const double value = part == SUR_CELL_LOW    ? row->low
                         : part == SUR_CELL_HIGH ? row->high
                                                 : row->value;
    if (!exact)
        fputs(sur_number_short(text, value, 4), out);
    else if (!isnan(value) || part == SUR_CELL_VALUE) /* no bound: an empty cell */
        fputs(sur_number_text(value, text), out);
}

void sur_put_cell(FILE *out, const sur_heads *heads, sur_idx h,
                  const sur_record *record, sur_escape escape)
{
    const sur_head *head = &heads->at[h];
    const sur_measurement *row =
        head->column ? sur_view_cell(record, head->column) : NULL;
    if (head->field && heads->exact)
        put_exact_option(out, head->field, record->options, escape);
    else if (head->field)
        sur_put_option(out, head->field, record->options, escape);
    else if (row && head->part == SUR_CELL_INTERVAL)
        put_interval(out, row, escape);
    else if (head->column)
        put_metric(out, row, head->part, heads->exact);
    else if (head->part == SUR_CELL_STATUS)
        fputs(record->status == SUR_OK ? "ok" : "failed", out);
    else
        sur_put_escaped(out, record->message, escape);
}

/* ---- the three styles ---- */

void sur_put_table(FILE *out, const sur_heads *heads, const sur_records *records,
                   sur_escape escape)
{
    const int separator = escape == SUR_AS_CSV ? ',' : '\t';
    for (sur_idx h = 0; h < heads->count; h++) {
        if (h) fputc(separator, out);
        sur_put_head(out, &heads->at[h], escape);
    }
    fputc('\n', out);
    for (sur_idx i = 0; i < records->count; i++) {
        for (sur_idx h = 0; h < heads->count; h++) {
            if (h) fputc(separator, out);
            sur_put_cell(out, heads, h, &records->at[i], escape);
        }
        fputc('\n', out);
    }
}

/* One cell (row -1: the head) as a malloc'd string. */
static sur_status cell_text(char **text, const sur_heads *heads, sur_idx h,
                            const sur_record *record, sur_error *err)
{
    size_t size;
    FILE *out = open_memstream(text, &size);
    if (!out) return sur_fail(err, SUR_ENOMEM, "cannot allocate a table's cell");
    if (record) {
        sur_put_cell(out, heads, h, record, SUR_AS_TEXT);
    } else {
        const char *unit = sur_head_unit(&heads->at[h]);
        sur_put_head(out, &heads->at[h], SUR_AS_TEXT);
        if (unit) fprintf(out, " (%s)", unit);
        if (heads->at[h].part == SUR_CELL_INTERVAL) fputs(" [95 %]", out);
    }
    if (fclose(out) != 0)
        return sur_fail(err, SUR_ENOMEM, "cannot allocate a table's cell");
    return SUR_OK;
}

/* Characters, not bytes. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++) width += (*text & 0xc0) != 0x80;
    return width;
}

static void put_padded(FILE *out, const char *text, int width, bool right, bool last)
{
    const int blanks = width - width_of(text);
    if (right) fprintf(out, "%*s", blanks, "");
    fputs(text, out);
    if (!right && !last) fprintf(out, "%*s", blanks, "");
    fputs(last ? "\n" : "  ", out);
}

/* Letters in a line of the terminal that out is; of anything else, any number. */
static int letters_of(FILE *out)
{
    struct winsize size;
    const int fd = fileno(out);
    return fd >= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
               ? size.ws_col
               : INT_MAX;
}

/* Drops metrics from the right until a line holds the rest, and says which. What varies
 * and the fate of failed trials stay, and so does the first metric. */
static void make_fit(bool *shown, const sur_heads *heads, const int *width, int letters)
{
    int total = -2;
    sur_idx metrics = 0;
    for (sur_idx h = 0; h < heads->count; h++) {
        shown[h] = true;
        total += width[h] + 2;
        metrics += heads->at[h].column != NULL;
    }
    for (sur_idx h = heads->count - 1; h >= 0 && total > letters && metrics > 1; h--) {
        if (!heads->at[h].column) continue;
        shown[h] = false;
        total -= width[h] + 2;
        metrics--;
    }
}

static void tell_dropped(FILE *out, const sur_heads *heads, const bool *shown)
{
    const char *before = "# too narrow for ";
    for (sur_idx h = 0; h < heads->count; h++) {
        if (shown[h]) continue;
        fputs(before, out);
        sur_put_head(out, &heads->at[h], SUR_AS_TEXT);
        before = ", ";
    }
    if (*before == ',') fputs("; --metric NAME shows one\n", out);
}

/* Twice over the cells: the first time for the widths. */
static sur_status put_aligned(FILE *out, const sur_heads *heads,
                              const sur_records *records, sur_error *err)
{
    int *width = NULL;
    bool *shown = NULL;
    char *text = NULL;
    sur_idx last = heads->count - 1;
    sur_status status;

    SUR_TRY(sur_alloc(&width, heads->count, sizeof *width, err));
    SUR_TRY(sur_alloc(&shown, heads->count, sizeof *shown, err));
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) make_fit(shown, heads, width, letters_of(out));
        while (pass == 1 && last > 0 && !shown[last]) last--;
        for (sur_idx i = -1; i < records->count; i++)
            for (sur_idx h = 0; h < heads->count; h++) {
                if (pass == 1 && !shown[h]) continue;
                SUR_TRY(
                    cell_text(&text, heads, h, i < 0 ? NULL : &records->at[i], err));
                if (pass == 0 && width_of(text) > width[h]) width[h] = width_of(text);
                if (pass == 1)
                    put_padded(out, text, width[h], sur_head_is_number(&heads->at[h]),
                               h == last);
                free(text);
                text = NULL;
            }
    }
    tell_dropped(out, heads, shown);
done:
    free(text);
    free(shown);
    free(width);
    return status;
}

sur_status sur_report_table(FILE *out, const sur_results *results, const char *metrics,
                            sur_table_style style, sur_error *err)
{
    const bool aligned = style == SUR_TABLE_ALIGNED;
    sur_view view = {0};
    sur_heads heads = {0};
    sur_role_table roles;
    sur_status status;

    SUR_TRY(sur_view_new(&view, results, metrics, err));
    SUR_TRY(
        sur_heads_new(&heads, &view, aligned ? SUR_FEW_DIGITS : SUR_ALL_DIGITS, err));
    if (aligned && sur_role_table_of(&roles, &view))
        sur_put_roles(out, &roles);
    else if (aligned)
        SUR_TRY(put_aligned(out, &heads, &results->records, err));
    else
        sur_put_table(out, &heads, &results->records,
                      style == SUR_TABLE_CSV ? SUR_AS_CSV : SUR_AS_TSV);
    SUR_FAIL_IF(fflush(out) != 0 || ferror(out), SUR_EWRITE, "the table: write failed");
done:
    free(heads.at);
    sur_view_free(&view);
    return status;
}
