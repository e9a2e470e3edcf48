#include "experiments/unlearn/scores.h"

#include "../data/files.h"

static char *table(const char *text) { return put_text("scores.csv", text); }

typedef struct read_scores {
    void *block;
    size_t size;
    unlearn_scores s;
    char note[256];
} read_scores;

static read_scores reading(const char *text)
{
    read_scores r = {0};
    sur_error err = {.message = ""};
    if (unlearn_scores_read(&r.block, &r.size, table(text), r.note, sizeof r.note,
                            &err) != SUR_OK)
        fail_msg("%s", err.message);
    CHECK_OK(unlearn_scores_view(&r.s, r.block, r.size, NULL));
    return r;
}

static void refused(const char *text, const char *message)
{
    void *block;
    size_t size;
    sur_error err = {.message = ""};
    CHECK(unlearn_scores_read(&block, &size, table(text), NULL, 0, &err) != SUR_OK);
    CHECK_CONTAINS(err.message, message);
    CHECK(block == NULL && !strchr(err.message, '\n'));
}

static void rows_are_ordered_by_part_and_classes_may_be_words(void **state)
{
    (void)state;
    read_scores r = reading("part,label,original,unlearned,retrained\n"
                            "test,cat,cat,dog,dog\n"
                            "forget,dog,dog,cat,emu\n"
                            "test,dog,dog,dog,dog\n"
                            "retain,cat,cat,cat,cat\n");
    const unlearn_scores *s = &r.s;
    CHECK(s->count == 4 && s->classes == 3 && s->models == 3);
    CHECK(s->size[UNLEARN_RETAIN] == 1 && s->size[UNLEARN_FORGET] == 1 &&
          s->size[UNLEARN_VALIDATION] == 0 && s->size[UNLEARN_TEST] == 2);
    /* cat 0, dog 1, emu 2: in the order of the file */
    CHECK(s->label[0] == 0 && s->label[1] == 1 && s->label[2] == 0 && s->label[3] == 1);
    CHECK(s->class[1][0] == 0 && s->class[1][1] == 0 && s->class[1][2] == 1);
    CHECK(s->class[2][1] == 2 && !s->graded[1] && !s->p[1]);
    CHECK(s->has[0][UNLEARN_TEST] && !s->has[0][UNLEARN_VALIDATION]);
    CHECK(strlen(s->checksum) == 64);
    CHECK_CONTAINS(r.note,
                   "1 retained, 1 forgotten, 0 validation and 2 test examples of "
                   "3 classes");
    free(r.block);
}

static void shares_losses_and_label_shares_become_probabilities(void **state)
{
    (void)state;
    read_scores r =
        reading("split,y,unlearned,unlearned_p,original,original_loss,retrained_2_p_0,"
                "retrained_2_p_1,retrained_2_p_7\n"
                "forget,1,1,0.75,0,2,0.1,0.2,0.7\n"
                "test,7,0,0.25,7,0,0.5,0.25,0.25\n"
                "test,0,0,1,0,0.5,1,0,0\n");
    const unlearn_scores *s = &r.s;
    const sur_idx k = s->classes;
    CHECK(k == 3 && s->models == 4);
    CHECK(!s->has[2][UNLEARN_TEST] && s->has[3][UNLEARN_TEST]);
    CHECK(s->graded[0] && s->graded[1] && !s->graded[2] && s->graded[3]);
    const double *u = s->p[1], *o = s->p[0], *two = s->p[3];
    for (sur_idx i = 0; i < 3; i++) {
        double sums[3] = {0};
        for (sur_idx c = 0; c < k; c++) {
            sums[0] += u[i * k + c];
            sums[1] += o[i * k + c];
            sums[2] += two[i * k + c];
        }
        for (int m = 0; m < 3; m++) CHECK_NEAR(sums[m], 1.0, 1e-12, 0.0);
    }
    CHECK(u[s->label[0]] == 0.75);
    CHECK(u[k + s->label[1]] == 0.25 && u[k + s->class[1][1]] == 0.75);
    CHECK_NEAR(o[s->label[0]], exp(-2.0), 0.0, 1e-15);
    CHECK(s->class[3][0] != s->class[3][1]); /* the largest share */
    CHECK(two[s->class[3][0]] == 0.7 && two[k + s->class[3][1]] == 0.5);
    free(r.block);
}

static void bad_tables_get_one_clear_line(void **state)
{
    (void)state;
    refused("label,unlearned\n1,1\n", "has no column \"part\"");
    refused("part,unlearned\ntest,1\n", "has no column \"label\"");
    refused("part,label\nforget,1\ntest,2\n", "the unlearned model answers no forget");
    refused("part,label,unlearned\nforget,1,2\n", "answers no test rows");
    refused("part,label,unlearned\ntest,1,2\n", "answers no forget rows");
    refused("part,label,unlearned\nforget,1,1\nprobe,1,1\n",
            "row 2: \"probe\" is none of retain, forget, validation, test");
    refused("part,label,unlearned\nforget,1,1\ntest,,1\n", "row 2: no label");
    refused("part,label,unlearned\nforget,1,1\n,1,1\n", "row 2: no part");
    refused("part,label,unlearned\nforget,1,1\ntest,1,1\ntest,2,\n",
            "row 3: a model answers some rows of a part and not this one");
    refused("part,label,unlearned,unlearned_p\nforget,1,1,0.5\ntest,2,2,1.5\n",
            "row 2, column unlearned_p: no probability");
    refused("part,label,unlearned,unlearned_p\nforget,1,1,0.5\ntest,2,2,\n",
            "row 2: a class without its probability");
    refused("part,label,unlearned,unlearned_loss\nforget,1,1,0.5\ntest,2,2,-1\n",
            "row 2, column unlearned_loss: no loss");
    refused("part,label,unlearned_p\nforget,1,0.5\ntest,2,0.5\n",
            "no class given: add a column of classes beside unlearned_p");
    refused("part,label,unlearned_p_1,unlearned_p_2\nforget,1,0.5,0.6\ntest,2,1,0\n",
            "row 1: the shares of unlearned_p_1 sum to 1.1");
    refused("part,label,unlearned_p_1\nforget,1,1\ntest,2,0\n",
            "gives shares of some classes but none of \"2\"");
    refused("part,label,unlearned,Unlearned\nforget,1,1,1\ntest,2,2,2\n",
            "two columns Unlearned");
    refused("part,label,unlearned_p_1\nforget,1,1\ntest,1,1\n", "one class only");
    refused("", "scores.csv");
    void *block;
    size_t size;
    sur_error err;
    CHECK_STATUS(unlearn_scores_read(&block, &size, "/nowhere.csv", NULL, 0, &err),
                 SUR_EIO);
}

static void a_block_that_is_cut_or_none_is_refused(void **state)
{
    (void)state;
    read_scores r = reading("part,label,unlearned\nforget,1,1\ntest,2,2\n");
    unlearn_scores s;
    CHECK_STATUS(unlearn_scores_view(&s, NULL, 0, NULL), SUR_EPARSE);
    CHECK_STATUS(unlearn_scores_view(&s, r.block, r.size - 1, NULL), SUR_EPARSE);
    CHECK_STATUS(unlearn_scores_view(&s, r.block, 10, NULL), SUR_EPARSE);
    memset(r.block, 7, 8);
    CHECK_STATUS(unlearn_scores_view(&s, r.block, r.size, NULL), SUR_EPARSE);
    free(r.block);
}

static sur_status read_and_free(const char *path)
{
    void *block;
    size_t size;
    const sur_status status = unlearn_scores_read(&block, &size, path, NULL, 0, NULL);
    free(block);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const char *path = table("part,label,unlearned,unlearned_p,retrained_p_1,"
                             "retrained_p_2\nforget,1,1,0.5,0.5,0.5\ntest,2,2,1,1,0\n");
    CHECK_EVERY_ALLOCATION(read_and_free(path), 12, (void)0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rows_are_ordered_by_part_and_classes_may_be_words),
    cmocka_unit_test(shares_losses_and_label_shares_become_probabilities),
    cmocka_unit_test(bad_tables_get_one_clear_line),
    cmocka_unit_test(a_block_that_is_cut_or_none_is_refused),
    cmocka_unit_test(every_allocation_may_fail),
};

int main(void) { return RUN_WITH_FILES(tests); }
