import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import { RouteError } from "@causeway/kernel";
import { nodePorts } from "../src/node/index.ts";
import { fetchDocument } from "../src/routes/document.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import { quickExchange } from "./support/quick.ts";
import { tempFolder } from "./support/temp-folder.ts";

const ports = nodePorts();
after(() => ports.transport.close());

/** What a server on `host` gives to one request for `route`, `{}` being its port. */
async function askServer(
  server: http.Server,
  host: string,
  route: string,
  lingerMs = 0,
): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  const request = { path: "metadata/x", lengthMax: 1_000, limits: quickExchange, signal };
  try {
    const { bytes } = await fetchDocument(
      ports,
      parseRoute(route.replace("{}", `${port}`)),
      request,
    );
    return new TextDecoder().decode(bytes);
  } finally {
    await ports.clock.sleep(lingerMs);
    server.close();
    server.closeAllConnections();
  }
}

const echo: http.RequestListener = ({ headers }, response) => {
  response.end(JSON.stringify([headers.authorization, headers["accept-encoding"], headers.range]));
};

test("routes of both address families are reached, with their credentials", async () => {
  const hosts = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const hasIpv6 = hosts.some(({ address }) => address === "::1");
  for (const host of hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]) {
    const name = host === "::1" ? "[::1]" : host;
    const heard = await askServer(http.createServer(echo), host, `http://it:s3cret@${name}:{}/`);
    assert.equal(heard, JSON.stringify(["Basic aXQ6czNjcmV0", "identity", null]));
  }
  const plain = await askServer(http.createServer(echo), "localhost", "http://localhost:{}/");
  assert.equal(plain, JSON.stringify([null, "identity", null]));
});

test("a certificate that nobody vouches for is no route", async () => {
  await using folder = await tempFolder();
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => path.join(folder.path, name));
  const subject = ["-subj", "/CN=localhost", "-days", "1", "-nodes"];
  const files = ["-keyout", key ?? "", "-out", cert ?? ""];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, ...files], { stdio: "ignore" });
  const options = { key: await fs.readFile(key ?? ""), cert: await fs.readFile(cert ?? "") };
  const server = https.createServer(options, echo);
  await assert.rejects(
    askServer(server, "127.0.0.1", "https://127.0.0.1:{}/"),
    (error: unknown) => {
      assert.ok(error instanceof RouteError);
      assert.equal(error.code, "ROUTE_UNREACHABLE");
      assert.match(error.message, /certificate/);
      return true;
    },
  );
});

test("headers without end are cut off", async () => {
  const server = http.createServer((_, response) => {
    for (let at = 0; at < 100; at++) response.setHeader(`x-${at}`, "x".repeat(1_000));
    response.end();
  });
  await assert.rejects(askServer(server, "127.0.0.1", "http://127.0.0.1:{}/"), /too many headers/);
});

test("repeated headers hide nothing", async () => {
  const server = http.createServer((_, response) => {
    response.setHeader("content-encoding", ["identity", "br"]);
    response.end("x");
  });
  await assert.rejects(askServer(server, "127.0.0.1", "http://127.0.0.1:{}/"), /identity, br/);
});

test("a refusal without end is not read to its end", async () => {
  let sent = 0;
  const server = http.createServer((_, response) => {
    response.writeHead(404);
    const more = (): void => {
      sent += 65_536;
      response.write(Buffer.alloc(65_536));
    };
    response.on("drain", more);
    more();
  });
  await assert.rejects(askServer(server, "127.0.0.1", "http://127.0.0.1:{}/", 100), /404/);
  assert.ok(sent < 8 * 1024 * 1024, `${sent} bytes`);
});

test("what speaks no TLS is told in our words, not in those of the library", async () => {
  const server = http.createServer(echo);
  await assert.rejects(askServer(server, "127.0.0.1", "https://127.0.0.1:{}/"), (error) => {
    assert.ok(error instanceof RouteError);
    assert.equal(error.code, "ROUTE_UNREACHABLE");
    assert.match(error.message, /^does not speak TLS that we know \(is it http, not https\?\)$/);
    return true;
  });
});
