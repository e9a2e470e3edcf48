/* fuzz_safetensors.c -- a model file of arbitrary bytes: refused with one line, or what
 * was read is whole, writes itself again the same, and answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <surplus/fit.h>

#include "model/safetensors.h"
#include "train/fit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                 \
    do {                                                   \
        if (!(condition)) {                                \
            fprintf(stderr, "not true: %s\n", #condition); \
            abort();                                       \
        }                                                  \
    } while (0)

/* Arrays that were read are the same when written and read again. */
static void write_again(const sur_named_list *arrays)
{
    char *bytes = NULL;
    size_t size = 0;
    sur_named_list back;
    FILE *file = open_memstream(&bytes, &size);
    REQUIRE(file && sur_named_write(file, arrays, NULL) == SUR_OK);
    REQUIRE(fclose(file) == 0);
    REQUIRE(sur_named_read(&back, bytes, size, NULL) == SUR_OK);
    REQUIRE(back.count == arrays->count);
    for (sur_idx i = 0; i < back.count; i++) {
        const sur_named *a = &arrays->at[i];
        const void *found;
        const sur_idx cells = a->shape[0] * a->shape[1] * a->shape[2] * a->shape[3];
        REQUIRE(sur_named_find(&found, &back, a->name, a->dtype, a->shape, NULL) ==
                SUR_OK);
        REQUIRE(memcmp(found, a->data,
                       (size_t)cells * (a->dtype == SUR_DTYPE_F64 ? 8 : 4)) == 0);
    }
    sur_named_free(&back);
    free(bytes);
}

static void ask(const sur_fit *fit)
{
    sur_mat x, answer;
    if (fit->inputs > 1000 || fit->options.width > 10000) return;
    REQUIRE(sur_mat_new(&x, 1, fit->inputs, NULL) == SUR_OK);
    REQUIRE(sur_mat_new(&answer, 1, sur_fit_columns(fit), NULL) == SUR_OK);
    REQUIRE(sur_fit_answer_prepared(&answer, fit, &x, NULL) == SUR_OK);
    sur_mat_free(&x);
    sur_mat_free(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sur_error err = {SUR_OK, ""};
    sur_named_list arrays;
    sur_fit fit;
    sur_status status = sur_named_read(&arrays, data, size, &err);
    REQUIRE(status == SUR_OK || status == SUR_EPARSE);
    REQUIRE(!strchr(err.message, '\n'));
    if (status == SUR_OK) write_again(&arrays);
    sur_named_free(&arrays);
    status = sur_fit_load_bytes(&fit, data, size, &err);
    REQUIRE(status == SUR_OK || status == SUR_EPARSE);
    if (status == SUR_OK) ask(&fit);
    sur_fit_free(&fit);
    return 0;
}
