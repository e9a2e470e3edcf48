/* ledger.h -- charging messages to the nodes that send and receive them. */
#ifndef COMM_LEDGER_H
#define COMM_LEDGER_H

#include <surplus/comm.h>

SUR_MUST_USE sur_status sur_ledger_new(sur_ledger *out, sur_idx nodes, sur_error *err);
void sur_log_free(sur_log *log);

/* Charges a message that leaves, in a round of its sender, and one that arrives. */
SUR_MUST_USE sur_status sur_log_send(sur_log *log, const sur_packet *packet,
                                     int64_t round, sur_error *err);
void sur_log_receive(sur_log *log, size_t size, sur_direction direction);

/* Bytes sent and received in one tick; nothing is kept of a silent one. */
SUR_MUST_USE sur_status sur_log_tick(sur_log *log, int64_t tick, int64_t sent,
                                     int64_t received, sur_error *err);

/* A log as bytes: *bytes is malloc'd; and back (SUR_EPARSE), *used is what it took. */
SUR_MUST_USE sur_status sur_log_pack(uint8_t **bytes, size_t *size, const sur_log *log,
                                     sur_error *err);
SUR_MUST_USE sur_status sur_log_unpack(sur_log *out, const uint8_t *bytes, size_t size,
                                       sur_error *err);

#endif
