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
#include "data/block.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reading {
    sur_h5 h5;
    const sur_request *request;
    sur_idx first, last; /* rows; last -1: to the end */
} reading;

static bool probe(const char *bytes, sur_idx count)
{
    static const char magic[8] = "\x89HDF\r\n\x1a\n";
    for (sur_idx at = 0; at + 8 <= count;
         at = at ? 2 * at : 512) /* a user block first */
        if (memcmp(bytes + at, magic, 8) == 0) return true;
    return false;
}

/* ---- paths ---- */

/* "a/b" of "a/b/c"; "" of "c". */
static sur_status join(sur_text *path, const char *group, const char *name,
                       sur_error *err)
{
    path->length = 0;
    const size_t length = strlen(group);
    const bool slash = length && group[length - 1] != '/' && *name;
    return sur_text_format(path, err, "%s%s%s", group, slash ? "/" : "", name);
}

/* A name beside the set `path` in its group. */
static sur_status beside(sur_text *out, const char *path, const char *name,
                         sur_error *err)
{
    const char *slash = strrchr(path, '/');
    out->length = 0;
    if (!slash) return sur_text_add(out, name, err);
    return sur_text_format(out, err, "%.*s/%s", (int)(slash - path), path, name);
}

static sur_status open_set(sur_h5_set *set, const reading *r, const char *path,
                           sur_error *err)
{
    sur_status status = sur_h5_set_open(set, &r->h5, path, err);
    if (status == SUR_OK && (r->first > 0 || r->last >= 0))
        status = sur_h5_set_slice(set, &r->h5, r->first, r->last, err);
    return status;
}

/* Cuts "[first:last]" off the end. */
static sur_status cut_slice(reading *r, char *path, sur_error *err)
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

/* ---- names of columns ---- */

typedef struct name_sink {
    sur_table *table;
    sur_idx first, count, repeats; /* columns first + k * count + i get name i */
} name_sink;

static sur_status set_name(void *payload, sur_idx i, const char *text, sur_idx length,
                           sur_error *err)
{
    const name_sink *to = payload;
    for (sur_idx k = 0; k < to->repeats && length; k++) {
        char **name = &to->table->column[to->first + k * to->count + i].name;
        sur_text more = {0};
        sur_status status = to->repeats == 1 ? sur_text_add(&more, text, err)
                                             : sur_text_format(&more, err, "%s.%lld",
                                                               text, (long long)k + 1);
        if (status != SUR_OK) return status;
        free(*name);
        *name = more.at;
    }
    return SUR_OK;
}

/* Names the columns of a set, of which the first is `at`, by a set of text beside it.
 */
static sur_status name_columns(sur_table *table, sur_idx at, const sur_h5_set *set,
                               const reading *r, sur_error *err)
{
    static const char *const names[] = {"columns", "feature_names", "labels", "names"};
    const sur_idx last = set->dims > 1 ? set->shape[set->dims - 1] : 1;
    sur_h5_set texts = {.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    sur_text path = {0};
    sur_status status = SUR_OK;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        SUR_TRY(beside(&path, set->path, names[k], err));
        if (sur_h5_kind_of(&r->h5, path.at) != H5I_DATASET) continue;
        sur_h5_set_close(&texts);
        if (sur_h5_set_open(&texts, &r->h5, path.at, NULL) != SUR_OK) continue;
        if (texts.kind != SUR_H5_TEXT || texts.dims != 1 || texts.rows != last)
            continue;
        name_sink to = {table, at, last, set->cols / last};
        SUR_TRY(sur_h5_texts(set_name, &to, &texts, NULL, &r->h5, err));
        break;
    }
done:
    sur_h5_set_close(&texts);
    sur_text_free(&path);
    return status;
}

/* ---- features ---- */

static sur_status check_numbers(const sur_h5_set *set, const reading *r, sur_error *err)
{
    if (set->kind == SUR_H5_NUMBERS) return SUR_OK;
    return sur_fail(err, SUR_EPARSE, "%s: %s holds %s, not numbers", r->h5.source->name,
                    set->shown.text,
                    set->kind == SUR_H5_TEXT ? "text" : "a table of its own");
}

/* Sets put side by side (below each other if `stacked`) become the matrix. */
static sur_status fill_matrix(sur_table *table, const sur_h5_set *sets, sur_idx count,
                              bool stacked, const reading *r, sur_error *err)
{
    sur_idx rows = 0, cols = 0;
    sur_status status;
    table->scalar = SUR_U8;
    for (sur_idx k = 0; k < count; k++) {
        const sur_h5_set *set = &sets[k];
        SUR_TRY(check_numbers(set, r, err));
        if (sur_scalar_size(set->scalar) > sur_scalar_size(table->scalar))
            table->scalar = set->scalar;
        SUR_FAIL_IF(k && (stacked ? set->cols != cols : set->rows != rows), SUR_EPARSE,
                    "%s: %s has %lld %s, %s has %lld", r->h5.source->name,
                    set->shown.text, (long long)(stacked ? set->cols : set->rows),
                    stacked ? "numbers a row" : "rows", sets[0].shown.text,
                    (long long)(stacked ? cols : rows));
        rows = stacked || k == 0 ? rows + set->rows : rows;
        cols = stacked ? set->cols : cols + set->cols;
    }
    SUR_TRY(sur_table_add_matrix(table, cols, r->h5.source, err));
    SUR_TRY(sur_table_reserve(table, rows, err));
    sur_idx row = 0, at = 0;
    for (sur_idx k = 0; k < count; k++) {
        SUR_TRY(sur_h5_numbers(sur_table_cells(table), table->scalar, row, cols, at,
                               &sets[k], &r->h5, err));
        if (!stacked || k == 0) SUR_TRY(name_columns(table, at, &sets[k], r, err));
        if (stacked)
            row += sets[k].rows;
        else
            at += sets[k].cols;
    }
    table->rows = rows;
    if (count == 1 || stacked) memcpy(table->shape, sets[0].image, sizeof table->shape);
done:
    return status;
}

/* ---- columns beside ---- */

static sur_status add_column(sur_table *table, const sur_h5_set *set, const char *name,
                             const reading *r, sur_error *err)
{
    sur_status status;
    if (table->rows == 0) table->rows = set->rows;
    SUR_FAIL_IF(set->kind == SUR_H5_TABLE || set->cols != 1 || set->rows != table->rows,
                SUR_EPARSE,
                "%s: %s is %lld x %lld, not one value for each of %lld rows",
                r->h5.source->name, set->shown.text, (long long)set->rows,
                (long long)set->cols, (long long)table->rows);
    SUR_TRY(sur_table_add_column(table, name, err));
    sur_column *column = &table->column[table->cols - 1];
    SUR_TRY(sur_alloc(&column->values, set->rows, sizeof(double), err));
    if (set->kind == SUR_H5_TEXT) {
        SUR_TRY(sur_alloc(&column->words, 1, sizeof *column->words, err));
        SUR_TRY(sur_h5_words(column->values, column->words, set, NULL, &r->h5, err));
    } else {
        SUR_TRY(sur_h5_numbers(column->values, SUR_F64, 0, 1, 0, set, &r->h5, err));
    }
done:
    return status;
}

static sur_status add_path(sur_table *table, const char *path, const char *name,
                           const reading *r, sur_error *err)
{
    sur_h5_set set;
    sur_status status = open_set(&set, r, path, err);
    if (status == SUR_OK) status = add_column(table, &set, name, r, err);
    sur_h5_set_close(&set);
    return status;
}

/* --target as a data set: "/group/y", "FILE:/group/y", or one beside the features. */
static sur_status add_target(sur_table *table, const char *features, const reading *r,
                             sur_error *err)
{
    const char *asked = r->request->options->target, *file = r->h5.source->path;
    const size_t length = strlen(file);
    sur_text path = {0};
    sur_status status = SUR_OK;
    if (!asked || !*asked) return SUR_OK;
    if (strncmp(asked, file, length) == 0 && asked[length] == ':')
        asked += length + 1;
    else if (strstr(asked, ":/"))
        return sur_fail(err, SUR_EINVAL,
                        "--target %s lies in another file than the data, %s",
                        sur_shown(asked, (sur_idx)strlen(asked)).text, file);
    if (*asked == '/')
        SUR_TRY(sur_text_add(&path, asked, err));
    else
        SUR_TRY(beside(&path, features, asked, err));
    if (*asked != '/' && sur_h5_kind_of(&r->h5, path.at) != H5I_DATASET) goto done;
    for (sur_idx j = 0; j < table->cols && *asked != '/'; j++)
        if (table->column[j].name && strcmp(table->column[j].name, asked) == 0)
            goto done; /* read already */
    const char *slash = strrchr(path.at, '/');
    table->target = table->cols;
    table->target_asked = true;
    status = add_path(table, path.at, slash ? slash + 1 : path.at, r, err);
done:
    sur_text_free(&path);
    return status;
}

/* ---- a list of data sets ---- */

static sur_status read_sets(sur_table *table, char **paths, sur_idx count, bool stacked,
                            const reading *r, sur_error *err)
{
    sur_h5_set *sets = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&sets, count, sizeof *sets, err));
    for (sur_idx k = 0; k < count; k++) SUR_TRY(open_set(&sets[k], r, paths[k], err));
    if (count == 1 && sets[0].kind == SUR_H5_TABLE)
        SUR_TRY(sur_h5_table(table, &sets[0], &r->h5, err));
    else
        SUR_TRY(fill_matrix(table, sets, count, stacked, r, err));
    if (!stacked) SUR_TRY(add_target(table, paths[0], r, err));
done:
    for (sur_idx k = 0; k < count && sets; k++) sur_h5_set_close(&sets[k]);
    free(sets);
    return status;
}

/* The class of each row, after the sets it came from. */
static sur_status add_classes(sur_table *table, char **paths, sur_idx count,
                              const reading *r, sur_error *err)
{
    sur_h5_set set;
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
        status = open_set(&set, r, paths[k], err);
        const sur_idx rows = set.rows;
        sur_h5_set_close(&set);
        if (status != SUR_OK) goto done;
        for (sur_idx i = 0; i < rows && row < table->rows; i++)
            column->values[row++] = code;
    }
    table->target = table->cols - 1;
done:
    return status;
}

static sur_status read_classes(sur_table *table, const char *group, const reading *r,
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
        SUR_TRY(join(&path, *names[k] == '/' ? "" : group, names[k], err));
        SUR_TRY(sur_copy_text(&paths[k], path.at, err));
    }
    SUR_TRY(read_sets(table, paths, count, true, r, err));
    SUR_TRY(add_classes(table, paths, count, r, err));
done:
    for (sur_idx k = 0; k < count && paths; k++) free(paths[k]);
    free(paths);
    free(names);
    sur_text_free(&path);
    return status;
}

/* ---- a group ---- */

typedef struct entry {
    char *name, *path;
    sur_role role;
    sur_h5_kind kind;
    int dims;
    sur_idx rows, cols;
} entry;

typedef struct listing {
    const reading *r;
    const char *group;
    entry *at;
    sur_idx count;
    sur_status status;
    sur_error *err;
    char why[300]; /* a set or a group that is not in the list */
} listing;

static sur_status add_entry(listing *l, const char *name, sur_error *err)
{
    sur_h5_set set = {.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    sur_text path = {0};
    sur_error why = {SUR_OK, ""};
    sur_status status;
    SUR_TRY(join(&path, l->group, name, err));
    const H5I_type_t kind = sur_h5_kind_of(&l->r->h5, path.at);
    if (kind == H5I_GROUP && strlen(l->why) < 100)
        snprintf(l->why + strlen(l->why), sizeof l->why - strlen(l->why), "%sgroup %s",
                 *l->why ? ", " : "", sur_shown(path.at, path.length).text);
    if (kind != H5I_DATASET) goto done;
    status = sur_h5_set_open(&set, &l->r->h5, path.at, &why);
    if (status == SUR_ENOMEM) {
        status = sur_fail(err, status, "%s", why.message);
        goto done;
    }
    if (status != SUR_OK) { /* it may not be needed */
        if (!*l->why)
            snprintf(l->why, sizeof l->why, "%.*s", (int)sizeof l->why - 1,
                     why.message);
        status = SUR_OK;
        goto done;
    }
    entry *one = &l->at[l->count];
    *one = (entry){.role = sur_role_of(name),
                   .kind = set.kind,
                   .dims = set.dims,
                   .rows = set.rows,
                   .cols = set.cols};
    SUR_TRY(sur_copy_text(&one->name, name, err));
    l->count++;
    one->path = path.at;
    path = (sur_text){0};
done:
    sur_h5_set_close(&set);
    sur_text_free(&path);
    return status;
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info,
                    void *payload)
{
    listing *l = payload;
    (void)group, (void)info;
    if (l->count == SUR_H5_SETS) return 1;
    l->status = add_entry(l, name, l->err);
    return l->status != SUR_OK;
}

static sur_status list_group(listing *l, sur_error *err)
{
    sur_status status;
    hsize_t at = 0;
    SUR_TRY(sur_alloc(&l->at, SUR_H5_SETS, sizeof *l->at, err));
    l->err = err;
    const hid_t group = H5Gopen2(l->r->h5.file, l->group, H5P_DEFAULT);
    const herr_t outcome =
        group < 0 ? -1 : H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &at, visit, l);
    if (group >= 0) H5Gclose(group);
    status = l->status;
    if (status == SUR_OK && outcome < 0)
        status = sur_h5_fail(&l->r->h5, "a damaged group", err);
done:
    return status;
}

static void free_listing(listing *l)
{
    for (sur_idx i = 0; i < l->count; i++) {
        free(l->at[i].name);
        free(l->at[i].path);
    }
    free(l->at);
}

static const entry *find(const listing *l, sur_role role)
{
    for (sur_idx i = 0; i < l->count; i++)
        if (l->at[i].role == role && l->at[i].kind != SUR_H5_TABLE) return &l->at[i];
    return NULL;
}

/* The message names what is there, and the two ways to ask for it. */
static sur_status refuse_group(const listing *l, sur_error *err)
{
    const char *file = l->r->h5.source->name;
    sur_text names = {0}, classes = {0};
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < l->count && names.length < 120; i++) {
        const entry *e = &l->at[i];
        const sur_label shown = sur_shown(e->path, (sur_idx)strlen(e->path));
        SUR_TRY(sur_text_format(&names, err, "%s%s (%lld x %lld)", i ? ", " : "",
                                shown.text, (long long)e->rows, (long long)e->cols));
        SUR_TRY(sur_text_format(&classes, err, "%s%s", i ? "," : "", shown.text));
    }
    if (l->count == 0)
        status = sur_fail(err, SUR_EPARSE,
                          "%s: group %s holds no data set that can be read%s%s; name "
                          "one: --data FILE:/group/x",
                          file, sur_shown(l->group, (sur_idx)strlen(l->group)).text,
                          *l->why ? ": " : "", l->why);
    else
        status = sur_fail(err, SUR_EINVAL,
                          "%s holds %s: name the features (--data FILE:%s --target "
                          "...), or give one data set per class (--classes %s)",
                          file, names.at,
                          sur_shown(l->at[0].path, (sur_idx)strlen(l->at[0].path)).text,
                          classes.at);
done:
    sur_text_free(&names);
    sur_text_free(&classes);
    return status;
}

/* The features of a group: by name, or the only set with columns. *features stays NULL
 * if there are only single columns. */
static sur_status choose_features(const entry **features, const listing *l,
                                  sur_error *err)
{
    const entry *only = NULL;
    sur_idx rows = -1;
    *features = find(l, SUR_ROLE_FEATURES);
    if (*features) return SUR_OK;
    for (sur_idx i = 0; i < l->count; i++) {
        const entry *e = &l->at[i];
        const bool matrix = e->dims > 1 && e->role == SUR_ROLE_OTHER;
        if (e->kind == SUR_H5_TABLE || (matrix && only)) return refuse_group(l, err);
        if (matrix) only = e;
        if (rows >= 0 && e->rows != rows && e->role != SUR_ROLE_NAMES)
            return refuse_group(l, err);
        if (e->role != SUR_ROLE_NAMES) rows = e->rows;
    }
    if (rows < 0) return refuse_group(l, err);
    *features = only;
    return SUR_OK;
}

static sur_status add_named(sur_table *table, sur_idx *which, const entry *e,
                            const reading *r, sur_error *err)
{
    if (!e) return SUR_OK;
    *which = table->cols;
    return add_path(table, e->path, e->name, r, err);
}

static sur_status fill_group(sur_table *table, sur_table *test, const listing *l,
                             sur_error *err)
{
    const reading *r = l->r;
    const entry *features, *target = find(l, SUR_ROLE_TARGET),
                           *weight = find(l, SUR_ROLE_WEIGHT);
    const entry *test_x = find(l, SUR_ROLE_TEST_FEATURES),
                *test_y = find(l, SUR_ROLE_TEST_TARGET),
                *test_w = find(l, SUR_ROLE_TEST_WEIGHT);
    sur_status status;
    SUR_TRY(choose_features(&features, l, err));
    if (features)
        SUR_TRY(read_sets(table, (char *[]){features->path}, 1, false, r, err));
    /* names of columns, as cms files call their labels, are no target */
    if (target && features && target->kind == SUR_H5_TEXT &&
        target->rows != table->rows)
        target = NULL;
    for (sur_idx i = 0; i < l->count; i++) {
        const entry *e = &l->at[i];
        if (e == features || e == target || e == weight ||
            e->role >= SUR_ROLE_TEST_FEATURES)
            continue;
        if (e->kind == SUR_H5_TABLE || e->cols != 1 ||
            (table->rows && e->rows != table->rows))
            continue;
        SUR_TRY(add_path(table, e->path, e->name, r, err));
    }
    if (table->target_asked) target = NULL;
    SUR_TRY(add_named(table, &table->weight, weight, r, err));
    SUR_TRY(add_named(table, &table->target, target, r, err));
    if (!test_x || !test_y || table->target < 0 || table->target_asked) goto done;
    SUR_TRY(read_sets(test, (char *[]){test_x->path}, 1, false, r, err));
    if (table->weight >= 0 && test_w)
        SUR_TRY(add_path(test, test_w->path, weight->name, r, err));
    SUR_TRY(add_path(test, test_y->path, target->name, r, err));
done:
    return status;
}

/* ---- tables that pandas wrote ---- */

/* pandas keeps the names of the columns of block k in the attribute
 * values_block_k_kind, pickled by protocol 0: a line "Vname" or "aVname" for each.
 * Nothing is executed. */
static sur_status name_block(sur_table *table, const sur_h5_set *set, const char *block,
                             sur_error *err)
{
    char attribute[96], *line;
    char text[1 << 16] = "";
    sur_status status = SUR_OK;
    snprintf(attribute, sizeof attribute, "%.80s_kind", block);
    const hid_t id = H5Aopen(set->id, attribute, H5P_DEFAULT);
    const hid_t type = id < 0 ? H5I_INVALID_HID : H5Aget_type(id);
    const bool usable = type >= 0 && H5Tget_class(type) == H5T_STRING &&
                        H5Tis_variable_str(type) <= 0 &&
                        H5Tget_size(type) < sizeof text && H5Aread(id, type, text) >= 0;
    if (type >= 0) H5Tclose(type);
    if (id >= 0) H5Aclose(id);
    if (!usable) return SUR_OK;
    const size_t length = strlen(block);
    sur_idx column = 0;
    while (column < table->matrix_cols &&
           (!table->column[column].name ||
            strncmp(table->column[column].name, block, length) != 0))
        column++;
    char *rest = NULL;
    for (line = strtok_r(text, "\n", &rest); line && column < table->matrix_cols;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *name = line + (*line == 'a');
        if (*name != 'V' || !table->column[column].name ||
            strncmp(table->column[column].name, block, length) != 0)
            continue;
        free(table->column[column].name);
        SUR_TRY(sur_copy_text(&table->column[column].name, name + 1, err));
        column++;
    }
done:
    return status;
}

/* A group that pandas or PyTables filled has one compound set, "table". */
static sur_status read_pandas(sur_table *table, const char *path, const reading *r,
                              sur_error *err)
{
    sur_h5_set set;
    char block[32];
    sur_status status;
    SUR_TRY(open_set(&set, r, path, err));
    SUR_FAIL_IF(set.kind != SUR_H5_TABLE, SUR_EPARSE, "%s: %s is no table",
                r->h5.source->name, set.shown.text);
    SUR_TRY(sur_h5_table(table, &set, &r->h5, err));
    for (int k = 0; k < 16; k++) {
        snprintf(block, sizeof block, "values_block_%d", k);
        SUR_TRY(name_block(table, &set, block, err));
    }
done:
    sur_h5_set_close(&set);
    return status;
}

/* ---- all ---- */

static sur_status read_group(sur_table *table, sur_table *test, const char *group,
                             const reading *r, sur_error *err)
{
    listing l = {.r = r, .group = group};
    sur_text path = {0}, other = {0};
    sur_status status;
    SUR_TRY(join(&path, group, "table", err));
    if (sur_h5_kind_of(&r->h5, path.at) == H5I_DATASET) {
        status = read_pandas(table, path.at, r, err);
        goto done;
    }
    SUR_TRY(join(&path, group, "train", err));
    SUR_TRY(join(&other, group, "test", err));
    if (sur_h5_kind_of(&r->h5, path.at) == H5I_GROUP &&
        sur_h5_kind_of(&r->h5, other.at) == H5I_GROUP) {
        listing second = {.r = r, .group = other.at};
        l.group = path.at;
        status = list_group(&l, err);
        if (status == SUR_OK) status = fill_group(table, test, &l, err);
        if (status == SUR_OK) status = list_group(&second, err);
        if (status == SUR_OK) status = fill_group(test, table, &second, err);
        free_listing(&second);
        goto done;
    }
    SUR_TRY(list_group(&l, err));
    SUR_TRY(fill_group(table, test, &l, err));
done:
    free_listing(&l);
    sur_text_free(&path);
    sur_text_free(&other);
    return status;
}

static sur_status read_part(sur_table *table, sur_table *test, reading *r,
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
        status = read_group(table, test, paths[0], r, err);
    else
        status = read_sets(table, paths, count, false, r, err);
done:
    free(paths);
    free(text);
    return status;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    reading r = {.request = request, .last = -1};
    sur_status status = sur_h5_open(&r.h5, source, err);
    if (status == SUR_OK) status = read_part(table, test, &r, err);
    sur_h5_close(&r.h5);
    return status;
}

const sur_format sur_format_hdf5 = {.name = "HDF5",
                                    .extensions = ".h5 .hdf5 .hdf .he5",
                                    .probe = probe,
                                    .parts = true,
                                    .foreign = true,
                                    .read = read_table};
