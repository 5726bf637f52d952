import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { CausewayError } from "@causeway/kernel";
import type { ClientEvent } from "../src/client.ts";
import { nodePorts, openClient } from "../src/node/index.ts";
import { exchange } from "../src/routes/exchange.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import { vendor } from "./support/customer.ts";
import { startRoute } from "./support/faulty-route.ts";
import { portsIn2030, product, startRoutes } from "./support/field.ts";
import { quickExchange } from "./support/quick.ts";
import { tempFolder } from "./support/temp-folder.ts";

const routes = ["http://127.0.0.1:9/"]; // nobody listens there

function hasCode(code: string): (error: CausewayError) => boolean {
  return (error) => {
    assert.equal(error.code, code, error.message);
    return true;
  };
}

test("a client on files says what is missing, and lets go of what it opened", async () => {
  await using folder = await tempFolder();
  const stateFolder = path.join(folder.path, "state");
  const trust = path.join(folder.path, "root.json");
  await assert.rejects(openClient({ routes, stateFolder, trust }), hasCode("USAGE_ARGUMENT"));
  await assert.rejects(openClient({ routes: ["x"], stateFolder }), hasCode("USAGE_ARGUMENT"));
  const client = await openClient({ routes, stateFolder });
  await assert.rejects(client.check("reader"), hasCode("USAGE_TRUST_MISSING"));
  await fs.writeFile(trust, "no root");
  const mistaken = await openClient({ routes, stateFolder, trust });
  await assert.rejects(mistaken.check("reader"), hasCode("USAGE_ARGUMENT"));
  const abort = new AbortController();
  abort.abort();
  await assert.rejects(client.check("reader", { signal: abort.signal }), hasCode("INTERRUPTED"));
  client.close();
  assert.deepEqual(await fs.readdir(stateFolder), ["lock"]);
});

test("a damaged pin is named with its folder", async () => {
  await using folder = await tempFolder();
  const stateFolder = path.join(folder.path, "state");
  const pin = path.join(stateFolder, "pinned-root.json");
  await fs.mkdir(stateFolder);
  await fs.writeFile(pin, "no root");
  const client = await openClient({ routes, stateFolder });
  await assert.rejects(client.check("reader"), (error: CausewayError) => {
    assert.ok(error.message.startsWith(`${pin} is damaged; `), error.message);
    return hasCode("HOST_CORRUPT_STATE")(error);
  });
  client.close();
});

test("closing a client interrupts what it does, for good", async () => {
  await using folder = await tempFolder();
  await using silent = await startRoute("hangs-before-headers", new Map());
  const stateFolder = path.join(folder.path, "state");
  const client = await openClient({ routes: [silent.url], stateFolder, trust: vendor.trust });
  const check = assert.rejects(client.check("reader"), hasCode("INTERRUPTED"));
  while (silent.requests.length === 0) await nodePorts().clock.sleep(5);
  client.close();
  await check;
  await assert.rejects(client.check("reader"), hasCode("INTERRUPTED"));
});

test("closing a client while it checks the whole file leaves no patch", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const stateFolder = path.join(folder.path, "state");
  const output = path.join(folder.path, "new");
  const open = { routes: fleet.urls, stateFolder, trust: vendor.trust, ports: portsIn2030() };
  const client = await openClient(open);
  const onProgress = ({ kind }: ClientEvent): void => {
    if (kind === "verify") client.close();
  };
  await assert.rejects(client.get(product, { output, onProgress }), hasCode("INTERRUPTED"));
  await assert.rejects(fs.stat(output), /ENOENT/);
});

test("a device is no place for a patch", async () => {
  await using folder = await tempFolder();
  const client = await openClient({ routes, stateFolder: path.join(folder.path, "state") });
  await assert.rejects(client.get("reader", { output: "/dev/null" }), hasCode("USAGE_ARGUMENT"));
  client.close();
});

test("what is no readable file is told, and the patch comes without it", async () => {
  await using folder = await tempFolder();
  await using fleet = await startRoutes(["honest"], vendor.files());
  const at = (name: string): string => path.join(folder.path, name);
  execFileSync("mkfifo", [at("pipe")]);
  await fs.mkdir(at("folder"));
  await fs.writeFile(at("secret"), "of somebody else", { mode: 0 });
  const open = { routes: fleet.urls, trust: vendor.trust, ports: portsIn2030() };
  const client = await openClient({ ...open, stateFolder: at("state") });
  const told: ClientEvent[] = [];
  const onProgress = (event: ClientEvent): void => {
    if (event.kind === "unreadable") told.push(event);
  };
  const have = [at("pipe"), at("folder"), "/dev/null", at("none"), at("none/below")];
  const got = await client.get(product, { output: at("new"), have, onProgress });
  assert.equal(got.length, (await fs.stat(at("new"))).size);
  assert.deepEqual(
    told.map((event) => event.kind === "unreadable" && event.file),
    have,
  );
  told.length = 0;
  if (process.geteuid?.() === 0) process.seteuid?.(65534); // root may read what it likes
  try {
    const denied = client.get(product, { output: at("new"), have: [at("secret")], onProgress });
    await denied.catch(() => undefined); // nor can the state be written
  } finally {
    process.seteuid?.(process.getuid?.() ?? 0);
  }
  assert.match(JSON.stringify(told), /secret: the operating system refuses access/);
  client.close();
});

test("more old files than are looked through are refused, before one is opened", async () => {
  await using folder = await tempFolder();
  const client = await openClient({ routes, stateFolder: path.join(folder.path, "state") });
  const have = Array.from({ length: 17 }, () => "none");
  const told: ClientEvent[] = [];
  const get = client.get(product, { have, onProgress: (event) => told.push(event) });
  await assert.rejects(get, /^UsageError: 17 old files; at most 16 are looked through\.$/);
  assert.deepEqual(told, []);
  client.close();
});

test("a folder answers as a server would", async () => {
  await using folder = await tempFolder();
  const tree = path.join(folder.path, "a stick");
  await fs.mkdir(path.join(tree, "targets", "folder"), { recursive: true });
  await fs.writeFile(path.join(tree, "targets", "a%b"), "0123456789");
  execFileSync("mkfifo", [path.join(tree, "targets", "pipe")]);
  const route = parseRoute(pathToFileURL(tree).href);
  const ports = nodePorts();
  const ask = async (name: string, range?: { start: number; end: number }): Promise<string> => {
    const { signal } = new AbortController();
    const request = { path: `targets/${name}`, lengthMax: 10, limits: quickExchange, signal };
    const answer = await exchange(ports, route, { ...request, ...(range && { range }) });
    let text = "";
    for await (const bytes of answer.body) text += new TextDecoder().decode(bytes);
    return text;
  };
  assert.equal(await ask("a%25b"), "0123456789");
  assert.equal(await ask("a%25b", { start: 2, end: 5 }), "234");
  await assert.rejects(ask("a%25b", { start: 8, end: 12 }), hasCode("ROUTE_MISLABELLED"));
  await assert.rejects(ask("a%25b", { start: 10, end: 12 }), hasCode("ROUTE_MISLABELLED"));
  for (const missing of ["none", "folder", "a%25b/x", "pipe", "a%2Fb", "x".repeat(300)]) {
    await assert.rejects(ask(missing), hasCode("ROUTE_MISSING"), missing);
  }
});
