/** A bug of ours. Never caught, never retried, never matched by code. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken";
}

/** Stays on in production. @throws {InvariantBroken} when `holds` is false */
export function invariant(holds: boolean, law: string): asserts holds {
  if (!holds) throw new InvariantBroken(`internal error: broken invariant: ${law}`);
}
