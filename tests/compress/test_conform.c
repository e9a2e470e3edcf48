/* Every compressor, in every code, of every size, obeys the laws of its interface. */
#include "support/conform_compressor.h"

static const sur_idx sizes[] = {0, 1, 2, 7, 64, 601};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void every_compressor_conforms(sur_code code)
{
    for (sur_idx k = 0; sur_compressor_list(k); k++)
        for (int s = 0; s < SIZES; s++)
            conform_compressor(sur_compressor_list(k),
                               (sur_compressor_options){.code = code, .seed = 3},
                               sizes[s]);
}

static void every_compressor_conforms_in_the_shortest_code(void **state)
{
    (void)state;
    every_compressor_conforms(SUR_CODE_RANGE);
}

static void every_compressor_conforms_in_the_fixed_code(void **state)
{
    (void)state;
    every_compressor_conforms(SUR_CODE_FIXED);
}

static void options_away_from_the_defaults_conform(void **state)
{
    (void)state;
    for (int bits = 2; bits <= 16; bits += 2) {
        conform_compressor("adaptive", (sur_compressor_options){.bits = bits}, 50);
        conform_compressor("rows", (sur_compressor_options){.bits = bits, .rows = 10},
                           50);
    }
    conform_compressor("qsgd", (sur_compressor_options){.levels = 1}, 50);
    conform_compressor("qsgd", (sur_compressor_options){.levels = 1 << 20}, 50);
    conform_compressor("topk", (sur_compressor_options){.keep = 50}, 50);
    conform_compressor("ef21", (sur_compressor_options){.keep = 17}, 50);
    conform_compressor("powersgd",
                       (sur_compressor_options){.rows = 5, .columns_kept = 5}, 50);
    conform_compressor("powersgd", (sur_compressor_options){.rows = 7}, 50);
}

static void impossible_options_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        sur_idx count;
        sur_compressor_options options;
        const char *says;
    } cases[] = {
        {"zip", 5, {0}, "there are adaptive, stepped, rows, qsgd"},
        {"adaptive", -1, {0}, "count -1"},
        {"adaptive", 5, {.bits = 1}, "bits 1 is not in 2 .. 16"},
        {"rows", 5, {.bits = 17}, "bits 17"},
        {"rows", 5, {.rows = 2}, "5 numbers do not make 2 rows"},
        {"stepped", 5, {.step = 501}, "step 501"},
        {"qsgd", 5, {.levels = -1}, "levels -1"},
        {"topk", 5, {.keep = 6}, "keep 6 is not in 1 .. 5"},
        {"powersgd", 5, {.columns_kept = 9}, "columns_kept 9"},
        {"powersgd", 5, {.rows = 6}, "rows 6"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        sur_compressor c = {.count = 77};
        sur_error err;
        CHECK_STATUS(sur_compressor_make(&c, cases[k].name, cases[k].count,
                                         &cases[k].options, &err),
                     SUR_EINVAL);
        CHECK_CONTAINS(err.message, cases[k].says);
        CHECK(c.count == 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_compressor_conforms_in_the_shortest_code),
        cmocka_unit_test(every_compressor_conforms_in_the_fixed_code),
        cmocka_unit_test(options_away_from_the_defaults_conform),
        cmocka_unit_test(impossible_options_are_refused_by_name),
    };
    return RUN(tests);
}
