/* scores.c -- from a file of scores to one block of numbers.
 *
 * Columns are found by name (--score, --member, --group, --weight, or the names other
 * tools use); a table without names has the score first and membership second. */
#include "experiments/privacy/scores.h"
#include "data/files.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const char magic[8] = "surmia1";

typedef struct head {
    char magic[8];
    int64_t count, groups, weighted, names; /* names: bytes */
    char checksum[72];
} head;

/* What is read, before it is put into one block. */
typedef struct raw {
    double *score, *weight;
    uint8_t *member;
    int32_t *group;
    sur_text names;
    sur_idx count, groups;
    char checksum[65];
} raw;

static void raw_free(raw *r)
{
    free(r->score);
    free(r->weight);
    free(r->member);
    free(r->group);
    sur_text_free(&r->names);
}

static const char *const score_names[] = {"score",  "scores", "mia_score", "mia_scores",
                                          "signal", "x",      NULL};
static const char *const member_names[] = {
    "member", "membership", "memberships", "is_member", "members",
    "y_mem",  "in_train",   "keep",        "y",         NULL};
static const char *const group_names[] = {"group", "subgroup", NULL};
static const char *const weight_names[] = {"weight", "weights", NULL};

/* The column of that name, or the first of the known names; -1: none. */
static sur_status find_column(sur_idx *at, const sur_table *t, const char *asked,
                              const char *const *known, sur_error *err)
{
    *at = -1;
    for (int k = 0; asked ? k == 0 : known[k] != NULL; k++) {
        const char *want = asked ? asked : known[k];
        for (sur_idx j = 0; j < t->cols && *at < 0; j++)
            if (t->column[j].name && strcasecmp(t->column[j].name, want) == 0) *at = j;
        if (*at >= 0) return SUR_OK;
    }
    if (!asked) return SUR_OK;
    char *end;
    const long number = strtol(asked, &end, 10);
    if (*asked && !*end && number >= 1 && number <= t->cols) {
        *at = number - 1;
        return SUR_OK;
    }
    return sur_fail(err, SUR_EINVAL, "%s has no column \"%.60s\"", t->file, asked);
}

static sur_status member_of(uint8_t *member, const sur_table *t, sur_idx row,
                            sur_idx col, sur_error *err)
{
    const double x = sur_table_get(t, row, col);
    const sur_words *words = t->column[col].words;
    if (words && !isnan(x)) {
        static const char *const yes[] = {"1", "true", "in", "member", "train", NULL};
        static const char *const no[] = {"0",          "false", "out", "nonmember",
                                         "non-member", "test",  NULL};
        const char *word = sur_words_at(words, (sur_idx)x);
        for (int k = 0; yes[k]; k++)
            if (strcasecmp(word, yes[k]) == 0) return *member = 1, SUR_OK;
        for (int k = 0; no[k]; k++)
            if (strcasecmp(word, no[k]) == 0) return *member = 0, SUR_OK;
        return sur_fail(
            err, SUR_EPARSE, "%s, row %lld: membership \"%s\" is neither 0 nor 1",
            t->file, (long long)row + 1, sur_shown(word, (sur_idx)strlen(word)).text);
    }
    if (x != 0.0 && x != 1.0)
        return sur_fail(err, SUR_EPARSE,
                        "%s, row %lld: membership %g is neither 0 nor 1", t->file,
                        (long long)row + 1, x);
    *member = x == 1.0;
    return SUR_OK;
}

static sur_status read_groups(raw *r, const sur_table *t, sur_idx col, sur_error *err)
{
    const sur_words *words = t->column[col].words;
    double seen[PRIVACY_GROUPS] = {0};
    sur_status status;

    SUR_TRY(sur_alloc(&r->group, t->rows, sizeof *r->group, err));
    for (sur_idx i = 0; i < t->rows; i++) {
        const double x = sur_table_get(t, i, col);
        sur_idx g = 0;
        SUR_FAIL_IF(isnan(x), SUR_EPARSE, "%s, row %lld: no group", t->file,
                    (long long)i + 1);
        while (g < r->groups && seen[g] != x) g++;
        if (g == r->groups) {
            char number[32];
            const char *name =
                words ? sur_words_at(words, (sur_idx)x) : sur_number_text(x, number);
            const sur_label label = sur_shown(name, (sur_idx)strlen(name));
            SUR_FAIL_IF(g == PRIVACY_GROUPS, SUR_EPARSE,
                        "%s: more than %d groups in column %s", t->file, PRIVACY_GROUPS,
                        sur_column_label(t, col).text);
            SUR_TRY(sur_text_format(&r->names, err, "%s", label.text));
            SUR_TRY(sur_text_bytes(&r->names, "", 1, err));
            seen[r->groups++] = x;
        }
        r->group[i] = (int32_t)g;
    }

done:
    return status;
}

static sur_status read_score(double *score, const sur_table *t, sur_idx row,
                             sur_idx col, bool lower, sur_error *err)
{
    const double x = sur_table_get(t, row, col);
    if (isnan(x) || t->column[col].words)
        return sur_fail(err, SUR_EPARSE, "%s, row %lld, column %s: not a number",
                        t->file, (long long)row + 1, sur_column_label(t, col).text);
    *score = lower ? -x : x;
    return SUR_OK;
}

static sur_status read_weight(double *weight, const sur_table *t, sur_idx row,
                              sur_idx col, sur_error *err)
{
    const sur_status status = read_score(weight, t, row, col, false, err);
    if (status != SUR_OK || (*weight >= 0.0 && isfinite(*weight))) return status;
    return sur_fail(err, SUR_EPARSE, "%s, row %lld: weight %g is no share of a record",
                    t->file, (long long)row + 1, *weight);
}

static sur_status read_table(raw *r, const sur_privacy_options *o, char *note,
                             size_t note_size, sur_error *err)
{
    sur_table t;
    sur_idx score, member, group, weight;
    sur_status status = sur_files_table(&t, r->checksum, o->scores, err);
    if (status != SUR_OK) return status;

    SUR_TRY(find_column(&score, &t, o->score, score_names, err));
    SUR_TRY(find_column(&member, &t, o->member, member_names, err));
    SUR_TRY(find_column(&group, &t, o->group, group_names, err));
    SUR_TRY(find_column(&weight, &t, o->data.weight, weight_names, err));
    if (member < 0 && t.target >= 0) member = t.target;
    if (score < 0 && t.cols == 2) score = member >= 0 ? 1 - member : 0;
    if (member < 0 && t.cols == 2) member = 1 - score;
    SUR_FAIL_IF(score < 0 || member < 0 || score == member, SUR_EPARSE,
                "%s: no column of %s; name it by --%s", o->scores,
                score < 0 ? "scores" : "membership", score < 0 ? "score" : "member");
    snprintf(note, note_size, "%s: score %s, membership %s; a %s score means member\n",
             o->scores, sur_column_label(&t, score).text,
             sur_column_label(&t, member).text,
             o->lower_is_member ? "lower" : "higher");
    r->count = t.rows;
    SUR_TRY(sur_alloc(&r->score, t.rows, sizeof *r->score, err));
    SUR_TRY(sur_alloc(&r->member, t.rows, 1, err));
    if (weight >= 0) SUR_TRY(sur_alloc(&r->weight, t.rows, sizeof *r->weight, err));
    for (sur_idx i = 0; i < t.rows; i++) {
        SUR_TRY(read_score(&r->score[i], &t, i, score, o->lower_is_member, err));
        SUR_TRY(member_of(&r->member[i], &t, i, member, err));
        if (weight >= 0) SUR_TRY(read_weight(&r->weight[i], &t, i, weight, err));
    }
    if (group >= 0) SUR_TRY(read_groups(r, &t, group, err));

done:
    sur_table_free(&t);
    return status;
}

/* The score of a row of class probabilities: how sure the model is. */
static sur_status top_probability(double *score, const sur_table *t, sur_idx row,
                                  sur_error *err)
{
    double most = 0.0, sum = 0.0;
    for (sur_idx j = 0; j < t->cols; j++) {
        const double x = sur_table_get(t, row, j);
        if (t->column[j].words || !(x >= 0.0 && x <= 1.0))
            return sur_fail(err, SUR_EPARSE, "%s, row %lld, column %s: no probability",
                            t->file, (long long)row + 1, sur_column_label(t, j).text);
        most = fmax(most, x);
        sum += x;
    }
    if (fabs(sum - 1.0) > 0.01)
        return sur_fail(err, SUR_EPARSE,
                        "%s, row %lld: probabilities sum to %g; name a score by "
                        "--score",
                        t->file, (long long)row + 1, sum);
    *score = most;
    return SUR_OK;
}

static sur_status read_pair(raw *r, const sur_privacy_options *o, sur_error *err)
{
    sur_table t[2];
    char sums[2][65];
    const char *paths[2] = {o->scores, o->nonmembers};
    sur_status status = sur_files_table(&t[0], sums[0], paths[0], err);
    if (status != SUR_OK) return status;
    status = sur_files_table(&t[1], sums[1], paths[1], err);
    if (status != SUR_OK) {
        sur_table_free(&t[0]);
        return status;
    }
    r->count = t[0].rows + t[1].rows;
    SUR_TRY(sur_alloc(&r->score, r->count, sizeof *r->score, err));
    SUR_TRY(sur_alloc(&r->member, r->count, 1, err));
    for (int f = 0, at = 0; f < 2; f++) {
        sur_idx col;
        SUR_TRY(find_column(&col, &t[f], o->score, score_names, err));
        if (col < 0 && t[f].cols == 1) col = 0;
        for (sur_idx i = 0; i < t[f].rows; i++, at++) {
            r->member[at] = f == 0;
            if (col >= 0)
                SUR_TRY(
                    read_score(&r->score[at], &t[f], i, col, o->lower_is_member, err));
            else
                SUR_TRY(top_probability(&r->score[at], &t[f], i, err));
        }
    }
    char both[130];
    memcpy(both, sums[0], 65);
    memcpy(both + 65, sums[1], 65);
    SUR_TRY(sur_sha256_of(r->checksum, both, sizeof both, err));

done:
    sur_table_free(&t[0]);
    sur_table_free(&t[1]);
    return status;
}

static size_t padded(size_t bytes) { return (bytes + 7) / 8 * 8; }

static sur_status pack(void **block, size_t *size, const raw *r, sur_error *err)
{
    const size_t n = (size_t)r->count, names = (size_t)r->names.length;
    const size_t total = sizeof(head) + 8 * n * (r->weight ? 2 : 1) + padded(n) +
                         (r->groups ? padded(4 * n) + padded(names) : 0);
    const sur_status status = sur_alloc(block, (sur_idx)total, 1, err);
    if (status != SUR_OK) return status;
    char *at = *block;
    head h = {.count = r->count,
              .groups = r->groups,
              .weighted = r->weight != NULL,
              .names = r->names.length};
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.checksum, r->checksum, sizeof r->checksum);
    memcpy(at, &h, sizeof h);
    at += sizeof h;
    memcpy(at, r->score, 8 * n);
    at += 8 * n;
    if (r->weight) {
        memcpy(at, r->weight, 8 * n);
        at += 8 * n;
    }
    memcpy(at, r->member, n);
    at += padded(n);
    if (r->groups) {
        memcpy(at, r->group, 4 * n);
        memcpy(at + padded(4 * n), r->names.at, names);
    }
    *size = total;
    return SUR_OK;
}

/* An audit needs members and enough non-members. */
static sur_status check_classes(const raw *r, const char *path, sur_error *err)
{
    sur_idx members = 0;
    for (sur_idx i = 0; i < r->count; i++) members += r->member[i];
    const sur_idx others = r->count - members;
    if (members >= 2 && others >= SUR_AUDIT_LEAST) return SUR_OK;
    return sur_fail(err, SUR_EPARSE,
                    "%s: %lld members and %lld non-members: an audit needs at least 2 "
                    "and %d",
                    path, (long long)members, (long long)others, SUR_AUDIT_LEAST);
}

sur_status privacy_scores_read(void **block, size_t *size,
                               const sur_privacy_options *options, char *note,
                               size_t note_size, sur_error *err)
{
    struct stat about;
    raw r = {0};
    sur_status status;

    *block = NULL;
    *size = 0;
    const bool folder = stat(options->scores, &about) == 0 && S_ISDIR(about.st_mode);
    if (folder)
        SUR_TRY(privacy_lira_folder(&r.score, &r.member, &r.count, r.checksum, options,
                                    err));
    else if (options->nonmembers)
        SUR_TRY(read_pair(&r, options, err));
    else
        SUR_TRY(read_table(&r, options, note, note_size, err));
    SUR_TRY(check_classes(&r, options->scores, err));
    SUR_TRY(pack(block, size, &r, err));

done:
    raw_free(&r);
    return status;
}

sur_status privacy_scores_view(privacy_scores *view, const void *block, size_t size,
                               sur_error *err)
{
    head h;
    const char *at = block;
    *view = (privacy_scores){0};
    if (!block || size < sizeof h || memcmp(at, magic, sizeof magic) != 0)
        return sur_fail(err, SUR_EPARSE, "not a block of scores");
    memcpy(&h, at, sizeof h);
    const size_t n = (size_t)h.count;
    view->count = h.count;
    view->groups = h.groups;
    view->checksum = at + offsetof(head, checksum);
    at += sizeof h;
    view->score = (const double *)(const void *)at;
    at += 8 * n;
    if (h.weighted) {
        view->weight = (const double *)(const void *)at;
        at += 8 * n;
    }
    view->member = (const uint8_t *)at;
    at += padded(n);
    if (h.groups) {
        view->group = (const int32_t *)(const void *)at;
        view->names = at + padded(4 * n);
    }
    return SUR_OK;
}
