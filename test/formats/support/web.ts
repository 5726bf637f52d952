import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { startOrigin } from "@causeway/origin";

/** A temporary folder that goes when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), "causeway-formats-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An origin of the tree, on loopback. @returns its URL */
export async function origin(t: TestContext, tree: string, port = 0): Promise<string> {
  const started = await startOrigin({
    tree,
    host: "127.0.0.1",
    port,
    workers: 1,
    log: () => undefined,
  });
  t.after(() => started.close(0));
  return started.url;
}

/** A route that answers for the tree with the right lengths and a wrong byte in each 100 kB. */
export async function liar(t: TestContext, tree: string): Promise<string> {
  const server = createServer((request, response) => {
    const bytes = readFileSync(path.join(tree, request.url ?? ""));
    for (let at = 50_000; at < bytes.length; at += 100_000)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    const [, from = "0", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const end = to === "" ? bytes.length : Number(to) + 1;
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      "Accept-Ranges": "bytes",
      "Content-Length": end - Number(from),
      "Content-Range": `bytes ${from}-${end - 1}/${bytes.length}`,
    });
    response.end(request.method === "HEAD" ? undefined : bytes.subarray(Number(from), end));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
