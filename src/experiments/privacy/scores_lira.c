/* scores_lira.c -- the folder of the likelihood ratio attack's public code: for every
 * model a folder with keep.npy (which records it saw) and scores/NUMBER.npy (records x
 * augmentations); the last number counts. Or all models' keep in one array beside a
 * folder scores with one file per model. Augmentations are averaged. */
#include "data/files.h"
#include "experiments/privacy/scores.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include "base/checksum.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MODELS_MOST = 4096 };

typedef struct names {
    char *at[MODELS_MOST];
    sur_idx count;
} names;

static void names_free(names *n)
{
    for (sur_idx i = 0; i < n->count; i++) free(n->at[i]);
    n->count = 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool exists(const char *folder, const char *file)
{
    sur_text path = {0};
    struct stat about;
    const bool found = sur_text_format(&path, NULL, "%s/%s", folder, file) == SUR_OK &&
                       stat(path.at, &about) == 0;
    sur_text_free(&path);
    return found;
}

/* Entries of folder/below, sorted, as full paths: those with keep.npy in them, or those
 * that end in .npy. */
static sur_status list(names *out, const char *folder, const char *below, bool folders,
                       sur_error *err)
{
    sur_text path = {0};
    DIR *dir = NULL;
    sur_status status;

    SUR_TRY(sur_text_format(&path, err, "%s%s", folder, below));
    dir = opendir(path.at);
    SUR_FAIL_IF(!dir, SUR_EIO, "%s: cannot be listed", path.at);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const size_t length = strlen(e->d_name);
        sur_text full = {0};
        if (e->d_name[0] == '.') continue;
        SUR_TRY(sur_text_format(&full, err, "%s/%s", path.at, e->d_name));
        const bool wanted =
            folders ? exists(full.at, "keep.npy")
                    : length > 4 && strcmp(e->d_name + length - 4, ".npy") == 0;
        if (!wanted || out->count == MODELS_MOST) {
            sur_text_free(&full);
            continue;
        }
        out->at[out->count++] = full.at;
    }
    qsort(out->at, (size_t)out->count, sizeof *out->at, by_text);

done:
    if (dir) closedir(dir);
    sur_text_free(&path);
    return status;
}

typedef struct pile {
    double *signal; /* [models x records] */
    uint8_t *keep;
    sur_idx models, records, capacity;
    sur_text sums; /* checksums of all files */
} pile;

static sur_status read_scores(pile *p, const char *path, sur_error *err)
{
    sur_table t;
    char sum[65];
    sur_status status = sur_files_table(&t, sum, path, err);
    if (status != SUR_OK) return status;
    SUR_TRY(sur_text_add(&p->sums, sum, err));
    if (p->models == 0) p->records = t.rows;
    SUR_FAIL_IF(t.rows != p->records, SUR_EPARSE, "%s: %lld records, not %lld", path,
                (long long)t.rows, (long long)p->records);
    SUR_TRY(
        sur_resize(&p->signal, (p->models + 1) * p->records, sizeof *p->signal, err));
    for (sur_idx i = 0; i < t.rows; i++) {
        double sum_of = 0.0;
        for (sur_idx j = 0; j < t.cols; j++) sum_of += sur_table_get(&t, i, j);
        SUR_FAIL_IF(isnan(sum_of), SUR_EPARSE, "%s, row %lld: not a number", path,
                    (long long)i + 1);
        p->signal[p->models * p->records + i] = sum_of / (double)t.cols;
    }

done:
    sur_table_free(&t);
    return status;
}

/* Row `row` of an array of keep (one column: row by row). */
static sur_status read_keep(pile *p, const char *path, sur_idx row, sur_error *err)
{
    sur_table t;
    char sum[65];
    sur_status status = sur_files_table(&t, sum, path, err);
    if (status != SUR_OK) return status;
    SUR_TRY(sur_text_add(&p->sums, sum, err));
    const bool flat = row < 0;
    SUR_FAIL_IF(flat ? t.rows != p->records || t.cols != 1
                     : t.cols != p->records || row >= t.rows,
                SUR_EPARSE, "%s: %lld x %lld does not fit %lld records", path,
                (long long)t.rows, (long long)t.cols, (long long)p->records);
    SUR_TRY(sur_resize(&p->keep, (p->models + 1) * p->records, 1, err));
    for (sur_idx i = 0; i < p->records; i++) {
        const double x = flat ? sur_table_get(&t, i, 0) : sur_table_get(&t, row, i);
        SUR_FAIL_IF(x != 0.0 && x != 1.0, SUR_EPARSE, "%s: %g is neither 0 nor 1", path,
                    x);
        p->keep[p->models * p->records + i] = x == 1.0;
    }
    p->models++;

done:
    sur_table_free(&t);
    return status;
}

static sur_status read_model(pile *p, const char *folder, sur_error *err)
{
    names files = {0};
    sur_text keep = {0};
    sur_status status;
    SUR_TRY(list(&files, folder, "/scores", false, err));
    SUR_FAIL_IF(files.count == 0, SUR_EPARSE, "%s/scores holds no .npy file", folder);
    SUR_TRY(read_scores(p, files.at[files.count - 1], err));
    SUR_TRY(sur_text_format(&keep, err, "%s/keep.npy", folder));
    SUR_TRY(read_keep(p, keep.at, -1, err));

done:
    sur_text_free(&keep);
    names_free(&files);
    return status;
}

static sur_status read_beside(pile *p, const char *folder, sur_error *err)
{
    names files = {0};
    sur_text keep = {0};
    sur_status status;
    SUR_TRY(sur_text_format(&keep, err, "%s/keep.npy", folder));
    SUR_TRY(list(&files, folder, "/scores", false, err));
    for (sur_idx m = 0; m < files.count; m++) {
        SUR_TRY(read_scores(p, files.at[m], err));
        SUR_TRY(read_keep(p, keep.at, m, err));
    }

done:
    sur_text_free(&keep);
    names_free(&files);
    return status;
}

sur_status privacy_lira_folder(double **score, uint8_t **member, sur_idx *count,
                               char checksum[65], const sur_privacy_options *options,
                               sur_error *err)
{
    names *models = NULL;
    pile p = {0};
    sur_status status;

    SUR_TRY(sur_alloc(&models, 1, sizeof *models, err));
    if (exists(options->scores, "keep.npy"))
        SUR_TRY(read_beside(&p, options->scores, err));
    else
        SUR_TRY(list(models, options->scores, "", true, err));
    for (sur_idx m = 0; m < models->count; m++)
        SUR_TRY(read_model(&p, models->at[m], err));
    SUR_FAIL_IF(p.models < 3, SUR_EPARSE,
                "%s: %lld models with keep.npy and scores/*.npy; a target and two "
                "shadows are the least",
                options->scores, (long long)p.models);
    const sur_idx last = (p.models - 1) * p.records;
    const sur_signals signals = {.models = p.models - 1,
                                 .records = p.records,
                                 .in = p.signal,
                                 .out = p.signal,
                                 .keep = p.keep};
    const bool fixed = options->spread == SPREAD_AUTO ? p.models - 1 < 64
                                                      : options->spread == SPREAD_FIXED;
    SUR_TRY(sur_alloc(score, p.records, sizeof **score, err));
    SUR_TRY(sur_alloc(member, p.records, 1, err));
    status = sur_attack_lira(*score, &signals, p.signal + last,
                             options->mode == SIGNAL_ONLINE, fixed, err);
    if (status == SUR_EINVAL) status = SUR_EPARSE; /* the folder's fault */
    SUR_TRY(status);
    memcpy(*member, p.keep + last, (size_t)p.records);
    *count = p.records;
    SUR_TRY(sur_sha256_of(checksum, p.sums.at, (size_t)p.sums.length, err));

done:
    if (models) names_free(models);
    free(models);
    free(p.signal);
    free(p.keep);
    sur_text_free(&p.sums);
    return status;
}
