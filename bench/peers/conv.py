"""What bench_conv measures, by PyTorch: steps of training of the pre-activation ResNet-18
of width k, images of 3 x 32 x 32, batches of 128, in float32 (or with --bfloat16, by
autocast), in either layout of memory.

Prints TSV: network, threads, layout, images per second of the best step. Usage: conv.py
[--quick] [--cpu] [--bfloat16] [WIDTH ...]; --cpu takes the processor's time on one thread."""

import multiprocessing
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

now = time.process_time if "--cpu" in sys.argv else time.perf_counter
QUICK = "--quick" in sys.argv
WIDTHS = [int(word) for word in sys.argv[1:] if word.isdigit()] or [4, 8, 16, 64]
BATCH = 128


class Block(nn.Module):
    def __init__(self, wide, out, stride):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(wide), nn.BatchNorm2d(out)
        self.conv1 = nn.Conv2d(wide, out, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        moves = stride > 1 or wide != out
        self.shortcut = nn.Conv2d(wide, out, 1, stride, bias=False) if moves else None

    def forward(self, x):
        first = F.relu(self.bn1(x), inplace=True)
        aside = self.shortcut(first) if self.shortcut else x
        second = F.relu(self.bn2(self.conv1(first)), inplace=True)
        return self.conv2(second).add_(aside)


class ResNet(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.conv1 = nn.Conv2d(3, k, 3, 1, 1, bias=False)
        blocks, wide = [], k
        for stage in range(4):
            for i in range(2):
                blocks.append(Block(wide, k << stage, 2 if stage > 0 and i == 0 else 1))
                wide = k << stage
        self.blocks = nn.Sequential(*blocks)
        self.linear = nn.Linear(8 * k, 10)

    def forward(self, x):
        return self.linear(self.blocks(self.conv1(x)).mean((2, 3)))


def run(k, threads, layout, steps):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model, x = ResNet(k), torch.randn(BATCH, 3, 32, 32)
    y = torch.randint(0, 10, (BATCH,))
    if layout == "nhwc":
        model = model.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    rule = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    best = float("inf")
    for step in range(steps + 1):
        since = now()
        rule.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled="--bfloat16" in sys.argv):
            loss = F.cross_entropy(model(x), y)
        loss.backward()
        rule.step()
        if step > 0:
            best = min(best, now() - since)
    print(f"resnet18-{k}\t{threads}\t{layout}\t{BATCH / best:.0f}", flush=True)


if __name__ == "__main__":
    print(f"torch {torch.__version__}", file=sys.stderr)
    print("network\tthreads\tlayout\timages_per_second", flush=True)
    for k in [1] if QUICK else WIDTHS:
        for threads in (1,) if QUICK or "--cpu" in sys.argv else (1, 2):
            for layout in ("nchw", "nhwc"):
                # a process of its own: some releases crash on few channels in nhwc
                steps = 1 if QUICK else 4 if k > 32 else 30
                one = multiprocessing.Process(target=run, args=(k, threads, layout, steps))
                one.start()
                one.join()
                if one.exitcode != 0:
                    print(f"# resnet18-{k}, {layout}: crashed", flush=True)
