"""group_beams.json: diverse beam search in groups, from the last transformers that has it built in.

Needs transformers 4.41 and torch 1.13 or later. The padding id is a token of its own that is never likely: a group that is done "says" it,
and transformers counts that against later groups.
"""
import numpy as np
import torch
import transformers
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from common import Book, Rng, arguments, arr, load_params, num, versions

transformers.logging.set_verbosity_error()
args = arguments()
P = load_params("group_beams", {"vocab": 8, "new": 7, "shapes": [[4, 2], [6, 3], [6, 2], [3, 3]], "diversities": [0.3, 2.0],
                                "length_penalties": [0.0, 1.0, 2.0], "prompts": [[2, 1], [3, 4], [1, 5]]}, args.out)
r = Rng(args.seed, "group_beams")
lib = versions("transformers", "torch")
book = Book("group_beams", args, lib, "diverse beam search; eos id 0; scores include the diversity penalty")
V, NEW, EOS = P["vocab"], P["new"], 0
PAD = V - 1


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
        # a row for each last token and length, so that no two sequences have the same score
        length = torch.arange(input_ids.shape[1])
        return CausalLMOutputWithPast(logits=self.table[input_ids + V * length])

    def prepare_inputs_for_generation(self, input_ids, **kwargs):
        return {"input_ids": input_ids}


ROWS = V * (NEW + len(P["prompts"][0]))


def table():
    t = r.g.dirichlet(np.full(V, 0.8), ROWS) + 0.02
    t[:, EOS] = t[:, EOS] * 0.5 + r.g.uniform(0.02, 0.35, ROWS)
    t[:, PAD] = 1e-7
    return np.float32(np.round(t / t.sum(1, keepdims=True), 7))


TABLES = [table() for _ in range(2)]
for which, t in enumerate(TABLES):
    toy = Toy(t).eval()
    for beams, groups in P["shapes"]:
        for diversity in P["diversities"]:
            for penalty in P["length_penalties"]:
                for early in (False, True, "never"):
                    x = torch.tensor(P["prompts"])
                    cfg = GenerationConfig(num_beams=beams, num_beam_groups=groups, diversity_penalty=diversity, length_penalty=penalty, early_stopping=early,
                                           num_return_sequences=beams, max_new_tokens=NEW, eos_token_id=EOS, pad_token_id=PAD, do_sample=False,
                                           return_dict_in_generate=True, output_scores=True, use_cache=False)
                    with torch.no_grad():
                        o = toy.generate(x, attention_mask=torch.ones_like(x), generation_config=cfg)
                    rows = []
                    for i, s in enumerate(o.sequences.tolist()):
                        body = s[x.shape[1]:]
                        body = body[: body.index(EOS) + 1] if EOS in body else body
                        body = body[: body.index(PAD)] if PAD in body else body
                        rows.append({"tokens": body, "score": num(np.float32(o.sequences_scores[i]))})
                    name = "early" if early is True else early if early else "default"
                    book.add(f"t{which}/b{beams}g{groups}/d{diversity}/lp{penalty}/{name}", f"transformers {lib['transformers']} generate on a toy model whose next-token distribution is row table[last token + vocab * (length - 1)] (renormalised)",
                             op="group_beam_search", params={"num_beams": beams, "num_beam_groups": groups, "diversity_penalty": diversity, "length_penalty": penalty, "early_stopping": early, "num_return_sequences": beams},
                             inputs={"table": which, "prompts": P["prompts"], "eos": EOS, "max_new_tokens": NEW}, outputs={"sequences": rows}, tolerance={"rtol": 1e-4, "atol": 1e-5})
book.add("tables", "random", op="tables", params={}, inputs={}, outputs={f"{i}": arr(t) for i, t in enumerate(TABLES)}, tolerance={"rtol": 0, "atol": 0})
book.write()
