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
function scheduleOf({ schedule, steps = 0 }: Pick<Recipe, "schedule" | "steps">, peak: number): Schedule {
  const unsaid: NonNullable<Recipe["schedule"]> = steps === 0 ? { name: "constant", warmup: undefined } : { name: "cosine", warmup: undefined, end: peak / 10 };
  const chosen = schedule ?? unsaid;
  const rise = chosen.warmup ?? (steps === 0 ? 20 : Math.min(20, Math.floor(steps / 10)));
  switch (chosen.name) {
    case "constant":
      return warmup(rise, constant(peak));
    case "inverse-square-root":
      return warmup(rise, inverseSquareRoot({ peak, timescale: Math.max(rise, 1) }));
    case "linear":
      return warmupLinear({ peak, warmup: rise, steps, end: chosen.end });
    case "cosine":
      return warmupCosine({ peak, warmup: rise, steps, end: chosen.end });
  }
}
