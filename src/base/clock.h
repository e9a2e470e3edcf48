/* clock.h -- time and place: seconds that only grow, the date, the machine. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <surplus/base.h>

double sur_clock(void); /* seconds since some moment; never goes back */
double sur_now(void);   /* seconds since 1970 */

/* Seconds of processor time this thread has used. */
double sur_cpu_clock(void);

/* "HOST; PROCESSOR MODEL": where bits are promised to repeat. */
void sur_host_text(char *buffer, size_t size);

/* Bytes of memory of the machine, or of the control group this process is in if less.
 */
double sur_machine_memory(void);

/* Cores this process may use. */
int sur_machine_cores(void);

#endif
