"""Alternating least squares with NumPy and SciPy on the ratings of bench_recover's kind:
100,000 entries of a noisy 943 x 1682 matrix of rank 5, a tenth kept aside.

Prints TSV: case, seconds, threads, relative hold-out error. The time is to the sweep with
the least hold-out error, preparation of the sparse matrices included.
Usage: recover.py [--quick] [--threads N]"""

import argparse
import math
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true")
parser.add_argument("--threads", type=int, default=os.cpu_count())
options = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402  after the number of threads is set
from scipy.sparse import csr_matrix  # noqa: E402

n1, n2, m, rank, noise = (60, 50, 1500, 2, 0.1) if options.quick else (943, 1682, 100000, 5, 0.5)
width, ridge = 10, 0.1
rng = np.random.default_rng(1)
V = rng.standard_normal((n1, rank)) * rank**-0.25
W = rng.standard_normal((n2, rank)) * rank**-0.25
order = rng.permutation(n2)
rows, cols = [], []
for i in range(n1):
    count, start = m * (i + 1) // n1 - m * i // n1, rng.integers(n2)
    stride = 2
    while math.gcd(stride, n2) > 1:
        stride = 1 + rng.integers(n2 - 1)
    rows += [i] * count
    cols += list(order[(start + stride * np.arange(count)) % n2])
rows, cols = np.array(rows), np.array(cols)
y = np.einsum("ij,ij->i", V[rows], W[cols]) + noise * rng.standard_normal(m)
held = rng.permutation(m) < m // 10


def solve(matrix, other, out):
    for i in range(matrix.shape[0]):
        at = slice(matrix.indptr[i], matrix.indptr[i + 1])
        if at.start == at.stop:
            continue
        F = other[matrix.indices[at]]
        gram = F.T @ F + ridge * (at.stop - at.start) * np.eye(width)
        out[i] = np.linalg.solve(gram, F.T @ matrix.data[at])


print("case\tseconds\tthreads\tholdout")
begun = time.perf_counter()
by_row = csr_matrix((y[~held], (rows[~held], cols[~held])), shape=(n1, n2))
by_col = by_row.T.tocsr()
L, R = np.zeros((n1, width)), 0.1 * rng.standard_normal((n2, width))
best = (np.inf, 0.0)
for sweep in range(30):
    solve(by_row, R, L)
    solve(by_col, L, R)
    seconds = time.perf_counter() - begun
    error = y[held] - np.einsum("ij,ij->i", L[rows[held]], R[cols[held]])
    relative = np.linalg.norm(error) / np.linalg.norm(y[held])
    if relative < best[0] * (1 - 1e-3):
        best = (relative, seconds)
print(f"als\t{best[1]:.4g}\t{options.threads}\t{best[0]:.4g}")
