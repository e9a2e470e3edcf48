/* test_models.c -- attacks on models trained here, and audits of files. */
#include "model/conv.h"
#include "privacy/rig.h"

#include <sys/stat.h>
#include <unistd.h>

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void paired_signals_win_on_ridge_and_interpolation_leaks_all(void **state)
{
    (void)state;
    rig *r = rig_new();
    const char *const base = "data=synthetic:linear noise=1 samples=150 dimension=80 "
                             "family=linear width=80 ridge=5 shadows=8 seed=3";
    char words[256];
    double auc[3];
    static const char *const attacks[] = {"loss", "lira", "paired"};
    for (int a = 0; a < 3; a++) {
        snprintf(words, sizeof words, "%s attack=%s", base, attacks[a]);
        CHECK_OK(rig_run(r, words));
        auc[a] = rig_value(r, "auc");
        CHECK_CONTAINS(r->message, "and the true label");
    }
    CHECK(auc[0] > .55 && auc[2] > auc[0] - .03 && auc[2] > .6);
    CHECK_OK(rig_run(r, "data=synthetic:linear noise=1 samples=60 dimension=300 "
                        "family=linear width=300"));
    CHECK(rig_value(r, "auc") > .999); /* residuals of members are 0 */
    CHECK(rig_value(r, "member_loss") < 1e-6);
    rig_free(r);
}

/* Residuals of n members of OLS with p = n/2: the closed form of the label-aware law.
 */
static void least_squares_leaks_what_theory_says(void **state)
{
    double sum = 0, square = 0;
    enum { SEEDS = 10 };
    (void)state;
    rig *r = rig_new();
    for (int seed = 1; seed <= SEEDS; seed++) {
        char words[256];
        snprintf(
            words, sizeof words,
            "data=synthetic:linear noise=1 samples=200 dimension=100 family=linear "
            "width=100 seed=%d",
            seed);
        CHECK_OK(rig_run(r, words));
        const double x = rig_value(r, "auc");
        sum += x / SEEDS;
        square += x * x / SEEDS;
    }
    CHECK_NEAR(sum, .7048, 4 * sqrt(fmax(0, square - sum * sum) / (SEEDS - 1)) + .005,
               0);
    rig_free(r);
}

/* Logistic regression: with and without each record is known from one model, which one
 * threshold for all does not know; ridge hides members. */
static void paired_signals_win_on_logistic_regression(void **state)
{
    static const char *const trials[] = {"attack=loss ridge=0.01",
                                         "attack=paired ridge=0.01",
                                         "attack=paired ridge=1000"};
    double auc[3];
    (void)state;
    rig *r = rig_new();
    for (int k = 0; k < 3; k++) {
        char words[256];
        snprintf(words, sizeof words,
                 "data=synthetic:events samples=100 family=relu width=64 shadows=8 "
                 "loss=cross_entropy %s",
                 trials[k]);
        CHECK_OK(rig_run(r, words));
        auc[k] = rig_value(r, "auc");
        if (k == 0)
            CHECK(rig_value(r, "member_loss") < .1 * rig_value(r, "nonmember_loss"));
    }
    CHECK(auc[1] > auc[0] + .08 && auc[1] > auc[2] + .08);
    CHECK_STATUS(rig_run(r, "data=synthetic:linear loss=cross_entropy attack=paired"),
                 SUR_EINVAL);
    CHECK_CONTAINS(r->message, "for two classes, not for numbers");
    rig_free(r);
}

static void networks_are_trained_once_and_found_again(void **state)
{
    const char *const words = "data=synthetic:linear noise=1 samples=40 dimension=10 "
                              "family=mlp width=16 epochs=20 shadows=4 attack=%s %s";
    char text[256];
    (void)state;
    rig *r = rig_new();
    snprintf(text, sizeof text, words, "lira", "");
    CHECK_OK(rig_run(r, text));
    const double auc = rig_value(r, "auc");
    CHECK(r->kept_count == 5 && r->found_count == 0);
    CHECK_OK(rig_run(r, text));
    CHECK(r->kept_count == 5 && r->found_count == 5 && rig_value(r, "auc") == auc);
    snprintf(text, sizeof text, words, "rmia", "output_noise=0.1");
    CHECK_OK(rig_run(r, text));
    CHECK(r->kept_count == 5 && r->found_count == 10);
    snprintf(text, sizeof text, words, "loss", "epochs=10");
    CHECK_OK(rig_run(r, text));
    CHECK(r->kept_count == 6 && r->found_count == 10);
    rig_free(r);
}

#define IMAGES                                                                  \
    "data=synthetic:events samples=40 label_noise=0.5 family=cnn5 image=7,2,2 " \
    "width=2 shadows=4 batch=20 "

/* Labels that are coins can only be learnt by heart; at a rate of 0 nothing is. */
static void networks_of_images_leak_what_they_learn_by_heart(void **state)
{
    (void)state;
    rig *r = rig_new();
    if (sur_conv_available(NULL) != SUR_OK) {
        CHECK_STATUS(rig_run(r, IMAGES "attack=loss"), SUR_EINVAL);
        CHECK_CONTAINS(r->message, "-DSUR_DNNL=OFF");
        rig_free(r);
        return;
    }
    CHECK_OK(rig_run(r, IMAGES "attack=loss learning_rate=0.01 epochs=40"));
    CHECK(r->kept_count == 1 && rig_get(r, "auc", NULL)->low > .6);
    CHECK(rig_value(r, "member_loss") < .5 * rig_value(r, "nonmember_loss"));
    CHECK_OK(rig_run(r, IMAGES "attack=lira learning_rate=0.01 epochs=40"));
    CHECK(r->kept_count == 5 && r->found_count == 1);
    CHECK(rig_get(r, "auc", NULL)->low > .6);
    CHECK_OK(rig_run(r, IMAGES "attack=rmia learning_rate=0.01 epochs=40"));
    CHECK(r->kept_count == 5 && r->found_count == 6);
    CHECK(rig_get(r, "auc", NULL)->low > .55);
    CHECK_OK(rig_run(r, IMAGES "attack=loss learning_rate=0 epochs=2 augment=flip"));
    const sur_measurement *auc = rig_get(r, "auc", NULL);
    CHECK(r->kept_count == 6 && auc->low < .5 && auc->high > .5);
    rig_free(r);
}

static void what_cannot_be_is_refused(void **state)
{
    static const char *const words[][2] = {
        {"data=synthetic:linear attack=lira shadows=1", "shadows = 1"},
        {"data=synthetic:linear attack=lira shadows=7", "an even number"},
        {"data=synthetic:linear attack=lira shadows=2", "lira needs 4"},
        {"data=synthetic:linear depth=2", "depth is for networks, not for family relu"},
        {"data=synthetic:events family=cnn5 image=1,4,7 attack=paired",
         "cnn5 has lira"},
        {"data=synthetic:events family=cnn5", "--image channels,height,width does"},
        {"data=synthetic:linear attack=paired family=mlp", "linear in their targets"},
        {"data=synthetic:linear family=mlp ridge=1", "weight-decay"},
        {"data=synthetic:linear samples=5", "at least 10"},
        {"data=synthetic:linear attack=theory", "needs no --data"},
        {"attack=lira", "no data"},
        {"attack=scores", "no scores"}};
    (void)state;
    rig *r = rig_new();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        CHECK_STATUS(rig_run(r, words[i][0]), SUR_EINVAL);
        CHECK_CONTAINS(r->message, words[i][1]);
    }
    rig_free(r);
}

static void scores_of_a_file_are_audited_by_group(void **state)
{
    char path[] = "/tmp/surplus_scores_XXXXXX", words[128];
    (void)state;
    rig *r = rig_new();
    const int fd = mkstemp(path);
    CHECK(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("loss,member,group\n", file);
    sur_rng rng = sur_rng_make(1, "test", 0);
    for (int i = 0; i < 2000; i++)
        fprintf(file, "%.6f,%d,%s\n", sur_rng_normal(&rng) - (i % 4 == 1 ? 3 : 0),
                i % 2, i % 4 < 2 ? "leaky" : "tight");
    fputs("0,1,tiny\n", file);
    CHECK(fclose(file) == 0);
    snprintf(words, sizeof words, "scores=%s score=loss lower_is_member=true top=5",
             path);
    CHECK_OK(rig_run(r, words));
    CHECK(rig_get(r, "auc", "leaky")->low > .95);
    CHECK(rig_get(r, "auc", "tight")->low < .5 &&
          rig_get(r, "auc", "tight")->high > .5);
    CHECK(rig_value(r, "fpr_floor") == .01);
    CHECK(isnan(rig_value(r, "tpr_at_0.001")));
    CHECK_CONTAINS(r->message, "0.001 needs 10000");
    CHECK_CONTAINS(r->message, "1 of 3 groups left out");
    CHECK(r->kept_count == 1 && r->kept[0].size == 5 * 24);
    rig_free(r);
    unlink(path);
}

static void a_bad_file_of_scores_is_named_with_its_row(void **state)
{
    static const char *const files[][2] = {
        {"score,member\n1,0\n2,2\n", "row 2: membership 2"},
        {"score,member\n1,0\n,1\n", "row 2, column score: not a number"},
        {"score,member\nnan,0\n2,1\n", "nan"},
        {"score,member,weight\n1,0,1\n2,1,-1\n", "row 2: weight -1"},
        {"a,b,c\n1,0,1\n2,1,1\n", "no column of"},
        {"score,member\n1,1\n2,1\n", "0 non-members: an audit needs at least 2 and 10"},
        {"score,member\n1,0\n2,1\n3,1\n", "2 members and 1 non-members"}};
    char path[] = "/tmp/surplus_scores_XXXXXX", words[128];
    (void)state;
    const int fd = mkstemp(path);
    CHECK(fd >= 0 && close(fd) == 0);
    snprintf(words, sizeof words, "scores=%s", path);
    rig *r = rig_new();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_text(path, files[i][0]);
        CHECK_STATUS(rig_run(r, words), SUR_EPARSE);
        CHECK_CONTAINS(r->message, files[i][1]);
    }
    rig_free(r);
    unlink(path);
}

static void on_digits_the_paired_attack_beats_one_threshold(void **state)
{
    const char *folder = check_data_folder();
    char words[1024];
    double auc[4];
    static const char *const attacks[] = {"loss", "rmia mode=offline", "lira",
                                          "paired"};
    (void)state;
    if (!folder) return;
    rig *r = rig_new();
    for (int a = 0; a < 4; a++) {
        snprintf(words, sizeof words,
                 "data=%s/digits/digits.csv.gz family=fourier width=inf ridge=0.1 "
                 "samples=300 label_noise=0.1 shadows=8 spread=fixed attack=%s",
                 folder, attacks[a]);
        CHECK_OK(rig_run(r, words));
        auc[a] = rig_value(r, "auc");
    }
    CHECK(auc[3] > auc[0] && auc[3] >= auc[2] - .015 && auc[2] > auc[0]);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paired_signals_win_on_ridge_and_interpolation_leaks_all),
        cmocka_unit_test(least_squares_leaks_what_theory_says),
        cmocka_unit_test(paired_signals_win_on_logistic_regression),
        cmocka_unit_test(networks_are_trained_once_and_found_again),
        cmocka_unit_test(networks_of_images_leak_what_they_learn_by_heart),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(scores_of_a_file_are_audited_by_group),
        cmocka_unit_test(a_bad_file_of_scores_is_named_with_its_row),
        cmocka_unit_test(on_digits_the_paired_attack_beats_one_threshold),
    };
    return RUN(tests);
}
