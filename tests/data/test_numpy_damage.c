#include "npy_files.h"

static void heads_that_lie_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *head, *part;
    } cases[] = {
        {HEAD("|O", "False", "(3, 2)"), "Python objects"},
        {HEAD("<c16", "False", "(3, 2)"), "\"<c16\""},
        {HEAD("<f16", "False", "(3, 2)"), "\"<f16\""},
        {HEAD("<M8[ns]", "False", "(3, 2)"), "<M8[ns]"},
        {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}",
         "structured"},
        {HEAD("<f8", "False", "(4, 2)"), "more numbers than the file holds"},
        {HEAD("<f8", "False", "(1000000000000, 2)"), "more numbers than"},
        {HEAD("<f8", "False", "(4294967296, 4294967296, 4294967296)"), "more numbers"},
        {HEAD("<f8", "False", "(99999999999999999999999, 2)"), "damaged NPY header"},
        {HEAD("<f8", "False", "(-3, 2)"), "damaged NPY header"},
        {HEAD("<f8", "False", "(0, 2)"), "without entries"},
        {HEAD("<f8", "False", "()"), "a single number"},
        {HEAD("<f8", "Maybe", "(3, 2)"), "damaged NPY header"},
        {HEAD("<U4", "False", "(3, 1)"), "array of text"},
        {"{'descr': '<f8', 'shape': (3, 2)}", "damaged NPY header"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2)",
         "damaged NPY header"},
        {"{'descr': '<f8", "damaged NPY header"},
        {"", "damaged NPY header"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sur_data_options options =
            options_for(put_npy("lie.npy", 1, cases[i].head, six, sizeof six));
        check_refused(&options, SUR_EPARSE, cases[i].part, "lie.npy");
    }
    sur_data_options options = options_for(
        put_npy("v.npy", 4, HEAD("<f8", "False", "(3, 2)"), six, sizeof six));
    check_refused(&options, SUR_EPARSE, "version 4", "v.npy");
}

static void archives_that_make_no_table_are_refused(void **state)
{
    (void)state;
    const entry x = {"X", HEAD("<f8", "False", "(3, 2)"), six, sizeof six};
    const entry y = {"y", HEAD("<f8", "False", "(6,)"), six, sizeof six};
    const entry a = {"a", HEAD("<f8", "False", "(3, 2)"), six, sizeof six};
    const entry b = {"b", HEAD("<f8", "False", "(3, 2)"), six, sizeof six};
    const entry object = {"X", HEAD("|O", "False", "(3, 2)"), six, sizeof six};
    const entry pair[] = {x, y}, two[] = {a, b}, objects[] = {object};
    sur_data_options options = options_for(put_npz("pair.npz", pair, 2, false));
    check_refused(&options, SUR_EPARSE, "array y: is 6 x 1", "3 rows");
    options.data = put_npz("two.npz", two, 2, false);
    check_refused(&options, SUR_EPARSE, "a and b may both be", "X");
    options.data = put_npz("objects.npz", objects, 1, false);
    check_refused(&options, SUR_EPARSE, "Python objects", "array X");
}

static void a_packed_archive_that_explodes_is_refused(void **state)
{
    (void)state;
    const size_t size = (size_t)80 << 20;
    char *zeros = calloc(size, 1);
    const entry x = {"X", HEAD("|u1", "False", "(8388608, 10)"), zeros, size};
    const sur_data_options options = options_for(put_npz("bomb.npz", &x, 1, true));
    check_refused(&options, SUR_EPARSE, "claims to unpack", "bomb.npz");
    free(zeros);
}

static void read_whole_or_refuse(const sur_data_options *options)
{
    sur_dataset data;
    sur_error err;
    if (sur_data_read(&data, options, NULL, 0, &err) == SUR_OK) check_whole(&data);
    sur_dataset_free(&data);
}

static void every_beginning_and_every_flipped_bit_is_read_or_refused(void **state)
{
    (void)state;
    const entry entries[] = {{"X", HEAD("<f8", "False", "(3, 2)"), six, sizeof six},
                             {"y", HEAD("|S1", "False", "(3,)"), "aba", 3}};
    char *paths[] = {
        put_npy("a.npy", 1, HEAD("<f8", "True", "(3, 2)"), six, sizeof six),
        put_npz("b.npz", entries, 2, false), put_npz("c.npz", entries, 2, true)};
    for (int k = 0; k < 3; k++) {
        size_t size;
        unsigned char *bytes = get_bytes(paths[k], &size);
        for (size_t n = 0; n < size; n++) {
            sur_data_options options = options_for(put_bytes("cut", bytes, n));
            sur_dataset data;
            CHECK(sur_data_read(&data, &options, NULL, 0, NULL) != SUR_OK);
            bytes[n] ^= (unsigned char)(1 << n % 8);
            options.data = put_bytes("flip", bytes, size);
            read_whole_or_refuse(&options);
            bytes[n] ^= (unsigned char)(1 << n % 8);
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_that_lie_are_refused),
        cmocka_unit_test(archives_that_make_no_table_are_refused),
        cmocka_unit_test(a_packed_archive_that_explodes_is_refused),
        cmocka_unit_test(every_beginning_and_every_flipped_bit_is_read_or_refused),
    };
    return RUN_WITH_FILES(tests);
}
