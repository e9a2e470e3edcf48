/* peak.h -- the most memory this process has held. */
#ifndef STUDY_PEAK_H
#define STUDY_PEAK_H

#include <surplus/base.h>

/* Bytes held at most since the last reset; 0 when the system does not tell. (getrusage
 * would count what the parent held before exec, and cannot be reset.) */
int64_t sur_peak_bytes(void);
void sur_peak_reset(void);

#endif
