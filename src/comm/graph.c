/* graph.c -- the topologies, and the breadth-first tree that every graph carries. */
#include "comm/graph.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const sur_topology_choices[] = {"star",     "tree",   "ring", "path",
                                            "complete", "random", "file", NULL};

enum { DRAWS = 1000, NODES_MOST = 1000000 };
#define EDGES_MOST 100000000 /* of a graph */

void sur_graph_free(sur_graph *graph)
{
    free(graph->start);
    free(graph->peer);
    free(graph->parent);
    free(graph->depth);
    *graph = (sur_graph){0};
}

sur_status sur_edges_add(sur_edges *edges, sur_idx a, sur_idx b, sur_error *err)
{
    if (edges->count == edges->room) {
        const sur_idx room = 2 * edges->room + 64;
        const sur_status status =
            sur_resize(&edges->pair, 2 * room, sizeof *edges->pair, err);
        if (status != SUR_OK) return status;
        edges->room = room;
    }
    edges->pair[2 * edges->count] = a;
    edges->pair[2 * edges->count + 1] = b;
    edges->count += 1;
    return SUR_OK;
}

static int by_number(const void *a, const void *b)
{
    const sur_idx x = *(const sur_idx *)a, y = *(const sur_idx *)b;
    return (x > y) - (x < y);
}

/* Neighbours of every node, ascending and once each. */
static sur_status make_lists(sur_graph *g, const sur_edges *edges, sur_error *err)
{
    sur_idx *at = NULL;
    sur_status status;

    SUR_TRY(sur_alloc(&g->start, g->nodes + 1, sizeof *g->start, err));
    SUR_TRY(sur_alloc(&g->peer, 2 * edges->count, sizeof *g->peer, err));
    SUR_TRY(sur_alloc(&at, g->nodes + 1, sizeof *at, err));
    for (sur_idx e = 0; e < 2 * edges->count; e++) at[edges->pair[e] + 1] += 1;
    for (sur_idx i = 0; i < g->nodes; i++) at[i + 1] += at[i];
    for (sur_idx e = 0; e < edges->count; e++) {
        const sur_idx a = edges->pair[2 * e], b = edges->pair[2 * e + 1];
        g->peer[at[a]++] = b; /* at[a] ends where at[a + 1] began */
        g->peer[at[b]++] = a;
    }
    sur_idx kept = 0, first = 0;
    for (sur_idx i = 0; i < g->nodes; i++) {
        const sur_idx next = at[i];
        qsort(g->peer + first, (size_t)(next - first), sizeof *g->peer, by_number);
        g->start[i] = kept;
        for (sur_idx e = first; e < next; e++)
            if (e == first || g->peer[e] != g->peer[e - 1])
                g->peer[kept++] = g->peer[e];
        first = next;
    }
    g->start[g->nodes] = kept;

done:
    free(at);
    return status;
}

/* Visits what hangs together with `root`, in breadth-first order; queue has room for
 * all nodes. Returns how many. */
static sur_idx visit(sur_graph *g, sur_idx root, sur_idx *queue)
{
    sur_idx count = 1;
    queue[0] = root;
    g->parent[root] = -1;
    g->depth[root] = 0;
    for (sur_idx q = 0; q < count; q++)
        for (sur_idx e = g->start[queue[q]]; e < g->start[queue[q] + 1]; e++) {
            const sur_idx peer = g->peer[e];
            if (g->depth[peer] >= 0) continue;
            g->parent[peer] = queue[q];
            g->depth[peer] = g->depth[queue[q]] + 1;
            queue[count++] = peer;
        }
    return count;
}

/* "{0 1 2} {3 4}": every component, shortened. Its nodes come in any order. */
static sur_status name_components(sur_graph *g, sur_idx *queue, sur_error *err)
{
    sur_text text = {0};
    sur_idx components = 0;
    sur_status status = SUR_OK;
    for (sur_idx i = 0; i < g->nodes; i++) g->depth[i] = -1;
    for (sur_idx i = 0; i < g->nodes; i++) {
        if (g->depth[i] >= 0) continue;
        const sur_idx count = visit(g, i, queue);
        if (++components > 6) continue;
        qsort(queue, (size_t)count, sizeof *queue, by_number);
        SUR_TRY(sur_text_add(&text, " {", err));
        for (sur_idx q = 0; q < count && q < 8; q++)
            SUR_TRY(
                sur_text_format(&text, err, q ? " %lld" : "%lld", (long long)queue[q]));
        SUR_TRY(sur_text_add(&text, count > 8 ? " ...}" : "}", err));
    }
    status = sur_fail(err, SUR_EINVAL,
                      "the graph is not connected; its %lld components are%.400s%s",
                      (long long)components, text.at, components > 6 ? " ..." : "");

done:
    sur_text_free(&text);
    return status;
}

sur_status sur_graph_of(sur_graph *out, sur_idx nodes, const sur_edges *edges,
                        sur_error *err)
{
    sur_graph g = {.nodes = nodes};
    sur_idx *queue = NULL;
    sur_status status;

    *out = (sur_graph){0};
    SUR_TRY(make_lists(&g, edges, err));
    SUR_TRY(sur_alloc(&g.parent, nodes, sizeof *g.parent, err));
    SUR_TRY(sur_alloc(&g.depth, nodes, sizeof *g.depth, err));
    SUR_TRY(sur_alloc(&queue, nodes, sizeof *queue, err));
    for (sur_idx i = 0; i < nodes; i++) g.depth[i] = -1;
    if (visit(&g, 0, queue) < nodes) {
        status = name_components(&g, queue, err);
        goto done;
    }
    for (sur_idx i = 0; i < nodes; i++)
        if (g.depth[i] > g.height) g.height = g.depth[i];
    *out = g;
    g = (sur_graph){0};

done:
    free(queue);
    sur_graph_free(&g);
    return status;
}

/* ---- the named ones ---- */

static sur_status draw(sur_edges *edges, sur_idx nodes, double density, sur_rng *rng,
                       sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx a = 0; a < nodes && status == SUR_OK; a++)
        for (sur_idx b = a + 1; b < nodes && status == SUR_OK; b++)
            if (sur_rng_uniform(rng) < density)
                status = sur_edges_add(edges, a, b, err);
    return status;
}

static sur_status make_random(sur_graph *out, sur_idx nodes, double density,
                              uint64_t seed, sur_error *err)
{
    sur_edges edges = {0};
    sur_status status = SUR_OK;
    for (uint64_t k = 0; k < DRAWS; k++) {
        sur_rng rng = sur_rng_make(seed, "random graph", k);
        edges.count = 0;
        status = draw(&edges, nodes, density, &rng, err);
        if (status == SUR_OK) status = sur_graph_of(out, nodes, &edges, err);
        if (status != SUR_EINVAL) break;
    }
    free(edges.pair);
    return status != SUR_EINVAL
               ? status
               : sur_fail(
                     err, SUR_EINVAL,
                     "no connected graph of %lld nodes in %d draws with density %g",
                     (long long)nodes, DRAWS, density);
}

static sur_status add_edges(sur_edges *edges, sur_topology topology, sur_idx nodes,
                            sur_error *err)
{
    sur_status status = SUR_OK;
    for (sur_idx i = 1; i < nodes && status == SUR_OK; i++) {
        const sur_idx first = topology == SUR_STAR || topology == SUR_COMPLETE ? 0
                              : topology == SUR_TREE ? (i - 1) / 2
                                                     : i - 1;
        const sur_idx last = topology == SUR_COMPLETE ? i - 1 : first;
        for (sur_idx a = first; a <= last && status == SUR_OK; a++)
            status = sur_edges_add(edges, a, i, err);
    }
    if (topology == SUR_RING && nodes > 2 && status == SUR_OK)
        status = sur_edges_add(edges, 0, nodes - 1, err);
    return status;
}

sur_status sur_graph_make(sur_graph *out, sur_topology topology, sur_idx nodes,
                          double density, uint64_t seed, const char *path,
                          sur_error *err)
{
    sur_edges edges = {0};
    sur_status status;

    *out = (sur_graph){0};
    if (nodes < 1 || nodes > NODES_MOST)
        return sur_fail(err, SUR_EINVAL, "%lld nodes: there may be 1 to %d",
                        (long long)nodes, NODES_MOST);
    const double pairs = 0.5 * (double)nodes * (double)(nodes - 1);
    if ((topology == SUR_COMPLETE || topology == SUR_RANDOM) && pairs > EDGES_MOST)
        return sur_fail(err, SUR_EINVAL, "%lld nodes are too many for topology %s",
                        (long long)nodes, sur_topology_choices[topology]);
    if (topology == SUR_RANDOM) return make_random(out, nodes, density, seed, err);
    if (topology == SUR_EDGES) return sur_graph_read_file(out, nodes, path, err);
    SUR_TRY(add_edges(&edges, topology, nodes, err));
    SUR_TRY(sur_graph_of(out, nodes, &edges, err));

done:
    free(edges.pair);
    return status;
}
