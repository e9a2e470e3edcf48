#include "files.h"

#include <png.h>

#include <zstd.h>

/* ---- libsvm ---- */

static void libsvm_rows_are_laid_out_in_the_narrowest_type(void **state)
{
    static const struct {
        const char *text;
        sur_scalar scalar;
    } cases[] = {{"1 1:1 3:255\n-1 2:7\n\n-1\n", SUR_U8},
                 {"1 1:0.5 3:255\n-1 2:-7\n-1 \n", SUR_F32},
                 {"1 1:0.1 3:255 # comment\n-1 2:7\n-1", SUR_F64}};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        sur_dataset data = read_path(put_text("a.data", cases[k].text));
        CHECK(data.rows == 3 && data.cols == 3 && data.classes == 2);
        CHECK(data.scalar == cases[k].scalar);
        CHECK(at(&data, 0, 2) == 255 && at(&data, 0, 1) == 0 && at(&data, 2, 1) == 0);
        CHECK(data.target[0] == 1 && data.target[1] == 0);
        sur_dataset_free(&data);
    }
    sur_dataset zero = read_path(put_text("a.data", "2.5 0:1 2:4\n3.5 1:3\n"));
    CHECK(zero.cols == 3 && at(&zero, 0, 0) == 1 && zero.target[0] == 2.5);
    sur_dataset_free(&zero);
}

static void bad_libsvm_lines_are_refused_with_their_number(void **state)
{
    static const char *const cases[][2] = {
        {"1 1:1\n1 2:1 1:1\n", ":2: numbers do not ascend"},
        {"1 1:1\n1 1:x\n", ":2: no finite number"},
        {"1 1:1\nspam 1:2\n", ":2: no target"},
        {"1 1:1\n1 3000000000:2\n", ":2: a number too large"},
        {"1 1:1\n1,2 1:2\n", ":2: several targets"},
        {"1 1:1\n1 2000000000:1\n1 1:1\n", "too sparse"},
        {"1 60000000:1\n", ": 60000000 columns are more than such a file"},
        {"1 200000:1\n", ": 200000 columns are more than such a file"},
        {"1 1:1\n1 2\n", ":2: no number:value"}};
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const sur_data_options options = options_for(put_text("a.svm", cases[k][0]));
        sur_dataset data;
        sur_error err = {.message = ""};
        const sur_status status = sur_data_read(&data, &options, NULL, 0, &err);
        /* the first line decides the format, where it is all that is looked at */
        CHECK(status == SUR_EPARSE);
        if (!strstr(err.message, "does not begin"))
            CHECK_CONTAINS(err.message, cases[k][1]);
    }
}

static void a_width_that_is_only_claimed_is_refused(void **state)
{
    static const unsigned char idx[] = {0, 0, 8, 2, 0, 0, 0, 1, 2, 0, 0, 0, 7};
    static const char market[] =
        "%%MatrixMarket matrix coordinate real general\n1 8000000 1\n1 1 1\n";
    sur_error err = {.message = ""};
    sur_dataset data;
    (void)state;
    const sur_data_options options[] = {
        options_for(put_text("wide.mtx", market)),
        options_for(put_bytes("wide.idx", idx, sizeof idx))};
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
        CHECK(sur_data_read(&data, &options[k], NULL, 0, &err) == SUR_EPARSE);
        CHECK_CONTAINS(err.message, "columns are more than such a file");
    }
}

static void libsvm_written_reads_back_the_same(void **state)
{
    (void)state;
    sur_dataset a = read_text("1,0,0.1,7\n0,0,-0,8\n-1e-300,2,0,7\n");
    char *path = scratch("out.libsvm");
    CHECK_OK(sur_data_write(path, &a, NULL));
    sur_dataset b = read_path(path);
    CHECK(a.rows == b.rows && a.cols == b.cols && a.classes == b.classes);
    for (sur_idx i = 0; i < a.rows; i++) {
        CHECK(a.target[i] == b.target[i]);
        for (sur_idx j = 0; j < a.cols; j++)
            CHECK(same_number(at(&a, i, j), at(&b, i, j)));
    }
    sur_dataset_free(&a);
    sur_dataset_free(&b);
    sur_dataset text = read_text("1,a\n2,b\n");
    sur_error err;
    CHECK_STATUS(sur_data_write(path, &text, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "numbers for classes");
    sur_dataset_free(&text);
}

/* ---- IDX and CIFAR ---- */

static size_t put_idx(unsigned char *to, int type, int dims, const uint32_t *shape)
{
    const unsigned char head[4] = {0, 0, (unsigned char)type, (unsigned char)dims};
    memcpy(to, head, 4);
    for (int k = 0; k < dims; k++)
        for (int b = 0; b < 4; b++)
            to[4 + 4 * k + b] = (unsigned char)(shape[k] >> (24 - 8 * b));
    return (size_t)(4 + 4 * dims);
}

static void images_find_their_labels(void **state)
{
    unsigned char bytes[64];
    const uint32_t shape[3] = {3, 2, 2}, count = 3;
    (void)state;
    size_t n = put_idx(bytes, 8, 3, shape);
    for (int k = 0; k < 12; k++) bytes[n++] = (unsigned char)(20 * k);
    char *images = put_gz("t-images-idx3-ubyte.gz", bytes, n);
    n = put_idx(bytes, 8, 1, &count);
    memcpy(bytes + n, "\1\0\1", 3);
    char *labels = put_gz("t-labels-idx1-ubyte.gz", bytes, n + 3);
    for (int asked = 0; asked < 2; asked++) {
        sur_data_options options = options_for(images);
        options.labels = asked ? labels : NULL;
        sur_dataset data = read_ok(&options, NULL, 0);
        CHECK(data.rows == 3 && data.cols == 4 && data.scalar == SUR_U8);
        CHECK(data.shape[0] == 1 && data.shape[1] == 2 && data.classes == 2);
        CHECK(at(&data, 2, 3) == 220 && data.target[1] == 0 && data.target[2] == 1);
        sur_dataset_free(&data);
    }
}

static void idx_numbers_are_big_endian(void **state)
{
    unsigned char bytes[64];
    static const struct {
        int type;
        const char *numbers;
        size_t count;
        double first, second;
    } cases[] = {{0x09, "\xff\x02", 2, -1, 2},
                 {0x0b, "\xff\xfe\x01\x00", 4, -2, 256},
                 {0x0c, "\xff\xff\xff\xfd\x00\x01\x00\x00", 8, -3, 65536},
                 {0x0d, "\x3f\x80\x00\x00\xc0\x00\x00\x00", 8, 1, -2},
                 {0x0e, "\x3f\xf8\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0", 16, 1.5, -2}};
    (void)state;
    for (size_t k = 0; k < 5; k++) {
        const uint32_t shape[2] = {2, 2};
        size_t n = put_idx(bytes, cases[k].type, 2, shape);
        memcpy(bytes + n, cases[k].numbers, cases[k].count);
        memcpy(bytes + n + cases[k].count, cases[k].numbers, cases[k].count);
        sur_data_options options =
            options_for(put_bytes("a.idx", bytes, n + 2 * cases[k].count));
        options.task = SUR_REGRESSION;
        sur_dataset data = read_ok(&options, NULL, 0);
        CHECK(data.cols == 1 && at(&data, 0, 0) == cases[k].first);
        CHECK(data.target[0] == cases[k].second);
        sur_dataset_free(&data);
        options.data = put_bytes("a.idx", bytes, n + cases[k].count);
        check_refused(&options, SUR_EPARSE, "of 4 numbers", "a.idx");
    }
}

static void cifar_is_told_by_its_size_and_labels(void **state)
{
    static unsigned char bytes[2 * 3074];
    (void)state;
    bytes[0] = 9, bytes[3073] = 4, bytes[3073 + 1] = 77;
    sur_dataset ten = read_path(put_bytes("a.bin", bytes, 2 * 3073));
    CHECK(ten.rows == 2 && ten.cols == 3072 && ten.shape[0] == 3 && ten.shape[2] == 32);
    CHECK(ten.target[0] == 1 && at(&ten, 1, 0) == 77);
    sur_dataset_free(&ten);
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 3, bytes[1] = 42, bytes[3074] = 5, bytes[3075] = 99;
    sur_data_options options = options_for(put_bytes("a.bin", bytes, 2 * 3074));
    sur_dataset fine = read_ok(&options, NULL, 0);
    CHECK_TEXT(sur_dataset_name(&fine, 3072 + 2 + 1), "99");
    sur_dataset_free(&fine);
    options.target = "coarse_label";
    sur_dataset coarse = read_ok(&options, NULL, 0);
    CHECK_TEXT(sur_dataset_name(&coarse, 3072 + 2), "3");
    sur_dataset_free(&coarse);
    bytes[0] = 200;
    options.data = put_bytes("a.bin", bytes, 2 * 3074);
    check_refused(&options, SUR_EPARSE, "label is out of range", "a.bin");
}

/* ---- matrices ---- */

static void matrix_market_knows_its_kinds_and_symmetries(void **state)
{
    static const struct {
        const char *text;
        double want[4];
    } cases[] = {
        {"%%MatrixMarket matrix coordinate real general\n% hi\n2 2 2\n1 2 0.5\n2 1 "
         "-3\n",
         {0, 0.5, -3, 0}},
        {"%%MatrixMarket matrix coordinate pattern symmetric\n2 2 2\n1 1\n2 1\n",
         {1, 1, 1, 0}},
        {"%%MatrixMarket matrix coordinate integer skew-symmetric\n2 2 1\n2 1 4\n",
         {0, -4, 4, 0}},
        {"%%matrixmarket matrix array real general\n2 2\n1\n2\n3\n4\n", {1, 3, 2, 4}},
        {"%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n4\n", {1, 2, 2, 4}}};
    (void)state;
    for (size_t k = 0; k < 5; k++) {
        sur_data_options options = options_for(put_text("a.mtx", cases[k].text));
        options.task = SUR_REGRESSION;
        sur_dataset data = read_ok(&options, NULL, 0);
        CHECK(data.rows == 2 && data.cols == 1);
        for (sur_idx i = 0; i < 2; i++) {
            CHECK(at(&data, i, 0) == cases[k].want[2 * i]);
            CHECK(data.target[i] == cases[k].want[2 * i + 1]);
        }
        sur_dataset_free(&data);
    }
}

static void bad_matrix_market_files_are_refused(void **state)
{
    static const char *const cases[][2] = {
        {"%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n",
         ":3: an index"},
        {"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n", "too early"},
        {"%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 1\n1 1 1\n",
         "follows"},
        {"%%MatrixMarket matrix coordinate real general\n2 2 999999999\n1 1 1\n",
         "fewer"},
        {"%%MatrixMarket matrix array real general\n2000000000 2000000000\n1\n",
         "fewer"},
        {"%%MatrixMarket matrix coordinate real general\n2000000000 2000000000 0\n",
         "claims"},
        {"%%MatrixMarket matrix coordinate complex general\n1 1 0\n", "complex"},
        {"%%MatrixMarket vector coordinate real general\n1 1 0\n", "not a head"}};
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const sur_data_options options = options_for(put_text("a.mtx", cases[k][0]));
        check_refused(&options, SUR_EPARSE, cases[k][1], "a.mtx");
    }
}

static void png_pixels_are_numbers(void **state)
{
    static const unsigned char pixels[6] = {0, 10, 255, 7, 8, 9};
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = 3,
                       .height = 2,
                       .format = PNG_FORMAT_GRAY};
    (void)state;
    char *path = scratch("a.png");
    CHECK(png_image_write_to_file(&image, path, 0, pixels, 3, NULL));
    sur_data_options options = options_for(path);
    options.task = SUR_REGRESSION;
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.rows == 2 && data.cols == 2 && at(&data, 0, 1) == 10);
    CHECK(data.target[0] == 255 && data.target[1] == 9);
    sur_dataset_free(&data);
    size_t size;
    unsigned char *bytes = get_bytes(path, &size);
    for (size_t n = 8; n + 13 < size; n += 3) {
        options.data = put_bytes("cut.png", bytes, n);
        check_refused(&options, SUR_EPARSE, "damaged PNG", "cut.png");
    }
    free(bytes);
}

static void bart_pairs_are_column_by_column(void **state)
{
    static const float numbers[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    (void)state;
    put_text("a.hdr", "# Dimensions\n2 3 1 1\n# Command\nx\n");
    char *path = put_bytes("a.cfl", numbers, sizeof numbers);
    sur_data_options options = options_for(path);
    options.task = SUR_REGRESSION;
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.rows == 2 && data.cols == 5);
    CHECK(at(&data, 0, 0) == 1 && at(&data, 0, 1) == 2 && at(&data, 0, 2) == 5);
    CHECK(at(&data, 1, 0) == 3 && data.target[1] == 12);
    sur_dataset_free(&data);
    options.data = put_text("a.hdr", "# Dimensions\n2 4\n");
    check_refused(&options, SUR_EPARSE, "are not 2 x 4", "a.hdr");
}

/* ---- text around ---- */

static void zstd_is_opened_on_the_way(void **state)
{
    static char text[1 << 18], packed[1 << 18];
    (void)state;
    size_t n = 0;
    for (int i = 0; i < 9000; i++) n += (size_t)sprintf(text + n, "%d,%d\n", i, i % 2);
    size_t size = ZSTD_compress(packed, sizeof packed, text, n / 2, 3);
    size +=
        ZSTD_compress(packed + size, sizeof packed - size, text + n / 2, n - n / 2, 3);
    sur_dataset data = read_path(put_bytes("a.csv.zst", packed, size));
    CHECK(data.rows == 9000 && at(&data, 8999, 0) == 8999);
    sur_dataset_free(&data);
    sur_data_options options = options_for(put_bytes("a.csv.zst", packed, size - 5));
    check_refused(&options, SUR_EPARSE, "zstd data end too early", "a.csv.zst");
    packed[size] = 'x';
    options.data = put_bytes("a.csv.zst", packed, size + 1);
    check_refused(&options, SUR_EPARSE, "something else follows", "a.csv.zst");
}

static void tables_with_samples_in_columns_are_turned_around(void **state)
{
    (void)state;
    char *labels = put_text("labels.csv", "id,kind\n2,b\n1,a\n3,a\n");
    sur_data_options options = options_for(put_text(
        "a.csv", "gene,code,1,call,2,call,3,call\nx,A,5,P,6,M,7,P\ny,B,8,P,9,P,10,P\n"
                 "x,C,1,A,2,A,3,A\n"));
    options.transpose = true;
    options.labels = labels;
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.rows == 3 && data.cols == 3 && data.classes == 2);
    CHECK_TEXT(sur_dataset_name(&data, 0), "A"); /* gene repeats, code does not */
    CHECK(at(&data, 0, 1) == 8 && at(&data, 2, 0) == 7 && at(&data, 1, 2) == 2);
    CHECK(data.target[0] == 0 && data.target[1] == 1 && data.target[2] == 0);
    sur_dataset_free(&data);
    options.labels = put_text("labels.csv", "id,kind\n2,b\n1,a\n");
    check_refused(&options, SUR_EPARSE, "no label for sample \"3\"", "labels.csv");
}

static void matrices_are_known_by_their_entries(void **state)
{
    static const struct {
        const char *name, *text;
        sur_idx rows, cols, count;
    } cases[] = {
        {"a.tsv", "1\t3\t0.5\n2\t1\t-1\n", 2, 3, 2},
        {"a.csv", "user,item,rating,time\nann,x,5,1\nbob,y,3,2\nann,y,1,3\n", 2, 2, 3},
        {"a.csv", "0.5,1,2,3,4\n5,6,,8,9\n", 2, 5, 9},
        {"a.mtx",
         "%%MatrixMarket matrix coordinate real symmetric\n9 9 2\n2 1 4\n9 9 1\n", 9, 9,
         3}};
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        const sur_data_options options =
            options_for(put_text(cases[k].name, cases[k].text));
        sur_entries e;
        sur_error err;
        char note[200];
        CHECK_EVERY_ALLOCATION(sur_data_entries(&e, &options, note, sizeof note, &err),
                               5, (void)0);
        CHECK(e.rows == cases[k].rows && e.cols == cases[k].cols &&
              e.count == cases[k].count);
        CHECK(!e.imaginary && (e.names != NULL) == (k == 1) &&
              strlen(e.checksum) == 64);
        for (sur_idx i = 0; i < e.count; i++)
            CHECK(e.row[i] >= 0 && e.row[i] < e.rows && e.col[i] >= 0 &&
                  e.col[i] < e.cols);
        if (k == 1) CHECK_TEXT(e.names + 4, "bob");
        if (k == 0) CHECK(e.row[1] == 1 && e.col[1] == 0 && e.value[1] == -1);
        sur_entries_free(&e);
    }
    const char *folder = check_data_folder();
    if (!folder) return;
    char path[4096];
    sur_entries e;
    snprintf(path, sizeof path, "%s/movielens100k/u.data", folder);
    const sur_data_options options = options_for(path);
    CHECK_OK(sur_data_entries(&e, &options, NULL, 0, NULL));
    double sum = 0;
    for (sur_idx i = 0; i < e.count; i++) sum += e.value[i];
    CHECK(e.rows == 943 && e.cols == 1682 && e.count == 100000);
    CHECK_NEAR(sum / 100000, 3.52986, 1e-9, 0);
    sur_entries_free(&e);
}

static void every_allocation_may_fail(void **state)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"a.svm", "1 1:1 3:2\n2 2:0.5\n"},
        {"a.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 2 3\n"}};
    sur_dataset data;
    sur_error err;
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        const sur_data_options options =
            options_for(put_text(files[k].name, files[k].text));
        CHECK_EVERY_ALLOCATION(sur_data_read(&data, &options, NULL, 0, &err), 5,
                               sur_dataset_free(&data));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libsvm_rows_are_laid_out_in_the_narrowest_type),
        cmocka_unit_test(bad_libsvm_lines_are_refused_with_their_number),
        cmocka_unit_test(a_width_that_is_only_claimed_is_refused),
        cmocka_unit_test(libsvm_written_reads_back_the_same),
        cmocka_unit_test(images_find_their_labels),
        cmocka_unit_test(idx_numbers_are_big_endian),
        cmocka_unit_test(cifar_is_told_by_its_size_and_labels),
        cmocka_unit_test(matrix_market_knows_its_kinds_and_symmetries),
        cmocka_unit_test(bad_matrix_market_files_are_refused),
        cmocka_unit_test(png_pixels_are_numbers),
        cmocka_unit_test(bart_pairs_are_column_by_column),
        cmocka_unit_test(zstd_is_opened_on_the_way),
        cmocka_unit_test(tables_with_samples_in_columns_are_turned_around),
        cmocka_unit_test(matrices_are_known_by_their_entries),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN_WITH_FILES(tests);
}
