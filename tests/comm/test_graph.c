/* test_graph.c -- topologies, their trees, and edge lists from files. */
#include "support/check.h"

#include <surplus/comm.h>

static sur_idx edges(const sur_graph *g) { return g->start[g->nodes] / 2; }

static void topologies_have_the_edges_of_their_names(void **state)
{
    (void)state;
    static const struct {
        sur_topology topology;
        sur_idx nodes, edges, height;
    } cases[] = {
        {SUR_STAR, 1, 0, 0},      {SUR_STAR, 5, 4, 1}, {SUR_TREE, 7, 6, 2},
        {SUR_RING, 6, 6, 3},      {SUR_RING, 2, 1, 1}, {SUR_LINE, 5, 4, 4},
        {SUR_COMPLETE, 6, 15, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sur_graph g;
        CHECK_OK(
            sur_graph_make(&g, cases[i].topology, cases[i].nodes, 0.4, 1, NULL, NULL));
        CHECK(edges(&g) == cases[i].edges);
        CHECK(g.height == cases[i].height);
        sur_graph_free(&g);
    }
}

static void parents_are_neighbours_one_step_nearer_to_the_root(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        sur_graph g;
        CHECK_OK(sur_graph_make(&g, SUR_RANDOM, 30, 0.15, seed, NULL, NULL));
        for (sur_idx i = 1; i < g.nodes; i++) {
            bool found = false;
            for (sur_idx e = g.start[i]; e < g.start[i + 1]; e++) {
                found |= g.peer[e] == g.parent[i];
                CHECK(g.depth[g.peer[e]] >= g.depth[i] - 1);
                CHECK(e == g.start[i] || g.peer[e] > g.peer[e - 1]);
            }
            CHECK(found);
            CHECK(g.depth[g.parent[i]] == g.depth[i] - 1);
        }
        sur_graph_free(&g);
    }
}

static sur_status read_text(sur_graph *g, sur_idx nodes, const char *text,
                            sur_error *err)
{
    return sur_graph_read(g, nodes, text, strlen(text), "e.txt", err);
}

static void edge_lists_are_read_and_faults_named(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"0 1\n1 2\n3 4\n", "2 components are {0 1 2} {3 4}"},
        {"0 1\n1 x\n", "e.txt:2: not a pair"},
        {"0 1\n1 9\n", "e.txt:2: node 9"},
        {"2 2\n", "to itself"},
        {"", "5 components"},
    };
    sur_graph g;
    sur_error err;
    CHECK_OK(read_text(&g, 4, "# a path\n0 1\n 1,2 \r\n\n2\t3 # last\n1 0\n", &err));
    CHECK(edges(&g) == 3 && g.height == 3);
    sur_graph_free(&g);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(read_text(&g, 5, bad[i][0], &err) != SUR_OK);
        CHECK_CONTAINS(err.message, bad[i][1]);
        CHECK(g.nodes == 0);
    }
    CHECK_STATUS(sur_graph_make(&g, SUR_EDGES, 2, 0, 1, "/nowhere/e.txt", &err),
                 SUR_EIO);
    CHECK_STATUS(sur_graph_make(&g, SUR_RANDOM, 50, 0.0, 1, NULL, &err), SUR_EINVAL);
    CHECK_STATUS(sur_graph_make(&g, SUR_STAR, 0, 0.0, 1, NULL, &err), SUR_EINVAL);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int t = SUR_STAR; t <= SUR_RANDOM; t++) {
        sur_status status = SUR_ENOMEM;
        for (sur_idx n = 0; status == SUR_ENOMEM; n++) {
            sur_graph g;
            sur_alloc_fail_after(n);
            status = sur_graph_make(&g, (sur_topology)t, 9, 0.6, 2, NULL, NULL);
            sur_alloc_fail_after(-1);
            CHECK((status == SUR_OK) == (g.nodes == 9));
            sur_graph_free(&g);
        }
        CHECK_OK(status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topologies_have_the_edges_of_their_names),
        cmocka_unit_test(parents_are_neighbours_one_step_nearer_to_the_root),
        cmocka_unit_test(edge_lists_are_read_and_faults_named),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
