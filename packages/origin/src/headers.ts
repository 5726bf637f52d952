/** Headers as a flat list of names and values, the form that Node writes quickest. */
export type HeaderList = readonly string[];

/** Names that come with undefined are left out. */
export function headerList(fields: Readonly<Record<string, string | undefined>>): HeaderList {
  return Object.entries(fields).flatMap(([name, value]) => {
    return value === undefined ? [] : [name, value];
  });
}
