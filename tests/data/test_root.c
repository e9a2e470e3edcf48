#include "files.h"

/* Trees of 40 entries in two baskets each, written with each packing (by uproot): x, y,
 * n, k, h, big, b are functions of the entry i, v has three numbers of it. */
static char *file(const char *name)
{
    static char path[4][4096];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], SUR_ROOT_FILES "/%s", name);
    return path[next];
}

static void every_packing_gives_the_same_numbers(void **state)
{
    static const char *const names[] = {"none.root", "zlib.root", "lz4.root",
                                        "zstd.root"};
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        sur_data_options options = options_for(file(names[k]));
        options.target = "big";
        options.columns = "x,y,n,k,h,b,v.1,v.2,v.3";
        options.task = SUR_REGRESSION;
        sur_dataset data = read_ok(&options, NULL, 0);
        CHECK(data.rows == 40 && data.cols == 9 && data.scalar == SUR_F64);
        for (sur_idx i = 0; i < 40; i++) {
            const double t = (double)i;
            const double want[9] = {0.5 * t - 3, 0.25 * t,
                                    t - 5,       (double)(i % 7),
                                    100 * t,     (double)(i % 2 == 0),
                                    t,           2 * t,
                                    3 * t};
            for (sur_idx j = 0; j < 9; j++) CHECK(at(&data, i, j) == want[j]);
            CHECK(data.target[i] == t * 0x1p40);
        }
        sur_dataset_free(&data);
    }
}

static void only_what_is_asked_for_is_kept_in_its_width(void **state)
{
    (void)state;
    sur_data_options options = options_for(file("lz4.root"));
    options.target = "k";
    options.columns = "b";
    sur_dataset data = read_ok(&options, NULL, 0);
    CHECK(data.cols == 1 && data.scalar == SUR_U8 && data.classes == 7);
    sur_dataset_free(&data);
    options.columns = "y,h";
    data = read_ok(&options, NULL, 0);
    CHECK(data.cols == 2 && data.scalar == SUR_F32);
    sur_dataset_free(&data);
}

static void what_is_not_read_is_named_with_its_recipe(void **state)
{
    (void)state;
    sur_data_options options = options_for(file("jagged.root:dir/t"));
    options.target = "j";
    check_refused(&options, SUR_EPARSE, "branch j is not read (jagged", "uproot");
    options.data = file("rntuple.root");
    check_refused(&options, SUR_EPARSE, "RNTuple", "numpy.savez");
    options.data = file("lzma.root");
    options.target = "x";
    check_refused(&options, SUR_EPARSE, "LZMA", "hadd");
    options.data = file("jagged.root:nothing");
    check_refused(&options, SUR_EINVAL, "no tree \"nothing\"", "dir (TDirectory)");
}

static void damaged_files_are_refused_or_read(void **state)
{
    size_t size;
    (void)state;
    unsigned char *bytes = get_bytes(file("zstd.root"), &size);
    for (size_t n = 0; n < size; n += 41) {
        sur_dataset data;
        sur_error err;
        bytes[n] ^= (unsigned char)(1u << n % 8);
        sur_data_options options = options_for(put_bytes("hurt.root", bytes, size));
        options.target = "x";
        if (sur_data_read(&data, &options, NULL, 0, &err) != SUR_OK)
            CHECK(!strchr(err.message, '\n') && data.block == NULL);
        sur_dataset_free(&data);
        bytes[n] ^= (unsigned char)(1u << n % 8);
    }
    free(bytes);
}

static void every_allocation_may_fail(void **state)
{
    sur_dataset data;
    sur_error err;
    (void)state;
    sur_data_options options = options_for(file("zlib.root"));
    options.target = "x";
    CHECK_EVERY_ALLOCATION(sur_data_read(&data, &options, NULL, 0, &err), 10,
                           sur_dataset_free(&data));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packing_gives_the_same_numbers),
        cmocka_unit_test(only_what_is_asked_for_is_kept_in_its_width),
        cmocka_unit_test(what_is_not_read_is_named_with_its_recipe),
        cmocka_unit_test(damaged_files_are_refused_or_read),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN_WITH_FILES(tests);
}
