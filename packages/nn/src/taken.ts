import { paths, type Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";
import type { Param } from "./module.ts";

/** What `replace` looks in first. */
export interface PartialSource {
  /** The tensor at a path, or undefined where there is none. @throws NnError when it has another shape. */
  read(path: string, wanted: Param): Tensor | undefined;
}

/** The tensors of a tree as a source, its paths under a prefix: `taken(pretrained.body, { under: "body" })`. */
export function taken(params: unknown, { under = "" }: { readonly under?: string } = {}): PartialSource {
  const table = new Map(paths(params).map(([path, tensor]) => [under === "" ? path : `${under}.${path}`, tensor]));
  return {
    read(path, { shape }) {
      const found = table.get(path);
      if (found && String(found.shape) !== String(shape))
        throw new NnError(`taken: expected [${shape.join(", ")}] for "${path}", the tree has [${found.shape.join(", ")}]`);
      return found;
    },
  };
}
