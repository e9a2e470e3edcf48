#include "npy_files.h"

#include <surplus/random.h>

static void the_three_versions_of_the_header_read_the_same(void **state)
{
    (void)state;
    for (int version = 1; version <= 3; version++) {
        sur_dataset data = read_path(
            put_npy("v.npy", version, HEAD("<f8", "False", "(3, 2)"), six, sizeof six));
        CHECK(data.rows == 3 && data.cols == 1 && data.scalar == SUR_F64);
        CHECK(at(&data, 0, 0) == 1.5 && data.target[2] == 6.25);
        check_whole(&data);
        sur_dataset_free(&data);
    }
}

static void an_array_in_columns_reads_as_its_transpose_in_rows(void **state)
{
    (void)state;
    static const double columns[] = {1.5, 3, 5, -2, 4, 6.25};
    sur_dataset a =
        read_path(put_npy("c.npy", 1, HEAD("<f8", "False", "(3, 2)"), six, sizeof six));
    sur_dataset b = read_path(
        put_npy("f.npy", 1, HEAD("<f8", "True", "(3, 2)"), columns, sizeof columns));
    check_same(&a, &b);
    sur_dataset_free(&a);
    sur_dataset_free(&b);
}

/* The numbers 0, 1, 2, -3 (3 where there is no sign) in each type and both byte orders.
 */
static void every_type_and_byte_order_reads_as_its_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        sur_scalar scalar;
    } types[] = {{"f8", SUR_F64}, {"f4", SUR_F32}, {"f2", SUR_F32}, {"i1", SUR_F32},
                 {"i2", SUR_F32}, {"i4", SUR_F64}, {"i8", SUR_F64}, {"u1", SUR_U8},
                 {"u2", SUR_F32}, {"u4", SUR_F64}, {"u8", SUR_F64}};
    static const uint16_t half[] = {0, 0x3c00, 0x4000, 0xc200};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        const char kind = types[t].type[0];
        const size_t width = (size_t)(types[t].type[1] - '0');
        for (int big = 0; big < 2; big++) {
            unsigned char bytes[2 * 4 * 8];
            for (size_t k = 0; k < 8; k++) {
                const int64_t n =
                    k % 4 == 3 ? (kind == 'u' ? 3 : -3) : (int64_t)(k % 4);
                const float f = (float)n;
                const double d = (double)n;
                unsigned char cell[8];
                memcpy(cell, &n, 8);
                if (kind == 'f')
                    memcpy(cell, width == 8 ? (const void *)&d : &f, width);
                if (kind == 'f' && width == 2) memcpy(cell, &half[k % 4], 2);
                for (size_t i = 0; i < width; i++)
                    bytes[k * width + i] = cell[big ? width - 1 - i : i];
            }
            char head[128];
            snprintf(head, sizeof head,
                     "{'descr': '%c%s', 'fortran_order': False, 'shape': (4, 2)}",
                     big ? '>' : '<', types[t].type);
            sur_dataset data = read_path(put_npy("t.npy", 1, head, bytes, 8 * width));
            CHECK(data.rows == 4 && data.scalar == types[t].scalar);
            CHECK(at(&data, 0, 0) == 0 && at(&data, 1, 0) == 2);
            CHECK(data.classes == 2 && data.target[0] == (kind == 'u' ? 0 : 1));
            CHECK_TEXT(sur_dataset_name(&data, 3), kind == 'u' ? "1" : "-3");
            check_whole(&data);
            sur_dataset_free(&data);
        }
    }
    static const unsigned char bools[] = {0, 1, 1, 0};
    sur_dataset data =
        read_path(put_npy("b.npy", 1, HEAD("|b1", "False", "(2, 2)"), bools, 4));
    CHECK(data.scalar == SUR_U8 && at(&data, 1, 0) == 1 && data.classes == 2);
    sur_dataset_free(&data);
}

static void archives_hold_features_target_weight_names_and_test_rows(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 3, 4, 5, 6}, more[] = {7, 8};
    static const int64_t y[] = {1, 0, 1}, other[] = {0}, extra[] = {5, 6, 7};
    static const double w[] = {0.5, -1, 2}, w_test[] = {3};
    static const uint32_t names[] = {'p', 't', 0xe9, 0};
    const entry entries[] = {
        {"X", HEAD("<f4", "False", "(3, 2)"), x, sizeof x},
        {"y", HEAD("<i8", "False", "(3,)"), y, sizeof y},
        {"weight", HEAD("<f8", "False", "(3, 1)"), w, sizeof w},
        {"columns", HEAD("<U2", "False", "(2,)"), names, sizeof names},
        {"X_test", HEAD("<f4", "False", "(1, 2)"), more, sizeof more},
        {"y_test", HEAD("<i8", "False", "(1,)"), other, sizeof other},
        {"weight_test", HEAD("<f8", "False", "(1,)"), w_test, 8}};
    char note[300];
    for (int packed = 0; packed < 2; packed++) {
        const sur_data_options options =
            options_for(put_npz("all.npz", entries, 7, packed != 0));
        sur_dataset data = read_ok(&options, note, sizeof note);
        CHECK(data.rows == 4 && data.cols == 2 && data.test_rows == 1);
        CHECK(data.scalar == SUR_F32 && data.classes == 2);
        CHECK(at(&data, 3, 1) == 8 && data.weight[1] == -1 && data.weight[3] == 3);
        CHECK(data.target[0] == 1 && data.target[3] == 0);
        CHECK_TEXT(sur_dataset_name(&data, 0), "pt");
        CHECK_TEXT(sur_dataset_name(&data, 1), "\xc3\xa9");
        CHECK_TEXT(sur_dataset_name(&data, 2), "y");
        CHECK_CONTAINS(note, "weight");
        check_whole(&data);
        sur_dataset_free(&data);
    }
    const entry beside[] = {
        entries[0],
        entries[1],
        {"extra", HEAD("<i8", "False", "(3,)"), extra, sizeof extra}};
    sur_data_options options = options_for(put_npz("extra.npz", beside, 3, false));
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.cols == 2); /* not a feature unless asked for */
    sur_dataset_free(&data);
    options.columns = "x2,extra";
    data = read_ok(&options, NULL, 0);
    CHECK(data.cols == 2 && at(&data, 1, 0) == 4 && at(&data, 1, 1) == 6);
    check_whole(&data);
    sur_dataset_free(&data);
}

static void columns_alone_make_a_table(void **state)
{
    (void)state;
    static const double pt[] = {1, 2, 3}, eta[] = {4, 5, 6};
    const entry entries[] = {{"pt", HEAD("<f8", "False", "(3,)"), pt, sizeof pt},
                             {"label", HEAD("|S2", "False", "(3,)"), "b\0bbs\0", 6},
                             {"eta", HEAD("<f8", "False", "(3,)"), eta, sizeof eta},
                             {"kind", HEAD("|S1", "False", "(3,)"), "uvw", 3}};
    sur_dataset data = read_path(put_npz("columns.npz", entries, 4, true));
    CHECK(data.rows == 3 && data.cols == 5 && data.classes == 3);
    CHECK(at(&data, 2, 0) == 3 && at(&data, 0, 1) == 4 && at(&data, 1, 3) == 1);
    CHECK_TEXT(sur_dataset_name(&data, 1), "eta");
    CHECK_TEXT(sur_dataset_name(&data, 2), "kind=u");
    CHECK_TEXT(sur_dataset_name(&data, 8), "bb");
    check_whole(&data);
    sur_dataset_free(&data);
}

/* n x h x w x c in the file, n x c x h x w in memory. */
static void images_are_kept_as_planes(void **state)
{
    (void)state;
    unsigned char pixels[2 * 5 * 6 * 3];
    for (int i = 0; i < 180; i++) pixels[i] = (unsigned char)i;
    const entry last[] = {{"X", HEAD("|u1", "False", "(2, 5, 6, 3)"), pixels, 180},
                          {"y", HEAD("|u1", "False", "(2,)"), "\0\1", 2}};
    sur_dataset data = read_path(put_npz("images.npz", last, 2, true));
    CHECK(data.scalar == SUR_U8 && data.cols == 90 && data.shape[0] == 3);
    CHECK(data.shape[1] == 5 && data.shape[2] == 6);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 30; i++) CHECK(at(&data, 1, 30 * c + i) == 90 + 3 * i + c);
    check_whole(&data);
    sur_dataset_free(&data);
    const entry plain[] = {{"X", HEAD("|u1", "False", "(2, 9, 10)"), pixels, 180},
                           last[1]};
    data = read_path(put_npz("gray.npz", plain, 2, false));
    CHECK(data.shape[0] == 1 && data.shape[1] == 9 && at(&data, 1, 0) == 90);
    sur_data_options options = options_for(scratch("gray.npz"));
    options.drop = "1";
    sur_dataset fewer = read_ok(&options, NULL, 0);
    CHECK(fewer.shape[0] == 0 && fewer.cols == 89); /* no image any more */
    sur_dataset_free(&fewer);
    sur_dataset_free(&data);
}

static void missing_codes_and_nan_are_treated_as_in_text(void **state)
{
    (void)state;
    static const float x[] = {1, -999.9f, 3, (float)NAN, 5, 6};
    const entry entries[] = {{"X", HEAD("<f4", "False", "(3, 2)"), x, sizeof x},
                             {"y", HEAD("|u1", "False", "(3,)"), "\0\1\0", 3}};
    sur_data_options options = options_for(put_npz("nan.npz", entries, 2, false));
    check_refused(&options, SUR_EPARSE, "row 2, column x2 is nan", "--missing nan");
    options.missing = "nan,-999.9";
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.imputed == 2 && isnan(at(&data, 0, 1)) && isnan(at(&data, 1, 1)));
    sur_dataset_free(&data);
    static const unsigned char bytes[] = {1, 2, 255, 4, 5, 6};
    const entry small[] = {{"X", HEAD("|u1", "False", "(3, 2)"), bytes, 6}, entries[1]};
    options.data = put_npz("code.npz", small, 2, false);
    options.missing = "255";
    data = read_ok(&options, NULL, 0); /* a byte has no NaN */
    CHECK(data.scalar == SUR_F32 && data.imputed == 1 && at(&data, 2, 1) == 6);
    sur_dataset_free(&data);
}

/* The same rules as for text files: codes are missing, numbers in quotes are numbers.
 */
static void arrays_of_text_follow_the_rules_of_text_files(void **state)
{
    (void)state;
    const entry x = {"X", HEAD("<f8", "False", "(3, 2)"), six, sizeof six};
    const entry numbers[] = {x,
                             {"y", HEAD("|S4", "False", "(3,)"),
                              "10\0\0"
                              "2\0\0\0"
                              "2.0",
                              12}};
    sur_data_options options = options_for(put_npz("text.npz", numbers, 2, false));
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.classes == 2 && data.target[0] == 1 && data.target[1] == data.target[2]);
    CHECK_TEXT(sur_dataset_name(&data, 4), "2");
    sur_dataset_free(&data);
    const entry words[] = {x,
                           {"y", HEAD("|S3", "False", "(3,)"),
                            "NA\0yes"
                            "no",
                            9}};
    options.data = put_npz("text.npz", words, 2, false);
    options.missing = "NA";
    data = read_ok(&options, NULL, 0);
    CHECK(data.classes == 2 && data.rows == 2 && data.dropped == 1);
    sur_dataset_free(&data);
    const entry nans[] = {x,
                          {"y", HEAD("|S3", "False", "(3,)"),
                           "nanyes"
                           "no",
                           9}};
    options.data = put_npz("text.npz", nans, 2, false);
    check_refused(&options, SUR_EPARSE, "column y is nan", "--missing nan");
}

/* ---- writing ---- */

static void check_round_trip(const sur_data_options *options)
{
    sur_dataset data = read_ok(options, NULL, 0);
    char *paths[] = {scratch("again.npz"), scratch("again.csv")};
    for (int k = 0; k < 2; k++) {
        sur_error err;
        if (sur_data_write(paths[k], &data, &err) != SUR_OK)
            fail_msg("%s", err.message);
        sur_data_options again = options_for(paths[k]);
        again.missing = "nan";
        again.task = data.classes ? SUR_CLASSIFICATION : SUR_REGRESSION;
        if (k == 1 && data.weight) {
            static char weight[24];
            snprintf(weight, sizeof weight, "%lld", (long long)data.cols + 1);
            again.weight = weight;
        }
        sur_dataset copy = read_ok(&again, NULL, 0);
        if (k == 1) copy.test_rows = data.test_rows; /* CSV has no test part */
        CHECK(k == 1 || copy.scalar == data.scalar);
        CHECK(k == 1 || memcmp(copy.shape, data.shape, sizeof copy.shape) == 0);
        check_same(&data, &copy);
        sur_dataset_free(&copy);
    }
    sur_dataset_free(&data);
}

static void what_is_written_reads_back_the_same(void **state)
{
    (void)state;
    sur_rng rng = sur_rng_make(1, "numpy", 0);
    double x[60];
    float f[60];
    for (int i = 0; i < 60; i++) {
        x[i] = sur_rng_normal(&rng) * pow(10.0, (double)(i % 40 - 20));
        f[i] = (float)sur_rng_normal(&rng);
    }
    const entry weights = {"weight", HEAD("<f8", "False", "(10,)"), x + 30, 80};
    const entry labels = {"y", HEAD("|S3", "False", "(10,)"),
                          "sigbkgsigbkgbkgsigsigttWttWsig", 30};
    const entry wide[] = {{"X", HEAD("<f8", "False", "(10, 3)"), x, 240},
                          {"y", HEAD("<f8", "False", "(10,)"), x + 40, 80},
                          weights};
    const entry narrow[] = {{"X", HEAD("<f4", "False", "(10, 6)"), f, 240}, labels};
    sur_data_options options = options_for(put_npz("wide.npz", wide, 3, false));
    check_round_trip(&options);
    options = options_for(put_npz("narrow.npz", narrow, 2, false));
    check_round_trip(&options);
    unsigned char pixels[120];
    for (int i = 0; i < 120; i++) pixels[i] = (unsigned char)(2 * i);
    const entry images[] = {{"X", HEAD("|u1", "False", "(6, 4, 5)"), pixels, 120},
                            {"y", HEAD("|u1", "False", "(6,)"), "\0\1\2\0\1\2", 6},
                            {"x_test", HEAD("|u1", "False", "(2, 4, 5)"), pixels, 40},
                            {"y_test", HEAD("|u1", "False", "(2,)"), "\1\2", 2}};
    options = options_for(put_npz("images.npz", images, 4, true));
    check_round_trip(&options);
    options = options_for(put_text(
        "odd.csv",
        "\"a,b\",\" c\",\"say \"\"x\"\"\",y\n1,,0.1,g\n-0,5e-324,1e308,\"h,i\"\n"));
    check_round_trip(&options);
    static const char *const magic[] = {"%%MatrixMarket 4", "MATLAB 5.0 MAT-file",
                                        "root"};
    for (int k = 0; k < 3; k++) { /* names with which other formats begin */
        char text[100];
        snprintf(text, sizeof text, "\"%s\",b,y\n1,2,3.5\n4,5,6\n", magic[k]);
        options = options_for(put_text("magic.csv", text));
        check_round_trip(&options);
    }
}

static void the_same_data_give_the_same_bytes(void **state)
{
    (void)state;
    size_t size[2];
    unsigned char *bytes[2];
    sur_dataset data = read_path(put_text("in.csv", "1,2,0\n3,4,1\n"));
    for (int k = 0; k < 2; k++) {
        char *path = scratch(k ? "one.npz" : "two.npz");
        CHECK_OK(sur_data_write(path, &data, NULL));
        bytes[k] = get_bytes(path, &size[k]);
    }
    CHECK(size[0] == size[1] && memcmp(bytes[0], bytes[1], size[0]) == 0);
    free(bytes[0]);
    free(bytes[1]);
    sur_dataset_free(&data);
}

static void writing_fails_with_its_reason(void **state)
{
    (void)state;
    sur_error err;
    sur_dataset data = read_path(put_text("in.csv", "1,2,0\n3,4,1\n"));
    CHECK_STATUS(sur_data_write(scratch("out.xls"), &data, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, ".npz or .csv");
    CHECK_STATUS(sur_data_write("/nowhere/at/all.csv", &data, &err), SUR_EWRITE);
    CHECK_CONTAINS(err.message, "/nowhere/at/all.csv");
    CHECK_STATUS(sur_data_write("/nowhere/at/all.npz", &data, &err), SUR_EWRITE);
    sur_dataset_free(&data);
}

static sur_status read_and_write(const sur_data_options *options)
{
    sur_dataset data;
    sur_status status = sur_data_read(&data, options, NULL, 0, NULL);
    if (status == SUR_OK) status = sur_data_write(scratch("out.npz"), &data, NULL);
    if (status == SUR_OK) status = sur_data_write(scratch("out.csv"), &data, NULL);
    sur_dataset_free(&data);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const uint32_t names[] = {'a', 'b'};
    const entry entries[] = {
        {"X", HEAD(">f8", "True", "(3, 2)"), six, sizeof six},
        {"y", HEAD("|S1", "False", "(3,)"), "aba", 3},
        {"columns", HEAD("<U1", "False", "(2,)"), names, 8},
        {"x_test", HEAD("<f8", "False", "(3, 2)"), six, sizeof six},
        {"y_test", HEAD("|S1", "False", "(3,)"), "bac", 3}};
    sur_data_options options = options_for(put_npz("alloc.npz", entries, 5, true));
    options.missing = "4,nan,inf";
    CHECK_EVERY_ALLOCATION(read_and_write(&options), 30, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_versions_of_the_header_read_the_same),
        cmocka_unit_test(an_array_in_columns_reads_as_its_transpose_in_rows),
        cmocka_unit_test(every_type_and_byte_order_reads_as_its_numbers),
        cmocka_unit_test(archives_hold_features_target_weight_names_and_test_rows),
        cmocka_unit_test(columns_alone_make_a_table),
        cmocka_unit_test(images_are_kept_as_planes),
        cmocka_unit_test(missing_codes_and_nan_are_treated_as_in_text),
        cmocka_unit_test(arrays_of_text_follow_the_rules_of_text_files),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(the_same_data_give_the_same_bytes),
        cmocka_unit_test(writing_fails_with_its_reason),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN_WITH_FILES(tests);
}
