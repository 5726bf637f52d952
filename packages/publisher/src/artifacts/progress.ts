export interface BuildProgress {
  readonly step: "read" | "pack" | "delta";
  /** Bytes. */
  readonly done: number;
  readonly total: number;
}

export type ReportProgress = (progress: BuildProgress) => void;

/** Counts one step's bytes and tells of every advance. */
export class Progress {
  readonly #step: BuildProgress["step"];
  readonly #total: number;
  readonly #report: ReportProgress | undefined;
  #done = 0;

  constructor(step: BuildProgress["step"], total: number, report: ReportProgress | undefined) {
    this.#step = step;
    this.#total = total;
    this.#report = report;
  }

  add(bytes: number): void {
    this.reach(this.#done + bytes);
  }

  /** Goes to `done`, for work that turned out to be needless. Never goes back. */
  reach(done: number): void {
    if (done <= this.#done) return;
    this.#done = Math.min(done, this.#total);
    this.#report?.({ step: this.#step, done: this.#done, total: this.#total });
  }
}
