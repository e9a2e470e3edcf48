/* ranking.h -- the examples of a two-class problem, the highest score first, walked one
 * group of equal scores at a time. */
#ifndef STATS_RANKING_H
#define STATS_RANKING_H

#include "stats/order.h"

/* Rows of weight 0 are left out. */
typedef struct sur_ranking {
    sur_idx count;        /* rows ranked */
    sur_idx class_of[2];  /* how many of each class; at least 1 */
    double weight_of[2];  /* sum of the weights of each class, in rank order; > 0 */
    double square_of[2];  /* sum of their squares */
    sur_ordered *item;    /* [count]; row is 2 * (row of the input) + label */
    const double *weight; /* borrowed; NULL for equal weights */
} sur_ranking;

/* One group of equal scores; [0] and [1] are the classes. */
typedef struct sur_ties {
    double score, weight[2], square[2];
} sur_ties;

/* Fails with SUR_EINVAL: a score that is NaN, a label other than 0 and 1, a weight that
 * is not finite (each named by its row), a class without examples or with a sum of
 * weights that is not positive; with SUR_ENOMEM. Release with sur_ranking_free. */
SUR_MUST_USE sur_status sur_ranking_new(sur_ranking *out, const double *score,
                                        const uint8_t *label, const double *weight,
                                        sur_idx n, sur_error *err);
void sur_ranking_free(sur_ranking *ranking);

static inline int sur_ranked_label(const sur_ordered *item)
{
    return (int)(item->row & 1);
}
static inline sur_idx sur_ranked_row(const sur_ordered *item) { return item->row >> 1; }

/* Fills *out with the group that begins at place `at` and returns where the next
 * begins. */
sur_idx sur_ranking_next(sur_ties *out, const sur_ranking *ranking, sur_idx at);

/* The equal number of equally weighted examples of a class: (sum w)^2 / sum w^2 (Kish).
 */
double sur_ranking_effective(const sur_ranking *ranking, int label);

#endif
