import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { begin, type Exchange } from "../src/exchange.ts";
import { HttpServer } from "../src/http-server.ts";
import { defaultLimits } from "../src/limits.ts";
import { countSources } from "../src/measures/count-sources.ts";
import { SourceMeter } from "../src/measures/source-meter.ts";
import { TrustedEdges } from "../src/shield/trusted-edges.ts";
import { engineFolder } from "./support/engines.ts";
import { type Answer, ask } from "./support/http.ts";
import { testOrigin } from "./support/origin.ts";

function tell(exchange: Exchange, text: string): void {
  begin(exchange, 200, ["Content-Length", String(text.length)]);
  exchange.response.end(text);
}

/** A server that answers with the address of whoever asks. */
async function teller(t: TestContext): Promise<{ server: HttpServer; path: string; port: number }> {
  const path = join(engineFolder(t), "origin.sock");
  writeFileSync(path, "what one that was killed left");
  const handler = async (exchange: Exchange): Promise<void> => {
    tell(exchange, exchange.client ?? "nobody");
  };
  const server = new HttpServer(handler, defaultLimits, () => {});
  await server.listenToEdge(path);
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(() => server.stop(0));
  return { server, path, port };
}

function askSocket(socketPath: string, forwarded?: string | readonly string[]): Promise<string> {
  const headers = forwarded === undefined ? {} : { "X-Forwarded-For": forwarded as string[] };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath, headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.once("end", () => resolve(text));
    });
    request.once("error", reject).end();
  });
}

test("our own edge is believed about whom it asks for, and nobody else is", async (t) => {
  const { path, port } = await teller(t);
  assert.equal(await askSocket(path, "203.0.113.9"), "203.0.113.9");
  assert.equal(await askSocket(path, "2001:db8::1"), "2001:db8::1");
  // What a client said comes before what the edge added.
  assert.equal(await askSocket(path, "9.9.9.9, 203.0.113.9"), "203.0.113.9");
  assert.equal(await askSocket(path, ["9.9.9.9", "203.0.113.9"]), "203.0.113.9");
  for (const bad of ["", "unknown", "203.0.113.9,", "1.2.3", "9".repeat(4_000)]) {
    assert.equal(await askSocket(path, bad), "nobody", bad.slice(0, 20));
  }
  assert.equal(await askSocket(path), "nobody");
  const headers = { "X-Forwarded-For": "203.0.113.9" };
  const direct = await ask(`http://127.0.0.1:${port}/`, { headers });
  assert.equal(direct.body.toString(), "127.0.0.1");
});

test("an edge is believed by its address, and a client that says the same is not", async (t) => {
  const trustedEdges = ["127.0.0.2", "127.3.0.0/16", "2001:db8::/48"];
  const edges = new TrustedEdges(trustedEdges);
  for (const address of ["127.0.0.2", "::ffff:127.0.0.2", "127.3.9.9", "2001:db8::9"]) {
    assert.ok(edges.includes(address), address);
  }
  for (const address of ["127.0.0.1", "127.4.0.1", "2001:db9::1", "::1", "x", undefined]) {
    assert.ok(!edges.includes(address), address);
  }
  const handler = async (exchange: Exchange): Promise<void> => {
    const { client, from } = exchange;
    tell(exchange, `${client ?? "nobody"} ${from?.near.subarray(12).join(".") ?? "-"}`);
  };
  const server = new HttpServer(handler, defaultLimits, () => {}, { edges });
  const port = await server.listen({ host: "127.0.0.1", port: 0, reusePort: false });
  t.after(() => server.stop(0));
  const seen = async (localAddress: string, forwarded?: string): Promise<string> => {
    const agent = new Agent({ localAddress });
    const headers = forwarded === undefined ? {} : { "X-Forwarded-For": forwarded };
    const { body } = await ask(`http://127.0.0.1:${port}/`, { agent, headers });
    agent.destroy();
    return body.toString();
  };
  assert.equal(await seen("127.0.0.2", "9.9.9.9, 203.0.113.9"), "203.0.113.9 203.0.113.9");
  assert.equal(await seen("127.3.1.1", "203.0.113.9"), "203.0.113.9 203.0.113.9");
  assert.equal(await seen("127.0.0.2"), "nobody -");
  for (const forged of ["203.0.113.9", "127.0.0.2", "::1", "127.0.0.2, 127.0.0.2"]) {
    assert.equal(await seen("127.0.0.1", forged), "127.0.0.1 127.0.0.1", forged);
  }
});

test("what is no edge, or would make one of half the world, is refused before anything starts", async (t) => {
  for (const network of ["edge.example", "10.0.0.0/33", "0.0.0.0/0", "10.0.0.0/7", "::/4", ""]) {
    await assert.rejects(testOrigin(t, { trustedEdges: [network] }), { code: "USAGE_ARGUMENT" });
  }
  const many = Array.from({ length: 65 }, (_, at) => `10.0.0.${at}`);
  await assert.rejects(testOrigin(t, { trustedEdges: many }), { code: "USAGE_ARGUMENT" });
});

test("who asks through our own edge is counted as a source, and not the edge", async (t) => {
  const path = join(engineFolder(t), "origin.sock");
  const meter = new SourceMeter([1, 2]);
  const handler = async (exchange: Exchange): Promise<void> => tell(exchange, "yes");
  const server = new HttpServer(countSources(handler, meter), defaultLimits, () => {});
  await server.listenToEdge(path);
  t.after(() => server.stop(0));
  for (const address of ["203.0.113.9", "203.0.113.9", "2001:db8::1"])
    await askSocket(path, address);
  assert.equal(await askSocket(path), "yes", "and one that is unknown is served, too");
  assert.deepEqual(meter.report().networks, [
    ["203.0.113.0/24", 2],
    ["2001:db8::/48", 1],
  ]);
});

test("the public door is shut and opened again while the edge's stays open", async (t) => {
  const { server, path, port } = await teller(t);
  const once = (): Promise<Answer> => {
    return ask(`http://127.0.0.1:${port}/`, { headers: { Connection: "close" } });
  };
  for (let round = 0; round < 12; round++) {
    server.unlisten();
    await assert.rejects(once(), { code: "ECONNREFUSED" });
    assert.equal(await askSocket(path, "203.0.113.9"), "203.0.113.9");
    await server.listen({ host: "127.0.0.1", port, reusePort: false });
    assert.equal((await once()).status, 200);
  }
});
