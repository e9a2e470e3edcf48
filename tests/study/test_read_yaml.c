/* test_read_yaml.c -- study files: what they say, and what they may not. */
#include "support/toy.h"

static char folder[] = "/tmp/surplus-yaml-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/study.yaml", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    remove(path);
    return rmdir(folder);
}

static sur_status read_bytes(sur_study **study, sur_run_options *run, const char *text,
                             size_t size, sur_error *err)
{
    static const sur_experiment *const known[] = {&toy};
    FILE *file = fopen(path, "w");
    CHECK(file && fwrite(text, 1, size, file) == size);
    fclose(file);
    return sur_study_read(study, run, path, known, 1, err);
}

static sur_study *read_text(sur_run_options *run, const char *text)
{
    sur_study *study = NULL;
    sur_error err;
    const sur_status status = read_bytes(&study, run, text, strlen(text), &err);
    if (status != SUR_OK) fail_msg("%s", err.message);
    return study;
}

static void check_spec(sur_study *study, sur_idx trials, const char *part)
{
    const sur_run_options run = toy_run_options(1);
    sur_plan plan;
    CHECK_OK(sur_study_plan(study, NULL, &run, &plan, NULL, NULL));
    CHECK(plan.trials == trials);
    CHECK_CONTAINS(sur_study_spec(study, 0, NULL), part);
    sur_study_free(study);
}

static void a_study_file_says_what_the_command_line_says(void **state)
{
    (void)state;
    sur_run_options run = toy_run_options(1);
    sur_study *study = read_text(&run, "# a comment\n"
                                       "experiment: toy\n"
                                       "width: 1:3\n"
                                       "seed: [4, 5]\n"
                                       "ridge:\n  - 0\n  - 0.5\n"
                                       "flag: yes\n"
                                       "name: 'quoted text'\n"
                                       "jobs: 7\n"
                                       "time-limit: 60\n");
    CHECK(run.jobs == 7 && run.time_limit == 60);
    CHECK(sur_study_experiment(study) == &toy);
    check_spec(study, 12, "\"seed\":4,\"ridge\":0,\"name\":\"quoted text\"");
    sur_fields_free(&sur_run_fields, &run);
}

static void json_is_a_study_file_too(void **state)
{
    (void)state;
    check_spec(
        read_text(NULL, "{\"experiment\": \"toy\", \"width\": [1, 2], \"jobs\": 3}"), 2,
        "\"width\":1");
}

static void a_range_may_stand_in_a_list(void **state)
{
    (void)state;
    check_spec(read_text(NULL, "experiment: toy\nwidth: [8, 1:3]\n"), 4, "\"width\":8");
}

static void a_list_of_columns_is_one_value(void **state)
{
    (void)state;
    check_spec(read_text(NULL, "experiment: toy\nwidth: 1\ncolumns: [pt, eta, 3-7]\n"),
               1, "\"columns\":\"pt,eta,3-7\"");
}

static void paths_are_seen_from_the_study_file(void **state)
{
    (void)state;
    char want[80];
    sur_run_options run = toy_run_options(1);
    sur_study_free(read_text(&run, "experiment: toy\nout: results/a.db\n"));
    snprintf(want, sizeof want, "%s/results/a.db", folder);
    CHECK_TEXT(run.out, want);
    sur_study_free(read_text(&run, "experiment: toy\nout: /tmp/b.db\n"));
    CHECK_TEXT(run.out, "/tmp/b.db");
    sur_fields_free(&sur_run_fields, &run);
    check_spec(read_text(NULL, "experiment: toy\nwidth: 1\ndata: synthetic:events\n"),
               1, "\"data\":\"synthetic:events\"");
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", ":1: the study file is empty"},
        {"experiment: toy\nwidht: 3\n",
         ":2: there is no option \"widht\"; did you mean \"width\"?"},
        {"experiment: toy\njob: 3\n",
         ":2: there is no option \"job\"; did you mean \"jobs\"?"},
        {"experiment: tony\n",
         ":1: there is no experiment \"tony\"; did you mean \"toy\"?"},
        {"width: 3\n", ":1: the first line says which, as in \"experiment: toy\""},
        {"experiment: toy\n\nwidth: three\n", ":3: --width"},
        {"experiment: toy\nwidth: 0\n", ":2: --width 0 is outside"},
        {"experiment: toy\nwidth: 1\nseed: 2\nwidth: 2\n", ":4: width is set twice"},
        {"experiment: toy\nwidth: 1\nseed: 2\nexperiment: toy\n",
         ":4: there is no option"},
        {"experiment: toy\njobs: 1\njobs: 2\n", ":3: jobs is set twice"},
        {"experiment: toy\nwidth: &a 3\n", ":2: anchors"},
        {"experiment: toy\nwidth: *a\n", ":2: anchors"},
        {"experiment: toy\nwidth: !!int 3\n", ":2: tags"},
        {"experiment: toy\nname: !!python/object/apply:os.system [ls]\n", ":2: tags"},
        {"experiment: toy\nwidth: {a: 1}\n", ":2: width is a value or a list"},
        {"experiment: toy\nwidth: [1, [2, 3]]\n", ":2: the list of width holds more"},
        {"experiment: toy\nwidth: []\n", ":2: the list of width is empty"},
        {"experiment: toy\nwidth:\n", ":2: a key has no value"},
        {"experiment: toy\nwidth: ~\n", ":2: a key has no value"},
        {"experiment: toy\ndata: [a, b]\n", ":2: data takes one value, not a list"},
        {"experiment: toy\njobs: [1, 2]\n", ":2: jobs takes one value, not a list"},
        {"experiment: toy\nwidth: [\"1,2\", 3]\n", ":2: \"1,2\" has a comma"},
        {"experiment: toy\nname: [\"\", b]\n", ":2: an entry of the list is empty"},
        {"experiment: toy\nwidth: [1, 2\n", "not YAML"},
        {"experiment: toy\n\twidth: 3\n", "not YAML"},
        {"- experiment\n- toy\n", ":1: a study file holds lines like"},
        {"experiment: [toy]\n", ":1: experiment is one name"},
        {"experiment: toy\n? [a]\n: 3\n", ":2: a key is a name"},
        {"experiment: toy\n---\nexperiment: toy\n", "a second one begins here"},
        {"experiment: toy\nname: \"a\\0b\"\n", ":2: a value holds a zero byte"},
        {"experiment: toy\nname: \xff\xfe\n", "not YAML"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sur_error err;
        sur_study *study = NULL;
        const char *text = cases[i].text;
        CHECK_STATUS(read_bytes(&study, NULL, text, strlen(text), &err), SUR_EINVAL);
        CHECK(!study);
        CHECK_CONTAINS(err.message, cases[i].part);
        CHECK_CONTAINS(err.message, path);
        CHECK(!strchr(err.message, '\n'));
        CHECK_STATUS(read_bytes(&study, NULL, text, strlen(text), NULL), SUR_EINVAL);
    }
}

static void a_missing_file_and_one_too_large_are_refused(void **state)
{
    (void)state;
    static const sur_experiment *const known[] = {&toy};
    sur_error err;
    sur_study *study = NULL;
    CHECK_STATUS(sur_study_read(&study, NULL, "/nowhere.yaml", known, 1, &err),
                 SUR_EIO);
    CHECK_CONTAINS(err.message, "/nowhere.yaml");
    CHECK_STATUS(sur_study_read(&study, NULL, folder, known, 1, &err), SUR_EIO);
    const size_t size = (size_t)5 << 20;
    char *big = malloc(size);
    CHECK(big);
    memset(big, '#', size);
    CHECK_STATUS(read_bytes(&study, NULL, big, size, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "at most 4 MB");
    memset(big, '[', size / 5); /* refused at the first, not at the millionth */
    CHECK_STATUS(read_bytes(&study, NULL, big, size / 5, &err), SUR_EINVAL);
    free(big);
}

static sur_status read_again(void)
{
    static const sur_experiment *const known[] = {&toy};
    sur_study *study = NULL;
    sur_run_options run = {0};
    const sur_status status = sur_study_read(&study, &run, path, known, 1, NULL);
    sur_study_free(study);
    sur_fields_free(&sur_run_fields, &run);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sur_study_free(
        read_text(NULL, "experiment: toy\nwidth: [1, 2]\nout: a.db\nname: b\n"));
    CHECK_EVERY_ALLOCATION(read_again(), 10, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_study_file_says_what_the_command_line_says),
        cmocka_unit_test(json_is_a_study_file_too),
        cmocka_unit_test(a_range_may_stand_in_a_list),
        cmocka_unit_test(a_list_of_columns_is_one_value),
        cmocka_unit_test(paths_are_seen_from_the_study_file),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(a_missing_file_and_one_too_large_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
