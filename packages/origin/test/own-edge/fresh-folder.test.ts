import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { freshen } from "../../src/own-edge/fresh-folder.ts";
import { engineFolder } from "../support/engines.ts";

test("a folder in use, its files and its sockets are not taken for forgotten", async (t) => {
  const folder = join(engineFolder(t), "run");
  mkdirSync(folder);
  const paths = [join(folder, "haproxy.cfg"), join(folder, "control"), folder];
  writeFileSync(join(folder, "haproxy.cfg"), "");
  const server = createServer().listen(join(folder, "control"));
  await once(server, "listening");
  t.after(() => server.close());
  const elevenDays = Date.now() / 1000 - 11 * 86_400;
  for (const path of paths) utimesSync(path, elevenDays, elevenDays);
  await freshen(folder);
  for (const path of paths) {
    const { atimeMs, mtimeMs } = statSync(path);
    assert.ok(Math.min(atimeMs, mtimeMs) > Date.now() - 60_000, path);
  }
});

test("what is not there is not made", async (t) => {
  const none = join(engineFolder(t), "none");
  await freshen(none);
  assert.equal(existsSync(none), false);
});
