/* internal.h -- what the files of the study share: the study and its plan.
 *
 *     texts --axes--> points of a grid --resolve--> trials --joint axes--> groups
 *
 * A point is a number: the axes in table order are its digits, the last one fastest. */
#ifndef STUDY_INTERNAL_H
#define STUDY_INTERNAL_H

#include <surplus/study.h>

#define SUR_TRIALS_MOST 1000000 /* trials of one study */

/* An option with more than one value. */
typedef struct sur_axis {
    const sur_field *field;
    char **value; /* [count], in one block */
    sur_idx count;
    sur_idx stride; /* in the number of a point */
    bool joint;     /* run shares work along it */
    bool given;     /* by the user; else the experiment's default */
} sur_axis;

/* The input that load made, in a sealed memory file that workers map. */
typedef struct sur_input {
    int fd;   /* -1: none */
    void *at; /* mapped read-only */
    size_t size;
} sur_input;

typedef struct sur_trial {
    char *spec; /* owned; the trial's identity */
    sur_idx point;
    bool held;    /* by the store */
    bool emitted; /* in this run */
} sur_trial;

/* Trials that run together: order[first .. first+count-1]. */
typedef struct sur_group {
    sur_idx first, count;
    double seconds, bytes; /* predicted */
} sur_group;

struct sur_study {
    const sur_experiment *experiment;
    char **text; /* [fields] what was set; NULL: not set */
    char **own;  /* [fields] axes made by the experiment from its input; NULL: preset */

    /* the plan; empty until sur_study_plan */
    bool planned;
    void *base;     /* options with every value that does not vary */
    sur_axis *axis; /* [axes] */
    sur_idx axes, points;
    sur_input input;
    sur_trial *trial; /* [trials], in the order of their points */
    sur_idx trials, held, held_failed, skipped;
    sur_idx *order;   /* [trials] indices of trials, group by group */
    sur_group *group; /* [groups], the longest first; only what is to be run */
    sur_idx groups;
    double limit; /* bytes that all groups running at once may take */
};

/* axes.c */
sur_status sur_axes_make(sur_study *study, sur_error *err);
void sur_axes_free(sur_study *study);
/* Asks the experiment for the axes that were not set, now that the input is there, and
 * makes the axes again. */
sur_status sur_axes_ask(sur_study *study, sur_error *err);
/* The options of a point, resolved; *options is malloc'd: sur_options_free. */
sur_status sur_point_options(void **options, const sur_study *study, sur_idx point,
                             sur_error *err);
/* The same before anything is computed. */
sur_status sur_point_raw(void **options, const sur_study *study, sur_idx point,
                         sur_error *err);
/* The number of the group a point belongs to, and how many there are. */
sur_idx sur_point_group(const sur_study *study, sur_idx point);
sur_idx sur_point_groups(const sur_study *study);
void sur_options_free(const sur_study *study, void *options);

/* input.c: frees `block` (malloc'd, size bytes) whether it fails or not. */
sur_status sur_input_place(sur_input *input, void *block, size_t size, sur_error *err);
sur_status sur_input_map(sur_input *input, int fd, sur_error *err);
void sur_input_free(sur_input *input);

/* plan.c */
void sur_plan_free(sur_study *study);
sur_status sur_plan_group_options(void ***options, const sur_study *study,
                                  const sur_idx *order, sur_idx count, sur_error *err);
void sur_plan_options_free(const sur_study *study, void **options, sur_idx count);

/* Worker processes that the user wants, or the cores allow. */
sur_idx sur_workers_wanted(const sur_run_options *run);

/* Says a line, if there is someone to say it to. */
void sur_note(const sur_watch *watch, const char *fmt, ...) SUR_PRINTF(2, 3);
bool sur_stop_asked(const sur_watch *watch);

#endif
