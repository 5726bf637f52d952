/** Headers as a flat list of names and values, the form that Node writes quickest. */
export type HeaderList = readonly string[];

/** A list that is sent again and again, and never changed: what is made of it may be kept. */
export function fixedHeaders(headers: HeaderList): HeaderList {
  return Object.freeze(headers);
}

/** Names that come with undefined are left out. */
export function headerList(fields: Readonly<Record<string, string | undefined>>): HeaderList {
  return Object.entries(fields).flatMap(([name, value]) => {
    return value === undefined ? [] : [name, value];
  });
}
