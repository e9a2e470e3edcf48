/* page_table.c -- the page's tables: trials, failures, options, metrics. */
#include "base/memory.h"
#include "base/try.h"
#include "report/page.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_ROWS = 1000,      /* in the page; the CSV has all */
    MOST_FAILURES = 100,   /* listed */
    MOST_CSV = 3 * 1000000 /* bytes of CSV in a page */
};

static void put_unit(FILE *out, const char *unit)
{
    if (!unit) return;
    fputs(" <small>(", out);
    sur_put_escaped(out, unit, SUR_AS_HTML);
    fputs(")</small>", out);
}

/* ---- trials ---- */

/* Names joined by commas: every metric there is. */
static sur_status all_metrics(char **names, const sur_experiment *experiment,
                              sur_error *err)
{
    size_t size;
    FILE *out = open_memstream(names, &size);
    if (!out) return sur_fail(err, SUR_ENOMEM, "cannot allocate the names of metrics");
    for (sur_idx m = 0; m < experiment->metric_count; m++)
        fprintf(out, "%s%s", m ? "," : "", experiment->metrics[m].name);
    if (fclose(out) != 0)
        return sur_fail(err, SUR_ENOMEM, "cannot allocate the names of metrics");
    return SUR_OK;
}

static sur_status put_full_csv(FILE *out, const sur_results *results, sur_error *err)
{
    char *names = NULL, *csv = NULL;
    size_t size = 0;
    FILE *text = NULL;
    sur_view view = {0};
    sur_heads heads = {0};
    sur_status status;

    SUR_TRY(all_metrics(&names, results->experiment, err));
    SUR_TRY(sur_view_new(&view, results, names, err));
    SUR_TRY(sur_heads_new(&heads, &view, SUR_ALL_DIGITS, err));
    text = open_memstream(&csv, &size);
    SUR_FAIL_IF(!text, SUR_ENOMEM, "cannot allocate the table as CSV");
    sur_put_table(text, &heads, &results->records, SUR_AS_CSV);
    const bool closed = fclose(text) == 0;
    SUR_FAIL_IF(!closed, SUR_ENOMEM, "cannot allocate the table as CSV");
    if (size > MOST_CSV) {
        fputs("All results as CSV: <code>surplus show FILE --csv</code>", out);
    } else {
        fprintf(out, "<a download=\"%s.csv\" href=\"", results->experiment->name);
        sur_put_data_link(out, csv, size);
        fputs("\">All results as CSV</a>", out);
    }
done:
    free(heads.at);
    sur_view_free(&view);
    free(names);
    free(csv);
    return status;
}

static void put_table_head(FILE *out, const sur_head *head)
{
    const char *unit = sur_head_unit(head);
    fprintf(out, "<th scope=\"col\"%s title=\"",
            sur_head_is_number(head) ? " class=\"number\"" : "");
    sur_put_escaped(out,
                    head->field    ? head->field->help
                    : head->column ? head->column->metric->help
                                   : NULL,
                    SUR_AS_HTML);
    fputs("\">", out);
    if (head->field)
        sur_put_name(out, head->field->name, SUR_AS_HTML);
    else if (head->column)
        sur_put_escaped(out, head->column->metric->label, SUR_AS_HTML);
    else
        sur_put_head(out, head, SUR_AS_HTML);
    if (head->column && head->column->split) fputs(", ", out);
    if (head->column) sur_put_escaped(out, head->column->split, SUR_AS_HTML);
    put_unit(out, unit);
    if (head->part == SUR_CELL_INTERVAL) fputs(" <small>[95 %]</small>", out);
    fputs("</th>", out);
}

/* Rounded numbers are sorted by what they were. */
static void open_cell(FILE *out, const sur_head *head, const sur_record *record)
{
    char text[32];
    const sur_measurement *row =
        head->part == SUR_CELL_INTERVAL ? sur_view_cell(record, head->column) : NULL;
    fputs(sur_head_is_number(head) ? "<td class=\"number\"" : "<td", out);
    if (row && isfinite(row->value))
        fprintf(out, " data-value=\"%s\"", sur_number_short(text, row->value, 8));
    fputc('>', out);
}

static void put_rows(FILE *out, const sur_heads *heads, const sur_records *records)
{
    for (sur_idx i = 0; i < records->count && i < MOST_ROWS; i++) {
        fputs("<tr>", out);
        for (sur_idx h = 0; h < heads->count; h++) {
            open_cell(out, &heads->at[h], &records->at[i]);
            sur_put_cell(out, heads, h, &records->at[i], SUR_AS_HTML);
        }
        fputc('\n', out);
    }
}

sur_status sur_page_table(FILE *out, const sur_view *view, bool link_alone,
                          sur_error *err)
{
    const sur_records *records = &view->results->records;
    sur_heads heads = {0};
    sur_status status;

    SUR_TRY(sur_heads_new(&heads, view, SUR_FEW_DIGITS, err));
    fputs("<p class=\"bar\">", out);
    if (records->count > MOST_ROWS)
        fprintf(out, "The first %d of %lld trials. ", MOST_ROWS,
                (long long)records->count);
    SUR_TRY(put_full_csv(out, view->results, err));
    fputs("</p>\n", out);
    if (link_alone) goto done;
    fputs("<div class=\"scroll\" role=\"region\" aria-label=\"Table of trials\" "
          "tabindex=\"0\">\n<table class=\"sortable\">\n<thead><tr>",
          out);
    for (sur_idx h = 0; h < heads.count; h++) put_table_head(out, &heads.at[h]);
    fputs("</tr></thead>\n<tbody>\n", out);
    put_rows(out, &heads, records);
    fputs("</tbody>\n</table>\n</div>\n", out);
done:
    free(heads.at);
    return status;
}

/* ---- failures ---- */

void sur_page_failures(FILE *out, const sur_view *view)
{
    const sur_records *records = &view->results->records;
    sur_idx failed = 0;

    for (sur_idx i = 0; i < records->count; i++)
        failed += records->at[i].status != SUR_OK;
    if (failed == 0) return;
    fprintf(out,
            "<h3>Failed trials</h3>\n<p>%lld of %lld.</p>\n<ul class=\"failures\">\n",
            (long long)failed, (long long)records->count);
    sur_idx listed = 0;
    for (sur_idx i = 0; i < records->count && listed < MOST_FAILURES; i++) {
        const sur_record *record = &records->at[i];
        if (record->status == SUR_OK) continue;
        fputs("<li><b>", out);
        for (sur_idx f = 0; f < view->factor_count; f++) {
            const sur_factor *factor = &view->factors[f];
            if (factor->derived) continue;
            sur_put_name(out, factor->field->name, SUR_AS_HTML);
            fputc(' ', out);
            sur_put_option(out, factor->field, record->options, SUR_AS_HTML);
            fputs("; ", out);
        }
        fputs("</b>", out);
        sur_put_escaped(
            out, record->message ? record->message : sur_status_text(record->status),
            SUR_AS_HTML);
        fputs("</li>\n", out);
        listed++;
    }
    if (failed > listed)
        fprintf(out, "<li>and %lld more</li>\n", (long long)(failed - listed));
    fputs("</ul>\n", out);
}

/* ---- options and metrics ---- */

static void put_factor_range(FILE *out, const sur_view *view, const sur_factor *factor)
{
    const sur_records *records = &view->results->records;
    const sur_idx last = factor->count - 1;
    for (sur_idx c = 0; c < factor->count; c++) {
        if (factor->count > 6 && c > 0 && c < last) continue;
        if (c) fputs(factor->count > 6 ? " to " : ", ", out);
        sur_put_option(out, factor->field, records->at[factor->example[c]].options,
                       SUR_AS_HTML);
    }
    if (factor->count > 6) fprintf(out, " (%lld values)", (long long)factor->count);
}

void sur_page_settings(FILE *out, const sur_view *view)
{
    const sur_fields *fields = view->results->experiment->fields;
    const sur_records *records = &view->results->records;
    if (records->count == 0) return;
    fputs(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Options\">\n"
        "<table><thead><tr><th scope=\"col\">option</th><th scope=\"col\">value</th>"
        "<th scope=\"col\">meaning</th></tr></thead>\n<tbody>\n",
        out);
    for (sur_idx f = 0; f < fields->count; f++) {
        const sur_field *field = &fields->at[f];
        const sur_factor *factor = sur_view_factor(view, field->name);
        if (field->flags & SUR_HIDDEN) continue;
        fputs("<tr><th scope=\"row\">", out);
        sur_put_name(out, field->name, SUR_AS_HTML);
        fputs("</th><td>", out);
        if (factor)
            put_factor_range(out, view, factor);
        else
            sur_put_option(out, field, records->at[0].options, SUR_AS_HTML);
        if (field->unit) fputc(' ', out);
        sur_put_escaped(out, field->unit, SUR_AS_HTML);
        fputs("</td><td>", out);
        sur_put_escaped(out, field->help, SUR_AS_HTML);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table>\n</div>\n", out);
}

void sur_page_metrics(FILE *out, const sur_view *view)
{
    static const char *const better[] = {"lower", "", "higher"};
    fputs(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Metrics\">\n"
        "<table><thead><tr><th scope=\"col\">metric</th><th scope=\"col\">meaning</th>"
        "<th scope=\"col\">better</th><th "
        "scope=\"col\">interval</th></tr></thead>\n<tbody>\n",
        out);
    for (sur_idx c = 0; c < view->column_count; c++) {
        const sur_metric *metric = view->columns[c].metric;
        if (c > 0 && metric == view->columns[c - 1].metric)
            continue; /* another split */
        fputs("<tr><th scope=\"row\">", out);
        sur_put_escaped(out, metric->label, SUR_AS_HTML);
        put_unit(out, metric->unit);
        fputs("</th><td>", out);
        sur_put_escaped(out, metric->help, SUR_AS_HTML);
        fprintf(out, "</td><td>%s</td><td>",
                better[metric->better < 0   ? 0
                       : metric->better > 0 ? 2
                                            : 1]);
        sur_put_escaped(out, metric->interval ? metric->interval : "none", SUR_AS_HTML);
        fputs("</td></tr>\n", out);
    }
    fputs("</tbody></table>\n</div>\n", out);
}
