/** Every order of `items`. */
export function permutations<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, at) => {
    return permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]);
  });
}
