import { expect, test } from "vitest";
import { textureSize } from "./webgl2.ts";

test("a texture has room for its texels, near a square, with its sides given by their count alone", () => {
  for (const texels of [1, 2, 3, 5, 16, 17, 101, 1023, 4096, 65537, 12_344_321]) {
    const [width, height] = textureSize(texels);
    expect(width * height).toBeGreaterThanOrEqual(texels);
    expect(width * height - texels).toBeLessThan(2 * width);
    expect(Math.max(width, height)).toBeLessThan(2 * Math.sqrt(texels) + 1);
  }
});
