/** The sizes of the workload: one row. */
export const attention = { time: 2048, heads: 8, headDim: 64, window: 256, documents: 8 } as const;

/** The document of a position: as many positions in each. */
export const documentOf = (position: number): number => Math.floor((position * attention.documents) / attention.time);
