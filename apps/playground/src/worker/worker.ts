// What computes, beside the page, so that the page never waits. Each job has a worker of its own, and loads what it needs when it is asked.
import type { Reply, Request } from "./messages.ts";

const stop = new AbortController();
const say = (reply: Reply): void => self.postMessage(reply);

async function serve(request: Exclude<Request, { kind: "stop" }>): Promise<void> {
  if (request.kind === "check") {
    const { check } = await import("../check/check.ts");
    const results = check(request.device, { quick: request.quick, onDevice: (description) => say({ kind: "device", description }) });
    for await (const result of results) say({ kind: "result", result });
    return;
  }
  const [{ makeDevice }, { learn }] = await Promise.all([import("../devices/make.ts"), import("../training/learn.ts")]);
  await using device = await makeDevice(request.device, { threads: request.threads });
  say({ kind: "device", description: device.description });
  await learn({
    device,
    text: request.text,
    seconds: request.seconds,
    sampled: 200,
    signal: stop.signal,
    onStep: (progress) => say({ kind: "step", progress }),
    onText: (piece) => say({ kind: "text", piece }),
  });
}

self.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  if (data.kind === "stop") {
    stop.abort();
    return;
  }
  serve(data).then(
    () => say({ kind: "done" }),
    (error: unknown) => say({ kind: "failed", reason: error instanceof Error ? error.message : String(error) }),
  );
});
