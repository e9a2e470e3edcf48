/* tree.h -- rounds on the breadth-first tree: up to node 0, and down again.
 *
 * In a round every node says something to its parent once it has heard its children;
 * the root makes up its mind and its words go down unchanged. With H the tree's height
 * a node of depth k speaks up in tick H - k of the round and down in tick H + k.
 *
 * A message begins with framing: going up, 3 bits for how the last byte is filled up, 5
 * idle ones and the loss of the subtree as a 16-bit float rounded up (in all its 64
 * bits where the target is a hair above the least loss there is); going down, the 3
 * bits and four flags. Where the root expects the end to be near it asks for a report:
 * one more way up and down of framing alone, in which the losses of the new models come
 * in and the run ends or goes on. So the bits that an algorithm says in T rounds are
 * exactly T times those of one. */
#ifndef DISTRIBUTE_TREE_H
#define DISTRIBUTE_TREE_H

#include <surplus/comm.h>
#include <surplus/compress.h>

/* What a method does at one node, in the order of a round. */
typedef struct tree_ops {
    /* The node's loss at its present model, and whatever is to be said of it. */
    sur_status (*compute)(void *self, double *loss, sur_error *err);
    sur_status (*say)(void *self, sur_message *m, sur_error *err); /* to the parent */
    sur_status (*hear)(void *self, sur_idx child, sur_reader *reader, sur_error *err);
    /* The root: changes its model and says how. loss: of all nodes, before. */
    sur_status (*decide)(void *self, double loss, sur_message *m, sur_error *err);
    sur_status (*follow)(void *self, sur_reader *reader, sur_error *err);
    /* Before either: the last move was bad. Undoes it, does not move in this round, and
     * moves half as far from then on. NULL where `uncertain` is never set. */
    void (*retreat)(void *self);
} tree_ops;

/* What all nodes of a run have in common. */
typedef struct tree_plan {
    const sur_graph *graph;
    double target;  /* loss to stop at */
    bool exact;     /* losses are told in 64 bits */
    bool uncertain; /* the root gives up where the loss falls far too slowly */
    double worse;   /* and retreats at so many times the least loss */
    int64_t max_rounds;
} tree_plan;

/* Numbers at the beginning of a node's state. */
enum {
    TREE_BASE,    /* tick in which the round began */
    TREE_REPORT,  /* 1: in a report */
    TREE_ROUND,   /* completed */
    TREE_LAST,    /* root: loss one round ago; 0: unknown */
    TREE_REACHED, /* 1: ended at the target */
    TREE_MARK,    /* root: loss PATIENCE rounds ago, or longer; 0: unknown */
    TREE_IN_VAIN, /* root: 1: it gives up */
    TREE_LEAST,   /* root: least loss since the last retreat; 0: unknown */
    TREE_NUMBERS
};

typedef struct tree_node {
    const tree_plan *plan;
    const tree_ops *ops;
    void *self;
    sur_idx node;
    double *state; /* [count]: TREE_NUMBERS, then the method's; owned */
    sur_idx count;
    double loss; /* of the subtree, in this round */
    bool fresh;  /* compute was done for the present model */
    double own;  /* and found this loss */
    unsigned flags;
    sur_message up, down;
    sur_packet up_packet, down_packet;
} tree_node;

extern const sur_agent_kind tree_agent; /* self is a tree_node */

/* count: numbers of the method's state. */
SUR_MUST_USE sur_status tree_node_new(tree_node *out, const tree_plan *plan,
                                      const tree_ops *ops, void *self, sur_idx node,
                                      sur_idx count, sur_error *err);
void tree_node_free(tree_node *node);

/* A loss in 16 bits, never less than it is; and back. */
unsigned tree_loss_pack(double loss);
double tree_loss_unpack(unsigned bits);

#endif
