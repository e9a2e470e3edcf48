/* root.h -- ROOT files: keys and directories, packed records, trees and their branches.
 *
 * All numbers are big-endian. A record is a key (sizes, place, class, name, title) and
 * its bytes, packed in blocks of at most 16 MB. Objects are written with their version
 * and, before it, the count of their bytes, so that what is not understood can be left
 * out. Source: the ROOT documentation "ROOT files" and the streamer descriptions that
 * every file carries. */
#ifndef DATA_ROOT_H
#define DATA_ROOT_H

#include "data/source.h"
#include "data/table.h"

/* A place in some bytes. Reading beyond the end sets bad and gives zeros. */
typedef struct sur_root_cursor {
    const unsigned char *bytes;
    sur_idx at, count;
    bool bad;
} sur_root_cursor;

uint64_t sur_root_take(sur_root_cursor *c, int bytes);
double sur_root_take_double(sur_root_cursor *c);
void sur_root_skip(sur_root_cursor *c, sur_idx bytes);
/* A string of the file, cut to 255 bytes and zero-ended. */
typedef struct sur_root_name {
    char text[256];
} sur_root_name;
sur_root_name sur_root_take_name(sur_root_cursor *c);

typedef struct sur_root_key {
    sur_idx bytes, plain; /* of the record; of the object, unpacked */
    sur_idx head;         /* bytes of the key */
    sur_idx place;        /* of the record in the file */
    sur_root_name class, name;
} sur_root_key;

typedef struct sur_root {
    sur_source *source;
    sur_idx directory; /* place of the first one */
} sur_root;

/* Checks the head of the file. SUR_EPARSE, SUR_EIO. */
SUR_MUST_USE sur_status sur_root_open(sur_root *root, sur_source *source,
                                      sur_error *err);

/* Lists the directory at that place: *keys is an array of *count. SUR_EPARSE,
 * SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_root_list(sur_root_key **keys, sur_idx *count,
                                      const sur_root *root, sur_idx directory,
                                      sur_error *err);

/* Reads the key at that place of the file. */
SUR_MUST_USE sur_status sur_root_key_at(sur_root_key *key, const sur_root *root,
                                        sur_idx place, sur_error *err);

/* The unpacked bytes of a record, without its key: free(*bytes). The buffer is reused
 * if *room is enough. SUR_EPARSE (names the packing that is not read), SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_root_read(unsigned char **bytes, sur_idx *room,
                                      const sur_root *root, const sur_root_key *key,
                                      sur_error *err);

/* ---- trees ---- */

typedef struct sur_root_branch {
    sur_root_name name;
    char kind;      /* f i u b (bool) s (text); 0: not read, see fault */
    int width;      /* bytes of one number */
    sur_idx length; /* numbers of an entry */
    sur_idx entries;
    sur_idx baskets; /* how many there are */
    sur_idx *first;  /* [baskets] entry that each begins with */
    sur_idx *place;  /* [baskets] in the file */
    char fault[96];  /* why it is not read */
} sur_root_branch;

typedef struct sur_root_tree {
    sur_idx entries;
    sur_root_branch *branch;
    sur_idx branches, room;
} sur_root_tree;

/* Reads the description of a tree from its unpacked bytes. `head` is the length of its
 * key, from which places inside are counted. SUR_EPARSE, SUR_ENOMEM. Free in any case.
 */
SUR_MUST_USE sur_status sur_root_tree_read(sur_root_tree *tree, const sur_root *root,
                                           const unsigned char *bytes, sur_idx count,
                                           sur_idx head, sur_error *err);
void sur_root_tree_free(sur_root_tree *tree);

#endif
