import type { Asked } from "../network/reply.ts";
import { type Answer, bodyOf, plainAnswer } from "../network/reply.ts";
import { httpDate } from "./http-date.ts";

/** What an honest server says of a file, or of its absence. */
export function honestAnswer(bytes: Uint8Array | undefined, asked: Asked): Answer {
  const date = httpDate(asked.now);
  if (bytes === undefined) return plainAnswer(404, "not found\n", { date });
  const headers: Record<string, string> = {
    date,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
  };
  const { range } = asked;
  if (range === undefined || range.start >= bytes.length) {
    return {
      kind: "answer",
      status: range === undefined ? 200 : 416,
      headers: new Map(Object.entries({ ...headers, "content-length": String(bytes.length) })),
      body: bodyOf(bytes),
    };
  }
  const part = bytes.subarray(range.start, range.end);
  const end = range.start + part.length;
  headers["content-range"] = `bytes ${range.start}-${end - 1}/${bytes.length}`;
  headers["content-length"] = String(part.length);
  return {
    kind: "answer",
    status: 206,
    headers: new Map(Object.entries(headers)),
    body: bodyOf(part),
  };
}
