/* course.h -- what a method of unlearning is, and what its update rules are made of.
 *
 * A method is a row of the table in methods.c: settings with their grids, and what one
 * of its passes does. A pass is made of steps, and a step of terms on one batch B:
 *
 *     forward   f of the batch
 *     term      slope += dl/df, for as many l as the rule has
 *                 entropy      w/|B| sum_i  CE(f_i, y_i)
 *                 divergence   w/|B| sum_i  T^2 KL(p_T(t_i) || p_T(f_i)),
 *                              p_T(f) = softmax(f / T), t a teacher's answers
 *     backward  gradient += slope through the network
 *     move      one step of the optimizer */
#ifndef UNLEARN_COURSE_H
#define UNLEARN_COURSE_H

#include "experiments/unlearn/scene.h"

enum { UNLEARN_SETTINGS = 6, UNLEARN_GRID = 12 };

typedef struct unlearn_setting {
    const char *name; /* NULL ends the list */
    double preset, low, high;
    bool whole; /* only whole numbers */
    bool rate;  /* a learning rate: tenfold where the optimizer is sgd */
    int grid_count;
    double grid[UNLEARN_GRID]; /* what tuning tries; none: the preset alone */
    const char *help;
} unlearn_setting;

typedef struct unlearn_course unlearn_course;

typedef struct unlearn_method {
    const char *name;
    bool uses_forget; /* sees the examples that it is to forget */
    bool rewinds;     /* keeps the pass after which the forget error is nearest to the
                       * validation error of the same classes */
    bool climbs;      /* raises the loss on them at every step */
    bool for_linear;  /* for linear and feature models, not for networks */
    sur_idx epochs;   /* passes, where no budget is given; 0: it makes none */
    unlearn_setting settings[UNLEARN_SETTINGS];
    sur_status (*begin)(unlearn_course *course, sur_error *err); /* NULL: nothing */
    sur_status (*epoch)(unlearn_course *course, sur_idx epoch, sur_error *err);
} unlearn_method;

enum {
    METHOD_RETRAIN,
    METHOD_FINETUNE,
    METHOD_ASCENT,
    METHOD_NEGGRAD,
    METHOD_SCRUB,
    METHOD_SCRUB_R,
    METHOD_L1,
    METHOD_SALUN,
    METHOD_RANDOM_LABEL,
    METHOD_BAD_TEACHER,
    METHOD_INFLUENCE,
    METHOD_MIN_NORM,
    METHOD_EXACT,
    UNLEARN_METHODS
};
extern const unlearn_method unlearn_methods[UNLEARN_METHODS];

/* One of each rule_*.c: what a pass does, and what comes before the first. */
sur_status unlearn_finetune_epoch(unlearn_course *c, sur_idx epoch, sur_error *err);
sur_status unlearn_l1_epoch(unlearn_course *c, sur_idx epoch, sur_error *err);
sur_status unlearn_ascent_epoch(unlearn_course *c, sur_idx epoch, sur_error *err);
sur_status unlearn_neggrad_epoch(unlearn_course *c, sur_idx epoch, sur_error *err);
sur_status unlearn_scrub_epoch(unlearn_course *c, sur_idx epoch, sur_error *err);
sur_status unlearn_salun_begin(unlearn_course *c, sur_error *err);
sur_status unlearn_label_epoch(unlearn_course *c, sur_idx epoch, sur_error *err);
sur_status unlearn_teacher_begin(unlearn_course *c, sur_error *err);
sur_status unlearn_teacher_epoch(unlearn_course *c, sur_idx epoch, sur_error *err);
sur_status unlearn_influence_begin(unlearn_course *c, sur_error *err);
sur_status unlearn_min_norm_begin(unlearn_course *c, sur_error *err);

/* One run of a method with settings of its own. */
struct unlearn_course {
    const unlearn_problem *problem;
    const unlearn_method *method;
    const float *original; /* theta_o [size of the network] */
    const float *teacher;  /* [n x k] its answers to the training rows */
    double setting[UNLEARN_SETTINGS];
    sur_idx epochs;
    uint64_t seed;

    sur_learner *learner;
    sur_train_options train; /* of the learner */
    sur_idx batch;
    const float *answer; /* of the last forward, rows of stride */
    sur_idx stride;
    const sur_idx *picks; /* its places */
    sur_idx count;
    float *slope;            /* [batch x k] */
    double *share;           /* [2 k] */
    sur_idx *order[2];       /* shuffled places: retained, forgotten */
    float *vector, *scratch; /* [size]: free to use within a step */
    uint8_t *mask;           /* salun: [N] 1 where parameters may move */
    float *other;            /* bad-teacher: [n x k] the other teacher's answers */
    unlearn_memo *memo;      /* borrowed, or NULL */
    double charged;          /* seconds of what it took from there */
    char note[160];          /* what the user should know; "" mostly */
};

/* Sets the course up at theta_o. SUR_ENOMEM. Free with unlearn_course_free. */
SUR_MUST_USE sur_status unlearn_course_new(unlearn_course *out,
                                           const unlearn_problem *problem,
                                           const unlearn_method *method,
                                           const float *original, const float *teacher,
                                           const double *setting, sur_error *err);
void unlearn_course_free(unlearn_course *course);

/* ---- batches ---- */

enum { UNLEARN_RETAINED, UNLEARN_FORGOTTEN };

/* Batches of one pass over the retained or the forgotten, shuffled anew by (seed, part,
 * pass). */
typedef struct unlearn_batches {
    const sur_idx *order;
    sur_idx count, batch, at;
} unlearn_batches;
unlearn_batches unlearn_pass(unlearn_course *course, int part, sur_idx pass);

/* The next batch's places, or false at the end. */
bool unlearn_next(const sur_idx **picks, sur_idx *count, unlearn_batches *batches);

/* ---- a step ---- */

/* Answers the batch; the slope is 0. SUR_ENUMERIC: an answer is not finite. */
SUR_MUST_USE sur_status unlearn_forward(unlearn_course *course, const sur_idx *picks,
                                        sur_idx count, sur_error *err);

/* label[i] of row i of the batch; NULL: the labels trained on. */
void unlearn_add_entropy(unlearn_course *course, double weight, const int32_t *label);

/* Teacher t of row i: teacher[picks[i] k ..]. */
void unlearn_add_divergence(unlearn_course *course, double weight, double temperature,
                            const float *teacher);
SUR_MUST_USE sur_status unlearn_backward(unlearn_course *course, sur_error *err);
void unlearn_move(unlearn_course *course, double rate);

/* All five for w CE on one batch. */
SUR_MUST_USE sur_status unlearn_entropy_step(unlearn_course *course,
                                             const sur_idx *picks, sur_idx count,
                                             double weight, double rate,
                                             sur_error *err);

/* The answers of parameters to places[0 .. count-1] into floats [count x k]. */
SUR_MUST_USE sur_status unlearn_answers(float *answer, const unlearn_problem *problem,
                                        const float *vector, const sur_idx *places,
                                        sur_idx first, sur_idx count, sur_error *err);

/* The class of the largest of k answers; ties: the lowest. */
int32_t unlearn_class(const float *answer, sur_idx k);

#endif
