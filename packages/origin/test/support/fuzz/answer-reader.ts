/** One answer as it was received. */
export interface ReceivedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** False when the connection ended within it. */
  readonly whole: boolean;
}

const statusLine = /^HTTP\/1\.1 ([1-5][0-9]{2}) [A-Za-z -]*$/;
const fieldLine = /^([A-Za-z-]+): ([\x20-\x7e]+)$/;

/**
 * Reads the answers of a connection, of which `methods` were asked.
 * @throws {Error} when they are anything but a sequence of answers of the form that an origin sends
 */
export function readAnswers(bytes: Buffer, methods: readonly string[]): readonly ReceivedAnswer[] {
  const answers: ReceivedAnswer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) {
      if (!bytes.subarray(at, at + 5).equals(Buffer.from("HTTP/").subarray(0, bytes.length - at))) {
        throw new Error(
          `no answer begins with ${JSON.stringify(bytes.toString("latin1", at, at + 80))}`,
        );
      }
      answers.push({ status: 0, headers: new Map(), body: Buffer.alloc(0), whole: false });
      return answers;
    }
    const { status, headers } = readHead(bytes.toString("latin1", at, end));
    const length = status === 304 ? 0 : lengthOf(headers);
    const asked = methods[answers.length];
    at = end + 4;
    // What could not be read is not known to be a HEAD, and the refusal ends the connection.
    const refused = status >= 400 && bytes.length - at === length;
    const body = bytes.subarray(at, asked === "HEAD" && !refused ? at : at + length);
    answers.push({ status, headers, body, whole: asked === "HEAD" || body.length === length });
    at += body.length;
  }
  return answers;
}

function readHead(text: string): Pick<ReceivedAnswer, "status" | "headers"> {
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(statusLine.exec(first)?.[1]);
  if (Number.isNaN(status)) throw new Error(`no status line: ${JSON.stringify(first)}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = fieldLine.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`no header: ${JSON.stringify(line)}`);
    }
    if (headers.has(name.toLowerCase())) throw new Error(`twice: ${name}`);
    headers.set(name.toLowerCase(), value);
  }
  return { status, headers };
}

function lengthOf(headers: ReadonlyMap<string, string>): number {
  const text = headers.get("content-length") ?? "";
  if (!/^[0-9]+$/.test(text) || headers.has("transfer-encoding")) {
    throw new Error("an answer without a length");
  }
  return Number(text);
}
