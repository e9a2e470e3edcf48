"""The files that bench_read left in the current folder, read by NumPy and pandas.

The same columns as bench_read: case, size of the file, seconds (median of 5; fewer where one
takes longer than 10 s), MB per second. The best of numpy.loadtxt and pandas.read_csv (its
fastest engine that gives the exact doubles) is the peer for CSV, np.load with the checksum
that zip makes for NPZ."""
import os
import statistics
import time

import numpy as np

try:
    import pandas
except ImportError:
    pandas = None


def measure(name, path, read):
    seconds = []
    while len(seconds) < 5 and (not seconds or seconds[0] < 10):
        start = time.perf_counter()
        read(path)
        seconds.append(time.perf_counter() - start)
    size = os.path.getsize(path) / 1e6
    middle = statistics.median(seconds)
    print(f"{name}\t{size:.1f}\t{middle:.4f}\t{size / middle:.1f}", flush=True)


def load(path):
    with np.load(path) as archive:
        return [archive[key] for key in archive.files]


print("case\tfile_MB\tseconds\tMB_per_second")
for digits in (6, 17):
    path = f"bench_read_{digits}.csv"
    measure(f"csv, {digits} digits, numpy.loadtxt", path, lambda p: np.loadtxt(p, delimiter=","))
    if pandas:
        measure(f"csv, {digits} digits, pandas.read_csv", path,
                lambda p: pandas.read_csv(p, header=None))
        measure(f"csv, {digits} digits, pandas.read_csv round_trip", path,
                lambda p: pandas.read_csv(p, header=None, float_precision="round_trip"))
measure("npz, numpy.load", "bench_read.npz", load)
