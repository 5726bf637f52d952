import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";

const answerBytesMax = 4 * 1024 * 1024; // ten minutes are well under one
const patienceMs = 4_000;

export type Answer =
  | { readonly kind: "text"; readonly text: string; readonly headers: IncomingHttpHeaders }
  /** `status` is there if it answered at all. */
  | { readonly kind: "failed"; readonly why: string; readonly status?: number };

/** What is sent beside the URL; by default a GET. */
export interface AdminMessage {
  readonly method: "PUT";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "there is no such host"],
  ["EHOSTUNREACH", "there is no way to that host"],
  ["ECONNRESET", "it closed the connection"],
]);

/** Asks the admin port of an origin. Never rejects. */
export function askAdmin(url: URL, signal: AbortSignal, message?: AdminMessage): Promise<Answer> {
  return new Promise((resolve) => {
    const failed = (why: string): void => resolve({ kind: "failed", why });
    const patience = AbortSignal.timeout(patienceMs);
    const { method = "GET", headers = {}, body = "" } = message ?? {};
    const options = { method, headers, signal: AbortSignal.any([signal, patience]) };
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= answerBytesMax) chunks.push(chunk);
        else sent.destroy(new Error("it answers without end"));
      });
      response.once("end", () => resolve(answerOf(response, Buffer.concat(chunks).toString())));
      response.once("error", (error) => failed(error.message));
    });
    sent.once("error", (error: NodeJS.ErrnoException) => {
      if (patience.aborted) return failed(`it did not answer in ${patienceMs / 1000} s`);
      failed(reasons.get(error.code ?? "") ?? error.message);
    });
    sent.end(body);
  });
}

function answerOf({ statusCode: status = 0, headers }: IncomingMessage, text: string): Answer {
  if (status === 200) return { kind: "text", text, headers };
  const said = messageIn(text);
  const why =
    said === undefined
      ? `it answers ${status}; is that the admin port of causeway serve?`
      : `it answers ${status}: ${said}`;
  return { kind: "failed", why, status };
}

/** What an origin says is wrong. */
function messageIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
    return typeof error?.message === "string" ? error.message.slice(0, 500) : undefined;
  } catch {
    return undefined;
  }
}
