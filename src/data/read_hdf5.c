/* read_hdf5.c -- HDF5 files: which data sets are the features, the target, the classes.
 *
 * FILE:/a/x names a data set of features, FILE:/a,/b/x several side by side, FILE:/a a
 * group, FILE alone the group /. In a group, names tell roles as in an NPZ archive; a
 * group with the groups train and test is both; a group with a compound data set
 * "table" is what pandas and PyTables write; --classes stacks one data set per class.
 * [first:last] at the end of a path takes some of the rows. */
#include "data/hdf5.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

static bool probe(const char *bytes, sur_idx count)
{
    static const char magic[8] = "\x89HDF\r\n\x1a\n";
    for (sur_idx at = 0; at + 8 <= count;
         at = at ? 2 * at : 512) /* a user block first */
        if (memcmp(bytes + at, magic, 8) == 0) return true;
    return false;
}

/* Cuts "[first:last]" off the end. */
static sur_status cut_slice(sur_h5_reading *r, char *path, sur_error *err)
{
    char *bracket = strrchr(path, '['), *end;
    const size_t length = strlen(path);
    r->last = -1;
    if (!bracket || path[length - 1] != ']') return SUR_OK;
    long long first = strtoll(bracket + 1, &end, 10), last = -1;
    bool ok = *end == ':' && first >= 0;
    if (ok && end[1] != ']') {
        last = strtoll(end + 1, &end, 10);
        ok = last > first && end == path + length - 1;
    }
    if (!ok)
        return sur_fail(err, SUR_EINVAL, "%s: rows are asked for as [0:1000], not %s",
                        r->h5.source->name,
                        sur_shown(bracket, (sur_idx)strlen(bracket)).text);
    *bracket = '\0';
    r->first = first, r->last = last;
    return SUR_OK;
}

/* The class of each row, after the sets it came from. */
static sur_status add_classes(sur_table *table, char **paths, sur_idx count,
                              const sur_h5_reading *r, sur_error *err)
{
    const sur_h5_matrix *sets = &r->matrix[0];
    sur_idx row = 0;
    sur_status status;
    SUR_TRY(sur_table_add_column(table, "class", err));
    sur_column *column = &table->column[table->cols - 1];
    SUR_TRY(sur_alloc(&column->values, table->rows, sizeof(double), err));
    SUR_TRY(sur_alloc(&column->words, 1, sizeof *column->words, err));
    for (sur_idx k = 0; k < count; k++) {
        const char *slash = strrchr(paths[k], '/');
        const char *name = slash ? slash + 1 : paths[k];
        double code;
        SUR_TRY(sur_words_add(column->words, name, (sur_idx)strlen(name), &code, err));
        for (sur_idx i = 0; i < sets->sets[k].rows && row < table->rows; i++)
            column->values[row++] = code;
    }
    table->target = table->cols - 1;
done:
    return status;
}

static sur_status read_classes(sur_table *table, const char *group, sur_h5_reading *r,
                               sur_error *err)
{
    char **names = NULL, **paths = NULL;
    sur_text path = {0};
    sur_idx count = 0;
    sur_status status;
    SUR_TRY(sur_list_split(&names, &count, r->request->options->classes, err));
    SUR_FAIL_IF(count < 2 || count > 1000, SUR_EINVAL,
                "--classes needs two data sets or more, as /QCD,/TT");
    SUR_TRY(sur_alloc(&paths, count, sizeof *paths, err));
    for (sur_idx k = 0; k < count; k++) {
        SUR_TRY(sur_h5_join(&path, *names[k] == '/' ? "" : group, names[k], err));
        SUR_TRY(sur_copy_text(&paths[k], path.at, err));
    }
    SUR_TRY(sur_h5_add_sets(table, paths, count, true, r, err));
    SUR_TRY(add_classes(table, paths, count, r, err));
done:
    for (sur_idx k = 0; k < count && paths; k++) free(paths[k]);
    free(paths);
    free(names);
    sur_text_free(&path);
    return status;
}

static sur_status read_part(sur_table *table, sur_table *test, sur_h5_reading *r,
                            sur_error *err)
{
    const char *inside = r->request->inside, *classes = r->request->options->classes;
    char **paths = NULL, *text = NULL;
    sur_idx count = 0;
    sur_status status;
    SUR_TRY(sur_copy_text(&text, inside && *inside ? inside : "/", err));
    SUR_TRY(cut_slice(r, text, err));
    SUR_TRY(sur_list_split(&paths, &count, *text ? text : "/", err));
    SUR_FAIL_IF(count == 0 || count > 1000, SUR_EINVAL, "%s: names no data set",
                r->h5.source->name);
    if (classes && *classes)
        status = read_classes(table, paths[0], r, err);
    else if (count == 1 && sur_h5_kind_of(&r->h5, paths[0]) == H5I_GROUP)
        status = sur_h5_add_group(table, test, paths[0], r, err);
    else
        status = sur_h5_add_sets(table, paths, count, false, r, err);
done:
    free(paths);
    free(text);
    return status;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    sur_h5_reading r = {.request = request, .last = -1};
    sur_status status = sur_h5_open(&r.h5, source, err);
    if (status == SUR_OK) status = read_part(table, test, &r, err);
    if (status == SUR_OK) status = sur_h5_pour(&r, err);
    sur_h5_reading_close(&r);
    return status;
}

const sur_format sur_format_hdf5 = {.name = "HDF5",
                                    .extensions = ".h5 .hdf5 .hdf .he5",
                                    .probe = probe,
                                    .parts = true,
                                    .blocks = true,
                                    .foreign = true,
                                    .read = read_table};
