/* arguments.c -- the command line, read by the field tables. */
#include "cli.h"

#include <surplus/comm.h>

#include <stdlib.h>
#include <string.h>

/* One-letter names of options that every table calls the same. */
static const char *const letters[][2] = {
    {"-o", "out"}, {"-q", "quiet"}, {"-j", "jobs"}, {"-h", "help"}, {NULL, NULL}};

const char *cli_flag(const sur_field *field, char buffer[64])
{
    snprintf(buffer, 64, "--%s", field->name);
    for (char *c = buffer + 2; *c; c++)
        if (*c == '_') *c = '-';
    return buffer;
}

static const sur_field *find(const cli_target *targets, int count, const char *name,
                             const cli_target **owner)
{
    for (int i = 0; i < count; i++) {
        const sur_field *field = sur_fields_find(targets[i].fields, name);
        if (field) {
            *owner = &targets[i];
            return field;
        }
    }
    return NULL;
}

static sur_status unknown(const cli_target *targets, int count, const char *name,
                          sur_error *err)
{
    for (int i = 0; i < count; i++) {
        const char *near = sur_fields_nearest(targets[i].fields, name);
        char flag[64];
        if (near)
            return sur_fail(err, SUR_EINVAL,
                            "there is no option --%.60s; did you mean %s?", name,
                            cli_flag(sur_fields_find(targets[i].fields, near), flag));
    }
    return sur_fail(err, SUR_EINVAL, "there is no option --%.60s; --help lists them",
                    name);
}

static sur_status set(const cli_target *target, const sur_field *field,
                      const char *value, sur_error *err)
{
    if (target->study) return sur_study_set(target->study, field->name, value, err);
    return sur_fields_set(target->fields, target->options, field->name, value, err);
}

/* The name of an option without its dashes and without =value, into name; false for a
 * word. A dash before a digit is a negative number. */
static bool option_name(const char *argument, char *name, size_t size)
{
    for (int i = 0; letters[i][0]; i++)
        if (strcmp(argument, letters[i][0]) == 0) {
            snprintf(name, size, "%s", letters[i][1]);
            return true;
        }
    const bool dashes = strncmp(argument, "--", 2) == 0;
    if (!dashes && (argument[0] != '-' || argument[1] == '\0' ||
                    strchr("0123456789.", argument[1])))
        return false;
    snprintf(name, size, "%s", argument + (dashes ? 2 : 1));
    name[strcspn(name, "=")] = '\0';
    return true;
}

/* Reads one option at argv[*i] and moves *i past its value. */
static sur_status read_option(int argc, char **argv, int *i, const char *name,
                              const cli_target *targets, int target_count,
                              sur_error *err)
{
    const cli_target *owner;
    const sur_field *field = find(targets, target_count, name, &owner);
    const char *equals = strncmp(argv[*i], "--", 2) == 0 ? strchr(argv[*i], '=') : NULL;
    if (!field && (strncmp(name, "no-", 3) == 0 || strncmp(name, "no_", 3) == 0)) {
        field = find(targets, target_count, name + 3, &owner);
        if (field && field->kind == SUR_FLAG && !equals)
            return set(owner, field, "false", err);
        field = NULL;
    }
    if (!field) return unknown(targets, target_count, name, err);
    if (equals) return set(owner, field, equals + 1, err);
    if (field->kind == SUR_FLAG) return set(owner, field, "true", err);
    if (*i + 1 >= argc) return sur_fail(err, SUR_EINVAL, "--%.60s needs a value", name);
    return set(owner, field, argv[++*i], err);
}

sur_status cli_parse(int argc, char **argv, const cli_target *targets, int target_count,
                     const char **words, int most_words, int *word_count, bool *help,
                     sur_error *err)
{
    char name[64] = "";
    bool only_words = false, after_flag = false; /* name's */
    *word_count = 0;
    *help = false;
    for (int i = 0; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
            after_flag = false;
            continue;
        }
        if (only_words || !option_name(argv[i], name, sizeof name)) {
            if (*word_count == most_words)
                return sur_fail(err, SUR_EINVAL,
                                "%s%s%sdo not know what to do with \"%.80s\"",
                                after_flag ? "--" : "", after_flag ? name : "",
                                after_flag ? " takes no value: " : "", argv[i]);
            after_flag = false;
            words[(*word_count)++] = argv[i];
            continue;
        }
        if (strcmp(name, "help") == 0) {
            *help = true;
            return SUR_OK;
        }
        const int at = i;
        const sur_status status =
            read_option(argc, argv, &i, name, targets, target_count, err);
        if (status != SUR_OK) return status;
        after_flag = i == at && !strchr(argv[i], '=');
    }
    return SUR_OK;
}

int cli_fail(const cli_verb *verb, const sur_error *err)
{
    if (sur_world_rank() > 0) return sur_status_exit(err->status); /* rank 0 says it */
    fprintf(stderr, "surplus %s: %s\n", verb->name, err->message);
    return sur_status_exit(err->status);
}
