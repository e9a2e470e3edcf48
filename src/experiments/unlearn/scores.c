/* scores.c -- from a table of predictions to one block of numbers. */
#include "experiments/unlearn/scores.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/files.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_RETRAINED = UNLEARN_SCORED_MOST - 2 };

/* What a column says of a model. */
enum { SAYS_CLASS, SAYS_P, SAYS_LOSS, SAYS_KINDS };

/* The columns of one model; -1: none. */
typedef struct source {
    sur_idx column[SAYS_KINDS];
    sur_idx *p; /* [classes] of MODEL_p_NAME; NULL: none */
} source;

typedef struct reading {
    sur_table table;
    sur_idx part, label; /* columns */
    source source[UNLEARN_SCORED_MOST];
    int number[UNLEARN_SCORED_MOST]; /* the name's: retrained_3 has 3 */
    int models;                      /* with those that have no columns */
    sur_text names;                  /* of the classes, each ended by a zero byte */
    sur_idx *start;                  /* [classes] where a name begins */
    sur_idx classes;
    uint8_t *in;    /* [rows] part of each row */
    sur_idx *order; /* [rows] rows by part */
    unlearn_scores found;
    int32_t *label_of, *class_of[UNLEARN_SCORED_MOST];
    double *p_of[UNLEARN_SCORED_MOST];
    char checksum[65];
} reading;

static void reading_free(reading *r)
{
    sur_table_free(&r->table);
    sur_text_free(&r->names);
    free(r->start);
    free(r->in);
    free(r->order);
    free(r->label_of);
    for (int m = 0; m < UNLEARN_SCORED_MOST; m++) {
        free(r->source[m].p);
        free(r->class_of[m]);
        free(r->p_of[m]);
    }
}

/* ---- columns ---- */

/* The model a column's name begins with: 0 original, 1 unlearned, 1 + n the n-th
 * retrained; -1: none. *rest is what follows. */
static int model_of(const char *name, const char **rest)
{
    static const char *const stems[] = {"original", "unlearned", "retrained"};
    for (int m = 0; m < 3; m++) {
        const size_t length = strlen(stems[m]);
        if (strncasecmp(name, stems[m], length) != 0) continue;
        const char *at = name + length;
        long n = 1;
        if (m == 2) {
            const char *digits = at + (*at == '_');
            if (isdigit((unsigned char)*digits)) n = strtol(digits, (char **)&at, 10);
            if (n < 1 || n > MOST_RETRAINED) return -1;
        }
        if (*at && *at != '_') return -1;
        *rest = at;
        return m + (int)n - 1;
    }
    return -1;
}

static sur_idx find(const sur_table *t, const char *const *known)
{
    for (int k = 0; known[k]; k++)
        for (sur_idx j = 0; j < t->cols; j++)
            if (t->column[j].name && strcasecmp(t->column[j].name, known[k]) == 0)
                return j;
    return -1;
}

static sur_status find_columns(reading *r, sur_error *err)
{
    static const char *const part[] = {"part", "split", "set", NULL};
    static const char *const label[] = {"label", "y", "target", "class", NULL};
    static const char *const says[SAYS_KINDS] = {"", "_p", "_loss"};
    const sur_table *t = &r->table;
    sur_status status = SUR_OK;

    r->part = find(t, part);
    r->label = find(t, label);
    SUR_FAIL_IF(r->part < 0 || r->label < 0, SUR_EPARSE,
                "%s has no column \"%s\"; docs/unlearn.md says what it needs", t->file,
                r->part < 0 ? "part" : "label");
    for (int m = 0; m < UNLEARN_SCORED_MOST; m++)
        for (int s = 0; s < SAYS_KINDS; s++) r->source[m].column[s] = -1;
    for (sur_idx j = 0; j < t->cols; j++) {
        const char *rest, *name = t->column[j].name;
        const int m = name ? model_of(name, &rest) : -1;
        if (m < 0) continue;
        for (int s = 0; s < SAYS_KINDS; s++)
            if (strcasecmp(rest, says[s]) == 0) {
                SUR_FAIL_IF(r->source[m].column[s] >= 0, SUR_EPARSE,
                            "%s has two columns %s", t->file,
                            sur_column_label(t, j).text);
                r->source[m].column[s] = j;
            }
        if (m + 1 > r->models) r->models = m + 1;
    }

done:
    return status;
}

/* ---- classes ---- */

/* A cell as the name of a class; NULL if it is empty. */
static const char *name_at(const reading *r, sur_idx row, sur_idx col, char number[32])
{
    const double x = sur_table_get(&r->table, row, col);
    const sur_words *words = r->table.column[col].words;
    if (isnan(x)) return NULL;
    return words ? sur_words_at(words, (sur_idx)x) : sur_number_text(x, number);
}

static sur_idx find_class(const reading *r, const char *name)
{
    for (sur_idx c = 0; c < r->classes; c++)
        if (strcmp(r->names.at + r->start[c], name) == 0) return c;
    return -1;
}

static sur_status add_class(reading *r, sur_idx *class, const char *name,
                            sur_error *err)
{
    sur_status status = SUR_OK;
    *class = find_class(r, name);
    if (*class >= 0) return SUR_OK;
    SUR_FAIL_IF(r->classes == UNLEARN_CLASSES_MOST, SUR_EPARSE,
                "%s has more than %d classes", r->table.file, UNLEARN_CLASSES_MOST);
    *class = r->classes;
    r->start[r->classes] = r->names.length;
    SUR_TRY(sur_text_add(&r->names, name, err));
    SUR_TRY(sur_text_bytes(&r->names, "", 1, err));
    r->classes++;

done:
    return status;
}

/* Every label and every class that a model gives, in the order of the file. */
static sur_status collect_classes(reading *r, sur_error *err)
{
    char number[32];
    sur_idx class;
    sur_status status;
    SUR_TRY(sur_alloc(&r->start, UNLEARN_CLASSES_MOST, sizeof *r->start, err));
    for (sur_idx i = 0; i < r->table.rows; i++)
        for (int m = -1; m < r->models; m++) {
            const sur_idx col = m < 0 ? r->label : r->source[m].column[SAYS_CLASS];
            const char *name = col < 0 ? NULL : name_at(r, i, col, number);
            if (name) SUR_TRY(add_class(r, &class, name, err));
            SUR_FAIL_IF(!name && m < 0, SUR_EPARSE, "%s, row %lld: no label",
                        r->table.file, (long long)i + 1);
        }

done:
    return status;
}

/* The columns MODEL_p_NAME of classes that occur. */
static sur_status find_shares(reading *r, sur_error *err)
{
    const sur_table *t = &r->table;
    sur_status status = SUR_OK;
    for (sur_idx j = 0; j < t->cols; j++) {
        const char *rest, *name = t->column[j].name;
        const int m = name ? model_of(name, &rest) : -1;
        if (m < 0 || strncasecmp(rest, "_p_", 3) != 0) continue;
        source *s = &r->source[m];
        sur_idx class;
        SUR_TRY(add_class(r, &class, rest + 3, err));
        if (!s->p) {
            SUR_TRY(sur_alloc(&s->p, UNLEARN_CLASSES_MOST, sizeof *s->p, err));
            for (sur_idx c = 0; c < UNLEARN_CLASSES_MOST; c++) s->p[c] = -1;
        }
        s->p[class] = j;
    }
    for (int m = 0; m < r->models; m++)
        for (sur_idx c = 0; r->source[m].p && c < r->classes; c++)
            SUR_FAIL_IF(r->source[m].p[c] < 0, SUR_EPARSE,
                        "%s gives shares of some classes but none of \"%s\"", t->file,
                        sur_shown(r->names.at + r->start[c],
                                  (sur_idx)strlen(r->names.at + r->start[c]))
                            .text);

done:
    return status;
}

/* ---- rows ---- */

static sur_status read_parts(reading *r, sur_error *err)
{
    static const struct {
        const char *name;
        int part;
    } names[] = {{"retain", UNLEARN_RETAIN},    {"retained", UNLEARN_RETAIN},
                 {"train", UNLEARN_RETAIN},     {"forget", UNLEARN_FORGET},
                 {"forgotten", UNLEARN_FORGET}, {"validation", UNLEARN_VALIDATION},
                 {"val", UNLEARN_VALIDATION},   {"test", UNLEARN_TEST}};
    const sur_idx rows = r->table.rows;
    char number[32];
    sur_status status;
    SUR_TRY(sur_alloc(&r->in, rows, 1, err));
    SUR_TRY(sur_alloc(&r->order, rows, sizeof *r->order, err));
    for (sur_idx i = 0; i < rows; i++) {
        const char *name = name_at(r, i, r->part, number);
        size_t k = 0;
        SUR_FAIL_IF(!name, SUR_EPARSE, "%s, row %lld: no part", r->table.file,
                    (long long)i + 1);
        while (k < sizeof names / sizeof *names && strcasecmp(name, names[k].name) != 0)
            k++;
        SUR_FAIL_IF(k == sizeof names / sizeof *names, SUR_EPARSE,
                    "%s, row %lld: \"%s\" is none of retain, forget, validation, test",
                    r->table.file, (long long)i + 1,
                    sur_shown(name, (sur_idx)strlen(name)).text);
        r->in[i] = (uint8_t)names[k].part;
        r->found.size[names[k].part]++;
    }
    for (sur_idx part = 0, at = 0; part < UNLEARN_PARTS; part++)
        for (sur_idx i = 0; i < rows; i++)
            if (r->in[i] == part) r->order[at++] = i;

done:
    return status;
}

/* A share in [0, 1], or e^-loss; NAN of an empty cell. */
static sur_status read_share(double *share, const reading *r, sur_idx row, sur_idx col,
                             bool loss, sur_error *err)
{
    const sur_table *t = &r->table;
    const double x = sur_table_get(t, row, col);
    if (t->column[col].words || (!isnan(x) && !(x >= 0.0 && (loss || x <= 1.0))))
        return sur_fail(err, SUR_EPARSE, "%s, row %lld, column %s: no %s", t->file,
                        (long long)row + 1, sur_column_label(t, col).text,
                        loss ? "loss" : "probability");
    *share = loss ? exp(-x) : x;
    return SUR_OK;
}

/* All shares of a row; *class is the largest. */
static sur_status read_shares(double *p, int32_t *class, const reading *r, int m,
                              sur_idx row, sur_error *err)
{
    double sum = 0.0;
    sur_status status = SUR_OK;
    *class = 0;
    for (sur_idx c = 0; c < r->classes; c++) {
        SUR_TRY(read_share(&p[c], r, row, r->source[m].p[c], false, err));
        sum += p[c];
        if (p[c] > p[*class]) *class = (int32_t)c;
    }
    if (isnan(sum)) *class = -1;
    SUR_FAIL_IF(fabs(sum - 1.0) > 0.01, SUR_EPARSE,
                "%s, row %lld: the shares of %s sum to %g", r->table.file,
                (long long)row + 1, sur_column_label(&r->table, r->source[m].p[0]).text,
                sum);

done:
    return status;
}

/* The share of the label, and the rest to the class given, or to all others. */
static void spread(double *p, sur_idx classes, sur_idx label, sur_idx class,
                   double share)
{
    for (sur_idx c = 0; c < classes; c++)
        p[c] =
            c == label || class != label ? 0.0 : (1.0 - share) / (double)(classes - 1);
    if (class != label) p[class] = 1.0 - share;
    p[label] = share;
}

/* What model m says of row i, at place `at`; class -1: nothing. */
static sur_status read_answer(reading *r, int m, sur_idx at, sur_error *err)
{
    const source *s = &r->source[m];
    const sur_idx row = r->order[at];
    const int says = s->column[SAYS_P] >= 0 ? SAYS_P : SAYS_LOSS;
    double *p = r->p_of[m] ? r->p_of[m] + at * r->classes : NULL, share;
    int32_t *class = &r->class_of[m][at];
    char number[32];
    sur_status status = SUR_OK;

    *class = -1;
    if (p && s->p) SUR_TRY(read_shares(p, class, r, m, row, err));
    if (s->column[SAYS_CLASS] >= 0) {
        const char *name = name_at(r, row, s->column[SAYS_CLASS], number);
        *class = name ? (int32_t)find_class(r, name) : -1;
    }
    if (!p || s->p || *class < 0) goto done;
    SUR_TRY(read_share(&share, r, row, s->column[says], says == SAYS_LOSS, err));
    SUR_FAIL_IF(isnan(share), SUR_EPARSE,
                "%s, row %lld: a class without its probability", r->table.file,
                (long long)row + 1);
    spread(p, r->classes, r->label_of[at], *class, share);

done:
    return status;
}

/* A model answers all rows of a part or none. */
static sur_status read_model(reading *r, int m, sur_error *err)
{
    const source *s = &r->source[m];
    const bool graded = s->p || s->column[SAYS_P] >= 0 || s->column[SAYS_LOSS] >= 0;
    sur_status status;
    SUR_TRY(sur_alloc(&r->class_of[m], r->table.rows, sizeof(int32_t), err));
    if (!s->p && s->column[SAYS_CLASS] < 0) {
        SUR_FAIL_IF(graded, SUR_EPARSE,
                    "%s: probabilities of a label, but no class given: add a column of "
                    "classes beside %s",
                    r->table.file,
                    sur_column_label(&r->table, s->column[SAYS_P] >= 0
                                                    ? s->column[SAYS_P]
                                                    : s->column[SAYS_LOSS])
                        .text);
        goto done;
    }
    r->found.graded[m] = graded;
    if (r->found.graded[m])
        SUR_TRY(
            sur_alloc(&r->p_of[m], r->table.rows * r->classes, sizeof(double), err));
    for (sur_idx part = 0, at = 0; part < UNLEARN_PARTS; part++) {
        const sur_idx first = at, end = at + r->found.size[part];
        for (; at < end; at++) {
            SUR_TRY(read_answer(r, m, at, err));
            const bool answers = r->class_of[m][at] >= 0;
            if (at == first) r->found.has[m][part] = answers;
            SUR_FAIL_IF(
                answers != r->found.has[m][part], SUR_EPARSE,
                "%s, row %lld: a model answers some rows of a part and not this "
                "one",
                r->table.file, (long long)r->order[at] + 1);
        }
    }

done:
    return status;
}

/* ---- the block ---- */

static const char magic[8] = "surunsc";

typedef struct head {
    char magic[8];
    unlearn_scores found; /* its pointers are set by the view */
    char checksum[72];
} head;

static size_t bytes_of(const unlearn_scores *s)
{
    const size_t n = (size_t)s->count, padded = (4 * n + 7) / 8 * 8;
    size_t size = sizeof(head) + padded;
    for (int m = 0; m < s->models; m++)
        size += padded + (s->graded[m] ? 8 * n * (size_t)s->classes : 0);
    return size;
}

static sur_status pack(void **block, size_t *size, const reading *r, sur_error *err)
{
    const size_t n = (size_t)r->found.count, padded = (4 * n + 7) / 8 * 8;
    head h = {.found = r->found};
    char *at;
    *size = bytes_of(&r->found);
    const sur_status status = sur_alloc(block, (sur_idx)*size, 1, err);
    if (status != SUR_OK) return status;
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.checksum, r->checksum, sizeof r->checksum);
    at = *block;
    memcpy(at, &h, sizeof h);
    at += sizeof h;
    memcpy(at, r->label_of, 4 * n);
    at += padded;
    for (int m = 0; m < r->found.models; m++) {
        memcpy(at, r->class_of[m], 4 * n);
        at += padded;
        if (!r->found.graded[m]) continue;
        memcpy(at, r->p_of[m], 8 * n * (size_t)r->classes);
        at += 8 * n * (size_t)r->classes;
    }
    return SUR_OK;
}

sur_status unlearn_scores_view(unlearn_scores *view, const void *block, size_t size,
                               sur_error *err)
{
    head h;
    const char *at = block;
    *view = (unlearn_scores){0};
    if (!block || size < sizeof h || memcmp(at, magic, sizeof magic) != 0)
        return sur_fail(err, SUR_EPARSE, "not a block of predictions");
    memcpy(&h, at, sizeof h);
    if (h.found.models < 0 || h.found.models > UNLEARN_SCORED_MOST ||
        bytes_of(&h.found) != size)
        return sur_fail(err, SUR_EPARSE, "a damaged block of predictions");
    const size_t n = (size_t)h.found.count, padded = (4 * n + 7) / 8 * 8;
    *view = h.found;
    view->checksum = at + offsetof(head, checksum);
    at += sizeof h;
    view->label = (const int32_t *)(const void *)at;
    at += padded;
    for (int m = 0; m < view->models; m++) {
        view->class[m] = (const int32_t *)(const void *)at;
        at += padded;
        view->p[m] = view->graded[m] ? (const double *)(const void *)at : NULL;
        if (view->graded[m]) at += 8 * n * (size_t)view->classes;
    }
    return SUR_OK;
}

/* The unlearned model answers what matters, and the others what it answers. */
static sur_status check_whole(const reading *r, sur_error *err)
{
    static const char *const parts[] = {"retain", "forget", "validation", "test"};
    for (int part = UNLEARN_FORGET; part < UNLEARN_PARTS; part += 2)
        if (!r->found.has[1][part])
            return sur_fail(err, SUR_EPARSE,
                            "%s: the unlearned model answers no %s rows", r->table.file,
                            parts[part]);
    for (int m = 0; m < r->models; m++)
        for (int part = 0; part < UNLEARN_PARTS; part++)
            if (r->found.size[part] > 0 && r->found.has[m][UNLEARN_TEST] &&
                !r->found.has[m][part])
                return sur_fail(
                    err, SUR_EPARSE,
                    "%s: a model answers test rows, but not those of %s (%s)",
                    r->table.file, parts[part],
                    m == 0   ? "original"
                    : m == 1 ? "unlearned"
                             : "retrained");
    return SUR_OK;
}

sur_status unlearn_scores_read(void **block, size_t *size, const char *path, char *note,
                               size_t note_size, sur_error *err)
{
    reading r = {.models = 2};
    char number[32];
    sur_status status = sur_files_table(&r.table, r.checksum, path, err);
    *block = NULL;
    *size = 0;
    if (status != SUR_OK) return status;

    SUR_TRY(find_columns(&r, err));
    SUR_TRY(read_parts(&r, err));
    SUR_TRY(collect_classes(&r, err));
    SUR_TRY(find_shares(&r, err));
    SUR_FAIL_IF(r.classes < 2, SUR_EPARSE, "%s: there is one class only", path);
    r.found.count = r.table.rows;
    r.found.classes = r.classes;
    r.found.models = r.models;
    SUR_TRY(sur_alloc(&r.label_of, r.table.rows, sizeof *r.label_of, err));
    for (sur_idx at = 0; at < r.table.rows; at++)
        r.label_of[at] =
            (int32_t)find_class(&r, name_at(&r, r.order[at], r.label, number));
    for (int m = 0; m < r.models; m++) SUR_TRY(read_model(&r, m, err));
    SUR_TRY(check_whole(&r, err));
    if (note)
        snprintf(note, note_size,
                 "%s: %lld retained, %lld forgotten, %lld validation and %lld test "
                 "examples of %lld classes\n",
                 path, (long long)r.found.size[0], (long long)r.found.size[1],
                 (long long)r.found.size[2], (long long)r.found.size[3],
                 (long long)r.classes);
    SUR_TRY(pack(block, size, &r, err));

done:
    reading_free(&r);
    return status;
}
