/** Does `act` for each value, so many at a time. @throws what the first of them throws */
export async function atOnce<Value>(
  count: number,
  values: readonly Value[],
  act: (value: Value) => Promise<void>,
): Promise<void> {
  const left = values.values(); // shared: each takes the next one
  const work = async (): Promise<void> => {
    for (const value of left) await act(value);
  };
  await Promise.all(Array.from({ length: Math.min(count, values.length) }, work));
}
