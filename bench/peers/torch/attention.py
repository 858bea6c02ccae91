"""Attention by mask by PyTorch: scaled_dot_product_attention with what it knows of the mask, or FlexAttention for windows and documents, which skips blocks."""
from common import milliseconds, serve, torch, uniform, variant
import torch.nn.functional as F

time, heads, head_dim, window, documents = 2048, 8, 64, 256, 8
predicates = {
    "full": lambda b, h, q, k: q >= 0,
    "causal": lambda b, h, q, k: q >= k,
    "window": lambda b, h, q, k: (q >= k) & (q - k < window),
    "documents": lambda b, h, q, k: (q // (time // documents) == k // (time // documents)) & (q >= k),
}


def ways(query, key, value):
    places = torch.arange(time)
    dense = {name: predicate(0, 0, places[:, None], places[None, :]) for name, predicate in predicates.items()}
    attend = F.scaled_dot_product_attention
    out = {
        "full": lambda: attend(query, key, value),
        "causal": lambda: attend(query, key, value, is_causal=True),
        "window": lambda: attend(query, key, value, attn_mask=dense["window"]),
        "documents": lambda: attend(query, key, value, attn_mask=dense["documents"]),
    }
    flexed = {}
    if variant == "flex":
        from torch.nn.attention.flex_attention import create_block_mask, flex_attention

        for name in ("window", "documents"):
            mask = create_block_mask(predicates[name], None, None, time, time, device="cpu")
            torch._dynamo.reset()
            compiled = torch.compile(flex_attention)
            out[name] = flexed[name] = lambda compiled=compiled, mask=mask: compiled(query, key, value, block_mask=mask)
    return out, flexed or out


def prepare():
    parts = (torch.from_numpy(uniform(time * heads * head_dim, seed)).view(1, time, heads, head_dim).transpose(1, 2).contiguous() for seed in (1, 2, 3))
    with torch.inference_mode():
        attends, timed = ways(*parts)
        numbers = []
        for attend in attends.values():
            flat = attend().transpose(1, 2).flatten()
            numbers += [flat[i * 104729 % len(flat)] for i in range(16)]

    def run():
        with torch.inference_mode():
            return {name: milliseconds(attend) for name, attend in timed.items()}

    return numbers, run


serve(prepare)
