/* arena.c -- blocks of strings, the last of which is being filled. */
#include "store/arena.h"

#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64000 }; /* bytes; a longer string gets a block of its own */

struct sur_arena_block {
    struct sur_arena_block *before;
    size_t used, size;
    char bytes[];
};

static sur_status add_block(sur_arena *arena, size_t size, sur_error *err)
{
    struct sur_arena_block *block;
    const sur_status status =
        sur_alloc(&block, (sur_idx)(sizeof *block + size), 1, err);
    if (status != SUR_OK) return status;
    block->size = size;
    block->before = arena->last;
    arena->last = block;
    return SUR_OK;
}

sur_status sur_arena_copy(sur_arena *arena, const char **out, const char *text,
                          sur_error *err)
{
    *out = NULL;
    if (!text) return SUR_OK;
    const size_t need = strlen(text) + 1;
    if (!arena->last || arena->last->size - arena->last->used < need) {
        const sur_status status = add_block(arena, need > BLOCK ? need : BLOCK, err);
        if (status != SUR_OK) return status;
    }
    *out = memcpy(arena->last->bytes + arena->last->used, text, need);
    arena->last->used += need;
    return SUR_OK;
}

static void free_blocks(struct sur_arena_block *block)
{
    while (block) {
        struct sur_arena_block *before = block->before;
        free(block);
        block = before;
    }
}

void sur_arena_clear(sur_arena *arena)
{
    if (!arena->last) return;
    free_blocks(arena->last->before);
    arena->last->before = NULL;
    arena->last->used = 0;
}

void sur_arena_free(sur_arena *arena)
{
    free_blocks(arena->last);
    arena->last = NULL;
}
