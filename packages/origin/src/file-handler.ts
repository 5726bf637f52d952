import { setTimeout as pause } from "node:timers/promises";
import { CausewayError } from "@causeway/kernel";
import { byteRangeOf } from "./byte-range.ts";
import { begin, type Exchange, type Handler, type HttpResponse } from "./exchange.ts";
import { type HeaderList, headerList } from "./headers.ts";
import { blockBytes, pieceBytes, quickMs, textBytesMax } from "./limits.ts";
import type { Log } from "./log.ts";
import type { OpenFile } from "./open-file.ts";
import { judge, rangeApplies } from "./preconditions.ts";
import { refuse, refuseForNow } from "./refusals.ts";
import type { ServedFile } from "./served-file.ts";
import type { TicketOffice } from "./shield/ticket-office.ts";
import type { Tree } from "./tree.ts";
import type { UploadPace } from "./upload-pace.ts";

/** What the files are served with. */
interface FileService {
  readonly tree: Tree;
  /** Base URLs of other routes, for who meets a failing disk: that is a 503. */
  readonly alternates: readonly string[];
  /** Absent: nobody gets tickets. */
  readonly office: TicketOffice | undefined;
  /** Absent: bytes go as fast as clients take them. */
  readonly pace: UploadPace | undefined;
  readonly log: Log;
}

/** Serves the files of a tree. */
export function fileHandler(service: FileService): Handler {
  const { tree, alternates, log } = service;
  return async (exchange) => {
    const { path, response } = exchange;
    if (path === undefined) return refuse(exchange, 404);
    let served: ServedFile | undefined;
    try {
      served = tree.openHot(path) ?? (await tree.open(path));
      if (served === undefined) return refuse(exchange, 404);
      await answer(exchange, served, service);
    } catch (cause) {
      if (!(cause instanceof CausewayError)) throw cause;
      const fields = { path: path.path, code: cause.code, message: cause.message };
      log({ level: "error", event: "file-failed", fields });
      // After the headers nothing can be taken back; the missing bytes say that it failed.
      if (response.headersSent) response.destroy();
      else refuseForNow(exchange, 503, alternates);
    } finally {
      served?.file.release();
    }
  };
}

async function answer(exchange: Exchange, served: ServedFile, service: FileService): Promise<void> {
  const { tree, office, pace } = service;
  const { request, response } = exchange;
  const now = Date.now();
  const condition = judge(request.headers, served.validators, now);
  if (condition === "failed") return refuse(exchange, 412);
  if (condition === "not-modified") {
    begin(exchange, 304, served.headers);
    response.end();
    return;
  }
  const size = served.file.size;
  if (request.method === "HEAD") {
    begin(exchange, 200, served.wholeHeaders);
    response.end();
    return;
  }
  // Range has a meaning for GET only (RFC 9110 section 14.2).
  const { headers: asked } = request;
  const obeyed = rangeApplies(asked, served.validators, now) ? asked.range : undefined;
  const range = byteRangeOf(obeyed, size);
  if (range.kind === "unsatisfiable") {
    return refuse(exchange, 416, ["Content-Range", `bytes */${size}`]);
  }
  const part = range.kind === "part" ? range : { start: 0, end: size };
  const headers =
    range.kind === "part"
      ? partHeaders(served, range.start, range.end)
      : (office?.withTicket(exchange, served.wholeHeaders) ?? served.wholeHeaders);
  // The first bytes are read before the headers, so that a failing disk can still say so.
  if (range.kind !== "part" && size <= textBytesMax) {
    served.text ??= (await blockOf(tree, served.file, 0)).toString("latin1");
    if (pace !== undefined) await turn(exchange, pace, size);
    if (response.destroyed) return;
    begin(exchange, 200, headers);
    response.end(served.text, "latin1");
    return;
  }
  const first = await blockOf(tree, served.file, Math.floor(part.start / blockBytes));
  if (response.destroyed) return;
  begin(exchange, range.kind === "part" ? 206 : 200, headers);
  await send(exchange, served, service, { ...part, first });
}

/** Resolves when so many bytes may be sent; who waited for them may be gone by then. */
async function turn({ slot }: Exchange, pace: UploadPace, bytes: number): Promise<void> {
  slot?.free(); // while it waits, others work
  await pause(pace.book(bytes));
  await slot?.take();
}

/** Sends bytes `start` to `end - 1`, holding one block of them at a time. */
async function send(
  exchange: Exchange,
  { file }: ServedFile,
  { tree, pace }: FileService,
  { start, end, first }: { start: number; end: number; first: Buffer },
): Promise<void> {
  const { response, slot } = exchange;
  let block = first;
  let index = Math.floor(start / blockBytes);
  let pieceMax: number = pieceBytes;
  for (let at = start; ; ) {
    const offset = at - index * blockBytes;
    const lengthMax = Math.min(pieceMax, pace?.pieceBytes ?? pieceMax, end - at);
    const piece = block.subarray(offset, offset + lengthMax);
    at += piece.length;
    if (pace !== undefined) await turn(exchange, pace, piece.length);
    if (response.destroyed) return;
    if (at === end) {
      response.end(piece);
      return;
    }
    const began = performance.now();
    const isWritten = written(response, piece);
    slot?.free(); // until it is, the client is waited for
    if (!(await isWritten)) return;
    pieceMax = performance.now() - began < quickMs ? blockBytes : pieceBytes;
    if (at < (index + 1) * blockBytes) continue;
    index++;
    await slot?.take();
    if (response.destroyed) return;
    block = await blockOf(tree, file, index);
    if ((index + 1) * blockBytes < end) tree.blocks.prefetch(file, index + 1);
  }
}

function partHeaders(served: ServedFile, start: number, end: number): HeaderList {
  return [
    ...served.headers,
    ...headerList({
      "Content-Type": served.mediaType,
      "Content-Length": String(end - start),
      "Content-Range": `bytes ${start}-${end - 1}/${served.file.size}`,
    }),
  ];
}

function blockOf(tree: Tree, file: OpenFile, index: number): Buffer | Promise<Buffer> {
  return tree.blocks.peek(file, index) ?? tree.blocks.get(file, index);
}

/** Resolves when the system has taken the bytes: true; or when the connection is gone: false. */
function written(response: HttpResponse, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    // Node forgets the callbacks of what it had queued for a connection that broke.
    const gone = (): void => resolve(false);
    response.once("close", gone);
    response.write(piece, (error) => {
      response.off("close", gone);
      resolve(error === null || error === undefined);
    });
  });
}
