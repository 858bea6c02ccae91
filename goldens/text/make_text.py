"""text.json: what Hugging Face's native tokenizers make of tokenizers that @ashlar/text emits, and of the text it trains on.

pip install tokenizers==0.23.3; node emit.mjs; python make_text.py        (reads emitted.json, ../real/tokenizers.json and
../../apps/cli/data/excerpts/sotu.txt)
"""
import json
import pathlib
from importlib.metadata import version

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

here = pathlib.Path(__file__).resolve().parent
read = lambda path: (here / path).read_text(encoding="utf-8")
texts = json.loads(read("../real/tokenizers.json"))["texts"] + ["K AH0 N  S\nEH1", "a</s>b<pad> <unk>", "x<|endoftext|>y <extra_id_0><extra_id_1>"]


def through(tokenizer):
    ids = [tokenizer.encode(x).ids for x in texts]
    return {"vocab_size": tokenizer.get_vocab_size(), "ids": ids, "decoded": [tokenizer.decode(x) for x in ids]}


def train(documents, size, special, minimum):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(documents, trainers.BpeTrainer(vocab_size=size, min_frequency=minimum, special_tokens=special, show_progress=False,
                                                         initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return t


special = ["<pad>", "</s>", "<unk>"]
sotu = read("../../apps/cli/data/excerpts/sotu.txt").rstrip("\n").split("\n<|endoftext|>\n")
corpora = [
    {"name": "State of the Union", "file": "apps/cli/data/excerpts/sotu.txt", "size": 1024, "minimum": 2},
    {"name": "ties, runs and scripts", "documents": ["aaaaaaa aaaa aaa aa", "abab baba abcabc", "日本語 日本 本語", "😀😀 😀", "\n\n\t  \n", "123 1234 12"], "size": 300, "minimum": 1},
    {"name": "nothing left to merge", "documents": ["ab ab cd"], "size": 400, "minimum": 2},
]
for c in corpora:
    t = train(c.get("documents", sotu), c["size"], special, c["minimum"])
    model = json.loads(t.to_str())["model"]
    c.update(merges=model["merges"], last_id=max(model["vocab"].values()), **through(t))
doc = {"made_with": {"tokenizers": version("tokenizers")}, "special": special, "texts": texts, "trained": corpora,
       "emitted": {name: through(Tokenizer.from_str(json.dumps(value))) for name, value in json.loads(read("emitted.json")).items()}}
(here / "text.json").write_text(json.dumps(doc, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
