/* read_mat.c -- MATLAB files up to version 7 (7.3 is HDF5): variables that are real
 * matrices. X (or fea, data) are the features, Y (or gnd, label) the target, FILE:NAME
 * names the features; without a name that says so, the only matrix is it. */
#include "data/block.h"
#include "data/reader.h"
#include "data/roles.h"
#include "data/slurp.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <matio.h>
#include <stdlib.h>
#include <string.h>

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 128 && memcmp(bytes, "MATLAB 5.0 MAT-file", 19) == 0;
}

static sur_scalar scalar_of(const matvar_t *v)
{
    switch (v->class_type) {
    case MAT_C_UINT8:
        return SUR_U8;
    case MAT_C_SINGLE:
    case MAT_C_INT8:
    case MAT_C_INT16:
    case MAT_C_UINT16:
        return SUR_F32;
    default:
        return SUR_F64;
    }
}

/* Why a variable is no matrix of numbers; NULL: it is one. */
static const char *fault_of(const matvar_t *v)
{
    if (v->class_type == MAT_C_CHAR) return "text";
    if (v->class_type == MAT_C_CELL || v->class_type == MAT_C_STRUCT ||
        v->class_type == MAT_C_OBJECT || v->class_type == MAT_C_FUNCTION)
        return "a cell array, a struct or an object";
    if (v->class_type == MAT_C_SPARSE) return "sparse; save full(it)";
    if (v->class_type < MAT_C_DOUBLE || v->class_type > MAT_C_UINT64)
        return "of an unknown class";
    if (v->isComplex) return "complex";
    if (v->rank < 1 || v->rank > 8) return "of more than 8 dimensions";
    return NULL;
}

static double cells_of(const matvar_t *v)
{
    double cells = 1.0;
    for (int k = 0; k < v->rank && k < 8; k++) cells *= (double)v->dims[k];
    return cells;
}

static double number_at(const matvar_t *v, size_t i)
{
    switch (v->class_type) {
    case MAT_C_DOUBLE:
        return ((const double *)v->data)[i];
    case MAT_C_SINGLE:
        return (double)((const float *)v->data)[i];
    case MAT_C_INT8:
        return ((const int8_t *)v->data)[i];
    case MAT_C_UINT8:
        return ((const uint8_t *)v->data)[i];
    case MAT_C_INT16:
        return ((const int16_t *)v->data)[i];
    case MAT_C_UINT16:
        return ((const uint16_t *)v->data)[i];
    case MAT_C_INT32:
        return ((const int32_t *)v->data)[i];
    case MAT_C_UINT32:
        return ((const uint32_t *)v->data)[i];
    case MAT_C_INT64:
        return (double)((const int64_t *)v->data)[i];
    default:
        return (double)((const uint64_t *)v->data)[i];
    }
}

static size_t width_of(const matvar_t *v)
{
    switch (v->class_type) {
    case MAT_C_INT8:
    case MAT_C_UINT8:
        return 1;
    case MAT_C_INT16:
    case MAT_C_UINT16:
        return 2;
    case MAT_C_SINGLE:
    case MAT_C_INT32:
    case MAT_C_UINT32:
        return 4;
    default:
        return 8;
    }
}

typedef struct reading {
    mat_t *mat;
    sur_source *source;
    const sur_request *request;
} reading;

/* Reads the numbers of a variable whose head is known. */
static sur_status load(matvar_t *v, const reading *r, sur_error *err)
{
    const double cells = cells_of(v);
    const sur_label shown = sur_shown(v->name, (sur_idx)strlen(v->name));
    sur_status status = sur_source_believe(r->source, 8.0 * cells, err);
    if (status != SUR_OK) return status;
    if (!(cells >= 1.0))
        return sur_fail(err, SUR_EPARSE, "%s: %s is empty", r->source->name,
                        shown.text);
    if (Mat_VarReadDataAll(r->mat, v) != 0 || !v->data ||
        (double)v->nbytes < cells * (double)width_of(v))
        return sur_fail(err, SUR_EPARSE, "%s: %s is damaged", r->source->name,
                        shown.text);
    return SUR_OK;
}

static sur_status add_matrix(sur_table *table, matvar_t *v, const reading *r,
                             sur_error *err)
{
    sur_status status;
    SUR_TRY(load(v, r, err));
    const sur_idx rows = (sur_idx)v->dims[0];
    const sur_idx cols = (sur_idx)(cells_of(v) / (double)rows);
    table->scalar = scalar_of(v);
    SUR_TRY(sur_table_add_matrix(table, cols, r->source, err));
    SUR_TRY(sur_table_reserve(table, rows, err));
    table->rows = rows;
    for (sur_idx i = 0; i < rows; i++)
        for (sur_idx j = 0; j < cols; j++)
            sur_table_set(table, i, j, number_at(v, (size_t)(j * rows + i)));
done:
    return status;
}

static sur_status add_column(sur_table *table, matvar_t *v, const reading *r,
                             sur_error *err)
{
    sur_status status;
    if (table->rows == 0) table->rows = (sur_idx)cells_of(v);
    SUR_FAIL_IF(cells_of(v) != (double)table->rows, SUR_EPARSE,
                "%s: %s has %.0f values, not one for each of %lld rows",
                r->source->name, sur_shown(v->name, (sur_idx)strlen(v->name)).text,
                cells_of(v), (long long)table->rows);
    SUR_TRY(load(v, r, err));
    SUR_TRY(sur_table_add_column(table, v->name, err));
    double **values = &table->column[table->cols - 1].values;
    SUR_TRY(sur_alloc(values, table->rows, sizeof **values, err));
    for (sur_idx i = 0; i < table->rows; i++) (*values)[i] = number_at(v, (size_t)i);
done:
    return status;
}

/* ---- which variable is what ---- */

enum { MOST = 1000 };

static bool is_matrix(const matvar_t *v)
{
    return v->rank >= 2 && v->dims[0] > 1 && cells_of(v) > (double)v->dims[0];
}

static sur_status choose(matvar_t **features, matvar_t **vars, int count,
                         const reading *r, sur_error *err)
{
    const char *asked = r->request->inside;
    matvar_t *only = NULL, *fit = NULL;
    int matrices = 0;
    for (int k = 0; k < count; k++) {
        if (asked && strcmp(vars[k]->name, asked) == 0) fit = vars[k];
        if (asked || fault_of(vars[k])) continue;
        if (sur_role_of(vars[k]->name) == SUR_ROLE_FEATURES) fit = vars[k];
        if (is_matrix(vars[k])) only = vars[k], matrices++;
    }
    *features = fit ? fit : matrices == 1 ? only : NULL;
    if (!*features && asked)
        return sur_fail(err, SUR_EINVAL, "%s: has no variable \"%s\"", r->source->name,
                        sur_shown(asked, (sur_idx)strlen(asked)).text);
    if (!*features)
        return sur_fail(err, SUR_EPARSE,
                        "%s: holds %d matrices of real numbers; name one: FILE:NAME",
                        r->source->name, matrices);
    const char *fault = fault_of(*features);
    if (fault)
        return sur_fail(
            err, SUR_EPARSE, "%s: %s is %s", r->source->name,
            sur_shown((*features)->name, (sur_idx)strlen((*features)->name)).text,
            fault);
    return SUR_OK;
}

static sur_status fill(sur_table *table, matvar_t **vars, int count, const reading *r,
                       sur_error *err)
{
    const char *asked = r->request->options->target;
    matvar_t *features;
    sur_status status;
    SUR_TRY(choose(&features, vars, count, r, err));
    SUR_TRY(add_matrix(table, features, r, err));
    if (r->request->matrix) goto done;
    for (int k = 0; k < count; k++) {
        matvar_t *v = vars[k];
        const sur_role role = v->name ? sur_role_of(v->name) : SUR_ROLE_OTHER;
        const bool named = asked && v->name && strcmp(asked, v->name) == 0;
        if (v == features || fault_of(v) || cells_of(v) != (double)table->rows ||
            (role != SUR_ROLE_TARGET && role != SUR_ROLE_WEIGHT && !named))
            continue;
        if (role == SUR_ROLE_TARGET) table->target = table->cols;
        if (role == SUR_ROLE_WEIGHT) table->weight = table->cols;
        SUR_TRY(add_column(table, v, r, err));
    }
done:
    return status;
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    reading r = {.source = source, .request = request};
    matvar_t **vars = NULL;
    int count = 0;
    sur_status status;
    (void)test;
    SUR_FAIL_IF(source->size < 0 || source->unpack || source->zstd || source->in_tar,
                SUR_EPARSE,
                "%s: a MATLAB file must be a file of its own, not piped or packed",
                source->name);
    SUR_TRY(sur_alloc(&vars, MOST, sizeof *vars, err));
    r.mat = Mat_Open(source->path, MAT_ACC_RDONLY);
    SUR_FAIL_IF(!r.mat, SUR_EPARSE, "%s: a damaged MATLAB file", source->name);
    while (count < MOST && (vars[count] = Mat_VarReadNextInfo(r.mat)))
        if (vars[count]->name && vars[count]->dims)
            count++;
        else
            Mat_VarFree(vars[count]);
    SUR_TRY(fill(table, vars, count, &r, err));
done:
    for (int k = 0; k < count; k++) Mat_VarFree(vars[k]);
    free(vars);
    if (r.mat) Mat_Close(r.mat);
    return status;
}

const sur_format sur_format_mat = {.name = "MATLAB",
                                   .extensions = ".mat",
                                   .probe = probe,
                                   .parts = true,
                                   .foreign = true,
                                   .read = read_table};
