/* fuzz_predictions.c -- any bytes may be given as predictions made elsewhere: refused
 * in one line, or read to classes and probabilities that make sense. */
#include "read_bytes.h"

#include "experiments/unlearn/scores.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char note[256] = "";
    void *block;
    size_t bytes;
    sur_error err = {0};
    unlearn_scores s;
    if (unlearn_scores_read(&block, &bytes, path_of_bytes(data, size), note,
                            sizeof note, &err) != SUR_OK) {
        must(block == NULL && err.message[0] != '\0' && !strchr(err.message, '\n'));
        return 0;
    }
    must(unlearn_scores_view(&s, block, bytes, &err) == SUR_OK && s.count > 0);
    must(s.has[1][UNLEARN_FORGET] && s.has[1][UNLEARN_TEST]);
    for (sur_idx i = 0; i < s.count; i++)
        must(s.label[i] >= 0 && s.label[i] < s.classes);
    for (int m = 0; m < s.models; m++)
        for (sur_idx i = 0; i < s.count; i++) {
            const int32_t c = s.class[m][i];
            must(c >= -1 && c < s.classes);
            for (sur_idx j = 0; s.graded[m] && c >= 0 && j < s.classes; j++)
                must(s.p[m][i * s.classes + j] >= 0.0 &&
                     s.p[m][i * s.classes + j] <= 1.0);
        }
    free(block);
    return 0;
}
