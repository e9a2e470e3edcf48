/* measure.c -- errors, gaps and distances, for the unlearned model and beside it for
 * the original and the retrained one.
 *
 * Disagreement of two models: the mean of the shares of F and of the test rows that
 * they answer with different classes. */
#include "experiments/unlearn/measure.h"
#include "experiments/unlearn/search.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- errors ---- */

typedef struct errors {
    sur_idx forget, test; /* wrong ones */
    double forget_error, test_error, validation_error;
} errors;

static sur_idx wrong_of(const unlearn_problem *p, const unlearn_view *view,
                        const sur_idx *places, sur_idx first, sur_idx count)
{
    sur_idx wrong = 0;
    for (sur_idx i = 0; i < count; i++) {
        const sur_idx place = places ? places[i] : first + i;
        wrong += view->class[place] != p->label[place];
    }
    return wrong;
}

static double put_error(unlearn_list *list, const char *metric, const char *split,
                        sur_idx wrong, sur_idx count)
{
    const sur_interval share = sur_clopper_pearson((double)wrong, (double)count, 0.95);
    if (count > 0) unlearn_put(list, metric, split, share, count);
    return share.value;
}

static errors put_errors(unlearn_list *list, const unlearn_problem *p,
                         const unlearn_view *view, const char *split)
{
    const unlearn_forget *set = &p->set;
    errors e;
    e.test = wrong_of(p, view, NULL, p->n + p->v, p->t);
    e.forget = wrong_of(p, view, set->forget, 0, set->count);
    e.test_error = put_error(list, "test_error", split, e.test, p->t);
    e.forget_error = put_error(list, "forget_error", split, e.forget, set->count);
    put_error(list, "retain_error", split,
              wrong_of(p, view, set->retain, 0, set->retain_count), set->retain_count);
    e.validation_error = put_error(list, "validation_error", split,
                                   wrong_of(p, view, NULL, p->n, p->v), p->v);
    return e;
}

/* |a - b| with the interval of a - b folded at 0: Newcombe's (1998) tenth method, from
 * Wilson's intervals of a and b. */
static sur_interval gap_of(const errors *e, const unlearn_problem *p)
{
    const sur_interval a = sur_wilson((double)e->forget, (double)p->set.count, 0.95),
                       b = sur_wilson((double)e->test, (double)p->t, 0.95);
    const double d = e->forget_error - e->test_error;
    const double low = d - hypot(e->forget_error - a.low, b.high - e->test_error);
    const double high = d + hypot(a.high - e->forget_error, e->test_error - b.low);
    sur_interval gap = {fabs(d), fmin(fabs(low), fabs(high)),
                        fmax(fabs(low), fabs(high))};
    if (low <= 0.0 && high >= 0.0) gap.low = 0.0;
    return gap;
}

/* ---- distances ---- */

static double disagreement(const unlearn_problem *p, const unlearn_view *a,
                           const unlearn_view *b)
{
    double forget = 0.0, test = 0.0;
    for (sur_idx i = 0; i < p->set.count; i++)
        forget += a->class[p->set.forget[i]] != b->class[p->set.forget[i]];
    for (sur_idx i = p->n + p->v; i < p->rows; i++) test += a->class[i] != b->class[i];
    return 0.5 * (forget / (double)p->set.count + test / (double)p->t);
}

/* Over all retrained models but number `own` (-1: none is left out). */
static void put_disagreement(unlearn_list *list, const unlearn_scene *s,
                             const unlearn_view *view, sur_idx own, const char *split)
{
    double d[64];
    sur_idx count = 0;
    for (sur_idx r = 0; r < s->references; r++)
        if (r != own)
            d[count++] = disagreement(&s->problem, view, &s->reference_view[r]);
    if (count == 0) return;
    sur_interval mean = {d[0], nan(""), nan("")};
    if (count > 1) {
        mean = sur_mean_t(d, count, 0.95);
        mean.low = fmax(mean.low, 0.0); /* a share */
        mean.high = fmin(mean.high, 1.0);
    }
    unlearn_put(list, "retrain_disagreement", split, mean, count);
}

/* Row `place` as shares (networks) or as it is. */
static void shares_of(double *out, const unlearn_scene *s, const unlearn_view *view,
                      sur_idx place)
{
    const sur_idx k = s->problem.classes;
    const double *f = view->answer.data + place * k;
    double most = f[0], total = 0.0;
    if (!s->network) {
        memcpy(out, f, (size_t)k * sizeof *out);
        return;
    }
    for (sur_idx j = 1; j < k; j++) most = fmax(most, f[j]);
    for (sur_idx j = 0; j < k; j++) total += out[j] = exp(f[j] - most);
    for (sur_idx j = 0; j < k; j++) out[j] /= total;
}

static double largest_difference(double *room, const unlearn_scene *s,
                                 const unlearn_view *a, const unlearn_view *b)
{
    const unlearn_problem *p = &s->problem;
    const sur_idx k = p->classes, f = p->set.count;
    double most = 0.0;
    for (sur_idx i = 0; i < f + p->t; i++) {
        const sur_idx place = i < f ? p->set.forget[i] : p->n + p->v + i - f;
        shares_of(room, s, a, place);
        shares_of(room + k, s, b, place);
        for (sur_idx j = 0; j < k; j++) most = fmax(most, fabs(room[j] - room[k + j]));
    }
    return most;
}

/* From the first retrained model; of two that answer more than classes. */
static void put_difference(unlearn_list *list, double *room, const unlearn_scene *s,
                           const unlearn_view *view, const char *split)
{
    const unlearn_view *retrained = &s->reference_view[0];
    if (view->answer.data && retrained->answer.data)
        unlearn_put_number(list, "max_prediction_difference", split,
                           largest_difference(room, s, view, retrained));
}

/* |a - b| / |b| */
static double parameter_distance(const unlearn_scene *s, const unlearn_model *a,
                                 const unlearn_model *b)
{
    double square = 0.0, norm = 0.0;
    const sur_idx n = s->network ? sur_network_parameters(&s->problem.network)
                                 : a->b.rows * a->b.cols;
    for (sur_idx i = 0; i < n; i++) {
        const double x = s->network ? (double)a->vector[i] : a->b.data[i];
        const double y = s->network ? (double)b->vector[i] : b->b.data[i];
        square += (x - y) * (x - y);
        norm += y * y;
    }
    return norm > 0.0 ? sqrt(square / norm) : nan("");
}

static sur_status put_distances(unlearn_list *list, const unlearn_scene *s,
                                const unlearn_view *view, sur_error *err)
{
    const unlearn_view *retrained = s->reference_view;
    double *room;
    if (s->references == 0) return SUR_OK;
    const sur_status status =
        sur_alloc(&room, 2 * s->problem.classes, sizeof *room, err);
    if (status != SUR_OK) return status;
    put_disagreement(list, s, view, -1, NULL);
    if (s->original_view.class)
        put_disagreement(list, s, &s->original_view, -1, "original");
    put_disagreement(list, s, &retrained[0], 0, "retrained");
    put_difference(list, room, s, view, NULL);
    put_difference(list, room, s, &s->original_view, "original");
    if (s->references > 1) put_difference(list, room, s, &retrained[1], "retrained");
    free(room);
    return SUR_OK;
}

static void put_parameters(unlearn_list *list, const unlearn_scene *s,
                           const unlearn_model *model)
{
    const unlearn_model *retrained = &s->reference[0];
    unlearn_put_number(list, "parameter_change", NULL,
                       parameter_distance(s, model, &s->original));
    unlearn_put_number(list, "parameter_change", "retrained",
                       parameter_distance(s, retrained, &s->original));
    unlearn_put_number(list, "parameter_distance", NULL,
                       parameter_distance(s, model, retrained));
    unlearn_put_number(list, "parameter_distance", "original",
                       parameter_distance(s, &s->original, retrained));
}

/* ---- a patch ---- */

/* Share of test rows of other classes that get the patch's class once they carry it. */
static sur_status put_patch(unlearn_list *list, const unlearn_scene *s,
                            const unlearn_model *model, const char *split,
                            sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const sur_idx k = p->classes;
    sur_mat x = {0}, answer = {0};
    sur_idx found = 0, count = 0;
    sur_status status;

    if (p->patch.count == 0) return SUR_OK;
    SUR_TRY(sur_mat_new(&x, p->t, p->data.cols, err));
    SUR_TRY(sur_mat_new(&answer, p->t, k, err));
    SUR_TRY(unlearn_problem_inputs(&x, p, NULL, p->n + p->v, err));
    unlearn_patch_apply(&x, &p->patch, NULL, p->t);
    SUR_TRY(unlearn_answer(&answer, s, model, &x, err));
    for (sur_idx i = 0; i < p->t; i++) {
        const double *f = answer.data + i * k;
        sur_idx best = 0;
        if (p->label[p->n + p->v + i] == p->o->patch_class) continue;
        for (sur_idx j = 1; j < k; j++)
            if (f[j] > f[best]) best = j;
        found += best == p->o->patch_class;
        count++;
    }
    put_error(list, "patch_success", split, found, count);

done:
    sur_mat_free(&x);
    sur_mat_free(&answer);
    return status;
}

/* ---- all of it ---- */

static sur_status put_role(unlearn_list *list, sur_interval *auc,
                           const unlearn_scene *s, const unlearn_view *view,
                           const char *role, const sur_unlearn_options *o,
                           sur_error *err)
{
    const unlearn_problem *p = &s->problem;
    const char *alone = strcmp(role, "unlearned") == 0 ? NULL : role;
    const double f = (double)p->set.count, t = (double)p->t;
    const errors e = put_errors(list, p, view, role);
    const double least = sur_equivalent_proportions((double)e.forget, f, (double)e.test,
                                                    t, o->margin, 0.05)
                             .p;
    unlearn_put(list, "privacy_gap", alone, gap_of(&e, p), p->set.count + p->t);
    unlearn_put(list, "equivalence_p", alone, (sur_interval){least, nan(""), nan("")},
                p->set.count + p->t);
    if (p->v > 0)
        unlearn_put_number(list, "objective", alone,
                           unlearn_objective(o, e.forget_error, e.validation_error));
    *auc = (sur_interval){nan(""), nan(""), nan("")};
    if (!view->answer.data) return SUR_OK; /* classes alone */
    return unlearn_measure_attack(list, auc, s, view, alone, err);
}

sur_status unlearn_measure_views(unlearn_list *list, const unlearn_scene *s,
                                 const unlearn_view *view, const sur_unlearn_options *o,
                                 char *note, size_t note_size, sur_error *err)
{
    sur_interval auc, beside = {0.5, 0.0, 1.0};
    sur_status status;

    SUR_TRY(put_role(list, &auc, s, view, "unlearned", o, err));
    if (s->original_view.class)
        SUR_TRY(put_role(list, &beside, s, &s->original_view, "original", o, err));
    beside.high = 1.0;
    if (s->references > 0)
        SUR_TRY(put_role(list, &beside, s, &s->reference_view[0], "retrained", o, err));
    SUR_TRY(put_distances(list, s, view, err));
    if (o->goal == GOAL_PRIVACY && auc.high < 0.5 && !(beside.high < 0.5))
        unlearn_note(note, note_size,
                     "over-forgotten: surer of strangers than of the forgotten (AUC "
                     "%.3f)",
                     auc.value);

done:
    return status;
}

sur_status unlearn_measure(unlearn_list *list, const unlearn_scene *s,
                           const unlearn_regions *regions, const unlearn_model *model,
                           const unlearn_view *view, const sur_unlearn_options *o,
                           char *note, size_t note_size, sur_error *err)
{
    sur_status status;

    SUR_TRY(unlearn_measure_views(list, s, view, o, note, note_size, err));
    unlearn_put_number(list, "uses_forget", NULL,
                       unlearn_methods[o->method].uses_forget ? 1.0 : 0.0);
    put_parameters(list, s, model);
    SUR_TRY(put_patch(list, s, model, NULL, err));
    SUR_TRY(put_patch(list, s, &s->original, "original", err));
    SUR_TRY(put_patch(list, s, &s->reference[0], "retrained", err));
    SUR_TRY(unlearn_measure_regions(list, s, regions, model, err));
    unlearn_put_number(list, "relative_time", NULL,
                       model->seconds / s->reference[0].seconds);

done:
    return status;
}
