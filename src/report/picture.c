/* picture.c -- which trials a picture shows, and what they kept. */
#include "report/picture.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void plane_free(sur_plane *p)
{
    sur_json_free(p->root);
    free(p->label);
    free(p->map);
}

void sur_maps_free(sur_maps *maps)
{
    for (int r = 0; r < maps->rows; r++) plane_free(&maps->row[r]);
    free(maps->note);
    *maps = (sur_maps){0};
}

/* ---- the artifact ---- */

static bool read_pair(double out[2], const sur_json *pair)
{
    return sur_json_number(sur_json_at(pair, 0), &out[0]) &&
           sur_json_number(sur_json_at(pair, 1), &out[1]) && isfinite(out[0]) &&
           isfinite(out[1]);
}

static bool read_points(sur_plane *p, const sur_json *points)
{
    for (; p->points < sur_json_count(points); p->points++) {
        const sur_json *one = sur_json_at(points, p->points);
        if (p->points == SUR_PICTURE_POINTS) return false;
        p->point_name[p->points] = sur_json_text(sur_json_get(one, "name"));
        if (!p->point_name[p->points]) return false;
        if (!read_pair(p->at[p->points], sur_json_get(one, "at"))) return false;
    }
    return true;
}

static bool read_classes(sur_plane *p, const sur_json *classes)
{
    const sur_idx count = sur_json_count(classes);
    if (count > SUR_PICTURE_CLASSES) return false;
    for (sur_idx c = 0; c < count; c++)
        if (!(p->class_name[c] = sur_json_text(sur_json_at(classes, c)))) return false;
    return true;
}

static bool read_map(sur_plane *p, const sur_json *map)
{
    const sur_idx cells = p->resolution * p->resolution;
    const sur_json *classes = sur_json_get(map, "classes");
    p->map_name[p->maps] = sur_json_text(sur_json_get(map, "name"));
    if (!p->map_name[p->maps] || sur_json_count(classes) != cells) return false;
    for (sur_idx g = 0; g < cells; g++) {
        int64_t class;
        if (!sur_json_whole(sur_json_at(classes, g), &class) || class < 0 ||
            class >= SUR_PICTURE_CLASSES)
            return false;
        p->map[p->maps * cells + g] = (int32_t) class;
    }
    p->maps++;
    return true;
}

static sur_status read_plane(sur_plane *p, const char *bytes, size_t size,
                             const char *name, sur_error *err)
{
    sur_error why = {SUR_OK, ""};
    int64_t side = 0;
    sur_status status = sur_json_parse(&p->root, bytes, size, &why);
    if (status != SUR_OK)
        return sur_fail(err, status, "artifact %s: %.400s", name, why.message);
    const sur_json *maps = sur_json_get(p->root, "maps");
    const sur_idx count = sur_json_count(maps);
    bool sound = sur_json_whole(sur_json_get(p->root, "resolution"), &side) &&
                 side >= 2 && side <= SUR_PICTURE_SIDE && count >= 1 &&
                 count <= SUR_PICTURE_MAPS &&
                 read_pair(p->x, sur_json_get(p->root, "x")) && p->x[0] < p->x[1] &&
                 read_pair(p->y, sur_json_get(p->root, "y")) && p->y[0] < p->y[1] &&
                 read_points(p, sur_json_get(p->root, "points")) &&
                 read_classes(p, sur_json_get(p->root, "classes"));
    if (sound) {
        p->resolution = side;
        status = sur_alloc(&p->map, count * side * side, sizeof *p->map, err);
        if (status != SUR_OK) return status;
        for (sur_idx m = 0; m < count && sound; m++)
            sound = read_map(p, sur_json_at(maps, m));
    }
    return sound ? SUR_OK
                 : sur_fail(err, SUR_EPARSE, "artifact %s is no picture of maps", name);
}

/* ---- which trials ---- */

/* The option along which trials are shown, or NULL. */
static const sur_factor *along(const sur_view *view)
{
    const sur_experiment *experiment = view->results->experiment;
    if (experiment->figure_count > 0) {
        const sur_factor *x = sur_view_factor(view, experiment->figures[0].x);
        if (x) return x;
    }
    for (sur_idx f = 0; f < view->factor_count; f++)
        if (!view->factors[f].replicate && !view->factors[f].derived)
            return &view->factors[f];
    return NULL;
}

/* Whether two trials differ in nothing but that option and what follows from others. */
static bool alike(const sur_view *view, const sur_factor *but, sur_idx a, sur_idx b)
{
    for (sur_idx f = 0; f < view->factor_count; f++) {
        const sur_factor *factor = &view->factors[f];
        if (factor != but && !factor->derived && factor->code[a] != factor->code[b])
            return false;
    }
    return true;
}

static sur_status fetch(char **bytes, size_t *size, const sur_view *view, sur_idx i,
                        const sur_picture *picture, sur_error *err)
{
    const sur_records *records = &view->results->records;
    void *found = NULL;
    *bytes = NULL;
    if (!records->artifact || records->at[i].status != SUR_OK) return SUR_OK;
    const sur_status status =
        records->artifact(records->payload, i, picture->artifact, &found, size, err);
    *bytes = found;
    return status;
}

/* picks: the trials of one series that kept it, in the order of the option. */
static sur_status find_trials(sur_idx *picks, sur_idx *count, const sur_view *view,
                              const sur_picture *picture, sur_error *err)
{
    const sur_factor *x = along(view);
    const sur_idx n = view->results->records.count;
    sur_idx first = -1;
    char *bytes = NULL;
    size_t size;
    sur_status status = SUR_OK;

    *count = 0;
    for (sur_idx i = 0; i < n; i++) {
        if (first >= 0 && (!x || !alike(view, x, first, i))) continue;
        SUR_TRY(fetch(&bytes, &size, view, i, picture, err));
        if (bytes) {
            if (first < 0) first = i;
            sur_idx at = (*count)++;
            for (; x && at > 0 && x->code[picks[at - 1]] > x->code[i]; at--)
                picks[at] = picks[at - 1];
            picks[at] = i;
        }
        free(bytes);
        bytes = NULL;
    }

done:
    free(bytes);
    return status;
}

/* ---- words ---- */

static sur_status close_text(FILE *text, sur_error *err)
{
    return fclose(text) == 0 ? SUR_OK
                             : sur_fail(err, SUR_ENOMEM, "cannot allocate a label");
}

/* Names of options and their values: of x alone, or of all others that vary. */
static sur_status name_trial(char **label, const sur_view *view, const sur_factor *x,
                             bool others, sur_idx record, sur_error *err)
{
    const void *options = view->results->records.at[record].options;
    const char *separator = "";
    size_t size;
    FILE *out = open_memstream(label, &size);
    if (!out) return sur_fail(err, SUR_ENOMEM, "cannot allocate a label");
    for (sur_idx f = 0; f < view->factor_count; f++) {
        const sur_factor *factor = &view->factors[f];
        if (others ? factor == x || factor->derived : factor != x) continue;
        fputs(separator, out);
        sur_put_name(out, factor->field->name, SUR_AS_TEXT);
        fputc(' ', out);
        sur_put_option(out, factor->field, options, SUR_AS_TEXT);
        separator = ", ";
    }
    return close_text(out, err);
}

static void note_classes(sur_maps *maps, const sur_plane *p)
{
    const sur_idx cells = p->maps * p->resolution * p->resolution;
    for (sur_idx g = 0; g < cells; g++) {
        maps->present[p->map[g]] = true;
        if (p->map[g] >= maps->classes) maps->classes = p->map[g] + 1;
    }
}

sur_status sur_maps_new(sur_maps *out, const sur_view *view, const sur_picture *picture,
                        sur_error *err)
{
    const sur_idx n = view->results->records.count;
    sur_idx *picks = NULL, count;
    char *bytes = NULL;
    size_t size;
    sur_status status;

    *out = (sur_maps){.picture = picture};
    SUR_TRY(sur_alloc(&picks, n, sizeof *picks, err));
    SUR_TRY(find_trials(picks, &count, view, picture, err));
    const sur_idx shown = count < SUR_PICTURE_ROWS ? count : SUR_PICTURE_ROWS;
    for (sur_idx r = 0; r < shown; r++) {
        const sur_idx i = picks[shown > 1 ? r * (count - 1) / (shown - 1) : 0];
        sur_plane *p = &out->row[out->rows++];
        SUR_TRY(fetch(&bytes, &size, view, i, picture, err));
        SUR_FAIL_IF(!bytes, SUR_EPARSE, "artifact %s is gone", picture->artifact);
        SUR_TRY(read_plane(p, bytes, size, picture->artifact, err));
        free(bytes);
        bytes = NULL;
        SUR_TRY(name_trial(&p->label, view, along(view), false, i, err));
        note_classes(out, p);
    }
    if (out->rows > 0)
        SUR_TRY(name_trial(&out->note, view, along(view), true, picks[0], err));

done:
    free(bytes);
    free(picks);
    if (status != SUR_OK) sur_maps_free(out);
    return status;
}
