import type { DeviceName } from "./devices/names.ts";
import { lookAround } from "./surroundings.ts";
import { aroundSection } from "./view/around.ts";
import { checkSection } from "./view/check.ts";
import { trainSection } from "./view/train.ts";

const asked = new URLSearchParams(location.search);
const around = await lookAround();
const graphics = ["webgpu", "webgl2"] as const;
const missing = new Map<DeviceName, string>(graphics.filter((name) => !around[name].there).map((name) => [name, around[name].says]));

document
  .getElementById("page")!
  .replaceChildren(
    aroundSection(around),
    checkSection({ around, missing, quick: asked.has("quick") }),
    trainSection({ missing, seconds: Number(asked.get("seconds")) || 60, threads: Math.max(1, around.threads - 1) }),
  );
document.documentElement.dataset.ready = "";
