/* fuzz_scores.c -- any bytes may be given as a table of scores: refused in one line, or
 * read to scores and memberships that an audit takes. */
#include "read_bytes.h"

#include <surplus/attack.h>

#include "experiments/privacy/scores.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sur_privacy_options options = {.scores = path_of_bytes(data, size)};
    const sur_audit_options how = {.level = 0.95, .rate = (double)NAN};
    char note[256] = "";
    void *block;
    size_t count;
    sur_error err = {0};
    privacy_scores s;
    sur_audit audit;
    if (privacy_scores_read(&block, &count, &options, note, sizeof note, &err) !=
        SUR_OK) {
        must(block == NULL && err.message[0] != '\0' && !strchr(err.message, '\n'));
        return 0;
    }
    must(privacy_scores_view(&s, block, count, &err) == SUR_OK && s.count > 0);
    for (sur_idx i = 0; i < s.count; i++) must(!isnan(s.score[i]) && s.member[i] <= 1);
    if (sur_audit_scores(&audit, s.score, s.member, s.weight, s.count, &how, &err) ==
        SUR_OK) {
        must(audit.advantage.low <= audit.advantage.high);
        must(audit.auc.low <= audit.auc.high && audit.epsilon_low >= 0.0);
    }
    free(block);
    return 0;
}
