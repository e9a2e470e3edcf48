/* csv_text.h -- text tables of random numbers. */
#ifndef TEST_DATA_CSV_TEXT_H
#define TEST_DATA_CSV_TEXT_H

#include "files.h"

#include <surplus/random.h>

/* Rows of numbers as one text: `lines` ended by `end`, cells parted by `delimiter`. */
static inline char *make_text(sur_idx rows, sur_idx cols, const char *delimiter,
                              const char *end, bool header)
{
    char *text = malloc((size_t)(rows + 1) * (size_t)cols * 32 + 64), *to = text;
    sur_rng rng = sur_rng_make(1, "csv", 0);
    for (sur_idx j = 0; header && j < cols; j++)
        to += sprintf(to, "%sc%lld", j ? delimiter : "", (long long)j + 1);
    if (header) to += sprintf(to, "%s", end);
    for (sur_idx i = 0; i < rows; i++) {
        for (sur_idx j = 0; j < cols; j++)
            to += sprintf(to, "%s%.17g", j ? delimiter : "", sur_rng_normal(&rng));
        to += sprintf(to, "%s", end);
    }
    return text;
}

#endif
