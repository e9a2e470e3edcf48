/* test_picture.c -- maps that trials kept, drawn side by side. */
#include "experiments/unlearn/region.h"
#include "report/picture.h"
#include "support/check.h"
#include "support/sample.h"
#include <surplus/report.h>
#include <unistd.h>

static const sur_picture plane = {"plane", "One plane <before> and after",
                                  "Classes on a plane.", "plane"};

/* Which trials kept an artifact, and what it says instead of a sound one. */
static bool kept[64];
static const char *instead;

enum { SIDE = 24 };

/* Class 0 below the diagonal, 1 above; after: 2 about the first point. */
static sur_status artifact(void *payload, sur_idx index, const char *name, void **bytes,
                           size_t *size, sur_error *err)
{
    static const char *const models[] = {"original", "unlearned", "retrained"},
                             *const points[] = {"forgotten <7>", "test 3", "test '8'"},
                             *const classes[] = {"cat & dog", "%s", "it's"};
    int32_t map[3 * SIDE * SIDE];
    unlearn_plane p = {.resolution = SIDE,
                       .models = 3,
                       .x = {-0.1, 1.1 + (double)index},
                       .y = {-0.1, 0.9},
                       .point = {{0, 0}, {1, 0}, {0.3, 0.8}},
                       .map = map};
    (void)payload;
    *bytes = NULL;
    *size = 0;
    CHECK_TEXT(name, "plane");
    if (!kept[index]) return SUR_OK;
    if (instead) {
        *bytes = strdup(instead);
        *size = strlen(instead);
        return SUR_OK;
    }
    for (int m = 0; m < 3; m++)
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++)
                map[(m * SIDE + i) * SIDE + j] = m > 0 && i * i + j * j < 40 ? 2
                                                 : i > j                     ? 1
                                                                             : 0;
    char *text = NULL;
    const sur_status status =
        unlearn_plane_json(&text, &p, models, points, classes, 3, err);
    *bytes = text;
    *size = text ? strlen(text) : 0;
    return status;
}

typedef struct album {
    sample s;
    sur_experiment experiment;
    sur_view view;
} album;

static album album_of(int widths, int ridges, int seeds)
{
    album a = {.s = sample_make(widths, ridges, seeds)};
    a.experiment = sample_experiment;
    a.experiment.pictures = &plane;
    a.experiment.picture_count = 1;
    a.s.results.records.artifact = artifact;
    for (int i = 0; i < 64; i++) kept[i] = true;
    instead = NULL;
    return a;
}

static void show(album *a)
{
    a->s.results.experiment = &a->experiment; /* which has its place by now */
    CHECK_OK(sur_view_new(&a->view, &a->s.results, NULL, NULL));
}

static void album_free(album *a)
{
    sur_view_free(&a->view);
    sample_free(&a->s);
}

static void what_a_plane_says_is_what_the_picture_shows(void **state)
{
    (void)state;
    album a = album_of(1, 1, 1);
    sur_maps maps;
    show(&a);
    CHECK_OK(sur_maps_new(&maps, &a.view, &plane, NULL));
    const sur_plane *p = &maps.row[0];
    CHECK(maps.rows == 1 && maps.classes == 3 && p->maps == 3 && p->points == 3);
    CHECK(p->resolution == SIDE && p->x[0] == -0.1 && p->x[1] == 1.1 && p->y[1] == 0.9);
    CHECK_TEXT(p->map_name[1], "unlearned");
    CHECK_TEXT(p->point_name[0], "forgotten <7>");
    CHECK_TEXT(p->class_name[0], "cat & dog");
    CHECK(p->at[2][0] == 0.3 && p->at[2][1] == 0.8);
    CHECK(p->map[0] == 0 && p->map[SIDE] == 1 && p->map[SIDE * SIDE] == 2);
    CHECK_TEXT(p->label, "");
    sur_maps_free(&maps);
    album_free(&a);
}

static void
of_many_trials_three_are_shown_along_the_axis_of_the_first_figure(void **state)
{
    (void)state;
    album a = album_of(5, 2, 2);
    sur_maps maps;
    show(&a);
    kept[0] = false; /* then the second seed's series is the first that has one */
    CHECK_OK(sur_maps_new(&maps, &a.view, &plane, NULL));
    CHECK(maps.rows == 3);
    CHECK_TEXT(maps.row[0].label, "width 10");
    CHECK_TEXT(maps.row[2].label, "width ∞");
    CHECK_CONTAINS(maps.note, "ridge 0");
    CHECK_CONTAINS(maps.note, "seed 2");
    sur_maps_free(&maps);
    memset(kept, 0, sizeof kept);
    CHECK_OK(sur_maps_new(&maps, &a.view, &plane, NULL));
    CHECK(maps.rows == 0);
    sur_maps_free(&maps);
    album_free(&a);
}

static void boxes_cover_the_map_and_no_place_twice(void **state)
{
    (void)state;
    album a = album_of(1, 1, 1);
    sur_maps maps;
    char *script = NULL;
    size_t size;
    show(&a);
    CHECK_OK(sur_maps_new(&maps, &a.view, &plane, NULL));
    FILE *out = open_memstream(&script, &size);
    sur_maps_script(out, &maps, "svg", NULL, true);
    fclose(out);
    const char *at = strstr(script, "$map0_1 << EOD\n");
    assert_non_null(at);
    double area = 0.0, x, y, l, r, b, t;
    unsigned colour;
    for (at = strchr(at, '\n') + 1;
         sscanf(at, "%lf %lf %lf %lf %lf %lf %x", &x, &y, &l, &r, &b, &t, &colour) == 7;
         at = strchr(at, '\n') + 1)
        area += (r - l) * (t - b);
    const double step = 1.2 / (SIDE - 1), high = 1.0 / (SIDE - 1);
    /* all lines but the last reach half into the next one */
    CHECK_NEAR(area, SIDE * step * (SIDE * high + 0.5 * high * (SIDE - 1)), 0.0, 1e-4);
    CHECK_CONTAINS(script, "'cat & dog'");
    CHECK_CONTAINS(script, "'it''s'");
    free(script);
    sur_maps_free(&maps);
    album_free(&a);
}

static void the_page_and_the_plot_show_it(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/surplus-picture-%ld.svg", (long)getpid());
    album a = album_of(3, 1, 1);
    sur_error err;
    show(&a);
    CHECK_OK(sur_report_plot(&a.s.results, "plane", path, SUR_PLOT_BY_NAME, NULL));
    CHECK_STATUS(sur_report_plot(&a.s.results, "plane", "-", SUR_PLOT_TEXT, &err),
                 SUR_EINVAL);
    CHECK_CONTAINS(err.message, "not drawn in characters");
    CHECK_STATUS(sur_report_plot(&a.s.results, "plnae", "-", SUR_PLOT_SCRIPT, &err),
                 SUR_EINVAL);
    CHECK_CONTAINS(err.message, "did you mean \"plane\"?");
    const sur_results *results[] = {&a.s.results};
    CHECK_OK(sur_report_page(path, NULL, results, 1, NULL));
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 22);
    assert_non_null(file);
    assert_non_null(text);
    CHECK(fread(text, 1, (1 << 22) - 1, file) > 1000);
    fclose(file);
    CHECK_CONTAINS(text, "One plane &lt;before&gt; and after");
    CHECK_CONTAINS(text, "× forgotten &lt;7&gt;; ○ test 3, test &#39;8&#39;.");
    CHECK_CONTAINS(text, "cat &amp; dog</span>");
    CHECK_CONTAINS(text, "descent-plane.csv");
    kept[0] = kept[1] = kept[2] = false;
    CHECK_STATUS(sur_report_plot(&a.s.results, "plane", "-", SUR_PLOT_SCRIPT, &err),
                 SUR_EINVAL);
    CHECK_CONTAINS(err.message, "no finished trial kept the picture plane");
    free(text);
    remove(path);
    album_free(&a);
}

static void a_damaged_artifact_is_refused_in_one_line(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"x\":[0,1],\"y\":[0,1],\"resolution\":2,\"points\":[],\"classes\":[],"
        "\"maps\":[]}",
        "{\"x\":[0,1],\"y\":[1,0],\"resolution\":2,\"points\":[],\"classes\":[],"
        "\"maps\":[{\"name\":\"a\",\"classes\":[0,0,0,0]}]}",
        "{\"x\":[0,1],\"y\":[0,1],\"resolution\":2,\"points\":[],\"classes\":[],"
        "\"maps\":[{\"name\":\"a\",\"classes\":[0,0,0]}]}",
        "{\"x\":[0,1],\"y\":[0,1],\"resolution\":2,\"points\":[],\"classes\":[],"
        "\"maps\":[{\"name\":\"a\",\"classes\":[0,0,0,1000]}]}",
        "{\"x\":[0,1],\"y\":[0,1],\"resolution\":2000000,\"points\":[],\"classes\":[],"
        "\"maps\":[{\"name\":\"a\",\"classes\":[0,0,0,0]}]}",
        "{\"x\":[0,1],\"y\":[0,1],\"resolution\":2,\"points\":[{\"at\":[0]}],"
        "\"classes\":[],\"maps\":[{\"name\":\"a\",\"classes\":[0,0,0,0]}]}",
    };
    album a = album_of(1, 1, 1);
    sur_maps maps;
    sur_error err;
    show(&a);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        instead = bad[k];
        CHECK_STATUS(sur_maps_new(&maps, &a.view, &plane, &err), SUR_EPARSE);
        CHECK_CONTAINS(err.message, "artifact plane");
        CHECK(!strchr(err.message, '\n') && maps.rows == 0);
    }
    instead = "{\"x\":[0,1],\"y\":[0,1],\"resolution\":2,\"points\":[],\"classes\":[],"
              "\"maps\":[{\"name\":\"a\",\"classes\":[0,999,0,0]}]}";
    CHECK_OK(sur_maps_new(&maps, &a.view, &plane, NULL));
    sur_maps_free(&maps);
    album_free(&a);
}

static sur_status make_maps(const album *a)
{
    sur_maps maps;
    const sur_status status = sur_maps_new(&maps, &a->view, &plane, NULL);
    if (status == SUR_OK) sur_maps_free(&maps);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    album a = album_of(1, 1, 1);
    show(&a);
    CHECK_EVERY_ALLOCATION(make_maps(&a), 3, (void)0);
    album_free(&a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_a_plane_says_is_what_the_picture_shows),
    cmocka_unit_test(of_many_trials_three_are_shown_along_the_axis_of_the_first_figure),
    cmocka_unit_test(boxes_cover_the_map_and_no_place_twice),
    cmocka_unit_test(the_page_and_the_plot_show_it),
    cmocka_unit_test(a_damaged_artifact_is_refused_in_one_line),
    cmocka_unit_test(every_allocation_may_fail),
};

int main(void) { return RUN(tests); }
