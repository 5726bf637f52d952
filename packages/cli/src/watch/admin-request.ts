import { get } from "node:http";

const answerBytesMax = 4 * 1024 * 1024; // ten minutes are well under one
const patienceMs = 4_000;

export type Answer =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "failed"; readonly why: string };

const reasons: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "there is no such host"],
  ["EHOSTUNREACH", "there is no way to that host"],
  ["ECONNRESET", "it closed the connection"],
]);

/** Asks the admin port of an origin. Never rejects. */
export function askAdmin(url: URL, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const failed = (why: string): void => resolve({ kind: "failed", why });
    const patience = AbortSignal.timeout(patienceMs);
    const request = get(url, { signal: AbortSignal.any([signal, patience]) }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= answerBytesMax) chunks.push(chunk);
        else request.destroy(new Error("it answers without end"));
      });
      response.once("end", () => {
        const { statusCode } = response;
        if (statusCode === 200) resolve({ kind: "text", text: Buffer.concat(chunks).toString() });
        else failed(`it answers ${statusCode}; is that the admin port of causeway serve?`);
      });
      response.once("error", (error) => failed(error.message));
    });
    request.once("error", (error: NodeJS.ErrnoException) => {
      if (patience.aborted) return failed(`it did not answer in ${patienceMs / 1000} s`);
      failed(reasons.get(error.code ?? "") ?? error.message);
    });
  });
}
