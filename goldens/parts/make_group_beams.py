"""group_beams.json: diverse beam search in groups, from the last transformers that has it built in.

Needs transformers 4.41 and torch 1.13 or later. The padding id is a token of its own that is never likely: a group that is done "says" it,
and transformers counts that against later groups.
"""
import numpy as np

from common import Book, Rng, arguments, arr, load_params, versions
from toys import TABLE_SOURCE, Toy, early_name

args = arguments()
P = load_params("group_beams", {"vocab": 8, "new": 7, "shapes": [[4, 2], [6, 3], [6, 2], [3, 3]], "diversities": [0.3, 2.0],
                                "length_penalties": [0.0, 1.0, 2.0], "prompts": [[2, 1], [3, 4], [1, 5]]}, args.out)
r = Rng(args.seed, "group_beams")
lib = versions("transformers", "torch")
book = Book("group_beams", args, lib, "diverse beam search; eos id 0; scores include the diversity penalty")
V, NEW, EOS = P["vocab"], P["new"], 0
PAD = V - 1
ROWS = V * (NEW + len(P["prompts"][0]))


def table():
    t = r.g.dirichlet(np.full(V, 0.8), ROWS) + 0.02
    t[:, EOS] = t[:, EOS] * 0.5 + r.g.uniform(0.02, 0.35, ROWS)
    t[:, PAD] = 1e-7
    return np.float32(np.round(t / t.sum(1, keepdims=True), 7))


TABLES = [table() for _ in range(2)]
for which, t in enumerate(TABLES):
    toy = Toy(t)
    for beams, groups in P["shapes"]:
        for diversity in P["diversities"]:
            for penalty in P["length_penalties"]:
                for early in (False, True, "never"):
                    rows = toy.continued(P["prompts"], [EOS], PAD, num_beams=beams, num_beam_groups=groups, diversity_penalty=diversity, eos_token_id=EOS, length_penalty=penalty, early_stopping=early,
                                         num_return_sequences=beams, max_new_tokens=NEW)
                    book.add(f"t{which}/b{beams}g{groups}/d{diversity}/lp{penalty}/{early_name(early)}", f"transformers {lib['transformers']} {TABLE_SOURCE}",
                             op="group_beam_search", params={"num_beams": beams, "num_beam_groups": groups, "diversity_penalty": diversity, "length_penalty": penalty, "early_stopping": early, "num_return_sequences": beams},
                             inputs={"table": which, "prompts": P["prompts"], "eos": EOS, "max_new_tokens": NEW}, outputs={"sequences": rows}, tolerance={"rtol": 1e-4, "atol": 1e-5})
book.add("tables", "random", op="tables", params={}, inputs={}, outputs={f"{i}": arr(t) for i, t in enumerate(TABLES)}, tolerance={"rtol": 0, "atol": 0})
book.write()
