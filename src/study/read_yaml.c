/* read_yaml.c -- study files: `experiment: NAME` and option names, in YAML.
 *
 *     experiment: descent
 *     data: higgs.npz          # relative to this file
 *     width: 10:10000:log40    # an axis, as on the command line
 *     ridge: [0, 0.1, 1]       # or as a list
 *     jobs: 4
 *
 * Read event by event, so that nothing is kept but the current value, and nothing is
 * guessed: anchors, tags, nested values, repeated and unknown keys are refused with
 * their line. */
#include "study/internal.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define FILE_MOST ((sur_idx)4 << 20) /* bytes */

typedef struct sur_reader {
    const char *path;
    yaml_parser_t parser;
    yaml_event_t event;
    sur_idx line; /* of the event, from 1 */
    sur_study *study;
    sur_run_options *run;
    bool *seen; /* [experiment's fields, run fields] */
    const sur_experiment *const *experiments;
    sur_idx count;
} sur_reader;

/* err's message with the place in front of it. */
static sur_status at_line(const sur_reader *r, sur_status status, sur_error *err)
{
    char message[sizeof err->message];
    if (status == SUR_OK || !err) return status;
    snprintf(message, sizeof message, "%s", err->message);
    return sur_fail(err, status, "%.200s:%lld: %s", r->path, (long long)r->line,
                    message);
}

/* Leaves through done: with the line in front of the message. */
#define REFUSE(r, ...)                                                      \
    do {                                                                    \
        status = at_line((r), sur_fail(err, SUR_EINVAL, __VA_ARGS__), err); \
        goto done;                                                          \
    } while (0)

/* The next event; refuses what no study file needs. */
static sur_status next(sur_reader *r, sur_error *err)
{
    sur_status status = SUR_OK;
    yaml_event_delete(&r->event);
    memset(&r->event, 0, sizeof r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        if (r->parser.error == YAML_MEMORY_ERROR)
            return sur_fail(err, SUR_ENOMEM, "no memory to read %.200s", r->path);
        r->line = (sur_idx)r->parser.problem_mark.line + 1;
        REFUSE(r, "not YAML: %s", r->parser.problem ? r->parser.problem : "unreadable");
    }
    r->line = (sur_idx)r->event.start_mark.line + 1;
    const yaml_event_t *e = &r->event;
    const bool tagged =
        (e->type == YAML_SCALAR_EVENT && e->data.scalar.tag) ||
        (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.tag) ||
        (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.tag);
    const bool anchored =
        e->type == YAML_ALIAS_EVENT ||
        (e->type == YAML_SCALAR_EVENT && e->data.scalar.anchor) ||
        (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.anchor) ||
        (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.anchor);
    if (anchored) REFUSE(r, "anchors and aliases are not used in study files");
    if (tagged) REFUSE(r, "tags are not used in study files");

done:
    return status;
}

/* The scalar of the event; a text with zero bytes inside is refused. */
static sur_status scalar(const char **text, const sur_reader *r, sur_error *err)
{
    sur_status status = SUR_OK;
    *text = (const char *)r->event.data.scalar.value;
    if (strlen(*text) != r->event.data.scalar.length)
        REFUSE(r, "a value holds a zero byte");
    const bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (!**text || strcmp(*text, "~") == 0 || strcmp(*text, "null") == 0))
        REFUSE(r, "a key has no value");

done:
    return status;
}

/* A path as seen from the study file: "data.csv" beside it. A leading "NAME:" is no
 * path. */
static sur_status from_folder(sur_text *out, const sur_reader *r, const char *path,
                              sur_error *err)
{
    const char *slash = strrchr(r->path, '/');
    const size_t word = strspn(path, "abcdefghijklmnopqrstuvwxyz");
    const bool as_it_is = path[0] == '/' || path[word] == ':' || strcmp(path, "-") == 0;
    sur_status status = SUR_OK;
    if (slash && !as_it_is)
        status = sur_text_bytes(out, r->path, slash - r->path + 1, err);
    return status == SUR_OK ? sur_text_add(out, path, err) : status;
}

static sur_status add_value(sur_text *out, const sur_reader *r, const sur_field *field,
                            bool listed, sur_error *err)
{
    sur_status status = SUR_OK;
    const char *text = NULL;
    SUR_TRY(scalar(&text, r, err));
    if (listed && strchr(text, ','))
        REFUSE(r, "\"%.80s\" has a comma: in a list, write one value per entry", text);
    if (listed && !*text) REFUSE(r, "an entry of the list is empty");
    if (field->kind == SUR_PATH)
        SUR_TRY(from_folder(out, r, text, err));
    else
        SUR_TRY(sur_text_add(out, text, err));

done:
    return status;
}

/* A scalar, or a flat list of them joined by commas. */
static sur_status read_value(sur_text *out, sur_reader *r, const sur_field *field,
                             sur_error *err)
{
    sur_status status = SUR_OK;
    SUR_TRY(next(r, err));
    if (r->event.type == YAML_SCALAR_EVENT) {
        SUR_TRY(add_value(out, r, field, false, err));
        goto done;
    }
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        REFUSE(r, "%s is a value or a list of values", field->name);
    if (!(field->flags & SUR_AXIS) && field->kind != SUR_LIST)
        REFUSE(r, "%s takes one value, not a list", field->name);
    for (sur_idx i = 0;; i++) {
        SUR_TRY(next(r, err));
        if (r->event.type == YAML_SEQUENCE_END_EVENT) {
            if (i == 0) REFUSE(r, "the list of %s is empty", field->name);
            break;
        }
        if (r->event.type != YAML_SCALAR_EVENT)
            REFUSE(r, "the list of %s holds more than plain values", field->name);
        if (i > 0) SUR_TRY(sur_text_add(out, ",", err));
        SUR_TRY(add_value(out, r, field, true, err));
    }

done:
    return status;
}

static sur_status find_experiment(sur_reader *r, const char *name, sur_error *err)
{
    sur_status status = SUR_OK;
    const char **names = NULL;
    SUR_TRY(sur_alloc(&names, r->count, sizeof *names, err));
    for (sur_idx i = 0; i < r->count; i++) {
        names[i] = r->experiments[i]->name;
        if (strcmp(names[i], name) == 0)
            SUR_TRY(sur_study_new(&r->study, r->experiments[i], err));
    }
    const char *near = sur_nearest(name, names, r->count);
    if (!r->study)
        REFUSE(r, "there is no experiment \"%.80s\"%s%s%s", name,
               near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    const sur_idx fields = r->study->experiment->fields->count + sur_run_fields.count;
    SUR_TRY(sur_alloc(&r->seen, fields, sizeof *r->seen, err));

done:
    free(names);
    return status;
}

/* `experiment: NAME`, which comes first. */
static sur_status read_head(sur_reader *r, sur_error *err)
{
    sur_status status = SUR_OK;
    const char *text = NULL;
    SUR_TRY(next(r, err)); /* the stream begins */
    SUR_TRY(next(r, err));
    if (r->event.type == YAML_STREAM_END_EVENT) REFUSE(r, "the study file is empty");
    SUR_TRY(next(r, err));
    if (r->event.type != YAML_MAPPING_START_EVENT)
        REFUSE(r, "a study file holds lines like \"width: 8\"");
    SUR_TRY(next(r, err));
    const bool named =
        r->event.type == YAML_SCALAR_EVENT &&
        strcmp((const char *)r->event.data.scalar.value, "experiment") == 0;
    if (!named)
        REFUSE(r, "the first line says which, as in \"experiment: %s\"",
               r->count ? r->experiments[0]->name : "NAME");
    SUR_TRY(next(r, err));
    if (r->event.type != YAML_SCALAR_EVENT) REFUSE(r, "experiment is one name");
    SUR_TRY(scalar(&text, r, err));
    SUR_TRY(find_experiment(r, text, err));

done:
    return status;
}

static sur_status unknown_key(const sur_reader *r, const char *key, sur_error *err)
{
    const char *near = sur_fields_nearest(r->study->experiment->fields, key);
    if (!near) near = sur_fields_nearest(&sur_run_fields, key);
    const sur_status status =
        sur_fail(err, SUR_EINVAL, "there is no option \"%.80s\"%s%s%s", key,
                 near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return at_line(r, status, err);
}

static sur_status read_option(sur_reader *r, sur_error *err)
{
    sur_status status = SUR_OK;
    sur_text value = {0};
    const char *key = NULL;
    if (r->event.type != YAML_SCALAR_EVENT) REFUSE(r, "a key is a name");
    SUR_TRY(scalar(&key, r, err));
    const sur_fields *fields = r->study->experiment->fields;
    const sur_field *field = sur_fields_find(fields, key);
    const bool own = field != NULL;
    if (!own) field = sur_fields_find(&sur_run_fields, key);
    if (!field) {
        status = unknown_key(r, key, err);
        goto done;
    }
    const sur_idx place =
        own ? field - fields->at : fields->count + (field - sur_run_fields.at);
    if (r->seen[place]) REFUSE(r, "%s is set twice", field->name);
    r->seen[place] = true;
    const sur_idx line = r->line;
    SUR_TRY(read_value(&value, r, field, err));
    r->line = line;
    const char *text = value.at ? value.at : "";
    if (own)
        status = sur_study_set(r->study, field->name, text, err);
    else if (r->run)
        status = sur_fields_set(&sur_run_fields, r->run, field->name, text, err);
    status = at_line(r, status, err);

done:
    sur_text_free(&value);
    return status;
}

static sur_status read_all(sur_reader *r, sur_error *err)
{
    sur_status status = SUR_OK;
    SUR_TRY(read_head(r, err));
    for (;;) {
        SUR_TRY(next(r, err));
        if (r->event.type == YAML_MAPPING_END_EVENT) break;
        SUR_TRY(read_option(r, err));
    }
    SUR_TRY(next(r, err)); /* the document ends */
    SUR_TRY(next(r, err));
    if (r->event.type != YAML_STREAM_END_EVENT)
        REFUSE(r, "a study file is one document; a second one begins here");

done:
    return status;
}

static sur_status read_bytes(char **bytes, size_t *size, const char *path,
                             sur_error *err)
{
    sur_status status = SUR_OK;
    char *block = NULL;
    FILE *file = fopen(path, "rbe");
    if (!file) return sur_fail(err, SUR_EIO, "%.200s: %s", path, strerror(errno));
    SUR_TRY(sur_alloc(&block, FILE_MOST + 1, 1, err));
    *size = fread(block, 1, (size_t)FILE_MOST + 1, file);
    SUR_FAIL_IF(ferror(file), SUR_EIO, "%.200s: %s", path, strerror(errno));
    SUR_FAIL_IF(*size > (size_t)FILE_MOST, SUR_EINVAL,
                "%.200s: a study file has at most %lld MB", path,
                (long long)(FILE_MOST >> 20));
    *bytes = block;
    block = NULL;

done:
    free(block);
    fclose(file);
    return status;
}

sur_status sur_study_read(sur_study **out, sur_run_options *run, const char *path,
                          const sur_experiment *const *experiments, sur_idx count,
                          sur_error *err)
{
    sur_status status = SUR_OK;
    char *bytes = NULL;
    size_t size = 0;
    sur_error local; /* messages are put together even if the caller wants none */
    if (!err) err = &local;
    sur_reader r = {
        .path = path, .run = run, .experiments = experiments, .count = count};
    *out = NULL;
    SUR_TRY(read_bytes(&bytes, &size, path, err));
    SUR_FAIL_IF(!yaml_parser_initialize(&r.parser), SUR_ENOMEM,
                "no memory to read %.200s", path);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, size);
    status = read_all(&r, err);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (status != SUR_OK) goto done;
    *out = r.study;
    r.study = NULL;

done:
    sur_study_free(r.study);
    free(r.seen);
    free(bytes);
    return status;
}
