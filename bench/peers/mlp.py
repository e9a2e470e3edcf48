"""What bench_mlp measures, by PyTorch: steps of training, one network with its own
modules and optimizer at one and two threads, and 64 networks at once as batched products
(baddbmm).

Prints TSV: network, optimizer, threads, networks, microseconds per step of one network
(the best of a few times). Usage: mlp.py [--quick] [--cpu] [CASE]; --cpu
takes the processor's time on one thread in place of the wall clock, CASE one line alone."""

import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

CASES = [
    ("30-16-2", [30, 16, 2], 64, "sgd", 1),
    ("30-64-2", [30, 64, 2], 64, "sgd", 1),
    ("30-1024-1024-2", [30, 1024, 1024, 2], 128, "adam", 1),
    ("784-1024-10", [784, 1024, 10], 128, "sgd", 1),
    ("30-4096-2", [30, 4096, 2], 128, "sgd", 1),
    ("784-4096-10", [784, 4096, 10], 512, "sgd", 1),
    ("30-16-2", [30, 16, 2], 64, "sgd", 64),
    ("30-64-2", [30, 64, 2], 64, "sgd", 64),
    ("784-64-10", [784, 64, 10], 64, "sgd", 64),
    ("30-256-256-2", [30, 256, 256, 2], 128, "adam", 64),
    ("600-64-100", [600, 64, 100], 64, "adam", 1),  # shadow models of LiRA, one by one
    ("600-64-100", [600, 64, 100], 64, "adam", 64),
]
EXAMPLES = 4096
now = time.process_time if "--cpu" in sys.argv else time.perf_counter
ONLY = [int(word) for word in sys.argv[1:] if word.isdigit()]
REPEATS = 5


def optimizer_of(name, parameters):
    if name == "adam":
        return torch.optim.Adam(parameters, 1e-3)
    return torch.optim.SGD(parameters, 0.02)


def single(sizes, batch, optimizer):
    x = torch.randn(EXAMPLES, sizes[0])
    y = torch.randint(0, sizes[-1], (EXAMPLES,))
    layers = []
    for i in range(len(sizes) - 2):
        layers += [nn.Linear(sizes[i], sizes[i + 1]), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
    rule = optimizer_of(optimizer, model.parameters())

    def step(k):
        at = (k % (EXAMPLES // batch)) * batch
        rule.zero_grad(set_to_none=True)
        F.cross_entropy(model(x[at : at + batch]), y[at : at + batch]).backward()
        rule.step()

    return step


def many(sizes, batch, optimizer, networks):
    x = torch.randn(EXAMPLES, sizes[0])
    y = torch.randint(0, sizes[-1], (EXAMPLES,))
    pairs = list(zip(sizes[:-1], sizes[1:]))
    weights = [(torch.randn(networks, i, o) / i**0.5).requires_grad_() for i, o in pairs]
    biases = [torch.zeros(networks, 1, o).requires_grad_() for _, o in pairs]
    rule = optimizer_of(optimizer, weights + biases)

    def step(k):
        at = (k % (EXAMPLES // batch)) * batch
        a = x[at : at + batch].expand(networks, batch, sizes[0])
        target = y[at : at + batch].repeat(networks)
        rule.zero_grad(set_to_none=True)
        for layer, (w, b) in enumerate(zip(weights, biases)):
            a = torch.baddbmm(b, a, w)
            if layer < len(weights) - 1:
                a = F.relu(a)
        loss = F.cross_entropy(a.reshape(networks * batch, sizes[-1]), target) * networks
        loss.backward()
        rule.step()

    return step


def measure(step, seconds):
    for k in range(3):
        step(k)
    since = now()
    for k in range(3):
        step(k)
    count = int(seconds / ((now() - since) / 3)) + 1
    times = []
    for _ in range(REPEATS):
        since = now()
        for k in range(count):
            step(k)
        times.append((now() - since) / count)
    return min(times)


def main():
    quick = "--quick" in sys.argv
    print(f"# torch {torch.__version__}")
    print("network\toptimizer\tthreads\tnetworks\tmicroseconds")
    for i, (name, sizes, batch, optimizer, networks) in enumerate(CASES):
        if (quick and max(sizes[1:]) > 64) or (ONLY and i not in ONLY):
            continue
        for threads in (1,) if "--cpu" in sys.argv else (1, 2):
            torch.set_num_threads(threads)
            if networks == 1:
                step = single(sizes, batch, optimizer)
            else:
                step = many(sizes, batch, optimizer, networks)
            best = measure(step, 0.001 if quick else 0.3) / networks
            print(f"{name}\t{optimizer}\t{threads}\t{networks}\t{best * 1e6:.2f}", flush=True)


main()
