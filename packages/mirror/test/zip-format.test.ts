import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { dataOffset, directoryOf, localHeader, placeEntries } from "../src/bundle/zip-format.ts";
import { treeFolder } from "./support/mirrored.ts";

test("files beyond 4 GiB, and more than 65,535 of them, are found by Python's reader", async (t) => {
  const folder = await treeFolder(t);
  const file = join(folder, "a.zip");
  const text = Buffer.from("at the end");
  const few = Array.from({ length: 66_000 }, (_, at) => ({ name: `few/${at}`, length: 0 }));
  const { entries, directoryAt } = placeEntries([
    { name: "long", length: 5 * 2 ** 30 },
    { name: "end", length: text.length },
    ...few,
  ]);
  const [long, end] = entries;
  assert.ok(long && end);
  const written = entries.with(1, { ...end, crc32: crc32(text) });
  const descriptor = openSync(file, "w"); // sparse: nobody reads what is long
  const put = (bytes: Uint8Array, at: number) => writeSync(descriptor, bytes, 0, bytes.length, at);
  for (const entry of [long, end]) put(localHeader(entry), entry.offset);
  put(text, dataOffset(end));
  put(directoryOf(written, directoryAt), directoryAt);
  closeSync(descriptor);
  assert.ok(statSync(file).size > 5 * 2 ** 30);
  const script = [
    "import sys, zipfile",
    "z = zipfile.ZipFile(sys.argv[1])",
    "print(len(z.infolist()), z.getinfo('long').file_size, z.read('end').decode())",
  ].join("\n");
  const told = execFileSync("python3", ["-c", script, file], { encoding: "utf8" });
  assert.equal(told.trim(), "66002 5368709120 at the end");
});
