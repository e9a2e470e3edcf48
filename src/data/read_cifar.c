/* read_cifar.c -- CIFAR-10 and CIFAR-100 in their binary form: one label byte
 * (CIFAR-100: coarse, then fine) and 3072 bytes of pixels, plane by plane. There is no
 * head: the extension and the size tell. Source: A. Krizhevsky, "Learning multiple
 * layers of features from tiny images", 2009. */
#include "data/reader.h"
#include "data/slurp.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PIXELS = 3 * 32 * 32 };

static bool suits(const sur_source *source)
{
    size_t length = strlen(source->path);
    if (length > 3 && strcasecmp(source->path + length - 3, ".gz") == 0) length -= 3;
    if (length < 4 || strncasecmp(source->path + length - 4, ".bin", 4) != 0)
        return false;
    return source->unpack || source->zstd || source->in_tar || source->size < 0 ||
           source->size % (PIXELS + 1) == 0 || source->size % (PIXELS + 2) == 0;
}

static sur_status add_labels(sur_table *table, const char *name, const char *bytes,
                             sur_idx step, sur_error *err)
{
    sur_status status = sur_table_add_column(table, name, err);
    if (status != SUR_OK) return status;
    double **values = &table->column[table->cols - 1].values;
    status = sur_alloc(values, table->rows, sizeof **values, err);
    for (sur_idx i = 0; status == SUR_OK && i < table->rows; i++)
        (*values)[i] = (double)(unsigned char)bytes[i * step];
    return status;
}

static bool labels_are_below(const char *bytes, sur_idx count, sur_idx step, int most)
{
    for (sur_idx i = 0; i < count; i += step)
        if ((unsigned char)bytes[i] >= most) return false;
    return true;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    char *bytes = NULL;
    sur_idx count;
    sur_status status;
    (void)test, (void)request;
    SUR_TRY(sur_source_slurp(source, &bytes, &count, err));
    const bool ten =
        count % (PIXELS + 1) == 0 && labels_are_below(bytes, count, PIXELS + 1, 10);
    const sur_idx labels = ten ? 1 : 2, step = PIXELS + labels;
    SUR_FAIL_IF(count == 0 || count % step != 0, SUR_EPARSE,
                "%s: %lld bytes are no whole number of CIFAR images", source->name,
                (long long)count);
    SUR_FAIL_IF(!ten && (!labels_are_below(bytes, count, step, 20) ||
                         !labels_are_below(bytes + 1, count - 1, step, 100)),
                SUR_EPARSE, "%s: a label is out of range: no CIFAR images",
                source->name);
    table->scalar = SUR_U8;
    SUR_TRY(sur_table_add_matrix(table, PIXELS, source, err));
    SUR_TRY(sur_table_reserve(table, count / step, err));
    table->rows = count / step;
    for (sur_idx i = 0; i < table->rows; i++)
        memcpy((char *)sur_table_cells(table) + i * PIXELS, bytes + i * step + labels,
               PIXELS);
    if (!ten) SUR_TRY(add_labels(table, "coarse_label", bytes, step, err));
    table->target = table->cols;
    SUR_TRY(add_labels(table, "label", bytes + labels - 1, step, err));
    table->shape[0] = 3, table->shape[1] = table->shape[2] = 32;
done:
    free(bytes);
    return status;
}

const sur_format sur_format_cifar = {
    .name = "CIFAR", .extensions = "", .suits = suits, .read = read_table};
