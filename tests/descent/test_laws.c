/* test_laws.c -- what must hold of any descent trial. */
#include "descent/rig.h"

/* ---- small data sets as files ---- */

enum { ROWS = 90 };

/* Two classes (or a real target) from four columns and noise; weights from a function.
 */
static const char *make_csv(char *path, size_t size, const char *name, int classes,
                            double (*weight)(int row), bool repeat)
{
    static char text[200000];
    size_t used = (size_t)snprintf(text, sizeof text, "a,b,c,d,y%s\n",
                                   weight && !repeat ? ",w" : "");
    sur_rng rng = sur_rng_make(7, "rows", 0);
    for (int i = 0; i < ROWS; i++) {
        double x[4];
        for (int j = 0; j < 4; j++) x[j] = sur_rng_normal(&rng);
        const double y = x[0] - x[1] * x[2] + 0.5 * sur_rng_normal(&rng);
        const int times = weight && repeat ? (int)weight(i) : 1;
        for (int t = 0; t < times; t++) {
            used +=
                (size_t)snprintf(text + used, sizeof text - used,
                                 "%.17g,%.17g,%.17g,%.17g,", x[0], x[1], x[2], x[3]);
            if (classes == 0)
                used += (size_t)snprintf(text + used, sizeof text - used, "%.17g", y);
            else
                used += (size_t)snprintf(text + used, sizeof text - used, "k%d",
                                         y < -0.5  ? 0
                                         : y < 0.7 ? 1
                                                   : classes - 1);
            if (weight && !repeat)
                used += (size_t)snprintf(text + used, sizeof text - used, ",%.17g",
                                         weight(i));
            used += (size_t)snprintf(text + used, sizeof text - used, "\n");
        }
    }
    return rig_file(path, size, name, text);
}

static double one(int row) { return (void)row, 1.0; }
static double few(int row) { return 1.0 + row % 3; }
static double signs(int row) { return row % 9 == 4 ? -0.5 : 1.0 + 0.25 * (row % 4); }

static void check_same(const rig *a, sur_idx i, const rig *b, sur_idx j)
{
    const sur_descent_list *x = &a->outcome[i].list, *y = &b->outcome[j].list;
    CHECK(x->count == y->count);
    for (sur_idx k = 0; k < x->count; k++) {
        CHECK_TEXT(x->at[k].metric, y->at[k].metric);
        CHECK(memcmp(&x->at[k].value, &y->at[k].value, sizeof(double)) == 0);
        CHECK(memcmp(&x->at[k].low, &y->at[k].low, sizeof(double)) == 0);
        CHECK(memcmp(&x->at[k].high, &y->at[k].high, sizeof(double)) == 0);
    }
    CHECK(memcmp(&a->outcome[i].blocks, &b->outcome[j].blocks,
                 sizeof a->outcome[i].blocks) == 0);
}

static void a_trial_has_the_same_bits_whatever_else_is_in_its_group(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "bits.csv", 3, NULL, false);
    snprintf(words, sizeof words, "data=%s samples=50 seed=3 label_noise=0.1", path);
    rig *all = rig_new(words, "1,7,49,50,51,60,300,inf", "0,0.5,3");
    rig_run(all);
    static const struct {
        const char *widths, *ridges;
        sur_idx width[4], ridge[4], count;
    } some[] = {
        {"60", "0", {5}, {0}, 1},
        {"7,51", "0.5", {1, 4}, {1, 1}, 2},
        {"300,inf", "3", {6, 7}, {2, 2}, 2},
        {"50,1", "0,3", {3, 3, 0, 0}, {0, 2, 0, 2}, 4},
    };
    for (size_t s = 0; s < sizeof some / sizeof *some; s++) {
        rig *part = rig_new(words, some[s].widths, some[s].ridges);
        rig_run(part);
        CHECK(part->count == some[s].count);
        for (sur_idx i = 0; i < part->count; i++)
            check_same(part, i, all, 3 * some[s].width[i] + some[s].ridge[i]);
        rig_free(part);
    }
    rig_free(all);
    remove(path);
}

static void label_noises_that_run_together_have_the_bits_they_have_alone(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "noises.csv", 3, NULL, false);
    snprintf(words, sizeof words, "data=%s samples=50 label_noise=0", path);
    rig *clean = rig_new(words, "7,50,60,inf", "0,2");
    snprintf(words, sizeof words, "data=%s samples=50 label_noise=0.3", path);
    rig *noisy = rig_new(words, "7,50,60,inf", "0,2");
    rig *both = rig_new(words, "7,50,60,inf", "0,2");
    for (sur_idx i = 0; i < clean->count; i++) {
        const sur_idx to = both->count++;
        CHECK_OK(sur_fields_copy(&sur_descent_fields, &both->options[to],
                                 &clean->options[i], NULL));
        both->list[to] = &both->options[to];
    }
    rig_run(clean);
    rig_run(noisy);
    rig_run(both);
    for (sur_idx i = 0; i < clean->count; i++) {
        check_same(both, i, noisy, i);
        check_same(both, clean->count + i, clean, i);
    }
    CHECK(rig_value(noisy, 4, "test_loss") != rig_value(clean, 4, "test_loss"));
    rig_free(clean);
    rig_free(noisy);
    rig_free(both);
    remove(path);
}

static void nested_synthetic_problems_have_their_bits_in_any_company(void **state)
{
    (void)state;
    static const char *const words[] = {
        "data=synthetic:linear family=linear samples=30 test_samples=60 noise=0.3 "
        "decay=0.5",
        "data=synthetic:latent family=linear samples=30 test_samples=60 noise=1 "
        "latent=5"};
    for (int w = 0; w < 2; w++) {
        rig *all = rig_new(words[w], "10,29,30,31,200", "0,2");
        rig_run(all);
        for (sur_idx i = 0; i < all->count; i += 3) {
            char width[32], ridge[32];
            snprintf(width, sizeof width, "%lld", (long long)all->options[i].width);
            snprintf(ridge, sizeof ridge, "%g", all->options[i].ridge);
            CHECK(all->options[i].data.dimension == all->options[i].width);
            rig *alone = rig_new(words[w], width, ridge);
            rig_run(alone);
            check_same(alone, 0, all, i);
            rig_free(alone);
        }
        rig_free(all);
    }
}

static void a_vanishing_ridge_is_the_least_norm_solution(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "ridge.csv", 2, NULL, false);
    snprintf(words, sizeof words, "data=%s samples=40 family=fourier", path);
    rig *r = rig_new(words, "15,200", "0,1e-9,1e-3");
    rig_run(r);
    for (sur_idx i = 0; i < 6; i += 3) {
        const double zero = rig_value(r, i, "test_loss");
        CHECK_NEAR(rig_value(r, i + 1, "test_loss"), zero, 0, 1e-6);
        CHECK(rig_value(r, i + 1, "norm") <= rig_value(r, i, "norm") * (1 + 1e-9));
        CHECK(rig_value(r, i + 2, "norm") < rig_value(r, i, "norm"));
        CHECK(rig_value(r, i + 2, "train_loss") > rig_value(r, i, "train_loss"));
        CHECK(rig_value(r, i + 2, "effective_parameters") <
              rig_value(r, i, "effective_parameters"));
    }
    rig_free(r);
    remove(path);
}

static void a_model_interpolates_from_as_many_features_as_samples_on(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "fit.csv", 2, NULL, false);
    snprintf(words, sizeof words, "data=%s samples=40 label_noise=0.2", path);
    rig *r = rig_new(words, "20,39,40,41,100", "0");
    rig_run(r);
    static const double fits[] = {0, 0, 1, 1, 1}, rank[] = {20, 39, 40, 40, 40};
    for (sur_idx i = 0; i < r->count; i++) {
        CHECK(rig_value(r, i, "interpolates") == fits[i]);
        CHECK(rig_value(r, i, "numerical_rank") == rank[i]);
        CHECK_NEAR(rig_value(r, i, "effective_parameters"), rank[i], 0, 1e-6);
        CHECK(rig_value(r, i, "parameters") == (double)r->options[i].width);
    }
    rig_free(r);
    remove(path);
}

static void weights_of_one_are_no_weights(void **state)
{
    (void)state;
    static const char *const metrics[] = {
        "test_loss", "test_error", "train_loss",     "auc",
        "rejection", "norm",       "tuned_test_loss"};
    char plain[256], weighted[256], words[2][512];
    make_csv(plain, sizeof plain, "plain.csv", 2, NULL, false);
    make_csv(weighted, sizeof weighted, "ones.csv", 2, one, false);
    snprintf(words[0], sizeof words[0], "data=%s target=y samples=40", plain);
    snprintf(words[1], sizeof words[1], "data=%s target=y samples=40 weight=w",
             weighted);
    rig *a = rig_new(words[0], "10,100,inf", "0,1");
    rig *b = rig_new(words[1], "10,100,inf", "0,1");
    rig_run(a);
    rig_run(b);
    for (sur_idx i = 0; i < a->count; i++) {
        for (size_t m = 0; m < sizeof metrics / sizeof *metrics; m++)
            CHECK_NEAR(rig_value(b, i, metrics[m]), rig_value(a, i, metrics[m]), 1e-12,
                       1e-8);
        CHECK(!rig_get(a, i, "ams") && rig_value(b, i, "ams") >= 0.0);
    }
    rig_free(a);
    rig_free(b);
    remove(plain);
    remove(weighted);
}

/* All rows train; the test file is the same for both. */
static void whole_weights_are_repeated_rows(void **state)
{
    (void)state;
    char test[256], repeated[256], weighted[256], words[2][800];
    make_csv(test, sizeof test, "test.csv", 0, one, false);
    make_csv(repeated, sizeof repeated, "repeated.csv", 0, few, true);
    make_csv(weighted, sizeof weighted, "weighted.csv", 0, few, false);
    char bare[256];
    make_csv(bare, sizeof bare, "bare.csv", 0, NULL, false);
    snprintf(words[0], sizeof words[0],
             "data=%s test_data=%s target=y samples=180 standardize=false tune=no "
             "validation_samples=0",
             repeated, bare);
    snprintf(
        words[1], sizeof words[1],
        "data=%s test_data=%s target=y weight=w samples=90 standardize=false tune=no "
        "validation_samples=0",
        weighted, test);
    rig *a = rig_new(words[0], "10,60,400", "0.3,20");
    rig *b = rig_new(words[1], "10,60,400", "0.3,20");
    rig_run(a);
    rig_run(b);
    for (sur_idx i = 0; i < a->count; i++) {
        CHECK_NEAR(rig_value(b, i, "test_loss"), rig_value(a, i, "test_loss"), 0, 1e-7);
        CHECK_NEAR(rig_value(b, i, "train_loss"), rig_value(a, i, "train_loss"), 0,
                   1e-7);
        CHECK_NEAR(rig_value(b, i, "norm"), rig_value(a, i, "norm"), 0, 1e-7);
    }
    rig_free(a);
    rig_free(b);
    remove(test);
    remove(repeated);
    remove(weighted);
    remove(bare);
}

/* Rows that a file repeats are merged before the fit, with their multiplicity as
 * weight; a last digit that differs keeps them apart. */
static void merging_equal_rows_changes_nothing_but_the_cost(void **state)
{
    (void)state;
    char equal[256], unequal[256], bare[256], words[2][800], text[40000];
    make_csv(equal, sizeof equal, "equal.csv", 2, few, true);
    make_csv(bare, sizeof bare, "bare2.csv", 2, NULL, false);
    FILE *file = fopen(equal, "r");
    CHECK(file != NULL);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    char *line = strchr(text, '\n') + 1;
    for (int i = 0; *line;
         i++) { /* "0.123..." becomes "0.123...7" in every other row */
        char *comma = strchr(line, ',');
        const int digit = i % 3; /* the last of 17 digits */
        comma[-1] = (char)('1' + (comma[-1] - '0' + digit) % 9);
        line = strchr(line, '\n') + 1;
    }
    rig_file(unequal, sizeof unequal, "unequal.csv", text);
    static const char *const form = "data=%s test_data=%s samples=180 tune=no "
                                    "standardize=false validation_samples=0";
    snprintf(words[0], sizeof words[0], form, equal, bare);
    snprintf(words[1], sizeof words[1], form, unequal, bare);
    rig *a = rig_new(words[0], "10,60,400,inf", "2");
    rig *b = rig_new(words[1], "10,60,400,inf", "2");
    rig_run(a);
    rig_run(b);
    for (sur_idx i = 0; i < a->count; i++) {
        CHECK_NEAR(rig_value(a, i, "test_loss"), rig_value(b, i, "test_loss"), 0, 1e-7);
        CHECK_NEAR(rig_value(a, i, "train_loss"), rig_value(b, i, "train_loss"), 0,
                   1e-7);
        CHECK_NEAR(rig_value(a, i, "norm"), rig_value(b, i, "norm"), 0, 1e-7);
        CHECK_NEAR(rig_value(a, i, "effective_parameters"),
                   rig_value(b, i, "effective_parameters"), 0, 1e-6);
    }
    CHECK(rig_value(a, 2, "numerical_rank") == 90);
    rig_free(a);
    rig_free(b);
    remove(equal);
    remove(unequal);
    remove(bare);
}

static void negative_weights_fail_only_where_there_is_no_minimum(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "signs.csv", 2, signs, false);
    snprintf(words, sizeof words, "data=%s target=y weight=w samples=60", path);
    rig *r = rig_new(words, "5,500", "0,1e4");
    CHECK_OK(rig_run_status(r));
    CHECK(r->outcome[0].status == SUR_OK && r->outcome[1].status == SUR_OK);
    CHECK(r->outcome[2].status == SUR_ENUMERIC && r->outcome[2].message[0] != '\0');
    CHECK(r->outcome[3].status == SUR_OK);
    rig_free(r);

    rig *alone = rig_new(words, "5", "0,1e4"), *both = rig_new(words, "5,500", "0,1e4");
    rig_run(alone);
    CHECK_OK(rig_run_status(both));
    check_same(alone, 0, both, 0);
    check_same(alone, 1, both, 1);
    rig_free(alone);
    rig_free(both);
    remove(path);
}

static void width_inf_is_the_limit_of_wide_models(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "inf.csv", 0, NULL, false);
    static const char *const families[] = {"relu", "fourier"};
    for (int f = 0; f < 2; f++) {
        double wide = 0.0, square = 0.0, limit = 0.0;
        enum { SEEDS = 6 };
        for (int seed = 1; seed <= SEEDS; seed++) {
            snprintf(words, sizeof words,
                     "data=%s samples=40 family=%s split_seed=1 seed=%d tune=no", path,
                     families[f], seed);
            rig *r = rig_new(words, "20000,inf", "0");
            rig_run(r);
            const double x = rig_value(r, 0, "test_loss");
            wide += x / SEEDS;
            square += x * x / SEEDS;
            limit = rig_value(r, 1, "test_loss");
            rig_free(r);
        }
        const double error = sqrt((square - wide * wide) / (SEEDS - 1));
        CHECK_NEAR(wide, limit, 4.0 * error + 0.01 * limit, 0);
    }
    remove(path);
}

static void swapping_the_two_classes_changes_no_error(void **state)
{
    (void)state;
    char path[256], text[40000], words[512];
    make_csv(path, sizeof path, "ab.csv", 2, NULL, false);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    snprintf(words, sizeof words, "data=%s samples=40 split_seed=2", path);
    rig *a = rig_new(words, "10,90", "0.1");
    rig_run(a);
    for (char *c = text; (c = strchr(c, 'k')) != NULL; c++)
        c[1] = c[1] == '0' ? '1' : '0';
    char other[256];
    rig_file(other, sizeof other, "ba.csv", text);
    snprintf(words, sizeof words, "data=%s samples=40 split_seed=2", other);
    rig *b = rig_new(words, "10,90", "0.1");
    rig_run(b);
    for (sur_idx i = 0; i < 2; i++) {
        CHECK_NEAR(rig_value(b, i, "train_loss"), rig_value(a, i, "train_loss"), 0,
                   1e-9);
        CHECK_NEAR(rig_value(b, i, "auc"), rig_value(a, i, "auc"), 1e-9, 0);
        CHECK_NEAR(rig_value(b, i, "test_error"), rig_value(a, i, "test_error"), 1e-9,
                   0);
    }
    rig_free(a);
    rig_free(b);
    remove(path);
    remove(other);
}

static void the_blocks_add_up_to_the_measurements(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "blocks.csv", 3, NULL, false);
    snprintf(words, sizeof words, "data=%s samples=40", path);
    rig *r = rig_new(words, "30,80", "0");
    rig_run(r);
    static const char *const metrics[] = {NULL, "test_error", "test_loss",
                                          "tuned_test_error", "tuned_test_loss"};
    for (sur_idx i = 0; i < 2; i++) {
        const sur_descent_blocks *b = &r->outcome[i].blocks;
        double sum[DESCENT_BLOCK_ROWS] = {0};
        for (int row = 0; row < DESCENT_BLOCK_ROWS; row++)
            for (int k = 0; k < DESCENT_BLOCKS; k++) sum[row] += (double)b->sum[row][k];
        CHECK(sum[0] == (double)r->options[i].data.test_samples);
        for (int row = 1; row < DESCENT_BLOCK_ROWS; row++)
            CHECK_NEAR(sum[row] / sum[0], rig_value(r, i, metrics[row]), 1e-7, 1e-6);
    }
    rig_free(r);
    remove(path);
}

/* ---- what is refused ---- */

static void check_refused(const char *words, const char *widths, sur_status expected,
                          const char *part)
{
    sur_status status;
    rig *r = rig_try(words, widths, "0", &status);
    CHECK_STATUS(status, expected);
    CHECK_CONTAINS(r->err.message, part);
    rig_free(r);
}

static void what_cannot_be_is_refused_before_anything_runs(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "refuse.csv", 0, NULL, false);
    snprintf(words, sizeof words, "data=%s samples=91", path);
    check_refused(words, "5", SUR_EINVAL, "91 samples");
    snprintf(words, sizeof words, "data=%s samples=90", path);
    check_refused(words, "5", SUR_EINVAL, "90 samples");
    snprintf(words, sizeof words, "data=%s family=linear", path);
    check_refused(words, "5", SUR_EINVAL, "4 columns");
    check_refused(words, "inf", SUR_EINVAL, "no limit");
    snprintf(words, sizeof words, "data=%s label_noise=0.1", path);
    check_refused(words, "5", SUR_EINVAL, "label_noise");
    snprintf(words, sizeof words, "data=%s samples=80 validation_samples=11", path);
    check_refused(words, "5", SUR_EINVAL, "validation_samples");
    check_refused("data=synthetic:events dimension=50", "5", SUR_EINVAL, "28 columns");
    check_refused("data=synthetic:evnts", "5", SUR_EINVAL, "events");
    check_refused("samples=5", "5", SUR_EINVAL, "no data");
    check_refused("data=/nowhere/at/all.csv", "5", SUR_EIO, "/nowhere/at/all.csv");
    check_refused("data=synthetic:linear family=linear dimension=20", "21", SUR_EINVAL,
                  "20 columns");
    remove(path);
}

static void a_stopped_run_keeps_what_was_emitted(void **state)
{
    (void)state;
    rig *r = rig_new("data=synthetic:linear family=linear samples=20 test_samples=50 "
                     "condition=9", /* each width has a design of its own */
                     "5,10,40", "0,1");
    r->stop_after = 2;
    CHECK_STATUS(rig_run_status(r), SUR_ESTOPPED);
    CHECK(r->emitted >= 2 && r->emitted < r->count);
    CHECK(r->outcome[0].status == SUR_OK && r->outcome[0].list.count > 0);
    rig_free(r);
}

static sur_status run_quietly(rig *r) { return rig_run_status(r); }

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char path[256], words[512];
    make_csv(path, sizeof path, "memory.csv", 2, few, false);
    snprintf(
        words, sizeof words,
        "data=%s target=y weight=w samples=12 test_samples=10 validation_samples=5 "
        "tune=yes",
        path);
    rig *r = rig_new(words, "3,20,inf", "0,1");
    CHECK_EVERY_ALLOCATION(run_quietly(r), 40, );
    rig_free(r);
    rig *synthetic = rig_new("data=synthetic:linear family=linear samples=8 decay=1 "
                             "test_samples=10 tune=yes",
                             "3,20", "1");
    CHECK_EVERY_ALLOCATION(run_quietly(synthetic), 20, );
    rig_free(synthetic);
    make_csv(path, sizeof path, "memory.csv", 2, few, true);
    snprintf(words, sizeof words, "data=%s samples=150 tune=no", path);
    rig *merged = rig_new(words, "5", "1");
    CHECK_EVERY_ALLOCATION(run_quietly(merged), 20, );
    rig_free(merged);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_has_the_same_bits_whatever_else_is_in_its_group),
        cmocka_unit_test(label_noises_that_run_together_have_the_bits_they_have_alone),
        cmocka_unit_test(nested_synthetic_problems_have_their_bits_in_any_company),
        cmocka_unit_test(a_vanishing_ridge_is_the_least_norm_solution),
        cmocka_unit_test(a_model_interpolates_from_as_many_features_as_samples_on),
        cmocka_unit_test(weights_of_one_are_no_weights),
        cmocka_unit_test(whole_weights_are_repeated_rows),
        cmocka_unit_test(merging_equal_rows_changes_nothing_but_the_cost),
        cmocka_unit_test(negative_weights_fail_only_where_there_is_no_minimum),
        cmocka_unit_test(width_inf_is_the_limit_of_wide_models),
        cmocka_unit_test(swapping_the_two_classes_changes_no_error),
        cmocka_unit_test(the_blocks_add_up_to_the_measurements),
        cmocka_unit_test(what_cannot_be_is_refused_before_anything_runs),
        cmocka_unit_test(a_stopped_run_keeps_what_was_emitted),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
