/* source.h -- a file as a stream of plain bytes: .gz opened transparently, a look
 * ahead, and the checksum of what the file holds. */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include <surplus/data.h>

#include "base/checksum.h"

/* A file that grows more than so many times when unpacked, and beyond so many bytes, is
 * refused: nobody's table is that repetitive, but a few kilobytes can be made to unpack
 * to terabytes. */
#define SUR_EXPANSION_LIMIT 200
#define SUR_EXPANSION_FREE ((int64_t)64 << 20)

typedef struct sur_source {
    const char *path; /* borrowed */
    const char *name; /* for messages: the path or "standard input" */
    int fd;
    sur_idx size;       /* of a regular file in bytes; -1: not known */
    int64_t changed[2]; /* when it was last written, in s and ns */
    sur_sha256 sum;
    bool unsummed; /* what is read need not be summed: nobody asks, or it is done */
    struct sur_aside *aside;   /* the thread that sums, or NULL: who reads does */
    void *unpack, *zstd;       /* stream of a .gz or .zst, or NULL */
    unsigned char *raw;        /* bytes of the file */
    sur_idx raw_room;          /* bytes of raw */
    sur_idx raw_at, raw_count; /* those not used yet */
    bool raw_ended, ended;     /* no more bytes of the file; no more plain bytes */
    char *ahead;               /* plain bytes looked at and not yet read */
    sur_idx ahead_at, ahead_count;
    bool in_tar;                /* only the bytes of one file are shown: */
    sur_idx tar_left, tar_fill; /* those to come; those that fill its last block */
    int64_t taken, given;       /* bytes of the file, plain bytes so far */
} sur_source;

/* Opens a path ("-": standard input). The path is borrowed. SUR_EIO, SUR_ENOMEM,
 * SUR_EPARSE (damaged gzip). Close in any case. */
SUR_MUST_USE sur_status sur_source_open(sur_source *source, const char *path,
                                        sur_error *err);
void sur_source_close(sur_source *source);

/* Shows the next plain bytes without using them up: at most SUR_LOOK, fewer only at the
 * end. Valid until the next call. */
enum { SUR_LOOK = 1 << 16 };
SUR_MUST_USE sur_status sur_source_look(sur_source *source, const char **bytes,
                                        sur_idx *count, sur_error *err);

/* Reads want plain bytes, fewer only at the end. */
SUR_MUST_USE sur_status sur_source_read(sur_source *source, void *to, sur_idx want,
                                        sur_idx *got, sur_error *err);

/* Lets a thread sum what is left of a large file that can be read twice. For a process
 * that starts no other before the sum is asked for. SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_source_sum_aside(sur_source *source, sur_error *err);

/* Waits for it (early: stops it). */
SUR_MUST_USE sur_status sur_source_end_aside(sur_source *source, bool early,
                                             sur_error *err);

/* Waits for the sum, or reads on to the end of the file for its sake. */
SUR_MUST_USE sur_status sur_source_drain(sur_source *source, sur_error *err);

/* Sums further bytes, after those of the whole file. */
SUR_MUST_USE sur_status sur_source_sum_also(sur_source *source, const void *bytes,
                                            sur_idx count, sur_error *err);

/* Goes into a tar archive, if the source is one, so that its only file is what is read
 * next; and comes out at the end of that file. SUR_EPARSE: no file in it, or more than
 * one. */
SUR_MUST_USE sur_status sur_source_enter_tar(sur_source *source, sur_error *err);
SUR_MUST_USE sur_status sur_source_leave_tar(sur_source *source, sur_error *err);

/* Whether the file is still what it was when it was opened. SUR_EIO if not. */
SUR_MUST_USE sur_status sur_source_unchanged(const sur_source *source, sur_error *err);

/* Reads on to the end of the file and gives the SHA-256 of all its bytes. */
SUR_MUST_USE sur_status sur_source_checksum(sur_source *source, char text[65],
                                            sur_error *err);

#endif
