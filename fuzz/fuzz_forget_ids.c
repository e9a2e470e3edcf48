/* fuzz_forget_ids.c -- any bytes may be given as a list of rows to forget: refused in
 * one line, or read to ids, of which those that are rows are marked. */
#include "read_bytes.h"

#include "experiments/unlearn/forget.h"

enum { ROWS = 40, TRAIN = 30 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = path_of_bytes(data, size), note[256] = "";
    sur_idx *ids, count, train[TRAIN];
    double label[TRAIN] = {0};
    const sur_dataset rows = {.rows = ROWS};
    const sur_split split = {.train_count = TRAIN, .train = train, .label = label};
    const unlearn_forget_options options = {.forget = path, .share = (double)NAN};
    unlearn_forget forget;
    sur_error err = {0};
    if (unlearn_ids_read(&ids, &count, NULL, path, &err) != SUR_OK) {
        must(ids == NULL && err.message[0] != '\0' && !strchr(err.message, '\n'));
        return 0;
    }
    must(count > 0);
    for (sur_idx i = 0; i < TRAIN; i++) train[i] = ROWS - 1 - i;
    if (unlearn_forget_make(&forget, &options, &rows, &split, ids, count, note,
                            sizeof note, &err) == SUR_OK) {
        must(forget.count > 0 && forget.retain_count > 0);
        must(forget.count + forget.retain_count == TRAIN);
        for (sur_idx k = 0; k < count; k++)
            must(ids[k] >= 0 && ids[k] < ROWS &&
                 (ids[k] < ROWS - TRAIN || forget.marked[ROWS - 1 - ids[k]]));
    } else {
        must(!forget.forget && err.message[0] != '\0' && !strchr(err.message, '\n'));
    }
    unlearn_forget_free(&forget);
    free(ids);
    return 0;
}
