/* lock.h -- the one writer of a store: a lock beside the file, with its owner's name in
 * it. */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include <surplus/base.h>

typedef struct sur_lock {
    int fd;     /* of the side file; meaningless while path is NULL */
    char *path; /* NULL: not held */
} sur_lock;

/* Takes the lock of the store at path (absolute, without links), or fails at once:
 * SUR_EBUSY (held; host and process named), SUR_EWRITE (the folder cannot be written,
 * or its file system knows no locks), SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_lock_take(sur_lock *lock, const char *path, sur_error *err);
void sur_lock_release(sur_lock *lock); /* accepts one that is not held */

#endif
