import { paths, type Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";
import type { Param } from "./module.ts";

/** What `replace` looks in first. */
export interface PartialSource {
  /** The tensor at a path, or undefined where there is none. @throws when it has another shape. */
  read(path: string, wanted: Param): Tensor | undefined;
  /** Called once everything was read. */
  done?(): void;
}

/**
 * The tensors of a tree as a source for `replace`, its paths under a prefix: `taken(pretrained, { under: "body" })`. They are those of the tree,
 * not copies: both models share them, until training gives one of them its own.
 *
 * @throws NnError when a tensor has another shape than the parameter at its path, and when none of the tree's paths was asked for.
 */
export function taken(params: unknown, { under = "" }: { readonly under?: string } = {}): PartialSource {
  const table = new Map(paths(params).map(([path, tensor]) => [under === "" ? path : `${under}.${path}`, tensor]));
  const asked: string[] = [];
  let used = 0;
  return {
    read(path, { shape }) {
      asked.push(path);
      const found = table.get(path);
      if (!found) return undefined;
      used++;
      if (String(found.shape) !== String(shape))
        throw new NnError(`taken: expected [${shape.join(", ")}] for "${path}", the tree has [${found.shape.join(", ")}]`);
      return found;
    },
    done() {
      if (used > 0 || table.size === 0 || asked.length === 0) return;
      const [has] = table.keys();
      throw new NnError(`taken: the model asked for none of the ${table.size} tensors, the first is "${has}"; it asked for "${asked[0]}": set { under }`);
    },
  };
}
