import {
  adafactor,
  adamW,
  chain,
  clipByNorm,
  constant,
  inverseSquareRoot,
  lion,
  type Optimizer,
  type OptimizerState,
  type Schedule,
  sgd,
  warmup,
  warmupCosine,
  warmupLinear,
} from "@ashlar/train";
import type { Recipe } from "./recipe.ts";

/** The optimizer of a recipe, with its schedule and its clipping. */
export function optimizerOf({ optimizer, ...recipe }: Recipe): Optimizer<OptimizerState> {
  const rate = scheduleOf(recipe, optimizer.rate);
  const clip = clipByNorm(optimizer.clip);
  switch (optimizer.name) {
    case "adamw": {
      const { beta1, beta2, epsilon, decay } = optimizer;
      return chain(clip, adamW({ rate, beta1, beta2, epsilon, decay }));
    }
    case "adafactor":
      return chain(clip, adafactor({ rate }));
    case "lion": {
      const { beta1, beta2, decay } = optimizer;
      return chain(clip, lion({ rate, beta1, beta2, decay }));
    }
    case "sgd":
      return chain(clip, sgd({ rate, momentum: optimizer.momentum }));
  }
}

/** Unless said: a cosine down to a tenth where the number of steps is known, constant where the time is; both after a short warmup. */
function scheduleOf({ schedule, steps }: Pick<Recipe, "schedule" | "steps">, peak: number): Schedule {
  const short = Math.min(20, Math.floor((steps ?? 200) / 10));
  const {
    name,
    warmup: rise,
    ...rest
  } = schedule ?? (steps === undefined ? { name: "constant" as const, warmup: short } : { name: "cosine" as const, warmup: short, end: peak / 10 });
  const end = "end" in rest ? rest.end : 0;
  switch (name) {
    case "constant":
      return warmup(rise, constant(peak));
    case "inverse-square-root":
      return warmup(rise, inverseSquareRoot({ peak, timescale: Math.max(rise, 1) }));
    case "linear":
      return warmupLinear({ peak, warmup: rise, steps: steps as number, end });
    case "cosine":
      return warmupCosine({ peak, warmup: rise, steps: steps as number, end });
  }
}
