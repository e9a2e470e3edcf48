/* try.c -- one run of a method: its passes, and what to do when they run off.
 *
 * A run has diverged when an answer or a parameter is not finite, or when |theta| is
 * DIVERGED times that of the original model. It is stopped and the state after its last
 * whole pass is kept; of methods that climb the forget loss, which tend to run off, the
 * state (or the original model) with the least J at lambda 1/2. Looking for that one
 * takes no part in the seconds; rewinding does.
 */
#include "experiments/unlearn/search.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIVERGED 100.0

typedef struct run {
    unlearn_course course;
    const unlearn_scene *scene;
    sur_idx size;            /* of the vector */
    double norm;             /* of the original */
    double *target;          /* rewinding: [passes] forget error after each */
    float *state;            /* and the vectors: [passes x size] */
    float *best;             /* what is kept if it diverges, */
    double least;            /* and its J; */
    double seconds, watched; /* clock at the start; seconds of looking */
} run;

static double norm_of(const float *x, sur_idx n)
{
    double square = 0.0;
    for (sur_idx i = 0; i < n; i++) square += (double)x[i] * (double)x[i];
    return sqrt(square);
}

/* Share of places that the vector answers wrongly. */
static sur_status error_of(double *error, const unlearn_problem *p, const float *vector,
                           const sur_idx *places, sur_idx first, sur_idx count,
                           const uint8_t *classes, sur_error *err)
{
    const sur_idx k = p->network.outputs;
    float *answer = NULL;
    double wrong = 0.0, seen = 0.0;
    sur_status status;
    SUR_TRY(sur_alloc(&answer, count * k, sizeof *answer, err));
    SUR_TRY(unlearn_answers(answer, p, vector, places, first, count, err));
    for (sur_idx i = 0; i < count; i++) {
        const int32_t label = p->label[places ? places[i] : first + i];
        if (classes && !classes[label]) continue;
        seen += 1.0;
        wrong += unlearn_class(answer + i * k, k) != label;
    }
    *error = seen > 0.0 ? wrong / seen : nan("");

done:
    free(answer);
    return status;
}

static sur_status errors_of(double *forget, double *validation,
                            const unlearn_problem *p, const float *vector,
                            sur_error *err)
{
    sur_status status;
    SUR_TRY(error_of(forget, p, vector, p->set.forget, 0, p->set.count, NULL, err));
    SUR_TRY(error_of(validation, p, vector, NULL, p->n, p->v, NULL, err));

done:
    return status;
}

/* ---- watching ---- */

static sur_status look(run *r, const float *vector, sur_error *err)
{
    const unlearn_problem *p = &r->scene->problem;
    const double since = unlearn_clock(r->scene);
    sur_unlearn_options o = *p->o; /* strings stay the options' */
    double forget, validation;
    const sur_status status = errors_of(&forget, &validation, p, vector, err);
    o.lambda = 0.5;
    o.tune_form = TUNE_FORM_CONVEX;
    if (status == SUR_OK) {
        const double j = unlearn_objective(&o, forget, validation);
        if (j < r->least) {
            r->least = j;
            memcpy(r->best, vector, (size_t)r->size * sizeof *vector);
        }
    }
    r->watched += unlearn_clock(r->scene) - since;
    return status;
}

static sur_status after_pass(run *r, sur_idx pass, bool *diverged, sur_error *err)
{
    unlearn_course *c = &r->course;
    float *vector = c->vector;
    sur_learner_get(vector, c->learner);
    const double norm = norm_of(vector, r->size);
    *diverged = !(norm <= DIVERGED * r->norm);
    if (*diverged) return SUR_OK;
    if (c->method->climbs) return look(r, vector, err);
    if (!r->target) {
        memcpy(r->best, vector, (size_t)r->size * sizeof *vector);
        return SUR_OK;
    }
    memcpy(r->state + pass * r->size, vector, (size_t)r->size * sizeof *vector);
    return error_of(&r->target[pass], c->problem, vector, c->problem->set.forget, 0,
                    c->problem->set.count, NULL, err);
}

/* The state whose forget error is nearest to the error on validation rows of the
 * forgotten classes at the end. */
static sur_status rewind_to(float *vector, run *r, sur_idx passes, sur_error *err)
{
    const unlearn_problem *p = r->course.problem;
    uint8_t *classes;
    double want;
    sur_idx best = passes - 1;
    sur_status status = sur_alloc(&classes, p->classes, 1, err);
    if (status != SUR_OK) return status;
    for (sur_idx i = 0; i < p->set.count; i++) classes[p->label[p->set.forget[i]]] = 1;
    status = error_of(&want, p, r->state + (passes - 1) * r->size, NULL, p->n, p->v,
                      classes, err);
    if (isnan(want)) want = 1.0; /* none of these classes is validated */
    for (sur_idx e = passes - 1; e >= 0 && status == SUR_OK; e--)
        if (fabs(r->target[e] - want) < fabs(r->target[best] - want)) best = e;
    memcpy(vector, r->state + best * r->size, (size_t)r->size * sizeof *vector);
    free(classes);
    return status;
}

/* ---- a run ---- */

static sur_status prepare(run *r, const unlearn_method *method, const double *setting,
                          sur_error *err)
{
    const unlearn_scene *s = r->scene;
    sur_status status;
    r->size = sur_network_size(&s->problem.network);
    r->least = HUGE_VAL;
    r->norm = norm_of(s->original.vector, r->size);
    SUR_TRY(unlearn_course_new(&r->course, &s->problem, method, s->original.vector,
                               s->teacher, setting, err));
    r->course.memo = s->memo;
    const sur_idx passes = r->course.epochs;
    SUR_TRY(sur_alloc(&r->best, r->size, sizeof *r->best, err));
    memcpy(r->best, s->original.vector, (size_t)r->size * sizeof *r->best);
    if (method->rewinds && passes > 0) {
        SUR_TRY(sur_alloc(&r->target, passes, sizeof *r->target, err));
        SUR_TRY(sur_alloc(&r->state, passes * r->size, sizeof *r->state, err));
    }

done:
    return status;
}

/* Passes until the end or until it diverges. */
static sur_status go(run *r, sur_idx *done_passes, bool *diverged, sur_error *err)
{
    unlearn_course *c = &r->course;
    const sur_context *context = r->scene->context;
    sur_error why;
    sur_status status = SUR_OK;
    *diverged = false;
    *done_passes = 0;
    if (c->method->climbs) SUR_TRY(look(r, c->original, err));
    if (c->method->begin) status = c->method->begin(c, &why);
    for (sur_idx e = 0; status == SUR_OK && e < c->epochs && !*diverged; e++) {
        if (context->stop(context->payload))
            return sur_fail(err, SUR_ESTOPPED, "stopped");
        status = c->method->epoch(c, e, &why);
        if (status == SUR_OK) status = after_pass(r, e, diverged, &why);
        if (status == SUR_OK && !*diverged) *done_passes = e + 1;
    }
    if (status == SUR_ENUMERIC) *diverged = true;
    if (status != SUR_OK && status != SUR_ENUMERIC)
        return sur_fail(err, status, "%s", why.message);
    if (c->epochs == 0 && !*diverged) {
        sur_learner_get(c->vector, c->learner);
        *diverged = !(norm_of(c->vector, r->size) <= DIVERGED * r->norm);
    }
    status = SUR_OK;

done:
    return status;
}

static double disagreement(const float *answer, const int32_t *other, sur_idx count,
                           sur_idx k)
{
    double differ = 0.0;
    for (sur_idx i = 0; i < count; i++)
        differ += unlearn_class(answer + i * k, k) != other[i];
    return differ / (double)count;
}

/* With the first retrained model: the mean of the shares over F and over test rows. */
static sur_status compare(double *out, const unlearn_scene *s, const float *vector,
                          sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const sur_idx k = p->network.outputs, f = p->set.count;
    const int32_t *retrained = s->reference_view[0].class;
    float *answer = NULL;
    int32_t *other = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&answer, (f > p->t ? f : p->t) * k, sizeof *answer, err));
    SUR_TRY(sur_alloc(&other, f, sizeof *other, err));
    for (sur_idx i = 0; i < f; i++) other[i] = retrained[p->set.forget[i]];
    SUR_TRY(unlearn_answers(answer, p, vector, p->set.forget, 0, f, err));
    *out = 0.5 * disagreement(answer, other, f, k);
    SUR_TRY(unlearn_answers(answer, p, vector, NULL, p->n + p->v, p->t, err));
    *out += 0.5 * disagreement(answer, retrained + p->n + p->v, p->t, k);

done:
    free(answer);
    free(other);
    return status;
}

sur_status unlearn_try(unlearn_row *row, float *vector, const unlearn_scene *scene,
                       const unlearn_method *method, const double *setting, bool oracle,
                       char *note, size_t note_size, sur_error *err)
{
    run r = {.scene = scene, .seconds = unlearn_clock(scene)};
    unlearn_row out = {.disagreement = nan("")};
    sur_idx passes;
    bool diverged;
    sur_status status;

    memcpy(out.setting, setting, sizeof out.setting);
    SUR_TRY(prepare(&r, method, setting, err));
    SUR_TRY(go(&r, &passes, &diverged, err));
    if (r.target && passes > 0)
        SUR_TRY(rewind_to(vector, &r, passes, err));
    else if (diverged)
        memcpy(vector, r.best, (size_t)r.size * sizeof *vector);
    else
        sur_learner_get(vector, r.course.learner);
    out.seconds = unlearn_clock(scene) - r.seconds - r.watched + r.course.charged;
    out.passes = (double)passes;
    out.diverged = diverged;
    if (note && r.course.note[0]) unlearn_note(note, note_size, "%s", r.course.note);
    if (note && diverged)
        unlearn_note(note, note_size,
                     "%s diverged after %lld passes: stopped, the best state before it "
                     "was kept",
                     method->name, (long long)passes);
    SUR_TRY(errors_of(&out.forget_error, &out.validation_error, &scene->problem, vector,
                      err));
    if (oracle) SUR_TRY(compare(&out.disagreement, scene, vector, err));
    *row = out;

done:
    unlearn_course_free(&r.course);
    free(r.target);
    free(r.state);
    free(r.best);
    return status;
}
