/* hdf5_file.c -- an HDF5 file and its data sets, opened with suspicion. */
#include "data/hdf5.h"

#include "base/memory.h"
#include "base/try.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- errors of the library ---- */

/* The innermost description is the one that knows the cause. */
static herr_t take_text(unsigned n, const H5E_error2_t *entry, void *payload)
{
    if (n == 0 && entry->desc)
        *(sur_label *)payload = sur_shown(entry->desc, (sur_idx)strlen(entry->desc));
    return 0;
}

sur_status sur_h5_fail(const sur_h5 *h5, const char *what, sur_error *err)
{
    sur_label cause = {""};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_text, &cause);
    return sur_fail(err, SUR_EPARSE, "%s: %s%s%s%s", h5->source->name, what,
                    *cause.text ? " (" : "", cause.text, *cause.text ? ")" : "");
}

/* ---- the file ---- */

/* No file may make us read another one. */
static herr_t refuse_link(const char *group, const char *file, const char *name,
                          const char *object, unsigned *flags, hid_t access,
                          void *payload)
{
    (void)group, (void)file, (void)name, (void)object, (void)flags, (void)access;
    (void)payload;
    return -1;
}

sur_status sur_h5_open(sur_h5 *h5, sur_source *source, sur_error *err)
{
    hid_t access = H5I_INVALID_HID;
    sur_status status = SUR_OK;
    *h5 = (sur_h5){.source = source, .file = H5I_INVALID_HID, .links = H5I_INVALID_HID};
    H5Eget_auto2(H5E_DEFAULT, &h5->report, &h5->report_to);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    SUR_FAIL_IF(source->size < 0 || source->unpack || source->zstd || source->in_tar,
                SUR_EPARSE,
                "%s: an HDF5 file must be a file of its own, not piped or packed",
                source->name);
    sur_h5_know_lzf();
    access = H5Pcreate(H5P_FILE_ACCESS);
    h5->links = H5Pcreate(H5P_LINK_ACCESS);
    SUR_FAIL_IF(access < 0 || h5->links < 0 ||
                    H5Pset_file_locking(access, false, true) < 0 ||
                    H5Pset_elink_cb(h5->links, refuse_link, NULL) < 0,
                SUR_EBACKEND, "%s: the HDF5 library does not start", source->name);
    h5->file = H5Fopen(source->path, H5F_ACC_RDONLY, access);
    if (h5->file < 0) status = sur_h5_fail(h5, "a damaged HDF5 file", err);
done:
    if (access >= 0) H5Pclose(access);
    return status;
}

void sur_h5_close(sur_h5 *h5)
{
    if (h5->links >= 0) H5Pclose(h5->links);
    if (h5->file >= 0) H5Fclose(h5->file);
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, h5->report, h5->report_to);
}

H5I_type_t sur_h5_kind_of(const sur_h5 *h5, const char *path)
{
    const hid_t id = H5Oopen(h5->file, path, h5->links);
    const H5I_type_t kind = id < 0 ? H5I_BADID : H5Iget_type(id);
    if (id >= 0) H5Oclose(id);
    return kind;
}

/* ---- a data set ---- */

static sur_status describe_space(sur_h5_set *set, const sur_h5 *h5, sur_error *err)
{
    hsize_t shape[H5S_MAX_RANK];
    const hid_t space = H5Dget_space(set->id);
    const int dims = space < 0 ? -1 : H5Sget_simple_extent_dims(space, shape, NULL);
    const H5S_class_t class =
        space < 0 ? H5S_NO_CLASS : H5Sget_simple_extent_type(space);
    if (space >= 0) H5Sclose(space);
    if (dims < 0) return sur_h5_fail(h5, "a damaged data set", err);
    if (dims > SUR_H5_DIMS || class == H5S_NULL)
        return sur_fail(err, SUR_EPARSE, "%s: %s has %s", h5->source->name,
                        set->shown.text,
                        class == H5S_NULL ? "no numbers" : "more than 8 dimensions");
    double cells = 1.0;
    set->dims = dims;
    set->rows = set->cols = 1;
    for (int k = 0; k < dims; k++) cells *= (double)shape[k];
    if (!(cells < 0x1p53) || (dims > 0 && shape[0] > (hsize_t)1 << 53))
        return sur_fail(err, SUR_EPARSE, "%s: %s claims to have %.3g numbers",
                        h5->source->name, set->shown.text, cells);
    for (int k = 0; k < dims; k++) {
        if (shape[k] == 0)
            return sur_fail(err, SUR_EPARSE, "%s: %s is empty", h5->source->name,
                            set->shown.text);
        set->shape[k] = (sur_idx)shape[k];
        if (k == 0)
            set->rows = (sur_idx)shape[k];
        else
            set->cols *= (sur_idx)shape[k];
    }
    return SUR_OK;
}

/* Images are rows x height x width, or with channels in front or behind. */
static void describe_image(sur_h5_set *set)
{
    const sur_idx *s = set->shape;
    if (set->dims == 3 && s[1] > 1 && s[2] > 1)
        set->image[0] = 1, set->image[1] = s[1], set->image[2] = s[2];
    if (set->dims == 4 && s[3] == 1)
        set->image[0] = 1, set->image[1] = s[1], set->image[2] = s[2];
    else if (set->dims == 4 && s[1] <= 4)
        set->image[0] = s[1], set->image[1] = s[2], set->image[2] = s[3];
}

static sur_status refuse_type(const sur_h5_set *set, const sur_h5 *h5, const char *what,
                              sur_error *err)
{
    return sur_fail(err, SUR_EPARSE, "%s: %s holds %s, which are not read",
                    h5->source->name, set->shown.text, what);
}

static sur_status describe_type(sur_h5_set *set, const sur_h5 *h5, sur_error *err)
{
    set->type = H5Dget_type(set->id);
    const H5T_class_t class = set->type < 0 ? H5T_NO_CLASS : H5Tget_class(set->type);
    const size_t size = set->type < 0 ? 0 : H5Tget_size(set->type);
    if (class == H5T_NO_CLASS || size == 0)
        return sur_h5_fail(h5, "a damaged type of numbers", err);
    set->kind = SUR_H5_NUMBERS;
    set->scalar = SUR_F64;
    switch (class) {
    case H5T_FLOAT:
        if (size <= 4) set->scalar = SUR_F32;
        return SUR_OK;
    case H5T_ENUM: /* h5py's bool */
    case H5T_INTEGER:
        if (size == 1 && (class == H5T_ENUM || H5Tget_sign(set->type) == H5T_SGN_NONE))
            set->scalar = SUR_U8;
        else if (size <= 2)
            set->scalar = SUR_F32;
        return SUR_OK;
    case H5T_STRING:
        set->kind = SUR_H5_TEXT;
        return SUR_OK;
    case H5T_COMPOUND:
        set->kind = SUR_H5_TABLE;
        return SUR_OK;
    case H5T_VLEN:
        return refuse_type(set, h5, "lists of different lengths", err);
    case H5T_REFERENCE:
        return refuse_type(set, h5, "references", err);
    case H5T_OPAQUE:
        return refuse_type(set, h5, "opaque bytes", err);
    case H5T_BITFIELD:
        return refuse_type(set, h5, "bit fields", err);
    case H5T_TIME:
        return refuse_type(set, h5, "times", err);
    case H5T_ARRAY:
        return refuse_type(set, h5, "arrays inside an array", err);
    default:
        return refuse_type(set, h5, "numbers of an unknown type", err);
    }
}

static sur_status check_filters(const sur_h5_set *set, const sur_h5 *h5, hid_t made,
                                sur_error *err)
{
    const int filters = H5Pget_nfilters(made);
    for (int k = 0; k < filters; k++) {
        unsigned flags, config;
        size_t count = 0;
        char name[64] = "";
        const H5Z_filter_t id = H5Pget_filter2(made, (unsigned)k, &flags, &count, NULL,
                                               sizeof name, name, &config);
        if (id < 0) return sur_h5_fail(h5, "a damaged list of filters", err);
        if (H5Zfilter_avail(id) > 0) continue;
        name[sizeof name - 1] = '\0';
        return sur_fail(err, SUR_EPARSE,
                        "%s: %s is packed by filter %d (%s), which is not installed; "
                        "repack it: h5repack -f GZIP=4",
                        h5->source->name, set->shown.text, (int)id,
                        *name ? sur_shown(name, (sur_idx)strlen(name)).text : "?");
    }
    return SUR_OK;
}

/* Whether the numbers can be in the file at all. */
static sur_status check_storage(sur_h5_set *set, const sur_h5 *h5, sur_error *err)
{
    const double file = (double)h5->source->size;
    const double most = (double)SUR_EXPANSION_FREE + SUR_EXPANSION_LIMIT * file;
    double bytes = (double)H5Tget_size(set->type);
    const double wide = bytes > 8.0 ? bytes : 8.0;
    sur_status status = SUR_OK;
    const hid_t made = H5Dget_create_plist(set->id);
    if (made < 0) return sur_h5_fail(h5, "a damaged data set", err);
    const H5D_layout_t layout = H5Pget_layout(made);
    SUR_FAIL_IF(layout == H5D_VIRTUAL || H5Pget_external_count(made) > 0, SUR_EPARSE,
                "%s: %s keeps its numbers in other files; copy them into one: "
                "h5repack",
                h5->source->name, set->shown.text);
    for (int k = 0; k < set->dims; k++) bytes *= (double)set->shape[k];
    SUR_FAIL_IF(layout != H5D_CHUNKED && bytes > file, SUR_EPARSE,
                "%s: %s claims %.3g bytes of a file of %.3g", h5->source->name,
                set->shown.text, bytes, file);
    SUR_FAIL_IF(bytes / (double)H5Tget_size(set->type) * wide > 8.0 * most, SUR_EPARSE,
                "%s: %s claims to unpack to %.3g bytes from %.3g", h5->source->name,
                set->shown.text, bytes, file);
    if (layout == H5D_CHUNKED) {
        hsize_t chunk[H5S_MAX_RANK];
        double size = (double)H5Tget_size(set->type);
        const int dims = H5Pget_chunk(made, H5S_MAX_RANK, chunk);
        for (int k = 0; k < dims; k++) size *= (double)chunk[k];
        if (dims > 0) set->chunk = (sur_idx)chunk[0];
        SUR_FAIL_IF(size > most, SUR_EPARSE,
                    "%s: %s claims pieces of %.3g bytes in a file of %.3g",
                    h5->source->name, set->shown.text, size, file);
        SUR_TRY(check_filters(set, h5, made, err));
    }
done:
    H5Pclose(made);
    return status;
}

sur_status sur_h5_set_open(sur_h5_set *set, const sur_h5 *h5, const char *path,
                           sur_error *err)
{
    sur_status status;
    *set = (sur_h5_set){.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    set->shown = sur_shown(path, (sur_idx)strlen(path));
    SUR_TRY(sur_copy_text(&set->path, path, err));
    const H5I_type_t kind = sur_h5_kind_of(h5, path);
    SUR_FAIL_IF(kind != H5I_DATASET, SUR_EINVAL, "%s: %s is %s", h5->source->name,
                set->shown.text,
                kind == H5I_GROUP
                    ? "a group, not a data set"
                    : "not there, or a link that leads nowhere in the file");
    set->id = H5Dopen2(h5->file, path, H5P_DEFAULT);
    if (set->id < 0) {
        status = sur_h5_fail(h5, "a damaged data set", err);
        goto done;
    }
    SUR_TRY(describe_space(set, h5, err));
    SUR_TRY(describe_type(set, h5, err));
    SUR_TRY(check_storage(set, h5, err));
    SUR_FAIL_IF(set->kind == SUR_H5_TABLE && set->dims != 1, SUR_EPARSE,
                "%s: %s is a table with %d dimensions", h5->source->name,
                set->shown.text, set->dims);
    describe_image(set);
done:
    return status;
}

void sur_h5_set_close(sur_h5_set *set)
{
    if (set->type > 0) H5Tclose(set->type);
    if (set->id > 0) H5Dclose(set->id);
    free(set->path);
    *set = (sur_h5_set){.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
}

sur_status sur_h5_set_slice(sur_h5_set *set, const sur_h5 *h5, sur_idx first,
                            sur_idx last, sur_error *err)
{
    const sur_idx rows = set->dims ? set->shape[0] : 1;
    const sur_idx end = last < 0 ? rows : last;
    if (first < 0 || end <= first || end > rows)
        return sur_fail(err, SUR_EINVAL, "%s: %s has rows 0 to %lld, not [%lld:%lld]",
                        h5->source->name, set->shown.text, (long long)rows,
                        (long long)first, (long long)end);
    set->first = first;
    set->rows = end - first;
    return SUR_OK;
}
