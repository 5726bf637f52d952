import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** How much a command says: JSON has standard output to itself, quiet leaves only errors. */
export interface Voice {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What a command says, and where: results on standard output, all else on standard error. */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  #voice: Voice = { json: false, quiet: false };

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
    return this.#err.isTTY && !this.#voice.json && !this.#voice.quiet;
  }

  get stream(): NodeJS.WriteStream {
    return this.#err;
  }

  /** The command's result: `value` with --json, else `text` unless --quiet. */
  result(value: object, text: string): void {
    if (this.#voice.json) this.#out.write(`${JSON.stringify(value)}\n`);
    else if (!this.#voice.quiet && text !== "") this.#out.write(`${text}\n`);
  }

  /** Progress, for a person who watches. */
  say(text: string): void {
    if (!this.#voice.json && !this.#voice.quiet) this.#err.write(`${text}\n`);
  }

  /** Something that the user should change; shown even with --json, on standard error. */
  warn(text: string): void {
    if (!this.#voice.quiet)
      this.#err.write(`${this.style("yellow", "warning:")} ${printable(text)}\n`);
  }

  /** A failure: one JSON object with --json, else a line or two. */
  fail(value: object, text: string): void {
    if (this.#voice.json) this.#out.write(`${JSON.stringify(value)}\n`);
    else this.#err.write(`${this.style("red", "error:")} ${text}\n`);
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
