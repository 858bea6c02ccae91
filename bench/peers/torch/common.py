"""PyTorch's side of a race: the same protocol as common/peer.ts, the same weights as common/weights.ts."""
import json
import os
import re
import sys
import time

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
variant = sys.argv[2] if len(sys.argv) > 2 else ""
os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy
import torch

torch.set_num_threads(threads)


def say(said):
    print("bench:" + json.dumps(said), flush=True)


def serve(prepare):
    """Prepares a workload, `{ numbers, run }`, and does it once for every line of the input; between two lines it waits."""
    try:
        numbers, run = prepare()
        say({"numbers": [float(number) for number in numbers]})
        for _ in sys.stdin:
            say({"times": run()})
    except Exception as error:
        say({"cannot": repr(error)})


def milliseconds(run):
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def uniform(length, seed):
    """Numbers in [-0.5, 0.5): mulberry32 by index."""
    with numpy.errstate(over="ignore"):
        state = numpy.uint32(seed) + numpy.uint32(0x6D2B79F5) * numpy.arange(1, length + 1, dtype=numpy.uint32)
        t = (state ^ (state >> numpy.uint32(15))) * (state | numpy.uint32(1))
        t = (t + (t ^ (t >> numpy.uint32(7))) * (t | numpy.uint32(61))) ^ t
        return ((t ^ (t >> numpy.uint32(14))).astype(numpy.float64) / 2**32 - 0.5).astype(numpy.float32)


def seed_of(name):
    """FNV-1a."""
    value = 0x811C9DC5
    for character in name:
        value = (value ^ ord(character)) * 0x01000193 & 0xFFFFFFFF
    return value


def weights(name, shape, deviation=0.02):
    centre, width = (1, 0.2) if re.search(r"(norm|ln_\w)\.weight$", name, re.I) else (0, deviation * 12**0.5)
    length = int(numpy.prod(shape))
    return torch.from_numpy((centre + width * uniform(length, seed_of(name)).astype(numpy.float64)).astype(numpy.float32)).reshape(shape)


def ids(length, vocab):
    return torch.arange(length) * 7919 % vocab


def stored(folder):
    """The tensors of a folder's model.safetensors, read without another library."""
    path = os.path.join(folder, "model.safetensors")
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    data = numpy.fromfile(path, dtype=numpy.uint8, offset=8 + size)
    header.pop("__metadata__", None)
    out = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        out[name] = torch.from_numpy(data[begin:end].view(numpy.float32)).reshape(entry["shape"])
    return out
