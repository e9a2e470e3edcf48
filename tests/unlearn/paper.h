/* paper.h -- the protocol of Alon & Dar (2025) on images of digits: 500 training
 * images, 40 of them to be forgotten, networks of one hidden layer. */
#ifndef TEST_UNLEARN_PAPER_H
#define TEST_UNLEARN_PAPER_H

#include "unlearn/rig.h"

#define PROTOCOL                                                                      \
    "data=%s/digits/digits.csv.gz samples=500 forget_count=40 input_deviation=0.564 " \
    "radius=1 references=1 planes=0 "

enum { SEEDS = 5, METHODS = 3 };

/* The mean over seeds of a metric of each trial. */
static inline void run_seeds(double mean[][METHODS], rig *r, const char *words,
                             const char *const *trials, int count,
                             const char *const *metrics, const char *const *roles,
                             int metric_count)
{
    for (int m = 0; m < metric_count; m++)
        for (int i = 0; i < count; i++) mean[m][i] = 0.0;
    for (int seed = 1; seed <= SEEDS; seed++) {
        char text[1100];
        snprintf(text, sizeof text, "%s seed=%d", words, seed);
        CHECK_OK(rig_group(r, text, trials, count));
        for (int m = 0; m < metric_count; m++)
            for (int i = 0; i < count; i++)
                mean[m][i] += rig_value(r, i, metrics[m], roles[m]) / SEEDS;
        for (sur_idx i = 0; i < r->kept_count; i++) free(r->kept[i].bytes);
        r->kept_count = 0;
    }
}

#endif
