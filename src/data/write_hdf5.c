/* write_hdf5.c -- a data set as HDF5: the sets X, y, weight, columns, and X_test,
 * y_test, weight_test, as in an NPZ archive. Numbers lie in one piece, as they are in
 * memory. */
#include "data/write.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"
#include "data/number.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

typedef struct writer {
    hid_t file, plain; /* plain: how sets are made: without times in them */
    const char *path;
} writer;

static sur_status fail(const writer *w, sur_error *err)
{
    return sur_fail(err, SUR_EWRITE, "%s: the HDF5 library cannot write it", w->path);
}

static sur_status put(const writer *w, const char *name, hid_t type, int dims,
                      const hsize_t *shape, const void *bytes, sur_error *err)
{
    const hid_t space = H5Screate_simple(dims, shape, NULL);
    const hid_t set = space < 0 ? H5I_INVALID_HID
                                : H5Dcreate2(w->file, name, type, space, H5P_DEFAULT,
                                             w->plain, H5P_DEFAULT);
    const bool ok =
        set >= 0 && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0;
    if (space >= 0) H5Sclose(space);
    const bool closed = set >= 0 && H5Dclose(set) >= 0;
    return ok && closed ? SUR_OK : fail(w, err);
}

/* A set of text: entry i is names[pick ? pick[i] : i]. */
static sur_status put_text(const writer *w, const char *name, const char *const *names,
                           sur_idx names_count, const double *pick, sur_idx count,
                           sur_error *err)
{
    const hsize_t shape = (hsize_t)count;
    size_t width = 1;
    char *bytes = NULL;
    sur_status status;
    const hid_t type = H5Tcopy(H5T_C_S1);
    for (sur_idx k = 0; k < names_count; k++)
        if (strlen(names[k]) > width) width = strlen(names[k]);
    SUR_FAIL_IF((double)width * (double)count > 0x1p40, SUR_ENOMEM,
                "no memory for %lld names", (long long)count);
    SUR_TRY(sur_alloc(&bytes, count, width, err));
    for (sur_idx i = 0; i < count; i++) {
        const char *text = names[pick ? (sur_idx)pick[i] : i];
        memcpy(bytes + (size_t)i * width, text, strlen(text));
    }
    if (type < 0 || H5Tset_size(type, width) < 0 ||
        H5Tset_strpad(type, H5T_STR_NULLPAD) < 0 ||
        H5Tset_cset(type, H5T_CSET_UTF8) < 0)
        status = fail(w, err);
    else
        status = put(w, name, type, 1, &shape, bytes, err);
done:
    if (type >= 0) H5Tclose(type);
    free(bytes);
    return status;
}

/* The target of rows first .. as numbers, or as text if class names are no numbers. */
static sur_status put_target(const writer *w, const char *name, const sur_dataset *data,
                             const char *const *names, sur_idx first, sur_idx count,
                             sur_error *err)
{
    const hsize_t shape = (hsize_t)count;
    double *values = NULL, *number = NULL;
    bool text = false;
    sur_status status;
    if (!data->classes)
        return put(w, name, H5T_NATIVE_DOUBLE, 1, &shape, data->target + first, err);
    SUR_TRY(sur_alloc(&number, data->classes, sizeof *number, err));
    for (sur_idx k = 0; k < data->classes; k++) {
        const char *end = sur_number_read(names[k], &number[k]);
        text |= !end || *end;
    }
    if (text) {
        status =
            put_text(w, name, names, data->classes, data->target + first, count, err);
        goto done;
    }
    SUR_TRY(sur_alloc(&values, count, sizeof *values, err));
    for (sur_idx i = 0; i < count; i++)
        values[i] = number[(sur_idx)data->target[first + i]];
    status = put(w, name, H5T_NATIVE_DOUBLE, 1, &shape, values, err);
done:
    free(values);
    free(number);
    return status;
}

static sur_status put_rows(const writer *w, const char *const key[3],
                           const sur_dataset *data, const char *const *classes,
                           sur_idx first, sur_idx count, sur_error *err)
{
    const size_t row = (size_t)data->cols * sur_scalar_size(data->scalar);
    const hid_t type = data->scalar == SUR_F64   ? H5T_NATIVE_DOUBLE
                       : data->scalar == SUR_F32 ? H5T_NATIVE_FLOAT
                                                 : H5T_NATIVE_UINT8;
    hsize_t shape[4] = {(hsize_t)count, (hsize_t)data->cols, 0, 0};
    const hsize_t length = (hsize_t)count;
    int dims = 2;
    sur_status status;
    if (data->shape[0] == 1) {
        dims = 3;
        shape[1] = (hsize_t)data->shape[1], shape[2] = (hsize_t)data->shape[2];
    } else if (data->shape[0] > 1 && data->shape[0] <= 4 && data->shape[2] > 4) {
        dims = 4;
        for (int k = 0; k < 3; k++) shape[k + 1] = (hsize_t)data->shape[k];
    }
    SUR_TRY(put(w, key[0], type, dims, shape,
                (const char *)data->x + (size_t)first * row, err));
    SUR_TRY(put_target(w, key[1], data, classes, first, count, err));
    if (data->weight)
        SUR_TRY(
            put(w, key[2], H5T_NATIVE_DOUBLE, 1, &length, data->weight + first, err));
done:
    return status;
}

sur_status sur_write_hdf5(const char *path, const sur_dataset *data, sur_error *err)
{
    static const char *const train[] = {"X", "y", "weight"}, *const test[] = {
                                                                 "X_test", "y_test",
                                                                 "weight_test"};
    const sur_idx own = data->rows - data->test_rows;
    writer w = {.file = H5I_INVALID_HID, .plain = H5I_INVALID_HID, .path = path};
    const char **names = NULL;
    H5E_auto2_t report = NULL;
    void *report_to = NULL;
    sur_status status;
    H5Eget_auto2(H5E_DEFAULT, &report, &report_to);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    SUR_TRY(sur_alloc(&names, data->cols + 2 + data->classes, sizeof *names, err));
    const char *name = data->column_names;
    for (sur_idx i = 0; i < data->cols + 2 + data->classes;
         i++, name += strlen(name) + 1)
        names[i] = name;
    w.plain = H5Pcreate(H5P_DATASET_CREATE);
    SUR_FAIL_IF(w.plain < 0 || H5Pset_obj_track_times(w.plain, false) < 0, SUR_EBACKEND,
                "%s: the HDF5 library does not start", path);
    w.file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    SUR_FAIL_IF(w.file < 0, SUR_EWRITE, "%s: cannot be written", path);
    SUR_TRY(put_rows(&w, train, data, names + data->cols + 2, 0, own, err));
    if (data->test_rows)
        SUR_TRY(put_rows(&w, test, data, names + data->cols + 2, own, data->test_rows,
                         err));
    SUR_TRY(put_text(&w, "columns", names, data->cols, NULL, data->cols, err));
    const bool closed = H5Fclose(w.file) >= 0;
    w.file = H5I_INVALID_HID;
    if (!closed) status = fail(&w, err);
done:
    if (w.file >= 0) H5Fclose(w.file);
    if (w.plain >= 0) H5Pclose(w.plain);
    H5Eset_auto2(H5E_DEFAULT, report, report_to);
    free(names);
    return status;
}
