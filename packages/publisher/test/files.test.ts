import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readDocumentUpTo, readFileUpTo } from "../src/disk/files.ts";

for (const read of [readFileUpTo, readDocumentUpTo]) {
  test(`${read.name} tells what is missing, and what is too long`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "causeway-files-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "document.json");
    assert.equal(await read(file, 10), undefined);
    writeFileSync(file, "0123456789");
    assert.equal(String(await read(file, 10)), "0123456789");
    await assert.rejects(read(file, 9), { code: "HOST_CORRUPT_STATE", message: /larger than any/ });
    writeFileSync(file, Buffer.alloc(300 * 1024, 7));
    assert.equal((await read(file, 1_000_000))?.length, 300 * 1024);
  });

  test(`${read.name} waits for a pipe without holding up anything else`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "causeway-files-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reading = read(pipe, 10);
    await writeFile(pipe, "late");
    assert.equal(String(await reading), "late");
  });
}
