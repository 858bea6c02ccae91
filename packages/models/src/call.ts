import type { Pass } from "@ashlar/attention";
import type { Tensor } from "@ashlar/tensor";

/** What a model is told beside its tokens: the mask above all. */
export interface Call extends Omit<Pass, "path" | "position"> {
  /** int32 [batch, time]: which segment each token belongs to, for models with segment embeddings; all 0 unless said. */
  readonly segments?: Tensor<2>;
  /** The lengths of the rows without right padding, for pooling; whole rows unless said. */
  readonly lengths?: readonly number[];
}
