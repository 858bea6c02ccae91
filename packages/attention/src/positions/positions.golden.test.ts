// Rotary tables, rotations and scalings, sinusoids, ALiBi and T5's buckets, of Hugging Face and the papers. The tolerances are the cases'
// own: 1e-5 for float32 tables, 1e-4 where angles are large, none for buckets.
import type { Device } from "@ashlar/backend";
import { bind } from "@ashlar/nn";
import { fromData, permute, reshape, type Tensor, take } from "@ashlar/tensor";
import { type GoldenArray, type GoldenCase, golden, numbers, toClose } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  alibi,
  alibiSlopes,
  type DistanceBias,
  dynamicScaling,
  linearScaling,
  llama3Scaling,
  longRope,
  type Positioning,
  type RotaryScaling,
  rotary,
  rotaryFrequencies,
  rotaryTables,
  Shared,
  sinusoidalPositions,
  sinusoids,
  t5Bias,
  t5Bucket,
  yarn,
  yarnMagnitude,
} from "../index.ts";
import { devices } from "../testing/devices.ts";
import { expectCase } from "../testing/golden.ts";

const cases = golden("positions")?.cases ?? [];
const of = (op: string): GoldenCase[] => cases.filter((golden) => golden.op === op);
const output = (golden: GoldenCase, name: string): GoldenArray => golden.outputs[name] as GoldenArray;

test("every case is compared", () => {
  const known = ["rope_tables", "rope", "rope_relative", "rope_scaling", "sinusoid", "alibi", "t5_bucket", "t5_bias"];
  expect([...new Set(cases.map(({ op }) => op))].filter((op) => !known.includes(op))).toEqual([]);
});

const upTo = (length: number, offset = 0): number[] => Array.from({ length }, (_, index) => offset + index);

test.each(of("rope_tables"))("$id", (golden) => {
  const { rotary_dim: dims, theta, offset, length } = golden.params as { rotary_dim: number; theta: number; offset: number; length: number };
  const frequencies = rotaryFrequencies(dims, theta);
  const { cos, sin } = rotaryTables(upTo(length, offset), frequencies);
  toClose(frequencies, output(golden, "inv_freq"), golden.tolerance, "frequencies");
  toClose(cos, output(golden, "cos"), golden.tolerance, "cos");
  toClose(sin, output(golden, "sin"), golden.tolerance, "sin");
});

interface ScalingParams {
  readonly type: string;
  readonly dim: number;
  readonly theta: number;
  readonly max_position_embeddings: number;
  readonly seq_len: number | null;
  readonly factor: number;
  readonly original_max_position_embeddings: number;
  readonly beta_fast?: number;
  readonly beta_slow?: number;
  readonly truncate?: boolean;
  readonly mscale?: number;
  readonly mscale_all_dim?: number;
  readonly attention_factor?: number;
  readonly low_freq_factor: number;
  readonly high_freq_factor: number;
  readonly short_factor: readonly number[];
  readonly long_factor: readonly number[];
  readonly partial_rotary_factor?: number;
}

const scalings: Readonly<Record<string, (params: ScalingParams) => RotaryScaling>> = {
  linear: ({ factor }) => linearScaling({ factor }),
  dynamic: ({ factor, max_position_embeddings }) => dynamicScaling({ factor, original: max_position_embeddings }),
  yarn: ({ factor, original_max_position_embeddings: original, mscale, mscale_all_dim: all, ...p }) => {
    const magnitude = p.attention_factor ?? (mscale && all ? yarnMagnitude(factor, mscale) / yarnMagnitude(factor, all) : undefined);
    return yarn({
      factor,
      original,
      ...(p.beta_fast === undefined ? {} : { betaFast: p.beta_fast }),
      ...(p.beta_slow === undefined ? {} : { betaSlow: p.beta_slow }),
      ...(p.truncate === undefined ? {} : { truncate: p.truncate }),
      ...(magnitude === undefined ? {} : { magnitude }),
    });
  },
  llama3: ({ factor, original_max_position_embeddings: original, low_freq_factor: low, high_freq_factor: high }) =>
    llama3Scaling({ factor, original, low, high }),
  longrope: ({ factor, original_max_position_embeddings: original, short_factor: short, long_factor: long, attention_factor }) =>
    longRope({ factor, original, short, long, ...(attention_factor === undefined ? {} : { magnitude: attention_factor }) }),
};

test.each(of("rope_scaling"))("$id", (golden) => {
  const params = golden.params as unknown as ScalingParams;
  const { type, dim, theta, seq_len, partial_rotary_factor: part = 1 } = params;
  const { frequencies, magnitude = 1 } = (scalings[type] as (typeof scalings)[string])(params)({ dims: dim * part, theta, length: seq_len ?? 1 });
  toClose(frequencies, output(golden, "inv_freq"), golden.tolerance, "frequencies");
  toClose([magnitude], [golden.outputs.attention_factor as unknown as number], golden.tolerance, "magnitude");
  if (!golden.inputs.positions) return;
  const { cos, sin } = rotaryTables(numbers(golden.inputs.positions), frequencies, magnitude);
  toClose(cos, output(golden, "cos"), golden.tolerance, "cos");
  toClose(sin, output(golden, "sin"), golden.tolerance, "sin");
});

test("a YaRN ramp that begins beyond the last pair leaves every pair as it is", () => {
  // wavelengths from 6 to 200 positions turn at least 500 times in 100,000: by the ramp's bounds of 5 and 7, no pair of 4 is slow
  const { frequencies } = yarn({ factor: 4, original: 100_000 })({ dims: 8, theta: 100, length: 1 });
  toClose(frequencies, rotaryFrequencies(8, 100), { rtol: 0, atol: 0 }, "frequencies");
});

test.each(of("t5_bucket"))("$id", (golden) => {
  const {
    bidirectional,
    num_buckets: buckets,
    max_distance: maxDistance,
  } = golden.params as {
    bidirectional: boolean;
    num_buckets: number;
    max_distance: number;
  };
  const found = numbers(golden.inputs.distance as GoldenArray).map((distance) => t5Bucket(distance, { bidirectional, buckets, maxDistance }));
  expect(found).toEqual(numbers(output(golden, "bucket")));
});

describe.each(Object.entries(devices))("%s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(async () => {
    await device[Symbol.asyncDispose]();
  });

  const scene = (queries: readonly [number, number], keys: readonly [number, number]) => ({ queries, keys, device, shared: new Shared(device) });

  test.each(of("rope"))("$id", async (golden) => {
    const {
      rotary_dim: dims,
      theta,
      offset = 0,
      style,
      position_ids: ids,
    } = golden.params as {
      rotary_dim: number;
      theta: number;
      offset?: number;
      style: string;
      position_ids?: readonly (readonly number[])[];
    };
    const position = bind(rotary({ dims, theta, interleaved: style === "interleaved" }), {});
    const time = (golden.inputs.q as GoldenArray).shape[2] as number;
    const range = [offset, offset + time] as const;
    const place = { range, ...(ids ? { positions: Int32Array.from(ids.flat()) } : {}) };
    const turn = (x: Tensor): Tensor => permute((position(scene(range, range)) as Required<Positioning>).rotate(permute(x, [0, 2, 1, 3]), place), [0, 2, 1, 3]);
    await expectCase(golden, device, ({ q, k }) => (k ? { q_rot: turn(q as Tensor), k_rot: turn(k) } : { out: turn(q as Tensor) }));
  });

  test.each(of("rope_relative"))("$id", async ({ inputs: { q, k }, params, outputs, tolerance }) => {
    const { theta } = params as { theta: number };
    const dots = outputs.dots as unknown as readonly { m: number; n: number; dot: number }[];
    const position = bind(rotary({ theta }), {});
    const at = async (array: GoldenArray | undefined, place: number): Promise<readonly number[]> => {
      const { rotate } = position(scene([place, place + 1], [place, place + 1])) as Required<Positioning>;
      const heads = fromData(Float32Array.from(numbers(array as GoldenArray)), (array as GoldenArray).shape, { device });
      return Array.from(await rotate(heads, { range: [place, place + 1] }).data());
    };
    for (const { m, n, dot } of dots) {
      const [query, key] = [await at(q, m), await at(k, n)];
      toClose([query.reduce((sum, value, index) => sum + value * (key[index] as number), 0)], [dot], tolerance, `${m} · ${n}`);
    }
  });

  test.each(of("sinusoid"))("$id", async (golden) => {
    const {
      layout,
      denominator = "half",
      length,
      dim,
      offset = 0,
    } = golden.params as {
      layout: "interleaved" | "halves";
      denominator?: string;
      length: number;
      dim: number;
      offset?: number;
    };
    const options = { layout, endpoint: denominator === "half - 1" };
    toClose(sinusoids(upTo(length, offset), dim, options), output(golden, "table"), golden.tolerance, "table");
    const embedded = bind(sinusoidalPositions(dim, { ...options, offset }), {});
    toClose(await embedded({ range: [0, length], device }).data(), output(golden, "table"), golden.tolerance, "embedding");
    // the same from explicit positions, one row for each of a batch
    const positions = Int32Array.from([...upTo(length), ...upTo(length)]);
    const rows = embedded({ range: [0, length], positions, device });
    expect(rows.shape).toEqual([2, length, dim]);
    toClose((await rows.data()).slice(length * dim), output(golden, "table"), golden.tolerance, "second row");
  });

  test.each(of("alibi"))("$id", async (golden) => {
    const { heads, length } = golden.params as { heads: number; length: number };
    const { bias, bias_symmetric: symmetric } = golden.outputs;
    toClose(alibiSlopes(heads), output(golden, "slopes"), golden.tolerance, "slopes");
    if (!bias || !symmetric) return;
    const at = await spread(bind(alibi({ heads }), {})(scene([0, length], [0, length])), [0, length], [0, length]);
    toClose(at, symmetric, golden.tolerance, "bias");
    // among the keys before a query that is the bias of the paper
    const before = (values: readonly number[]) => values.filter((_, index) => index % length <= Math.floor(index / length) % length);
    toClose(before(at), before(numbers(bias)), golden.tolerance, "bias before");
  });

  test.each(of("t5_bias"))("$id", async (golden) => {
    const {
      bidirectional,
      num_buckets: buckets,
      max_distance: maxDistance,
      q_len,
      k_len,
      q_offset,
    } = golden.params as {
      bidirectional: boolean;
      num_buckets: number;
      max_distance: number;
      q_len: number;
      k_len: number;
      q_offset: number;
    };
    const heads = (golden.inputs.weight as GoldenArray).shape[1] as number;
    const [queries, keys] = [[q_offset, q_offset + q_len] as const, [0, k_len] as const];
    await expectCase(golden, device, ({ weight }) => {
      const scheme = bind(t5Bias({ heads, buckets, maxDistance, bidirectional }), { weight: (weight as Tensor).ranked(2) });
      const { table, firstDistance } = scheme(scene(queries, keys)).bias as DistanceBias;
      // the table's columns, spread over the pairs as attention reads them
      const columns = fromPairs(queries, keys, (distance) => distance - firstDistance);
      return { out: spreadBy(table, columns, [heads, q_len, k_len]) };
    });
  });
});

function fromPairs(queries: readonly [number, number], keys: readonly [number, number], column: (distance: number) => number): Int32Array {
  const width = keys[1] - keys[0];
  return Int32Array.from({ length: (queries[1] - queries[0]) * width }, (_, pair) => column(keys[0] + (pair % width) - queries[0] - Math.floor(pair / width)));
}

/** A table [heads, distances] at the columns of all pairs: [heads, queries, keys]. */
function spreadBy(table: Tensor, columns: Int32Array, shape: readonly number[]): Tensor {
  return reshape(take(table, fromData(columns, [columns.length], { device: table.device }), 1), shape);
}

/** What a scheme adds to the scores, [heads, queries, keys], on the host. */
async function spread({ bias }: Positioning, queries: readonly [number, number], keys: readonly [number, number]): Promise<number[]> {
  const { table, firstDistance } = bias as DistanceBias;
  const columns = fromPairs(queries, keys, (distance) => distance - firstDistance);
  return Array.from(await spreadBy(table, columns, [table.shape[0] as number, queries[1] - queries[0], keys[1] - keys[0]]).data());
}
