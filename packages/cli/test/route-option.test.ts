import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { collectRoutes, pathHere, routeUrl } from "../src/route-option.ts";

test("a file or folder here is a route by its path, and a URL is one as it is", (t) => {
  const here = path.relative(process.cwd(), import.meta.filename);
  assert.equal(routeUrl(here), pathToFileURL(import.meta.filename).href);
  assert.equal(routeUrl(import.meta.dirname), pathToFileURL(import.meta.dirname).href);
  const folder = mkdtempSync(path.join(tmpdir(), "causeway-cli-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const bundle = path.join(folder, "contoso.causeway");
  writeFileSync(`${bundle}.001`, "");
  assert.equal(routeUrl(bundle), pathToFileURL(bundle).href);
  assert.equal(routeUrl("/media/stick/none"), "file:///media/stick/none");
  assert.equal(routeUrl("./none"), pathToFileURL(path.resolve("none")).href);
  for (const text of ["https://eu.example/", "file:///media/stick/x.causeway", "no-such-file"]) {
    assert.equal(routeUrl(text), text);
  }
  assert.deepEqual(collectRoutes("https://b.example/", ["https://a.example/"]), [
    "https://a.example/",
    "https://b.example/",
  ]);
});

test("a file here is named by its path, or by its URL as a route", () => {
  const stick = path.resolve("a stick", "contoso.causeway");
  const { href } = pathToFileURL(stick);
  for (const text of [stick, href, `FILE:${href.slice(5)}`]) assert.equal(pathHere(text), stick);
  for (const text of ["contoso.causeway", "https://eu.example/"])
    assert.equal(pathHere(text), text);
  const code = { code: "USAGE_ARGUMENT", message: /names no file of this machine/ };
  assert.throws(() => pathHere("file:///a%2Fb.causeway"), code);
});
