/** What it took to be asked by so many. */
export interface SourcesTold {
  readonly what: string;
  readonly sources: number;
  /** Of CPU, for each. */
  readonly micros: number;
  /** By which what is held grew, once garbage was collected. */
  readonly grownBytes: number;
}
