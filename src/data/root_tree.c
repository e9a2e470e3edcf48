/* root_tree.c -- the description of a TTree: its branches, their leaves, where their
 * baskets lie.
 *
 * Versions 16 to 20 of TTree and 10 to 13 of TBranch (ROOT 5 and 6); their members are
 * those of the streamer descriptions. Each object is left by the count of its bytes. */
#include "data/root.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BRANCHES = 100000, MOST_CLASSES = 64, MOST_DEPTH = 16 };

/* Classes are named once; later objects refer to the place of that name. */
typedef struct parser {
    sur_root_cursor c;
    sur_idx head; /* of the key, from which places are counted */
    struct {
        sur_idx place;
        char name[48];
    } class[MOST_CLASSES];
    int classes, depth;
    const sur_root *root;
    sur_root_tree *tree;
} parser;

enum { COUNTED = 0x40000000 };

/* The head of an object: *end is where it ends, *version its version. */
static void begin_object(sur_root_cursor *c, sur_idx *end, int *version)
{
    const sur_idx bytes = (sur_idx)sur_root_take(c, 4);
    *end = c->at + (bytes & ~COUNTED);
    if (!(bytes & COUNTED) || *end > c->count) c->bad = true;
    *version = (int)sur_root_take(c, 2);
}

static void skip_object(sur_root_cursor *c)
{
    sur_idx end;
    int version;
    begin_object(c, &end, &version);
    if (!c->bad) c->at = end;
}

static sur_root_name take_named(sur_root_cursor *c)
{
    sur_idx end;
    int version;
    sur_root_name name = {""};
    begin_object(c, &end, &version);
    sur_root_skip(c, 10); /* TObject */
    if (!c->bad) name = sur_root_take_name(c);
    if (!c->bad) c->at = end;
    return name;
}

/* The head of an object behind a pointer: its class ("" for none or one met before),
 * and where it ends. */
static const char *take_class(parser *p, sur_idx *end)
{
    sur_root_cursor *c = &p->c;
    const sur_idx bytes = (sur_idx)sur_root_take(c, 4);
    *end = c->at;
    if (!(bytes & COUNTED)) return ""; /* null, or an object met before */
    *end = c->at + (bytes & ~COUNTED);
    if (*end > c->count) c->bad = true;
    const sur_idx place = c->at + p->head + 2;
    const uint32_t tag = (uint32_t)sur_root_take(c, 4);
    if (c->bad) return "";
    if (tag != 0xffffffff) {
        for (int k = 0; k < p->classes && tag & 0x80000000; k++)
            if (p->class[k].place == (sur_idx)(tag & 0x7fffffff))
                return p->class[k].name;
        return "?";
    }
    const unsigned char *zero = memchr(c->bytes + c->at, 0, (size_t)(c->count - c->at));
    if (!zero || p->classes == MOST_CLASSES) {
        c->bad = true;
        return "";
    }
    char *name = p->class[p->classes].name;
    snprintf(name, sizeof p->class[0].name, "%s", (const char *)c->bytes + c->at);
    p->class[p->classes++].place = place;
    sur_root_skip(c, zero - (c->bytes + c->at) + 1);
    return name;
}

/* The head of a TObjArray: how many objects follow. */
static sur_idx begin_list(sur_root_cursor *c, sur_idx *end)
{
    int version;
    begin_object(c, end, &version);
    sur_root_skip(c, 10);
    sur_root_take_name(c);
    const sur_idx count = (int32_t)sur_root_take(c, 4);
    sur_root_skip(c, 4);
    if (count < 0 || count > c->count) c->bad = true;
    return c->bad ? 0 : count;
}

/* ---- leaves ---- */

static const struct {
    const char *class;
    char kind;
    int width;
} leaves[] = {{"TLeafD", 'f', 8}, {"TLeafF", 'f', 4}, {"TLeafI", 'i', 4},
              {"TLeafL", 'i', 8}, {"TLeafS", 'i', 2}, {"TLeafB", 'i', 1},
              {"TLeafO", 'b', 1}, {"TLeafC", 's', 1}};

static void take_leaf(parser *p, sur_root_branch *b, const char *class)
{
    sur_root_cursor *c = &p->c;
    sur_idx outer, inner, end;
    int version;
    begin_object(c, &outer, &version);
    begin_object(c, &inner, &version);
    take_named(c);
    b->length = (int32_t)sur_root_take(c, 4);
    sur_root_skip(c, 9); /* fLenType, fOffset, fIsRange */
    const bool positive = sur_root_take(c, 1) != 0;
    const uint32_t counter = (uint32_t)sur_root_take(c, 4);
    (void)end;
    for (size_t k = 0; k < sizeof leaves / sizeof *leaves; k++) {
        if (strcmp(class, leaves[k].class) != 0) continue;
        b->kind = leaves[k].kind == 'i' && positive ? 'u' : leaves[k].kind;
        b->width = leaves[k].width;
    }
    if (!b->kind)
        snprintf(b->fault, sizeof b->fault, "a branch of objects (%.40s)", class);
    if (counter && b->kind && b->kind != 's') {
        b->kind = 0;
        snprintf(b->fault, sizeof b->fault,
                 "jagged: each entry has its own number of values");
    }
    if (b->kind && (b->length < 1 || b->length > 1 << 20)) c->bad = true;
}

static void take_leaves(parser *p, sur_root_branch *b)
{
    sur_idx end, next;
    const sur_idx count = begin_list(&p->c, &end);
    for (sur_idx k = 0; k < count && !p->c.bad; k++) {
        const char *class = take_class(p, &next);
        if (k == 0 && !p->c.bad && *class) take_leaf(p, b, class);
        if (!p->c.bad) p->c.at = next;
    }
    if (count > 1) {
        b->kind = 0;
        snprintf(b->fault, sizeof b->fault, "several leaves in one branch");
    }
    if (!p->c.bad) p->c.at = end;
}

/* ---- branches ---- */

static sur_status take_branches(parser *p, const char *above, sur_error *err);

static sur_status take_baskets(parser *p, sur_root_branch *b, sur_idx most,
                               sur_error *err)
{
    sur_root_cursor *c = &p->c;
    sur_status status;
    if (c->bad || b->baskets < 0 || b->baskets > most || most > c->count / 4) {
        c->bad = true;
        return SUR_OK;
    }
    SUR_TRY(sur_alloc(&b->first, b->baskets, sizeof *b->first, err));
    SUR_TRY(sur_alloc(&b->place, b->baskets, sizeof *b->place, err));
    sur_root_skip(c, 1 + 4 * most + 1);
    for (sur_idx k = 0; k < most; k++) {
        const sur_idx first = (sur_idx)(sur_root_take(c, 8) & INT64_MAX);
        if (k < b->baskets) b->first[k] = first;
    }
    sur_root_skip(c, 1); /* places are kept in 8 bytes whatever this says */
    for (sur_idx k = 0; k < most; k++) {
        const sur_idx place = (sur_idx)(sur_root_take(c, 8) & INT64_MAX);
        if (k < b->baskets) b->place[k] = place;
    }
    /* a basket of no bytes may stand at the end */
    while (b->baskets > 0 && b->place[b->baskets - 1] == 0) b->baskets--;
done:
    return status;
}

/* A branch, and the branches inside it, named "outer.inner" unless they say so. */
static sur_status take_branch(parser *p, bool plain, sur_error *err)
{
    sur_root_cursor *c = &p->c;
    sur_root_branch b;
    sur_idx end, list_end;
    int version;
    sur_status status;
    memset(&b, 0, sizeof b);
    begin_object(c, &end, &version);
    if (!plain) begin_object(c, &end, &version); /* TBranchElement begins as TBranch */
    b.name = take_named(c);
    skip_object(c);       /* TAttFill */
    sur_root_skip(c, 12); /* fCompress, fBasketSize, fEntryOffsetLen */
    b.baskets = (int32_t)sur_root_take(c, 4);
    sur_root_skip(c, 8); /* fEntryNumber */
    if (version >= 13) skip_object(c);
    sur_root_skip(c, 4); /* fOffset */
    const sur_idx most = (sur_idx)sur_root_take(c, 4);
    sur_root_skip(c, 4); /* fSplitLevel */
    b.entries = (sur_idx)(sur_root_take(c, 8) & INT64_MAX);
    sur_root_skip(c, version >= 11 ? 24 : 16);
    if (version < 10 || version > 13) c->bad = true;
    SUR_TRY(take_branches(p, b.name.text, err));
    take_leaves(p, &b);
    begin_list(c, &list_end); /* baskets kept in memory */
    if (!c->bad) c->at = list_end;
    SUR_TRY(take_baskets(p, &b, most, err));
    if (!plain && !b.fault[0]) {
        b.kind = 0;
        snprintf(b.fault, sizeof b.fault, "a branch of objects");
    }
    if (b.kind && b.baskets == 0 && b.entries > 0) {
        b.kind = 0;
        snprintf(b.fault, sizeof b.fault,
                 "its numbers are not in baskets of their own");
    }
    if (c->bad || (b.kind == 0 && !b.fault[0])) goto done; /* a holder of branches */
    if (p->tree->branches == p->tree->room) {
        const sur_idx more = 2 * p->tree->room + 32;
        SUR_FAIL_IF(more > 2 * MOST_BRANCHES, SUR_EPARSE, "%s: has too many branches",
                    p->root->source->name);
        SUR_TRY(sur_resize(&p->tree->branch, more, sizeof b, err));
        p->tree->room = more;
    }
    p->tree->branch[p->tree->branches++] = b;
    return SUR_OK;
done:
    free(b.first);
    free(b.place);
    return status;
}

static sur_status take_branches(parser *p, const char *above, sur_error *err)
{
    sur_root_cursor *c = &p->c;
    sur_idx end, next;
    sur_status status = SUR_OK;
    const sur_idx count = begin_list(c, &end);
    (void)above;
    if (p->depth == MOST_DEPTH) c->bad = true;
    p->depth++;
    for (sur_idx k = 0; k < count && !c->bad && status == SUR_OK; k++) {
        const char *class = take_class(p, &next);
        const bool plain = strcmp(class, "TBranch") == 0;
        const bool element = strcmp(class, "TBranchElement") == 0;
        if (!c->bad && (plain || element)) status = take_branch(p, plain, err);
        if (!c->bad) c->at = next;
    }
    p->depth--;
    if (!c->bad) c->at = end;
    return status;
}

sur_status sur_root_tree_read(sur_root_tree *tree, const sur_root *root,
                              const unsigned char *bytes, sur_idx count, sur_idx head,
                              sur_error *err)
{
    parser p = {
        .c = {bytes, 0, count, false}, .head = head, .root = root, .tree = tree};
    sur_root_cursor *c = &p.c;
    sur_idx end, clusters = 0;
    int version;
    *tree = (sur_root_tree){0};
    begin_object(c, &end, &version);
    take_named(c);
    for (int k = 0; k < 3; k++) skip_object(c); /* TAttLine, TAttFill, TAttMarker */
    tree->entries = (sur_idx)(sur_root_take(c, 8) & INT64_MAX);
    static const int rest[] = {84, 88, 56, 56,
                               56}; /* bytes of the numbers that follow */
    if (version < 16 || version > 20)
        return sur_fail(err, SUR_EPARSE,
                        "%s: a TTree of version %d; 16 to 20 are read (ROOT 5 and 6)",
                        root->source->name, version);
    sur_root_skip(c, rest[version - 16]);
    if (version >= 19) clusters = (sur_idx)sur_root_take(c, 4);
    if (version >= 18) sur_root_skip(c, 48);
    if (version >= 19) sur_root_skip(c, 2 * (1 + 8 * clusters));
    if (version >= 20) skip_object(c);
    const sur_status status = take_branches(&p, "", err);
    if (status == SUR_OK && c->bad)
        return sur_fail(err, SUR_EPARSE,
                        "%s: damaged ROOT file (a description of a tree)",
                        root->source->name);
    return status;
}

void sur_root_tree_free(sur_root_tree *tree)
{
    for (sur_idx k = 0; k < tree->branches; k++) {
        free(tree->branch[k].first);
        free(tree->branch[k].place);
    }
    free(tree->branch);
    *tree = (sur_root_tree){0};
}
