import { createHash, hash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { encodeChunkIndex, type Sha256 } from "@causeway/kernel";

/** A target that is nowhere: each of its chunks is made when it is asked for. */
export const chunkLength = 64 * 1024;

/** The bytes of the target from `position` on: noise, with the chunk's number at its start. */
export function fillFrom(into: Uint8Array, position: number): void {
  for (let at = 0; at < into.length; ) {
    const number = Math.floor((position + at) / chunkLength);
    const within = (position + at) % chunkLength;
    const length = Math.min(chunkLength - within, into.length - at);
    into.set(chunkOf(number).subarray(within, within + length), at);
    at += length;
  }
}

const chunk = new Uint8Array(chunkLength);
const view = new DataView(chunk.buffer);
let state = 1;
for (let at = 0; at < chunkLength; at += 4) {
  state = Math.imul(state, 1_664_525) + 1_013_904_223;
  view.setUint32(at, state);
}

/** Valid until the next call. */
function chunkOf(number: number): Uint8Array {
  view.setUint32(0, number);
  return chunk;
}

/** The target's chunk index, and its hash. */
export function indexOf(count: number): { readonly index: Uint8Array; readonly sha256: Sha256 } {
  const whole = createHash("sha256");
  const chunks = Array.from({ length: count }, (_, number) => {
    const bytes = chunkOf(number);
    whole.update(bytes);
    const sha256 = hash("sha256", bytes) as Sha256;
    return { sha256, offset: 0, length: chunkLength, packOffset: 0, packLength: 0 };
  });
  const sha256 = whole.digest("hex") as Sha256;
  const target = { length: count * chunkLength, sha256 };
  return { index: encodeChunkIndex({ target, pack: undefined, chunks }), sha256 };
}

/** A route on loopback that has the index and the target. */
export async function serveTarget(length: number, index: Uint8Array): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url?.endsWith(".chunks")) {
      response.writeHead(200, { "content-length": index.length }).end(index);
      return;
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const [start, end] = [Number(range?.[1] ?? 0), Number(range?.[2] ?? length - 1) + 1];
    response.writeHead(206, {
      "content-length": end - start,
      "content-range": `bytes ${start}-${end - 1}/${length}`,
    });
    let at = start;
    const send = (): void => {
      while (at < end) {
        const bytes = new Uint8Array(Math.min(chunkLength, end - at));
        fillFrom(bytes, at);
        at += bytes.length;
        if (!response.write(bytes)) {
          response.once("drain", send);
          return;
        }
      }
      response.end();
    };
    send();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}
