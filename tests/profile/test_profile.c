#include "rig.h"

#include "model/conv.h"

#define EVENTS \
    "data=synthetic:events samples=60 test_samples=200 label_noise=0.1 seed=3 "
#define NETWORKS "epochs=3 shadows=4 tolerance=0.3 "
#define FORGET "scaling=column planes=0 references=1 validation_samples=6 "
#define MLP EVENTS NETWORKS "family=mlp "
#define IMAGES "family=cnn5 image=7,2,2 augment=flip epochs=1 shadows=2 "

/* What a clock says, which no two runs share. */
static bool is_time(const char *metric)
{
    return strstr(metric, "train_seconds") || strcmp(metric, "relative_time") == 0;
}

static bool same_number(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

/* Every number of the part's table that the verb alone measures. */
static int check_part(const rig *profile, sur_idx trial, const profile_part *part,
                      const rig *alone, sur_idx which)
{
    int compared = 0;
    for (sur_idx k = 0; k < part->metric_count; k++)
        for (sur_idx i = 0; i < alone->counts[which]; i++) {
            const profile_metric *p = &part->metrics[k];
            const sur_measurement *want = &alone->list[which][i];
            if (strcmp(want->metric, p->metric) != 0 || is_time(p->metric)) continue;
            const sur_measurement *got =
                rig_get(profile, trial, p->name ? p->name : p->metric, want->split);
            if (!got || !same_number(got->value, want->value) ||
                !same_number(got->low, want->low) ||
                !same_number(got->high, want->high) || got->n != want->n)
                fail_msg("%s %s of %s: %.17g, alone %.17g", p->metric,
                         want->split ? want->split : "", part->experiment->name,
                         got ? got->value : (double)NAN, want->value);
            compared++;
        }
    return compared;
}

static bool widths_join(const sur_experiment *experiment)
{
    for (const char *const *joint = experiment->joint; *joint; joint++)
        if (strcmp(*joint, "width") == 0) return true;
    return false;
}

/* own_words: of the profile; alone_words: of each part, where they have other names;
 * NULL for one that is left out */
static void check_alone(const char *words, const char *const *widths, int count,
                        const char *own_words, const char *const *alone_words)
{
    char text[1024];
    rig *r = rig_new(&sur_profile);
    for (int w = 0; w < count; w++) {
        snprintf(text, sizeof text, "%s %s %s", words, widths[w], own_words);
        CHECK_OK(rig_add(r, text));
    }
    CHECK_OK(rig_run(r));
    for (int p = 0; p < PROFILE_PARTS; p++) {
        const profile_part *part = &profile_parts[p];
        if (!alone_words[p]) {
            snprintf(text, sizeof text, "%s: left out", part->experiment->name);
            CHECK_CONTAINS(r->message[0], text);
            continue;
        }
        const int each = widths_join(part->experiment) ? count : 1;
        for (int first = 0; first < count; first += each) {
            rig *alone = rig_new(part->experiment);
            for (int w = first; w < first + each; w++) {
                snprintf(text, sizeof text, "%s %s %s", words, widths[w],
                         alone_words[p]);
                CHECK_OK(rig_add(alone, text));
            }
            CHECK_OK(rig_run(alone));
            for (int w = 0; w < each; w++) {
                CHECK_OK(r->status[first + w]);
                if (alone->status[w] != SUR_OK)
                    CHECK_CONTAINS(r->message[first + w], alone->message[w]);
                else
                    CHECK(check_part(r, first + w, part, alone, w) >= 7);
            }
            rig_free(alone);
        }
    }
    rig_free(r);
}

static void its_numbers_are_those_of_each_verb_alone_bit_for_bit(void **state)
{
    (void)state;
    static const char *const features[PROFILE_PARTS] = {"effective_rank=true",
                                                        "attack=paired", FORGET, ""};
    static const char *const waves[PROFILE_PARTS] = {
        "effective_rank=true bandwidth=0.7", "attack=paired bandwidth=0.7",
        FORGET "bandwidth=0.7", "feature_bandwidth=0.7"};
    static const char *const networks[PROFILE_PARTS] = {
        "effective_rank=true family=mlp", "attack=lira family=mlp",
        FORGET "family=mlp batch=128 learning_rate=0.001",
        "family=wide-mlp hidden=0 max_rounds=3"};
    static const char *const widths[] = {"width=4", "width=33", "width=60"};
    check_alone(EVENTS "family=relu tolerance=1e-3", widths, 3, "", features);
    check_alone(EVENTS "family=fourier ridge=0.1", widths, 3, "bandwidth=0.7", waves);
    check_alone(EVENTS "family=projection nodes=3 topology=ring", widths, 3, "",
                features);
    check_alone(EVENTS NETWORKS, widths, 3, "family=mlp", networks);
}

/* Networks of images are not distributed: that part is left out, and that is said. */
static void networks_of_images_are_profiled_like_their_verbs(void **state)
{
    (void)state;
    static const char *const widths[] = {"width=2"};
    static const char *const parts[PROFILE_PARTS] = {
        "effective_rank=true", "attack=rmia",
        "scaling=whole planes=0 references=1 validation_samples=6 batch=128 "
        "learning_rate=0.001",
        NULL};
    if (sur_conv_available(NULL) != SUR_OK) {
        rig *r = rig_new(&sur_profile);
        CHECK_STATUS(rig_add(r, EVENTS IMAGES "width=1"), SUR_EINVAL);
        CHECK_CONTAINS(r->err.message, "-DSUR_DNNL=OFF");
        rig_free(r);
        return;
    }
    check_alone(EVENTS IMAGES, widths, 1, "attack=rmia", parts);
}

/* Trials that differ in what one part alone reads share all else. */
static void what_is_shared_is_done_once(void **state)
{
    (void)state;
    rig *r = rig_new(&sur_profile);
    CHECK_OK(rig_add(r, MLP "width=3 attack=lira"));
    CHECK_OK(rig_add(r, MLP "width=3 attack=rmia"));
    CHECK_OK(rig_add(r, MLP "width=5 attack=lira"));
    CHECK_OK(rig_add(r, MLP "width=5 attack=rmia"));

    profile_share shares[PROFILE_PARTS];
    for (int p = 0; p < PROFILE_PARTS; p++)
        CHECK_OK(profile_share_new(&shares[p], &profile_parts[p],
                                   (const void *const *)r->options, r->count, r->input,
                                   r->size, NULL));
    assert_int_equal((int)shares[0].cell_count, 2); /* descent knows no attack */
    assert_int_equal((int)shares[1].cell_count, 4);
    for (int p = 0; p < PROFILE_PARTS; p++) profile_share_free(&shares[p]);

    CHECK_OK(rig_run(r));
    int networks = 0;
    for (sur_idx i = 0; i < r->kept_count; i++)
        networks += strncmp(r->kept[i].key, "privacy/", 8) == 0;
    assert_int_equal(networks, 2 * 5); /* a target and four shadows of each width */
    rig_free(r);
}

/* The bound on the cost is on estimates, which count operations: 1.3 times the parts.
 */
static void it_costs_what_its_parts_cost(void **state)
{
    (void)state;
    const char *const kinds[] = {EVENTS, EVENTS NETWORKS, EVENTS IMAGES};
    const char *const own[] = {"family=relu", "family=mlp", "attack=rmia"};
    const char *const alone[3][PROFILE_PARTS] = {
        {"effective_rank=true family=relu", "attack=paired family=relu",
         FORGET "family=relu", "family=relu"},
        {"effective_rank=true family=mlp", "attack=lira family=mlp",
         FORGET "family=mlp batch=128 learning_rate=0.001",
         "family=wide-mlp hidden=0 max_rounds=3"},
        {"effective_rank=true", "attack=rmia",
         "scaling=whole planes=0 references=1 validation_samples=6 batch=128 "
         "learning_rate=0.001",
         NULL}};
    const int kind_count = sur_conv_available(NULL) == SUR_OK ? 3 : 2;
    for (int k = 0; k < kind_count; k++) {
        double sum = 0.0, seconds, bytes;
        char text[1024];
        rig *r = rig_new(&sur_profile);
        for (int w = 0; w < 4; w++) {
            snprintf(text, sizeof text, "%s width=%d %s", kinds[k], 4 << w, own[k]);
            CHECK_OK(rig_add(r, text));
        }
        for (int p = 0; p < PROFILE_PARTS && alone[k][p]; p++) {
            rig *part = rig_new(profile_parts[p].experiment);
            for (int w = 0; w < 4; w++) {
                snprintf(text, sizeof text, "%s width=%d %s", kinds[k], 4 << w,
                         alone[k][p]);
                CHECK_OK(rig_add(part, text));
            }
            const sur_idx each = widths_join(part->experiment) ? part->count : 1;
            for (sur_idx i = 0; i < part->count; i += each) {
                CHECK_OK(part->experiment->estimate(
                    (const void *const *)part->options + i, each, part->input,
                    part->size, &seconds, &bytes, NULL));
                sum += seconds;
            }
            rig_free(part);
        }
        CHECK_OK(sur_profile.estimate((const void *const *)r->options, r->count,
                                      r->input, r->size, &seconds, &bytes, NULL));
        CHECK(seconds > 0.0 && seconds <= 1.3 * sum);
        rig_free(r);
    }
}

static const sur_metric *metric_of(const sur_experiment *experiment, const char *name)
{
    for (sur_idx m = 0; m < experiment->metric_count; m++)
        if (strcmp(experiment->metrics[m].name, name) == 0)
            return &experiment->metrics[m];
    return NULL;
}

static bool same_choices(const char *const *mine, const char *const *theirs)
{
    for (; *mine; mine++) { /* mine may leave some out */
        const char *const *t = theirs;
        while (*t && strcmp(*t, *mine) != 0) t++;
        if (!*t) return false;
    }
    return true;
}

/* Whether the part is told the option by its own name, whatever its value. */
static bool is_told(const profile_part *part, const char *option)
{
    for (sur_idx i = 0; i < part->word_count; i++) {
        const profile_word *w = &part->words[i];
        if (w->option && strcmp(w->option, option) == 0 &&
            (!w->there || strcmp(w->there, option) != 0))
            return false;
    }
    return true;
}

static void options_and_metrics_are_those_of_the_parts(void **state)
{
    (void)state;
    for (sur_idx i = 0; i < sur_profile_fields.count; i++) {
        const sur_field *mine = &sur_profile_fields.at[i];
        int known = 0;
        for (int p = 0; p < PROFILE_PARTS; p++) {
            const sur_field *theirs =
                sur_fields_find(profile_parts[p].experiment->fields, mine->name);
            if (!theirs || !is_told(&profile_parts[p], mine->name)) continue;
            known++;
            CHECK(theirs->kind == mine->kind);
            if (strcmp(mine->name, "family") == 0)
                continue; /* each has its own; a family a part has not is left out */
            if (mine->kind == SUR_CHOICE)
                CHECK(same_choices(mine->choices, theirs->choices));
            else
                CHECK(theirs->low <= mine->low && mine->high <= theirs->high);
        }
        if (!known) fail_msg("no part has the option %s", mine->name);
    }
    for (int p = 0; p < PROFILE_PARTS; p++)
        for (sur_idx k = 0; k < profile_parts[p].metric_count; k++) {
            const profile_metric *m = &profile_parts[p].metrics[k];
            const sur_metric *theirs =
                metric_of(profile_parts[p].experiment, m->metric);
            const sur_metric *mine =
                metric_of(&sur_profile, m->name ? m->name : m->metric);
            if (!theirs || !mine) fail_msg("%s is not in both tables", m->metric);
            CHECK_TEXT(mine->label, theirs->label);
            CHECK_TEXT(mine->scale, theirs->scale);
            CHECK_TEXT(mine->interval ? mine->interval : "",
                       theirs->interval ? theirs->interval : "");
            CHECK(mine->better == 0 || theirs->better == 0 ||
                  mine->better == theirs->better);
        }
}

static void a_group_of_any_trials_gives_each_its_own_bits(void **state)
{
    (void)state;
    rig *all = rig_new(&sur_profile);
    CHECK_OK(rig_add(all, EVENTS "width=8"));
    CHECK_OK(rig_add(all, EVENTS "width=64"));
    CHECK_OK(rig_add(all, EVENTS "width=64 attack=loss"));
    CHECK_OK(rig_run(all));
    rig *one = rig_new(&sur_profile);
    CHECK_OK(rig_add(one, EVENTS "width=64"));
    CHECK_OK(rig_run(one));
    CHECK(one->counts[0] == all->counts[1] && one->counts[0] > 20);
    for (sur_idx i = 0; i < one->counts[0]; i++) {
        const sur_measurement *m = &one->list[0][i];
        if (is_time(m->metric)) continue;
        CHECK(same_number(m->value, rig_get(all, 1, m->metric, m->split)->value));
    }
    rig_free(one);
    rig_free(all);
}

static void the_halves_make_the_whole(void **state)
{
    (void)state;
    rig *r = rig_new(&sur_profile);
    CHECK_OK(rig_add(r, EVENTS "width=16"));
    CHECK_OK(rig_run(r));
    const double first = rig_get(r, 0, "first_half_error", NULL)->value;
    const double second = rig_get(r, 0, "second_half_error", NULL)->value;
    CHECK_NEAR(0.5 * (first + second), rig_get(r, 0, "test_error", NULL)->value, 1e-12,
               0);
    rig_free(r);
}

static void what_cannot_be_is_refused_by_the_part_s_name(void **state)
{
    (void)state;
    static const struct wrong {
        const char *words, *message;
    } wrongs[] = {
        {EVENTS "width=4 epochs=3", "epochs is for networks"},
        {EVENTS "width=4 attack=lira shadows=3", "privacy: shadows = 3"},
        {EVENTS "family=mlp width=4 attack=paired", "privacy: --attack paired is for"},
        {"data=synthetic:nothing width=4", "nothing"},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        rig *r = rig_new(&sur_profile);
        CHECK_STATUS(rig_add(r, wrongs[i].words), SUR_EINVAL);
        CHECK_CONTAINS(r->err.message, wrongs[i].message);
        rig_free(r);
    }
}

static sur_status run_again(rig *r)
{
    for (sur_idx i = 0; i < r->kept_count; i++) free(r->kept[i].bytes);
    r->kept_count = 0;
    return rig_run(r);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    rig *r = rig_new(&sur_profile);
    CHECK_OK(
        rig_add(r, "data=synthetic:linear dimension=3 family=linear width=2 samples=20 "
                   "test_samples=10 validation_samples=0 tune=no shadows=2"));
    CHECK_EVERY_ALLOCATION(run_again(r), 40, (void)0);
    rig_free(r);
}

/* ---- the verdict ---- */

enum { WIDTHS = 5 };
static const double planted_error[WIDTHS] = {.30, .20, .25, .102, .10};
static const double planted_leak[WIDTHS] = {.05, .10, .30, .50, .80};

static void the_verdict_is_the_narrowest_width_as_good_as_the_best(void **state)
{
    (void)state;
    sur_profile_options options[WIDTHS];
    sur_measurement numbers[WIDTHS][5];
    sur_record records[WIDTHS];
    for (int w = 0; w < WIDTHS; w++) {
        const double nothing = nan(""), e = planted_error[w];
        CHECK_OK(sur_fields_preset(&sur_profile_fields, &options[w], NULL));
        options[w].width = 8 << (2 * w);
        numbers[w][0] =
            (sur_measurement){"test_error", NULL, 0, e, e - .02, e + .02, 1000};
        numbers[w][1] =
            (sur_measurement){"first_half_error", NULL, 0, e, nothing, nothing, 0};
        numbers[w][2] = (sur_measurement){
            "second_half_error", NULL, 0, e + .01 * (w == 4), nothing, nothing, 0};
        numbers[w][3] = (sur_measurement){"advantage", NULL,    0, planted_leak[w],
                                          nothing,     nothing, 0};
        numbers[w][4] =
            (sur_measurement){"interpolates", NULL, 0, w > 1, nothing, nothing, 0};
        records[w] = (sur_record){&options[w], SUR_OK, NULL, 0.0, numbers[w], 5};
    }
    const sur_records all = {.at = records, .count = WIDTHS};
    sur_finding *findings;
    sur_idx count;
    CHECK_OK(sur_profile.summarize(&all, &findings, &count, NULL));
    CHECK(count > 0 && findings[0].headline);
    CHECK_TEXT(
        findings[0].text,
        "widest useful model: 512 (test error 10.2 %); beyond it, to 2048, test "
        "error rises by 0.8 %, and leakage rises by 30.0 %; the classical choice "
        "is 32 (20.0 %)");
    CHECK_NEAR(findings[0].value, 512, 0, 0);
    CHECK_EVERY_ALLOCATION((free(findings), findings = NULL,
                            sur_profile.summarize(&all, &findings, &count, NULL)),
                           5, free(findings));
    for (int w = 0; w < WIDTHS; w++) sur_fields_free(&sur_profile_fields, &options[w]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_numbers_are_those_of_each_verb_alone_bit_for_bit),
        cmocka_unit_test(networks_of_images_are_profiled_like_their_verbs),
        cmocka_unit_test(what_is_shared_is_done_once),
        cmocka_unit_test(it_costs_what_its_parts_cost),
        cmocka_unit_test(options_and_metrics_are_those_of_the_parts),
        cmocka_unit_test(a_group_of_any_trials_gives_each_its_own_bits),
        cmocka_unit_test(the_halves_make_the_whole),
        cmocka_unit_test(what_cannot_be_is_refused_by_the_part_s_name),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(the_verdict_is_the_narrowest_width_as_good_as_the_best),
    };
    return RUN(tests);
}
