import assert from "node:assert/strict";
import { access, appendFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { hangingFolder } from "../../packages/publisher/test/support/hanging-folder.ts";
import { causeway, ended, folderFor, start } from "../support/cli.ts";

test("a carrier whose file system hangs keeps no command from its end", async (t) => {
  const hanging = await hangingFolder(t);
  if (hanging === undefined) return;
  const cwd = folderFor(t);
  await causeway(["init", "v", "--name", "C", "--dev"], { cwd });
  const config = path.join(cwd, "v", "causeway.yaml");
  const text = await readFile(config, "utf8");
  await writeFile(config, text.replace(/^carriers:.*$/m, ""));
  await appendFile(
    config,
    "carriers:\n  - { id: web, kind: folder, path: ../web }\n" +
      `  - { id: lost, kind: folder, path: ${hanging}/web }\n`,
  );
  await writeFile(path.join(cwd, "reader.bin"), "a patch");
  const add = ["add", "reader.bin", "--dir", "v", "--product", "reader", "--version", "1.0"];
  assert.equal((await causeway(add, { cwd })).code, 0);
  const child = start(["publish", "--dir", "v"], { cwd });
  const end = ended(child);
  await appearsIn(path.join(cwd, "web", "metadata", "timestamp.json"));
  child.kill("SIGINT");
  const { code, signal, stderr } = await end;
  assert.deepEqual([code, signal], [130, null], stderr);
  const { code: again } = await causeway(["keys", "list", "--dir", "v"], { cwd });
  assert.equal(again, 0);
});

async function appearsIn(file: string): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    try {
      await access(file);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  assert.fail(`${file} never came`);
}
