import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { causeway, causewayJson, folderFor } from "../support/cli.ts";

interface Pruned {
  readonly keepDays: number;
  readonly routes: readonly {
    readonly id: string;
    readonly ok: boolean;
    readonly waiting: number;
  }[];
}

test("prune tells how long files stay, of each place how many wait, and refuses too short a time", async (t) => {
  const cwd = folderFor(t);
  const run = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await causeway(args, { cwd });
    assert.equal(code, 0, stderr);
  };
  await run("init", "vendor", "--name", "Contoso", "--dev");
  await writeFile(path.join(cwd, "reader"), "a patch");
  await run("add", "reader", "--product", "reader", "--version", "1.0", "--dir", "vendor");
  await run("publish", "--dir", "vendor");
  const { json } = await causewayJson(["prune", "--dir", "vendor", "--dry-run"], { cwd });
  const pruned = json as Pruned;
  assert.equal(pruned.keepDays, 21);
  assert.deepEqual(
    pruned.routes.map(({ id, ok }) => [id, ok]),
    [["repository", true]],
  );
  assert.ok((pruned.routes[0]?.waiting ?? 0) > 0, "what init signed");
  const told = await causeway(["prune", "--dir", "vendor"], { cwd });
  assert.match(told.stdout, /repository: 0 files removed, \d+ waiting/);
  for (const days of ["3", "many"]) {
    const refused = await causeway(["prune", "--dir", "vendor", "--keep-days", days], { cwd });
    assert.equal(refused.code, 2, refused.stderr);
  }
});
