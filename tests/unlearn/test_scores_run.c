#include "experiments/unlearn/measure.h"
#include "experiments/unlearn/scores_run.h"

#include "../data/files.h"
#include "rig.h"

static const char small[] = "data=synthetic:events samples=200 test_samples=150 "
                            "validation_samples=100 forget_count=40 width=6 epochs=4 "
                            "references=3 balls=0 planes=0 tune=none";

/* The shares of a network's answers at a place. */
static void put_shares(FILE *out, const unlearn_view *view, sur_idx place, sur_idx k)
{
    const double *f = view->answer.data + place * k;
    double most = f[0], total = 0.0;
    for (sur_idx j = 1; j < k; j++) most = fmax(most, f[j]);
    for (sur_idx j = 0; j < k; j++) total += exp(f[j] - most);
    for (sur_idx j = 0; j < k; j++) fprintf(out, ",%.17g", exp(f[j] - most) / total);
}

static void put_rows(FILE *out, const unlearn_scene *s, const unlearn_view *unlearned,
                     const char *part, const sur_idx *places, sur_idx first,
                     sur_idx count)
{
    const unlearn_problem *p = &s->problem;
    for (sur_idx i = 0; i < count; i++) {
        const sur_idx place = places ? places[i] : first + i;
        fprintf(out, "%s,%d", part, (int)p->label[place]);
        put_shares(out, &s->original_view, place, p->classes);
        put_shares(out, unlearned, place, p->classes);
        put_shares(out, &s->reference_view[0], place, p->classes);
        put_shares(out, &s->reference_view[1], place, p->classes);
        fputc('\n', out);
    }
}

static const sur_measurement *same_row(const unlearn_list *list,
                                       const sur_measurement *m)
{
    for (sur_idx i = 0; i < list->count; i++)
        if (strcmp(list->at[i].metric, m->metric) == 0 &&
            strcmp(list->at[i].split ? list->at[i].split : "",
                   m->split ? m->split : "") == 0)
            return &list->at[i];
    return NULL;
}

static void equal_numbers(double a, double b)
{
    if (isnan(b))
        CHECK(isnan(a));
    else
        CHECK_NEAR(a, b, 1e-9, 1e-9);
}

/* Models trained here, their answers written to a file, and the file measured: the
 * numbers are those of the models. */
static void answers_in_a_file_are_measured_as_the_models_that_gave_them(void **state)
{
    (void)state;
    rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    CHECK_OK(rig_run(r, small));
    const sur_context context = {.payload = r,
                                 .find = rig_find,
                                 .keep = rig_keep,
                                 .stop = rig_stop,
                                 .threads = 1};
    unlearn_scene s;
    CHECK_OK(unlearn_scene_new(&s, &r->options[0], 0, &context, NULL));
    const unlearn_view *unlearned = &s.reference_view[2];
    const unlearn_problem *p = &s.problem;
    s.references = 2; /* the third plays the unlearned model */

    char *path = scratch("answers.csv");
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "part,label");
    static const char *const models[] = {"original", "unlearned", "retrained",
                                         "retrained_2"};
    for (int m = 0; m < 4; m++)
        for (sur_idx j = 0; j < p->classes; j++)
            fprintf(out, ",%s_p_%d", models[m], (int)j);
    fputc('\n', out);
    put_rows(out, &s, unlearned, "test", NULL, p->n + p->v, p->t);
    put_rows(out, &s, unlearned, "forget", p->set.forget, 0, p->set.count);
    put_rows(out, &s, unlearned, "retain", p->set.retain, 0, p->set.retain_count);
    put_rows(out, &s, unlearned, "validation", NULL, p->n, p->v);
    fclose(out);

    unlearn_list *direct = calloc(1, sizeof *direct);
    assert_non_null(direct);
    char note[512] = "", words[400];
    CHECK_OK(unlearn_measure_views(direct, &s, unlearned, &r->options[0], note,
                                   sizeof note, NULL));
    s.references = 3;
    unlearn_scene_free(&s);

    rig *other = calloc(1, sizeof *other);
    assert_non_null(other);
    snprintf(words, sizeof words, "scores=%s", path);
    if (rig_run(other, words) != SUR_OK) fail_msg("%s", other->why);
    CHECK(direct->count > 30 && other->list[0].count == direct->count);
    for (sur_idx i = 0; i < direct->count; i++) {
        const sur_measurement *want = &direct->at[i],
                              *got = same_row(&other->list[0], want);
        if (!got) fail_msg("no %s", want->metric);
        equal_numbers(got->value, want->value);
        equal_numbers(got->low, want->low);
        equal_numbers(got->high, want->high);
        CHECK(got->n == want->n);
    }
    free(direct);
    rig_free(other);
    rig_free(r);
}

static void classes_alone_are_measured_without_an_attack(void **state)
{
    (void)state;
    char words[400];
    rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    snprintf(words, sizeof words, "goal=bias scores=%s",
             put_text("classes.csv", "part,label,unlearned\nforget,a,b\nforget,a,a\n"
                                     "test,a,a\ntest,b,b\ntest,b,b\n"));
    if (rig_run(r, words) != SUR_OK) fail_msg("%s", r->why);
    const sur_measurement *m =
        same_row(&r->list[0],
                 &(sur_measurement){.metric = "forget_error", .split = "unlearned"});
    CHECK(m && m->value == 0.5 && m->n == 2);
    CHECK(!same_row(&r->list[0], &(sur_measurement){.metric = "attack_auc"}));
    CHECK(!same_row(&r->list[0], &(sur_measurement){.metric = "retain_error",
                                                    .split = "unlearned"}));
    CHECK(!same_row(&r->list[0],
                    &(sur_measurement){.metric = "test_error", .split = "original"}));
    CHECK_CONTAINS(r->message[0], "no retrained model to compare with");
    CHECK_CONTAINS(r->message[0], "nothing to attack with");
    CHECK_STATUS(rig_run(r, "scores=x.csv data=y.csv"), SUR_EINVAL);
    CHECK_TEXT(r->why, "--scores and --data exclude each other");
    snprintf(words, sizeof words, "method=scrub scores=%s", scratch("classes.csv"));
    CHECK_STATUS(rig_run(r, words), SUR_EINVAL);
    CHECK_CONTAINS(r->why, "leave --method out");
    rig_free(r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(answers_in_a_file_are_measured_as_the_models_that_gave_them),
    cmocka_unit_test(classes_alone_are_measured_without_an_attack),
};

int main(void) { return RUN_WITH_FILES(tests); }
