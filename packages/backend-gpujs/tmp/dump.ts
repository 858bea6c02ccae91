import { Sketch } from "../src/device/plan.ts";
import { planners } from "../src/kernels/planners.ts";
const b = { bytes: 64*4 };
const call: any = { kernel: "reduce", settings: { kind: "argmax", axes: [0] }, operands: [{ buffer: b, shape: [33], strides: [1], offset: 0, dtype: "float32" }], scalars: [], outputs: [{ shape: [], dtype: "int32" }] };
const s = new Sketch(call, false, 1 << 24); s.plan((planners.reduce as any)(call, s));
console.log(s.steps[0]!.source);
