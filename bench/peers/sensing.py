"""What bench_sensing measures, by the peers: gradients of dense matrix sensing with full
n x n matrices in float32 and two passes (NumPy) or autograd (PyTorch), and plain gradient
descent in PyTorch from a small random start to relative error 1e-6.

Prints TSV: case, median seconds, threads, iterations. Usage: sensing.py [--quick]
[--threads N] [--repeats N] [--iterations N]"""

import argparse
import os
import statistics
import time

parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--repeats", type=int, default=7)
parser.add_argument("--iterations", type=int, default=4000)
options = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(options.threads)

import numpy as np  # noqa: E402  after the number of threads is set
import torch  # noqa: E402

torch.set_num_threads(options.threads)
torch.manual_seed(1)
n, m, rank, width = (20, 300, 5, 10) if options.quick else (200, 10000, 5, 50)


def report(case, seconds, other=""):
    print(f"{case}\t{statistics.median(seconds):.5g}\t{options.threads}\t{other}", flush=True)


print("case\tseconds\tthreads\titerations")
A = torch.randn(m, n * n)
step = A.reshape(m, n, n)
for i in range(m):  # symmetric: diagonal N(0,1), off-diagonal N(0,1/2)
    step[i] = (step[i] + step[i].T) / 2
y = torch.randn(m)

numpy_A, numpy_y = A.numpy(), y.numpy()
U = 0.1 * np.random.default_rng(1).standard_normal((n, width)).astype(np.float32)
times = []
for _ in range(options.repeats + 1):
    begun = time.perf_counter()
    residual = numpy_A @ (U @ U.T).ravel() - numpy_y
    gradient = (residual @ numpy_A).reshape(n, n) @ U
    times.append(time.perf_counter() - begun)
report("numpy f32", times[1:])

V = torch.from_numpy(U).requires_grad_()
times = []
for _ in range(options.repeats + 1):
    begun = time.perf_counter()
    loss = ((A @ (V @ V.T).reshape(-1) - y) ** 2).sum() / (4 * m)
    loss.backward()
    V.grad = None
    times.append(time.perf_counter() - begun)
report("torch f32", times[1:])


def descend(case, condition, alpha, columns, most):
    Q, _ = torch.linalg.qr(torch.randn(n, rank))
    X = Q * condition ** (-torch.arange(rank) / (rank - 1))
    M = X @ X.T
    target = A @ M.reshape(-1)
    W = alpha * torch.randn(n, columns) / columns**0.5
    begun, turn, error = time.perf_counter(), 0, 1.0
    while turn < most and error > 1e-6:
        residual = A @ (W @ W.T).reshape(-1) - target
        W = W - 0.25 / m * (residual @ A).reshape(n, n) @ W
        error = float((W @ W.T - M).norm() / M.norm())
        turn += 1
    report(case, [time.perf_counter() - begun], f"{turn} (error {error:.2g})")


most = 50 if options.quick else options.iterations
descend("torch gd, condition 3", 3.0, 1e-5, width, most)
descend("torch gd, paper", 1.0, 1 / (70 * n * n), n, most)
