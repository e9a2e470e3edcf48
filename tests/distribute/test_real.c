/* test_real.c -- real data with more features than examples, and a few hundred images.
 */
#include "distribute/rig.h"

#include <unistd.h>

static rig r;

/* Bits of auto at most twenty times the reference, a thousandth of gradient descent's;
 * the longer sketch of --quality prediction predicts about as well as the solution of
 * least norm does. */
static void few_bits_fit(const char *data)
{
    char words[900];
    snprintf(words, sizeof words, "%s compress auto", data);
    rig_run(&r, words);
    CHECK(rig_get(&r, "relative_loss") <= 1e-6);
    CHECK(rig_get(&r, "bits_over_reference") <= 20.0);
    CHECK(rig_get(&r, "gd_bits") > 1000.0 * rig_get(&r, "total_bits"));
    snprintf(words, sizeof words, "%s compress sketch quality prediction", data);
    rig_run(&r, words);
    CHECK(rig_get(&r, "relative_loss") <= 1e-6);
    CHECK(rig_get(&r, "test_error") <= rig_get(&r, "least_norm_test_error") + 0.25);
}

static void gene_expression_takes_few_bits(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) return;
    char words[800];
    snprintf(words, sizeof words,
             "data %s/golub_allaml/data_set_ALL_AML_train.csv transpose true labels "
             "%s/golub_allaml/actual.csv",
             folder, folder);
    few_bits_fit(words);
    snprintf(words, sizeof words, "data %s/colon_alon/colon.csv", folder);
    few_bits_fit(words);
}

/* Spectra, whose columns all but depend on each other: a condition number of 7e4. */
static void near_infrared_spectra_are_fitted_in_spite_of_their_condition(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) return;
    static const char *const methods[] = {"auto", "sketch tolerance 1e-4"};
    for (int i = 0; i < 2; i++) {
        char words[600];
        snprintf(words, sizeof words,
                 "data %s/gasoline_nir/gasoline.csv target octane compress %s", folder,
                 methods[i]);
        rig_run(&r, words);
        CHECK(rig_get(&r, "condition") > 1e4);
        CHECK(rig_get(&r, "relative_loss") <= 1e-4 && rig_get(&r, "total_bits") > 0.0);
    }
}

/* The first threes and eights of MNIST as a table, pixels first. */
static void write_digits(const char *path, const char *folder, int images)
{
    char source[600];
    snprintf(source, sizeof source, "%s/mnist", folder);
    const sur_data_options options = {.data = source};
    double pixels[784];
    sur_mat row = {pixels, 1, 784, 784};
    sur_dataset data;
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK_OK(sur_data_read(&data, &options, NULL, 0, NULL));
    for (sur_idx i = 0; i < data.rows && images > 0; i++) {
        if (data.target[i] != 3.0 && data.target[i] != 8.0) continue;
        sur_dataset_rows(&row, &data, NULL, i);
        for (int j = 0; j < 784; j++) fprintf(file, "%g,", pixels[j]);
        fprintf(file, "%g\n", data.target[i]);
        images--;
    }
    sur_dataset_free(&data);
    fclose(file);
}

/* 400 images of two digits, a network of 50,000 parameters, and messages of the
 * coordinates of 2,400. */
static void a_network_learns_two_digits_from_sketched_gradients(void **state)
{
    (void)state;
    const char *folder = check_data_folder();
    if (!folder) return;
    char path[64], words[400];
    snprintf(path, sizeof path, "/tmp/surplus-digits-%ld.csv", (long)getpid());
    write_digits(path, folder, 600);
    snprintf(
        words, sizeof words,
        "data %s task classification family wide-mlp width 64 hidden 0 samples 400 "
        "compress sketch tolerance 0.1",
        path);
    rig_run(&r, words);
    remove(path);
    CHECK(rig_get(&r, "relative_loss") <= 0.1 && rig_get(&r, "total_bits") > 0.0);
    CHECK(rig_get(&r, "sketch_dim") == 2400.0);
    CHECK(rig_get(&r, "parameters") == 64.0 * 785.0);
    CHECK(rig_get(&r, "test_error") <= 0.15); /* a coin: 0.5 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gene_expression_takes_few_bits),
        cmocka_unit_test(near_infrared_spectra_are_fitted_in_spite_of_their_condition),
        cmocka_unit_test(a_network_learns_two_digits_from_sketched_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
