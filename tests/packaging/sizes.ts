/**
 * What a package may weigh in a browser's bundle: kilobytes of its own code, minified and gzipped,
 * without the packages it depends on. A change that needs more raises the number and says why.
 */
export const sizes: Readonly<Record<string, number>> = {
  "@ashlar/mask": 12,
  "@ashlar/backend": 16, // 12 with the profiler, 13.4 with the device without numbers, 14 with quantized products, 15.5 with recordings
  "@ashlar/backend-wasm": 56, // both builds of the kernels, deflated together, and the emitter of modules; 49 without quantized products, 51 without attention of eight queries at a time, 54 without recordings and products by panels
  "@ashlar/backend-gpujs": 25, // it carries the writers of all its shaders; 24 without shaders that draw into several textures
  "@ashlar/tensor": 20,
  "@ashlar/nn": 6,
  "@ashlar/attention": 13,
  "@ashlar/blocks": 5,
  "@ashlar/models": 14, // 12.9 without replayed steps
  "@ashlar/checkpoint": 12, // 10.4 without reading straight to the device
  "@ashlar/train": 10,
  "@ashlar/generate": 18, // 15 without schemas that nest, bounds, oneOf, and contrastive search
  "@ashlar/data": 8,
  "@ashlar/text": 8,
};
