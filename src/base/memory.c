/* memory.c -- allocation that can be made to fail. */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local sur_idx fail_after = -1;

void sur_alloc_fail_after(sur_idx n) { fail_after = n; }

static bool fails_now(void) { return fail_after >= 0 && fail_after-- == 0; }

/* Whether count * size bytes can exist at all. */
static bool can_exist(sur_idx count, size_t size)
{
    return count >= 0 && (size_t)count <= PTRDIFF_MAX / (size ? size : 1);
}

static sur_status none(sur_idx count, size_t size, sur_error *err)
{
    return sur_fail(err, SUR_ENOMEM, "cannot allocate %lld x %zu bytes",
                    (long long)count, size);
}

sur_status sur_alloc(void *out, sur_idx count, size_t size, sur_error *err)
{
    void *block = NULL;
    if (!fails_now() && can_exist(count, size))
        block = calloc(count ? (size_t)count : 1, size ? size : 1);
    memcpy(out, &block, sizeof block); /* out is T ** for some T */
    return block ? SUR_OK : none(count, size, err);
}

sur_status sur_resize(void *block, sur_idx count, size_t size, sur_error *err)
{
    void *old, *grown = NULL;
    memcpy(&old, block, sizeof old); /* block is T ** for some T */
    if (!fails_now() && can_exist(count, size))
        grown = realloc(old, count > 0 && size > 0 ? (size_t)count * size : 1);
    if (!grown) return none(count, size, err);
    memcpy(block, &grown, sizeof grown);
    return SUR_OK;
}

sur_status sur_copy_text(char **out, const char *text, sur_error *err)
{
    *out = NULL;
    if (!text) return SUR_OK;
    const size_t length = strlen(text);
    const sur_status status = sur_alloc(out, (sur_idx)length + 1, 1, err);
    if (status == SUR_OK) memcpy(*out, text, length);
    return status;
}
