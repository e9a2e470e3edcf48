/* input.c -- everything that trials read, as one block: data, a model, ids, scores.
 *
 * The block begins with a head of sizes; each part begins at a multiple of 64. A block
 * that begins otherwise is a data set and nothing else. */
#include "experiments/unlearn/forget.h"
#include "experiments/unlearn/scores.h"
#include "experiments/unlearn/unlearn.h"

#include "base/checksum.h"
#include "base/memory.h"
#include "base/try.h"
#include "model/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_DATA, PART_MODEL, PART_IDS, PART_SCORES, PARTS };

typedef struct head {
    char magic[8];
    uint64_t size[PARTS];
    char ids_sha256[72], model_sha256[72];
} head;

static const char magic[8] = {'s', 'u', 'r', 'u', 'n', 'l', '0', '1'};

static size_t rounded(size_t size) { return (size + 63) / 64 * 64; }

sur_status unlearn_input_view(unlearn_input *out, const void *input, size_t size,
                              sur_error *err)
{
    const char *at = input;
    head h;
    *out = (unlearn_input){0};
    if (!input) return SUR_OK;
    if (size < sizeof h || memcmp(at, magic, sizeof magic) != 0) {
        out->data = input;
        out->data_size = size;
        return SUR_OK;
    }
    memcpy(&h, at, sizeof h);
    size_t from[PARTS], end = rounded(sizeof h);
    for (int i = 0; i < PARTS; i++) {
        from[i] = end;
        if (end > size || h.size[i] > size - end)
            return sur_fail(err, SUR_EPARSE, "part %d of the input is cut", i);
        end += rounded((size_t)h.size[i]);
    }
    out->data = at + from[PART_DATA];
    out->data_size = (size_t)h.size[PART_DATA];
    out->model = at + from[PART_MODEL];
    out->model_size = (size_t)h.size[PART_MODEL];
    out->scores = at + from[PART_SCORES];
    out->scores_size = (size_t)h.size[PART_SCORES];
    out->id_count = (sur_idx)(h.size[PART_IDS] / sizeof(sur_idx));
    if (h.ids_sha256[0])
        out->ids = (const sur_idx *)(const void *)(at + from[PART_IDS]);
    snprintf(out->ids_sha256, sizeof out->ids_sha256, "%.64s", h.ids_sha256);
    snprintf(out->model_sha256, sizeof out->model_sha256, "%.64s", h.model_sha256);
    return SUR_OK;
}

typedef struct loading {
    head head;
    const void *part[PARTS];
    sur_dataset data;
    sur_fit fit;
    void *model, *scores;
    sur_idx *ids;
} loading;

static sur_status pack(void **input, size_t *size, const loading *l, sur_error *err)
{
    size_t all = rounded(sizeof l->head);
    char *block;
    for (int i = 0; i < PARTS; i++) all += rounded((size_t)l->head.size[i]);
    const sur_status status = sur_alloc(&block, (sur_idx)all, 1, err);
    if (status != SUR_OK) return status;
    memcpy(block, &l->head, sizeof l->head);
    memcpy(block, magic, sizeof magic);
    size_t end = rounded(sizeof l->head);
    for (int i = 0; i < PARTS; i++) {
        if (l->head.size[i] > 0)
            memcpy(block + end, l->part[i], (size_t)l->head.size[i]);
        end += rounded((size_t)l->head.size[i]);
    }
    *input = block;
    *size = all;
    return SUR_OK;
}

/* How the model's data were read, where the user does not say. */
static void read_alike(sur_data_options *data, const sur_data_options *fitted)
{
    if (!data->target) data->target = fitted->target;
    if (!data->image) data->image = fitted->image;
    if (!data->classes) data->classes = fitted->classes;
    if (!data->columns) data->columns = fitted->columns;
    if (!data->drop) data->drop = fitted->drop;
    if (!data->missing) data->missing = fitted->missing;
    if (!data->weight) data->weight = fitted->weight;
    if (data->task == SUR_TASK_AUTO) data->task = fitted->task;
    data->transpose = data->transpose || fitted->transpose;
}

static sur_status load_model(loading *l, const char *path, sur_error *err)
{
    size_t size;
    sur_error why = {SUR_OK, ""};
    sur_status status;
    SUR_TRY(sur_named_slurp(&l->model, &size, path, err));
    status = sur_fit_load_bytes(&l->fit, l->model, size, &why);
    if (status != SUR_OK)
        return sur_fail(err, status, "%.200s: %.290s", path, why.message);
    l->part[PART_MODEL] = l->model;
    l->head.size[PART_MODEL] = size;
    SUR_TRY(sur_sha256_of(l->head.model_sha256, l->model, size, err));

done:
    return status;
}

static sur_status load_data(loading *l, const sur_unlearn_options *o, char *note,
                            size_t note_size, sur_error *err)
{
    sur_data_options data = o->data; /* strings stay the options' and the model's */
    size_t size;
    if (!data.data || sur_data_is_synthetic(&data)) return SUR_OK;
    if (o->model) read_alike(&data, &l->fit.options.data);
    const sur_status status = sur_data_read(&l->data, &data, note, note_size, err);
    if (status != SUR_OK) return status;
    l->part[PART_DATA] = sur_dataset_bytes(&l->data, &size);
    l->head.size[PART_DATA] = size;
    return SUR_OK;
}

static sur_status load_ids(loading *l, const char *path, sur_error *err)
{
    sur_idx count;
    const sur_status status =
        unlearn_ids_read(&l->ids, &count, l->head.ids_sha256, path, err);
    if (status != SUR_OK) return status;
    l->part[PART_IDS] = l->ids;
    l->head.size[PART_IDS] = (size_t)count * sizeof *l->ids;
    return SUR_OK;
}

static sur_status load_scores(loading *l, const sur_unlearn_options *o, char *note,
                              size_t note_size, sur_error *err)
{
    size_t size;
    if (o->data.data || o->model)
        return sur_fail(err, SUR_EINVAL, "--scores and --%s exclude each other",
                        o->model ? "model" : "data");
    const sur_status status =
        unlearn_scores_read(&l->scores, &size, o->scores, note, note_size, err);
    if (status != SUR_OK) return status;
    l->part[PART_SCORES] = l->scores;
    l->head.size[PART_SCORES] = size;
    return SUR_OK;
}

sur_status sur_unlearn_load(const void *options, void **input, size_t *size, char *note,
                            size_t note_size, sur_error *err)
{
    const sur_unlearn_options *o = options;
    loading l = {0};
    sur_status status = SUR_OK;

    *input = NULL;
    *size = 0;
    if (note_size > 0) note[0] = '\0';
    if (o->scores) {
        SUR_TRY(load_scores(&l, o, note, note_size, err));
        SUR_TRY(pack(input, size, &l, err));
        goto done;
    }
    if (o->model) SUR_TRY(load_model(&l, o->model, err));
    SUR_TRY(load_data(&l, o, note, note_size, err));
    if (o->forget && unlearn_forget_is_file(o->forget))
        SUR_TRY(load_ids(&l, o->forget, err));
    if (l.head.size[PART_DATA] || l.head.size[PART_MODEL] || l.head.size[PART_IDS])
        SUR_TRY(pack(input, size, &l, err));

done:
    sur_dataset_free(&l.data);
    sur_fit_free(&l.fit);
    free(l.model);
    free(l.scores);
    free(l.ids);
    return status;
}
