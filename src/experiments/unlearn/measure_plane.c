/* measure_plane.c -- the picture of one plane: what the three models decide there.
 *
 * Of the planes near the forgotten it is the one on which the retrained model differs
 * most from the original, so that all methods show the same. */
#include "experiments/unlearn/measure.h"
#include "experiments/unlearn/region.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 3, MODELS = 3 };

static sur_idx most_changed(const sur_mat *change)
{
    sur_idx best = 0;
    for (sur_idx i = 1; i < change->cols; i++)
        if (change->data[i] > change->data[best]) best = i;
    return best;
}

/* "forgotten example (row 17)": row r of x is centre r of those near, then far. */
static void name_point(char text[64], const unlearn_scene *s, const unlearn_regions *r,
                       sur_idx row)
{
    const unlearn_problem *p = &s->problem;
    const sur_idx near = r->near.rows;
    const sur_idx place = row < near ? p->set.forget[row * p->set.count / near]
                                     : p->n + p->v + row - near;
    snprintf(text, 64, "%s example (row %lld)", row < near ? "forgotten" : "test",
             (long long)p->row[place]);
}

static sur_status keep(const unlearn_scene *s, const char *text,
                       const sur_unlearn_options *o, sur_idx trial, sur_error *err)
{
    char *spec = NULL, hash[65], key[128];
    sur_status status;
    SUR_TRY(sur_fields_to_json(&sur_unlearn_fields, o, &spec, err));
    SUR_TRY(sur_sha256_of(hash, spec, strlen(spec), err));
    snprintf(key, sizeof key, "unlearn/plane/%s", hash);
    SUR_TRY(s->context->keep(s->context->payload, trial,
                             &(sur_artifact){.key = key,
                                             .name = "plane",
                                             .kind = "json",
                                             .shape = "",
                                             .bytes = text,
                                             .size = strlen(text)},
                             err));

done:
    free(spec);
    return status;
}

sur_status unlearn_keep_plane(const unlearn_scene *s, const unlearn_regions *r,
                              const unlearn_model *model, const sur_unlearn_options *o,
                              sur_idx trial, sur_error *err)
{
    static const char *const roles[MODELS] = {"original", "unlearned", "retrained"};
    const unlearn_problem *p = &s->problem;
    unlearn_asked asked[MODELS] = {
        {s, &s->original}, {s, model}, {s, &s->reference[0]}};
    unlearn_judge judge[MODELS];
    unlearn_plane plane = {0};
    const char **classes = NULL, *points[POINTS];
    char names[POINTS][64], *text = NULL;
    sur_status status = SUR_OK;

    if (!r->plane_near || r->change[UNLEARN_PLANE_NEAR].cols == 0) return SUR_OK;
    const sur_idx *triplet =
        r->plane_near + 3 * most_changed(&r->change[UNLEARN_PLANE_NEAR]);
    for (int m = 0; m < MODELS; m++)
        judge[m] = (unlearn_judge){unlearn_classes_of, &asked[m]};
    for (int k = 0; k < POINTS; k++) {
        name_point(names[k], s, r, triplet[k]);
        points[k] = names[k];
    }
    SUR_TRY(sur_alloc(&classes, p->classes, sizeof *classes, err));
    for (sur_idx c = 0; c < p->classes; c++)
        classes[c] = sur_dataset_name(&p->data, p->data.cols + 2 + c);
    sur_error why;
    status = unlearn_plane_make(&plane, judge, MODELS, &r->x, triplet,
                                UNLEARN_PLANE_RESOLUTION, UNLEARN_PLANE_RANGE, &why);
    if (status == SUR_EINVAL) { /* three points on a line: no picture */
        status = SUR_OK;
        goto done;
    }
    if (status != SUR_OK) SUR_TRY(sur_fail(err, status, "%s", why.message));
    SUR_TRY(unlearn_plane_json(&text, &plane, roles, points, classes, p->classes, err));
    SUR_TRY(keep(s, text, o, trial, err));

done:
    unlearn_plane_free(&plane);
    free(classes);
    free(text);
    return status;
}
