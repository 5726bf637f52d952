import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { addRelease } from "../src/index.ts";
import { patchBytes, TestVendor } from "./support/vendor.ts";

const osv = (id: string, modified: string, more = ""): string => {
  return `{ "id": "${id}", "modified": "${modified}", "score": 9.8${more} }`;
};

async function releasesOf(vendor: TestVendor): Promise<readonly string[]> {
  const names = await readdir(vendor.path("releases"), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith(".json")).toSorted();
}

test("add stages a patch with its record, and the record names every artifact", async (t) => {
  const vendor = await TestVendor.make(t);
  const added = await vendor.add({ version: "1.0", severity: "critical", platform: "linux-x64" });
  assert.equal(added.target, "patches/reader/1.0/linux-x64/reader");
  assert.equal(added.length, patchBytes("1.0").length);
  assert.deepEqual(await releasesOf(vendor), ["reader/1.0/linux-x64.json"]);
  const record = await readFile(vendor.path("releases/reader/1.0/linux-x64.json"), "utf8");
  const staged = await readdir(vendor.path("staged"));
  assert.equal(staged.length, 3); // raw, index, pack
  for (const sha256 of staged) assert.ok(record.includes(sha256));
  assert.match(record, /"releasedAt":"2026-08-12T09:00:00Z"/);
  assert.match(record, /"severity":"critical"/);
});

test("deltas start from the newest two earlier versions of the same platform", async (t) => {
  const vendor = await TestVendor.make(t);
  for (const version of ["1.0", "1.2", "1.10", "2.0"]) await vendor.add({ version });
  await vendor.add({ version: "1.12", platform: "linux-x64" });
  const added = await vendor.add({ version: "1.11" });
  assert.deepEqual(
    added.deltas.map((delta) => delta.from),
    ["1.10", "1.2"],
  );
  await vendor.publish();
  const published = await vendor.add({ version: "2.1" }); // the old files are published by now
  assert.deepEqual(
    published.deltas.map((delta) => delta.from),
    ["2.0", "1.11"],
  );
  const named = await vendor.add({ version: "2.2", replaces: ["1.0"] });
  assert.deepEqual(
    named.deltas.map((delta) => delta.from),
    ["1.0"],
  );
  const none = await vendor.add({ version: "2.3", replaces: [] });
  assert.deepEqual(none.deltas, []);
  await assert.rejects(vendor.add({ version: "2.4", replaces: ["7.7"] }), {
    code: "USAGE_ARGUMENT",
    message: /no version 7\.7 for any to replace; there is 2\.3, 2\.2/,
  });
});

test("a release file whose deltas are not those that its record vouches for is refused", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  await vendor.add({ version: "1.1" });
  const path = vendor.path("releases/reader/1.1/any.json");
  const text = await readFile(path, "utf8");
  const edited = text.replace(/("from":\{"length":)\d+/, "$11");
  assert.notEqual(edited, text);
  await writeFile(path, edited);
  await assert.rejects(vendor.publish(), { code: "HOST_CORRUPT_STATE", message: /any\.json was/ });
  await writeFile(path, text);
  await vendor.publish();
});

test("a file that is no patch is refused before anything is written", async (t) => {
  const vendor = await TestVendor.make(t);
  const empty = await vendor.file("empty", "");
  const folder = join(vendor.parent, "folder");
  await mkdir(folder);
  const pipe = join(vendor.parent, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const [file, message] of [
    [join(vendor.parent, "nowhere"), /there is no file/],
    [join(empty, "x"), /there is no file/],
    [empty, /is empty/],
    [folder, /is a folder/],
    [pipe, /is not a regular file/],
    ["/dev/zero", /is not a regular file/],
  ] as const) {
    await assert.rejects(vendor.add({ version: "1.0", file }), { code: "USAGE_ARGUMENT", message });
  }
  const loop = join(vendor.parent, "loop");
  await symlink(loop, loop);
  await assert.rejects(vendor.add({ version: "1.0", file: loop }), { code: "HOST_IO" });
  assert.deepEqual(await releasesOf(vendor), []);
  assert.deepEqual(await readdir(vendor.path("staged")).catch(() => []), []);
});

test("wrong words are refused, each with its code", async (t) => {
  const vendor = await TestVendor.make(t, { products: ["reader", "contoso-writer"] });
  for (const [options, code, message] of [
    [{ product: "raeder" }, "USAGE_UNKNOWN_PRODUCT", /Did you mean reader\?/],
    [{ product: "A/B" }, "USAGE_NAME", /not a product id/],
    [{ version: "v1" }, "USAGE_VERSION", /not a version/],
    [{ version: "" }, "USAGE_VERSION", /not a version/],
    [{ version: "1..2" }, "USAGE_VERSION", /not a version/],
    [{ version: "../1" }, "USAGE_VERSION", /not a version/],
    [{ platform: "Linux" }, "USAGE_NAME", /OS-ARCH/],
    [{ severity: "urgent" }, "USAGE_ARGUMENT", /critical, high, medium, low/],
    [{ releasedAt: "yesterday" }, "USAGE_ARGUMENT", /UTC/],
    [{ releasedAt: "2026-02-30T00:00:00Z" }, "USAGE_ARGUMENT", /UTC/],
    [{ install: "rm -rf" }, "USAGE_ARGUMENT", /install method/],
    [{ minimumVersion: "2.0" }, "USAGE_VERSION", /newer than 1\.0/],
    [{ replaces: ["x"] }, "USAGE_VERSION", /not a version/],
  ] as const) {
    await assert.rejects(
      vendor.add({ version: "1.0", ...options }),
      { code, message },
      JSON.stringify(options),
    );
  }
  assert.deepEqual(await releasesOf(vendor), []);
});

test("names that not every route can carry are refused with one that they can", async (t) => {
  const vendor = await TestVendor.make(t);
  for (const [name, suggestion] of [
    ["my patch.msi", "my-patch.msi"],
    ["two\nlines", "two-lines"],
    ["Übergrößenträger.exe", "Ubergro-entrager.exe"],
    ["..", "patch.bin"],
    [".hidden", "hidden"],
    ["a/../b", "a-..-b"],
    ["100%.bin", "100-.bin"],
    ["补丁", "patch.bin"],
    ["x".repeat(151), "patch.bin"],
  ] as const) {
    await assert.rejects(
      vendor.add({ version: "1.0", name }),
      (error: Error & { code: string }) => {
        assert.equal(error.code, "USAGE_NAME");
        assert.ok(error.message.endsWith(`as --name ${suggestion}`), error.message);
        return true;
      },
    );
  }
  const spaced = await vendor.file("two words", "contents");
  await assert.rejects(vendor.add({ version: "1.0", file: spaced }), {
    message: /--name two-words/,
  });
  const added = await vendor.add({ version: "1.0", file: spaced, name: "two-words" });
  assert.equal(added.target, "patches/reader/1.0/any/two-words");
  const long = "x".repeat(145);
  await assert.rejects(vendor.add({ version: "1.1", name: long }), {
    code: "USAGE_NAME",
    message: /too long/,
  });
});

test("a version is added once, however it is written", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  for (const version of ["1.0", "1", "1.0.0"]) {
    await assert.rejects(vendor.add({ version }), {
      code: "USAGE_EXISTS",
      message: /reader 1\.0 for any was added already/,
    });
  }
  await vendor.add({ version: "1.0", platform: "linux-x64" });
  assert.equal((await releasesOf(vendor)).length, 2);
});

test("what was added by mistake is replaced as long as it is not public", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "0.9" });
  await vendor.add({ version: "1.0" });
  const right = await vendor.file("right", patchBytes("the right one"));
  const again = { version: "1.0.0", file: right, name: "reader", again: true };
  const added = await vendor.add(again);
  assert.deepEqual(await releasesOf(vendor), ["reader/0.9/any.json", "reader/1.0.0/any.json"]);
  assert.deepEqual(
    added.deltas.map(({ from }) => from),
    ["0.9"],
    "no delta from itself",
  );
  await vendor.publish();
  const targets = await readdir(vendor.path("repository/targets"), { recursive: true });
  const patches = targets.filter((name) => /patches.*\.reader$/.test(name));
  assert.deepEqual(new Set(patches.map((name) => name.split("/")[2])), new Set(["0.9", "1.0.0"]));
  await assert.rejects(vendor.add(again), {
    code: "USAGE_EXISTS",
    message: /reader 1\.0\.0 for any is public already; a changed file needs a new version/,
  });
  await vendor.add({ version: "1.1", again: true }); // nothing to replace is no mistake
});

test("who replaces a patch is told of the differences that started from it", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0" });
  const { deltas } = await vendor.add({ version: "1.1" });
  assert.equal(deltas.length, 1);
  const file = await vendor.file("right", patchBytes("the right one"));
  await vendor.add({ version: "1.0", file, name: "reader", again: true });
  assert.match(vendor.warnings.join("\n"), /1\.1 for any has a difference to what was replaced/);
  vendor.lines.length = 0;
  await vendor.add({ version: "1.1", again: true });
  assert.deepEqual(vendor.warnings, []);
});

test("a first patch makes its product known; a second product is mentioned", async (t) => {
  const vendor = await TestVendor.make(t);
  await vendor.add({ version: "1.0", product: "reader" });
  vendor.lines.length = 0;
  await vendor.add({ version: "1.0", product: "raeder" });
  assert.match(vendor.warnings.join("\n"), /raeder is a new product here, beside reader\./);
});

test("compressed containers are published with a warning", async (t) => {
  const vendor = await TestVendor.make(t);
  const heads: readonly (readonly [string, string | Uint8Array])[] = [
    ["gzip", gzipSync(patchBytes("1"))],
    ["xz", Buffer.from("fd377a585a0000", "hex")],
    ["zip", Buffer.from("504b03041400", "hex")],
    ["ar (.deb)", "!<arch>\ndebian-binary   "],
    ["zstd", Buffer.from("28b52ffd00", "hex")],
  ];
  for (const [at, [what, bytes]] of heads.entries()) {
    vendor.lines.length = 0;
    await vendor.add({ version: `1.${at}`, file: await vendor.file("app.bin", bytes) });
    assert.match(vendor.warnings.join("\n"), new RegExp(what.replaceAll(/[().]/g, "\\$&")));
    assert.match(vendor.warnings.join("\n"), /Publish the /);
  }
  vendor.lines.length = 0;
  await vendor.add({ version: "2.0" });
  assert.deepEqual(vendor.warnings, []);
});

test("advisories are kept byte for byte, and a newer one replaces an older one", async (t) => {
  const vendor = await TestVendor.make(t);
  const text = osv("CSW-2026-0007", "2026-08-01T00:00:00Z");
  const path = await vendor.file("advisory.json", text);
  await vendor.add({ version: "1.0", advisories: [path] });
  const kept = vendor.path("advisories", "CSW-2026-0007.json");
  assert.equal(await readFile(kept, "utf8"), text);
  await vendor.add({ version: "1.1", advisories: [path] });
  await writeFile(path, osv("CSW-2026-0007", "2026-08-01T00:00:00Z", ', "more": 1'));
  await assert.rejects(vendor.add({ version: "1.2", advisories: [path] }), {
    code: "USAGE_EXISTS",
    message: /later "modified" time/,
  });
  const newer = osv("CSW-2026-0007", "2026-08-02T00:00:00Z", ', "more": 1');
  await writeFile(path, newer);
  await vendor.add({ version: "1.2", advisories: [path] });
  assert.equal(await readFile(kept, "utf8"), newer);
});

test("files that are no advisory are refused, with the reason", async (t) => {
  const vendor = await TestVendor.make(t);
  for (const [text, code] of [
    ["{", "USAGE_ARGUMENT"],
    ["[]", "USAGE_ARGUMENT"],
    ["null", "USAGE_ARGUMENT"],
    [osv("../x", "2026-08-01T00:00:00Z"), "USAGE_NAME"],
    [osv("a..b", "2026-08-01T00:00:00Z"), "USAGE_NAME"],
    ['{ "modified": "2026-08-01T00:00:00Z" }', "USAGE_NAME"],
    [osv("CSW-1", "yesterday"), "USAGE_ARGUMENT"],
    [osv("CSW-1", "2026-13-01T00:00:00Z"), "USAGE_ARGUMENT"],
  ] as const) {
    const path = await vendor.file("advisory.json", text);
    await assert.rejects(vendor.add({ version: "1.0", advisories: [path] }), { code }, text);
  }
  const missing = join(vendor.parent, "no.json");
  await assert.rejects(vendor.add({ version: "1.0", advisories: [missing] }), {
    code: "USAGE_ARGUMENT",
  });
  assert.deepEqual(await releasesOf(vendor), []);
});

test("an interrupted add leaves nothing staged, and can be run again", async (t) => {
  const vendor = await TestVendor.make(t);
  const abort = new AbortController();
  const file = await vendor.file("reader", patchBytes("1.0"));
  const adding = vendor.add({
    version: "1.0",
    file,
    signal: abort.signal,
    onProgress: () => abort.abort(),
  });
  await assert.rejects(adding, { code: "INTERRUPTED" });
  assert.deepEqual(await releasesOf(vendor), []);
  await vendor.add({ version: "1.0", file });
  assert.equal((await releasesOf(vendor)).length, 1);
});

test("a folder that is no vendor folder says how to make one", async (t) => {
  const vendor = await TestVendor.make(t);
  const add = addRelease(vendor.parent, { file: "x", product: "reader", version: "1.0" });
  await assert.rejects(add, { code: "CONFIG_MISSING" });
});
