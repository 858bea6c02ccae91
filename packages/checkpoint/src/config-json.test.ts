import { expect, test } from "vitest";
import { configJson } from "./config-json.ts";

test("fields that Hugging Face declares as floats are written as floats, all others as they are", () => {
  const config = {
    initializer_factor: 1,
    n_layer: 1,
    rms_norm_eps: 1e-6,
    rope_parameters: { factor: 8, original_max_position_embeddings: 8, rope_theta: 10000 },
    note: '\n  "factor": 3',
    layer_norm_eps: 0,
  };
  expect(configJson(config)).toBe(`{
  "initializer_factor": 1.0,
  "n_layer": 1,
  "rms_norm_eps": 0.000001,
  "rope_parameters": {
    "factor": 8.0,
    "original_max_position_embeddings": 8,
    "rope_theta": 10000.0
  },
  "note": "\\n  \\"factor\\": 3",
  "layer_norm_eps": 0.0
}
`);
  expect(JSON.parse(configJson(config))).toEqual(config);
});
