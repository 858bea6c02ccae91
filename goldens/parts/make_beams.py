"""beams.json: beam search where the end is one token, several or none, on tables by last token and length (no two sequences share a score)."""
import numpy as np

from common import Book, Rng, arguments, arr, load_params, versions
from toys import TABLE_SOURCE, Toy, early_name

args = arguments()
P = load_params("beams", {"vocab": 7, "new": 8, "beams": [2, 4], "length_penalties": [-1.0, 0.0, 1.0, 2.0], "ends": [[0], [0, 3, 5], []],
                          "prompts": [[2, 1], [3, 4]]}, args.out)
r = Rng(args.seed, "beams")
lib = versions("transformers", "torch")
book = Book("beams", args, lib, "beam search; the last case holds the tables; the padding id is never likely")
V, NEW = P["vocab"], P["new"]
PAD = V - 1
ROWS = V * (NEW + len(P["prompts"][0]))


def table():
    t = r.g.dirichlet(np.full(V, 0.6), ROWS) + 0.02
    t[:, 0] = t[:, 0] * 0.5 + r.g.uniform(0.02, 0.6, ROWS)
    t[:, PAD] = 1e-7
    return np.float32(np.round(t / t.sum(1, keepdims=True), 7))


TABLES = [table() for _ in range(2)]
for which, t in enumerate(TABLES):
    toy = Toy(t)
    for beams in P["beams"]:
        for ends in P["ends"]:
            for penalty in P["length_penalties"]:
                for early in (False, True, "never"):
                    if not ends and early is not False:
                        continue
                    rows = toy.continued(P["prompts"], [], PAD, num_beams=beams, eos_token_id=ends or None, length_penalty=penalty, early_stopping=early,
                                         num_return_sequences=beams, max_new_tokens=NEW)
                    book.add(f"t{which}/b{beams}/e{len(ends)}/lp{penalty}/{early_name(early)}", f"transformers {lib['transformers']} {TABLE_SOURCE}",
                             op="beam_search", params={"num_beams": beams, "length_penalty": penalty, "early_stopping": early, "num_return_sequences": beams},
                             inputs={"table": which, "prompts": P["prompts"], "eos": ends, "max_new_tokens": NEW}, outputs={"sequences": rows}, tolerance={"rtol": 1e-4, "atol": 1e-5})
book.add("tables", "random", op="tables", params={}, inputs={}, outputs={f"{i}": arr(t) for i, t in enumerate(TABLES)}, tolerance={"rtol": 0, "atol": 0})
book.write()
