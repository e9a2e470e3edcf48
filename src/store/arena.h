/* arena.h -- strings that are borrowed for a while and given back all at once. */
#ifndef STORE_ARENA_H
#define STORE_ARENA_H

#include <surplus/base.h>

typedef struct sur_arena {
    struct sur_arena_block *last;
} sur_arena; /* = {0} is empty */

/* *out becomes a copy that stays where it is until the arena is cleared (NULL stays
 * NULL). */
SUR_MUST_USE sur_status sur_arena_copy(sur_arena *arena, const char **out,
                                       const char *text, sur_error *err);
void sur_arena_clear(sur_arena *arena); /* keeps one block for the next strings */
void sur_arena_free(sur_arena *arena);

#endif
