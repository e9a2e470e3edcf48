"""What bench_curve measures, by the peers: least squares one width at a time with
scipy.linalg.lstsq, numpy.linalg.lstsq and torch.linalg.lstsq; a ridge path by SVD, by
eigenvectors and by one solve for each penalty.

Prints TSV: case, median seconds, threads, repeats. Usage: curve.py [--quick] [--threads N]
[--repeats N] [--only NAME]"""

import argparse
import os
import statistics
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--only", default="")
options = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402  after the number of threads is set
import scipy.linalg  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(options.threads)

WIDTHS = [10, 20, 40, 60, 80, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650,
          700, 750, 800, 850, 900, 930, 950, 970, 980, 990, 995, 998, 1000, 1001, 1002,
          1005, 1010, 1020, 1030, 1050, 1070, 1100, 1150, 1200, 1300, 1400, 1500, 1700,
          2000, 2300, 2600, 3000, 3500, 4000, 4500, 5000, 5500, 6000, 7000, 8000, 9000,
          9500, 10000]
n, unseen, inputs, widest, ridge_width, penalties = 1000, 1000, 100, 10000, 5000, 50
if options.quick:
    WIDTHS = [5, 20, 40, 41, 50, 90, 150]
    n, unseen, inputs, widest, ridge_width, penalties = 40, 30, 10, 150, 100, 7

rng = np.random.default_rng(0)
x = rng.standard_normal((n + unseen, inputs))
w = rng.standard_normal((inputs, widest))
features = np.maximum(x @ w / inputs**0.5, 0)
y = x[:n, 0] + 0.5 * x[:n, 1] + 0.3 * rng.standard_normal(n)
train, test = features[:n], features[n:]


def curve(fit):
    total = 0.0
    for p in WIDTHS:
        total += np.linalg.norm(test[:, :p] @ fit(p))
    return total


def torch_lstsq(p):
    a, b = torch.from_numpy(train[:, :p]), torch.from_numpy(y)[:, None]
    return torch.linalg.lstsq(a, b).solution.numpy()[:, 0]


z = rng.standard_normal((n, ridge_width))
t = rng.standard_normal(n)
mu = np.logspace(-3, 5, penalties)


def ridge_svd(svd):
    u, s, v = svd(z)
    c = u.T @ t
    return v.T @ (s[:, None] / (s[:, None] ** 2 + mu) * c[:, None])


def ridge_eigen(eigh):
    values, q = eigh(z @ z.T)
    return z.T @ (q @ ((q.T @ t)[:, None] / (values[:, None] + mu)))


def ridge_solves():
    k = z @ z.T
    a = [scipy.linalg.solve(k + m * np.eye(n), t, assume_a="pos") for m in mu]
    return z.T @ np.array(a).T


def by_torch(function):
    def call(a):
        return tuple(part.numpy() for part in function(torch.from_numpy(a)))
    return call


CASES = {
    "curve, scipy lstsq": lambda: curve(lambda p: scipy.linalg.lstsq(train[:, :p], y)[0]),
    "curve, numpy lstsq": lambda: curve(
        lambda p: np.linalg.lstsq(train[:, :p], y, rcond=None)[0]),
    "curve, torch lstsq": lambda: curve(torch_lstsq),
    "ridge, numpy svd": lambda: ridge_svd(lambda a: np.linalg.svd(a, full_matrices=False)),
    "ridge, torch svd": lambda: ridge_svd(
        by_torch(lambda a: torch.linalg.svd(a, full_matrices=False))),
    "ridge, numpy eigh": lambda: ridge_eigen(np.linalg.eigh),
    "ridge, scipy eigh": lambda: ridge_eigen(scipy.linalg.eigh),
    "ridge, torch eigh": lambda: ridge_eigen(by_torch(torch.linalg.eigh)),
    "ridge, scipy solves": ridge_solves,
}

print("case\tseconds\tthreads\trepeats")
for case, run in CASES.items():
    if options.only not in case:
        continue
    seconds = []
    for _ in range(options.repeats):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    print(f"{case}\t{statistics.median(seconds):.4f}\t{options.threads}\t{options.repeats}")
    sys.stdout.flush()
