/* cli.h -- what the files of the program share.
 *
 * A verb is a row in the table of main.c. Its options are field tables; parsing, help,
 * the man page and completion all come from them. stdout is data, stderr is for people.
 */
#ifndef CLI_H
#define CLI_H

#include <surplus/report.h>
#include <surplus/study.h>

#include <stdio.h>

typedef struct cli_verb {
    const char *name;    /* "show" */
    const char *usage;   /* what follows the name: "FILE.db [options]" */
    const char *summary; /* one line */
    int (*run)(const struct cli_verb *verb, int argc, char **argv);
    const sur_experiment *experiment; /* its options are this verb's, or NULL */
    const sur_fields *fields[2];      /* further option tables; NULL: none */
    const char *details; /* paragraphs for help and man page; may be NULL */
} cli_verb;

extern const cli_verb cli_verbs[]; /* ended by a NULL name */
extern const sur_experiment *const cli_experiments[];
sur_idx cli_experiment_count(void);
const sur_experiment *cli_experiment(const char *name); /* or NULL */

/* The option tables of a verb, the experiment's first; returns how many. */
int cli_tables(const cli_verb *verb, const sur_fields *tables[3]);

/* ---- arguments.c ---- */

/* A table of options and where their values go: a struct, or a study (which takes
 * axes). */
typedef struct cli_target {
    const sur_fields *fields;
    void *options; /* NULL where study is given */
    sur_study *study;
} cli_target;

/* Reads argv[0 .. argc-1]. Options go to the first target that knows them; other words
 * to words[0 .. *word_count-1] (at most most_words). "-h" and "--help" set *help.
 * SUR_EINVAL with the nearest right name. */
sur_status cli_parse(int argc, char **argv, const cli_target *targets, int target_count,
                     const char **words, int most_words, int *word_count, bool *help,
                     sur_error *err);

/* Prints "surplus VERB: message" and, for a usage error, where help is; returns the
 * exit code of the status. */
int cli_fail(const cli_verb *verb, const sur_error *err);

/* ---- help.c, manual.c, completion.c ---- */
void cli_help(FILE *out, const cli_verb *verb);
void cli_overview(FILE *out);
void cli_manual(FILE *out); /* the man page, in roff */
void cli_completion_bash(FILE *out);
void cli_completion_zsh(FILE *out);
/* "(default 1; 0 .. 10; a list or range makes a sweep)" into buffer */
void cli_field_note(const sur_field *field, char *buffer, size_t size);
/* "--label-noise" */
const char *cli_flag(const sur_field *field, char buffer[64]);

/* ---- progress.c ---- */
typedef struct cli_progress {
    const char *verb;
    bool terminal, quiet;
    double started, printed; /* seconds */
    bool drawn;              /* a bar is on the line */
} cli_progress;
void cli_progress_begin(cli_progress *p, const char *verb, bool quiet);
void cli_progress_show(void *payload, const sur_progress *progress);
void cli_progress_note(void *payload, const char *line);
void cli_progress_end(cli_progress *p);

/* SIGINT, SIGTERM: which one came, or 0. A second one ends the program at once. */
void cli_catch_signals(void);
/* From now on a reader that leaves ends the program quietly, as others do under head.
 */
void cli_reader_may_leave(void);
int cli_signal(void);
bool cli_stop(void *payload);

/* ---- results of a store, all experiments in it ---- */
enum { CLI_MOST_RESULTS = 8 };
typedef struct cli_results {
    sur_store *store;
    sur_results at[CLI_MOST_RESULTS];
    const sur_results *pointers[CLI_MOST_RESULTS];
    sur_idx count;
} cli_results;
/* experiment NULL: all that are there; where NULL: all records. */
sur_status cli_results_open(cli_results *out, const char *path, const char *experiment,
                            const char *where, sur_error *err);
void cli_results_close(cli_results *results);

/* ---- save.c ---- */

/* Writes what the study's one trial kept to path: its arrays (.npz), or its model file
 * (.safetensors). SUR_EINVAL: a sweep, or nothing kept. */
sur_status cli_save(sur_store *store, const sur_study *study, sur_idx trials,
                    const char *path, sur_error *err);

/* ---- verbs ---- */
int cmd_experiment(const cli_verb *verb, int argc, char **argv);
int cmd_run(const cli_verb *verb, int argc, char **argv);
int cmd_show(const cli_verb *verb, int argc, char **argv);
int cmd_plot(const cli_verb *verb, int argc, char **argv);
int cmd_report(const cli_verb *verb, int argc, char **argv);
int cmd_merge(const cli_verb *verb, int argc, char **argv);
int cmd_data(const cli_verb *verb, int argc, char **argv);
int cmd_train(const cli_verb *verb, int argc, char **argv);
int cmd_predict(const cli_verb *verb, int argc, char **argv);
int cmd_check(const cli_verb *verb, int argc, char **argv);

extern const sur_fields cmd_show_fields, cmd_plot_fields, cmd_report_fields,
    cmd_merge_fields, cmd_data_fields, cmd_train_fields, cmd_predict_fields,
    cmd_check_fields;

#endif
