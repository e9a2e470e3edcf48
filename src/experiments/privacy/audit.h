/* audit.h -- the audit of one trial's scores. */
#ifndef PRIVACY_AUDIT_H
#define PRIVACY_AUDIT_H

#include "experiments/privacy/privacy.h"

/* Puts what an audit says, keeps the most exposed members (artifact "exposed", rows of
 * record, score, share of non-members at least as high), and adds to the note what the
 * sample cannot support. Fails as sur_audit_scores does. */
SUR_MUST_USE sur_status privacy_audit(privacy_list *list, const sur_privacy_options *o,
                                      const double *score, const uint8_t *member,
                                      const double *weight, sur_idx n, sur_idx trial,
                                      const sur_context *context, char *note,
                                      size_t note_size, sur_error *err);

#endif
