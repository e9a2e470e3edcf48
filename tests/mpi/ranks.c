/* ranks.c -- one node per rank against as many nodes in one process.
 *
 * Run under mpiexec with any number of ranks. All ranks run every case and fail in
 * every way first; once MPI is over, rank 0 runs the cases again in this process and
 * compares results and ledgers bit for bit. Between MPI and the library stands a
 * counter (the profiling interface: the calls below take the names, PMPI_ does the
 * work). */
#include "distribute/rig.h"

#include <mpi.h>
#include <unistd.h>

/* ---- the counter ---- */

enum { DATA = 1 };
static int64_t sent_bytes, sent_messages, received_bytes;
static int incoming; /* tag of the message that was matched last */

int MPI_Isend(const void *bytes, int count, MPI_Datatype type, int to, int tag,
              MPI_Comm comm, MPI_Request *request)
{
    int size = 0;
    PMPI_Type_size(type, &size);
    if (tag == DATA) {
        sent_bytes += (int64_t)size * count;
        sent_messages += 1;
    }
    return PMPI_Isend(bytes, count, type, to, tag, comm, request);
}

int MPI_Improbe(int from, int tag, MPI_Comm comm, int *there, MPI_Message *message,
                MPI_Status *envelope)
{
    const int code = PMPI_Improbe(from, tag, comm, there, message, envelope);
    if (code == MPI_SUCCESS && *there) incoming = tag;
    return code;
}

int MPI_Mrecv(void *bytes, int count, MPI_Datatype type, MPI_Message *message,
              MPI_Status *envelope)
{
    int size = 0;
    PMPI_Type_size(type, &size);
    if (incoming == DATA) received_bytes += (int64_t)size * count;
    return PMPI_Mrecv(bytes, count, type, message, envelope);
}

/* ---- what is run ---- */

#define PROBLEM                                                                    \
    "data synthetic:linear samples 15 width 120 condition 3 tolerance 1e-3 trace " \
    "true timeout 30 "

static const char *const cases[] = {
    PROBLEM "compress sketch topology star",
    PROBLEM "compress sketch topology tree partition class",
    PROBLEM "compress sketch topology path bits 4",
    PROBLEM "compress precond topology star partition order",
    PROBLEM "compress precond topology tree",
    PROBLEM "compress precond topology random bits 6 data_bits 8",
    PROBLEM "compress none topology ring",
    PROBLEM "compress qsgd topology tree",
    PROBLEM "compress topk keep 12 topology path",
    PROBLEM "compress ef21 keep 12 topology complete",
    PROBLEM "compress powersgd topology star",
    PROBLEM "compress sign topology random density 0.7",
    PROBLEM "compress choco topology ring sketch_size 60",
    PROBLEM "compress choco topology star sketch_size 60",
    PROBLEM "compress dgd topology complete sketch gaussian sketch_size 60",
    /* more nodes than examples: some have none */
    "data synthetic:linear samples 3 width 40 tolerance 1e-4 timeout 30 compress "
    "sketch",
    "data synthetic:linear samples 3 width 40 tolerance 1e-4 timeout 30 compress "
    "precond "
    "topology path",
    "data synthetic:linear samples 3 width 40 tolerance 1e-3 timeout 30 compress choco "
    "sketch_size 20 topology ring",
    /* no model fits */
    "data synthetic:linear samples 30 width 6 noise 1 tolerance 1e-4 timeout 30 "
    "compress "
    "sketch topology path",
    "data synthetic:linear family wide-mlp dimension 10 width 60 samples 10 "
    "test_samples "
    "10 tolerance 0.1 timeout 30 compress sketch topology tree",
    "data synthetic:linear family wide-mlp dimension 10 width 60 samples 10 "
    "test_samples "
    "10 tolerance 0.1 timeout 30 compress sketch scheme layer",
    /* whose steps are taken back */
    "data synthetic:events family wide-mlp hidden 0 width 4 samples 60 test_samples 10 "
    "tolerance 0.2 timeout 30 compress sketch topology tree",
    "data synthetic:linear family relu dimension 10 width 200 samples 10 test_samples "
    "10 "
    "tolerance 1e-2 timeout 30 compress auto",
};
enum { CASES = sizeof cases / sizeof *cases, MOST_RANKS = 64 };

/* What rank 0 knows of a case when MPI is over. */
typedef struct found {
    rig r;
    int64_t sent[MOST_RANKS], messages[MOST_RANKS], received[MOST_RANKS];
    int status[MOST_RANKS];
    char text[MOST_RANKS][512];
} found;
static found here[CASES], unlike_options, unlike_data, like_data, grown, broken;
static int ranks, rank;

/* Every rank's outcome to rank 0. */
static void report(found *f, sur_status status, const char *text)
{
    char line[512];
    const int code = (int)status;
    snprintf(line, sizeof line, "%s", text);
    PMPI_Gather(&code, 1, MPI_INT, f->status, 1, MPI_INT, 0, MPI_COMM_WORLD);
    PMPI_Gather(line, sizeof line, MPI_CHAR, f->text, sizeof line, MPI_CHAR, 0,
                MPI_COMM_WORLD);
    PMPI_Gather(&sent_bytes, 1, MPI_INT64_T, f->sent, 1, MPI_INT64_T, 0,
                MPI_COMM_WORLD);
    PMPI_Gather(&sent_messages, 1, MPI_INT64_T, f->messages, 1, MPI_INT64_T, 0,
                MPI_COMM_WORLD);
    PMPI_Gather(&received_bytes, 1, MPI_INT64_T, f->received, 1, MPI_INT64_T, 0,
                MPI_COMM_WORLD);
}

static void run_case(found *f, const char *words)
{
    sur_error err = {0};
    sent_bytes = sent_messages = received_bytes = 0;
    const sur_status status = rig_try(&f->r, words, &err);
    report(f, status != SUR_OK ? status : f->r.status,
           status != SUR_OK ? err.message : f->r.message);
}

/* ---- a node that fails ---- */

typedef struct failing {
    sur_idx node;
    int64_t round;
    uint8_t byte;
    sur_packet packet;
} failing;

enum { FAILS_IN = 3 };

static sur_status prepare(void *self, int64_t tick, sur_error *err)
{
    failing *f = self;
    f->packet = (sur_packet){&f->byte, 1, 8, SUR_ACROSS};
    if (tick == FAILS_IN && f->node == (ranks > 1 ? 1 : 0))
        return sur_fail(err, SUR_ENUMERIC, "node %lld is not a number",
                        (long long)f->node);
    return SUR_OK;
}
static const sur_packet *send(void *self, int64_t tick, sur_idx peer)
{
    (void)tick, (void)peer;
    return &((failing *)self)->packet;
}
static bool expects(void *self, int64_t tick, sur_idx peer)
{
    (void)self, (void)tick, (void)peer;
    return true;
}
static sur_status receive(void *self, int64_t tick, sur_idx peer, const uint8_t *bytes,
                          size_t size, sur_error *err)
{
    (void)self, (void)tick, (void)peer, (void)bytes, (void)size, (void)err;
    return SUR_OK;
}
static bool ended(void *self, int64_t tick, int64_t *round)
{
    *round = ((failing *)self)->round = tick + 1;
    return tick > 2 * FAILS_IN;
}
static void *state(void *self, size_t *size)
{
    *size = sizeof(int64_t);
    return &((failing *)self)->round;
}

static sur_status run_failing(sur_comm_result *result, sur_topology topology,
                              bool as_ranks, sur_error *err)
{
    static const sur_agent_kind kind = {.prepare = prepare,
                                        .send = send,
                                        .expects = expects,
                                        .receive = receive,
                                        .ended = ended,
                                        .state = state};
    failing nodes[MOST_RANKS] = {0};
    sur_agent agents[MOST_RANKS];
    sur_graph graph;
    CHECK_OK(sur_graph_make(&graph, topology, ranks, 0.0, 1, NULL, NULL));
    for (int i = 0; i < ranks; i++) {
        nodes[i].node = as_ranks ? rank : i;
        agents[i] = (sur_agent){&kind, &nodes[i]};
    }
    const sur_comm_options options = {.ranks = as_ranks, .timeout = 30.0};
    const sur_status status = sur_comm_run(agents, &graph, &options, NULL, result, err);
    sur_graph_free(&graph);
    return status;
}

/* ---- what must hold ---- */

static rig alone;

static bool same_number(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void compare(const found *f, const char *words)
{
    char all[700];
    snprintf(all, sizeof all, "%s nodes %d", words, ranks);
    rig_run(&alone, all);
    CHECK(f->status[0] == SUR_OK);
    CHECK_TEXT(f->text[0], alone.message);
    CHECK(f->r.count == alone.count && f->r.dim == alone.dim);
    for (sur_idx i = 0; i < alone.count; i++) {
        const sur_measurement *a = &f->r.at[i], *b = &alone.at[i];
        if (strcmp(a->metric, b->metric) != 0 || a->iteration != b->iteration ||
            !same_number(a->value, b->value))
            fail_msg("%s: %s in round %lld is %.17g, not %.17g", all, a->metric,
                     (long long)a->iteration, a->value, b->value);
    }
    CHECK(memcmp(f->r.model, alone.model, (size_t)alone.dim * sizeof(double)) == 0);
    for (int which = 0; which < 2; which++) {
        CHECK(f->r.counts[which] == alone.counts[which] && alone.counts[which] > 0);
        CHECK(memcmp(f->r.ledger[which], alone.ledger[which],
                     (size_t)alone.counts[which] * sizeof(double)) == 0);
    }
}

static void ranks_and_nodes_give_the_same_bits(void **s)
{
    (void)s;
    for (int c = 0; c < CASES; c++) compare(&here[c], cases[c]);
}

static void the_ledger_is_what_mpi_was_handed(void **s)
{
    (void)s;
    for (int c = 0; c < CASES; c++) {
        int64_t sent = 0, received = 0;
        for (int i = 0; i < ranks; i++) {
            double bytes = 0.0, messages = 0.0, bits = 0.0;
            for (int d = 0; d < SUR_DIRECTIONS; d++) {
                const double *row = here[c].r.ledger[0] + (i * SUR_DIRECTIONS + d) * 4;
                bits += row[0] + row[1], bytes += row[2], messages += row[3];
            }
            CHECK((int64_t)bytes == here[c].sent[i]);
            CHECK((int64_t)messages == here[c].messages[i]);
            CHECK(bits == 8.0 * bytes);
            sent += here[c].sent[i];
            received += here[c].received[i];
        }
        CHECK(sent == received && (sent > 0 || ranks == 1));
    }
}

static void every_rank_names_the_option_that_differs(void **s)
{
    (void)s;
    for (int i = 0; i < ranks && ranks > 1; i++) {
        CHECK(unlike_options.status[i] == SUR_EINVAL);
        CHECK_CONTAINS(unlike_options.text[i], "tolerance is \"0.01\" here, but");
        CHECK(unlike_data.status[i] == SUR_EINVAL);
        CHECK_CONTAINS(unlike_data.text[i], "data_sha256");
    }
    CHECK(like_data.status[0] == SUR_OK); /* though their files have other names */
}

static void all_ranks_stop_with_what_one_of_them_found(void **s)
{
    (void)s;
    sur_error err;
    sur_comm_result result;
    for (int i = 0; i < ranks; i++) {
        CHECK(broken.status[i] == SUR_ENUMERIC);
        CHECK_CONTAINS(broken.text[i], ranks > 1 ? "node 1 is not" : "node 0 is not");
        CHECK(grown.status[i] == SUR_ENUMERIC);
        CHECK_CONTAINS(grown.text[i], "is not finite in round ");
        CHECK_TEXT(grown.text[i], grown.text[0]);
    }
    CHECK_STATUS(run_failing(&result, SUR_RING, false, &err), SUR_ENUMERIC);
    CHECK_TEXT(err.message, broken.text[0]);
}

/* ---- the ranks' part ---- */

static void write_table(char *path, int shift, double scale)
{
    FILE *file = fdopen(mkstemp(path), "w");
    for (int i = 0; i < 6; i++)
        fprintf(file, "%d,%d,%d,%g\n", i + shift, 3 * i, (i * i) % 5, scale * (i % 4));
    fclose(file);
}

static void run_table(found *f, int shift, double scale)
{
    char words[300], path[] = "/tmp/surplus-ranks-XXXXXX";
    write_table(path, shift, scale);
    snprintf(words, sizeof words,
             "data %s task regression samples 4 compress sketch timeout 30", path);
    run_case(f, words);
    unlink(path);
}

static void run_all(void)
{
    sur_error err = {0};
    sur_comm_result result;
    for (int c = 0; c < CASES; c++) run_case(&here[c], cases[c]);
    run_case(&unlike_options, rank == 1 ? PROBLEM "tolerance 0.01" : PROBLEM);
    run_table(&unlike_data, rank == 1, 1.0);
    run_table(&like_data, 0, 1.0);
    run_table(&grown, 0, 1e30);
    const sur_status status = run_failing(&result, SUR_RING, true, &err);
    report(&broken, result.lost ? SUR_EBACKEND : status, err.message);
}

int main(void)
{
    sur_error err;
    if (sur_world_begin(&err) != SUR_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    ranks = (int)sur_world_size();
    rank = (int)sur_world_rank();
    run_all();
    sur_world_end(SUR_WORLD_WHOLE, 0);
    if (rank > 0) return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_and_nodes_give_the_same_bits),
        cmocka_unit_test(the_ledger_is_what_mpi_was_handed),
        cmocka_unit_test(every_rank_names_the_option_that_differs),
        cmocka_unit_test(all_ranks_stop_with_what_one_of_them_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
