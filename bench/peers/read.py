"""The files that bench_read left in the current folder, read by NumPy and pandas.

The same columns as bench_read: case, size of the file, seconds (median of 5; fewer where one
takes longer than 10 s), processor seconds, MB per second."""
import os
import statistics
import time

import numpy as np

try:
    import pandas
except ImportError:
    pandas = None


def measure(name, path, read):
    seconds, cpu = [], []
    while len(seconds) < 5 and (not seconds or seconds[0] < 10):
        start, cpu_start = time.perf_counter(), time.process_time()
        read(path)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - cpu_start)
    size = os.path.getsize(path) / 1e6
    middle = statistics.median(seconds)
    print(f"{name}\t{size:.1f}\t{middle:.4f}\t{statistics.median(cpu):.4f}\t{size / middle:.1f}", flush=True)


def load(path):
    with np.load(path) as archive:
        return [archive[key] for key in archive.files]


print("case\tfile_MB\tseconds\tcpu_seconds\tMB_per_second")
for digits in (6, 17):
    path = f"bench_read_{digits}.csv"
    measure(f"csv, {digits} digits, numpy.loadtxt", path, lambda p: np.loadtxt(p, delimiter=","))
    if pandas:
        measure(f"csv, {digits} digits, pandas.read_csv", path,
                lambda p: pandas.read_csv(p, header=None))
measure("npz, numpy.load", "bench_read.npz", load)
