import { attendFew, headsTogether, workspaceOfFew } from "./few";
import { attendMany, forgetPieces, workspaceOfMany } from "./many";
import { AttentionCall } from "./call";

// attention, for every batch row and key head, for every head that reads it: up to FEW queries (decoding) read keys and values where they are
// (few.ts), more of them pack both (many.ts).

const FEW: u32 = 8;

/** The bytes of workspace that `attention` needs. */
export function attentionWorkspace(pointer: usize): usize {
  const call = changetype<AttentionCall>(pointer);
  return call.queries <= FEW ? workspaceOfFew(call) : workspaceOfMany(call);
}

/** Runs the units [from, to) of batch rows × key heads. */
export function attention(pointer: usize, workspace: usize, from: usize, to: usize): void {
  const call = changetype<AttentionCall>(pointer);
  if (call.queries <= FEW) {
    const together = headsTogether(call);
    for (let unit = from; unit < to; ) {
      const row = unit / call.kvHeads;
      const kvHead = unit - row * call.kvHeads;
      const heads = min(together, min(to - unit, call.kvHeads - kvHead));
      attendFew(call, row, kvHead, kvHead + heads, workspace);
      unit += heads;
    }
    return;
  }
  const group: usize = call.heads / call.kvHeads;
  for (let unit = from; unit < to; unit++) {
    const row = unit / call.kvHeads;
    const kvHead = unit - row * call.kvHeads;
    forgetPieces(call, workspace);
    for (let head = kvHead * group; head < (kvHead + 1) * group; head++) attendMany(call, row, kvHead, head, workspace);
  }
}
