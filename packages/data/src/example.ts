/**
 * What one stack (a language model, a prefix language model, an encoder) is trained on: position `i` of `inputs`
 * predicts `targets[i]`, and its loss counts `lossWeights[i]` times. All arrays have the same length.
 */
export interface Example {
  /** What the model reads. `[time]` */
  readonly inputs: Int32Array;
  /** What each position predicts. `[time]` */
  readonly targets: Int32Array;
  /** How much each position counts in the loss; 0: not at all. `[time]` */
  readonly lossWeights: Float32Array;
  /** Which document of the row a position belongs to, from 1; 0 is padding. Attention stays inside a segment. `[time]` */
  readonly segments?: Int32Array;
  /** The position inside the document, from 0. `[time]` */
  readonly positions?: Int32Array;
  /** How many leading positions see each other in both directions (the length for a prefix mask). */
  readonly prefix?: number;
}

/** What an encoder-decoder is trained on: the encoder reads `inputs`, position `i` of `decoderInputs` predicts `targets[i]`. */
export interface EncoderDecoderExample {
  /** What the encoder reads. `[inputTime]` */
  readonly inputs: Int32Array;
  /** The targets, shifted right by one behind a start token. `[time]` */
  readonly decoderInputs: Int32Array;
  /** What each decoder position predicts. `[time]` */
  readonly targets: Int32Array;
  /** How much each decoder position counts in the loss. `[time]` */
  readonly lossWeights: Float32Array;
  /** Which example of a packed row an encoder position belongs to, from 1; 0 is padding. `[inputTime]` */
  readonly segments?: Int32Array;
  /** The encoder position inside its example, from 0. `[inputTime]` */
  readonly positions?: Int32Array;
  /** Which example of a packed row a decoder position belongs to, from 1; 0 is padding. `[time]` */
  readonly decoderSegments?: Int32Array;
  /** The decoder position inside its example, from 0. `[time]` */
  readonly decoderPositions?: Int32Array;
}
