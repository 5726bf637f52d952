import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { codeOf } from "../../client/test/support/announce.ts";
import { Vendor } from "../../client/test/support/field.ts";
import { addKnown } from "../src/routes/add-known.ts";
import type { Context } from "../src/verb.ts";

test("a person is told which of the routes that they add will not be asked, and why", async (t) => {
  const vendor = new Vendor();
  vendor.routes({ version: 1, routes: [] });
  vendor.release("1.0", new Uint8Array(9));
  const state = mkdtempSync(path.join(tmpdir(), "causeway-add-known-"));
  t.after(() => rmSync(state, { recursive: true }));
  mkdirSync(path.join(state, "metadata"));
  writeFileSync(path.join(state, "pinned-root.json"), vendor.trust);
  for (const role of ["timestamp", "snapshot", "targets"]) {
    writeFileSync(path.join(state, "metadata", `${role}.json`), vendor.repository.bytes(role));
  }
  const gone = "https://gone.example/";
  const retired = { _type: "causeway-retired-routes", keys: [], urls: [gone], hosts: [] };
  writeFileSync(path.join(state, "retired-routes.json"), JSON.stringify(retired));
  const told: string[] = [];
  const terminal = {
    result: (_: unknown, text: string) => told.push(text),
    warn: (text: string) => told.push(text),
  };
  const context = { terminal, signal: new AbortController().signal } as unknown as Context;

  const expires = Date.now() + 3_600_000;
  const near = codeOf(vendor, ["http://10.0.0.1/", gone], { expires });
  await addKnown(near, state, context);
  assert.match(told[0] ?? "", /none of its routes can be tried:\n.*10\.0\.0\.1.*--route there\n/);
  assert.match(told[0] ?? "", /gone\.example\/; retired for good, not asked$/);
  const good = codeOf(vendor, ["https://new.example/"], { expires, sequence: 2 });
  await addKnown(good, state, context);
  assert.match(told[1] ?? "", /these routes are tried too:\n {2}https:\/\/new\.example\/$/);
  await addKnown(gone, state, context);
  assert.match(told[2] ?? "", /gone\.example\/ is not asked: the vendor has retired it for good/);
});
