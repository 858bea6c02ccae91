"""beams.json: beam search where the end is one token, several or none, on tables by last token and length (no two sequences share a score)."""
import numpy as np
import torch
import transformers
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from common import Book, Rng, arguments, arr, load_params, num, versions

transformers.logging.set_verbosity_error()
args = arguments()
P = load_params("beams", {"vocab": 7, "new": 8, "beams": [2, 4], "length_penalties": [-1.0, 0.0, 1.0, 2.0], "ends": [[0], [0, 3, 5], []],
                          "prompts": [[2, 1], [3, 4]]}, args.out)
r = Rng(args.seed, "beams")
lib = versions("transformers", "torch")
book = Book("beams", args, lib, "beam search; the last case holds the tables; the padding id is never likely")
V, NEW = P["vocab"], P["new"]
PAD = V - 1
ROWS = V * (NEW + len(P["prompts"][0]))


class ToyConfig(PretrainedConfig):
    model_type = "toy"

    def __init__(self, **kw):
        super().__init__(**kw)
        self.vocab_size, self.num_hidden_layers, self.hidden_size, self.num_attention_heads = V, 1, 1, 1


class Toy(PreTrainedModel, GenerationMixin):
    config_class = ToyConfig
    main_input_name = "input_ids"

    def __init__(self, table):
        super().__init__(ToyConfig())
        self.table = torch.nn.Parameter(torch.log(torch.tensor(table, dtype=torch.float32)))

    def forward(self, input_ids=None, attention_mask=None, return_dict=True, **kwargs):
        return CausalLMOutputWithPast(logits=self.table[input_ids + V * torch.arange(input_ids.shape[1])])

    def prepare_inputs_for_generation(self, input_ids, **kwargs):
        return {"input_ids": input_ids}


def table():
    t = r.g.dirichlet(np.full(V, 0.6), ROWS) + 0.02
    t[:, 0] = t[:, 0] * 0.5 + r.g.uniform(0.02, 0.6, ROWS)
    t[:, PAD] = 1e-7
    return np.float32(np.round(t / t.sum(1, keepdims=True), 7))


TABLES = [table() for _ in range(2)]
for which, t in enumerate(TABLES):
    toy = Toy(t).eval()
    for beams in P["beams"]:
        for ends in P["ends"]:
            for penalty in P["length_penalties"]:
                for early in (False, True, "never"):
                    if not ends and early is not False:
                        continue
                    x = torch.tensor(P["prompts"])
                    cfg = GenerationConfig(num_beams=beams, length_penalty=penalty, early_stopping=early, num_return_sequences=beams, max_new_tokens=NEW,
                                           eos_token_id=ends or None, pad_token_id=PAD, do_sample=False, return_dict_in_generate=True, output_scores=True, use_cache=False)
                    with torch.no_grad():
                        o = toy.generate(x, attention_mask=torch.ones_like(x), generation_config=cfg)
                    rows = []
                    for i, s in enumerate(o.sequences.tolist()):
                        body = s[x.shape[1]:]
                        body = body[: body.index(PAD)] if PAD in body else body
                        rows.append({"tokens": body, "score": num(np.float32(o.sequences_scores[i]))})
                    name = "early" if early is True else early if early else "default"
                    book.add(f"t{which}/b{beams}/e{len(ends)}/lp{penalty}/{name}", f"transformers {lib['transformers']} generate on a toy model whose next-token distribution is row table[last token + vocab * (length - 1)] (renormalised)",
                             op="beam_search", params={"num_beams": beams, "length_penalty": penalty, "early_stopping": early, "num_return_sequences": beams},
                             inputs={"table": which, "prompts": P["prompts"], "eos": ends, "max_new_tokens": NEW}, outputs={"sequences": rows}, tolerance={"rtol": 1e-4, "atol": 1e-5})
book.add("tables", "random", op="tables", params={}, inputs={}, outputs={f"{i}": arr(t) for i, t in enumerate(TABLES)}, tolerance={"rtol": 0, "atol": 0})
book.write()
