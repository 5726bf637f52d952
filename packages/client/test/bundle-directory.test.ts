import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  BundleFault,
  type ByteSource,
  locate,
  readDirectory,
} from "../src/node/bundle/directory.ts";
import { noise } from "./support/field.ts";
import { type ZipFile, zipOf } from "./support/zip.ts";

/** Bytes that nobody may read beyond. */
function sourceOf(bytes: Buffer): ByteSource {
  return {
    length: bytes.length,
    async readAll(position, length) {
      assert.ok(position >= 0 && length >= 0 && position + length <= bytes.length, "within it");
      return bytes.subarray(position, position + length);
    },
  };
}

const files: readonly ZipFile[] = [
  { name: "metadata/", bytes: noise(0, 1) },
  { name: "metadata/timestamp.json", bytes: noise(300, 1) },
  { name: "targets/patches/a/b", bytes: noise(2_000, 2) },
  { name: "targets/empty", bytes: noise(0, 3) },
];

/** What of it can be got: each file's bytes by name. */
async function contentOf(bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const source = sourceOf(bytes);
  const content = new Map<string, Buffer>();
  for (const [name, entry] of await readDirectory(source)) {
    const start = await locate(source, name, entry);
    content.set(name, await source.readAll(start, entry.length));
  }
  return content;
}

for (const isLong of [false, true]) {
  test(`each file of a ${isLong ? "ZIP64" : "ZIP"} file is found, and folders are none`, async () => {
    const content = await contentOf(zipOf(files, isLong));
    const expected = files.slice(1).map(({ name, bytes }) => [name, Buffer.from(bytes)] as const);
    assert.deepEqual([...content], expected);
  });
}

const [, first = { name: "", bytes: noise(0, 0) }, second = first] = files;
const bad: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  "nothing at all": [Buffer.alloc(0), /is cut off before its end/],
  "bytes without end": [Buffer.from(noise(5_000, 9)), /is cut off before its end/],
  "a file that was cut off": [zipOf(files).subarray(0, -1), /is cut off before its end/],
  "a compressed file": [zipOf([{ ...first, method: 8 }]), /compressed or encrypted/],
  "an encrypted file": [zipOf([{ ...first, flags: 1 }]), /compressed or encrypted/],
  "a file that is there twice": [zipOf([first, second, first]), /is there twice/],
  "two files in one place": [zipOf([first, { ...second, listedAt: 0 }]), /lies where another/],
  "a file that reaches into the next": [
    zipOf([{ ...first, bytes: noise(400, 1) }, second].map((file) => ({ ...file, listedAt: 0 }))),
    /lies where another/,
  ],
  "a file that reaches into the list": [zipOf([{ ...first, listedAt: 9 }]), /lies where another/],
  "a file of two lengths": [zipOf([{ ...first, listedLength: 7 }]), /two lengths/],
  "a file beyond all bytes": [zipOf([{ ...first, listedAt: 2 ** 40 }], true), /lies where another/],
  "a folder that is a file": [zipOf([{ ...first, name: "targets/" }]), /a folder that is a file/],
  "another file than was listed": [
    zipOf([{ ...first, ownName: "metadata/timestamp.jsoN" }]),
    /not where its list says/,
  ],
  "an end that tells of more": [
    Buffer.concat([zipOf([first]).subarray(0, -12), Buffer.of(9), zipOf([first]).subarray(-11)]),
    /list of files/,
  ],
  "more files than are honest": [longCount(250_001), /more than any honest one/],
};
for (const name of ["../x", "/x", "a/../x", "a//x", "a\\x", "C:x", "a/./x", "x\0", "a b", ""]) {
  const file = { ...first, name };
  Object.assign(bad, { [`a file called ${JSON.stringify(name)}`]: [zipOf([file]), /of the name/] });
}

/** @returns one that says that it lists so many files */
function longCount(count: number): Buffer {
  const bytes = zipOf(files, true);
  bytes.writeBigUInt64LE(BigInt(count), bytes.length - 22 - 76 + 32);
  return bytes;
}

for (const [what, [bytes, expected]] of Object.entries(bad)) {
  test(`${what} is no bundle`, async () => {
    await assert.rejects(contentOf(bytes), (error) => {
      assert.ok(error instanceof BundleFault, String(error));
      assert.match(error.message, expected);
      return true;
    });
  });
}

test("whatever bytes are changed or missing, it is read within itself, or refused", async () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
  let refused = 0;
  const property = fc.asyncProperty(fc.boolean(), changes, fc.nat(60), async (long, all, cut) => {
    const whole = zipOf(files, long);
    const headersAt = whole.length - 500; // most of what is not content
    for (const [at, byte] of all) whole[headersAt + (at % 500)] = byte;
    try {
      const content = await contentOf(whole.subarray(0, whole.length - (cut < 50 ? 0 : cut)));
      for (const bytes of content.values()) assert.ok(bytes.length <= whole.length);
    } catch (error) {
      assert.ok(error instanceof BundleFault, String(error));
      refused++;
    }
  });
  await fc.assert(property, { numRuns: 2_000 });
  assert.ok(refused > 500, `${refused}`);
});
