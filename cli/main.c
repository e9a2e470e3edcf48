/* main.c -- the program: a table of verbs. */
#include "cli.h"

#include <surplus/comm.h>
#include <surplus/experiments.h>
#include <surplus/fit.h>

#include <stdlib.h>
#include <string.h>

const sur_experiment *const cli_experiments[] = {&sur_descent,    &sur_recover,
                                                 &sur_privacy,    &sur_unlearn,
                                                 &sur_distribute, &sur_profile};

sur_idx cli_experiment_count(void)
{
    return (sur_idx)(sizeof cli_experiments / sizeof *cli_experiments);
}

const sur_experiment *cli_experiment(const char *name)
{
    for (sur_idx i = 0; i < cli_experiment_count(); i++)
        if (strcmp(cli_experiments[i]->name, name) == 0) return cli_experiments[i];
    return NULL;
}

const cli_verb cli_verbs[] = {
    {.name = "descent",
     .usage = "--data FILE [options]",
     .summary = "does test error fall again past the interpolation threshold?",
     .run = cmd_experiment,
     .experiment = &sur_descent,
     .fields = {&sur_run_fields}},
    {.name = "recover",
     .usage = "[--data FILE] [options]",
     .summary = "a low-rank matrix from few measurements, without knowing its rank",
     .run = cmd_experiment,
     .experiment = &sur_recover,
     .fields = {&sur_run_fields}},
    {.name = "privacy",
     .usage = "[--data FILE | --scores FILE] [options]",
     .summary = "how well can an outsider tell who was in the training set?",
     .run = cmd_experiment,
     .experiment = &sur_privacy,
     .fields = {&sur_run_fields}},
    {.name = "unlearn",
     .usage = "--data FILE [--model MODEL.safetensors] [options]",
     .summary = "can a model forget chosen examples, and is a wider one better at it?",
     .run = cmd_experiment,
     .experiment = &sur_unlearn,
     .fields = {&sur_run_fields}},
    {.name = "distribute",
     .usage = "--data FILE [options]",
     .summary = "how few bits must nodes exchange to train a model together?",
     .run = cmd_experiment,
     .experiment = &sur_distribute,
     .fields = {&sur_run_fields}},
    {.name = "profile",
     .usage = "--data FILE [options]",
     .summary = "what does width buy, and what does it cost? prices on one axis",
     .run = cmd_experiment,
     .experiment = &sur_profile,
     .fields = {&sur_run_fields}},
    {.name = "run",
     .usage = "STUDY.yaml [options]",
     .summary = "the same options from a study file",
     .run = cmd_run,
     .fields = {&sur_run_fields},
     .details =
         "A study file names an experiment and gives options by their names; a list "
         "is an axis. Options on the command line win over the file's."},
    {.name = "show",
     .usage = "FILE.db [options]",
     .summary = "results as a table or JSON, and what they say",
     .run = cmd_show,
     .fields = {&cmd_show_fields},
     .details =
         "Prints the findings as lines that begin with #, then a table: aligned on a "
         "terminal, tab-separated elsewhere. --json prints one array of trials."},
    {.name = "plot",
     .usage = "FILE.db -o FIGURE.svg [options]",
     .summary = "a picture: svg, pdf or png; --text draws in the terminal",
     .run = cmd_plot,
     .fields = {&cmd_plot_fields}},
    {.name = "report",
     .usage = "FILE.db -o PAGE.html [options]",
     .summary = "one page with everything, that works offline and in print",
     .run = cmd_report,
     .fields = {&cmd_report_fields}},
    {.name = "merge",
     .usage = "A.db B.db ... [-o ALL.db]",
     .summary = "join the stores of a job array",
     .run = cmd_merge,
     .fields = {&cmd_merge_fields},
     .details =
         "Copies into the first store (or into the one named by -o, made if missing) "
         "every trial that it lacks. A trial that failed there and succeeded "
         "elsewhere is replaced."},
    {.name = "data",
     .usage = "info FILE | convert IN OUT | generate NAME -o FILE [options]",
     .summary = "look at a data file, convert it, or make synthetic data",
     .run = cmd_data,
     .fields = {&cmd_data_fields}},
    {.name = "train",
     .usage = "--data FILE --save MODEL.safetensors [options]",
     .summary = "one model of any family to a file",
     .run = cmd_train,
     .fields = {&sur_fit_fields, &cmd_train_fields},
     .details =
         "Fits a model on the training rows, prints its error and loss on them "
         "and on the rest, and writes it with all it needs to answer for rows as "
         "they come. The file is safetensors: a JSON head and raw arrays. With "
         "--checkpoint a long training may be interrupted or killed; the same command "
         "goes on, to the same bits."},
    {.name = "predict",
     .usage = "--model MODEL.safetensors --data FILE [-o ANSWERS.csv]",
     .summary = "a model's answers for the rows of a file",
     .run = cmd_predict,
     .fields = {&cmd_predict_fields},
     .details =
         "Columns are found by name; a target is not needed. Classes come with a "
         "score each."},
    {.name = "check",
     .usage = "[options]",
     .summary = "the numerical self-test against theory, in half a minute",
     .run = cmd_check,
     .fields = {&cmd_check_fields},
     .details =
         "Measures laws that are known: published risks and leaks, planted answers, "
         "two "
         "ways to one number. Prints what is expected, what was measured and how far "
         "apart they may be (four standard errors where chance is in it). Exit code 1 "
         "when a law is broken."},
    {.name = NULL},
};

int cli_tables(const cli_verb *verb, const sur_fields *tables[3])
{
    int count = 0;
    if (verb->experiment) tables[count++] = verb->experiment->fields;
    for (int i = 0; i < 2 && verb->fields[i]; i++) tables[count++] = verb->fields[i];
    return count;
}

static const cli_verb *find_verb(const char *name)
{
    for (const cli_verb *v = cli_verbs; v->name; v++)
        if (strcmp(v->name, name) == 0) return v;
    return NULL;
}

/* A wrong verb is answered with one that begins alike, if there is one. */
static int unknown_verb(const char *name)
{
    const cli_verb *near = cli_verbs;
    while (near->name && !(name[0] && strncmp(near->name, name, 2) == 0)) near++;
    if (near->name)
        fprintf(stderr, "surplus: there is no verb \"%.60s\"; did you mean \"%s\"?\n",
                name, near->name);
    else
        fprintf(stderr,
                "surplus: there is no verb \"%.60s\"; surplus --help lists them\n",
                name);
    return sur_status_exit(SUR_EINVAL);
}

static int help(int argc, char **argv)
{
    const cli_verb *verb = argc > 2 ? find_verb(argv[2]) : NULL;
    if (argc > 2 && !verb) return unknown_verb(argv[2]);
    if (verb)
        cli_help(stdout, verb);
    else
        cli_overview(stdout);
    return 0;
}

/* What packaging and workers ask for; not for people, so not in the table. */
static bool hidden_verb(int argc, char **argv, int *code)
{
    *code = 0;
    if (strcmp(argv[1], "__worker") == 0)
        *code = sur_study_worker(argc, argv, cli_experiments, cli_experiment_count());
    else if (strcmp(argv[1], "__man") == 0)
        cli_manual(stdout);
    else if (strcmp(argv[1], "__bash") == 0)
        cli_completion_bash(stdout);
    else if (strcmp(argv[1], "__zsh") == 0)
        cli_completion_zsh(stdout);
    else
        return false;
    return true;
}

/* Whether a launcher of MPI programs started this one. */
static bool is_rank(void)
{
    static const char *const signs[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                        "PMIX_RANK"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (getenv(signs[i])) return true;
    return false;
}

/* Under mpirun every rank is a node. Where one failed before all agreed, the others may
 * still wait for it. */
static int run_ranks(const cli_verb *verb, int argc, char **argv)
{
    sur_error err;
    if (sur_world_begin(&err) != SUR_OK) return cli_fail(verb, &err);
    const int code = verb->run(verb, argc, argv);
    fflush(stdout);
    const bool broken = code >= 1 && code <= 3;
    const int mine = sur_world_rank() > 0 && !broken ? 0 : code; /* rank 0 tells it */
    sur_world_end(broken ? SUR_WORLD_BROKEN : SUR_WORLD_WHOLE, code);
    return mine;
}

int main(int argc, char **argv)
{
    int code;
    if (argc < 2) {
        cli_overview(stderr);
        return sur_status_exit(SUR_EINVAL);
    }
    if (hidden_verb(argc, argv, &code)) return code;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help(argc, argv);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("surplus %s (%s)\n", sur_version(), sur_build());
        return 0;
    }
    const cli_verb *verb = find_verb(argv[1]);
    if (!verb) return unknown_verb(argv[1]);
    const bool ranks = verb->experiment == &sur_distribute && is_rank();
    code = (ranks ? run_ranks : verb->run)(verb, argc - 2, argv + 2);
    if (fflush(stdout) != 0 && code == 0) {
        fprintf(stderr, "surplus %s: cannot write to standard output\n", verb->name);
        code = sur_status_exit(SUR_EWRITE);
    }
    return code;
}
