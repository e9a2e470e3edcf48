/* test_published.c -- what was published or derived of the methods, in whole runs. */
#include "distribute/rig.h"

static rig r, other;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of a metric over seeds 1, 2, ... */
static double median(const char *words, const char *metric, int seeds)
{
    double found[9];
    for (int seed = 1; seed <= seeds; seed++) {
        char all[600];
        snprintf(all, sizeof all, "%s seed %d", words, seed);
        rig_run(&r, all);
        found[seed - 1] = rig_get(&r, metric);
    }
    qsort(found, (size_t)seeds, sizeof *found, by_value);
    return found[seeds / 2];
}

/* d T / N is what a number of the sketch costs in all; with kappa the condition of the
 * sketched rows it is least at d/N = (1 + sqrt 2)^2 for gradient descent, whose T grows
 * with kappa, and at the golden ratio squared for heavy ball, with sqrt kappa. */
static void the_sketch_is_cheapest_where_its_condition_says(void **state)
{
    (void)state;
    static const double ratios[] = {1.5, 2.0, 2.6, 4.5, 5.8, 12.0};
    enum { RATIOS = sizeof ratios / sizeof *ratios };
    for (int ball = 0; ball < 2; ball++) {
        double best = 0.0, least = HUGE_VAL;
        for (int k = 0; k < RATIOS; k++) {
            char words[400];
            snprintf(words, sizeof words,
                     "data synthetic:linear samples 40 nodes 5 condition 1 width 600 "
                     "tolerance 1e-12 max_rounds 1500 compress sketch bits 8 momentum "
                     "%s sketch_size %d",
                     ball ? "on" : "off", (int)(40.0 * ratios[k]));
            const double cost = ratios[k] * median(words, "rounds", 5);
            if (cost < least) least = cost, best = ratios[k];
        }
        if (!(best >= (ball ? 1.8 : 4.0) && best <= (ball ? 3.0 : 8.0)))
            fail_msg("momentum %d: least at d/N = %g", ball, best);
    }
}

/* Labels without a pattern, a network with one wide layer. */
#define NETWORK                                                                       \
    "data synthetic:linear family wide-mlp dimension 50 noise 10 samples 32 nodes 4 " \
    "test_samples 1 tolerance 1e-3 "

static void bits_of_a_network_do_not_grow_with_its_wide_layer(void **state)
{
    (void)state;
    rig_run(&r, NETWORK "width 64 compress sketch");
    const double narrow = rig_get(&r, "total_bits");
    rig_run(&r, NETWORK "width 600 compress sketch");
    const double wide = rig_get(&r, "total_bits");
    CHECK(wide < 2.0 * narrow);
    rig_run(&r, NETWORK "width 64 compress ef21");
    const double plain = rig_get(&r, "total_bits");
    rig_run(&r, NETWORK "width 600 compress ef21");
    CHECK(rig_get(&r, "total_bits") > 6.0 * plain); /* which follow the parameters */
    CHECK(rig_get(&r, "total_bits") > 10.0 * wide);
}

/* Rounds go with the condition number of the kernel, with momentum with its root. */
static void momentum_takes_a_wide_network_to_any_loss_in_a_third_of_the_rounds(void **s)
{
    (void)s;
    rig_run(&r, NETWORK "width 300 compress sketch tolerance 1e-9");
    const double ball = rig_get(&r, "rounds"), bits = rig_get(&r, "total_bits");
    CHECK(rig_get(&r, "relative_loss") <= 1e-9);
    rig_run(&r, NETWORK "width 300 compress sketch tolerance 1e-9 momentum off");
    CHECK(rig_get(&r, "relative_loss") <= 1e-9);
    CHECK(3.0 * ball < rig_get(&r, "rounds") && 3.0 * bits < rig_get(&r, "total_bits"));
}

static void a_network_sketched_below_its_examples_cannot_fit_them(void **state)
{
    (void)state;
    rig_run(&r, NETWORK "width 256 compress sketch sketch_size 16");
    CHECK(isnan(rig_get(&r, "total_bits")) && rig_get(&r, "relative_loss") > 0.1);
    rig_run(&r, NETWORK "width 256 compress sketch sketch_size 128");
    CHECK(rig_get(&r, "relative_loss") <= 1e-3);
}

/* EF21 converges linearly where gradient descent does (Richtarik, Sokolov & Fatkhullin
 * 2021, theorem 2): the logarithm of the loss falls by as much in the second half. */
static void ef21_converges_linearly(void **state)
{
    (void)state;
    rig_run(&r, RIG_PROBLEM "compress ef21 keep 50 trace true tolerance 1e-12");
    const double rounds = rig_get(&r, "rounds");
    double middle = nan("");
    for (sur_idx i = 0; i < r.count; i++)
        if (strcmp(r.at[i].metric, "relative_loss") == 0 &&
            r.at[i].iteration == (int64_t)(rounds / 2.0))
            middle = r.at[i].value;
    CHECK_NEAR(log(middle) / log(rig_get(&r, "relative_loss")), 0.5, 0.12, 0);
}

/* CHOCO's nodes agree in the limit, whatever the graph, and the more exactly the longer
 * they run (Koloskova, Stich & Jaggi 2019, theorem 2). */
static void choco_comes_to_a_consensus_on_every_graph(void **state)
{
    (void)state;
    static const char *const graphs[] = {"ring", "path", "star", "complete"};
    for (int g = 0; g < 4; g++) {
        double before = HUGE_VAL;
        for (double tolerance = 1e-2; tolerance > 1e-9; tolerance *= 1e-3) {
            char words[300];
            snprintf(words, sizeof words,
                     "data synthetic:linear samples 12 width 200 condition 3 nodes 5 "
                     "compress choco sketch_size 60 topology %s tolerance %g",
                     graphs[g], tolerance);
            rig_run(&r, words);
            const double far = rig_get(&r, "consensus");
            CHECK(far > 0.0 && far < sqrt(tolerance) && far < before);
            before = far;
        }
    }
}

/* ---- interrupted and resumed ---- */

/* The checkpoints of four nodes. */
static void forget(const char *saved)
{
    for (int i = 0; i < 4; i++)
        for (const char *turn = "ab"; *turn; turn++) {
            char name[96];
            snprintf(name, sizeof name, "%s-node%d.%c", saved, i, *turn);
            remove(name);
        }
}

/* Of r and other: models and ledgers. */
static void check_same_run(void)
{
    CHECK(r.dim == other.dim);
    CHECK(memcmp(r.model, other.model, (size_t)r.dim * sizeof(double)) == 0);
    CHECK(r.counts[0] == other.counts[0]);
    for (int which = 0; which < 2; which++)
        CHECK(memcmp(r.ledger[which], other.ledger[which],
                     (size_t)r.counts[which] * sizeof(double)) == 0);
}

static void a_run_that_was_stopped_goes_on_to_the_same_bits(void **state)
{
    (void)state;
    static const char *const methods[] = {"sketch",
                                          "sketch bits 4",
                                          "precond tolerance 1e-10",
                                          "qsgd",
                                          "topk keep 20",
                                          "ef21 keep 20",
                                          "powersgd",
                                          "sign",
                                          "choco sketch_size 40",
                                          "dgd sketch_size 40"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        char words[600], folder[] = "/tmp/surplus-resume-XXXXXX", saved[64];
        sur_error err;
        CHECK(mkdtemp(folder) != NULL);
        snprintf(saved, sizeof saved, "%s/run", folder);
        snprintf(words, sizeof words,
                 "data synthetic:linear samples 12 width 80 condition 2 nodes 4 "
                 "topology tree tolerance 1e-2 compress %s checkpoint_every 2 "
                 "checkpoint %s",
                 methods[m], saved);
        rig_run(&other, words);
        const double rounds = rig_get(&other, "rounds");
        forget(saved); /* as if it had never run */
        strcat(words, " resume true");
        int stops = 0;
        for (r.stop_after = 12;; r.stop_after = 40 + 20 * stops) {
            const sur_status status = rig_try(&r, words, &err);
            if (status != SUR_ESTOPPED) break;
            stops++;
        }
        CHECK(stops > 0 && r.status == SUR_OK);
        CHECK(rig_get(&r, "rounds") == rounds);
        check_same_run();
        forget(saved);
        remove(folder);
        r.stop_after = 0;
    }
}

static void five_rounds_and_then_up_to_ten_are_ten_rounds(void **state)
{
    (void)state;
    /* what may change from one to the other does not change the rounds; four rounds are
     * saved, or, by gossip, five of which the last was to be told */
    static const char *const methods[] = {"sketch", "ef21 keep 20",
                                          "dgd sketch_size 40"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        for (int every = 1; every <= 5; every += 4) {
            char words[600], with[800], folder[] = "/tmp/surplus-more-XXXXXX",
                                        saved[64];
            sur_error err;
            CHECK(mkdtemp(folder) != NULL);
            snprintf(saved, sizeof saved, "%s/run", folder);
            snprintf(words, sizeof words,
                     "data synthetic:linear samples 12 width 80 condition 2 nodes 4 "
                     "topology tree tolerance 1e-12 compress %s",
                     methods[m]);
            snprintf(with, sizeof with, "%s max_rounds 10", words);
            rig_run(&other, with);
            CHECK(rig_get(&other, "total_bits") != rig_get(&other, "total_bits"));
            snprintf(with, sizeof with,
                     "%s max_rounds 5 checkpoint_every %d checkpoint %s", words, every,
                     saved);
            CHECK_OK(rig_try(&r, with, &err));
            snprintf(with, sizeof with,
                     "%s max_rounds 10 checkpoint_every 3 checkpoint %s resume true "
                     "bandwidth 7 timeout 9",
                     words, saved);
            rig_run(&r, with);
            check_same_run();
            snprintf(with, sizeof with,
                     "%s max_rounds 10 checkpoint %s resume true seed 2", words, saved);
            CHECK_OK(rig_try(&r, with, &err));
            if (every == 1) CHECK(strstr(r.message, "other options") != NULL);
            forget(saved);
            remove(folder);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sketch_is_cheapest_where_its_condition_says),
        cmocka_unit_test(bits_of_a_network_do_not_grow_with_its_wide_layer),
        cmocka_unit_test(
            momentum_takes_a_wide_network_to_any_loss_in_a_third_of_the_rounds),
        cmocka_unit_test(a_network_sketched_below_its_examples_cannot_fit_them),
        cmocka_unit_test(ef21_converges_linearly),
        cmocka_unit_test(choco_comes_to_a_consensus_on_every_graph),
        cmocka_unit_test(a_run_that_was_stopped_goes_on_to_the_same_bits),
        cmocka_unit_test(five_rounds_and_then_up_to_ten_are_ten_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
