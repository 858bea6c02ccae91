import { cases } from "@ashlar/backend/conformance";
import { loadLibrary } from "../src/engine/library.ts";
import { webgpuEngine } from "../src/engine/webgpu.ts";
import { webgl2Engine } from "../src/engine/webgl2.ts";
import { makeDevice } from "../src/device/device.ts";
const devices: any = {};
(globalThis as any).make = async (api: string) => {
  const lib = await loadLibrary();
  const gpu = new lib.GPU({ mode: api as any });
  devices[api] = makeDevice(await (api === "webgpu" ? webgpuEngine : webgl2Engine)(lib, gpu));
  return devices[api].device.description;
};
(globalThis as any).run = async (api: string, only: string) => {
  const { device, counts } = devices[api]; const re = new RegExp(only); const out: string[] = []; let ok = 0;
  const t0 = performance.now(); const slow: any[] = [];
  for (const c of cases) { if (!re.test(c.name) || !c.applies(device)) continue;
    const t = performance.now(); console.log("case " + c.name);
    try { await c.run(device); ok++; } catch (e: any) { out.push("FAIL " + c.name + " :: " + e.message.slice(0, 400)); }
    slow.push([performance.now() - t, c.name]);
  }
  slow.sort((a, b) => b[0] - a[0]);
  return { ok, bad: out.length, out: out.slice(0, 30), counts, seconds: (performance.now() - t0) / 1000, slow: slow.slice(0, 4), memory: device.memory() };
};
(globalThis as any).ready = true;
