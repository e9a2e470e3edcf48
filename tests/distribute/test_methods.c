/* test_methods.c -- bits by their formulas, and what each method promises. */
#include "distribute/rig.h"

#include "experiments/distribute/bounds.h"
#include "experiments/distribute/tree.h"

#include <surplus/random.h>

static rig r, other;

static void bits_of_sketched_descent_are_those_of_the_formula(void **state)
{
    (void)state;
    static const char *const momenta[] = {"off", "on"};
    for (int m = 0; m < 2; m++)
        for (int b = 3; b <= 6; b += 3) {
            char words[300];
            snprintf(words, sizeof words,
                     RIG_PROBLEM "compress sketch sketch_size 240 bits %d momentum %s",
                     b, momenta[m]);
            rig_run(&r, words);
            const double links = 4.0, d = 240.0;
            CHECK_NEAR(rig_get(&r, "total_bits"),
                       2.0 * links * (b * d + 8.0) * rig_get(&r, "rounds"), 0, 0);
            CHECK(rig_get(&r, "relative_loss") <= 1e-8);
            CHECK_NEAR(8.0 * rig_get(&r, "wire_bytes"),
                       rig_get(&r, "total_bits") + rig_get(&r, "framing_bits"), 0, 0);
        }
}

static void bits_of_precond_are_those_of_the_formula(void **state)
{
    (void)state;
    rig_run(&r, RIG_PROBLEM "compress precond sketch_size 50 bits 6 data_bits 8");
    const double n = 32.0, d = 50.0, links = 4.0; /* rows of nodes 1 to 4 */
    CHECK_NEAR(rig_get(&r, "total_bits"),
               n * (d * 8.0 + 16.0) +
                   rig_get(&r, "rounds") * (n * 6.0 + links * (8.0 + 6.0 * d + 8.0)),
               0, 0);
}

static void precond_takes_few_rounds_and_bits(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 5; seed++) {
        char words[300];
        snprintf(words, sizeof words,
                 RIG_PROBLEM "compress precond sketch_size 50 bits 8 seed %d", seed);
        rig_run(&r, words);
        CHECK(rig_get(&r, "rounds") <= 4.0);
        CHECK(rig_get(&r, "total_bits") <= 2.6e4);
        CHECK(rig_get(&r, "relative_loss") <= 1e-8);
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void auto_is_within_eight_times_the_reference(void **state)
{
    (void)state;
    double over[5];
    for (int seed = 1; seed <= 5; seed++) {
        char words[300];
        snprintf(words, sizeof words, RIG_PROBLEM "compress auto seed %d", seed);
        rig_run(&r, words);
        CHECK(rig_get(&r, "relative_loss") <= 1e-8);
        over[seed - 1] = rig_get(&r, "bits_over_reference");
    }
    qsort(over, 5, sizeof *over, by_value);
    CHECK(over[2] <= 8.0);
}

static void bits_do_not_grow_with_the_model(void **state)
{
    (void)state;
    static const char *const methods[] = {"sketch", "precond"};
    for (int m = 0; m < 2; m++) {
        double least = HUGE_VAL, most = 0.0;
        for (int width = 400; width <= 10000; width *= 5) {
            double median[3];
            for (int seed = 1; seed <= 3; seed++) {
                char words[300];
                snprintf(words, sizeof words,
                         RIG_PROBLEM "compress %s width %d seed %d", methods[m], width,
                         seed);
                rig_run(&r, words);
                median[seed - 1] = rig_get(&r, "total_bits");
            }
            qsort(median, 3, sizeof *median, by_value);
            least = fmin(least, median[1]);
            most = fmax(most, median[1]);
        }
        CHECK(most < 1.5 * least);
    }
}

static void two_bits_do_not_converge_and_three_do(void **state)
{
    (void)state;
    rig_run(&r, RIG_PROBLEM "compress sketch sketch_size 160 bits 2 momentum off "
                            "max_rounds 400");
    CHECK(isnan(rig_get(&r, "total_bits")));
    CHECK_CONTAINS(r.message, "not reached in 400 rounds");
    rig_run(&r, RIG_PROBLEM "compress sketch sketch_size 240 bits 3 momentum off");
    CHECK(rig_get(&r, "relative_loss") <= 1e-8);
    rig_run(&r, RIG_PROBLEM "compress sketch sketch_size 240 bits 8 momentum off");
    rig_run(&other, RIG_PROBLEM "compress none sketch_size 240");
    CHECK_NEAR(rig_get(&r, "rounds"), rig_get(&other, "rounds"), 1.0, 0.05);
}

static void float_descent_takes_the_rounds_that_were_computed(void **state)
{
    (void)state;
    rig_run(&r, RIG_PROBLEM "compress none");
    CHECK_NEAR(rig_get(&r, "rounds"), rig_get(&r, "gd_rounds"), 1.0, 0);
    CHECK_NEAR(rig_get(&r, "total_bits"),
               2.0 * 4.0 * 32.0 * 1000.0 * rig_get(&r, "rounds"), 0, 0);
    CHECK_NEAR(rig_get(&r, "norm_inflation"), 1.0, 0.0, 1e-3);
    CHECK_NEAR(rig_get(&r, "test_loss"), rig_get(&r, "least_norm_test_loss"), 0, 1e-3);
}

static void every_method_reaches_the_tolerance(void **state)
{
    (void)state;
    static const char *const methods[] = {"qsgd",
                                          "topk",
                                          "ef21",
                                          "powersgd",
                                          "sign",
                                          "choco sketch_size 200",
                                          "dgd sketch_size 200"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        char words[300];
        snprintf(words, sizeof words,
                 "data synthetic:linear samples 20 width 500 condition 4 nodes 4 "
                 "tolerance 1e-6 compress %s",
                 methods[m]);
        rig_run(&r, words);
        CHECK(rig_get(&r, "total_bits") > 0.0);
        CHECK(rig_get(&r, "relative_loss") <= 1e-6);
    }
}

static void gossip_is_exact_where_the_model_interpolates(void **state)
{
    (void)state;
    rig_run(&r, "data synthetic:linear samples 20 width 1000 condition 4 nodes 6 "
                "topology ring compress dgd sketch_size 100 tolerance 1e-20");
    CHECK(rig_get(&r, "relative_loss") <= 1e-20);
    CHECK(rig_get(&r, "consensus") < 1e-8);
    rig_run(&r, "data synthetic:linear samples 20 width 1000 condition 4 nodes 6 "
                "topology ring compress dgd sketch_size 10 tolerance 1e-20 "
                "max_rounds 2000");
    CHECK(rig_get(&r, "relative_loss") > 1e-2);
    CHECK(isnan(rig_get(&r, "total_bits")));
}

static void the_tree_is_cheaper_than_gossip_on_the_ring(void **state)
{
    (void)state;
    rig_run(&r, "data synthetic:linear samples 20 width 500 condition 5 nodes 8 "
                "topology ring tolerance 1e-8 compress sketch");
    rig_run(&other, "data synthetic:linear samples 20 width 500 condition 5 nodes 8 "
                    "topology ring tolerance 1e-8 compress choco sketch_size 100");
    CHECK(rig_get(&other, "total_bits") >= 20.0 * rig_get(&r, "total_bits"));
}

static void the_norm_grows_as_predicted(void **state)
{
    (void)state;
    static const char *const methods[] = {"precond", "sketch bits 8"};
    for (int m = 0; m < 2; m++)
        for (int d = 80; d <= 320; d *= 2) {
            double ratio[5];
            for (int seed = 1; seed <= 5; seed++) {
                char words[300];
                snprintf(words, sizeof words,
                         RIG_PROBLEM "width 2000 compress %s sketch_size %d seed %d",
                         methods[m], d, seed);
                rig_run(&r, words);
                ratio[seed - 1] = rig_get(&r, "norm_inflation");
            }
            qsort(ratio, 5, sizeof *ratio, by_value);
            CHECK_NEAR(ratio[2], 2000.0 / (d - 41.0), 0.0, 0.25);
        }
}

static void a_node_without_rows_is_a_node(void **state)
{
    (void)state;
    rig_run(&r, "data synthetic:linear samples 5 width 200 nodes 8 tolerance 1e-6");
    CHECK(rig_get(&r, "relative_loss") <= 1e-6);
    rig_run(&r, "data synthetic:linear samples 5 width 200 nodes 1 tolerance 1e-6");
    CHECK_NEAR(rig_get(&r, "total_bits"), 0.0, 0, 0);
    CHECK(rig_get(&r, "relative_loss") <= 1e-6);
}

static void fewer_features_than_samples_stop_near_the_least_loss(void **state)
{
    (void)state;
    /* a hair above the least loss, which the finest run tells */
    rig_run(&other, "data synthetic:linear samples 60 width 20 noise 1 nodes 4 "
                    "tolerance 1e-12 compress none");
    const double least = rig_get(&other, "relative_loss");
    CHECK(least > 0.1);
    static const char *const methods[] = {"auto", "none"};
    for (int m = 0; m < 2; m++)
        for (double tolerance = 1e-2; tolerance > 1e-9; tolerance *= 1e-3) {
            char words[300];
            snprintf(words, sizeof words,
                     "data synthetic:linear samples 60 width 20 noise 1 nodes 4 "
                     "topology path tolerance %g compress %s",
                     tolerance, methods[m]);
            rig_run(&r, words);
            CHECK_CONTAINS(r.message, "not overparameterized");
            CHECK(rig_get(&r, "relative_loss") <= (1.0 + tolerance) * least);
            CHECK(rig_get(&r, "total_bits") > 0.0);
        }
}

static void impossible_options_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"sketch_size 30 compress sketch", "it takes at least 40"},
        {"bits 4 compress ef21", "--bits is for"},
        {"keep 4 compress sketch", "--keep is for"},
        {"topology file", "--edges"},
        {"momentum on compress precond", "no momentum"},
        {"family wide-mlp compress precond", "least squares"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char words[300];
        sur_error err;
        snprintf(words, sizeof words, RIG_PROBLEM "%s", bad[i][0]);
        CHECK_STATUS(rig_try(&r, words, &err), SUR_EINVAL);
        CHECK_CONTAINS(err.message, bad[i][1]);
    }
}

static void the_bound_is_below_the_reference_and_grows_as_it(void **state)
{
    (void)state;
    for (double eps = 1e-2; eps > 1e-16; eps *= 1e-2) {
        const double proved = 5.0 * distribute_proved_bits(1000.0, 200.0, eps);
        const double reference = distribute_reference_bits(5.0, 1000.0, eps);
        CHECK(proved > 0.0);
        CHECK(proved < reference);
    }
    /* the exact count for two nodes, one target on two levels, no error allowed */
    CHECK_NEAR(distribute_proved_bits(1.0, 0.0, 0.0 + 1e-300), 0.5 * 996.0, 60.0, 0);
}

static void wide_networks_are_trained_in_both_schemes(void **state)
{
    (void)state;
    static const char *const schemes[] = {"global", "layer", "global hidden 0"};
    for (size_t i = 0; i < 3; i++) {
        char words[300];
        snprintf(words, sizeof words,
                 "data synthetic:linear family wide-mlp samples 12 dimension 20 width "
                 "100 test_samples 30 tolerance 1e-2 compress sketch scheme %s",
                 schemes[i]);
        rig_run(&r, words);
        CHECK(rig_get(&r, "relative_loss") <= 1e-2);
        CHECK(rig_get(&r, "test_loss") > 0.0);
    }
}

static void a_large_condition_gets_more_bits_and_does_not_diverge(void **state)
{
    (void)state;
    rig_run(&r, "data synthetic:linear samples 20 width 500 nodes 3 condition 1e4 "
                "tolerance 1e-4 compress sketch");
    CHECK(rig_get(&r, "relative_loss") <= 1e-4 && rig_get(&r, "total_bits") > 0.0);
    sur_error err; /* three bits are not enough */
    CHECK_OK(rig_try(&r,
                     "data synthetic:linear samples 20 width 500 nodes 3 condition "
                     "1e4 tolerance 1e-4 compress sketch bits 3 max_rounds 3000",
                     &err));
    CHECK(r.status == SUR_ENUMERIC || isnan(rig_get(&r, "total_bits")));
}

static void a_step_too_long_for_a_network_is_taken_back(void **state)
{
    (void)state;
    /* whose curvature grows beyond twice that of the start: not finite in round 31 */
    rig_run(&r, "data synthetic:events family wide-mlp hidden 0 samples 60 "
                "test_samples 10 width 4 tolerance 0.1 compress sketch");
    CHECK(rig_get(&r, "relative_loss") <= 0.1 && rig_get(&r, "total_bits") > 0.0);
}

static void a_narrow_network_is_trained_whole_and_that_is_said(void **state)
{
    (void)state;
    rig_run(&r, "data synthetic:linear family wide-mlp samples 40 dimension 5 width 8 "
                "hidden 0 test_samples 10 tolerance 0.5 compress sketch");
    CHECK_NEAR(rig_get(&r, "sketch_dim"), 0.0, 0, 0);
    CHECK_NEAR(rig_get(&r, "parameters"), 8.0 * 6.0, 0, 0);
    CHECK_CONTAINS(r.message, "compression does not pay at this width");
    /* 8 units cannot fit 40 numbers to 1e-9, and not all rounds are tried */
    rig_run(&r, "data synthetic:linear family wide-mlp samples 40 dimension 5 width 8 "
                "hidden 0 test_samples 10 tolerance 1e-9 compress sketch");
    CHECK(isnan(rig_get(&r, "total_bits")) && rig_get(&r, "rounds") < 5000.0);
}

/* The targets of a file times a power of two. */
static void run_scaled(rig *to, double scale, const char *words)
{
    char path[] = "/tmp/surplus-scaled-XXXXXX", all[400];
    FILE *file = fdopen(mkstemp(path), "w");
    sur_rng rng = sur_rng_make(1, "scaled", 0);
    for (int i = 0; i < 20; i++) {
        for (int j = 0; j < 4; j++) fprintf(file, "%.3f,", sur_rng_normal(&rng));
        fprintf(file, "%.17g\n", scale * (double)(i % 7));
    }
    fclose(file);
    snprintf(all, sizeof all, "data %s task regression samples 12 %s", path, words);
    rig_run(to, all);
    remove(path);
}

static void the_unit_of_the_targets_does_not_matter(void **state)
{
    (void)state;
    static const char *const words[] = {
        "family wide-mlp width 60 tolerance 0.1 compress sketch",
        "family wide-mlp width 60 tolerance 0.1 compress sketch scheme layer",
        "family relu width 100 tolerance 1e-3 compress sketch",
        "family relu width 100 tolerance 1e-3 compress ef21"};
    for (int i = 0; i < 4; i++) {
        run_scaled(&r, 1.0, words[i]);
        run_scaled(&other, 1024.0, words[i]);
        CHECK(rig_get(&r, "total_bits") == rig_get(&other, "total_bits"));
        CHECK(rig_get(&r, "relative_loss") == rig_get(&other, "relative_loss"));
        CHECK(rig_get(&r, "test_loss") * 0x1p20 == rig_get(&other, "test_loss"));
    }
}

static void a_loss_in_sixteen_bits_is_never_too_small(void **state)
{
    (void)state;
    for (double x = 1e-37; x < 1e37; x *= 1.7) {
        const double y = tree_loss_unpack(tree_loss_pack(x));
        CHECK(y >= x);
        CHECK(y <= x * 1.01);
    }
    CHECK(tree_loss_unpack(tree_loss_pack(0.0)) == 0.0);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const methods[] = {"precond", "sketch", "choco sketch_size 12"};
    for (size_t m = 0; m < 3; m++) {
        char words[300];
        snprintf(words, sizeof words,
                 "data synthetic:linear samples 6 width 30 nodes 3 tolerance 0.5 "
                 "topology path compress %s",
                 methods[m]);
        sur_status status = SUR_ENOMEM;
        for (sur_idx n = 0; status == SUR_ENOMEM && n < 100000; n += 1 + n / 60) {
            sur_error err;
            sur_alloc_fail_after(n);
            status = rig_try(&r, words, &err);
            sur_alloc_fail_after(-1);
            CHECK(status == SUR_ENOMEM || status == SUR_OK);
        }
        CHECK(status == SUR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_of_sketched_descent_are_those_of_the_formula),
        cmocka_unit_test(bits_of_precond_are_those_of_the_formula),
        cmocka_unit_test(precond_takes_few_rounds_and_bits),
        cmocka_unit_test(auto_is_within_eight_times_the_reference),
        cmocka_unit_test(bits_do_not_grow_with_the_model),
        cmocka_unit_test(two_bits_do_not_converge_and_three_do),
        cmocka_unit_test(float_descent_takes_the_rounds_that_were_computed),
        cmocka_unit_test(every_method_reaches_the_tolerance),
        cmocka_unit_test(gossip_is_exact_where_the_model_interpolates),
        cmocka_unit_test(the_tree_is_cheaper_than_gossip_on_the_ring),
        cmocka_unit_test(the_norm_grows_as_predicted),
        cmocka_unit_test(a_node_without_rows_is_a_node),
        cmocka_unit_test(fewer_features_than_samples_stop_near_the_least_loss),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(the_bound_is_below_the_reference_and_grows_as_it),
        cmocka_unit_test(wide_networks_are_trained_in_both_schemes),
        cmocka_unit_test(a_large_condition_gets_more_bits_and_does_not_diverge),
        cmocka_unit_test(a_step_too_long_for_a_network_is_taken_back),
        cmocka_unit_test(a_narrow_network_is_trained_whole_and_that_is_said),
        cmocka_unit_test(the_unit_of_the_targets_does_not_matter),
        cmocka_unit_test(a_loss_in_sixteen_bits_is_never_too_small),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
