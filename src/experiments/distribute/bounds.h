/* bounds.h -- bits that no protocol can do without, and the count it is compared with.
 */
#ifndef DISTRIBUTE_BOUNDS_H
#define DISTRIBUTE_BOUNDS_H

/* Bits that a node with `own` of n targets must receive, at least. */
double distribute_proved_bits(double n, double own, double eps);

/* (M - 1) n 1/2 log2(1/eps). */
double distribute_reference_bits(double nodes, double n, double eps);

#endif
