/* classes.c -- is it classification, and which class is each row of? */
#include "data/columns.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sur_classes_free(sur_classes *classes)
{
    free(classes->number);
    *classes = (sur_classes){0};
}

/* The place of x among sorted numbers: of the first that is not smaller. */
static sur_idx place_of(const double *sorted, sur_idx count, double x)
{
    sur_idx low = 0, high = count;
    while (low < high) {
        const sur_idx middle = low + (high - low) / 2;
        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Collects the different values, sorted; stops, with *count > most, when there are
 * more, or when one is not whole and only whole ones are classes. */
static void collect(double *sorted, sur_idx *count, sur_idx most, const double *x,
                    sur_idx rows, bool whole)
{
    *count = 0;
    for (sur_idx i = 0; i < rows; i++) {
        if (isnan(x[i])) continue;
        const sur_idx at = place_of(sorted, *count, x[i]);
        if (at < *count && sorted[at] == x[i]) continue;
        if (*count == most || (whole && x[i] != floor(x[i]))) {
            *count = most + 1;
            return;
        }
        memmove(sorted + at + 1, sorted + at, (size_t)(*count - at) * sizeof *sorted);
        sorted[at] = x[i] + 0.0; /* -0 is 0 */
        ++*count;
    }
}

static sur_status number_classes(sur_classes *classes, double *target,
                                 const sur_table *table, sur_idx column, sur_task task,
                                 sur_error *err)
{
    const bool asked = task == SUR_CLASSIFICATION;
    const sur_idx most = asked ? SUR_MOST_WORDS : SUR_MOST_AUTO_CLASSES;
    sur_idx count;
    if (task == SUR_REGRESSION) return SUR_OK;
    const sur_status status =
        sur_alloc(&classes->number, most + 1, sizeof(double), err);
    if (status != SUR_OK) return status;
    collect(classes->number, &count, most, target, table->rows, !asked);
    if (count > most && asked)
        return sur_fail(
            err, SUR_EINVAL,
            "%s: the target, %s, has more than %d different values: too many "
            "classes",
            table->file, sur_column_label(table, column).text, SUR_MOST_WORDS);
    if (count > most) {
        sur_classes_free(classes);
        return SUR_OK;
    }
    classes->count = count;
    for (sur_idx i = 0; i < table->rows; i++)
        if (!isnan(target[i]))
            target[i] = (double)place_of(classes->number, count, target[i]);
    return SUR_OK;
}

static sur_status word_classes(sur_classes *classes, double *target,
                               const sur_table *table, sur_idx column, sur_task task,
                               sur_error *err)
{
    const sur_words *words = table->column[column].words;
    const sur_label label = sur_column_label(table, column);
    double *rank = NULL;
    sur_status status = SUR_OK;

    SUR_FAIL_IF(
        words->numbers && (words->many || words->count > SUR_MOST_AUTO_CLASSES ||
                           task == SUR_REGRESSION),
        SUR_EPARSE,
        "%s:%lld: \"%s\" in the target column, %s, is not a number (if it means a "
        "missing value: --missing)",
        table->file, (long long)words->line, words->example, label.text);
    SUR_FAIL_IF(task == SUR_REGRESSION, SUR_EINVAL,
                "%s: the target, %s, is text (\"%s\"), which has no regression",
                table->file, label.text, words->example);
    SUR_FAIL_IF(words->many, SUR_EINVAL,
                "%s: the target, %s, is text with more than %d different words or very "
                "long ones",
                table->file, label.text, SUR_MOST_WORDS);
    SUR_TRY(sur_alloc(&rank, words->count, sizeof *rank, err));
    for (sur_idx k = 0; k < words->count; k++) rank[words->order[k]] = (double)k;
    for (sur_idx i = 0; i < table->rows; i++)
        if (!isnan(target[i])) target[i] = rank[(sur_idx)target[i]];
    classes->words = words;
    classes->count = words->count;
done:
    free(rank);
    return status;
}

sur_status sur_classes_make(sur_classes *classes, double *target,
                            const sur_table *table, sur_idx column, sur_task task,
                            sur_error *err)
{
    *classes = (sur_classes){0};
    if (table->column[column].words)
        return word_classes(classes, target, table, column, task, err);
    return number_classes(classes, target, table, column, task, err);
}
