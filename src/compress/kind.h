/* kind.h -- what a compressor has to bring; compressor.c adds the memory around it. */
#ifndef COMPRESS_KIND_H
#define COMPRESS_KIND_H

#include <surplus/compress.h>

typedef enum sur_memory_use {
    SUR_MEMORY_NONE,
    SUR_MEMORY_ERROR,  /* says x + e; e <- x + e - Q(x + e), kept by the sender */
    SUR_MEMORY_TRACKER /* says x - h; h <- h + Q(x - h), kept by both; h is the answer
                        */
} sur_memory_use;

typedef struct sur_compressor_kind {
    const char *name;
    sur_memory_use memory;
    bool terse; /* encode looks at every x itself, and q may be NULL */
    /* Fills in defaults, checks the options, and sets sender and receiver to the
     * doubles of its own at each end. */
    sur_status (*choose)(sur_compressor *c, sur_error *err);
    sur_idx (*most_bits)(const sur_compressor *c);
    /* x is finite; own is its part of the memory, which only success may change; q is
     * what decode will give, to the bit. Without memory q may be x. */
    sur_status (*encode)(sur_message *m, double *q, const sur_compressor *c,
                         double *own, const double *x, sur_error *err);
    /* Sets the reader bad where the message is damaged; q is then unspecified. */
    sur_status (*decode)(double *q, const sur_compressor *c, double *own, sur_reader *r,
                         sur_error *err);
} sur_compressor_kind;

extern const sur_compressor_kind sur_kind_adaptive, sur_kind_stepped, sur_kind_rows,
    sur_kind_qsgd, sur_kind_topk, sur_kind_ef21, sur_kind_sign, sur_kind_powersgd,
    sur_kind_float;

/* A 32-bit float, finite. put: SUR_ENUMERIC beyond its range; *q becomes what take will
 * give. */
SUR_MUST_USE sur_status sur_float_put(sur_message *m, double *q, double x,
                                      sur_error *err);
double sur_float_take(sur_reader *r);

/* n of them, for which there is room; q may be x or NULL. */
SUR_MUST_USE sur_status sur_floats_put(sur_message *m, double *q, const double *x,
                                       sur_idx n, sur_error *err);
void sur_floats_take(double *q, sur_idx n, sur_reader *r);

/* x >= 0 as the nearest 32-bit float that is not below; infinite beyond its range. */
double sur_float_above(double x);

/* Whole numbers lo .. hi of an option, or SUR_EINVAL. */
SUR_MUST_USE sur_status sur_option_in(const char *name, sur_idx value, sur_idx lo,
                                      sur_idx hi, sur_error *err);

#endif
