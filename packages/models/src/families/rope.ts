import { dynamicScaling, linearScaling, llama3Scaling, type RotaryScaling, rotary, yarn } from "@ashlar/attention";
import { ModelsError } from "../errors.ts";
import { nearest } from "./nearest.ts";

/** How rotary positions turn, as Hugging Face's configs say it. */
export interface RopeParameters {
  /** The base of the wavelengths; 10,000 unless said. */
  readonly rope_theta?: number;
  /** The rule that stretches them: `"default"` for none, `"linear"`, `"dynamic"`, `"llama3"` or `"yarn"`. */
  readonly rope_type?: string;
  /** The same in the oldest spelling. */
  readonly type?: string;
  /** How many times longer texts may be. */
  readonly factor?: number;
  /** The length that a stretched model was trained on first; `max_position_embeddings` unless said. */
  readonly original_max_position_embeddings?: number;
  /** Llama 3: pairs with fewer turns than this are interpolated. */
  readonly low_freq_factor?: number;
  /** Llama 3: pairs with more turns than this stay as they are. */
  readonly high_freq_factor?: number;
  /** YaRN: pairs that turn more often than this stay as they are. */
  readonly beta_fast?: number;
  /** YaRN: pairs that turn less often than this are interpolated. */
  readonly beta_slow?: number;
  /** YaRN: multiplies cos and sin. */
  readonly attention_factor?: number;
}

/** Both spellings of rotary positions, newer and older. */
export interface RopeConfig {
  /** Rotary positions, in the newer spelling. */
  readonly rope_parameters?: RopeParameters | null;
  /** The base of the wavelengths, in the older spelling; 10,000 unless said. */
  readonly rope_theta?: number;
  /** What stretches them, in the older spelling. */
  readonly rope_scaling?: RopeParameters | null;
  /** The most positions; what a stretch is measured by unless it says so itself. */
  readonly max_position_embeddings?: number;
}

type Stretch = RopeParameters & { readonly factor: number; readonly original: number };

const given = <Options extends object>(options: Options) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null)) as {
    [Name in keyof Options]?: NonNullable<Options[Name]>;
  };

const scalings: Readonly<Record<string, (stretch: Stretch) => RotaryScaling>> = {
  linear: linearScaling,
  dynamic: dynamicScaling,
  llama3: ({ factor, original, low_freq_factor: low, high_freq_factor: high }) => llama3Scaling({ factor, original, ...given({ low, high }) }),
  yarn: ({ factor, original, beta_fast: betaFast, beta_slow: betaSlow, attention_factor: magnitude }) =>
    yarn({ factor, original, ...given({ betaFast, betaSlow, magnitude }) }),
};

/** The rotary positions of a config. @throws ModelsError when their rule is unknown or lacks its factor. */
export function rotaryOf(family: string, config: RopeConfig) {
  const rope: RopeParameters = { ...config.rope_scaling, ...config.rope_parameters };
  const theta = rope.rope_theta ?? config.rope_theta ?? 10_000;
  const type = rope.rope_type ?? rope.type ?? "default";
  if (type === "default") return rotary({ theta });
  const scaling = Object.hasOwn(scalings, type) ? scalings[type] : undefined;
  const known = ["default", ...Object.keys(scalings)];
  if (!scaling)
    throw new ModelsError(`${family}: unknown rope_type ${JSON.stringify(type)}, nearest ${JSON.stringify(nearest(type, known))}; known: ${known.join(", ")}`);
  const { factor, original_max_position_embeddings: original = config.max_position_embeddings } = rope;
  if (!(factor && original))
    throw new ModelsError(`${family}: expected a factor and the original length for rope_type ${JSON.stringify(type)}, got ${JSON.stringify(rope)}`);
  return rotary({ theta, scaling: scaling({ ...rope, factor, original }) });
}
