/* 07_distribute.c -- six nodes on a ring agree on a mean with five bits a number. */
#include <math.h>
#include <stdio.h>
#include <surplus/comm.h>
#include <surplus/compress.h>
#include <surplus/random.h>

enum { NODES = 6, N = 50, ROUNDS = 120 };
typedef struct node { /* own, other: what is believed of this one and of others */
    double v[N], own[N], other[NODES][N];
    sur_compressor code;
    sur_message said;
    sur_packet packet;
} node;

static sur_status prepare(void *self, int64_t tick, sur_error *err)
{
    node *n = self;
    sur_message_clear(&n->said);
    sur_status status = sur_compress(&n->said, NULL, &n->code, n->own, n->v, err);
    n->packet = (sur_packet){n->said.bytes, (size_t)((n->said.bits + 7) / 8),
                             n->said.bits, SUR_ACROSS};
    return (void)tick, status;
}
static const sur_packet *say(void *self, int64_t tick, sur_idx peer)
{
    return (void)tick, (void)peer, &((node *)self)->packet;
}
static bool expects(void *self, int64_t tick, sur_idx peer)
{
    return (void)self, (void)tick, (void)peer, true;
}
static sur_status hear(void *self, int64_t tick, sur_idx peer, const uint8_t *bytes,
                       size_t size, sur_error *err)
{
    node *n = self;
    double v[N] = {0};
    sur_reader reader = sur_reader_make(bytes, 8 * (sur_idx)size);
    sur_status status = sur_decompress(v, &n->code, n->other[peer], &reader, err);
    for (int k = 0; k < N; k++) n->v[k] += 0.3 * (v[k] - n->own[k]);
    return (void)tick, status;
}
static bool ended(void *self, int64_t tick, int64_t *round)
{
    return (void)self, (*round = tick + 1) == ROUNDS;
}

int main(void)
{
    static const sur_agent_kind kind = {prepare, say, expects, hear, ended, NULL, NULL};
    static node nodes[NODES];
    sur_agent agents[NODES];
    double mean[N] = {0}, far = 0.0;
    sur_graph ring;
    sur_ledger ledger;
    sur_comm_result result;
    sur_error err;
    sur_status status = sur_graph_make(&ring, SUR_RING, NODES, 0.0, 0, NULL, &err);
    for (uint64_t i = 0; i < NODES && status == SUR_OK; i++) {
        sur_rng rng = sur_rng_make(1, "example", i);
        sur_rng_normals(&rng, nodes[i].v, N, 1.0);
        for (int k = 0; k < N; k++) mean[k] += nodes[i].v[k] / NODES;
        agents[i] = (sur_agent){&kind, &nodes[i]};
        status = sur_compressor_make(&nodes[i].code, "adaptive", N,
                                     &(sur_compressor_options){.bits = 5}, &err);
    }
    if (status == SUR_OK)
        status =
            sur_comm_run(agents, &ring, &(sur_comm_options){0}, &ledger, &result, &err);
    if (status != SUR_OK) return fprintf(stderr, "%s\n", err.message), 1;
    for (int k = 0; k < NODES * N; k++)
        far = fmax(far, fabs(nodes[k / N].v[k % N] - mean[k % N]));
    const double bits = (double)sur_ledger_sent(&ledger, -1, SUR_ACROSS).model_bits;
    printf("within %.1e of the mean, %.3g bits, %.2f a number\n", far, bits,
           bits / (2.0 * NODES * N * ROUNDS));
    for (int i = 0; i < NODES; i++) sur_message_free(&nodes[i].said);
    sur_ledger_free(&ledger), sur_graph_free(&ring);
    return far < 1e-9 ? 0 : 1;
}
