/* list.c -- measurements, by the names of the experiment's table; notes. */
#include "experiments/unlearn/unlearn.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void unlearn_put(unlearn_list *list, const char *metric, const char *split,
                 sur_interval value, sur_idx n)
{
    if (list->count == UNLEARN_MEASUREMENTS) return;
    list->at[list->count++] = (sur_measurement){.metric = metric,
                                                .split = split,
                                                .value = value.value,
                                                .low = value.low,
                                                .high = value.high,
                                                .n = n};
}

void unlearn_put_number(unlearn_list *list, const char *metric, const char *split,
                        double value)
{
    unlearn_put(list, metric, split, (sur_interval){value, nan(""), nan("")}, 0);
}

void unlearn_note(char *note, size_t size, const char *fmt, ...)
{
    const size_t used = strlen(note);
    if (used + 4 >= size) return;
    if (used > 0) strcpy(note + used, "; ");
    const size_t from = strlen(note);
    va_list args;
    va_start(args, fmt);
    vsnprintf(note + from, size - from, fmt, args);
    va_end(args);
}
