import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { type RouteCode, RouteError } from "@causeway/kernel";
import { nodePorts } from "../src/node/index.ts";
import { type Answer, exchange } from "../src/routes/exchange.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import { quickExchange } from "./support/quick.ts";
import { type TempFolder, tempFolder } from "./support/temp-folder.ts";

const ports = nodePorts();

function open(folder: TempFolder, name: string): Promise<Answer> {
  const { signal } = new AbortController();
  const request = { path: `targets/${name}`, lengthMax: 1e6, limits: quickExchange, signal };
  return exchange(ports, parseRoute(pathToFileURL(path.join(folder.path, "tree")).href), request);
}

async function read(answer: Answer): Promise<string> {
  let text = "";
  for await (const bytes of answer.body) text += new TextDecoder().decode(bytes);
  return text;
}

function hasCode(code: RouteCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof RouteError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

async function stick(): Promise<TempFolder> {
  const folder = await tempFolder();
  await fs.mkdir(path.join(folder.path, "tree", "targets"), { recursive: true });
  return folder;
}

test("a folder that is gone, or a file in its place, has nothing", async () => {
  await using folder = await tempFolder();
  await assert.rejects(open(folder, "app"), hasCode("ROUTE_MISSING"));
  await fs.writeFile(path.join(folder.path, "tree"), "a file");
  await assert.rejects(open(folder, "app"), hasCode("ROUTE_MISSING"));
});

test("a link is what it leads to: a file, and never a device, a circle or nothing", async () => {
  await using folder = await stick();
  const targets = path.join(folder.path, "tree", "targets");
  await fs.writeFile(path.join(folder.path, "elsewhere"), "verified all the same");
  await fs.symlink("../../elsewhere", path.join(targets, "out"));
  assert.equal(await read(await open(folder, "out")), "verified all the same");
  await fs.symlink("/dev/zero", path.join(targets, "endless"));
  await fs.symlink("circle", path.join(targets, "circle"));
  await fs.symlink("nowhere", path.join(targets, "dangling"));
  for (const name of ["endless", "circle", "dangling"]) {
    await assert.rejects(open(folder, name), hasCode("ROUTE_MISSING"), name);
  }
});

test("a file that gets shorter while it is read is found out", async () => {
  await using folder = await stick();
  const file = path.join(folder.path, "tree", "targets", "app");
  await fs.writeFile(file, Buffer.alloc(500_000));
  const answer = await open(folder, "app");
  await fs.truncate(file, 100_000);
  await assert.rejects(read(answer), hasCode("ROUTE_TRUNCATED"));
});

test("a long file is read into one buffer", async () => {
  await using folder = await stick();
  const name = path.join(folder.path, "tree", "targets", "long");
  await fs.writeFile(name, Buffer.alloc(300_000, "x"));
  const buffers = new Set<ArrayBufferLike>();
  let length = 0;
  for await (const bytes of (await open(folder, "long")).body) {
    buffers.add(bytes.buffer);
    length += bytes.length;
  }
  assert.deepEqual([length, buffers.size], [300_000, 1]);
});

test("a file over its bound is refused before its first byte", async () => {
  await using folder = await stick();
  const file = path.join(folder.path, "tree", "targets", "app");
  await fs.writeFile(file, "");
  await fs.truncate(file, 10e9); // sparse
  await assert.rejects(open(folder, "app"), hasCode("ROUTE_ENDLESS"));
});
