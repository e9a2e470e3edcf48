/* cmd_study.c -- the verbs that run trials: one per experiment, and `run FILE.yaml`. */
#include "cli.h"

#include <surplus/comm.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    GATE_NOT_MET = 6,
    SOME_FAILED = 4,
    ALL_FAILED = 5,
    STOPPED = 75,
    INTERRUPTED = 128
};

/* What a run of a verb owns. */
typedef struct run_state {
    const cli_verb *verb;
    sur_study *study;
    sur_run_options run;
    sur_store *store;
    cli_progress progress;
    sur_watch watch;
    sur_results results;
} run_state;

/* The command as the user would type it again, each word quoted where a shell needs it.
 */
static char *command_text(const cli_verb *verb, int argc, char **argv)
{
    size_t size = strlen(verb->name) + 16;
    for (int i = 0; i < argc; i++) size += 4 * strlen(argv[i]) + 4;
    char *text = malloc(size), *at = text;
    if (!text) return NULL;
    at += sprintf(at, "surplus %s", verb->name);
    for (int i = 0; i < argc; i++) {
        const bool plain =
            argv[i][0] && strspn(argv[i], "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-_./:,=+@%") == strlen(argv[i]);
        *at++ = ' ';
        if (!plain) *at++ = '\'';
        for (const char *c = argv[i]; *c; c++)
            at += *c == '\'' ? sprintf(at, "'\\''") : sprintf(at, "%c", *c);
        if (!plain) *at++ = '\'';
    }
    *at = '\0';
    return text;
}

static void human_bytes(double bytes, char *text, size_t size)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    int unit = 0;
    for (; bytes >= 1000 && unit < 4; unit++) bytes /= 1000;
    snprintf(text, size, "%.3g %s", bytes, units[unit]);
}

/* The planned trials: a line each, with what varies; or their whole specs as JSON. */
static void put_plan(const sur_study *study, sur_idx trials, bool json)
{
    const sur_idx axes = sur_study_axes(study);
    bool held;
    if (json) fputs("[", stdout);
    if (!json) fputs("held", stdout);
    for (sur_idx a = 0; a < axes && !json; a++)
        printf("\t%s", sur_study_axis(study, a));
    for (sur_idx i = 0; i < trials; i++) {
        const char *spec = sur_study_spec(study, i, &held);
        if (json) {
            printf("%s\n{\"held\":%s,\"spec\":%s}", i ? "," : "",
                   held ? "true" : "false", spec);
            continue;
        }
        printf("\n%s", held ? "yes" : "no");
        for (sur_idx a = 0; a < axes; a++) printf("\t%s", sur_study_value(study, a, i));
    }
    puts(json ? "\n]" : "");
}

/* --dry-run: the trials on stdout; what they will cost on stderr. */
static sur_status print_plan(run_state *s, sur_error *err)
{
    sur_plan plan;
    const sur_status status =
        sur_study_plan(s->study, s->store, &s->run, &plan, &s->watch, err);
    if (status != SUR_OK) return status;
    cli_reader_may_leave();
    put_plan(s->study, plan.trials, s->run.json);
    char bytes[32];
    human_bytes(plan.bytes, bytes, sizeof bytes);
    fprintf(
        stderr,
        "%lld trials, %lld of them held; %lld groups of shared work; about %.3g s of "
        "computing, %s for the largest group\n",
        (long long)plan.trials, (long long)plan.held, (long long)plan.groups,
        plan.seconds, bytes);
    return SUR_OK;
}

/* Tables and JSON of what was asked for, then the findings for people. */
static sur_status print_results(run_state *s, sur_error *err)
{
    const sur_results *one = &s->results;
    cli_reader_may_leave();
    if (sur_world_rank() > 0) return SUR_OK;
    if (s->run.json) return sur_report_json(stdout, &one, 1, err);
    if (!s->run.out) {
        const sur_status status = sur_report_table(
            stdout, one, NULL, s->progress.terminal ? SUR_TABLE_ALIGNED : SUR_TABLE_TSV,
            err);
        if (status != SUR_OK) return status;
    }
    if (!s->run.quiet && one->records.count > 0)
        return sur_report_summary(stderr, one, err);
    return SUR_OK;
}

static sur_status check_gate(run_state *s, int *code, sur_error *err)
{
    char line[512];
    bool violated = false;
    if (!s->run.fail_if) return SUR_OK;
    const sur_status status = sur_results_gate(
        &s->results, s->run.fail_if, s->run.gate_on, &violated, line, sizeof line, err);
    if (status != SUR_OK || !violated) return status;
    fprintf(stderr, "surplus %s: gate not met: %s\n", s->verb->name, line);
    if (*code == 0 || *code == SOME_FAILED) *code = GATE_NOT_MET;
    return SUR_OK;
}

static int ending_code(const sur_study_result *result)
{
    const sur_idx failed = result->failed + result->held_failed;
    if (result->ending == SUR_INTERRUPTED) return INTERRUPTED + cli_signal();
    if (result->ending == SUR_TIME_LIMIT) return STOPPED;
    if (failed == 0) return 0;
    return failed == result->held + result->done + result->failed ? ALL_FAILED
                                                                  : SOME_FAILED;
}

static void tell_ending(const run_state *s, const sur_study_result *result)
{
    if (sur_world_rank() > 0) return;
    const char *name = s->verb->name;
    const sur_idx failed = result->failed + result->held_failed;
    if (failed > 0)
        fprintf(
            stderr,
            "surplus %s: %lld of %lld trials failed; --retry-failed runs them again\n",
            name, (long long)failed, (long long)(result->trials - result->skipped));
    if (result->ending != SUR_FINISHED)
        fprintf(stderr, "surplus %s: stopped %s; what is done is kept%s\n", name,
                result->ending == SUR_TIME_LIMIT ? "at the time limit" : "on request",
                s->run.out ? ", start again to go on" : " nowhere without --out");
    else if (!s->run.quiet && s->run.out)
        fprintf(stderr,
                "surplus %s: %lld trials in %s (%lld new); surplus show, plot and "
                "report read it\n",
                name, (long long)(result->held + result->done + result->failed),
                s->run.out, (long long)(result->done));
}

static sur_status run_study(run_state *s, const char *command, int *code,
                            sur_error *err)
{
    sur_study_result result = {0};
    sur_plan plan = {.trials = 1};
    sur_status status = SUR_OK;
    if (s->run.save) /* refused before anything runs */
        status = sur_study_plan(s->study, s->store, &s->run, &plan, &s->watch, err);
    if (status == SUR_OK && plan.trials != 1)
        status =
            sur_fail(err, SUR_EINVAL, "--save takes one trial, not a sweep of %lld",
                     (long long)plan.trials);
    if (status != SUR_OK) return status;
    status =
        sur_study_run(s->study, s->store, &s->run, command, &s->watch, &result, err);
    cli_progress_end(&s->progress);
    if (status != SUR_OK) return status;
    *code = ending_code(&result);
    tell_ending(s, &result);
    status =
        sur_results_read(&s->results, s->store, sur_study_experiment(s->study), err);
    if (status == SUR_OK) status = sur_results_of_study(&s->results, s->study, err);
    if (status == SUR_OK && s->run.save && *code == 0)
        status = cli_save(s->store, s->study, result.trials, s->run.save, err);
    if (status == SUR_OK) status = print_results(s, err);
    if (status == SUR_OK) status = check_gate(s, code, err);
    return status;
}

/* One node per rank: only rank 0 keeps a store and speaks. */
static void hush(run_state *s)
{
    if (sur_world_rank() == 0) return;
    free(s->run.out);
    free(s->run.save);
    s->run.out = s->run.save = NULL;
    s->run.quiet = true;
}

static int finish(run_state *s, int argc, char **argv, sur_error *err)
{
    int code = 0;
    hush(s);
    cli_progress_begin(&s->progress, s->verb->name, s->run.quiet);
    s->watch = (sur_watch){.payload = &s->progress,
                           .progress = cli_progress_show,
                           .note = cli_progress_note,
                           .stop = cli_stop};
    cli_catch_signals();
    char *command = command_text(s->verb, argc, argv);
    sur_status status = SUR_OK;
    if (!command)
        status = sur_fail(err, SUR_ENOMEM, "cannot allocate the command's text");
    /* a plan touches no file that is not there */
    const bool made = s->run.out && strcmp(s->run.out, ":memory:") != 0;
    FILE *there = s->run.dry_run && made ? fopen(s->run.out, "rb") : NULL;
    const bool in_memory = !made || (s->run.dry_run && !there);
    if (there) fclose(there);
    if (status == SUR_OK && s->run.fail_if)
        status = sur_gate_check(sur_study_experiment(s->study), s->run.fail_if, err);
    if (status == SUR_OK)
        status = sur_store_open(
            &s->store, in_memory ? ":memory:" : s->run.out,
            s->run.dry_run && !in_memory ? SUR_STORE_READ : SUR_STORE_WRITE, err);
    if (status == SUR_OK)
        status =
            s->run.dry_run ? print_plan(s, err) : run_study(s, command, &code, err);
    cli_progress_end(&s->progress);
    free(command);
    return status == SUR_OK ? code : cli_fail(s->verb, err);
}

static void drop(run_state *s)
{
    sur_results_free(&s->results);
    sur_store_close(s->store);
    sur_study_free(s->study);
    sur_fields_free(&sur_run_fields, &s->run);
}

int cmd_experiment(const cli_verb *verb, int argc, char **argv)
{
    run_state s = {.verb = verb};
    sur_error err;
    bool help = false;
    int words, code = 0;
    sur_status status = sur_fields_preset(&sur_run_fields, &s.run, &err);
    if (status == SUR_OK) status = sur_study_new(&s.study, verb->experiment, &err);
    const cli_target targets[] = {{verb->experiment->fields, NULL, s.study},
                                  {&sur_run_fields, &s.run, NULL}};
    if (status == SUR_OK)
        status = cli_parse(argc, argv, targets, 2, NULL, 0, &words, &help, &err);
    if (status != SUR_OK)
        code = cli_fail(verb, &err);
    else if (help)
        cli_help(stdout, verb);
    else
        code = finish(&s, argc, argv, &err);
    drop(&s);
    return code;
}

/* The study file is the first word; it must be read before the options that override it
 * can be checked against its experiment. */
static const char *study_file(int argc, char **argv, bool *help)
{
    const char *file = NULL;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) *help = true;
        if (!file && argv[i][0] != '-' && (i == 0 || argv[i - 1][0] != '-'))
            file = argv[i];
    }
    return file;
}

int cmd_run(const cli_verb *verb, int argc, char **argv)
{
    run_state s = {.verb = verb};
    sur_error err;
    bool help = false;
    int count, code = 0;
    const char *word;
    const char *file = study_file(argc, argv, &help);
    if (help) {
        cli_help(stdout, verb);
        return 0;
    }
    sur_status status = sur_fields_preset(&sur_run_fields, &s.run, &err);
    if (status == SUR_OK && !file)
        status =
            sur_fail(&err, SUR_EINVAL, "needs a study file: surplus run STUDY.yaml");
    if (status == SUR_OK)
        status = sur_study_read(&s.study, &s.run, file, cli_experiments,
                                cli_experiment_count(), &err);
    if (status == SUR_OK) {
        const cli_target targets[] = {
            {sur_study_experiment(s.study)->fields, NULL, s.study},
            {&sur_run_fields, &s.run, NULL}};
        status = cli_parse(argc, argv, targets, 2, &word, 1, &count, &help, &err);
    }
    code = status == SUR_OK ? finish(&s, argc, argv, &err) : cli_fail(verb, &err);
    drop(&s);
    return code;
}
