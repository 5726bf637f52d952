/** A law of the design that did not hold in a drill: a bug of ours, never the world's fault. */
export class LawBroken extends Error {
  override readonly name = "LawBroken";
  /** Its number in the design. */
  readonly law: number;

  constructor(law: number, what: string) {
    super(`law ${law}: ${what}`);
    this.law = law;
  }
}
