/* read_root.c -- flat branches of a TTree as columns: FILE:TREE, or the only tree.
 *
 * A branch is kept in baskets, runs of entries packed one by one; each is unpacked and
 * its numbers put into their column. Where --columns names branches, only these and the
 * target and weight are unpacked. */
#include "data/block.h"
#include "data/reader.h"
#include "data/root.h"
#include "data/slurp.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 12 && memcmp(bytes, "root", 4) == 0 && bytes[8] == 0 &&
           bytes[9] == 0;
}

/* ---- finding the tree ---- */

static bool is_tree(const sur_root_key *key)
{
    return strcmp(key->class.text, "TTree") == 0 ||
           strcmp(key->class.text, "TNtuple") == 0 ||
           strcmp(key->class.text, "TNtupleD") == 0;
}

static sur_status refuse_keys(const sur_root *root, const sur_root_key *keys,
                              sur_idx count, const char *asked, sur_error *err)
{
    sur_text names = {0};
    bool modern = false;
    sur_status status = SUR_OK;
    const char *file = root->source->name;
    for (sur_idx k = 0; keys && k < count; k++) {
        const char *name = keys[k].name.text;
        modern |= strstr(keys[k].class.text, "RNTuple") != NULL;
        if (names.length > 150) continue;
        SUR_TRY(sur_text_format(
            &names, err, "%s%s (%s)", k ? ", " : "",
            sur_shown(name, (sur_idx)strlen(name)).text,
            sur_shown(keys[k].class.text, (sur_idx)strlen(keys[k].class.text)).text));
    }
    if (modern)
        status =
            sur_fail(err, SUR_EPARSE,
                     "%s: holds an RNTuple, which is not read; convert it: python3 "
                     "-c \"import uproot,numpy; numpy.savez('out.npz', "
                     "**uproot.open('%s')['NAME'].arrays(library='np'))\"",
                     file, file);
    else if (asked)
        status = sur_fail(err, SUR_EINVAL, "%s: has no tree \"%s\"; it holds %s", file,
                          sur_shown(asked, (sur_idx)strlen(asked)).text,
                          names.at ? names.at : "nothing");
    else
        status = sur_fail(err, SUR_EINVAL, "%s: name one tree, FILE:TREE; it holds %s",
                          file, names.at ? names.at : "nothing");
done:
    sur_text_free(&names);
    return status;
}

/* The tree of that path ("dir/tree"), or the only one of the first directory; of
 * several cycles of a name the first, which is the newest. */
static sur_status find_tree(sur_root_key *tree, const sur_root *root, const char *asked,
                            sur_error *err)
{
    sur_root_key *keys = NULL;
    sur_idx count = 0, directory = root->directory, trees = 0;
    const char *path = asked;
    sur_status status;
    for (int depth = 0; depth < 16; depth++) {
        free(keys);
        SUR_TRY(sur_root_list(&keys, &count, root, directory, err));
        while (path && *path == '/') path++;
        const size_t length = path ? strcspn(path, "/;") : 0;
        const bool last = !path || path[length] != '/';
        const sur_root_key *found = NULL;
        for (sur_idx k = 0; k < count; k++) {
            const char *name = keys[k].name.text;
            if (length && (strlen(name) != length || strncmp(name, path, length) != 0))
                continue;
            if (last && !is_tree(&keys[k])) continue;
            trees += last && !(found && strcmp(found->name.text, name) == 0);
            if (!found) found = &keys[k];
        }
        if (!found || (last && trees > 1 && !length)) {
            status = refuse_keys(root, keys, count, length ? asked : NULL, err);
            goto done;
        }
        if (last) {
            status = sur_root_key_at(tree, root, found->place, err);
            goto done;
        }
        directory = found->place + found->head;
        path += length;
    }
    status = sur_fail(err, SUR_EINVAL, "%s: \"%s\" leads too deep", root->source->name,
                      sur_shown(asked, (sur_idx)strlen(asked)).text);
done:
    free(keys);
    return status;
}

/* ---- which branches ---- */

typedef struct wishes {
    char **names;
    sur_idx count;
    bool all; /* --columns does not name branches */
} wishes;

static const sur_root_branch *branch_of(const sur_root_tree *tree, const char *name)
{
    for (sur_idx k = 0; k < tree->branches; k++)
        if (strcmp(tree->branch[k].name.text, name) == 0) return &tree->branch[k];
    return NULL;
}

static sur_status refuse_branch(const sur_root *root, const sur_root_branch *b,
                                sur_error *err)
{
    const sur_label shown = sur_shown(b->name.text, (sur_idx)strlen(b->name.text));
    return sur_fail(err, SUR_EPARSE,
                    "%s: branch %s is not read (%s); convert it: python3 -c \"import "
                    "uproot,numpy; numpy.savez('out.npz', **uproot.open('%s')['TREE']"
                    ".arrays(['%s'], library='np'))\"",
                    root->source->name, shown.text, b->fault, root->source->name,
                    shown.text);
}

static sur_status check_wish(const sur_root_tree *tree, const char *name,
                             const sur_root *root, sur_error *err)
{
    const sur_root_branch *b = name ? branch_of(tree, name) : NULL;
    return b && !b->kind ? refuse_branch(root, b, err) : SUR_OK;
}

static sur_status make_wishes(wishes *w, const sur_root_tree *tree,
                              const sur_data_options *options, const sur_root *root,
                              sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_list_split(&w->names, &w->count, options->columns, err));
    w->all = w->count == 0 || (options->drop && *options->drop) || !options->target;
    for (sur_idx k = 0; k < w->count; k++) {
        SUR_TRY(check_wish(tree, w->names[k], root, err));
        w->all |= !branch_of(tree, w->names[k]);
    }
    SUR_TRY(check_wish(tree, options->target, root, err));
    SUR_TRY(check_wish(tree, options->weight, root, err));
done:
    return status;
}

static bool is_wanted(const wishes *w, const char *name,
                      const sur_data_options *options)
{
    if (w->all || strcmp(name, options->target) == 0 ||
        (options->weight && strcmp(name, options->weight) == 0))
        return true;
    for (sur_idx k = 0; k < w->count; k++)
        if (strcmp(name, w->names[k]) == 0) return true;
    return false;
}

/* ---- baskets ---- */

static uint64_t big_endian(const unsigned char *bytes, int width)
{
    uint64_t bits = 0;
    for (int k = 0; k < width; k++) bits = bits << 8 | bytes[k];
    return bits;
}

static double number_of(const sur_root_branch *b, const unsigned char *bytes)
{
    const uint64_t bits = big_endian(bytes, b->width);
    if (b->kind == 'f' && b->width == 4) {
        const uint32_t narrow = (uint32_t)bits;
        float x;
        memcpy(&x, &narrow, sizeof x);
        return (double)x;
    }
    if (b->kind == 'f') {
        double x;
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    if (b->kind != 'i') return (double)bits;
    return b->width == 8   ? (double)(int64_t)bits
           : b->width == 4 ? (double)(int32_t)bits
           : b->width == 2 ? (double)(int16_t)bits
                           : (double)(int8_t)bits;
}

typedef struct basket {
    unsigned char *bytes;
    sur_idx room, count; /* count: bytes of entries */
    sur_idx at, loaded;  /* basket to go on with; 1 + the one in bytes */
} basket;

static sur_status load_basket(basket *k, const sur_root *root, const sur_root_branch *b,
                              sur_idx i, sur_error *err)
{
    sur_root_key key;
    sur_status status = sur_root_key_at(&key, root, b->place[i], err);
    if (status != SUR_OK) return status;
    if (strcmp(key.class.text, "TBasket") != 0)
        return sur_fail(err, SUR_EPARSE,
                        "%s: damaged ROOT file (no basket of %s at %lld)",
                        root->source->name,
                        sur_shown(b->name.text, (sur_idx)strlen(b->name.text)).text,
                        (long long)b->place[i]);
    k->count = key.plain;
    return sur_root_read(&k->bytes, &k->room, root, &key, err);
}

static sur_status refuse_basket(const sur_root *root, const sur_root_branch *b,
                                sur_error *err)
{
    return sur_fail(err, SUR_EPARSE,
                    "%s: damaged ROOT file (a basket of %s is too short)",
                    root->source->name,
                    sur_shown(b->name.text, (sur_idx)strlen(b->name.text)).text);
}

/* Entries first .. end of a branch lie in basket i. */
static sur_status entries_of(const sur_root_branch *b, sur_idx i, const sur_root *root,
                             sur_idx *first, sur_idx *end, sur_error *err)
{
    *first = b->first[i];
    *end = i + 1 < b->baskets ? b->first[i + 1] : b->entries;
    if ((i == 0 && *first != 0) || *end < *first || *end > b->entries)
        return refuse_basket(root, b, err);
    return SUR_OK;
}

static void put_entry(void *cells, sur_scalar scalar, sur_idx to,
                      const sur_root_branch *b, const unsigned char *from)
{
    for (sur_idx n = 0; n < b->length; n++, from += b->width) {
        const double x = number_of(b, from);
        if (scalar == SUR_F64)
            ((double *)cells)[to + n] = x;
        else if (scalar == SUR_F32)
            ((float *)cells)[to + n] = (float)x;
        else
            ((uint8_t *)cells)[to + n] = (uint8_t)x;
    }
}

/* Entries from .. to - 1, which begin in basket k->at or later, into columns `at` .. of
 * the block. */
static sur_status read_numbers(sur_table *table, sur_idx at, const sur_root_branch *b,
                               basket *k, sur_idx from, sur_idx to,
                               const sur_root *root, sur_error *err)
{
    const sur_idx size = b->width * b->length;
    sur_status status = SUR_OK;
    for (; k->at < b->baskets; k->at++) {
        sur_idx first, end;
        SUR_TRY(entries_of(b, k->at, root, &first, &end, err));
        if (k->loaded != k->at + 1) SUR_TRY(load_basket(k, root, b, k->at, err));
        k->loaded = k->at + 1;
        if (end - first > k->count / size) return refuse_basket(root, b, err);
        for (sur_idx e = first > from ? first : from; e < end && e < to; e++)
            put_entry(sur_table_cells(table), table->scalar,
                      (e - table->given) * table->matrix_cols + at, b,
                      k->bytes + (e - first) * size);
        if (end > to) break;
    }
done:
    return status;
}

/* Each entry is a string: a byte of length (255: four more), and the letters. */
static sur_status read_words(sur_table *table, const sur_root_branch *b, basket *k,
                             const sur_root *root, sur_error *err)
{
    sur_status status;
    SUR_TRY(sur_table_add_column(table, b->name.text, err));
    sur_column *column = &table->column[table->cols - 1];
    SUR_TRY(sur_alloc(&column->values, table->rows, sizeof(double), err));
    SUR_TRY(sur_alloc(&column->words, 1, sizeof *column->words, err));
    for (sur_idx i = 0; i < b->baskets; i++) {
        sur_idx first, end;
        SUR_TRY(entries_of(b, i, root, &first, &end, err));
        SUR_TRY(load_basket(k, root, b, i, err));
        sur_root_cursor c = {k->bytes, 0, k->count, false};
        for (sur_idx e = first; e < end; e++) {
            const sur_root_name word = sur_root_take_name(&c);
            if (c.bad) return refuse_basket(root, b, err);
            SUR_TRY(sur_words_add(column->words, word.text, (sur_idx)strlen(word.text),
                                  &column->values[e], err));
        }
    }
done:
    return status;
}

/* ---- the table ---- */

static sur_scalar scalar_of(const sur_root_branch *b)
{
    if ((b->kind == 'u' || b->kind == 'b') && b->width == 1) return SUR_U8;
    if (b->width <= 2 || (b->kind == 'f' && b->width == 4)) return SUR_F32;
    return SUR_F64;
}

static sur_status add_columns(sur_table *table, const sur_root_branch *b,
                              sur_error *err)
{
    sur_text name = {0};
    sur_status status = SUR_OK;
    for (sur_idx n = 0; n < b->length; n++) {
        name.length = 0;
        SUR_TRY(sur_text_add(&name, b->name.text, err));
        if (b->length > 1)
            SUR_TRY(sur_text_format(&name, err, ".%lld", (long long)n + 1));
        SUR_TRY(sur_table_add_column(table, name.at, err));
    }
done:
    sur_text_free(&name);
    return status;
}

/* The rows of the matrix. Each branch goes on in its own basket. */
static sur_status pour(sur_table *table, const sur_root_tree *tree, const wishes *w,
                       const sur_root *root, const sur_data_options *options,
                       sur_error *err)
{
    const sur_idx rows = tree->entries, step = sur_table_step(table, rows, 1);
    basket *baskets = NULL;
    sur_status status;
    SUR_TRY(sur_alloc(&baskets, tree->branches, sizeof *baskets, err));
    SUR_TRY(sur_table_reserve(table, step, err));
    for (sur_idx first = 0; first < rows; first += step) {
        const sur_idx end = rows - first < step ? rows : first + step;
        sur_idx at = 0;
        for (sur_idx i = 0; i < tree->branches; i++) {
            const sur_root_branch *b = &tree->branch[i];
            if (!b->kind || b->kind == 's' || !is_wanted(w, b->name.text, options))
                continue;
            SUR_FAIL_IF(b->baskets == 0, SUR_EPARSE, "%s: a branch without baskets",
                        root->source->name);
            SUR_TRY(read_numbers(table, at, b, &baskets[i], first, end, root, err));
            at += b->length;
            if (end < rows) continue;
            free(baskets[i].bytes); /* one branch is done */
            baskets[i] = (basket){0};
        }
        SUR_TRY(sur_table_give(table, end - first, err));
    }
done:
    for (sur_idx i = 0; i < tree->branches && baskets; i++) free(baskets[i].bytes);
    free(baskets);
    return status;
}

static sur_status fill(sur_table *table, const sur_root_tree *tree,
                       const sur_root *root, const sur_data_options *options,
                       sur_error *err)
{
    wishes w = {0};
    basket k = {0};
    const sur_root_branch *unread = NULL;
    sur_status status;
    SUR_TRY(make_wishes(&w, tree, options, root, err));
    table->scalar = SUR_U8;
    for (sur_idx i = 0; i < tree->branches; i++) {
        const sur_root_branch *b = &tree->branch[i];
        if (!b->kind) unread = b;
        if (!b->kind || b->kind == 's' || !is_wanted(&w, b->name.text, options))
            continue;
        SUR_FAIL_IF(b->entries != tree->entries, SUR_EPARSE,
                    "%s: branch %s has %lld entries, its tree %lld", root->source->name,
                    sur_shown(b->name.text, (sur_idx)strlen(b->name.text)).text,
                    (long long)b->entries, (long long)tree->entries);
        if (sur_scalar_size(scalar_of(b)) > sur_scalar_size(table->scalar))
            table->scalar = scalar_of(b);
        SUR_TRY(add_columns(table, b, err));
    }
    if (table->cols == 0 && unread) {
        status = refuse_branch(root, unread, err);
        goto done;
    }
    SUR_FAIL_IF(table->cols == 0 || tree->entries == 0, SUR_EPARSE,
                "%s: the tree has no %s", root->source->name,
                table->cols ? "entries" : "branch of numbers");
    table->matrix_cols = table->cols;
    SUR_TRY(sur_source_believe(root->source,
                               (double)tree->entries * (double)table->cols *
                                   (double)sur_scalar_size(table->scalar),
                               err));
    table->rows = tree->entries;
    for (sur_idx i = 0; i < tree->branches; i++) {
        const sur_root_branch *b = &tree->branch[i];
        if (b->kind == 's' && b->entries == tree->entries &&
            is_wanted(&w, b->name.text, options))
            SUR_TRY(read_words(table, b, &k, root, err));
    }
    SUR_TRY(pour(table, tree, &w, root, options, err));
done:
    free(w.names);
    free(k.bytes);
    return status;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    const char *inside = request->inside && *request->inside ? request->inside : NULL;
    sur_root root;
    sur_root_key key = {0};
    sur_root_tree tree = {0};
    unsigned char *bytes = NULL;
    sur_idx room = 0;
    sur_status status;
    (void)test;
    SUR_TRY(sur_root_open(&root, source, err));
    SUR_TRY(find_tree(&key, &root, inside, err));
    SUR_TRY(sur_root_read(&bytes, &room, &root, &key, err));
    if (strcmp(key.class.text, "TTree") != 0 && key.plain > 6) /* TNtuple is a TTree */
        status = sur_root_tree_read(&tree, &root, bytes + 6, key.plain - 6,
                                    key.head + 6, err);
    else
        status = sur_root_tree_read(&tree, &root, bytes, key.plain, key.head, err);
    if (status == SUR_OK) status = fill(table, &tree, &root, request->options, err);
done:
    sur_root_tree_free(&tree);
    free(bytes);
    return status;
}

const sur_format sur_format_root = {.name = "ROOT",
                                    .extensions = ".root",
                                    .probe = probe,
                                    .parts = true,
                                    .blocks = true,
                                    .read = read_table};
