/* hdf5_group.c -- a group of an HDF5 file: names tell roles as in an NPZ archive; the
 * groups train and test are both parts; a compound data set "table" is what pandas and
 * PyTables write. */
#include "data/hdf5.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a group ---- */

typedef struct entry {
    char *name, *path;
    sur_role role;
    sur_h5_kind kind;
    int dims;
    sur_idx rows, cols;
} entry;

typedef struct listing {
    sur_h5_reading *r;
    const char *group;
    entry *at;
    sur_idx count;
    sur_status status;
    sur_error *err;
    bool groups;   /* there are some inside */
    char why[300]; /* a set or a group that is not in the list */
} listing;

static sur_status add_entry(listing *l, const char *name, sur_error *err)
{
    sur_h5_set set = {.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    sur_text path = {0};
    sur_error why = {SUR_OK, ""};
    sur_status status;
    SUR_TRY(sur_h5_join(&path, l->group, name, err));
    const H5I_type_t kind = sur_h5_kind_of(&l->r->h5, path.at);
    l->groups |= kind == H5I_GROUP;
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
    if (l->count == 0) /* one of its groups may be what is meant */
        status = sur_fail(err, l->groups ? SUR_EINVAL : SUR_EPARSE,
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
                            const sur_h5_reading *r, sur_error *err)
{
    if (!e) return SUR_OK;
    *which = table->cols;
    return sur_h5_add_path(table, e->path, e->name, r, err);
}

static sur_status fill_group(sur_table *table, sur_table *test, const listing *l,
                             sur_error *err)
{
    sur_h5_reading *r = l->r;
    const entry *features, *target = find(l, SUR_ROLE_TARGET),
                           *weight = find(l, SUR_ROLE_WEIGHT);
    const entry *test_x = find(l, SUR_ROLE_TEST_FEATURES),
                *test_y = find(l, SUR_ROLE_TEST_TARGET),
                *test_w = find(l, SUR_ROLE_TEST_WEIGHT);
    sur_status status;
    SUR_TRY(choose_features(&features, l, err));
    if (features)
        SUR_TRY(sur_h5_add_sets(table, (char *[]){features->path}, 1, false, r, err));
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
        SUR_TRY(sur_h5_add_path(table, e->path, e->name, r, err));
    }
    if (table->target_asked) target = NULL;
    SUR_TRY(add_named(table, &table->weight, weight, r, err));
    SUR_TRY(add_named(table, &table->target, target, r, err));
    if (!test_x || !test_y || !target || table->target < 0) goto done;
    SUR_TRY(sur_h5_add_sets(test, (char *[]){test_x->path}, 1, false, r, err));
    if (table->weight >= 0 && weight && test_w)
        SUR_TRY(sur_h5_add_path(test, test_w->path, weight->name, r, err));
    SUR_TRY(sur_h5_add_path(test, test_y->path, target->name, r, err));
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
static sur_status read_pandas(sur_table *table, char *path, sur_h5_reading *r,
                              sur_error *err)
{
    char block[32];
    sur_status status;
    SUR_TRY(sur_h5_add_sets(table, &path, 1, false, r, err));
    const sur_h5_set *set = r->matrix[0].sets;
    SUR_FAIL_IF(set->kind != SUR_H5_TABLE, SUR_EPARSE, "%s: %s is no table",
                r->h5.source->name, set->shown.text);
    for (int k = 0; k < 16; k++) {
        snprintf(block, sizeof block, "values_block_%d", k);
        SUR_TRY(name_block(table, set, block, err));
    }
done:
    return status;
}

/* ---- all ---- */

sur_status sur_h5_add_group(sur_table *table, sur_table *test, const char *group,
                            sur_h5_reading *r, sur_error *err)
{
    listing l = {.r = r, .group = group};
    sur_text path = {0}, other = {0};
    sur_status status;
    SUR_TRY(sur_h5_join(&path, group, "table", err));
    if (sur_h5_kind_of(&r->h5, path.at) == H5I_DATASET) {
        status = read_pandas(table, path.at, r, err);
        goto done;
    }
    SUR_TRY(sur_h5_join(&path, group, "train", err));
    SUR_TRY(sur_h5_join(&other, group, "test", err));
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
