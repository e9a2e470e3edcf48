/* fuzz_edges.c -- any text may be an edge list: refused in one line, or a connected
 * graph whose neighbours know each other and whose tree leads to node 0, and whose
 * edges written out again make the same graph.
 *
 * Byte 0 is the number of nodes. */
#include "read_bytes.h"

#include <surplus/comm.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has(const sur_graph *g, sur_idx from, sur_idx to)
{
    for (sur_idx e = g->start[from]; e < g->start[from + 1]; e++)
        if (g->peer[e] == to) return true;
    return false;
}

static void check(const sur_graph *g)
{
    must(g->parent[0] == -1 && g->depth[0] == 0);
    for (sur_idx i = 0; i < g->nodes; i++) {
        for (sur_idx e = g->start[i]; e < g->start[i + 1]; e++) {
            must(g->peer[e] != i && g->peer[e] >= 0 && g->peer[e] < g->nodes);
            must(e == g->start[i] || g->peer[e] > g->peer[e - 1]);
            must(has(g, g->peer[e], i));
        }
        if (i == 0) continue;
        must(has(g, i, g->parent[i]) && g->depth[i] == g->depth[g->parent[i]] + 1);
        must(g->depth[i] <= g->height);
    }
}

static void write_again(const sur_graph *g)
{
    char *text = NULL;
    size_t size = 0;
    sur_graph again;
    FILE *out = open_memstream(&text, &size);
    must(out != NULL);
    for (sur_idx i = 0; i < g->nodes; i++)
        for (sur_idx e = g->start[i]; e < g->start[i + 1]; e++)
            if (g->peer[e] < i)
                fprintf(out, "%lld, %lld # an edge\n", (long long)i,
                        (long long)g->peer[e]);
    must(fclose(out) == 0);
    must(sur_graph_read(&again, g->nodes, text, size, "again", NULL) == SUR_OK);
    const size_t edges = (size_t)g->start[g->nodes];
    must(memcmp(g->start, again.start, (size_t)(g->nodes + 1) * sizeof *g->start) == 0);
    must(edges == 0 || memcmp(g->peer, again.peer, edges * sizeof *g->peer) == 0);
    sur_graph_free(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sur_graph graph;
    sur_error err = {.message = ""};
    if (size < 1) return 0;
    const sur_idx nodes = 1 + data[0] % 64;
    const sur_status status =
        sur_graph_read(&graph, nodes, (const char *)data + 1, size - 1, "edges", &err);
    if (status != SUR_OK) {
        must(status == SUR_EPARSE || status == SUR_EINVAL);
        must(*err.message && !strchr(err.message, '\n') && graph.nodes == 0);
        return 0;
    }
    must(graph.nodes == nodes);
    check(&graph);
    write_again(&graph);
    sur_graph_free(&graph);
    return 0;
}
