// Tiny checkpoints with what Hugging Face computes from them: see goldens/models/README.md.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { decode, open, saved } from "@ashlar/checkpoint";
import { type AnyModule, init } from "@ashlar/nn";
import { tensor } from "@ashlar/tensor";
import { goldens, type Tolerance, toClose } from "@ashlar/testing";
import { type AnyAssembly, assemblyOf } from "../families/assembly-of.ts";

/** Token ids, masks and the like: one row a line. */
export type Table = readonly (readonly number[])[];

/** One batch of a case. */
export interface Batch {
  readonly input_ids: Table;
  readonly attention_mask: Table;
  readonly position_ids?: Table;
  readonly token_type_ids?: Table;
  readonly labels?: Table | readonly number[];
  readonly start_positions?: readonly number[];
  readonly end_positions?: readonly number[];
  readonly decoder_input_ids?: Table;
}

/** A folder with a checkpoint, inputs and outputs. */
export interface GoldenModel {
  readonly name: string;
  readonly folder: string;
  /** A JSON file of the case. */
  json<Content>(file: string): Content;
  /** The names of all outputs that begin so. */
  outputs(beginning: string): string[];
  /** The shape and the numbers of an output. */
  output(name: string): { readonly shape: readonly number[]; readonly data: Float32Array };
  /** Compares with an output in the tolerance that the case states for its kind (20 × what float32 and float64 differ by there). */
  compare(got: ArrayLike<number>, name: string, keep?: (data: Float32Array) => ArrayLike<number>): void;
}

/** A case; one that isn't there is skipped with a printed line. */
export async function goldenModel(name: string): Promise<GoldenModel | undefined> {
  const folder = join(goldens(), "models", name);
  if (!existsSync(folder)) {
    process.stderr.write(`golden model ${name}: skipped, there is no models/${name} in ${goldens()}\n`);
    return undefined;
  }
  const json = <Content>(file: string): Content => JSON.parse(readFileSync(join(folder, file), "utf8")) as Content;
  const { tolerance } = json<{ tolerance: Record<string, { abs: number; rel: number }> }>("meta.json");
  const outputs = await tensorsOf(join(folder, "outputs.safetensors"));
  const output = (key: string): ReturnType<GoldenModel["output"]> => {
    const found = outputs.get(key);
    if (!found) throw new Error(`${name} has no output ${key}`);
    return found;
  };
  const within = (key: string): Tolerance => {
    const stated = tolerance[key.split(".")[0] as string];
    if (!stated) throw new Error(`${name} states no tolerance for ${key}`);
    return { atol: stated.abs, rtol: stated.rel };
  };
  return {
    name,
    folder,
    json,
    outputs: (beginning) => [...outputs.keys()].filter((key) => key.startsWith(beginning)),
    output,
    compare: (got, key, keep = (data) => data) => toClose(got, keep(output(key).data), within(key), `${name} ${key}`),
  };
}

/** The tensors of a file by name; none where it isn't there, as in training cases. */
export async function tensorsOf(path: string): Promise<Map<string, ReturnType<GoldenModel["output"]>>> {
  const found = new Map<string, ReturnType<GoldenModel["output"]>>();
  if (!existsSync(path)) return found;
  await using file = await open(path);
  for (const [key, { shape }] of file.tensors) found.set(key, { shape, data: decode(await file.read(key)) as Float32Array });
  return found;
}

/** The cases that are there. */
export async function goldenModels(...names: string[]): Promise<GoldenModel[]> {
  const found = await Promise.all(names.map(goldenModel));
  return found.filter((model) => model !== undefined);
}

/** The devices that every model is compared on. */
export const devices: readonly (readonly [name: string, make: () => Promise<Device>])[] = [
  ["reference", async () => reference()],
  ["wasm", () => wasm()],
];

/** The model that a case's config asks for, with the case's weights. */
export async function load<Kind extends AnyAssembly["kind"]>({ name, folder, json }: GoldenModel, kind: Kind, device: Device, config = "config.json") {
  const assembly = assemblyOf(json(config));
  if (!isKind(assembly, kind)) throw new Error(`${name} is of kind ${assembly.kind}, not ${kind}`);
  const model: AnyModule<never, unknown> = assembly.model;
  return { ...assembly, params: init(model, await saved(folder, { device, table: assembly.names })) };
}

const isKind = <Kind extends AnyAssembly["kind"]>(assembly: AnyAssembly, kind: Kind): assembly is Extract<AnyAssembly, { kind: Kind }> =>
  assembly.kind === kind;

/** int32 [rows, columns]. */
export const ids = (table: Table, device: Device) => tensor(table as number[][], { device, dtype: "int32" }).ranked(2);

/** Labels of a language model as targets: each position predicts the next. */
export const shifted = (labels: Table): number[][] => labels.map((row) => [...row.slice(1), -100]);

/** Keeps the numbers of the places [rows, time] where a mask is 1. */
export const seen =
  (mask: Table) =>
  (data: ArrayLike<number>): number[] => {
    const places = mask.flat();
    const width = data.length / places.length;
    return places.flatMap((real, place) => (real ? Array.from({ length: width }, (_, column) => data[place * width + column] as number) : []));
  };

/** How many places of each row are real. */
export const lengthsOf = (mask: Table): number[] => mask.map((row) => row.reduce((sum, real) => sum + real, 0));
