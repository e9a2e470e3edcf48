"""The same work in the usual way: least-squares problems of the published script by
numpy, refits of kernel ridge by scikit-learn. Small slices, scaled; prints TSV."""
import time

import numpy as np

rng = np.random.default_rng(1)
print("case\tsize\tseconds\trate")
for p in (120, 1000, 3000):
    n, d, count, begin = 100, 3000, 40, time.perf_counter()
    for _ in range(count):  # one answer of the published algorithm
        x = rng.standard_normal((n, d))
        beta = rng.standard_normal(d) / np.sqrt(d)
        y = x @ beta + rng.standard_normal(n)
        np.linalg.lstsq(x[:, :p], y, rcond=None)[0].sum()
    seconds = time.perf_counter() - begin
    print(f"exact\twidth {p}, {count} problems\t{seconds:.3f}\t{count / seconds:.4g}")

try:
    from sklearn.kernel_ridge import KernelRidge
except ImportError:
    print("# scikit-learn is missing: no refits")
else:
    n = 800
    x, y = rng.standard_normal((n, 64)), rng.standard_normal((n, 10))
    k, count, begin = np.exp(x @ x.T / 64 - 1), 40, time.perf_counter()
    for i in range(count):  # one record left out of one model
        keep = rng.random(n) < 0.5
        keep[i] = False
        rows = np.flatnonzero(keep)
        model = KernelRidge(alpha=0.1, kernel="precomputed").fit(k[np.ix_(rows, rows)], y[rows])
        model.predict(k[i : i + 1, rows])
    seconds = time.perf_counter() - begin
    print(f"paired\t{n} records, {count} refits\t{seconds:.3f}\t{count / seconds:.4g}")
