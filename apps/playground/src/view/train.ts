import { choices, type DeviceName } from "../devices/names.ts";
import type { Progress } from "../training/learn.ts";
import { type Job, start } from "../worker/job.ts";
import { curve } from "./curve.ts";
import { element } from "./element.ts";
import { short } from "./numbers.ts";

/** What the section is told. */
export interface TrainSectionOptions {
  /** Devices that can't be here, and why. */
  readonly missing: ReadonlyMap<DeviceName, string>;
  /** How long a training takes. */
  readonly seconds: number;
  /** How many threads WASM may use: one less than there are, which the page keeps. */
  readonly threads: number;
}

/** A model trained in a worker while the page shows how its loss falls. */
export function trainSection({ missing, seconds, threads }: TrainSectionOptions): HTMLElement {
  const begin = element("button", { type: "button", class: "primary", id: "train" }, seconds === 60 ? "Train for a minute" : `Train for ${seconds} s`);
  const stop = element("button", { type: "button", id: "stop", disabled: true }, "Stop");
  const status = element("p", { role: "status", class: "status", id: "train-status" });
  const sample = element("p", { class: "sample", id: "sample" });
  const shown = curve();
  const numbers = new Map(["step", "loss", "tokens/s", "left"].map((name) => [name, element("dd", { id: name.replace("/", "-per-") }, "–")]));
  const options = choices.map(({ name, title, says }) => {
    const radio = element("input", { type: "radio", name: "device", value: name, checked: name === "wasm", disabled: missing.has(name) });
    return element("label", { title: missing.get(name) ?? says }, radio, element("span", {}, title));
  });
  const chooser = element("fieldset", { class: "chooser" }, element("legend", { class: "hidden" }, "Device"), ...options);
  let job: Job | undefined;

  const show = ({ steps, loss, tokens, seconds: passed }: Progress): void => {
    shown.add(passed, loss);
    const set = (name: string, text: string) => {
      numbers.get(name)!.textContent = text;
    };
    set("step", String(steps));
    set("loss", loss.toFixed(2));
    set("tokens/s", passed > 0 ? short(tokens / passed) : "–");
    set("left", `${Math.max(0, Math.ceil(seconds - passed))} s`);
  };

  async function run(): Promise<void> {
    const device = chooser.querySelector<HTMLInputElement>("input:checked")!.value as DeviceName;
    const title = choices.find(({ name }) => name === device)!.title;
    [begin.disabled, chooser.disabled, stop.disabled] = [true, true, false];
    shown.reset(seconds);
    for (const cell of numbers.values()) cell.textContent = "–";
    sample.textContent = "";
    status.textContent = `Loading ${title} …`;
    let asleep = ""; // what is said of it, once there was any
    try {
      const text = await (await fetch(new URL("../training/excerpt.txt", import.meta.url))).text();
      let description = title;
      job = start({ kind: "train", device, seconds, threads, text }, (reply) => {
        if (reply.kind === "device") {
          description = reply.description;
          status.textContent = `Training on ${description}`;
        }
        if (reply.kind === "step") {
          show(reply.progress);
          const { slept } = reply.progress;
          if (slept > 0) {
            asleep = ` · this tab was asleep for ${Math.round(slept)} s: training stood still, nothing is lost, and the time doesn't count`;
            status.textContent = `Training on ${description}${asleep}`;
          }
        }
        if (reply.kind !== "text") return;
        stop.disabled = true;
        status.textContent = `Writing on ${description}${asleep}`;
        sample.append(reply.piece);
      });
      await job.done;
      status.textContent = `Trained on ${description}${asleep}`;
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
    }
    [begin.disabled, chooser.disabled, stop.disabled] = [false, false, true];
  }
  begin.addEventListener("click", () => void run());
  stop.addEventListener("click", () => {
    stop.disabled = true;
    job?.stop();
  });

  return element(
    "section",
    { "aria-labelledby": "train-title" },
    element("h2", { id: "train-title" }, "Train a model"),
    element("p", {}, "A small language model learns to write, byte by byte, in a worker of its own. At the end it continues a prompt."),
    element("div", { class: "actions" }, chooser, begin, stop),
    status,
    element("dl", { class: "numbers" }, ...[...numbers].map(([name, cell]) => element("div", {}, element("dt", {}, name), cell))),
    shown.node,
    sample,
  );
}
