import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { testOrigin } from "./support/origin.ts";
import { noise } from "./support/repository.ts";

const run = promisify(execFile);

function missing(program: string): string | false {
  return spawnSync(program, ["--version"]).error === undefined ? false : `no ${program} here`;
}

test("curl resumes a download and believes an ETag", { skip: missing("curl") }, async (t) => {
  const origin = await testOrigin(t);
  const folder = mkdtempSync(join(tmpdir(), "causeway-curl-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const bytes = noise(3_000_000);
  const url = new URL(origin.repository.addTarget(bytes), origin.url).href;
  const file = join(folder, "file");
  writeFileSync(file, bytes.subarray(0, 1_234_567));
  await run("curl", ["-sSf", "-C", "-", "-o", file, url]);
  assert.ok(readFileSync(file).equals(bytes));
  const tag = join(folder, "tag");
  const options = ["-sSf", "--etag-save", tag, "--etag-compare", tag, "-w", "%{http_code}"];
  const get = async (): Promise<string> =>
    (await run("curl", [...options, "-o", file, url])).stdout;
  assert.equal(await get(), "200");
  assert.equal(await get(), "304");
});

test("aria2 fetches over many connections, also through Link: rel=duplicate", {
  skip: missing("aria2c"),
}, async (t) => {
  const alternate = await testOrigin(t);
  const origin = await testOrigin(t, { duplicates: [alternate.url] });
  const folder = mkdtempSync(join(tmpdir(), "causeway-aria2-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const bytes = noise(6_000_000);
  alternate.repository.addTarget(bytes);
  const url = new URL(origin.repository.addTarget(bytes), origin.url).href;
  const options = ["-q", "--no-conf", "-x4", "-s4", "-k1M", "-d", folder, "-o", "file"];
  await run("aria2c", [...options, url]);
  assert.ok(readFileSync(join(folder, "file")).equals(bytes));
});
