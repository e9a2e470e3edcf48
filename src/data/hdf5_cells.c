/* hdf5_cells.c -- numbers, text and compound tables of an HDF5 file into a table. */
#include "data/hdf5.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Selects the rows of a set in the file; H5I_INVALID_HID on failure. */
static hid_t select_rows(const sur_h5_set *set, sur_idx first, sur_idx rows)
{
    hsize_t start[SUR_H5_DIMS] = {0}, count[SUR_H5_DIMS];
    const hid_t space = H5Dget_space(set->id);
    if (space < 0 || set->dims == 0) return space;
    for (int k = 0; k < set->dims; k++) count[k] = (hsize_t)set->shape[k];
    start[0] = (hsize_t)first;
    count[0] = (hsize_t)rows;
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0)
        return space;
    H5Sclose(space);
    return H5I_INVALID_HID;
}

static hid_t native(sur_scalar scalar)
{
    return scalar == SUR_F64   ? H5T_NATIVE_DOUBLE
           : scalar == SUR_F32 ? H5T_NATIVE_FLOAT
                               : H5T_NATIVE_UINT8;
}

sur_status sur_h5_numbers(void *cells, sur_scalar scalar, sur_idx row, sur_idx stride,
                          sur_idx at, const sur_h5_set *set, const sur_h5 *h5,
                          sur_error *err)
{
    const hsize_t block[2] = {(hsize_t)(row + set->rows), (hsize_t)stride};
    const hsize_t start[2] = {(hsize_t)row, (hsize_t)at};
    const hsize_t count[2] = {(hsize_t)set->rows, (hsize_t)set->cols};
    const hid_t file = select_rows(set, set->first, set->rows);
    const hid_t memory = H5Screate_simple(2, block, NULL);
    sur_status status = SUR_OK;
    if (file < 0 || memory < 0 ||
        H5Sselect_hyperslab(memory, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
        H5Dread(set->id, native(scalar), memory, file, H5P_DEFAULT, cells) < 0) {
        char what[96];
        snprintf(what, sizeof what, "%s cannot be read", set->shown.text);
        status = sur_h5_fail(h5, what, err);
    }
    if (file >= 0) H5Sclose(file);
    if (memory >= 0) H5Sclose(memory);
    return status;
}

/* ---- text ---- */

enum { TEXT_ROWS = 4096 };

/* The type of one text in memory, alone or as the only member of a table's row. */
static hid_t text_type(const sur_h5_set *set, const char *member, bool *variable,
                       size_t *size)
{
    const int k = member ? H5Tget_member_index(set->type, member) : 0;
    const hid_t text = k < 0    ? H5I_INVALID_HID
                       : member ? H5Tget_member_type(set->type, (unsigned)k)
                                : H5Tcopy(set->type);
    if (text < 0) return text;
    *variable = H5Tis_variable_str(text) > 0;
    *size = *variable ? sizeof(char *) : H5Tget_size(text);
    if (!member) return text;
    const hid_t row = H5Tcreate(H5T_COMPOUND, *size);
    if (row >= 0) H5Tinsert(row, member, 0, text);
    H5Tclose(text);
    return row;
}

/* Hands over the texts of rows first .. of a block, blanks at the end left out. */
static sur_status give_texts(sur_h5_sink sink, void *payload, const char *block,
                             sur_idx first, sur_idx rows, bool variable, size_t size,
                             char *copy, sur_error *err)
{
    for (sur_idx i = 0; i < rows; i++) {
        const char *text = block + (size_t)i * size;
        if (variable) memcpy(&text, block + (size_t)i * size, sizeof text);
        size_t length = !text      ? 0
                        : variable ? strnlen(text, SUR_LONGEST_WORD + 1)
                                   : strnlen(text, size);
        if (length > SUR_LONGEST_WORD) length = SUR_LONGEST_WORD + 1;
        while (length && text[length - 1] == ' ') length--;
        if (length) memcpy(copy, text, length);
        copy[length] = '\0';
        const sur_status status = sink(payload, first + i, copy, (sur_idx)length, err);
        if (status != SUR_OK) return status;
    }
    return SUR_OK;
}

static sur_status read_texts(sur_h5_sink sink, void *payload, const sur_h5_set *set,
                             hid_t type, bool variable, size_t size, const sur_h5 *h5,
                             sur_error *err)
{
    const sur_idx row = set->cols;
    const sur_idx step = row > TEXT_ROWS ? 1 : TEXT_ROWS / row;
    char *block = NULL, copy[SUR_LONGEST_WORD + 2];
    hid_t file = H5I_INVALID_HID, memory = H5I_INVALID_HID;
    sur_status status;
    SUR_FAIL_IF((double)size * (double)row * (double)step > 0x1p30, SUR_EPARSE,
                "%s: %s holds text of %zu bytes each", h5->source->name,
                set->shown.text, size);
    SUR_TRY(sur_alloc(&block, step * row, size, err));
    for (sur_idx i = 0; i < set->rows; i += step) {
        const sur_idx rows = set->rows - i < step ? set->rows - i : step;
        const hsize_t count = (hsize_t)(rows * row);
        file = select_rows(set, set->first + i, rows);
        memory = H5Screate_simple(1, &count, NULL);
        const bool ok = file >= 0 && memory >= 0 &&
                        H5Dread(set->id, type, memory, file, H5P_DEFAULT, block) >= 0;
        if (ok)
            status = give_texts(sink, payload, block, i * row, rows * row, variable,
                                size, copy, err);
        else
            status = sur_h5_fail(h5, "text that cannot be read", err);
        if (ok && variable) H5Dvlen_reclaim(type, memory, H5P_DEFAULT, block);
        if (file >= 0) H5Sclose(file);
        if (memory >= 0) H5Sclose(memory);
        if (status != SUR_OK) goto done;
    }
done:
    free(block);
    return status;
}

sur_status sur_h5_texts(sur_h5_sink sink, void *payload, const sur_h5_set *set,
                        const char *member, const sur_h5 *h5, sur_error *err)
{
    bool variable = false;
    size_t size = 0;
    const hid_t type = text_type(set, member, &variable, &size);
    if (type < 0) return sur_h5_fail(h5, "text that cannot be read", err);
    const sur_status status =
        read_texts(sink, payload, set, type, variable, size, h5, err);
    H5Tclose(type);
    return status;
}

typedef struct word_sink {
    double *codes;
    sur_words *words;
} word_sink;

static sur_status take_word(void *payload, sur_idx i, const char *text, sur_idx length,
                            sur_error *err)
{
    word_sink *to = payload;
    to->codes[i] = nan("");
    if (length == 0) return SUR_OK;
    if (!to->words->example[0]) {
        const sur_label shown = sur_shown(text, length < 40 ? length : 40);
        memcpy(to->words->example, shown.text, sizeof to->words->example - 1);
    }
    return sur_words_add(to->words, text, length, &to->codes[i], err);
}

sur_status sur_h5_words(double *codes, sur_words *words, const sur_h5_set *set,
                        const char *member, const sur_h5 *h5, sur_error *err)
{
    word_sink to = {codes, words};
    return sur_h5_texts(take_word, &to, set, member, h5, err);
}

/* ---- compound tables ---- */

/* A member of a row. */
typedef struct member {
    char *name; /* of the library's memory */
    bool text;
    sur_idx count; /* numbers in it */
} member;

typedef struct members {
    member *at;
    sur_idx count, numbers;
} members;

static void free_members(members *m)
{
    for (sur_idx k = 0; k < m->count; k++) H5free_memory(m->at[k].name);
    free(m->at);
}

/* How many numbers a member of this type is; 0: it holds something else. */
static sur_idx numbers_in(hid_t type)
{
    const H5T_class_t class = H5Tget_class(type);
    if (class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM) return 1;
    if (class != H5T_ARRAY) return 0;
    hsize_t shape[H5S_MAX_RANK];
    const int dims = H5Tget_array_dims2(type, shape);
    const hid_t base = H5Tget_super(type);
    const H5T_class_t inner = base < 0 ? H5T_NO_CLASS : H5Tget_class(base);
    double count = 1.0;
    if (base >= 0) H5Tclose(base);
    if (dims < 1 || (inner != H5T_INTEGER && inner != H5T_FLOAT && inner != H5T_ENUM))
        return 0;
    for (int k = 0; k < dims; k++) count *= (double)shape[k];
    return count > 1e6 ? 0 : (sur_idx)count;
}

static sur_status describe_members(members *m, const sur_h5_set *set, const sur_h5 *h5,
                                   sur_error *err)
{
    const int count = H5Tget_nmembers(set->type);
    sur_status status;
    SUR_FAIL_IF(count < 1 || count > SUR_H5_MEMBERS, SUR_EPARSE,
                "%s: %s is a table of %d columns; 1 to %d are read", h5->source->name,
                set->shown.text, count, SUR_H5_MEMBERS);
    SUR_TRY(sur_alloc(&m->at, count, sizeof *m->at, err));
    for (int k = 0; k < count; k++) {
        member *one = &m->at[m->count++];
        one->name = H5Tget_member_name(set->type, (unsigned)k);
        const hid_t type = H5Tget_member_type(set->type, (unsigned)k);
        one->text = type >= 0 && H5Tget_class(type) == H5T_STRING;
        one->count = type >= 0 && one->name ? numbers_in(type) : 0;
        if (type >= 0) H5Tclose(type);
        m->numbers += one->count;
        SUR_FAIL_IF(
            !one->text && one->count == 0, SUR_EPARSE,
            "%s: column %s of %s holds neither numbers nor text", h5->source->name,
            one->name ? sur_shown(one->name, (sur_idx)strlen(one->name)).text : "?",
            set->shown.text);
        SUR_FAIL_IF(m->numbers > 1 << 21, SUR_EPARSE, "%s: %s has too many columns",
                    h5->source->name, set->shown.text);
    }
done:
    return status;
}

/* A row of doubles, one for each number of each member. */
static hid_t row_type(const members *m, const sur_h5_set *set)
{
    const hid_t row = H5Tcreate(H5T_COMPOUND, (size_t)m->numbers * sizeof(double));
    size_t at = 0;
    for (sur_idx k = 0; k < m->count && row >= 0; k++) {
        const member *one = &m->at[k];
        if (one->text) continue;
        const hid_t type = H5Tget_member_type(set->type, (unsigned)k);
        hid_t own = H5T_NATIVE_DOUBLE;
        if (H5Tget_class(type) == H5T_ARRAY) {
            hsize_t shape[H5S_MAX_RANK];
            const int dims = H5Tget_array_dims2(type, shape);
            own = H5Tarray_create2(H5T_NATIVE_DOUBLE, (unsigned)dims, shape);
        }
        if (own >= 0) H5Tinsert(row, one->name, at, own);
        if (own >= 0 && own != H5T_NATIVE_DOUBLE) H5Tclose(own);
        if (type >= 0) H5Tclose(type);
        at += (size_t)one->count * sizeof(double);
    }
    return row;
}

static sur_status name_members(sur_table *table, const members *m, sur_error *err)
{
    sur_text name = {0};
    sur_status status = SUR_OK;
    for (sur_idx k = 0; k < m->count; k++) {
        const member *one = &m->at[k];
        if (one->count == 1) SUR_TRY(sur_table_add_column(table, one->name, err));
        for (sur_idx i = 0; i < one->count && one->count > 1; i++) {
            name.length = 0;
            SUR_TRY(
                sur_text_format(&name, err, "%s.%lld", one->name, (long long)i + 1));
            SUR_TRY(sur_table_add_column(table, name.at, err));
        }
    }
    table->matrix_cols = m->numbers;
done:
    sur_text_free(&name);
    return status;
}

sur_status sur_h5_table_rows(sur_table *table, sur_idx row, const sur_h5_set *set,
                             const sur_h5 *h5, sur_error *err)
{
    members m = {0};
    sur_status status = describe_members(&m, set, h5, err);
    const hid_t type = status == SUR_OK ? row_type(&m, set) : H5I_INVALID_HID;
    const hid_t file = select_rows(set, set->first, set->rows);
    const hsize_t count = (hsize_t)set->rows;
    const hid_t memory = H5Screate_simple(1, &count, NULL);
    double *cells = (double *)sur_table_cells(table) + row * table->matrix_cols;
    if (status == SUR_OK &&
        (type < 0 || file < 0 || memory < 0 ||
         H5Dread(set->id, type, memory, file, H5P_DEFAULT, cells) < 0))
        status = sur_h5_fail(h5, "a table that cannot be read", err);
    if (type >= 0) H5Tclose(type);
    if (file >= 0) H5Sclose(file);
    if (memory >= 0) H5Sclose(memory);
    free_members(&m);
    return status;
}

sur_status sur_h5_table(sur_table *table, const sur_h5_set *set, const sur_h5 *h5,
                        sur_error *err)
{
    members m = {0};
    sur_status status;
    SUR_TRY(describe_members(&m, set, h5, err));
    SUR_TRY(name_members(table, &m, err));
    table->rows = set->rows;
    for (sur_idx k = 0; k < m.count; k++) {
        if (!m.at[k].text) continue;
        SUR_TRY(sur_table_add_column(table, m.at[k].name, err));
        sur_column *column = &table->column[table->cols - 1];
        SUR_TRY(sur_alloc(&column->values, set->rows, sizeof(double), err));
        SUR_TRY(sur_alloc(&column->words, 1, sizeof *column->words, err));
        SUR_TRY(
            sur_h5_words(column->values, column->words, set, m.at[k].name, h5, err));
    }
done:
    free_members(&m);
    return status;
}
