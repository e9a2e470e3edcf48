/* write_csv.c -- a data set as CSV that reads back the same: 17 digits where needed. */
#include "data/write.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *text)
{
    double x;
    const char *end = sur_number_read(text, &x);
    return end && !*end;
}

/* Quotes where the text would otherwise be read as something else. */
static void put_text(FILE *file, const char *text)
{
    const size_t length = strlen(text);
    const bool blank = length && (text[0] == ' ' || text[length - 1] == ' ');
    if (!blank && !strpbrk(text, ",;\t\"\r\n#")) {
        fputs(text, file);
        return;
    }
    putc('"', file);
    for (; *text; text++) {
        if (*text == '"') putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

/* A line of names can be told from a line of numbers if none is a number or empty. */
static bool has_header(const sur_dataset *data)
{
    const char *name = data->column_names;
    for (sur_idx j = 0; j < data->cols + 2; j++, name += strlen(name) + 1)
        if ((!*name || is_number(name)) && (j != data->cols + 1 || data->weight))
            return false;
    return true;
}

static void put_header(FILE *file, const sur_dataset *data)
{
    const char *name = data->column_names;
    for (sur_idx j = 0; j < data->cols; j++, name += strlen(name) + 1) {
        put_text(file, name);
        putc(',', file);
    }
    const char *target = name;
    if (data->weight) {
        put_text(file, target + strlen(target) + 1);
        putc(',', file);
    }
    put_text(file, target);
    putc('\n', file);
}

static void put_number(FILE *file, double x)
{
    char text[32];
    if (!isnan(x)) fputs(sur_number_text(x, text), file);
}

sur_status sur_write_csv(const char *path, const sur_dataset *data, sur_error *err)
{
    const sur_idx d = data->cols;
    double *row = NULL;
    const char **classes = NULL;
    FILE *file = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&row, d, sizeof *row, err));
    SUR_TRY(sur_alloc(&classes, data->classes, sizeof *classes, err));
    const char *name = sur_dataset_name(data, d + 2);
    for (sur_idx k = 0; k < data->classes; k++, name += strlen(name) + 1)
        classes[k] = name;
    file = fopen(path, "w");
    SUR_FAIL_IF(!file, SUR_EWRITE, "%s: %s", path, strerror(errno));
    if (has_header(data)) put_header(file, data);
    sur_mat one = {.data = row, .rows = 1, .cols = d, .stride = d};
    for (sur_idx i = 0; i < data->rows && !ferror(file); i++) {
        sur_dataset_rows(&one, data, NULL, i);
        for (sur_idx j = 0; j < d; j++) {
            put_number(file, row[j]);
            putc(',', file);
        }
        if (data->weight) {
            put_number(file, data->weight[i]);
            putc(',', file);
        }
        if (data->classes)
            put_text(file, classes[(sur_idx)data->target[i]]);
        else
            put_number(file, data->target[i]);
        putc('\n', file);
    }
    const bool failed = ferror(file) != 0;
    const bool unclosed = fclose(file) != 0;
    file = NULL;
    SUR_FAIL_IF(failed || unclosed, SUR_EWRITE, "%s: %s", path, strerror(errno));
done:
    if (file) fclose(file);
    free(row);
    free(classes);
    return status;
}
