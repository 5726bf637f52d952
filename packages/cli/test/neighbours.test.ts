import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { Got } from "@causeway/client";
import { Interrupted } from "@causeway/kernel";
import { holdForOthers } from "../src/neighbours.ts";
import { Terminal } from "../src/terminal.ts";

test("Ctrl-C while a patch is held for others is told, and the patch stays got", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "causeway-cli-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const stream = new PassThrough().setEncoding("utf8");
  const got = { product: "reader", version: "1.0", file: path.join(folder, "reader"), length: 10 };
  const how = { state: path.join(folder, "state"), platform: "any", routes: [], neighbours: [] };
  const signal = AbortSignal.abort(new Interrupted());
  await holdForOthers(got as unknown as Got, how, {
    terminal: new Terminal(process.stdout, stream as unknown as NodeJS.WriteStream),
    signal,
  });
  assert.match(
    String(stream.read()),
    /^warning: reader 1\.0 is not held for neighbours: interrupted/,
  );
});
