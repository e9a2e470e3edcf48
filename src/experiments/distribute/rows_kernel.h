/* rows_kernel.h -- dot products and sums of four rows or one, for one kind of
 * processor.
 *
 * Whoever includes it says which: KERNEL is an attribute, NAME(x) makes a name. The
 * text is the same for all, and products are not fused with sums, so that the bits do
 * not depend on the processor. */
#define INLINE KERNEL static inline __attribute__((always_inline))

/* Rows of z are ld apart. */
INLINE void NAME(some_dots)(double *sum, const double *z, sur_idx ld, const int rows,
                            const double *v, sur_idx n)
{
    four even[FEW] = {0}, odd[FEW] = {0};
    sur_idx j = 0;
    for (; j + 8 <= n; j += 8) {
        const four v0 = AT(v + j), v1 = AT(v + j + 4);
        for (int k = 0; k < rows; k++) {
            even[k] += AT(z + k * ld + j) * v0;
            odd[k] += AT(z + k * ld + j + 4) * v1;
        }
    }
    for (int k = 0; k < rows; k++) {
        const four s = even[k] + odd[k];
        sum[k] = (s[0] + s[1]) + (s[2] + s[3]);
        for (sur_idx i = j; i < n; i++) sum[k] += z[k * ld + i] * v[i];
    }
}

/* g = or g += the rows' sum, weighted by r. */
INLINE void NAME(some_adds)(double *g, const double *r, const double *z, sur_idx ld,
                            const int rows, sur_idx n, const bool fresh)
{
    sur_idx j = 0;
    for (; j + 4 <= n; j += 4) {
        four s = r[0] * AT(z + j);
        if (rows == FEW)
            s = (s + r[1] * AT(z + ld + j)) +
                (r[2] * AT(z + 2 * ld + j) + r[3] * AT(z + 3 * ld + j));
        if (!fresh) s += AT(g + j);
        *(four *)(g + j) = s;
    }
    for (; j < n; j++) {
        double s = r[0] * z[j];
        if (rows == FEW)
            s = (s + r[1] * z[ld + j]) + (r[2] * z[2 * ld + j] + r[3] * z[3 * ld + j]);
        g[j] = fresh ? s : g[j] + s;
    }
}

KERNEL static void NAME(dots)(double *sum, const double *z, sur_idx ld, int rows,
                              const double *v, sur_idx n)
{
    if (rows == FEW)
        NAME(some_dots)(sum, z, ld, FEW, v, n);
    else
        NAME(some_dots)(sum, z, ld, 1, v, n);
}

KERNEL static void NAME(adds)(double *g, const double *r, const double *z, sur_idx ld,
                              int rows, sur_idx n, bool fresh)
{
    if (rows == FEW && fresh)
        NAME(some_adds)(g, r, z, ld, FEW, n, true);
    else if (rows == FEW)
        NAME(some_adds)(g, r, z, ld, FEW, n, false);
    else
        NAME(some_adds)(g, r, z, ld, 1, n, fresh);
}

#undef INLINE
