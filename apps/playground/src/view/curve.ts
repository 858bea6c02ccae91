import { element } from "./element.ts";

const NAMESPACE = "http://www.w3.org/2000/svg";
/** At most so many points are drawn; every other one goes when there are more. */
const MOST = 600;

function shape(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A curve of the loss over time, drawn as it comes. */
export interface Curve {
  /** What is shown. */
  readonly node: HTMLElement;
  /** Adds a point. */
  add(seconds: number, loss: number): void;
  /** Begins again, with an axis of so many seconds. */
  reset(seconds: number): void;
}

/** Makes a curve, empty. It is drawn at most once a frame. */
export function curve(): Curve {
  const raw = shape("polyline", { class: "raw" });
  const smooth = shape("polyline", { class: "smooth" });
  const picture = shape("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const y of ["0", "25", "50", "75", "100"]) picture.append(shape("line", { class: "grid", x1: "0", x2: "100", y1: y, y2: y }));
  picture.append(raw, smooth);
  const [top, bottom, end] = [element("span", { class: "top" }), element("span", { class: "bottom" }), element("span", { class: "end" })];
  const node = element(
    "div",
    { class: "curve" },
    picture,
    element("span", { class: "name" }, "loss"),
    top,
    bottom,
    element("span", { class: "begin" }, "0 s"),
    end,
  );

  let points: { seconds: number; loss: number; mean: number }[] = [];
  let [span, keep, seen, mean, waiting] = [60, 1, 0, 0, false];

  const draw = (): void => {
    waiting = false;
    const most = Math.max(...points.map(({ loss }) => loss));
    const high = points.length === 0 ? 6 : Math.ceil(most);
    const path = (of: "loss" | "mean") =>
      points.map((point) => `${((100 * point.seconds) / span).toFixed(2)},${(100 - (100 * point[of]) / high).toFixed(2)}`).join(" ");
    raw.setAttribute("points", path("loss"));
    smooth.setAttribute("points", path("mean"));
    top.textContent = String(high);
    bottom.textContent = "0";
    end.textContent = `${span} s`;
  };
  const later = (): void => {
    if (!waiting) requestAnimationFrame(draw);
    waiting = true;
  };
  draw();
  return {
    node,
    add(seconds, loss) {
      const part = Math.max(0.05, 1 / ++seen); // a plain mean at first, so that the beginning doesn't linger
      mean = (1 - part) * mean + part * loss;
      if (seen % keep === 0) points.push({ seconds: Math.min(seconds, span), loss, mean });
      if (points.length > MOST) {
        points = points.filter((_, index) => index % 2 === 0);
        keep *= 2;
      }
      later();
    },
    reset(seconds) {
      [points, span, keep, seen, mean] = [[], seconds, 1, 0, 0];
      later();
    },
  };
}
