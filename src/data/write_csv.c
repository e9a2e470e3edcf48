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
#include <strings.h>

/* Whether a name would be taken for a number, and the line of names for a row. */
static bool is_number(const char *text)
{
    double x;
    const char *end = sur_number_read(text, &x);
    const char *letters = text + (*text == '-' || *text == '+');
    return (end && !*end) || strcasecmp(letters, "nan") == 0 ||
           strcasecmp(letters, "inf") == 0 || strcasecmp(letters, "infinity") == 0;
}

/* Words with which a file of another format begins (the probes of readers.c). */
static bool is_magic(const char *text)
{
    static const char *const words[] = {"%%MatrixMarket", "MATLAB", "root"};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strncmp(text, words[k], strlen(words[k])) == 0) return true;
    return false;
}

/* Whether the text would be read as something else without quotes. */
static bool needs_quotes(const char *text)
{
    const size_t length = strlen(text);
    bool odd = is_magic(text);
    odd |= length && (text[0] == ' ' || text[length - 1] == ' ' ||
                      (unsigned char)text[0] >= 0x80);
    for (const char *c = text; *c; c++)
        odd |=
            (unsigned char)*c < ' ' || *c == ',' || *c == ';' || *c == '"' || *c == '#';
    return odd;
}

static void put_text(FILE *file, const char *text)
{
    if (!needs_quotes(text)) {
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

/* A name that is a number gets an x before it. */
static void put_name(FILE *file, const char *name, char end)
{
    if (is_number(name) || !*name) putc('x', file);
    put_text(file, name);
    putc(end, file);
}

static void put_header(FILE *file, const sur_dataset *data)
{
    const char *name = data->column_names;
    for (sur_idx j = 0; j < data->cols; j++, name += strlen(name) + 1)
        put_name(file, name, ',');
    if (data->weight) put_name(file, name + strlen(name) + 1, ',');
    put_name(file, name, '\n');
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
    put_header(file, data);
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
    status = sur_write_end(&file, path, err);
done:
    if (file) fclose(file);
    free(row);
    free(classes);
    return status;
}
