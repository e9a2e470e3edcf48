#include "files.h"

#include <surplus/random.h>

#include <hdf5.h>

#include "data/lzf.h"

static void put_set(hid_t file, const char *name, hid_t type, int dims,
                    const hsize_t *shape, const hsize_t *chunk, int gzip,
                    const void *bytes)
{
    const hid_t space = H5Screate_simple(dims, shape, NULL);
    const hid_t made = H5Pcreate(H5P_DATASET_CREATE);
    if (chunk) H5Pset_chunk(made, dims, chunk);
    if (gzip) H5Pset_deflate(made, (unsigned)gzip);
    const hid_t set =
        H5Dcreate2(file, name, type, space, H5P_DEFAULT, made, H5P_DEFAULT);
    if (set < 0 ||
        (bytes && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0))
        fail_msg("cannot write %s", name);
    H5Dclose(set);
    H5Pclose(made);
    H5Sclose(space);
}

static void put_texts(hid_t file, const char *name, size_t width, hsize_t count,
                      const char *bytes)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, width);
    put_set(file, name, type, 1, &count, NULL, 0, bytes);
    H5Tclose(type);
}

static hid_t new_file(char **path)
{
    *path = scratch("a.h5");
    return H5Fcreate(*path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
}

static char *part(const char *path, const char *inside)
{
    static char text[8][600];
    static int next;
    next = (next + 1) % 8;
    snprintf(text[next], sizeof text[next], "%s:%s", path, inside);
    return text[next];
}

enum { ROWS = 11, COLS = 6 };

/* Cell (i, j) is 100 i + j, the label of row i is i mod 3. */
static hid_t plain_file(char **path)
{
    static double x[ROWS][COLS];
    static int32_t y[ROWS];
    const hsize_t shape[2] = {ROWS, COLS}, chunk[2] = {4, 4}, length = ROWS;
    for (int i = 0; i < ROWS; i++) {
        y[i] = i % 3;
        for (int j = 0; j < COLS; j++) x[i][j] = 100.0 * i + j;
    }
    const hid_t file = new_file(path);
    const hid_t group = H5Gcreate2(file, "a", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_set(group, "x", H5T_NATIVE_DOUBLE, 2, shape, chunk, 3, x);
    put_set(group, "y", H5T_NATIVE_INT32, 1, &length, NULL, 0, y);
    H5Gclose(group);
    return file;
}

static void check_plain(const sur_dataset *data, sur_idx first, sur_idx rows)
{
    CHECK(data->rows == rows && data->cols == COLS && data->classes == 3);
    for (sur_idx i = 0; i < rows; i++) {
        CHECK(data->target[i] == (double)((first + i) % 3));
        for (sur_idx j = 0; j < COLS; j++)
            CHECK(at(data, i, j) == 100.0 * (double)(first + i) + (double)j);
    }
}

static void paths_name_groups_sets_and_rows(void **state)
{
    char *path, target[700];
    (void)state;
    H5Fclose(plain_file(&path));
    sur_dataset data = read_path(part(path, "/a"));
    check_plain(&data, 0, ROWS);
    check_whole(&data);
    sur_dataset_free(&data);

    sur_data_options options = options_for(part(path, "/a/x"));
    snprintf(target, sizeof target, "%s:/a/y", path);
    char *const targets[] = {target, "/a/y", "y"};
    for (size_t k = 0; k < 3; k++) {
        options.target = targets[k];
        data = read_ok(&options, NULL, 0);
        check_plain(&data, 0, ROWS);
        sur_dataset_free(&data);
    }
    options.data = part(path, "/a/x[3:9]");
    data = read_ok(&options, NULL, 0);
    check_plain(&data, 3, 6);
    sur_dataset_free(&data);
    options.data = part(path, "/a[5:]");
    options.target = NULL;
    data = read_ok(&options, NULL, 0);
    check_plain(&data, 5, ROWS - 5);
    sur_dataset_free(&data);
}

static void how_a_file_was_read_is_in_its_checksum(void **state)
{
    char *path;
    (void)state;
    H5Fclose(plain_file(&path));
    sur_dataset a = read_path(part(path, "/a")), b = read_path(part(path, "/a[0:11]"));
    CHECK(strcmp(a.checksum, b.checksum) != 0);
    sur_dataset_free(&a);
    sur_dataset_free(&b);
}

static void classes_may_be_sets_of_their_own(void **state)
{
    const hsize_t shape[2][4] = {{5, 2, 3, 1}, {4, 2, 3, 1}};
    static double x[2][30];
    char *path;
    (void)state;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 30; i++) x[k][i] = 1000.0 * k + i;
    const hid_t file = new_file(&path);
    put_set(file, "TT", H5T_NATIVE_DOUBLE, 4, shape[0], NULL, 0, x[0]);
    put_set(file, "QCD", H5T_NATIVE_DOUBLE, 4, shape[1], NULL, 0, x[1]);
    H5Fclose(file);
    sur_data_options options = options_for(path);
    check_refused(&options, SUR_EINVAL, "--classes /QCD,/TT", path);
    options.classes = "/TT,/QCD";
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.rows == 9 && data.cols == 6 && data.classes == 2);
    CHECK(data.shape[0] == 1 && data.shape[1] == 2 && data.shape[2] == 3);
    CHECK_TEXT(sur_dataset_name(&data, 8), "QCD");
    for (sur_idx i = 0; i < 9; i++) {
        CHECK(data.target[i] == (double)(i < 5));
        CHECK(at(&data, i, 2) ==
              (i < 5 ? 6.0 * (double)i + 2 : 1000.0 + 6.0 * (double)(i - 5) + 2));
    }
    sur_dataset_free(&data);
}

static void types_keep_their_width(void **state)
{
    static const uint8_t u1[4] = {0, 1, 255, 7};
    static const float f4[4] = {0.1f, -3e38f, 1e-40f, 2.0f};
    static const int64_t i8[4] = {-1, 1LL << 52, 3, 4};
    const hsize_t shape[2] = {2, 2};
    char *path;
    (void)state;
    const hid_t file = new_file(&path);
    put_set(file, "u", H5T_NATIVE_UINT8, 2, shape, NULL, 0, u1);
    put_set(file, "f", H5T_NATIVE_FLOAT, 2, shape, NULL, 0, f4);
    put_set(file, "i", H5T_NATIVE_INT64, 2, shape, NULL, 0, i8);
    put_set(file, "big", H5T_IEEE_F32BE, 2, shape, NULL, 0, NULL);
    H5Fclose(file);
    const struct {
        const char *inside;
        sur_scalar scalar;
        double first;
    } cases[] = {{"/u", SUR_U8, 0},
                 {"/f", SUR_F32, (double)0.1f},
                 {"/i", SUR_F64, -1},
                 {"/big", SUR_F32, 0},
                 {"/u,/f", SUR_F32, 0}};
    for (size_t k = 0; k < 5; k++) {
        sur_data_options options = options_for(part(path, cases[k].inside));
        options.task = SUR_REGRESSION;
        sur_dataset data = read_ok(&options, NULL, 0);
        CHECK(data.scalar == cases[k].scalar && at(&data, 0, 0) == cases[k].first);
        sur_dataset_free(&data);
    }
}

static void compound_tables_have_columns_of_numbers_and_text(void **state)
{
    typedef struct row {
        int32_t n;
        float block[2][2];
        char name[8];
        double y;
    } row;
    static const row rows[3] = {{1, {{1, 2}, {3, 4}}, "up", 0.5},
                                {2, {{5, 6}, {7, 8}}, "down", 1.5},
                                {3, {{9, 10}, {11, 12}}, "up", 2.5}};
    const hsize_t count = 3, inner[2] = {2, 2};
    char *path;
    (void)state;
    const hid_t file = new_file(&path);
    const hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(row));
    const hid_t list = H5Tarray_create2(H5T_NATIVE_FLOAT, 2, inner);
    const hid_t name = H5Tcopy(H5T_C_S1);
    H5Tset_size(name, 8);
    H5Tinsert(type, "n", offsetof(row, n), H5T_NATIVE_INT32);
    H5Tinsert(type, "values_block_0", offsetof(row, block), list);
    H5Tinsert(type, "name", offsetof(row, name), name);
    H5Tinsert(type, "y", offsetof(row, y), H5T_NATIVE_DOUBLE);
    const hid_t group = H5Gcreate2(file, "df", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_set(group, "table", type, 1, &count, NULL, 0, rows);
    const hid_t set = H5Dopen2(group, "table", H5P_DEFAULT);
    const char pickle[] = "(lp1\nVE_0\np2\naVPX_0\np3\naVPY_0\np4\na.";
    const hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, sizeof pickle);
    const hid_t one = H5Screate(H5S_SCALAR);
    const hid_t note =
        H5Acreate2(set, "values_block_0_kind", text, one, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(note, text, pickle);
    H5Aclose(note);
    H5Sclose(one);
    H5Dclose(set);
    H5Tclose(text);
    H5Tclose(name);
    H5Tclose(list);
    H5Tclose(type);
    H5Gclose(group);
    H5Fclose(file);

    sur_data_options options = options_for(part(path, "/df"));
    options.target = "y";
    options.columns = "E_0,PX_0,PY_0,values_block_0.4,n,name";
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.rows == 3 && data.cols == 6 && data.classes == 0);
    CHECK(data.target[2] == 2.5 && at(&data, 1, 0) == 2 && at(&data, 1, 1) == 5);
    CHECK(at(&data, 2, 4) == 12);
    CHECK(at(&data, 0, 5) == 1 && at(&data, 1, 5) == 0); /* up, down */
    CHECK_TEXT(sur_dataset_name(&data, 2), "PX_0");
    sur_dataset_free(&data);
}

static void text_may_be_fixed_or_of_any_length(void **state)
{
    static const double x[3][2] = {{1, 2}, {3, 4}, {5, 6}};
    const char *const words[3] = {"b", "a", "b"};
    const hsize_t shape[2] = {3, 2};
    char *path;
    (void)state;
    for (int fixed = 0; fixed < 2; fixed++) {
        const hid_t file = new_file(&path), any = H5Tcopy(H5T_C_S1);
        H5Tset_size(any, H5T_VARIABLE);
        put_set(file, "X", H5T_NATIVE_DOUBLE, 2, shape, NULL, 0, x);
        if (fixed)
            put_texts(file, "y", 3, 3, "b  a  b\0\0");
        else
            put_set(file, "y", any, 1, shape, NULL, 0, words);
        put_texts(file, "columns", 2, 2, "p q\0");
        H5Tclose(any);
        H5Fclose(file);
        sur_dataset data = read_path(path);
        CHECK(data.rows == 3 && data.classes == 2 && data.target[0] == 1);
        CHECK_TEXT(sur_dataset_name(&data, 0), "p");
        CHECK_TEXT(sur_dataset_name(&data, 3 + 1), "a");
        sur_dataset_free(&data);
    }
}

static void what_is_written_reads_back_the_same(void **state)
{
    static char *const texts[] = {"a,b,label\n1,,x\n0.1,-0,y\n3,1e300,x\n",
                                  "1,2,3.5\n4,5,6.25\n0.1,0,-7\n"};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        sur_dataset a = read_text(texts[k]);
        char *path = scratch("out.h5");
        CHECK_OK(sur_data_write(path, &a, NULL));
        sur_data_options options = options_for(path);
        options.missing = "nan";
        sur_dataset b = read_ok(&options, NULL, 0);
        for (sur_idx j = 0; j < a.cols; j++)
            CHECK_TEXT(sur_dataset_name(&a, j), sur_dataset_name(&b, j));
        CHECK(a.rows == b.rows && a.cols == b.cols && a.classes == b.classes);
        for (sur_idx i = 0; i < a.rows; i++) {
            CHECK(same_number(a.target[i], b.target[i]));
            for (sur_idx j = 0; j < a.cols; j++)
                CHECK(same_number(at(&a, i, j), at(&b, i, j)));
        }
        sur_dataset_free(&a);
        sur_dataset_free(&b);
    }
}

/* ---- what must be refused ---- */

static void links_that_go_in_circles_or_outside_lead_nowhere(void **state)
{
    char *path;
    (void)state;
    const hid_t file = plain_file(&path);
    H5Lcreate_soft("/q", file, "p", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/p", file, "q", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/a", file, "a/self", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("../../etc/passwd", "/x", file, "out", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    sur_data_options options = options_for(part(path, "/p"));
    check_refused(&options, SUR_EINVAL, "leads nowhere", "/p");
    options.data = part(path, "/out");
    check_refused(&options, SUR_EINVAL, "leads nowhere", "/out");
    sur_dataset data = read_path(part(path, "/a/self/self"));
    check_plain(&data, 0, ROWS);
    sur_dataset_free(&data);
}

static void claims_beyond_the_file_are_refused(void **state)
{
    const hsize_t shape[2] = {(hsize_t)1 << 40, 1000}, chunk[2] = {1 << 10, 10};
    const hsize_t huge[2] = {1 << 20, 1 << 20}, one[2] = {1 << 14, 1 << 14};
    char *path;
    (void)state;
    const hid_t file = new_file(&path);
    put_set(file, "terabytes", H5T_NATIVE_DOUBLE, 2, shape, chunk, 1, NULL);
    put_set(file, "pieces", H5T_NATIVE_DOUBLE, 2, huge, one, 1, NULL);
    H5Fclose(file);
    sur_data_options options = options_for(part(path, "/terabytes"));
    check_refused(&options, SUR_EPARSE, "claims to unpack to", "terabytes");
    options.data = part(path, "/pieces");
    check_refused(&options, SUR_EPARSE, "claims to", "pieces");
}

static void what_is_not_read_is_named(void **state)
{
    const hsize_t count = 2;
    char *path;
    (void)state;
    const hid_t file = plain_file(&path);
    const hid_t lists = H5Tvlen_create(H5T_NATIVE_DOUBLE);
    put_set(file, "jagged", lists, 1, &count, NULL, 0, NULL);
    put_set(file, "refs", H5T_STD_REF_OBJ, 1, &count, NULL, 0, NULL);
    H5Tclose(lists);
    H5Fclose(file);
    const struct {
        const char *inside, *part;
        sur_status status;
    } cases[] = {{"/jagged", "lists of different lengths", SUR_EPARSE},
                 {"/refs", "references", SUR_EPARSE},
                 {"/a/x[3:99]", "rows 0 to 11", SUR_EINVAL},
                 {"/a/x[b:2]", "[0:1000]", SUR_EINVAL},
                 {"/nothing", "not there", SUR_EINVAL},
                 {"/", "group /a", SUR_EINVAL}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const sur_data_options options = options_for(part(path, cases[k].inside));
        check_refused(&options, cases[k].status, cases[k].part, path);
    }
}

static void every_beginning_of_a_file_is_refused(void **state)
{
    char *path;
    size_t size;
    (void)state;
    H5Fclose(plain_file(&path));
    unsigned char *bytes = get_bytes(path, &size);
    for (size_t n = 1; n < size; n += 97) {
        const sur_data_options options = options_for(put_bytes("cut.h5", bytes, n));
        sur_dataset data;
        sur_error err;
        CHECK(sur_data_read(&data, &options, NULL, 0, &err) != SUR_OK);
        CHECK(!strchr(err.message, '\n') && data.block == NULL);
    }
    free(bytes);
}

static void every_allocation_may_fail(void **state)
{
    char *path;
    sur_dataset data;
    sur_error err;
    (void)state;
    H5Fclose(plain_file(&path));
    const sur_data_options options = options_for(part(path, "/a"));
    CHECK_EVERY_ALLOCATION(sur_data_read(&data, &options, NULL, 0, &err), 10,
                           sur_dataset_free(&data));
    data = read_ok(&options, NULL, 0);
    char *out = scratch("out.h5");
    CHECK_EVERY_ALLOCATION(sur_data_write(out, &data, &err), 3, (void)0);
    sur_dataset_free(&data);
}

/* ---- LZF ---- */

static void lzf_unpacks_bytes_runs_and_repetitions(void **state)
{
    char out[64];
    (void)state;
    CHECK(sur_lzf_unpack(out, sizeof out,
                         "\x02"
                         "abc",
                         4) == 3);
    CHECK(memcmp(out, "abc", 3) == 0);
    /* ab, then 4 bytes from 2 back: abab ab */
    CHECK(sur_lzf_unpack(out, sizeof out,
                         "\x01"
                         "ab\x40\x01",
                         5) == 6);
    CHECK(memcmp(out, "ababab", 6) == 0);
    /* a, then 9 + 5 bytes from 1 back */
    CHECK(sur_lzf_unpack(out, sizeof out,
                         "\x00"
                         "a\xe0\x05\x00",
                         5) == 15);
    CHECK(memcmp(out, "aaaaaaaaaaaaaaa", 15) == 0);
    CHECK(sur_lzf_unpack(out, 14,
                         "\x00"
                         "a\xe0\x05\x00",
                         5) == 0);
    CHECK(sur_lzf_unpack(out, sizeof out,
                         "\x00"
                         "a\xe0\x05\x01",
                         5) == 0);
    CHECK(sur_lzf_unpack(out, sizeof out,
                         "\x05"
                         "ab",
                         3) == 0);
    CHECK(sur_lzf_unpack(out, sizeof out, "\x20", 1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_name_groups_sets_and_rows),
        cmocka_unit_test(how_a_file_was_read_is_in_its_checksum),
        cmocka_unit_test(classes_may_be_sets_of_their_own),
        cmocka_unit_test(types_keep_their_width),
        cmocka_unit_test(compound_tables_have_columns_of_numbers_and_text),
        cmocka_unit_test(text_may_be_fixed_or_of_any_length),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(links_that_go_in_circles_or_outside_lead_nowhere),
        cmocka_unit_test(claims_beyond_the_file_are_refused),
        cmocka_unit_test(what_is_not_read_is_named),
        cmocka_unit_test(every_beginning_of_a_file_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(lzf_unpacks_bytes_runs_and_repetitions),
    };
    return RUN_WITH_FILES(tests);
}
