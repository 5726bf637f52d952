import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { causeway, checkout, folderFor, serveTree, sourceOption } from "../support/cli.ts";

const run = promisify(execFile);

test("the example application becomes its next version, over the route that is alive", async (t) => {
  const folder = folderFor(t);
  const source = await readFile(path.join(checkout, "examples", "own-app", "app.ts"), "utf8");
  const next = path.join(folder, "next.ts");
  await writeFile(next, source.replace('version = "1.0.0"', 'version = "1.1.0"'));
  const vendor = path.join(folder, "vendor");
  const add = ["add", next, "--product", "own-app", "--version", "1.1.0", "--dir", vendor];
  for (const args of [
    ["init", vendor, "--name", "Example", "--dev"],
    add,
    ["publish", "--dir", vendor],
  ]) {
    const { code, stderr } = await causeway(args);
    assert.equal(code, 0, stderr);
  }
  const installed = path.join(folder, "app.ts");
  await writeFile(installed, source);
  await copyFile(
    path.join(vendor, "repository", "metadata", "1.root.json"),
    path.join(folder, "root.json"),
  );
  await symlink(path.join(checkout, "node_modules"), path.join(folder, "node_modules"));
  const { url } = await serveTree(t, path.join(vendor, "repository"));

  const env = {
    ...process.env,
    NODE_OPTIONS: sourceOption,
    OWN_APP_ROUTES: `http://127.0.0.1:1/ ${url}`,
  };
  const first = await run(process.execPath, [installed], { env });
  const second = await run(process.execPath, [installed], { env });

  assert.match(first.stdout, /^own-app 1\.0\.0\n[^]*updated to 1\.1\.0, medium/);
  assert.equal(second.stdout, "own-app 1.1.0\n");
  assert.equal(await readFile(installed, "utf8"), await readFile(next, "utf8"));

  await writeFile(installed, source.replace('version = "1.0.0"', 'version = "1.2.0"'));
  await rm(path.join(folder, "update-state"), { recursive: true });
  const ahead = await run(process.execPath, [installed], { env });
  assert.equal(ahead.stdout, "own-app 1.2.0\n", "nothing older takes its place");
});
