#include "experiments/unlearn/forget.h"

#include "../data/files.h"

/* 120 rows of three classes "ant" (60), "bee" (40), "cow" (20) and numbers x1 x2. */
typedef struct farm {
    sur_dataset data;
    sur_split split;
} farm;

static farm farm_of(int64_t samples)
{
    char text[8192] = "x1,x2,label\n";
    farm out;
    for (int i = 0; i < 120; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%d,%d.5,%s\n", i, i * i % 17,
                 i % 6 < 3   ? "ant"
                 : i % 6 < 5 ? "bee"
                             : "cow");
    }
    const sur_data_options options = {.data = put_text("farm.csv", text),
                                      .samples = samples,
                                      .test_samples = SUR_UNSET,
                                      .seed = 3,
                                      .split_seed = SUR_UNSET};
    CHECK_OK(sur_data_read(&out.data, &options, NULL, 0, NULL));
    CHECK_OK(sur_split_make(&out.split, &out.data, &options, 0.0, NULL));
    return out;
}

static void farm_free(farm *f)
{
    sur_split_free(&f->split);
    sur_dataset_free(&f->data);
}

static unlearn_forget_options asking(const char *forget, int64_t count)
{
    return (unlearn_forget_options){
        .forget = forget, .count = count, .share = nan(""), .seed = 11};
}

static unlearn_forget made(const farm *f, unlearn_forget_options o, char *note)
{
    unlearn_forget out;
    *note = '\0';
    CHECK_OK(
        unlearn_forget_make(&out, &o, &f->data, &f->split, NULL, 0, note, 512, NULL));
    CHECK(out.count + out.retain_count == f->split.train_count);
    for (sur_idx i = 0, a = 0, b = 0; i < f->split.train_count; i++)
        CHECK(out.marked[i] ? out.forget[a++] == i : out.retain[b++] == i);
    return out;
}

static void refused(const farm *f, unlearn_forget_options o, const char *message)
{
    unlearn_forget out;
    sur_error err = {.message = ""};
    CHECK(unlearn_forget_make(&out, &o, &f->data, &f->split, NULL, 0, NULL, 0, &err) !=
          SUR_OK);
    CHECK_CONTAINS(err.message, message);
    CHECK(!strchr(err.message, '\n') && !out.forget && out.count == 0);
}

static void a_larger_count_forgets_a_superset_and_a_seed_says_which(void **state)
{
    (void)state;
    char note[512];
    farm f = farm_of(100);
    unlearn_forget_options o = asking("random", 10);
    unlearn_forget ten = made(&f, o, note), again = made(&f, o, note);
    o.count = 40;
    unlearn_forget forty = made(&f, o, note);
    o.seed = 12;
    unlearn_forget other = made(&f, o, note);
    sur_idx same = 0;
    CHECK(ten.count == 10 && forty.count == 40 && other.count == 40);
    CHECK_TEXT(note, "");
    for (sur_idx i = 0; i < 100; i++) {
        CHECK(ten.marked[i] == again.marked[i] && ten.marked[i] <= forty.marked[i]);
        CHECK(forty.label[i] == f.split.label[i]);
        same += forty.marked[i] && other.marked[i];
    }
    CHECK(same < 35);
    unlearn_forget_free(&ten);
    unlearn_forget_free(&again);
    unlearn_forget_free(&forty);
    unlearn_forget_free(&other);
    farm_free(&f);
}

/* Row r is forgotten or not whatever the other rows trained on are: of two training
 * sets, one within the other, each row of the smaller one has the same number. */
static void every_row_is_as_likely_as_the_others(void **state)
{
    (void)state;
    char note[512];
    farm f = farm_of(100);
    unlearn_forget_options o = asking("random", 25);
    sur_idx first = 0, runs = 400;
    for (o.seed = 0; o.seed < (uint64_t)runs; o.seed++) {
        unlearn_forget some = made(&f, o, note);
        first += some.marked[17];
        unlearn_forget_free(&some);
    }
    /* binomial(400, 1/4): standard deviation 8.7 */
    CHECK_NEAR((double)first, 100.0, 4.0 * 8.67, 0.0);
    farm_free(&f);
}

static void a_count_that_is_not_given_is_200_or_a_quarter(void **state)
{
    (void)state;
    char note[512];
    farm f = farm_of(100);
    unlearn_forget some = made(&f, asking("random", SUR_UNSET), note);
    CHECK(some.count == 25);
    CHECK_TEXT(note, "25 examples are forgotten, a quarter of the 100 trained on");
    unlearn_forget_free(&some);
    unlearn_forget_options o = asking("random", 3);
    o.share = 0.1;
    some = made(&f, o, note);
    CHECK(some.count == 10);
    unlearn_forget_free(&some);
    farm_free(&f);
}

static void
a_class_goes_by_name_or_number_and_whole_unless_a_count_is_given(void **state)
{
    (void)state;
    char note[512];
    farm f = farm_of(90);
    sur_idx bees = 0;
    for (sur_idx i = 0; i < 90; i++) bees += f.split.label[i] == 1.0;
    static const char *const names[] = {"class:bee", "class:1"};
    for (int k = 0; k < 2; k++) {
        unlearn_forget some = made(&f, asking(names[k], SUR_UNSET), note);
        CHECK(some.count == bees);
        CHECK_CONTAINS(note, "class bee is forgotten whole");
        for (sur_idx i = 0; i < 90; i++)
            CHECK(some.marked[i] == (f.split.label[i] == 1.0));
        unlearn_forget_free(&some);
    }
    unlearn_forget some = made(&f, asking("class:bee", 7), note);
    CHECK(some.count == 7);
    CHECK_TEXT(note, "");
    for (sur_idx i = 0; i < some.count; i++)
        CHECK(f.split.label[some.forget[i]] == 1.0);
    unlearn_forget_free(&some);
    refused(&f, asking("class:dog", SUR_UNSET),
            "there is no class \"dog\" among ant, bee, cow");
    refused(&f, asking("class:", SUR_UNSET), "there is no class \"\"");
    refused(&f, asking("class:3", SUR_UNSET), "there is no class \"3\"");
    farm_free(&f);
}

static void ids_are_rows_of_the_data_and_repeats_count_once(void **state)
{
    (void)state;
    char note[512], text[256];
    farm f = farm_of(80);
    const sur_idx *t = f.split.train;
    snprintf(text, sizeof text, "%lld\n%lld\n%lld\n%lld\n", (long long)t[5],
             (long long)f.split.test[0], (long long)t[9], (long long)t[5]);
    char *path = put_text("ids.txt", text);
    unlearn_forget some = made(&f, asking(path, SUR_UNSET), note);
    CHECK(some.count == 2 && some.forget[0] == 5 && some.forget[1] == 9);
    CHECK_CONTAINS(note, "1 ids are repeated and count once");
    CHECK_CONTAINS(note, "1 of 4 ids were not trained on");
    unlearn_forget_free(&some);

    const sur_idx ids[] = {t[0], t[1]}; /* already read */
    const unlearn_forget_options o = asking("gone.txt", SUR_UNSET);
    CHECK_OK(unlearn_forget_make(&some, &o, &f.data, &f.split, ids, 2, NULL, 0, NULL));
    CHECK(some.count == 2 && some.marked[0] && some.marked[1]);
    unlearn_forget_free(&some);
    farm_free(&f);
}

static void bad_lists_of_ids_get_one_clear_line(void **state)
{
    (void)state;
    farm f = farm_of(80);
    char all[1024] = "";
    for (int i = 0; i < 120; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%d\n", i);
    const struct {
        const char *text, *message;
    } bad[] = {
        {"3\n120\n", "id 120 is no row of the data, which are 0 to 119"},
        {"3\n-1\n", "id -1 is no row of the data"},
        {"3\nfour\n", "ids.txt:2: \"four\" is no row number"},
        {"3\n4.5\n", "row 2: 4.5 is no row number"},
        {"1,2\n3,4\n", "2 columns, of which none is called id"},
        {"id\n1e300\n", "is no row number"},
        {"", "ids.txt"},
        {all, "nothing would be retained"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        refused(&f, asking(put_text("ids.txt", bad[k].text), SUR_UNSET),
                bad[k].message);
    char stranger[32];
    snprintf(stranger, sizeof stranger, "%lld\n", (long long)f.split.test[2]);
    refused(&f, asking(put_text("ids.txt", stranger), SUR_UNSET),
            "none of the 1 ids is among the 80 rows trained on");
    refused(&f, asking("/nowhere/ids.txt", SUR_UNSET), "/nowhere/ids.txt");
    farm_free(&f);
}

static void ids_may_stand_in_a_line_a_column_or_an_array(void **state)
{
    (void)state;
    static const char *const texts[] = {"7\n8\n9\n",
                                        "id\n7\n8\n9\n",
                                        "7,8,9\n",
                                        "# to go\n7\n8\n9\n",
                                        "name,id\na,7\nb,8\nc,9\n",
                                        "7\r\n8\r\n9"};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        sur_idx *ids, count;
        char sum[65];
        CHECK_OK(unlearn_ids_read(&ids, &count, sum, put_text("ids", texts[k]), NULL));
        CHECK(count == 3 && ids[0] == 7 && ids[1] == 8 && ids[2] == 9);
        CHECK(strlen(sum) == 64);
        free(ids);
    }
    sur_idx *ids, count;
    CHECK_OK(unlearn_ids_read(&ids, &count, NULL, put_text("ids", "17\n"), NULL));
    CHECK(count == 1 && ids[0] == 17);
    free(ids);
    const double array[] = {4, 0, 2};
    const sur_array npz = {"ids", "f8", "3", array, sizeof array};
    CHECK_OK(sur_arrays_write(scratch("ids.npz"), &npz, 1, NULL));
    CHECK_OK(unlearn_ids_read(&ids, &count, NULL, scratch("ids.npz"), NULL));
    CHECK(count == 3 && ids[0] == 4 && ids[1] == 0 && ids[2] == 2);
    free(ids);
}

static void sets_that_leave_nothing_are_refused(void **state)
{
    (void)state;
    farm f = farm_of(80);
    unlearn_forget_options o = asking("random", 0);
    refused(&f, o, "0 of 80 training rows leave nothing to forget");
    refused(&f, asking("random", 80),
            "forgetting 80 of 80 training rows leaves nothing to retain");
    o.share = 1.0;
    refused(&f, o, "a share of 1 cannot be forgotten");
    o.share = 0.001;
    refused(&f, o, "nothing to forget");
    o = asking("random", 5);
    o.bias = UNLEARN_BIAS_PATCH;
    o.patch_class = 3;
    refused(&f, o, "a patch cannot mark class 3");
    farm_free(&f);
}

static void biased_labels_are_wrong_uniform_and_keyed_by_row(void **state)
{
    (void)state;
    char note[512];
    farm f = farm_of(100);
    unlearn_forget_options o = asking("class:cow", 60); /* forget is not read */
    o.bias = UNLEARN_BIAS_LABELS;
    unlearn_forget sixty = made(&f, o, note);
    o.count = 90;
    unlearn_forget ninety = made(&f, o, note);
    sur_idx flips = 0, next = 0;
    CHECK(sixty.count == 60 && ninety.count == 90);
    for (sur_idx i = 0; i < 100; i++) {
        CHECK((sixty.label[i] != f.split.label[i]) == (sixty.marked[i] == 1));
        CHECK(sixty.label[i] >= 0.0 && sixty.label[i] <= 2.0);
        if (sixty.marked[i]) CHECK(ninety.label[i] == sixty.label[i]);
    }
    unlearn_forget_free(&sixty);
    unlearn_forget_free(&ninety);
    for (o.seed = 0; o.seed < 20; o.seed++) { /* the two wrong classes are as likely */
        unlearn_forget some = made(&f, o, note);
        for (sur_idx i = 0; i < 100; i++) {
            if (!some.marked[i]) continue;
            flips++;
            next += fmod(f.split.label[i] + 1.0, 3.0) == some.label[i];
        }
        unlearn_forget_free(&some);
    }
    CHECK_NEAR((double)next / (double)flips, 0.5, 4.0 * 0.5 / sqrt((double)flips), 0.0);
    farm_free(&f);
}

static void a_patch_marks_examples_of_other_classes_with_its_own(void **state)
{
    (void)state;
    char note[512];
    farm f = farm_of(100);
    unlearn_forget_options o = asking("random", 30);
    o.bias = UNLEARN_BIAS_PATCH;
    o.patch_class = 2;
    unlearn_forget some = made(&f, o, note);
    CHECK(some.count == 30);
    for (sur_idx i = 0; i < 100; i++) {
        if (some.marked[i]) CHECK(f.split.label[i] != 2.0 && some.label[i] == 2.0);
        if (!some.marked[i]) CHECK(some.label[i] == f.split.label[i]);
    }
    sur_mat x;
    unlearn_patch patch;
    CHECK_OK(sur_mat_new(&x, 100, 2, NULL));
    sur_split_rows(&x, &f.split, &f.data, f.split.train);
    const double kept = sur_mat_row(&x, some.forget[3])[0];
    double most = -HUGE_VAL;
    for (sur_idx i = 0; i < 100; i++) most = fmax(most, sur_mat_row(&x, i)[1]);
    CHECK_OK(unlearn_patch_make(&patch, &f.data, &x, NULL));
    CHECK(patch.count == 1 && patch.column[0] == 1 && patch.value[0] == most);
    unlearn_patch_apply(&x, &patch, some.forget, some.count);
    for (sur_idx i = 0; i < 30; i++) CHECK(sur_mat_row(&x, some.forget[i])[1] == most);
    CHECK(sur_mat_row(&x, some.forget[3])[0] == kept);
    unlearn_patch_free(&patch);
    sur_mat_free(&x);
    unlearn_forget_free(&some);
    farm_free(&f);
}

static void an_image_is_patched_in_its_lower_right_corner(void **state)
{
    (void)state;
    sur_dataset image = {.cols = 3 * 32 * 24, .shape = {3, 32, 24}};
    sur_mat x;
    unlearn_patch patch;
    CHECK_OK(sur_mat_new(&x, 4, image.cols, NULL));
    sur_mat_row(&x, 2)[77] = 3.0;
    CHECK_OK(unlearn_patch_make(&patch, &image, &x, NULL));
    CHECK(patch.count == 3 * 3 * 3);
    unlearn_patch_apply(&x, &patch, NULL, 1);
    sur_idx set = 0;
    for (sur_idx c = 0; c < 3; c++)
        for (sur_idx i = 0; i < 32; i++)
            for (sur_idx j = 0; j < 24; j++) {
                const double v = sur_mat_row(&x, 0)[(c * 32 + i) * 24 + j];
                CHECK(v == (i >= 29 && j >= 21 ? 3.0 : 0.0));
                set += v == 3.0;
            }
    CHECK(set == 27 && sur_mat_row(&x, 1)[image.cols - 1] == 0.0);
    unlearn_patch_free(&patch);
    sur_mat_free(&x);
}

static sur_status make_and_free(const farm *f, const unlearn_forget_options *o,
                                sur_error *err)
{
    unlearn_forget some;
    char note[64] = "";
    const sur_status status = unlearn_forget_make(&some, o, &f->data, &f->split, NULL,
                                                  0, note, sizeof note, err);
    unlearn_forget_free(&some);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    farm f = farm_of(80);
    char text[32];
    snprintf(text, sizeof text, "%lld\n", (long long)f.split.train[0]);
    unlearn_forget_options o = asking(put_text("ids.txt", text), SUR_UNSET);
    CHECK_EVERY_ALLOCATION(make_and_free(&f, &o, NULL), 6, (void)0);
    o = asking("class:ant", SUR_UNSET);
    CHECK_EVERY_ALLOCATION(make_and_free(&f, &o, NULL), 5, (void)0);
    o.bias = UNLEARN_BIAS_LABELS;
    CHECK_EVERY_ALLOCATION(make_and_free(&f, &o, NULL), 5, (void)0);
    farm_free(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_larger_count_forgets_a_superset_and_a_seed_says_which),
    cmocka_unit_test(every_row_is_as_likely_as_the_others),
    cmocka_unit_test(a_count_that_is_not_given_is_200_or_a_quarter),
    cmocka_unit_test(a_class_goes_by_name_or_number_and_whole_unless_a_count_is_given),
    cmocka_unit_test(ids_are_rows_of_the_data_and_repeats_count_once),
    cmocka_unit_test(bad_lists_of_ids_get_one_clear_line),
    cmocka_unit_test(ids_may_stand_in_a_line_a_column_or_an_array),
    cmocka_unit_test(sets_that_leave_nothing_are_refused),
    cmocka_unit_test(biased_labels_are_wrong_uniform_and_keyed_by_row),
    cmocka_unit_test(a_patch_marks_examples_of_other_classes_with_its_own),
    cmocka_unit_test(an_image_is_patched_in_its_lower_right_corner),
    cmocka_unit_test(every_allocation_may_fail),
};

int main(void) { return RUN_WITH_FILES(tests); }
