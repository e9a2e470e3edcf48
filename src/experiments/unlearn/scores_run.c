/* scores_run.c -- predictions made elsewhere, as a scene without models.
 *
 * Places are the file's examples by part: retained, forgotten, validation, test.
 * Answers are log p. A model that gives classes alone has none, and is neither attacked
 * nor compared by probabilities. */
#include "experiments/unlearn/scores_run.h"

#include "experiments/unlearn/measure.h"
#include "experiments/unlearn/scores.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static sur_status fill_problem(unlearn_problem *p, const unlearn_scores *s,
                               const sur_unlearn_options *o, sur_error *err)
{
    unlearn_forget *set = &p->set;
    sur_status status;
    p->o = o;
    p->n = s->size[UNLEARN_RETAIN] + s->size[UNLEARN_FORGET];
    p->v = s->size[UNLEARN_VALIDATION];
    p->t = s->size[UNLEARN_TEST];
    p->rows = s->count;
    p->classes = s->classes;
    set->retain_count = s->size[UNLEARN_RETAIN];
    set->count = s->size[UNLEARN_FORGET];
    SUR_TRY(sur_alloc(&set->retain, set->retain_count, sizeof *set->retain, err));
    SUR_TRY(sur_alloc(&set->forget, set->count, sizeof *set->forget, err));
    SUR_TRY(sur_alloc(&p->label, p->rows, sizeof *p->label, err));
    memcpy(p->label, s->label, (size_t)p->rows * sizeof *p->label);
    for (sur_idx i = 0; i < set->retain_count; i++) set->retain[i] = i;
    for (sur_idx i = 0; i < set->count; i++) set->forget[i] = set->retain_count + i;

done:
    return status;
}

static sur_status fill_view(unlearn_view *view, const unlearn_scores *s, int m,
                            sur_error *err)
{
    const sur_idx k = s->classes;
    sur_status status;
    SUR_TRY(sur_alloc(&view->class, s->count, sizeof *view->class, err));
    memcpy(view->class, s->class[m], (size_t)s -> count * sizeof *view->class);
    if (!s->graded[m]) goto done;
    SUR_TRY(sur_mat_new(&view->answer, s->count, k, err));
    for (sur_idx i = 0; i < s->count * k; i++)
        view->answer.data[i] = log(fmax(s->p[m][i], 1e-300));

done:
    return status;
}

static bool is_there(const unlearn_scores *s, int m) { return s->has[m][UNLEARN_TEST]; }

sur_status unlearn_scores_run(unlearn_list *list, const sur_unlearn_options *o,
                              const void *block, size_t size, char *note,
                              size_t note_size, sur_error *err)
{
    unlearn_scores s;
    unlearn_scene scene = {.network = true};
    unlearn_view view = {0};
    sur_idx references = 0;
    sur_status status;

    SUR_TRY(unlearn_scores_view(&s, block, size, err));
    SUR_TRY(fill_problem(&scene.problem, &s, o, err));
    SUR_TRY(fill_view(&view, &s, 1, err));
    if (is_there(&s, 0)) SUR_TRY(fill_view(&scene.original_view, &s, 0, err));
    for (int m = 2; m < s.models; m++) references += is_there(&s, m);
    SUR_TRY(sur_alloc(&scene.reference_view, references, sizeof(unlearn_view), err));
    for (int m = 2; m < s.models; m++)
        if (is_there(&s, m))
            SUR_TRY(fill_view(&scene.reference_view[scene.references++], &s, m, err));
    SUR_TRY(unlearn_measure_views(list, &scene, &view, o, note, note_size, err));
    if (scene.references == 0)
        unlearn_note(note, note_size, "no retrained model to compare with");
    if (!s.graded[1])
        unlearn_note(note, note_size, "no probabilities: nothing to attack with");

done:
    unlearn_view_free(&view);
    unlearn_scene_free(&scene);
    return status;
}
