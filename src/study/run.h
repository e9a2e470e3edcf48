/* run.h -- the state of a running study, shared by its scheduler and its clerk. */
#ifndef STUDY_RUN_H
#define STUDY_RUN_H

#include "study/batch.h"
#include "study/internal.h"
#include "study/process.h"

#define SUR_QUEUE_MOST 64 /* groups handed to a worker at once */

/* A group to be run, whole or, after a worker died on it, one trial of it. */
typedef struct sur_task {
    sur_idx first, count; /* into study->order */
    double seconds, bytes;
    int deaths; /* workers that ended while running it */
} sur_task;

/* A worker and what it was handed; task[0] is running. */
typedef struct sur_seat {
    sur_process process;
    sur_task task[SUR_QUEUE_MOST];
    sur_idx tasks;
    uint32_t id;        /* of task[0] */
    sur_idx emitted;    /* trials of task[0] */
    double began;       /* task[0]; sur_clock */
    char **key;         /* [keys] artifacts kept or found for the running task, */
    uint32_t *key_slot; /* of which trial; SUR_ANY_SLOT: the next that is emitted */
    sur_idx keys;
} sur_seat;

#define SUR_ANY_SLOT UINT32_MAX

typedef struct sur_runner {
    sur_study *study;
    sur_store *store;
    const sur_run_options *run;
    const sur_watch *watch;
    sur_study_result *result;
    sur_origin origin;
    char code[512], host[512];

    sur_control control;
    sur_seat *seat; /* [seats] */
    sur_idx seats;
    sur_task *task; /* task[head .. tasks-1] wait */
    sur_idx head, tasks, room;
    sur_batch batch;

    double began, told; /* sur_clock: of the run, of the last progress */
    double deadline;    /* once stopping: workers are killed then */
    bool stopping;
    bool foreign;            /* the store holds runs of another build or processor */
    sur_idx deaths;          /* of workers */
    int failed_starts;       /* in a row */
    double predicted, spent; /* seconds of all tasks; of those done */
    double mean;             /* of a task's seconds, recent; NAN at first */
} sur_runner;

/* clerk.c: what workers say, into the study and the store. */

/* Reads all whole frames of a seat. *sane is false when the worker speaks nonsense. */
sur_status sur_clerk_read(sur_runner *runner, sur_seat *seat, bool *sane,
                          sur_error *err);
/* Records a failure for each trial of a task that has no outcome. */
sur_status sur_clerk_fail(sur_runner *runner, const sur_task *task, sur_status outcome,
                          const char *message, sur_error *err);
sur_status sur_clerk_flush(sur_runner *runner, sur_error *err);
/* The frame that hands a task to a worker. */
sur_status sur_clerk_hand(sur_runner *runner, sur_seat *seat, const sur_task *task,
                          sur_error *err);
void sur_clerk_forget_keys(sur_seat *seat);

/* here.c: all groups in this process, which is a rank of an MPI run; every rank calls
 * it. */
sur_status sur_run_here(sur_runner *runner, sur_error *err);

sur_trial *sur_task_trial(const sur_runner *runner, const sur_task *task, sur_idx slot);
void sur_seat_pop(sur_seat *seat); /* task[0] is over */

#endif
