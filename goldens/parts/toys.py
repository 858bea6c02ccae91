"""A toy model that transformers' generate can drive: the next token's distribution is a row of a table."""
import numpy as np
import torch
import transformers
from transformers import GenerationConfig, GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from common import num

transformers.logging.set_verbosity_error()


class ToyConfig(PretrainedConfig):
    model_type = "toy"

    def __init__(self, vocab_size=1, **kw):
        super().__init__(**kw)
        self.vocab_size, self.num_hidden_layers, self.hidden_size, self.num_attention_heads = vocab_size, 1, 1, 1


class Toy(PreTrainedModel, GenerationMixin):
    """Row `last token` of a table [vocab, vocab], or of a longer one row `last token + vocab * (length - 1)`, so that no two sequences have the same score."""

    config_class = ToyConfig
    main_input_name = "input_ids"

    def __init__(self, table):
        rows, vocab = table.shape
        super().__init__(ToyConfig(vocab))
        self.rows, self.vocab = rows, vocab
        self.table = torch.nn.Parameter(torch.log(torch.tensor(table, dtype=torch.float32)))
        self.eval()

    def forward(self, input_ids=None, attention_mask=None, return_dict=True, **kwargs):
        length = torch.arange(input_ids.shape[1])
        return CausalLMOutputWithPast(logits=self.table[(input_ids + self.vocab * length) % self.rows])

    def prepare_inputs_for_generation(self, input_ids, **kwargs):
        return {"input_ids": input_ids}

    def continued(self, prompts, ends, pad, **settings):
        """What generate gives beside the prompts, up to and with a token of `ends`, without padding, and with scores where there are several beams."""
        x = torch.tensor(prompts)
        config = GenerationConfig(pad_token_id=pad, do_sample=False, return_dict_in_generate=True, output_scores=True, use_cache=False, **settings)
        with torch.no_grad():
            o = self.generate(x, attention_mask=torch.ones_like(x), generation_config=config)
        rows = []
        for i, s in enumerate(o.sequences.tolist()):
            body = s[x.shape[1]:]
            for end in ends:
                body = body[: body.index(end) + 1] if end in body else body
            body = body[: body.index(pad)] if pad in body and pad not in ends else body
            rows.append({"tokens": body, **({"score": num(np.float32(o.sequences_scores[i]))} if settings["num_beams"] > 1 else {})})
        return rows


def early_name(early):
    """How a case says what `early_stopping` was."""
    return "early" if early is True else early if early else "default"


TABLE_SOURCE = "generate on a toy model whose next-token distribution is row table[last token + vocab * (length - 1)] (renormalised)"
