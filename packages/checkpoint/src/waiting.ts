import type { Device } from "@ashlar/backend";
import { adopt, type PlacedTensor, place, type Tensor } from "@ashlar/tensor";
import { CheckpointError } from "./errors.ts";
import type { Checkpoint } from "./files/open.ts";
import type { StoredTensor } from "./safetensors/stored.ts";
import type { StoredType } from "./safetensors/stored-type.ts";
import { toTensor } from "./safetensors/to-tensor.ts";

/** A tensor of a checkpoint that was read and waits to be asked for. */
export interface Waiting {
  /** Its shape in the checkpoint. */
  readonly shape: readonly number[];
  /** The tensor. `name` is for messages. */
  tensor(name: string): Tensor;
  /** Gives the whole of it, seen through a view, to the scope that asks; false where somebody else has it already. */
  handOut(view: Tensor): boolean;
  /** Says that a parameter was copied out of it, and of all the paths that have a part. */
  copied(path: string, paths: readonly string[]): void;
  /** Lets its memory go, unless it was handed out. */
  drop(): void;
}

/** Bytes of the host, put on the device anew whenever they are asked for. */
export function onHost(stored: StoredTensor, device: Device): Waiting {
  return { shape: stored.shape, tensor: (name) => toTensor(stored, { device, name }), handOut: () => true, copied() {}, drop() {} };
}

const placed: Partial<Record<StoredType, "float32" | "int32">> = { F32: "float32", I32: "int32" };

/** Reads a tensor to where it waits: on the device, if that has a place for its bytes as they are, else on the host. */
export async function readTo(where: "device" | "host", checkpoint: Checkpoint, name: string, device: Device): Promise<Waiting> {
  const { dtype, shape } = checkpoint.tensors.get(name) as { readonly dtype: StoredType; readonly shape: readonly number[] };
  const type = placed[dtype];
  const found = where === "device" && type ? place(shape, { device, dtype: type }) : undefined;
  if (!found) return onHost(await checkpoint.read(name), device);
  try {
    await checkpoint.readInto(name, found.bytes);
  } catch (error) {
    found.tensor.storage.free("a read that failed");
    throw error;
  }
  return onDevice(found);
}

/** A tensor on the device: handed out to who asks first, copied for who asks again. */
function onDevice({ tensor }: PlacedTensor): Waiting {
  const parts = new Set<string>();
  let handedOut = false;
  return {
    shape: tensor.shape,
    tensor(name) {
      if (tensor.storage.live) return tensor;
      throw new CheckpointError(`${name} was handed out before, and its memory is gone; read it again, or say { waiting: "host" }`);
    },
    handOut(view) {
      if (handedOut) return false;
      handedOut = true;
      adopt(view);
      return true;
    },
    copied(path, paths) {
      parts.add(path);
      if (!handedOut && paths.every((each) => parts.has(each))) tensor.storage.free("its last part");
    },
    drop() {
      if (!handedOut) tensor.storage.free("its checkpoint, which was read");
    },
  };
}
