/* roles.c -- measurements without a role stand under the experiment's own, if it names
 * one: they are of the model that the trial is about. */
#include "report/roles.h"

#include <math.h>
#include <string.h>

static const char *role_of(const sur_view *view, const char *split)
{
    const char *own = view->results->experiment->role;
    return split ? split : own ? own : "";
}

static int find(const sur_role_table *t, const char *role)
{
    for (int r = 0; r < t->roles; r++)
        if (strcmp(t->role[r], role) == 0) return r;
    return -1;
}

bool sur_role_table_of(sur_role_table *out, const sur_view *view)
{
    const sur_records *records = &view->results->records;
    *out = (sur_role_table){.view = view, .record = records->at};
    if (records->count != 1 || records->at[0].status != SUR_OK) return false;
    if (view->results->experiment->role)
        out->role[out->roles++] = view->results->experiment->role;
    for (sur_idx c = 0; c < view->column_count; c++) {
        const char *role = role_of(view, view->columns[c].split);
        if (find(out, role) >= 0) continue;
        if (out->roles == SUR_ROLE_COLUMNS) return false;
        out->role[out->roles++] = role;
    }
    return out->roles > 1;
}

/* The metric's measurement under that role, or NULL. */
static const sur_measurement *cell_of(const sur_role_table *t, const sur_metric *metric,
                                      int role)
{
    for (sur_idx c = 0; c < t->view->column_count; c++) {
        const sur_column *column = &t->view->columns[c];
        if (column->metric == metric &&
            strcmp(role_of(t->view, column->split), t->role[role]) == 0)
            return sur_view_cell(t->record, column);
    }
    return NULL;
}

/* "0.312 [0.300, 0.325]", or a dash. */
static const char *cell_text(char buffer[SUR_INTERVAL_SIZE], const sur_measurement *m)
{
    if (!m || isnan(m->value)) return "–";
    if (isnan(m->low) && isnan(m->high)) return sur_number_short(buffer, m->value, 4);
    return sur_number_interval(buffer, m->value, m->low, m->high);
}

/* The next metric, each once, in the order of the columns; NULL at the end. */
static const sur_metric *next_metric(const sur_role_table *t, sur_idx *c)
{
    while (*c < t->view->column_count) {
        const sur_idx at = (*c)++;
        if (at == 0 || t->view->columns[at].metric != t->view->columns[at - 1].metric)
            return t->view->columns[at].metric;
    }
    return NULL;
}

/* ---- aligned ---- */

/* Characters, not bytes. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++) width += (*text & 0xc0) != 0x80;
    return width;
}

static int wider(int width, const char *text)
{
    const int w = width_of(text);
    return w > width ? w : width;
}

static void put_padded(FILE *out, const char *text, int width)
{
    fprintf(out, "  %*s%s", width - width_of(text), "", text);
}

void sur_put_roles(FILE *out, const sur_role_table *t)
{
    char buffer[SUR_INTERVAL_SIZE];
    int first = 0, width[SUR_ROLE_COLUMNS] = {0};
    const sur_metric *metric;

    for (int r = 0; r < t->roles; r++) width[r] = width_of(t->role[r]);
    for (sur_idx c = 0; (metric = next_metric(t, &c));) {
        first = wider(first, metric->name);
        for (int r = 0; r < t->roles; r++)
            width[r] = wider(width[r], cell_text(buffer, cell_of(t, metric, r)));
    }
    fprintf(out, "%*s", first, "");
    for (int r = 0; r < t->roles; r++) put_padded(out, t->role[r], width[r]);
    fputc('\n', out);
    for (sur_idx c = 0; (metric = next_metric(t, &c));) {
        fprintf(out, "%-*s", first, metric->name);
        for (int r = 0; r < t->roles; r++)
            put_padded(out, cell_text(buffer, cell_of(t, metric, r)), width[r]);
        fputc('\n', out);
    }
}

/* ---- on the page ---- */

/* The line may break before an interval, not within. */
static void put_cell(FILE *out, const char *text)
{
    const char *comma = strstr(text, ", ");
    if (comma)
        fprintf(out, "%.*s,&nbsp;%s", (int)(comma - text), text, comma + 2);
    else
        fputs(text, out);
}

void sur_page_roles(FILE *out, const sur_role_table *t)
{
    char buffer[SUR_INTERVAL_SIZE];
    const sur_metric *metric;

    fputs(
        "<h3>What was found</h3>\n<div class=\"scroll whole\" role=\"region\" "
        "aria-label=\"Measurements by "
        "role\" "
        "tabindex=\"0\">\n<table class=\"roles\">\n<thead><tr><th scope=\"col\">metric "
        "<small>[95 %]</small></th>",
        out);
    for (int r = 0; r < t->roles; r++) {
        fputs("<th scope=\"col\" class=\"number\">", out);
        sur_put_escaped(out, t->role[r], SUR_AS_HTML);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (sur_idx c = 0; (metric = next_metric(t, &c));) {
        fputs("<tr><th scope=\"row\" title=\"", out);
        sur_put_escaped(out, metric->help, SUR_AS_HTML);
        fputs("\">", out);
        sur_put_escaped(out, metric->label, SUR_AS_HTML);
        fputs("</th>", out);
        for (int r = 0; r < t->roles; r++) {
            fputs("<td class=\"number\">", out);
            put_cell(out, cell_text(buffer, cell_of(t, metric, r)));
            fputs("</td>", out);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody>\n</table>\n</div>\n", out);
}
