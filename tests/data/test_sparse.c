/* libsvm files that are never laid out: what is said and written of them is what would
 * be said of all their cells. */
#include "files.h"

static char *info_of(const sur_data_options *options)
{
    char *text;
    sur_error err;
    if (sur_data_info(&text, options, SUR_INFO_TEXT, &err) != SUR_OK)
        fail_msg("%s", err.message);
    return text;
}

static void convert_ok(char *from, const char *to)
{
    const sur_data_options options = options_for(from);
    sur_error err;
    if (sur_data_convert(to, &options, NULL, 0, &err) != SUR_OK)
        fail_msg("%s", err.message);
}

/* Naming all columns makes the file be laid out. */
static void columns_are_described_as_if_zeros_were_there(void **state)
{
    static const char *const texts[] = {
        "1 1:0.5 3:255\n-1 2:-7 3:1\n-1 3:2\n2 1:1e-3 3:2.25\n",
        "2.5 0:1 2:4\n3.5 1:3 2:4\n4.5 2:4\n", "1 4:0 5:1\n0 4:7\n"};
    (void)state;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        sur_data_options options = options_for(put_text("a.svm", texts[k]));
        char *sparse = info_of(&options);
        options.columns = k == 2 ? "1-5" : "1-3";
        char *dense = info_of(&options);
        CHECK_CONTAINS(sparse, "cells are there");
        CHECK(!strstr(dense, "cells are there"));
        CHECK(strstr(sparse, " column") && strstr(dense, " column"));
        CHECK_TEXT(strstr(sparse, " column"), strstr(dense, " column"));
        free(sparse);
        free(dense);
    }
}

static void the_checksum_is_that_of_the_file_laid_out(void **state)
{
    (void)state;
    const sur_data_options options =
        options_for(put_text("a.svm", "1 1:2 3:255\n-1 2:7\n"));
    char *text = info_of(&options);
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK_CONTAINS(text, data.checksum);
    sur_dataset_free(&data);
    free(text);
}

/* 2000 rows of 100,000 columns take 200 MB as bytes. */
static void wide_files_are_converted_entry_by_entry(void **state)
{
    char *path = scratch("wide.svm"), *out = scratch("out.svm");
    FILE *file = fopen(path, "w");
    (void)state;
    if (!file) abort();
    fprintf(file, "1 1:2 7:0 100000:0.1\n");
    for (int i = 1; i < 2000; i++) fprintf(file, "%d %d:1\n", i % 2, 3 * i);
    fclose(file);
    const sur_data_options options = options_for(path);
    check_refused(&options, SUR_EPARSE, "too sparse to be laid out", path);
    free(info_of(&options));
    convert_ok(path, out);
    size_t size, again;
    char *text = (char *)get_bytes(out, &size);
    CHECK(strncmp(text, "1 1:2 100000:0.1\n1 3:1\n0 6:1\n", 28) == 0);
    convert_ok(out, path);
    char *same = (char *)get_bytes(path, &again);
    CHECK(size == again && memcmp(text, same, size) == 0);
    free(text);
    free(same);
}

static void what_is_converted_reads_back_the_same(void **state)
{
    (void)state;
    char *from = put_text("a.svm", "2 0:1 2:-0\n3 1:1e-300\n2 3:0\n");
    char *to = scratch("b.svm");
    convert_ok(from, to);
    sur_dataset a = read_path(from), b = read_path(to);
    check_same(&a, &b);
    sur_dataset_free(&a);
    sur_dataset_free(&b);
}

static void every_allocation_may_fail(void **state)
{
    const sur_data_options options =
        options_for(put_text("a.svm", "1 1:1 3:2\n2 2:5\n"));
    char *out = scratch("out.svm"), *text = NULL, note[200];
    sur_error err;
    (void)state;
    CHECK_EVERY_ALLOCATION(sur_data_convert(out, &options, note, sizeof note, &err), 8,
                           (void)0);
    CHECK_EVERY_ALLOCATION(sur_data_info(&text, &options, SUR_INFO_JSON, &err), 8,
                           free(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_described_as_if_zeros_were_there),
        cmocka_unit_test(the_checksum_is_that_of_the_file_laid_out),
        cmocka_unit_test(wide_files_are_converted_entry_by_entry),
        cmocka_unit_test(what_is_converted_reads_back_the_same),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN_WITH_FILES(tests);
}
