/* select.c -- which column of a file is the target, the weight, a feature. */
#include "data/select.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void sur_note_add(sur_note *note, const char *fmt, ...)
{
    if (!note->text || note->used + 1 >= note->size) return;
    va_list args;
    va_start(args, fmt);
    const int length =
        vsnprintf(note->text + note->used, note->size - note->used, fmt, args);
    va_end(args);
    note->used += length < 0 ? 0 : (size_t)length;
    if (note->used >= note->size) note->used = note->size - 1;
}

/* ---- finding a column ---- */

/* A whole number of at most nine digits, the entire text; -1 otherwise. */
static sur_idx whole_number(const char *text, size_t length)
{
    sur_idx n = 0;
    if (length == 0 || length > 9) return -1;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        n = 10 * n + (text[i] - '0');
    }
    return n;
}

static sur_status no_such(const sur_table *table, const char *option, const char *name,
                          sur_error *err)
{
    const char **names = NULL;
    const char *nearest = NULL;
    sur_idx count = 0;
    if (table->cols <= 4096 &&
        sur_alloc(&names, table->cols, sizeof *names, NULL) == SUR_OK) {
        for (sur_idx j = 0; j < table->cols; j++)
            if (table->column[j].name) names[count++] = table->column[j].name;
        nearest = sur_nearest(name, names, count);
    }
    free(names);
    const sur_label shown = sur_shown(name, (sur_idx)strlen(name));
    if (nearest)
        return sur_fail(err, SUR_EINVAL,
                        "%s: %s has no column \"%s\"; did you mean \"%s\"?", option,
                        table->file, shown.text,
                        sur_shown(nearest, (sur_idx)strlen(nearest)).text);
    return sur_fail(err, SUR_EINVAL, "%s: %s has no column \"%s\" among its %lld",
                    option, table->file, shown.text, (long long)table->cols);
}

/* A name first; then a number from 1, or "x3" for a column without a name. *column is
 * -1 if there is none. */
static sur_status look_up(const sur_table *table, const char *option, const char *name,
                          sur_idx *column, sur_error *err)
{
    sur_idx found = 0;
    *column = -1;
    for (sur_idx j = 0; j < table->cols; j++) {
        if (!table->column[j].name || strcmp(table->column[j].name, name) != 0)
            continue;
        if (found++ == 0) *column = j;
    }
    if (found > 1)
        return sur_fail(
            err, SUR_EINVAL,
            "%s: %lld columns are called \"%s\"; say the number of the one you "
            "mean (the first is %lld)",
            option, (long long)found, sur_column_label(table, *column).text,
            (long long)*column + 1);
    if (found) return SUR_OK;
    const bool letter = *name == 'x';
    const sur_idx n = whole_number(name + letter, strlen(name + letter));
    if (n >= 1 && n <= table->cols && !(letter && table->column[n - 1].name))
        *column = n - 1;
    return SUR_OK;
}

static sur_status find(const sur_table *table, const char *option, const char *name,
                       sur_idx *column, sur_error *err)
{
    const sur_status status = look_up(table, option, name, column, err);
    if (status == SUR_OK && *column < 0) return no_such(table, option, name, err);
    return status;
}

/* Marks the columns of a list of names, numbers and ranges of numbers. */
static sur_status mark(bool *marked, const sur_table *table, const char *option,
                       const char *list, sur_error *err)
{
    char **items = NULL;
    sur_idx count = 0;
    sur_status status;
    SUR_TRY(sur_list_split(&items, &count, list, err));
    for (sur_idx i = 0; i < count; i++) {
        sur_idx column;
        SUR_TRY(look_up(table, option, items[i], &column, err));
        if (column >= 0) {
            marked[column] = true;
            continue;
        }
        const char *dash = strchr(items[i], '-');
        const sur_idx from =
            dash ? whole_number(items[i], (size_t)(dash - items[i])) : -1;
        const sur_idx to = dash ? whole_number(dash + 1, strlen(dash + 1)) : -1;
        if (from < 1 || to < from || to > table->cols) {
            status = no_such(table, option, items[i], err);
            goto done;
        }
        for (sur_idx j = from; j <= to; j++) marked[j - 1] = true;
    }
done:
    free(items);
    return status;
}

/* ---- choosing ---- */

static bool is_empty(const sur_table *table, sur_idx column)
{
    for (sur_idx i = 0; i < table->rows; i++)
        if (!isnan(sur_table_get(table, i, column))) return false;
    return true;
}

/* A column named label, target, class or y, in this order of preference; the one the
 * format itself names; the last of the matrix. */
static sur_idx default_target(const sur_table *table, const bool *dropped,
                              sur_idx weight, const char **why)
{
    static const char *const names[] = {"label", "target", "class", "y"};
    *why = "by its name";
    if (table->target >= 0 && !dropped[table->target] && table->target != weight)
        return table->target;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        for (sur_idx j = 0; j < table->cols; j++)
            if (table->column[j].name && !dropped[j] && j != weight &&
                strcasecmp(table->column[j].name, names[k]) == 0)
                return j;
    *why = "the last column";
    sur_idx last = table->matrix_cols ? table->matrix_cols : table->cols;
    while (last > 0 &&
           (dropped[last - 1] || last - 1 == weight || is_empty(table, last - 1)))
        last--;
    return last - 1;
}

static sur_status choose_target(sur_selection *s, const sur_table *table,
                                const bool *dropped, const char *asked, sur_note *note,
                                sur_error *err)
{
    const char *why = "as asked";
    sur_status status = SUR_OK;
    if (asked && *asked) {
        SUR_TRY(find(table, "--target", asked, &s->target, err));
        SUR_FAIL_IF(dropped[s->target], SUR_EINVAL, "--drop leaves out the target, %s",
                    sur_column_label(table, s->target).text);
        SUR_FAIL_IF(s->target == s->weight, SUR_EINVAL,
                    "target and weight are the same column, %s", asked);
        SUR_FAIL_IF(is_empty(table, s->target), SUR_EPARSE,
                    "%s: the target column, %s, holds no value", table->file,
                    sur_column_label(table, s->target).text);
    } else {
        s->target = default_target(table, dropped, s->weight, &why);
        SUR_FAIL_IF(s->target < 0, SUR_EINVAL, "%s: no column is left for a target",
                    table->file);
        SUR_FAIL_IF(is_empty(table, s->target), SUR_EPARSE,
                    "%s: the target column, %s, holds no value", table->file,
                    sur_column_label(table, s->target).text);
        sur_note_add(note, "target: column %lld, %s (%s)\n", (long long)s->target + 1,
                     sur_column_label(table, s->target).text, why);
    }
done:
    return status;
}

static sur_status choose_weight(sur_selection *s, const sur_table *table,
                                const bool *dropped, const char *asked, sur_note *note,
                                sur_error *err)
{
    s->weight = -1;
    if (asked && *asked) return find(table, "--weight", asked, &s->weight, err);
    if (table->weight < 0 || dropped[table->weight]) return SUR_OK;
    s->weight = table->weight;
    sur_note_add(note, "weight: column %lld, %s (by its name)\n",
                 (long long)s->weight + 1, sur_column_label(table, s->weight).text);
    return SUR_OK;
}

/* Columns without any value are left out; the note names the first of them. */
static void leave_out_empty(sur_selection *s, const sur_table *table, sur_note *note)
{
    sur_idx first = -1, empty = 0;
    for (sur_idx j = 0; j < table->cols; j++) {
        if (!s->feature[j] || !is_empty(table, j)) continue;
        s->feature[j] = false;
        if (empty++ == 0) first = j;
    }
    if (empty == 1)
        sur_note_add(note, "column %lld, %s, holds no value and is left out\n",
                     (long long)first + 1, sur_column_label(table, first).text);
    else if (empty > 1)
        sur_note_add(note,
                     "%lld columns hold no value and are left out (the first: %lld)\n",
                     (long long)empty, (long long)first + 1);
}

sur_status sur_selection_make(sur_selection *s, const sur_table *table,
                              const sur_data_options *options, sur_note *note,
                              sur_error *err)
{
    const bool asked = options->columns && *options->columns;
    bool *dropped = NULL;
    sur_status status;

    *s = (sur_selection){.target = -1, .weight = -1};
    SUR_TRY(sur_alloc(&s->feature, table->cols, sizeof *s->feature, err));
    SUR_TRY(sur_alloc(&dropped, table->cols, sizeof *dropped, err));
    SUR_TRY(mark(dropped, table, "--drop", options->drop, err));
    SUR_TRY(mark(s->feature, table, "--columns", options->columns, err));
    SUR_TRY(choose_weight(s, table, dropped, options->weight, note, err));
    SUR_TRY(choose_target(s, table, dropped, options->target, note, err));
    for (sur_idx j = 0; j < table->cols; j++) {
        const bool usual = j < table->matrix_cols || table->matrix_cols == 0;
        s->feature[j] = (asked ? s->feature[j] : usual) && !dropped[j] &&
                        j != s->target && j != s->weight;
    }
    leave_out_empty(s, table, note);
    for (sur_idx j = 0; j < table->cols; j++) s->features += s->feature[j];
    SUR_FAIL_IF(s->features == 0, SUR_EINVAL,
                "%s: no column is left to learn from beside the target, %s",
                table->file, sur_column_label(table, s->target).text);
done:
    free(dropped);
    return status;
}

void sur_selection_free(sur_selection *s)
{
    free(s->feature);
    *s = (sur_selection){0};
}
