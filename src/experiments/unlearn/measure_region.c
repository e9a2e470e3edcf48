/* measure_region.c -- how far the decisions moved, near the forgotten and elsewhere:
 * balls around forgotten and around test inputs, planes through one forgotten and two
 * test inputs and through three test inputs. */
#include "experiments/unlearn/measure.h"
#include "experiments/unlearn/region.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CENTRES = 100,   /* of balls, at most, near and far */
    NEIGHBOURS = 300 /* rows that ask for their nearest one */
};
#define CELLS_MOST 8e6 /* numbers of the rows that answer */

enum { KINDS = 4 };

void unlearn_regions_free(unlearn_regions *r)
{
    sur_mat_free(&r->near);
    sur_mat_free(&r->far);
    sur_mat_free(&r->x);
    for (int i = 0; i < KINDS; i++) {
        sur_mat_free(&r->change[i]);
        if (r->record) free(r->record[i].class);
    }
    free(r->record);
    free(r->plane_near);
    free(r->plane_far);
    *r = (unlearn_regions){0};
}

/* ---- judges ---- */

sur_status unlearn_classes_of(void *payload, int32_t *classes, const sur_mat *inputs,
                              sur_error *err)
{
    const unlearn_asked *a = payload;
    const sur_idx k = a->scene->problem.classes;
    sur_mat answer;
    sur_status status = sur_mat_new(&answer, inputs->rows, k, err);
    if (status != SUR_OK) return status;
    status = unlearn_answer(&answer, a->scene, a->model, inputs, err);
    for (sur_idx i = 0; i < inputs->rows && status == SUR_OK; i++) {
        const double *f = answer.data + i * k;
        sur_idx best = 0;
        for (sur_idx j = 1; j < k; j++)
            if (f[j] > f[best]) best = j;
        classes[i] = (int32_t)best;
    }
    sur_mat_free(&answer);
    return status;
}

/* The original model is asked about the same points for every trial: its answers are
 * kept the first time and said again after that. */
typedef struct recalled {
    unlearn_asked asked;
    unlearn_record *record;
    sur_idx at; /* in the record */
} recalled;

static sur_status recall(void *payload, int32_t *classes, const sur_mat *inputs,
                         sur_error *err)
{
    recalled *a = payload;
    unlearn_record *record = a->record;
    const sur_idx rows = inputs->rows;
    sur_status status = SUR_OK;
    if (a->at + rows > record->count) {
        SUR_TRY(sur_resize(&record->class, a->at + rows, sizeof *record->class, err));
        SUR_TRY(unlearn_classes_of(&a->asked, record->class + a->at, inputs, err));
        record->count = a->at + rows;
    }
    memcpy(classes, record->class + a->at, (size_t)rows * sizeof *classes);
    a->at += rows;

done:
    return status;
}

/* The change between the original model and another, of one kind of region. */
static sur_status change_of(sur_mat *change, const unlearn_scene *s,
                            const unlearn_regions *r, const unlearn_model *model,
                            int kind, sur_error *err)
{
    const sur_unlearn_options *o = s->problem.o;
    recalled one = {{s, &s->original}, &r->record[kind], 0};
    unlearn_asked two = {s, model};
    const unlearn_judge judge[] = {{recall, &one}, {unlearn_classes_of, &two}};
    const uint64_t seed = (uint64_t)o->data.seed;
    const bool near = kind == UNLEARN_BALL_NEAR || kind == UNLEARN_PLANE_NEAR;
    const bool ball = kind == UNLEARN_BALL_NEAR || kind == UNLEARN_BALL_FAR;
    const sur_mat *centres = near ? &r->near : &r->far;
    const sur_status status =
        sur_mat_new(change, 1, ball ? centres->rows : o->planes, err);
    if (status != SUR_OK) return status;
    if (ball)
        return unlearn_ball_change(change, judge, 2, centres, r->radius, o->balls, seed,
                                   near ? "ball near" : "ball far", err);
    return unlearn_plane_change(change, judge, 2, &r->x,
                                near ? r->plane_near : r->plane_far, o->planes,
                                o->resolution, UNLEARN_PLANE_RANGE, err);
}

/* ---- where to look ---- */

static sur_status find_radius(unlearn_regions *r, const unlearn_problem *p,
                              sur_error *err)
{
    const double most = CELLS_MOST / (double)p->data.cols;
    const sur_idx rows = (double)p->n > most ? (sur_idx)most : p->n;
    sur_mat x = {0};
    double median;
    sur_status status = SUR_OK;

    r->radius = p->o->radius;
    if (!isnan(r->radius)) return SUR_OK;
    SUR_TRY(sur_mat_new(&x, rows, p->data.cols, err));
    SUR_TRY(unlearn_problem_inputs(&x, p, NULL, 0, err));
    SUR_TRY(unlearn_neighbour_distance(&median, &x, NEIGHBOURS, err));
    r->radius = isnan(median) ? 0.0 : UNLEARN_BALL_RADIUS * median;

done:
    sur_mat_free(&x);
    return status;
}

/* At most CENTRES forgotten, evenly through them, and as many test rows. */
static sur_status pick_centres(unlearn_regions *r, const unlearn_problem *p,
                               sur_error *err)
{
    const sur_idx near = p->set.count < CENTRES ? p->set.count : CENTRES;
    const sur_idx far = p->t < CENTRES ? p->t : CENTRES, d = p->data.cols;
    sur_idx *places = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&places, near + far, sizeof *places, err));
    for (sur_idx i = 0; i < near; i++)
        places[i] = p->set.forget[i * p->set.count / near];
    for (sur_idx i = 0; i < far; i++) places[near + i] = p->n + p->v + i;
    SUR_TRY(sur_mat_new(&r->near, near, d, err));
    SUR_TRY(sur_mat_new(&r->far, far, d, err));
    SUR_TRY(sur_mat_new(&r->x, near + far, d, err));
    SUR_TRY(unlearn_problem_inputs(&r->near, p, places, 0, err));
    SUR_TRY(unlearn_problem_inputs(&r->far, p, places + near, 0, err));
    SUR_TRY(unlearn_problem_inputs(&r->x, p, places, 0, err));

done:
    free(places);
    return status;
}

static sur_status pick_planes(unlearn_regions *r, const unlearn_problem *p,
                              sur_error *err)
{
    const sur_idx near = r->near.rows, far = r->far.rows, planes = p->o->planes;
    const uint64_t seed = (uint64_t)p->o->data.seed;
    sur_idx *rows = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&rows, near + far, sizeof *rows, err));
    for (sur_idx i = 0; i < near + far; i++) rows[i] = i;
    SUR_TRY(sur_alloc(&r->plane_near, 3 * planes, sizeof(sur_idx), err));
    SUR_TRY(sur_alloc(&r->plane_far, 3 * planes, sizeof(sur_idx), err));
    SUR_TRY(unlearn_triplets(r->plane_near, planes, rows, near, rows + near, far, seed,
                             "planes near", err));
    SUR_TRY(unlearn_triplets(r->plane_far, planes, rows + near, far, rows + near, far,
                             seed, "planes far", err));

done:
    free(rows);
    return status;
}

sur_status unlearn_regions_new(unlearn_regions *out, const unlearn_scene *s,
                               sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    unlearn_regions r = {0};
    sur_status status;

    *out = r;
    SUR_TRY(sur_alloc(&r.record, KINDS, sizeof *r.record, err));
    SUR_TRY(pick_centres(&r, p, err));
    if (p->o->balls > 0) SUR_TRY(find_radius(&r, p, err));
    if (p->o->planes > 0 && r.far.rows >= 3) SUR_TRY(pick_planes(&r, p, err));
    for (int kind = 0; kind < KINDS; kind++) {
        const bool ball = kind == UNLEARN_BALL_NEAR || kind == UNLEARN_BALL_FAR;
        if (ball ? p->o->balls == 0 : !r.plane_far) continue;
        SUR_TRY(change_of(&r.change[kind], s, &r, &s->reference[0], kind, err));
    }
    *out = r;
    r = (unlearn_regions){0};

done:
    unlearn_regions_free(&r);
    return status;
}

/* ---- what was found ---- */

static void put(unlearn_list *list, bool planes, const sur_mat *near,
                const sur_mat *far, const char *split)
{
    static const char *const names[2][3] = {
        {"change_near", "change_far", "locality"},
        {"plane_change_near", "plane_change_far", "plane_locality"}};
    const unlearn_locality l =
        unlearn_locality_of(near->data, near->cols, far->data, far->cols, 0.95);
    unlearn_put(list, names[planes][0], split, l.near, l.near_count);
    unlearn_put(list, names[planes][1], split, l.far, l.far_count);
    unlearn_put(list, names[planes][2], split, l.ratio, l.near_count + l.far_count);
}

sur_status unlearn_measure_regions(unlearn_list *list, const unlearn_scene *s,
                                   const unlearn_regions *r, const unlearn_model *model,
                                   sur_error *err)
{
    sur_mat near = {0}, far = {0};
    sur_status status = SUR_OK;

    for (int planes = 0; planes < 2; planes++) {
        const int kind = planes ? UNLEARN_PLANE_NEAR : UNLEARN_BALL_NEAR;
        if (!r->change[kind].data) continue;
        SUR_TRY(change_of(&near, s, r, model, kind, err));
        SUR_TRY(change_of(&far, s, r, model, kind + 1, err));
        put(list, planes, &near, &far, NULL);
        put(list, planes, &r->change[kind], &r->change[kind + 1], "retrained");
        sur_mat_free(&near);
        sur_mat_free(&far);
    }

done:
    sur_mat_free(&near);
    sur_mat_free(&far);
    return status;
}
