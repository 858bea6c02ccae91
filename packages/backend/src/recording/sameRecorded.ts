import type { KernelCall } from "../contract/device.ts";
import type { HostArray } from "../contract/dtype.ts";
import type { Buffer } from "../contract/operand.ts";
import type { Recorded, RecordedUpload } from "../contract/recording.ts";

/**
 * Whether what was recorded later is what was recorded first, `moved` positions further on: the same kernels with the same settings on operands of
 * the same form, scalars that grew by their `advance`, uploads that are what they were said to become. Each has memory of its own, and uses it
 * alike. If so, replaying the first gives what the second gave.
 */
export function sameRecorded(first: readonly Recorded[], later: readonly Recorded[], moved: number): boolean {
  if (first.length !== later.length) return false;
  const partners = new Partners();
  return first.every((one, index) => {
    const other = later[index] as Recorded;
    if (one.kind === "upload")
      return other.kind === "upload" && partners.meet(one.buffer, other.buffer) && sameData(moved === 0 ? one.data : dataOf(one, moved), other.data);
    return (
      other.kind === "call" &&
      sameCall(one.call, other.call, moved, partners) &&
      one.outputs.length === other.outputs.length &&
      one.outputs.every((buffer, place) => partners.meet(buffer, other.outputs[place] as Buffer))
    );
  });
}

/** Which buffer of one recording stands for which of the other. */
class Partners {
  readonly #of = new Map<Buffer, Buffer>();
  readonly #taken = new Map<Buffer, Buffer>();

  meet(one: Buffer, other: Buffer): boolean {
    const [partner, suitor] = [this.#of.get(one), this.#taken.get(other)];
    if (partner === undefined && suitor === undefined) {
      this.#of.set(one, other);
      this.#taken.set(other, one);
      return true;
    }
    return partner === other && suitor === one;
  }
}

function sameCall(one: KernelCall, other: KernelCall, moved: number, partners: Partners): boolean {
  const { advance = [] } = one;
  return (
    one.kernel === other.kernel &&
    alike(one.settings, other.settings) &&
    alike(advance, other.advance ?? []) &&
    alike(one.donated ?? [], other.donated ?? []) &&
    alike(one.outputs.map(form), other.outputs.map(form)) &&
    one.scalars.length === other.scalars.length &&
    one.scalars.every((scalar, index) => Object.is(scalar + moved * (advance[index] ?? 0), other.scalars[index])) &&
    one.operands.length === other.operands.length &&
    one.operands.every((operand, index) => {
      const partner = other.operands[index] as typeof operand;
      return (
        operand.offset === partner.offset &&
        alike(form(operand), form(partner)) &&
        alike(operand.strides, partner.strides) &&
        partners.meet(operand.buffer, partner.buffer)
      );
    })
  );
}

const form = ({ shape, dtype }: KernelCall["outputs"][number]) => ({ shape, dtype });

/** Whether two plain values are the same all the way down. */
function alike(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return keys.length === others.length && keys.every((key) => key in other && alike(one[key as keyof typeof one], other[key as keyof typeof other]));
}

function dataOf({ data, replayed }: RecordedUpload, moved: number): HostArray | undefined {
  return replayed === "same" ? data : replayed?.(moved);
}

function sameData(one: HostArray | undefined, other: HostArray): boolean {
  if (one === undefined || one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (!Object.is(one[index], other[index])) return false;
  return true;
}
