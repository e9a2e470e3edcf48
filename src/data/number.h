/* number.h -- decimal text to double, exactly, fast. */
#ifndef DATA_NUMBER_H
#define DATA_NUMBER_H

/* Reads [+-] digits [. digits] [e [+-] digits] at text into *x and returns where it
 * ends; NULL if no number stands there. *x has the bits that strtod gives in the C
 * locale, also for overflow (infinity) and underflow. The text must be followed by some
 * byte that is no part of a number, such as zero. Numbers of over 1000 characters are
 * not read. */
const char *sur_number_read(const char *text, double *x);

#endif
