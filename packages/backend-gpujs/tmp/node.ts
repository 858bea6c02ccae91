import { cases } from "@ashlar/backend/conformance";
import { makeDevice } from "/work/gpujs/packages/backend-gpujs/src/device/device.ts";
import { plainEngine } from "/work/gpujs/packages/backend-gpujs/src/testing/plainEngine.ts";
const only = process.argv[2] ? new RegExp(process.argv[2]) : /./;
for (const vec4 of [false, true]) {
  const { device, counts } = makeDevice(plainEngine({ vec4 }));
  let ok = 0, bad = 0; const t0 = performance.now();
  for (const c of cases) {
    if (!only.test(c.name) || !c.applies(device)) continue;
    const t = performance.now();
    try { await c.run(device); ok++; } catch (e) { bad++; if (bad < 25) console.log("FAIL", c.name, "::", (e as Error).message.slice(0, 300), process.argv[3] ? (e as Error).stack : ""); }
    const d = performance.now() - t; if (d > 1500) console.log("slow", c.name, d | 0);
  }
  console.log(vec4 ? "vec4" : "scalar", { ok, bad, ...counts }, ((performance.now() - t0) / 1000).toFixed(1) + "s");
}
