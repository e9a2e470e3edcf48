"""Reads the files of bench_formats, and others that are named, with h5py, scikit-learn,
uproot and gzip: the median of five readings.

Usage: formats.py [FILE.root BRANCH,BRANCH,...] [FILE.gz]"""
import gzip
import statistics
import sys
import time


def measure(name, read):
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        read()
        seconds.append(time.perf_counter() - start)
    print(f"{name}\t{statistics.median(seconds):.4f}")


def read_hdf5():
    import h5py
    with h5py.File("bench_formats.h5") as file:
        return file["X"][()], file["y"][()]


def read_libsvm(path):
    from sklearn.datasets import load_svmlight_file
    return load_svmlight_file(path)


def read_root(path, branches):
    import uproot
    return uproot.open(path)["events"].arrays(branches, library="np")


print("file\tseconds")
if len(sys.argv) == 1:
    measure("bench_formats.h5", read_hdf5)
    for path in ["bench_formats.libsvm", "bench_formats_sparse.libsvm"]:
        measure(path, lambda: read_libsvm(path))
elif sys.argv[1].endswith(".root"):
    measure(sys.argv[1], lambda: read_root(sys.argv[1], sys.argv[2].split(",")))
else:
    measure(sys.argv[1], lambda: gzip.open(sys.argv[1]).read())
