/* The experiment from end to end: files, bad files, real ratings, what it emits. */
#include "rig.h"

typedef struct shown { /* the last trial emitted */
    sur_status status;
    char message[1024];
    sur_measurement at[64];
    sur_idx count, emitted, kept;
    double rows; /* of the left factor */
} shown;

static sur_status take(void *payload, sur_idx index, const sur_outcome *outcome,
                       sur_error *err)
{
    shown *s = payload;
    (void)index, (void)err;
    s->status = outcome->status;
    snprintf(s->message, sizeof s->message, "%s",
             outcome->message ? outcome->message : "");
    s->count = 0;
    for (sur_idx i = 0; i < outcome->count && s->count < 64; i++)
        if (outcome->measurements[i].iteration == 0)
            s->at[s->count++] = outcome->measurements[i];
    s->emitted++;
    return SUR_OK;
}

static sur_status keep(void *payload, sur_idx index, const sur_artifact *artifact,
                       sur_error *err)
{
    shown *s = payload;
    (void)index, (void)err;
    CHECK(artifact->size > 0);
    if (strcmp(artifact->name, "left") == 0) s->rows = atof(artifact->shape);
    s->kept++;
    return SUR_OK;
}

static bool go_on(void *payload)
{
    (void)payload;
    return false;
}

/* Loads, resolves and runs one trial; err says why not. */
static sur_status run_words(shown *s, const char *words, char note[1024],
                            sur_error *err)
{
    sur_recover_trial o;
    void *input = NULL;
    size_t size = 0;
    memset(s, 0, sizeof *s);
    rig_options(&o, words);
    sur_status status = sur_recover.load(&o, &input, &size, note, 1024, err);
    if (status == SUR_OK) status = sur_recover.resolve(&o, input, size, err);
    if (status == SUR_OK) {
        const void *list[] = {&o};
        const sur_context context = {.payload = s,
                                     .emit = take,
                                     .keep = keep,
                                     .stop = go_on,
                                     .input = input,
                                     .input_size = size,
                                     .threads = 1};
        status = sur_recover.run(list, 1, &context, err);
    }
    free(input);
    rig_free_options(&o);
    return status;
}

static double value_of(const shown *s, const char *metric)
{
    for (sur_idx i = 0; i < s->count; i++)
        if (strcmp(s->at[i].metric, metric) == 0) return s->at[i].value;
    fail_msg("no %s", metric);
    return 0.0;
}

static char path[2][64];

static void file(int which, const char *text)
{
    snprintf(path[which], sizeof path[which], "/tmp/recover_%ld_%d.csv", (long)getpid(),
             which);
    FILE *f = fopen(path[which], "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* A rank-1 table with effects: 3 x 4, one entry twice, in any order, named oddly. */
static void entries_are_sorted_averaged_and_taken_out(void **state)
{
    shown s;
    char words[512], note[1024];
    sur_error err;
    (void)state;
    file(0,
         "7 100 1\n7 200 2\n9 100 2\n9 200 4\n9 200 6\n12 100 3\n12 200 6\n12 50 3\n");
    file(1, "7 50 1\n12 200 6\n");
    snprintf(words, sizeof words,
             "data=%s test_data=%s layout=triplets center=none holdout=0 rank=1",
             path[0], path[1]);
    if (run_words(&s, words, note, &err) != SUR_OK) fail_msg("%s", err.message);
    CHECK_CONTAINS(note, "8 entries");
    CHECK_CONTAINS(note, "1 repeated entries averaged");
    CHECK_CONTAINS(note, "1 entries of --test-data taken out");
    CHECK(s.emitted == 1 && s.status == SUR_OK);
    CHECK(s.kept == 5); /* left, right, singular values, names of rows and columns */
    CHECK(value_of(&s, "rmse") >= 0.0);
    strncat(words, " strict=true", sizeof words - strlen(words) - 1);
    CHECK_STATUS(run_words(&s, words, note, &err), SUR_EPARSE);
    CHECK_CONTAINS(err.message, "1 entries are repeated");
    unlink(path[0]);
    unlink(path[1]);
}

static void a_matrix_with_gaps_is_completed(void **state)
{
    char text[8192] = "", words[512], note[1024];
    shown s;
    sur_error err;
    sur_rng rng = sur_rng_make(1, "gaps", 0);
    double u[12], v[10];
    (void)state;
    sur_rng_normals(&rng, u, 12, 1.0);
    sur_rng_normals(&rng, v, 10, 1.0);
    for (int i = 0; i < 12; i++)
        for (int j = 0; j < 10; j++) {
            char cell[64] = "";
            if ((i + 3 * j) % 7 > 0) snprintf(cell, sizeof cell, "%.17g", u[i] * v[j]);
            strcat(text, cell);
            strcat(text, j < 9 ? "," : "\n");
        }
    file(0, text);
    snprintf(words, sizeof words,
             "data=%s layout=matrix center=none observed=0.9 rank=1 holdout=0",
             path[0]);
    if (run_words(&s, words, note, &err) != SUR_OK) fail_msg("%s", err.message);
    CHECK_CONTAINS(note, "a matrix");
    CHECK(value_of(&s, "rmse") < 1e-6);
    CHECK(value_of(&s, "rank_found") == 1.0);
    unlink(path[0]);
}

/* Row 2 and column 3 hold nothing; with the head of Matrix Market, row 4 neither. */
static void rows_without_entries_stay_and_are_named(void **state)
{
    static const struct {
        const char *text, *rows;
        double count;
    } cases[] = {
        {"1,2,,3\n,,,\n3,4,,5\n", "1 rows without entries, the first is 2", 3.0},
        {"%%MatrixMarket matrix coordinate real general\n4 4 6\n1 1 1\n1 2 2\n1 4 3\n"
         "3 1 3\n3 2 4\n3 4 5\n",
         "2 rows without entries, the first is 2", 4.0},
    };
    shown s;
    char words[512], note[1024];
    sur_error err;
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        file(0, cases[k].text);
        snprintf(words, sizeof words, "data=%s holdout=0 rank=1", path[0]);
        if (run_words(&s, words, note, &err) != SUR_OK) fail_msg("%s", err.message);
        CHECK_CONTAINS(note, "6 entries");
        CHECK_CONTAINS(s.message, cases[k].rows);
        CHECK_CONTAINS(s.message, "1 columns without entries, the first is 3");
        CHECK(s.rows == cases[k].count);
        unlink(path[0]);
    }
}

static void readings_and_matrices_come_from_one_file(void **state)
{
    char text[60000] = "", words[512], note[1024];
    const double m[4] = {1.0, 0.5, 0.5, 0.25};
    sur_rng rng = sur_rng_make(1, "rows", 0);
    shown s;
    sur_error err;
    (void)state;
    for (int i = 0; i < 40; i++) { /* 2 x 2 matrices, then <A_i, M> */
        double a[4], y = 0.0;
        char line[256];
        sur_rng_normals(&rng, a, 4, 1.0);
        for (int k = 0; k < 4; k++) y += a[k] * m[k];
        snprintf(line, sizeof line, "%.17g,%.17g,%.17g,%.17g,%.17g\n", a[0], a[1], a[2],
                 a[3], y);
        strcat(text, line);
    }
    file(0, text);
    snprintf(words, sizeof words, "data=%s sensing=dense tolerance=1e-7", path[0]);
    if (run_words(&s, words, note, &err) != SUR_OK) fail_msg("%s", err.message);
    CHECK(value_of(&s, "fit_error") < 1e-6);
    CHECK_NEAR(value_of(&s, "singular_1"), sqrt(1.25), 1e-4, 0.0); /* of U */
    CHECK(strstr(s.message, "bfloat16") == NULL);
    strncat(words, " storage=bfloat16", sizeof words - strlen(words) - 1);
    if (run_words(&s, words, note, &err) != SUR_OK) fail_msg("%s", err.message);
    CHECK_CONTAINS(s.message, "matrices rounded to bfloat16, by 0.001");
    unlink(path[0]);
}

/* 40 matrices of 3 x 2 and their readings, as NumPy writes them. */
static void an_array_says_how_its_matrices_are_shaped(void **state)
{
    const double m[6] = {1.0, -0.5, 2.0, -1.0, 3.0, -1.5}; /* rank 1 */
    sur_rng rng = sur_rng_make(1, "array", 0);
    double a[40 * 6], y[40];
    char words[512], note[1024], other[64], head[128];
    shown s;
    sur_error err;
    (void)state;
    sur_rng_normals(&rng, a, 240, 1.0);
    for (int i = 0; i < 40; i++) {
        y[i] = 0.0;
        for (int k = 0; k < 6; k++) y[i] += a[6 * i + k] * m[k];
    }
    snprintf(other, sizeof other, "/tmp/surplus_array_%ld", (long)getpid());
    file(0, "");
    const struct {
        const char *path, *shape;
        const double *at;
        size_t count;
    } arrays[] = {{path[0], "40, 3, 2", a, 240}, {other, "40,", y, 40}};
    for (int k = 0; k < 2; k++) {
        FILE *out = fopen(arrays[k].path, "wb");
        CHECK(out != NULL);
        const int n =
            snprintf(head, sizeof head,
                     "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }%*s\n",
                     arrays[k].shape, k ? 14 : 8, "");
        fwrite("\x93NUMPY\x01\x00", 1, 8, out);
        fputc(n, out);
        fputc(0, out);
        fwrite(head, 1, (size_t)n, out);
        fwrite(arrays[k].at, 8, arrays[k].count, out);
        CHECK(fclose(out) == 0);
    }
    snprintf(words, sizeof words, "data=%s readings=%s sensing=dense tolerance=1e-7",
             path[0], other);
    if (run_words(&s, words, note, &err) != SUR_OK) fail_msg("%s", err.message);
    CHECK(value_of(&s, "holdout_error") < 1e-4);
    CHECK_NEAR(value_of(&s, "singular_1"), sqrt(sqrt(14.0 * 1.25)), 1e-3, 0.0);
    CHECK(value_of(&s, "rank_found") == 1.0);
    snprintf(words, sizeof words, "data=%s readings=%s sensing=dense columns=3",
             path[0], other);
    CHECK_STATUS(run_words(&s, words, note, &err), SUR_ESHAPE);
    CHECK_CONTAINS(err.message, "matrices are 3 x 2, but columns = 3");
    unlink(path[0]);
    unlink(other);
}

static void bad_input_gets_one_clear_line(void **state)
{
    static const struct {
        const char *text, *words, *message;
        sur_status status;
    } cases[] = {
        {"1 1 nan\n1 2 2\n2 1 3\n2 2 4\n", "layout=triplets", "entry 1 has no value",
         SUR_EPARSE},
        {"1 1 one\n1 2 two\n2 1 three\n", "layout=triplets", "holds words", SUR_EPARSE},
        {"1 2\n3 4\n", "layout=triplets", "need three columns", SUR_EPARSE},
        {"1,2,3,4,5,6\n7,8,9,1,2,3\n", "sensing=dense", "give --columns", SUR_ESHAPE},
        {"1,2,3\n4,,6\n7,8,9\n", "sensing=rank-one", "missing", SUR_EPARSE},
        {"1,2,3\n4,5,6\n7,8,9\n", "sensing=gaussian dimension=3",
         "readings are one column, not 3", SUR_ESHAPE},
        {"1,2,3\n4,5,6\n7,8,9\n", "sensing=rank-one shape=rectangular", "psd matrix",
         SUR_EINVAL},
        {"1 1 1\n1 2 2\n2 1 3\n2 2 4\n", "layout=triplets rank=99", "rank = 99",
         SUR_EINVAL},
    };
    shown s;
    char words[512], note[1024];
    sur_error err;
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        file(0, cases[k].text);
        snprintf(words, sizeof words, "data=%s %s", path[0], cases[k].words);
        CHECK_STATUS(run_words(&s, words, note, &err), cases[k].status);
        CHECK_CONTAINS(err.message, cases[k].message);
        unlink(path[0]);
    }
    CHECK_STATUS(run_words(&s, "problem=file", note, &err), SUR_EINVAL);
    CHECK_STATUS(run_words(&s, "data=/nowhere/at/all", note, &err), SUR_EIO);
    CHECK_STATUS(run_words(&s, "true_rank=70", note, &err), SUR_EINVAL);
    CHECK_STATUS(run_words(&s, "solver=als", note, &err), SUR_EINVAL);
    CHECK_STATUS(run_words(&s, "uncentred=true", note, &err), SUR_EINVAL);
}

static void a_planted_trial_measures_what_is_promised(void **state)
{
    static const char *const promised[] = {
        "fit_error",  "recovery_error", "holdout_error", "iterations", "passes",
        "rank_found", "phase1_end",     "phase2_end",    "phase3_end", "angle_min",
        "angle_end",  "nuisance",       "signal_min",    "seconds"};
    shown s;
    char note[1024];
    sur_error err;
    (void)state;
    CHECK_OK(run_words(&s, "dimension=30 measurements=450 solver=gd iterations=300",
                       note, &err));
    for (size_t k = 0; k < sizeof promised / sizeof *promised; k++)
        CHECK(isfinite(value_of(&s, promised[k])));
    CHECK(value_of(&s, "recovery_error") < 1e-3);
    CHECK_CONTAINS(s.message, "rank 2 from iteration");
    CHECK_OK(run_words(&s, "dimension=30 measurements=20 iterations=5", note, &err));
    CHECK_CONTAINS(s.message, "of rank 1 needs 30");
    CHECK_OK(
        run_words(&s, "dimension=30 measurements=450 solver=gd step=50", note, &err));
    CHECK(s.status == SUR_ENUMERIC);
    CHECK_CONTAINS(s.message, "would do");
}

static void real_ratings_are_predicted_better_than_by_their_effects(void **state)
{
    const char *folder = check_data_folder();
    shown s;
    char words[2048], note[1024];
    sur_error err;
    (void)state;
    if (!folder) skip();
    snprintf(words, sizeof words,
             "data=%s/movielens100k/u.data test_data=%s/movielens100k/u1.test rank=10",
             folder, folder);
    if (run_words(&s, words, note, &err) != SUR_OK) fail_msg("%s", err.message);
    CHECK_CONTAINS(note, "20000 entries of --test-data taken out");
    CHECK(value_of(&s, "effects_rmse") < 0.959);
    CHECK(value_of(&s, "rmse") <= 0.938);
    CHECK(value_of(&s, "holdout_rmse") < value_of(&s, "effects_rmse"));
    CHECK(value_of(&s, "relative_error") < 0.3);
    CHECK_CONTAINS(s.message, "columns without entries");
}

static sur_status file_once(const char *words)
{
    shown s;
    sur_recover_trial o;
    char note[1024];
    void *input = NULL;
    size_t size;
    sur_status status = sur_fields_preset(&sur_recover_fields, &o, NULL);
    if (status != SUR_OK) return status;
    status = sur_fields_set(&sur_recover_fields, &o, "data", path[0], NULL);
    if (status == SUR_OK) {
        memset(&s, 0, sizeof s);
        o.layout = strstr(words, "triplets") ? LAYOUT_TRIPLETS : LAYOUT_MATRIX;
        o.iterations = 3;
        status = sur_recover.load(&o, &input, &size, note, sizeof note, NULL);
    }
    if (status == SUR_OK) status = sur_recover.resolve(&o, input, size, NULL);
    if (status == SUR_OK) {
        const void *list[] = {&o};
        const sur_context context = {.payload = &s,
                                     .emit = take,
                                     .keep = keep,
                                     .stop = go_on,
                                     .input = input,
                                     .input_size = size,
                                     .threads = 1};
        status = sur_recover.run(list, 1, &context, NULL);
    }
    free(input);
    rig_free_options(&o);
    return status;
}

static void every_allocation_on_the_way_may_fail(void **state)
{
    (void)state;
    file(0, "1 1 1\n1 2 2\n2 1 3\n2 2 4\n3 1 5\n3 2 7\n1 3 1\n2 3 2\n3 3 4\n");
    CHECK_EVERY_ALLOCATION(file_once("triplets"), 30, (void)0);
    CHECK_EVERY_ALLOCATION(file_once("matrix"), 30, (void)0);
    unlink(path[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_sorted_averaged_and_taken_out),
        cmocka_unit_test(a_matrix_with_gaps_is_completed),
        cmocka_unit_test(rows_without_entries_stay_and_are_named),
        cmocka_unit_test(readings_and_matrices_come_from_one_file),
        cmocka_unit_test(an_array_says_how_its_matrices_are_shaped),
        cmocka_unit_test(bad_input_gets_one_clear_line),
        cmocka_unit_test(a_planted_trial_measures_what_is_promised),
        cmocka_unit_test(real_ratings_are_predicted_better_than_by_their_effects),
        cmocka_unit_test(every_allocation_on_the_way_may_fail),
    };
    return RUN(tests);
}
