import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { selfSigned } from "./support/certificate.ts";

const child = fileURLToPath(new URL("support/leaves-connections.ts", import.meta.url));
const endMsMax = 10_000; // of a start on a busy machine; the connections are kept far longer

async function portOf(server: Server, t: TestContext): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test("connections that are kept for the next request keep no process alive", async (t) => {
  const certificate = await selfSigned("localhost");
  const plain = http.createServer({ keepAliveTimeout: 60_000 }, (_, response) => response.end("1"));
  const secure = http2.createSecureServer(certificate, (_, response) => response.end("2"));
  const urls = [
    `http://127.0.0.1:${await portOf(plain, t)}/`,
    `https://localhost:${await portOf(secure, t)}/`,
  ];
  const args = [child, certificate.cert, ...urls];
  const ended = await promisify(execFile)(process.execPath, args, { timeout: endMsMax });
  assert.equal(ended.stdout, "12");
});
