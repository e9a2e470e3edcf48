/* write_libsvm.c -- a data set as libsvm text: "target number:value ...", numbers from
 * 1, zeros left out. The last feature of the first row is always there, so that the
 * width is kept; 17 digits where needed. */
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

static sur_status check(const sur_dataset *data, const char *path, sur_error *err)
{
    const char *name = sur_dataset_name(data, data->cols + 2);
    if (data->imputed || data->weight || data->test_rows)
        return sur_fail(err, SUR_EINVAL, "%s: libsvm has no place for %s", path,
                        data->imputed  ? "missing cells"
                        : data->weight ? "weights"
                                       : "a test part; write it to a file of its own");
    for (sur_idx k = 0; k < data->classes; k++, name += strlen(name) + 1) {
        double x;
        const char *end = sur_number_read(name, &x);
        if (!end || *end)
            return sur_fail(err, SUR_EINVAL,
                            "%s: libsvm has numbers for classes, not \"%.60s\"", path,
                            name);
    }
    return SUR_OK;
}

sur_status sur_libsvm_classes(const char ***classes, const sur_dataset *data,
                              const char *path, sur_error *err)
{
    sur_status status = check(data, path, err);
    if (status == SUR_OK)
        status = sur_alloc(classes, data->classes, sizeof **classes, err);
    if (status != SUR_OK) return status;
    const char *name = sur_dataset_name(data, data->cols + 2);
    for (sur_idx k = 0; k < data->classes; k++, name += strlen(name) + 1)
        (*classes)[k] = name;
    return SUR_OK;
}

static void put_row(FILE *file, const sur_dataset *data, const double *row, sur_idx i,
                    const char *target)
{
    char text[32];
    fputs(target, file);
    for (sur_idx j = 0; j < data->cols; j++) {
        const bool zero = row[j] == 0.0 && !signbit(row[j]);
        if (zero && !(i == 0 && j == data->cols - 1)) continue;
        fprintf(file, " %lld:%s", (long long)j + 1, sur_number_text(row[j], text));
    }
    putc('\n', file);
}

sur_status sur_write_libsvm(const char *path, const sur_dataset *data, sur_error *err)
{
    double *row = NULL;
    const char **classes = NULL;
    char text[32];
    FILE *file = NULL;
    sur_status status;
    SUR_TRY(sur_libsvm_classes(&classes, data, path, err));
    SUR_TRY(sur_alloc(&row, data->cols, sizeof *row, err));
    file = fopen(path, "w");
    SUR_FAIL_IF(!file, SUR_EWRITE, "%s: %s", path, strerror(errno));
    sur_mat one = {.data = row, .rows = 1, .cols = data->cols, .stride = data->cols};
    for (sur_idx i = 0; i < data->rows && !ferror(file); i++) {
        sur_dataset_rows(&one, data, NULL, i);
        put_row(file, data, row, i,
                data->classes ? classes[(sur_idx)data->target[i]]
                              : sur_number_text(data->target[i], text));
    }
    status = sur_write_end(&file, path, err);
done:
    if (file) fclose(file);
    free(row);
    free(classes);
    return status;
}
