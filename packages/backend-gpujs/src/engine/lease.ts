interface Lease {
  readonly library: { destroy(): Promise<void> };
  users: number;
}

/**
 * One gpu.js object an interface and page, whatever number of devices share it: a browser kills the oldest WebGL context beyond sixteen. It is kept
 * where other copies of this package find it too, and goes with the last device; one that was lost is given to nobody new.
 */
export function lease<L extends { destroy(): Promise<void> }>(
  api: string,
  make: () => L,
  works: (library: L) => boolean,
): { readonly library: L; release(lost?: boolean): Promise<void> } {
  const key = Symbol.for("@ashlar/backend-gpujs");
  const holder = globalThis as unknown as Record<symbol, Map<string, Lease> | undefined>;
  holder[key] ??= new Map();
  const leases = holder[key];
  const known = leases.get(api);
  const held: Lease = known && works(known.library as L) ? known : { library: make(), users: 0 };
  leases.set(api, held);
  held.users++;
  return {
    library: held.library as L,
    async release(lost = false) {
      held.users--;
      if ((lost || held.users === 0) && leases.get(api) === held) leases.delete(api);
      if (held.users === 0 && !lost) await held.library.destroy();
    },
  };
}
