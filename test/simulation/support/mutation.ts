/** A bug that is put into the engine: each `find` stands in its file exactly once. */
export interface Mutation {
  readonly name: string;
  readonly edits: readonly {
    /** Below `packages/`. */
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
}

/** A bug of one place. */
export function bug(name: string, file: string, find: string, replace: string): Mutation {
  return { name, edits: [{ file, find, replace }] };
}
