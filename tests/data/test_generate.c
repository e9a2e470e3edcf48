#include <surplus/data.h>

#include "data/generate.h"
#include "support/check.h"

static sur_data_options make(char *name, sur_idx samples, sur_idx test)
{
    return (sur_data_options){.data = name,
                              .samples = samples,
                              .test_samples = test,
                              .seed = 3,
                              .condition = nan(""),
                              .latent = 5};
}

static sur_dataset generate(const sur_data_options *options, sur_idx columns,
                            double *truth)
{
    sur_dataset data;
    sur_error err;
    if (sur_data_generate(&data, options, columns, truth, &err) != SUR_OK)
        fail_msg("%s", err.message);
    return data;
}

static const double *row_of(const sur_dataset *data, sur_idx i)
{
    return (const double *)data->x + i * data->cols;
}

static sur_mat matrix_of(const sur_dataset *data, sur_idx first, sur_idx rows)
{
    sur_mat m;
    CHECK_OK(sur_mat_new(&m, rows, data->cols, NULL));
    sur_dataset_rows(&m, data, NULL, first);
    return m;
}

static void a_column_is_the_same_for_every_width_and_number_of_rows(void **state)
{
    (void)state;
    char *names[] = {"synthetic:linear", "synthetic:latent"};
    for (int g = 0; g < 2; g++) {
        const sur_data_options small = make(names[g], 7, 3),
                               large = make(names[g], 20, 9);
        sur_dataset a = generate(&small, 13, NULL), b = generate(&large, 40, NULL);
        for (sur_idx i = 0; i < 10; i++) {
            const sur_idx same =
                i < 7 ? i : i + 13; /* test rows follow training rows */
            assert_memory_equal(row_of(&a, i), row_of(&b, same), 13 * sizeof(double));
        }
        CHECK(a.rows == 10 && a.test_rows == 3 && a.classes == 0 && a.cols == 13);
        CHECK_TEXT(sur_dataset_name(&a, 0), "x1");
        CHECK_TEXT(sur_dataset_name(&a, 12), "x13");
        CHECK_TEXT(sur_dataset_name(&a, 13), "y");
        CHECK(strlen(a.checksum) == 64 && strcmp(a.checksum, b.checksum) != 0);
        sur_dataset_free(&a);
        sur_dataset_free(&b);
    }
}

static void linear_targets_are_the_coefficients_times_the_columns(void **state)
{
    (void)state;
    sur_data_options options = make("synthetic:linear", 30, 10);
    double wide[50], narrow[20], norm = 0.0, share = 0.0;
    sur_dataset a = generate(&options, 50, wide), b = generate(&options, 20, narrow);
    for (int j = 0; j < 50; j++) norm += wide[j] * wide[j];
    for (int j = 0; j < 20; j++) share += wide[j] * wide[j];
    CHECK_NEAR(norm, 1.0, 1e-14, 0.0);
    for (int j = 0; j < 20; j++)
        CHECK_NEAR(narrow[j], wide[j] / sqrt(share), 1e-14, 0.0);
    for (sur_idx i = 0; i < 40; i++) {
        double y = 0.0;
        for (int j = 0; j < 50; j++) y += row_of(&a, i)[j] * wide[j];
        CHECK_NEAR(a.target[i], y, 1e-13, 0.0);
    }
    sur_dataset_free(&a);
    sur_dataset_free(&b);
}

static void noise_has_the_deviation_asked_for(void **state)
{
    (void)state;
    char *names[] = {"synthetic:linear", "synthetic:latent"};
    for (int g = 0; g < 2; g++) {
        const sur_idx rows = 8000;
        sur_data_options options = make(names[g], rows / 2, rows / 2);
        sur_dataset clean = generate(&options, 3, NULL);
        options.noise = 0.7;
        sur_dataset noisy = generate(&options, 3, NULL);
        assert_memory_equal(clean.x, noisy.x, (size_t)rows * 3 * sizeof(double));
        double sum = 0.0, square = 0.0;
        for (sur_idx i = 0; i < rows; i++) {
            const double e = noisy.target[i] - clean.target[i];
            sum += e;
            square += e * e;
        }
        const double n = (double)rows, variance = 0.7 * 0.7;
        CHECK_NEAR(sum / n, 0.0, 4.0 * sqrt(variance / n), 0.0);
        CHECK_NEAR(square / n, variance, 4.0 * variance * sqrt(2.0 / n), 0.0);
        sur_dataset_free(&clean);
        sur_dataset_free(&noisy);
    }
}

static void the_spectrum_falls_as_a_power(void **state)
{
    (void)state;
    sur_data_options options = make("synthetic:linear", 4000, 1);
    options.decay = 1.5;
    sur_dataset data = generate(&options, 30, NULL);
    for (int j = 0; j < 30; j++) {
        const double want = pow(j + 1.0, -1.5);
        double square = 0.0;
        for (sur_idx i = 0; i < 4000; i++)
            square += row_of(&data, i)[j] * row_of(&data, i)[j];
        CHECK_NEAR(square / 4000.0, want, 4.0 * want * sqrt(2.0 / 4000.0), 0.0);
    }
    sur_dataset_free(&data);
}

static void the_condition_number_is_the_one_asked_for(void **state)
{
    (void)state;
    const sur_idx shapes[][2] = {{20, 50}, {50, 20}, {30, 30}, {1, 4}, {300, 600}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (double condition = 1.0; condition < 1e11; condition *= 1e5) {
            const sur_idx n = shapes[s][0], p = shapes[s][1], m = n < p ? n : p;
            sur_data_options options = make("synthetic:linear", n, 5);
            sur_dataset plain = generate(&options, p, NULL);
            options.condition = condition;
            sur_dataset data = generate(&options, p, NULL);
            sur_mat x = matrix_of(&data, 0, n), before = matrix_of(&plain, 0, n);
            double *values = malloc((size_t)m * sizeof *values);
            assert_non_null(values);
            CHECK_OK(sur_svd(values, NULL, NULL, &x, NULL));
            CHECK_NEAR(pow(values[0] / values[m - 1], 2.0), m > 1 ? condition : 1.0,
                       0.0, 1e-5);
            CHECK_NEAR(sur_mat_norm(&x), sur_mat_norm(&before), 0.0, 1e-6);
            const bool same = memcmp(row_of(&plain, n), row_of(&data, n),
                                     (size_t)(5 * p) * sizeof(double)) == 0;
            CHECK(same == (p >= n)); /* test rows stay as drawn */
            free(values);
            sur_mat_free(&x);
            sur_mat_free(&before);
            sur_dataset_free(&plain);
            sur_dataset_free(&data);
        }
}

/* What is left of y after the coefficients reported is uncorrelated with every column,
 * and has the variance that the model says. */
static void latent_coefficients_are_the_best_linear_predictor(void **state)
{
    (void)state;
    enum { ROWS = 20000, P = 20, D = 5 };
    sur_data_options options = make("synthetic:latent", ROWS, 1);
    double b[P], square = 0.0, along[P] = {0.0};
    options.noise = 0.5;
    sur_dataset data = generate(&options, P, b);
    for (sur_idx i = 0; i < ROWS; i++) {
        const double *x = row_of(&data, i);
        double left = data.target[i];
        for (int j = 0; j < P; j++) left -= x[j] * b[j];
        square += left * left / ROWS;
        for (int j = 0; j < P; j++) along[j] += left * x[j] / ROWS;
    }
    const double want = 0.25 + 1.0 / (1.0 + (double)P / D);
    CHECK_NEAR(square, want, 4.0 * want * sqrt(2.0 / ROWS), 0.0);
    for (int j = 0; j < P; j++)
        CHECK_NEAR(along[j], 0.0, 4.0 * sqrt(2.0 * want / ROWS), 0.0); /* var x_j = 2 */
    sur_dataset_free(&data);
}

/* Views of one latent variable have covariance 1, others 0. */
static void every_fifth_feature_sees_the_same_latent_variable(void **state)
{
    (void)state;
    enum { ROWS = 8000, P = 12 };
    const sur_data_options options = make("synthetic:latent", ROWS, 1);
    sur_dataset data = generate(&options, P, NULL);
    for (int j = 0; j < P; j++)
        for (int k = 0; k <= j; k++) {
            double sum = 0.0;
            for (sur_idx i = 0; i < ROWS; i++)
                sum += row_of(&data, i)[j] * row_of(&data, i)[k] / ROWS;
            const double want = j == k ? 2.0 : (j - k) % 5 == 0 ? 1.0 : 0.0;
            CHECK_NEAR(sum, want, 4.0 * sqrt((4.0 + want * want) / ROWS), 0.0);
        }
    sur_dataset_free(&data);
}

static void fewer_columns_than_latent_variables_leave_some_unseen(void **state)
{
    (void)state;
    enum { ROWS = 10000 };
    sur_data_options options = make("synthetic:latent", ROWS, 1);
    double b[2], seen = 0.0, square = 0.0;
    options.latent = 30;
    sur_dataset data = generate(&options, 2, b);
    for (int j = 0; j < 2; j++) seen += 4.0 * b[j] * b[j]; /* theta_j = 2 b_j */
    for (sur_idx i = 0; i < ROWS; i++) square += data.target[i] * data.target[i] / ROWS;
    CHECK(seen < 0.9);
    CHECK_NEAR(square, 1.0, 4.0 * sqrt(2.0 / ROWS), 0.0);
    sur_dataset_free(&data);
}

static void another_seed_gives_other_data_and_the_same_seed_the_same(void **state)
{
    (void)state;
    for (int g = 0; sur_generators[g][0]; g++) {
        char name[64];
        snprintf(name, sizeof name, "synthetic:%s", sur_generators[g][0]);
        sur_data_options options = make(name, 6, 4);
        sur_dataset a = generate(&options, 28, NULL), b = generate(&options, 28, NULL);
        options.seed++;
        sur_dataset c = generate(&options, 28, NULL);
        CHECK(a.bytes == b.bytes && memcmp(a.block, b.block, a.bytes) == 0);
        CHECK(memcmp(a.target, c.target, 10 * sizeof(double)) != 0);
        CHECK(strcmp(a.checksum, c.checksum) != 0);
        sur_dataset_free(&a);
        sur_dataset_free(&b);
        sur_dataset_free(&c);
    }
}

static void defaults_are_a_thousand_rows_and_ten_thousand_to_test(void **state)
{
    (void)state;
    const sur_data_options options = make("synthetic:linear", SUR_UNSET, SUR_UNSET);
    sur_dataset data = generate(&options, 1, NULL);
    CHECK(data.rows == 11000 && data.test_rows == 10000);
    sur_dataset_free(&data);
}

static void refused(sur_data_options options, sur_idx columns, const char *why)
{
    sur_dataset data;
    sur_error err;
    CHECK_STATUS(sur_data_generate(&data, &options, columns, NULL, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, why);
    CHECK(!data.block && !data.x);
}

static void what_a_generator_does_not_know_is_refused(void **state)
{
    (void)state;
    refused(make("synthetic:event", 5, 5), 3, "did you mean 'events'?");
    refused(make("synthetic:", 5, 5), 3, "no generator ''");
    refused(make("events.csv", 5, 5), 3, "events.csv");
    refused(make("synthetic:linear", 5, 5), 0, "0 columns");
    sur_data_options options = make("synthetic:latent", 5, 5);
    options.condition = 10.0;
    refused(options, 3, "condition = 10");
    options = make("synthetic:latent", 5, 5);
    options.decay = 1.0;
    refused(options, 3, "decay = 1");
    options = make("synthetic:events", 5, 5);
    options.noise = 0.5;
    refused(options, 28, "use label_noise");
    options = make("synthetic:linear", 5, 5);
    options.task = SUR_CLASSIFICATION;
    refused(options, 3, "not classes");
    refused(make("synthetic:linear", 0, 5), 3, "too few");
    refused(make("synthetic:linear", 1000000000000, 5), 1000000000,
            "more than any memory");
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_dataset data;
    double truth[12];
    for (int g = 0; sur_generators[g][0]; g++) {
        char name[64];
        snprintf(name, sizeof name, "synthetic:%s", sur_generators[g][0]);
        sur_data_options options = make(name, 6, 4);
        if (g == 0) options.condition = 100.0;
        CHECK_EVERY_ALLOCATION(sur_data_generate(&data, &options, 12, truth, NULL), 3,
                               sur_dataset_free(&data));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_is_the_same_for_every_width_and_number_of_rows),
        cmocka_unit_test(linear_targets_are_the_coefficients_times_the_columns),
        cmocka_unit_test(noise_has_the_deviation_asked_for),
        cmocka_unit_test(the_spectrum_falls_as_a_power),
        cmocka_unit_test(the_condition_number_is_the_one_asked_for),
        cmocka_unit_test(latent_coefficients_are_the_best_linear_predictor),
        cmocka_unit_test(every_fifth_feature_sees_the_same_latent_variable),
        cmocka_unit_test(fewer_columns_than_latent_variables_leave_some_unseen),
        cmocka_unit_test(another_seed_gives_other_data_and_the_same_seed_the_same),
        cmocka_unit_test(defaults_are_a_thousand_rows_and_ten_thousand_to_test),
        cmocka_unit_test(what_a_generator_does_not_know_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
