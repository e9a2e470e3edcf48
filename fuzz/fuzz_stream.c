/* fuzz_stream.c -- any bytes may be a file whose features stay there: scanned and read
 * block by block by another process they are what they are when read whole, or refused
 * where that is. The first byte says how they are read, and whether what takes one more
 * process is tried, too: a refusal, and a file that is begun anew. */
#include "shared_counters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same rows in order, then the first again, for which the file is begun anew. */
static void check_rows(const sur_dataset *data, const sur_dataset *held,
                       const sur_data_options *options, int again)
{
    sur_reader *reader = NULL;
    sur_mat a = {0}, b = {0};
    must(sur_reader_open(&reader, data, options, NULL) == SUR_OK);
    must(sur_mat_new(&a, 1, data->cols, NULL) == SUR_OK);
    must(sur_mat_new(&b, 1, data->cols, NULL) == SUR_OK);
    for (sur_idx k = 0; k < data->rows + again; k++) {
        const sur_idx i = k % data->rows;
        must(sur_reader_rows(&a, reader, &i, NULL) == SUR_OK);
        sur_dataset_rows(&b, held, &i, 0);
        must(data->target[i] == held->target[i]);
        must(!data->weight || data->weight[i] == held->weight[i]);
        for (sur_idx j = 0; j < data->cols; j++)
            must(a.data[j] == b.data[j] || (isnan(a.data[j]) && isnan(b.data[j])));
    }
    sur_mat_free(&a);
    sur_mat_free(&b);
    sur_reader_close(reader);
}

static void check_stays(const sur_data_options *options, int often)
{
    sur_dataset data, held;
    sur_error err = {.message = ""};
    const sur_status whole = sur_data_read(&held, options, NULL, 0, NULL);
    if (whole != SUR_OK && !often) return;
    const sur_status status = sur_data_scan(&data, options, 0, NULL, 0, &err);
    must((status == SUR_OK) == (whole == SUR_OK));
    if (status != SUR_OK) {
        must(!data.block && *err.message && !strchr(err.message, '\n'));
        return;
    }
    must(data.rows == held.rows && data.cols == held.cols &&
         data.scalar == held.scalar && data.classes == held.classes &&
         data.imputed == held.imputed && data.dropped == held.dropped &&
         !data.weight == !held.weight && strcmp(data.checksum, held.checksum) == 0);
    for (sur_idx i = 0; i < data.cols + 2 + data.classes; i++)
        must(strcmp(sur_dataset_name(&data, i), sur_dataset_name(&held, i)) == 0);
    if (data.rows <= 500 && data.cols <= 1000) check_rows(&data, &held, options, often);
    sur_dataset_free(&data);
    sur_dataset_free(&held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int begun;
    char codes[] = "-999,nan,inf,-inf,NA", first[] = "1", last[] = "2";
    sur_data_options options = {0};
    if (!begun) share_counters();
    begun = 1;
    if (size < 2 || size > 1 << 14) return 0;
    if (data[0] & 1) options.missing = codes;
    if (data[0] & 2) options.target = first, options.weight = last;
    if (data[0] & 4) options.task = SUR_REGRESSION;
    options.data = path_of_bytes(data + 1, size - 1);
    check_stays(&options, data[0] >> 3 & 1);
    return 0;
}
