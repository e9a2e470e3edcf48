/* main.c -- the program: one verb a subcommand. */
#include <surplus/base.h>

#include <stdio.h>

int main(void)
{
    printf("surplus %s\n", sur_version());
    return 0;
}
