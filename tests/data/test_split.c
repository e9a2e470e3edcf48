#include "files.h"

#include "data/block.h"
#include "data/prepare.h"

#include <surplus/random.h>

/* rows x 2 numbers; class c gets the share share[c] of the rows, in a random order. */
static sur_dataset make(sur_idx rows, sur_idx classes, const double *share)
{
    char names[256] = "a\0b\0y\0\0";
    size_t bytes = 7;
    const sur_dataset of = {.rows = rows, .cols = 2, .classes = classes};
    sur_rng rng = sur_rng_make(7, "test rows", 0);
    sur_dataset data;
    for (sur_idx c = 0; c < classes; c++)
        bytes += (size_t)snprintf(names + bytes, 16, "class %d", (int)c) + 1;
    CHECK_OK(sur_block_new(&data, &of, false, names, bytes, NULL));
    double *x = sur_block_x(&data), *y = sur_block_target(&data);
    sur_idx *order = malloc((size_t)rows * sizeof *order);
    sur_rng_permutation(&rng, order, rows);
    for (sur_idx k = 0; k < rows; k++) {
        const sur_idx i = order[k];
        double below = 0.0;
        x[2 * i] = 10.0 + 3.0 * sur_rng_normal(&rng);
        x[2 * i + 1] = (double)i;
        y[i] = sur_rng_normal(&rng);
        for (sur_idx c = 0; c < classes; c++, below += share[c - 1])
            if ((double)k >= below * (double)rows) y[i] = (double)c;
    }
    free(order);
    return data;
}

static const double thirds[] = {0.5, 0.3, 0.2};

static sur_split split_ok(const sur_dataset *data, const sur_data_options *options,
                          double validation)
{
    sur_split split;
    sur_error err;
    if (sur_split_make(&split, data, options, validation, &err) != SUR_OK)
        fail_msg("%s", err.message);
    return split;
}

static void parts_are_disjoint_and_stratified(void **state)
{
    (void)state;
    sur_dataset data = make(1000, 3, thirds);
    sur_data_options options = options_for(NULL);
    sur_split s = split_ok(&data, &options, 0.1);
    CHECK(s.train_count == 630 && s.validation_count == 70 && s.test_count == 300);
    int seen[1000] = {0};
    sur_idx counts[3][3] = {{0}};
    for (sur_idx i = 0; i < s.train_count; i++) {
        seen[s.train[i]]++;
        counts[0][(sur_idx)data.target[s.train[i]]]++;
    }
    for (sur_idx i = 0; i < s.validation_count; i++) {
        seen[s.validation[i]]++;
        counts[1][(sur_idx)data.target[s.validation[i]]]++;
    }
    for (sur_idx i = 0; i < s.test_count; i++) {
        seen[s.test[i]]++;
        counts[2][(sur_idx)data.target[s.test[i]]]++;
    }
    for (int i = 0; i < 1000; i++) CHECK(seen[i] == 1);
    for (int c = 0; c < 3;
         c++) { /* a run of the order misses at most one row of a class */
        CHECK_NEAR((double)counts[0][c], thirds[c] * 630, 1.0, 0);
        CHECK_NEAR((double)counts[1][c], thirds[c] * 70, 2.0, 0);
        CHECK_NEAR((double)counts[2][c], thirds[c] * 300, 1.0, 0);
    }
    sur_split_free(&s);
    sur_dataset_free(&data);
}

static void a_smaller_training_set_is_part_of_a_larger_one(void **state)
{
    (void)state;
    sur_dataset data = make(200, 3, thirds);
    sur_data_options options = options_for(NULL);
    options.test_samples = 50;
    options.samples = 150;
    sur_split large = split_ok(&data, &options, 0);
    options.samples = 20;
    sur_split small = split_ok(&data, &options, 0);
    CHECK(small.train_count == 20 && small.test_count == 50);
    CHECK(memcmp(small.train, large.train, 20 * sizeof *small.train) == 0);
    CHECK(memcmp(small.test, large.test, 50 * sizeof *small.test) == 0);
    sur_split_free(&small);
    sur_split_free(&large);
    sur_dataset_free(&data);
}

static void the_split_seed_fixes_the_split_and_the_seed_the_noise(void **state)
{
    (void)state;
    sur_dataset data = make(300, 3, thirds);
    sur_data_options options = options_for(NULL);
    options.label_noise = 0.3;
    options.split_seed = 5;
    sur_split a = split_ok(&data, &options, 0);
    sur_split again = split_ok(&data, &options, 0);
    options.seed = 2;
    sur_split b = split_ok(&data, &options, 0);
    options.split_seed = SUR_UNSET;
    sur_split c = split_ok(&data, &options, 0);
    const size_t size = (size_t)a.train_count * sizeof *a.train;
    CHECK(memcmp(a.train, again.train, size) == 0);
    CHECK(memcmp(a.label, again.label, size) == 0);
    CHECK(memcmp(a.train, b.train, size) == 0 && memcmp(a.label, b.label, size) != 0);
    CHECK(memcmp(a.train, c.train, size) != 0);
    sur_split_free(&a);
    sur_split_free(&again);
    sur_split_free(&b);
    sur_split_free(&c);
    sur_dataset_free(&data);
}

/* The share flipped is binomial; a larger noise flips a superset, to the same labels.
 */
static void label_noise_flips_its_share_and_only_adds(void **state)
{
    (void)state;
    sur_dataset data = make(6000, 3, thirds);
    sur_data_options options = options_for(NULL);
    options.samples = 5000;
    sur_split clean = split_ok(&data, &options, 0), last = clean;
    for (sur_idx i = 0; i < 5000; i++)
        CHECK(!clean.flipped[i] && clean.label[i] == data.target[clean.train[i]]);
    static const double shares[] = {0.05, 0.2, 0.5, 1.0};
    for (int k = 0; k < 4; k++) {
        options.label_noise = shares[k];
        sur_split s = split_ok(&data, &options, 0);
        double flipped = 0.0, up = 0.0;
        for (sur_idx i = 0; i < 5000; i++) {
            const double y = data.target[s.train[i]];
            flipped += s.flipped[i];
            CHECK(s.flipped[i] >= last.flipped[i]);
            CHECK(!last.flipped[i] || s.label[i] == last.label[i]);
            CHECK((s.label[i] != y) == s.flipped[i] && s.label[i] >= 0 &&
                  s.label[i] < 3);
            if (s.flipped[i]) up += s.label[i] == (y == 0 ? 1 : 0);
        }
        const double error = sqrt(shares[k] * (1 - shares[k]) * 5000);
        CHECK_NEAR(flipped, 5000 * shares[k], 4 * error, 0);
        CHECK_NEAR(up, flipped / 2, 4 * sqrt(flipped) / 2, 0); /* both others alike */
        sur_split_free(&last);
        last = s;
    }
    sur_split_free(&last);
    sur_dataset_free(&data);
}

static void with_two_classes_the_other_one_is_taken(void **state)
{
    (void)state;
    static const double halves[] = {0.5, 0.5};
    sur_dataset data = make(100, 2, halves);
    sur_data_options options = options_for(NULL);
    options.label_noise = 1.0;
    sur_split s = split_ok(&data, &options, 0);
    for (sur_idx i = 0; i < s.train_count; i++)
        CHECK(s.flipped[i] && s.label[i] == 1 - data.target[s.train[i]]);
    sur_split_free(&s);
    sur_dataset_free(&data);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The second column of make is the number of the row. */
static double median_of_rows(const sur_split *s)
{
    double rows[250];
    for (int i = 0; i < 250; i++) rows[i] = (double)s->train[i];
    qsort(rows, 250, sizeof *rows, by_value);
    return 0.5 * (rows[124] + rows[125]);
}

static void train_columns_have_mean_zero_and_deviation_one(void **state)
{
    (void)state;
    sur_dataset data = make(400, 0, NULL);
    double *x = sur_block_x(&data);
    for (sur_idx i = 0; i < 400; i += 7) x[2 * i] = (double)NAN;
    sur_data_options options = options_for(NULL);
    options.samples = 250;
    sur_split s = split_ok(&data, &options, 0);
    double numbers[500];
    sur_mat m = {.data = numbers, .rows = 250, .cols = 2, .stride = 2};
    sur_split_rows(&m, &s, &data, s.train);
    for (int j = 0; j < 2; j++) {
        double mean = 0.0, square = 0.0;
        for (int i = 0; i < 250; i++) mean += numbers[2 * i + j] / 250;
        for (int i = 0; i < 250; i++)
            square += numbers[2 * i + j] * numbers[2 * i + j] / 250;
        CHECK_NEAR(mean, 0.0, 1e-13, 0);
        CHECK_NEAR(square, 1.0, 1e-12, 0);
    }
    double known[250];
    int count = 0;
    for (int i = 0; i < 250; i++) {
        const double v = x[2 * s.train[i]];
        if (!isnan(v)) known[count++] = v;
        if (isnan(v))
            CHECK_NEAR(numbers[2 * i], (s.median[0] - s.mean[0]) / s.scale[0], 1e-15,
                       0);
    }
    qsort(known, (size_t)count, sizeof *known, by_value);
    CHECK(count > 150 && count < 240);
    CHECK_NEAR(s.median[0], 0.5 * (known[(count - 1) / 2] + known[count / 2]), 0,
               1e-15);
    CHECK_NEAR(s.median[1], median_of_rows(&s), 0, 1e-15); /* of 250: between two */
    /* nothing of the test rows is used */
    for (sur_idx i = 0; i < s.test_count; i++) x[2 * s.test[i]] *= 1e6;
    sur_split again = split_ok(&data, &options, 0);
    CHECK(again.mean[0] == s.mean[0] && again.scale[0] == s.scale[0]);
    CHECK(again.median[0] == s.median[0]);
    sur_split_free(&again);
    options.standardize = false;
    again = split_ok(&data, &options, 0);
    CHECK(again.mean[1] == 0 && again.scale[1] == 1);
    sur_split_free(&again);
    sur_split_free(&s);
    sur_dataset_free(&data);
}

static void constant_columns_stay_as_they_are(void **state)
{
    (void)state;
    sur_dataset data = make(50, 0, NULL);
    double *x = sur_block_x(&data);
    for (sur_idx i = 0; i < 50; i++) {
        x[2 * i] = 0.1;
        x[2 * i + 1] = (double)NAN;
    }
    sur_data_options options = options_for(NULL);
    sur_split s = split_ok(&data, &options, 0);
    CHECK(s.mean[0] == 0 && s.scale[0] == 1 && s.median[0] == 0.1);
    CHECK(s.mean[1] == 0 && s.scale[1] == 1 && s.median[1] == 0);
    sur_split_free(&s);
    sur_dataset_free(&data);
}

static void the_kth_smallest_is_that_of_the_sorted_numbers(void **state)
{
    (void)state;
    sur_rng rng = sur_rng_make(1, "kth", 0);
    for (int round = 0; round < 200; round++) {
        double x[64], sorted[64];
        const sur_idx n = 1 + sur_rng_below(&rng, 64),
                      most = 1 + sur_rng_below(&rng, 40);
        for (sur_idx i = 0; i < n; i++) x[i] = (double)sur_rng_below(&rng, most);
        memcpy(sorted, x, sizeof x);
        qsort(sorted, (size_t)n, sizeof *sorted, by_value);
        const sur_idx k = sur_rng_below(&rng, n);
        CHECK(sur_kth(x, n, k) == sorted[k]);
    }
}

static void a_given_test_set_stays_the_test_set(void **state)
{
    (void)state;
    sur_dataset data = make(100, 2, (const double[]){0.5, 0.5});
    data.test_rows = 30;
    sur_data_options options = options_for(NULL);
    sur_split s = split_ok(&data, &options, 0);
    CHECK(s.train_count == 70 && s.test_count == 30);
    for (sur_idx i = 0; i < 30; i++) CHECK(s.test[i] == 70 + i);
    for (sur_idx i = 0; i < 70; i++) CHECK(s.train[i] < 70);
    sur_split_free(&s);
    sur_dataset_free(&data);
}

static void check_refused_split(const sur_dataset *data,
                                const sur_data_options *options, double validation,
                                const char *a, const char *b)
{
    sur_split s;
    sur_error err;
    CHECK_STATUS(sur_split_make(&s, data, options, validation, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, a);
    CHECK_CONTAINS(err.message, b);
    CHECK(!s.train && !s.label && s.train_count == 0);
}

static void impossible_splits_are_refused_with_the_numbers(void **state)
{
    (void)state;
    sur_dataset data = make(100, 2, (const double[]){0.5, 0.5});
    sur_data_options options = options_for(NULL);
    options.samples = 101;
    check_refused_split(&data, &options, 0, "101", "100 rows");
    options.samples = 100;
    check_refused_split(&data, &options, 0, "100 samples", "none for testing");
    options.samples = 80;
    options.test_samples = 21;
    check_refused_split(&data, &options, 0, "21 test samples", "20 rows");
    options = options_for(NULL);
    options.samples = 1;
    check_refused_split(&data, &options, 0.9, "1 samples", "validation");
    options.samples = 50;
    for (sur_idx i = 0; i < 100; i++) sur_block_target(&data)[i] = 1;
    check_refused_split(&data, &options, 0, "one class only", "class 1");
    sur_dataset_free(&data);
}

static sur_status split_and_free(const sur_dataset *data,
                                 const sur_data_options *options)
{
    sur_split s;
    const sur_status status = sur_split_make(&s, data, options, 0.1, NULL);
    sur_split_free(&s);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_dataset data = make(100, 3, thirds);
    sur_data_options options = options_for(NULL);
    CHECK_EVERY_ALLOCATION(split_and_free(&data, &options), 11, (void)0);
    sur_dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_disjoint_and_stratified),
        cmocka_unit_test(a_smaller_training_set_is_part_of_a_larger_one),
        cmocka_unit_test(the_split_seed_fixes_the_split_and_the_seed_the_noise),
        cmocka_unit_test(label_noise_flips_its_share_and_only_adds),
        cmocka_unit_test(with_two_classes_the_other_one_is_taken),
        cmocka_unit_test(train_columns_have_mean_zero_and_deviation_one),
        cmocka_unit_test(constant_columns_stay_as_they_are),
        cmocka_unit_test(the_kth_smallest_is_that_of_the_sorted_numbers),
        cmocka_unit_test(a_given_test_set_stays_the_test_set),
        cmocka_unit_test(impossible_splits_are_refused_with_the_numbers),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
