/* 04_privacy.c -- does a ridge model leak its members? Exact answers with and without
 * each record, one audit. */
#include <surplus/attack.h>

#include <math.h>
#include <stdio.h>

enum { RECORDS = 400, COLUMNS = 60 };

int main(void)
{
    static double x[RECORDS * COLUMNS], y[RECORDS], with[RECORDS], without[RECORDS],
        score[RECORDS];
    static uint8_t member[RECORDS];
    sur_rng rng = sur_rng_make(1, "example", 0);
    sur_rng_normals(&rng, x, RECORDS * COLUMNS, 1.0);
    for (int i = 0; i < RECORDS; i++) {
        y[i] = x[i * COLUMNS] + sur_rng_normal(&rng);
        member[i] = (uint8_t)(i % 2);
    }
    const sur_mat z = {x, RECORDS, COLUMNS, COLUMNS}, target = {y, RECORDS, 1, 1};
    sur_mat in = {with, RECORDS, 1, 1}, out = {without, RECORDS, 1, 1};

    sur_error err;
    sur_audit audit;
    sur_status status =
        sur_paired_answers(&in, &out, &z, NULL, &target, member, 1.0, &err);
    for (int i = 0; i < RECORDS; i++) /* a small residual looks like a member */
        score[i] = -fabs(y[i] - (member[i] ? with[i] : without[i]));
    const sur_audit_options options = {.level = 0.95, .rate = (double)NAN, .seed = 1};
    if (status == SUR_OK)
        status = sur_audit_scores(&audit, score, member, NULL, RECORDS, &options, &err);
    if (status != SUR_OK) return fprintf(stderr, "%s\n", err.message), 1;
    printf("advantage %.3f (95 %% %.3f to %.3f), AUC %.3f (%.3f to %.3f)\n",
           audit.advantage.value, audit.advantage.low, audit.advantage.high,
           audit.auc.value, audit.auc.low, audit.auc.high);
    printf("smallest false positive rate the sample supports: %.3f\n", audit.fpr_floor);
    return audit.auc.value > 0.5 ? 0 : 1;
}
