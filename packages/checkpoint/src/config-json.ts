// Python reads JSON's 1 as an int, and the configuration classes of transformers refuse one where they declare a float.
const floats: readonly string[] = [
  "attention_factor",
  "factor",
  "high_freq_factor",
  "initializer_factor",
  "initializer_range",
  "layer_norm_eps",
  "layer_norm_epsilon",
  "low_freq_factor",
  "partial_rotary_factor",
  "rms_norm_eps",
  "rope_theta",
];

/** A line with one of these fields and a whole number. No string of JSON holds a line break, so nothing else looks like it. */
const wholeFloat = new RegExp(`^( *"(?:${floats.join("|")})": -?\\d+)(,?)$`, "gm");

/** What `config.json` says, as Hugging Face writes it: two spaces an indentation, and a float that is whole as 1.0. */
export function configJson(config: object): string {
  return `${JSON.stringify(config, null, 2).replace(wholeFloat, "$1.0$2")}\n`;
}
