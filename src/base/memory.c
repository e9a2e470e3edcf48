/* memory.c -- allocation that can be made to fail. */
#define _DEFAULT_SOURCE /* madvise */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

/* Pages of 2 MB instead of 4 kB, where the system has them: one fault instead of 512.
 * The whole mapping of a block is advised, since a part of one could no longer be
 * resized in place. */
void sur_alloc_dense(void *block, sur_idx bytes)
{
#ifdef MADV_HUGEPAGE
    enum { PAGE = 1 << 12, WORTH = 1 << 22 };
    const uintptr_t at = (uintptr_t)block, low = at / PAGE * PAGE;
    const uintptr_t high = (at + (uintptr_t)bytes + PAGE - 1) / PAGE * PAGE;
    if (bytes >= WORTH)
        (void)madvise((char *)block - (at - low), high - low, MADV_HUGEPAGE);
#else
    (void)block, (void)bytes;
#endif
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
