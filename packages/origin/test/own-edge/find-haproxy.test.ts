import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { findHaproxy } from "../../src/own-edge/find-haproxy.ts";
import { engineFolder, missing } from "../support/engines.ts";

/** A folder with a program of that name that says `text`. */
function folderWith(t: TestContext, text: string, mode = 0o755): string {
  const folder = engineFolder(t);
  writeFileSync(join(folder, "haproxy"), `#!/bin/sh\n${text}\n`, { mode });
  return folder;
}

const line = (version: string): string => `echo "HAProxy version ${version} 2026/10/17"`;

test("the first HAProxy that is new enough is taken", async (t) => {
  const old = folderWith(t, line("2.4.30"));
  const debians = folderWith(t, line("2.6.12-1+deb12u4"));
  const newest = folderWith(t, line("3.2.1"));
  const path = [old, debians, newest].join(delimiter);
  assert.deepEqual(await findHaproxy(path, []), {
    file: join(debians, "haproxy"),
    version: "2.6.12",
  });
  assert.equal((await findHaproxy(newest, [])).version, "3.2.1");
});

test("an HAProxy outside the search path is found where systems put it", async (t) => {
  const folder = folderWith(t, line("2.8.0"));
  assert.equal((await findHaproxy(undefined, [folder])).file, join(folder, "haproxy"));
});

test("what is none, or cannot be run, is passed over, and the error says what to do", async (t) => {
  const folder = engineFolder(t);
  mkdirSync(join(folder, "haproxy"));
  const bad = [
    folder,
    folderWith(t, line("2.9.0"), 0o644),
    folderWith(t, "exit 3"),
    folderWith(t, "yes version"), // no end
    "relative",
    "",
  ];
  const error = { code: "HOST_MISSING", message: /2\.6 or later .* install it \(apt-get/ };
  await assert.rejects(findHaproxy(bad.join(delimiter), []), error);
  await assert.rejects(findHaproxy(folder.concat("/none"), [engineFolder(t)]), {
    ...error,
    message: /^there is no haproxy on the search path/,
  });
  await assert.rejects(findHaproxy(folderWith(t, line("2.5.9")), []), {
    ...error,
    message: /haproxy is 2\.5\.9, and HAProxy 2\.6 or later/,
  });
});

test("the HAProxy of this machine is found", { skip: missing("haproxy") }, async () => {
  const { version } = await findHaproxy(process.env["PATH"]);
  assert.match(version, /^\d+\.\d+/);
});
