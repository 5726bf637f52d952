import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chunkLengths, encodeChunkIndex } from "@causeway/kernel";
import { type Published, programBytes, publish, sha256 } from "./support/download-fixture.ts";
import { fatDisk, noFat, runOnFat } from "./support/fat-machine.ts";
import { tempFolder } from "./support/temp-folder.ts";

const MiB = 1024 * 1024;
const child = fileURLToPath(new URL("./support/download-child.ts", import.meta.url));
const run = (told: string): string => `${process.execPath} ${child} ${told}; echo "exit $?"`;

/** A patch as a folder has it. @returns what a child is told to fetch */
async function carry(patch: Published, tree: string): Promise<object> {
  for (const [name, bytes] of patch.files) {
    await fs.mkdir(path.dirname(path.join(tree, name)), { recursive: true });
    await fs.writeFile(path.join(tree, name), bytes);
  }
  const { target, release } = patch;
  return { target, release, folder: fatDisk, urls: [pathToFileURL(`${tree}/`).href] };
}

/** A patch of 4 GiB, one byte more than FAT can hold. Nothing but its index is there. */
function tooLarge(): Published {
  const patch = publish(programBytes(1_000, 1), { pack: false });
  const { target, release } = patch;
  const { max } = chunkLengths;
  const place = { offset: 0, packOffset: 0, packLength: 0 };
  const chunks = Array.from({ length: 2 ** 32 / max }, () => {
    return { ...place, sha256: target.sha256, length: max };
  });
  const length = 2 ** 32;
  const bytes = encodeChunkIndex({
    target: { length, sha256: target.sha256 },
    pack: undefined,
    chunks,
  });
  const index = { ...release.index, length: bytes.length, sha256: sha256(bytes) };
  const files = new Map([[patch.pathOf(index), bytes]]);
  return { ...patch, target: { ...target, length }, release: { ...release, index }, files };
}

test("a patch gets onto a real FAT disk after a kill, in place of an old version; one of 4 GiB does not", {
  skip: noFat(),
}, async (t) => {
  await using folder = await tempFolder();
  const at = (name: string): string => path.join(folder.path, name);
  const old = programBytes(8 * MiB, 71);
  const patch = publish(Buffer.concat([old, programBytes(24 * MiB, 72)]));
  const told = await carry(patch, at("tree"));
  await fs.writeFile(at("whole.json"), JSON.stringify(told));
  await fs.writeFile(at("killed.json"), JSON.stringify({ ...told, killAt: 9 * MiB }));
  await fs.writeFile(at("large.json"), JSON.stringify(await carry(tooLarge(), at("large"))));
  await fs.writeFile(at("old"), old);
  // With the old version and the part there is less free than the patch is long.
  const commands = [
    `cp ${at("old")} ${fatDisk}/App`,
    run(at("killed.json")),
    `sha256sum ${fatDisk}/App`,
    run(at("whole.json")),
    `ls -A ${fatDisk}`,
    `umount ${fatDisk} && mount -t vfat /dev/ubda ${fatDisk}`,
    `sha256sum ${fatDisk}/APP`,
    run(at("large.json")),
  ];
  const printed = runOnFat(folder.path, 64 * MiB, commands, (text) => t.diagnostic(text));
  const said = printed
    .split("\n")
    .filter((line) => !/^(?:plan|progress|search|verify)$/.test(line));
  const [first, second, third] = said.filter((line) => line.startsWith("exit "));
  assert.deepEqual([first, second, third], ["exit 137", "exit 0", "exit 1"], printed);
  const sums = said.filter((line) => /^[0-9a-f]{64} /.test(line)).map((line) => line.slice(0, 64));
  assert.deepEqual(sums, [sha256(old), patch.target.sha256], "old, then new");
  const result = said.find((line) => line.startsWith("{")) ?? "{}";
  const { reused } = JSON.parse(result) as { reused: number };
  assert.ok(reused >= 9 * MiB, `${reused} of ${patch.target.length}`);
  assert.ok(said.includes("App") && !said.some((line) => line.startsWith(".app.")), printed);
  assert.match(
    printed,
    /HostError: .* 4294967296 bytes: no file of this file system is that long \(FAT: 4 GiB\)/,
  );
  assert.ok(said.includes("unmounted"), printed);
});
