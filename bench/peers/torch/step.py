"""A training step by PyTorch: scaled_dot_product_attention, fused AdamW."""
from common import ids, milliseconds, serve, torch, variant, weights
import torch.nn.functional as F
from torch import nn

blocks, heads, dim, time, vocab, batch = {"small": (4, 4, 128, 64, 96, 12), "10M": (6, 6, 384, 256, 96, 4)}[variant]


def linear(path, inputs, outputs):
    made = nn.Linear(inputs, outputs)
    made.weight.data, made.bias.data = weights(path + ".weight", (outputs, inputs)), weights(path + ".bias", (outputs,))
    return made


def norm(path):
    made = nn.LayerNorm(dim)
    made.weight.data, made.bias.data = weights(path + ".weight", (dim,)), weights(path + ".bias", (dim,))
    return made


class Block(nn.Module):
    def __init__(self, path):
        super().__init__()
        self.attention_norm, self.feed_forward_norm = norm(path + ".attentionNorm"), norm(path + ".feedForwardNorm")
        parts = [linear(f"{path}.attention.{part}", dim, dim) for part in ("query", "key", "value")]
        self.fused = nn.Linear(dim, 3 * dim)
        self.fused.weight.data, self.fused.bias.data = (torch.cat([getattr(p, kind).data for p in parts]) for kind in ("weight", "bias"))
        self.output = linear(path + ".attention.output", dim, dim)
        self.up, self.down = linear(path + ".feedForward.up", dim, 4 * dim), linear(path + ".feedForward.down", 4 * dim, dim)

    def forward(self, x):
        query, key, value = (t.view(batch, time, heads, dim // heads).transpose(1, 2) for t in self.fused(self.attention_norm(x)).split(dim, 2))
        context = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.output(context.transpose(1, 2).reshape(batch, time, dim))
        return x + self.down(F.gelu(self.up(self.feed_forward_norm(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, dim), nn.Embedding(time, dim)
        self.tokens.weight.data = weights("body.inputs.tokens.weight", (vocab, dim))
        self.positions.weight.data = weights("body.inputs.positions.weight", (time, dim))
        self.blocks = nn.ModuleList(Block(f"body.stack.blocks.{i}") for i in range(blocks))
        self.norm = norm("body.stack.norm")

    def forward(self, inputs, targets):
        x = self.tokens(inputs) + self.positions.weight
        for block in self.blocks:
            x = block(x)
        return F.cross_entropy(F.linear(self.norm(x), self.tokens.weight).flatten(0, 1), targets.flatten())


def prepare():
    model = GPT()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    rows = ids(batch * (time + 1), vocab).view(batch, time + 1)
    inputs, targets = rows[:, :-1].contiguous(), rows[:, 1:].contiguous()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = model(inputs, targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return [step() for _ in range(3)], lambda: {"step": milliseconds(step)}


serve(prepare)
