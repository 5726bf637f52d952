/**
 * Calls `act` for all items, up to `atOnce` at a time. After a failure no new one is started;
 * rejects with the first failure once those under way have ended.
 */
export async function forEachBounded<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  let failed = false;
  const runner = async (): Promise<void> => {
    for (const item of waiting) {
      if (failed) return;
      try {
        await act(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const runners = Array.from({ length: Math.min(atOnce, items.length) }, runner);
  for (const outcome of await Promise.allSettled(runners)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}
