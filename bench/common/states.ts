/** What states are compared by: numbers from all over them. */
export const stateNumbers = (states: ArrayLike<number>): number[] => Array.from({ length: 16 }, (_, i) => states[(i * 104_729) % states.length]!);
