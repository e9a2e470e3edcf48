/* forget_ids.c -- a list of row numbers from a file that may hold anything. */
#include "experiments/unlearn/forget.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/files.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const id_names[] = {"id", "ids", "index", "row", "forget", NULL};

/* The column of ids: the only one, or the one called so; -1: none. */
static sur_idx find_column(const sur_table *t)
{
    if (t->cols == 1) return 0;
    for (int k = 0; id_names[k]; k++)
        for (sur_idx j = 0; j < t->cols; j++)
            if (t->column[j].name && strcasecmp(t->column[j].name, id_names[k]) == 0)
                return j;
    return -1;
}

static sur_status read_id(sur_idx *id, const sur_table *t, sur_idx row, sur_idx col,
                          sur_error *err)
{
    const double x = sur_table_get(t, row, col);
    const sur_words *words = t->column[col].words;
    if (words && words->line)
        return sur_fail(err, SUR_EPARSE, "%s:%lld: \"%s\" is no row number", t->file,
                        (long long)words->line, words->example);
    if (words && !isnan(x)) {
        const char *word = sur_words_at(words, (sur_idx)x);
        return sur_fail(err, SUR_EPARSE, "%s, row %lld: \"%s\" is no row number",
                        t->file, (long long)row + 1,
                        sur_shown(word, (sur_idx)strlen(word)).text);
    }
    if (isnan(x))
        return sur_fail(err, SUR_EPARSE, "%s, row %lld: no id", t->file,
                        (long long)row + 1);
    if (x != floor(x) || fabs(x) > 9007199254740992.0)
        return sur_fail(err, SUR_EPARSE, "%s, row %lld: %.17g is no row number",
                        t->file, (long long)row + 1, x);
    *id = (sur_idx)x;
    return SUR_OK;
}

sur_status unlearn_ids_read(sur_idx **ids, sur_idx *count, char checksum[65],
                            const char *path, sur_error *err)
{
    sur_table t;
    sur_idx *found = NULL;
    char sum[65];
    sur_status status = sur_files_table(&t, checksum ? checksum : sum, path, err);
    *ids = NULL;
    *count = 0;
    if (status != SUR_OK) return status;

    const bool line = t.rows == 1; /* of ids one after the other */
    const sur_idx col = line ? 0 : find_column(&t), n = line ? t.cols : t.rows;
    SUR_FAIL_IF(col < 0, SUR_EPARSE,
                "%s: %lld columns, of which none is called id: which are the ids?",
                path, (long long)t.cols);
    SUR_TRY(sur_alloc(&found, n, sizeof *found, err));
    for (sur_idx i = 0; i < n; i++)
        SUR_TRY(read_id(&found[i], &t, line ? 0 : i, line ? i : col, err));
    *ids = found;
    *count = n;
    found = NULL;

done:
    free(found);
    sur_table_free(&t);
    return status;
}
