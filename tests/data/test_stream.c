/* Data sets that stay in their file: what is scanned and read by blocks is what is read
 * whole. */
#include "files.h"

enum { WIDE = 600, ROWS = 2500 }; /* some blocks of 4 MB */

/* Rows of numbers, a class and a weight; some cells missing, one row without a class.
 */
static sur_dataset wide_data(sur_idx rows)
{
    char *path = scratch("wide.csv");
    FILE *file = fopen(path, "w");
    if (!file) abort();
    for (int j = 0; j < WIDE; j++) fprintf(file, "f%d,", j);
    fprintf(file, "label,weight\n");
    for (sur_idx i = 0; i < rows; i++) {
        for (int j = 0; j < WIDE; j++) {
            if ((i + j) % 1999 == 7)
                fputc(',', file);
            else
                fprintf(file, "%d,", (int)((i * 31 + j * 17) % 1000));
        }
        fprintf(file, "%s,%d\n", i == 1700 ? "" : i % 3 ? "b" : "a", 1 + (int)(i % 5));
    }
    fclose(file);
    return read_path(path);
}

/* The same numbers, names, notes and checksum, and the same rows in any order. */
static void check_stays(const sur_data_options *options, bool streamed)
{
    char note[2][1000];
    sur_dataset held, data;
    sur_reader *reader;
    sur_mat a = {0}, b = {0};
    sur_error err = {.message = ""};
    held = read_ok(options, note[0], sizeof note[0]);
    if (sur_data_scan(&data, options, 0, note[1], sizeof note[1], &err) != SUR_OK)
        fail_msg("%s", err.message);
    CHECK(streamed == !data.x && streamed == (data.file[0] > 0));
    CHECK(data.rows == held.rows && data.cols == held.cols &&
          data.scalar == held.scalar && data.classes == held.classes &&
          data.imputed == held.imputed && data.dropped == held.dropped &&
          !data.weight == !held.weight &&
          memcmp(data.shape, held.shape, sizeof data.shape) == 0);
    CHECK_TEXT(data.checksum, held.checksum);
    CHECK_TEXT(note[1], note[0]);
    for (sur_idx i = 0; i < data.cols + 2 + data.classes; i++)
        CHECK_TEXT(sur_dataset_name(&data, i), sur_dataset_name(&held, i));
    CHECK_OK(sur_reader_open(&reader, &data, options, NULL));
    CHECK_OK(sur_mat_new(&a, 1, data.cols, NULL));
    CHECK_OK(sur_mat_new(&b, 1, data.cols, NULL));
    for (sur_idx k = 0; k < data.rows + 3; k++) {
        const sur_idx i = k < data.rows ? k : (k - data.rows) * (data.rows / 3);
        CHECK(data.target[i] == held.target[i]);
        if (data.weight) CHECK(data.weight[i] == held.weight[i]);
        if (sur_reader_rows(&a, reader, &i, &err) != SUR_OK)
            fail_msg("%s", err.message);
        sur_dataset_rows(&b, &held, &i, 0);
        for (sur_idx j = 0; j < data.cols; j++)
            if (!same_number(a.data[j], b.data[j]))
                fail_msg("row %lld, column %lld", (long long)i, (long long)j);
    }
    sur_reader_close(reader);
    sur_mat_free(&a);
    sur_mat_free(&b);
    sur_dataset view;
    size_t size;
    const void *bytes = sur_dataset_bytes(&data, &size);
    CHECK_OK(sur_dataset_view(&view, bytes, size, NULL));
    CHECK(!view.x == streamed && view.rows == data.rows);
    CHECK_TEXT(view.checksum, held.checksum);
    sur_dataset_free(&held);
    sur_dataset_free(&data);
}

static void rows_by_blocks_are_the_rows_of_the_whole(void **state)
{
    static const char *const names[] = {"wide.npz", "wide.h5"};
    (void)state;
    sur_dataset data = wide_data(ROWS);
    sur_data_options options = options_for(scratch("wide.csv"));
    options.weight = "weight";
    check_stays(&options, true);
    for (int k = 0; k < 2; k++) {
        options.data = scratch(names[k]);
        CHECK_OK(sur_data_write(options.data, &data, NULL));
        options.missing = "nan";
        options.weight = NULL;
        check_stays(&options, true);
    }
    sur_dataset_free(&data);
}

static void small_files_and_parts_of_files_may_stay(void **state)
{
    (void)state;
    sur_data_options options =
        options_for(put_text("a.csv", "a,b,y\n1,2,u\n3,,v\n5,6,u\n7,8,v\n"));
    check_stays(&options, true);
    options.columns = "b";
    options.missing = "8";
    check_stays(&options, true);
    options.data = put_gz("a.csv.gz", "1,2\n3,4\n5,6\n", 12);
    options.columns = NULL;
    check_stays(&options, true);
    const char *folder = check_data_folder();
    if (!folder) return;
    char path[4096];
    static const struct {
        const char *name, *target, *classes, *columns;
    } cases[] = {
        {"top_jet_images/jet_images.h5", NULL, "/QCD,/TT", NULL},
        {"cms_dijets/jets.h5:/jet_features/data", "Flavor.1", NULL, NULL},
        {"cms_zmumu/uproot-Zmumu.root:events", "M", NULL, NULL},
        {"cms_zmumu/uproot-Zmumu.root:events", "M", NULL, "E1,px1,Q1"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        snprintf(path, sizeof path, "%s/%s", folder, cases[k].name);
        options = options_for(path);
        options.target = (char *)(uintptr_t)cases[k].target;
        options.classes = (char *)(uintptr_t)cases[k].classes;
        options.columns = (char *)(uintptr_t)cases[k].columns;
        check_stays(&options, true);
    }
}

/* Some blocks of 4 MB out of 50 kB of entries. */
static void sparse_rows_are_laid_out_block_by_block(void **state)
{
    enum { SPARSE_ROWS = 700, SPARSE_COLS = 2000 };
    (void)state;
    char *path = scratch("sparse.svm");
    FILE *file = fopen(path, "w");
    if (!file) abort();
    for (int i = 0; i < SPARSE_ROWS; i++)
        fprintf(file, "%d %d:1.5 %d:%d\n", i % 3 ? 1 : -1, 1 + i * 7 % 900,
                901 + i * 11 % (SPARSE_COLS - 900), i);
    fclose(file);
    sur_data_options options = options_for(path);
    check_stays(&options, true);
    options.columns = "10-20,1500";
    check_stays(&options, true);
}

/* Words among the features, words that come late, formats that are read whole. */
static void what_cannot_be_read_by_blocks_is_held(void **state)
{
    (void)state;
    sur_data_options options = options_for(put_text("a.csv", "1,u,0\n2,v,1\n3,w,1\n"));
    check_stays(&options, false);
    options.data = put_text(
        "a.mtx", "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n");
    check_stays(&options, false);
    options.data = put_text("a.csv", ",1,0\n,2,1\n");
    check_stays(&options, false);
    options.data = put_text("a.csv", "1,2,0\n3,4,1\n");
    options.test_data = put_text("b.csv", "1,2,0\n");
    check_stays(&options, false);
}

static void failures_are_those_of_reading(void **state)
{
    sur_dataset data;
    sur_error a = {.message = ""}, b = {.message = ""};
    (void)state;
    const char *const texts[] = {"1,2\n3\n", "1,inf\n2,0\n", "a,b\n1,2\n"};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        sur_data_options options = options_for(put_text("a.csv", texts[k]));
        if (k == 2) options.target = "c";
        const sur_status status = sur_data_scan(&data, &options, 0, NULL, 0, &a);
        CHECK(status != SUR_OK && data.block == NULL);
        CHECK_STATUS(sur_data_read(&data, &options, NULL, 0, &b), status);
        CHECK_TEXT(a.message, b.message);
    }
}

static void a_file_that_changes_is_noticed(void **state)
{
    sur_data_options options = options_for(put_text("a.csv", "1,2\n3,4\n"));
    sur_dataset data;
    sur_reader *reader;
    sur_error err = {.message = ""};
    const sur_idx pick = 0, beyond = 2;
    double x;
    sur_mat row = {.data = &x, .rows = 1, .cols = 1, .stride = 1};
    (void)state;
    CHECK_OK(sur_data_scan(&data, &options, 0, NULL, 0, NULL));
    CHECK_OK(sur_reader_open(&reader, &data, &options, NULL));
    CHECK_OK(sur_reader_rows(&row, reader, &pick, NULL));
    CHECK(x == 1);
    CHECK_STATUS(sur_reader_rows(&row, reader, &beyond, &err), SUR_EIO);
    CHECK_CONTAINS(err.message, "fewer rows");
    put_text("a.csv", "1,2\n3,4\n5,6\n");
    if (sur_reader_rows(&row, reader, &pick, &err) != SUR_EIO)
        fail_msg("%s", err.message);
    CHECK_CONTAINS(err.message, "was changed since");
    unlink(options.data);
    CHECK_STATUS(sur_reader_rows(&row, reader, &pick, &err), SUR_EIO);
    sur_reader_close(reader);
    sur_dataset_free(&data);
}

/* The same rows in each part, and the same medians, means and deviations. */
static void a_split_is_that_of_the_data_held(void **state)
{
    (void)state;
    sur_dataset held = wide_data(400), data;
    const sur_data_options options = options_for(scratch("wide.csv"));
    sur_split a, b;
    CHECK_OK(sur_data_scan(&data, &options, 0, NULL, 0, NULL));
    CHECK_OK(sur_split_make(&a, &held, &options, 0.2, NULL));
    CHECK_OK(sur_split_make(&b, &data, &options, 0.2, NULL));
    CHECK(a.train_count == b.train_count && a.test_count == b.test_count);
    sur_idx sum[2] = {0};
    for (sur_idx i = 0; i < a.train_count; i++) {
        sum[0] += a.train[i] * a.train[i], sum[1] += b.train[i] * b.train[i];
        CHECK(i == 0 || b.train[i] > b.train[i - 1]);
        CHECK(b.label[i] == data.target[b.train[i]]);
    }
    CHECK(sum[0] == sum[1]);
    for (sur_idx j = 0; j < a.cols; j++) {
        CHECK(a.median[j] == b.median[j]);
        CHECK_NEAR(a.mean[j], b.mean[j], 0, 1e-12);
        CHECK_NEAR(a.scale[j], b.scale[j], 0, 1e-12);
    }
    sur_split_free(&a);
    sur_split_free(&b);
    sur_dataset_free(&held);
    sur_dataset_free(&data);
}

static void every_allocation_may_fail(void **state)
{
    const sur_data_options options =
        options_for(put_text("a.csv", "a,b,y\n1,2,u\n3,,v\n5,6,u\n"));
    sur_dataset data;
    sur_reader *reader = NULL;
    sur_error err;
    const sur_idx picks[2] = {2, 0};
    double x[4];
    sur_mat rows = {.data = x, .rows = 2, .cols = 2, .stride = 2};
    (void)state;
    CHECK_EVERY_ALLOCATION(sur_data_scan(&data, &options, 0, NULL, 0, &err), 5,
                           (void)0);
    CHECK(!data.x);
    CHECK_OK(sur_reader_open(&reader, &data, &options, NULL));
    CHECK_EVERY_ALLOCATION(sur_reader_rows(&rows, reader, picks, &err), 2, (void)0);
    CHECK(x[0] == 5 && x[2] == 1);
    sur_reader_close(reader);
    sur_dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_by_blocks_are_the_rows_of_the_whole),
        cmocka_unit_test(small_files_and_parts_of_files_may_stay),
        cmocka_unit_test(sparse_rows_are_laid_out_block_by_block),
        cmocka_unit_test(what_cannot_be_read_by_blocks_is_held),
        cmocka_unit_test(failures_are_those_of_reading),
        cmocka_unit_test(a_file_that_changes_is_noticed),
        cmocka_unit_test(a_split_is_that_of_the_data_held),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN_WITH_FILES(tests);
}
