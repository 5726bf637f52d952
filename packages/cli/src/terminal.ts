import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** How much a command says: JSON has standard output to itself, quiet leaves only errors. */
export interface Voice {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Lines that are redrawn in place; they give way to every line that is written. */
export interface Region {
  giveWay(): void;
}

const columnsUnknown = 80;
const rowsUnknown = 24;

/** What a command says, and where: results on standard output, all else on standard error. */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  #voice: Voice = { json: false, quiet: false };
  #region: Region | undefined;
  #isAsking = false;

  constructor(out: NodeJS.WriteStream, err: NodeJS.WriteStream) {
    this.#out = out;
    this.#err = err;
  }

  set voice(voice: Voice) {
    this.#voice = voice;
  }

  get json(): boolean {
    return this.#voice.json;
  }

  /** True when a live region can be drawn on standard error. */
  get live(): boolean {
    const { isTTY, columns } = this.#err;
    const canMove = isTTY && columns > 0 && process.env["TERM"] !== "dumb";
    return canMove && !this.#voice.json && !this.#voice.quiet;
  }

  /** The same, and the results are not sent elsewhere. */
  get isWatched(): boolean {
    return this.live && this.#out.isTTY;
  }

  /** How wide standard error is. */
  get columns(): number {
    return this.#err.columns ?? columnsUnknown;
  }

  /** How wide and high it is. */
  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.columns, rows: this.#err.rows ?? rowsUnknown };
  }

  /** True while a question has the screen to itself. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** What is drawn in place at the moment, if anything is. */
  set region(region: Region | undefined) {
    this.#region = region;
  }

  get stream(): NodeJS.WriteStream {
    return this.#err;
  }

  /** The command's result: `value` with --json, else `text` unless --quiet. */
  result(value: object, text: string): void {
    this.#region?.giveWay();
    if (this.#voice.json) this.#out.write(`${JSON.stringify(value)}\n`);
    else if (!this.#voice.quiet && text !== "") this.#out.write(`${text}\n`);
  }

  /** Progress, for a person who watches. */
  say(text: string): void {
    if (!this.#voice.json && !this.#voice.quiet) this.#write(text);
  }

  /** Something that the user should change; shown even with --json, on standard error. */
  warn(text: string): void {
    if (!this.#voice.quiet) this.#write(`${this.style("yellow", "warning:")} ${printable(text)}`);
  }

  /** A failure: one JSON object with --json, else a line or two. */
  fail(value: object, text: string): void {
    if (this.#voice.json) this.#out.write(`${JSON.stringify(value)}\n`);
    else this.#write(this.#error(text));
  }

  /** A failure that is a part of the result: told by itself where --quiet keeps the rest back. */
  fault(text: string): void {
    if (this.#voice.quiet && !this.#voice.json) this.#write(this.#error(text));
  }

  /** Runs `ask`, which draws on standard error itself, with the live region out of its way. */
  async aside<T>(ask: (stream: NodeJS.WriteStream) => Promise<T>): Promise<T> {
    this.#region?.giveWay();
    this.#isAsking = true;
    try {
      return await ask(this.#err);
    } finally {
      this.#isAsking = false;
    }
  }

  #error(text: string): string {
    return `${this.style("red", "error:")} ${text}`;
  }

  #write(text: string): void {
    this.#region?.giveWay();
    this.#err.write(`${text}\n`);
  }

  /** Colours for standard error; plain without a terminal or with NO_COLOR. */
  readonly style = (style: Style, text: string): string => {
    return styleText(style, text, { stream: this.#err, validateStream: true });
  };
}

/** Text from outside with its control characters made visible, so that it cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
