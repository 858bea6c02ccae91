"""A product of matrices by PyTorch."""
from common import milliseconds, serve, torch, uniform, variant

rows, depth, columns = (int(size) for size in variant.split("x"))


def prepare():
    a = torch.from_numpy(uniform(rows * depth, 1)).view(rows, depth)
    b = torch.from_numpy(uniform(depth * columns, 2)).view(depth, columns)
    c = torch.empty(rows, columns)

    @torch.no_grad()
    def run():
        for _ in range(20 if rows == 1 else 1):
            torch.mm(a, b, out=c)

    run()
    flat = c.flatten()
    return [flat[i * 104729 % len(flat)] for i in range(16)], lambda: {"product": milliseconds(run)}


serve(prepare)
