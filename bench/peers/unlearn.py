"""What bench_unlearn runs, by PyTorch: originals, three retrained models and every method's
full grid on networks of one hidden layer, and the errors of each candidate.

Prints TSV: widths, methods, threads, seconds. Usage: unlearn.py [--quick]"""

import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

ROWS, COLUMNS, CLASSES, SAMPLES, FORGET, BATCH, EPOCHS = 1797, 64, 10, 500, 40, 64, 150
VALIDATION = (ROWS - SAMPLES) // 2


def make_data(seed):
    draw = torch.Generator().manual_seed(seed)
    centre = 3 * torch.randn(CLASSES, COLUMNS, generator=draw)
    y = torch.randint(0, CLASSES, (ROWS,), generator=draw)
    x = (5 + centre[y] + 4 * torch.randn(ROWS, COLUMNS, generator=draw)).clamp(0, 16).floor()
    x = (x - x[:SAMPLES].mean()) / x[:SAMPLES].std()
    label = y.clone()
    label[:FORGET] = (y[:FORGET] + torch.randint(1, CLASSES, (FORGET,), generator=draw)) % CLASSES
    return x, label


def network(width):
    return nn.Sequential(nn.Linear(COLUMNS, width), nn.ReLU(), nn.Linear(width, CLASSES))


def batches(rows):
    return rows[torch.randperm(len(rows))].split(BATCH)


def fit(model, x, y, rows, rate, epochs, penalty=0.0, labels=None, keep=None):
    """Passes that lower the cross-entropy; keep(model) after each step."""
    rule = torch.optim.Adam(model.parameters(), rate)
    for epoch in range(epochs):
        for b in batches(rows):
            rule.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(x[b]), y[b])
            if penalty:
                fade = penalty * (1 - epoch / epochs)
                loss = loss + fade * sum(p.abs().sum() for p in model.parameters())
            loss.backward()
            rule.step()
            if keep:
                keep(model)
    return model


def divergence(student, teacher, t):
    return t * t * F.kl_div(F.log_softmax(student / t, 1), F.softmax(teacher / t, 1),
                            reduction="batchmean")


def error(model, x, y, rows):
    with torch.no_grad():
        return (model(x[rows]).argmax(1) != y[rows]).float().mean().item()


class Bench:
    def __init__(self, width, seed):
        torch.manual_seed(seed)
        self.width, self.rate = width, 5e-3 if width < 64 else 2e-3
        self.x, self.y = make_data(seed)
        self.f, self.r = torch.arange(FORGET), torch.arange(FORGET, SAMPLES)
        self.v = torch.arange(SAMPLES, SAMPLES + VALIDATION)
        self.model = fit(network(width), self.x, self.y, torch.arange(SAMPLES), self.rate, EPOCHS)
        for _ in range(3):
            fit(network(width), self.x, self.y, self.r, self.rate, EPOCHS)
        with torch.no_grad():
            self.teacher = self.model(self.x)

    def start(self):
        model = network(self.width)
        model.load_state_dict(self.model.state_dict())
        return model

    def judge(self, model):
        e = error(model, self.x, self.y, self.v)
        return 0.6 * e + 0.4 * (1 - error(model, self.x, self.y, self.f))

    def finetune(self):
        for rate in (3e-4, 1e-3, 5e-3):
            yield fit(self.start(), self.x, self.y, self.r, rate, 8)

    def l1(self):
        for rate in (1e-3, 5e-3):
            for penalty in (1e-4, 1e-3, 5e-3):
                yield fit(self.start(), self.x, self.y, self.r, rate, 8, penalty)

    def ascent(self):
        for rate in (1e-4, 3e-4, 1e-3, 3e-3):
            model = self.start()
            rule = torch.optim.Adam(model.parameters(), rate)
            for _ in range(5):
                for b in batches(self.f):
                    rule.zero_grad(set_to_none=True)
                    (-F.cross_entropy(model(self.x[b]), self.y[b])).backward()
                    rule.step()
            yield model

    def neggrad(self):
        for rate in (3e-4, 1e-3, 3e-3):
            for alpha in (0.8, 0.95, 0.99):
                model = self.start()
                rule = torch.optim.Adam(model.parameters(), rate)
                for _ in range(4):
                    for b in batches(self.r):
                        rule.zero_grad(set_to_none=True)
                        loss = alpha * F.cross_entropy(model(self.x[b]), self.y[b])
                        loss = loss - (1 - alpha) * F.cross_entropy(model(self.x[self.f]),
                                                                    self.y[self.f])
                        loss.backward()
                        rule.step()
                yield model

    def scrub(self):
        for rate in (3e-4, 1e-3, 3e-3):
            for steps in (1, 3, 6):
                model = self.start()
                rule = torch.optim.Adam(model.parameters(), rate)
                for epoch in range(8):
                    for b in batches(self.f) if epoch < steps else ():
                        rule.zero_grad(set_to_none=True)
                        (-divergence(model(self.x[b]), self.teacher[b], 2.0)).backward()
                        rule.step()
                    for b in batches(self.r):
                        rule.zero_grad(set_to_none=True)
                        f = model(self.x[b])
                        loss = F.cross_entropy(f, self.y[b])
                        (loss + 0.5 * divergence(f, self.teacher[b], 2.0)).backward()
                        rule.step()
                yield model

    def relabel(self, rate, keep=None):
        model = self.start()
        for _ in range(8):
            wrong = torch.randint(0, CLASSES, self.y.shape)
            fit(model, self.x, wrong, self.f, rate, 1, keep=keep)
            fit(model, self.x, self.y, self.r, rate, 1, keep=keep)
        return model

    def random_label(self):
        for rate in (3e-4, 1e-3, 3e-3):
            yield self.relabel(rate)

    def salun(self):
        model = self.start()
        F.cross_entropy(model(self.x[self.f]), self.y[self.f]).backward()
        size = torch.cat([p.grad.abs().flatten() for p in model.parameters()])
        old = [p.detach().clone() for p in self.model.parameters()]
        for rate in (3e-4, 1e-3, 3e-3):
            for share in (0.2, 0.5):
                least = size.kthvalue(int((1 - share) * len(size)) + 1).values
                mask = [p.grad.abs() >= least for p in model.parameters()]

                def keep(m):
                    with torch.no_grad():
                        for p, o, k in zip(m.parameters(), old, mask):
                            p.copy_(torch.where(k, p, o))

                yield self.relabel(rate, keep)

    def bad_teacher(self):
        with torch.no_grad():
            teacher = self.teacher.clone()
            teacher[self.f] = network(self.width)(self.x[self.f])
        for rate in (3e-4, 1e-3, 3e-3):
            model = self.start()
            rule = torch.optim.Adam(model.parameters(), rate)
            for _ in range(8):
                for b in batches(torch.arange(SAMPLES)):
                    rule.zero_grad(set_to_none=True)
                    divergence(model(self.x[b]), teacher[b], 1.0).backward()
                    rule.step()
            yield model

    def run(self):
        methods = (self.finetune, self.ascent, self.neggrad, self.scrub, self.scrub, self.l1,
                   self.salun, self.random_label, self.bad_teacher)
        return [min(self.judge(model) for model in method()) for method in methods]


def main():
    quick = "--quick" in sys.argv
    print(f"# torch {torch.__version__}; all methods but influence and min-norm")
    print("widths\tmethods\tthreads\tseconds")
    cases = [(8,), (64,), (512,), tuple(3 * 2**i for i in range(8)) + (512,)]
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for widths in cases[:1] if quick else cases:
            since = time.perf_counter()
            for width in widths:
                for seed in (1,) if quick else (1, 2):
                    Bench(width, seed).run()
            name = ",".join(map(str, widths))
            print(f"{name}\tall\t{threads}\t{time.perf_counter() - since:.2f}", flush=True)


if __name__ == "__main__":
    main()
