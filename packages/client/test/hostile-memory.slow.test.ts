import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startRoute } from "./support/faulty-route.ts";
import { noise, now, startRoutes, Vendor } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";

const MiB = 1024 * 1024;
const child = fileURLToPath(new URL("./support/memory-child.ts", import.meta.url));
const vendor = new Vendor();
vendor.release("1.0", noise(1_000, 1));
const documentLengthMax = 32 * MiB; // of a targets role, of which our snapshot does not tell the length

/** A document as long as may be, with a signature of nobody. */
function enveloped(start: string, item: string, end: string): Uint8Array {
  const signature = `{"keyid":"${"0".repeat(64)}","sig":"${"0".repeat(128)}"}`;
  const head = `{"signatures":[${signature}],"signed":{"_type":"targets","spec_version":"1.0.0",`;
  const from = `${head}"version":1,"expires":"2031-01-01T00:00:00Z","targets":{},"x":${start}`;
  const count = Math.floor(
    (documentLengthMax - from.length - end.length - 2) / Buffer.byteLength(item),
  );
  return Buffer.from(`${from}${item.repeat(count)}${end}}}`);
}

const documents: Readonly<Record<string, Uint8Array>> = {
  "as many values as fit": enveloped("[", "0,", "0]"),
  "as many arrays as fit": enveloped("[", "[0],", "0]"),
  "as many arrays as are read": enveloped("[", `[0],"${"x".repeat(55)}",`, "0]"),
  "as many objects as are read": enveloped("[", `{"a":0},"${"x".repeat(50)}",`, "0]"),
  "one string": enveloped('"', "ä".repeat(100), '"'),
  "one string of escapes": enveloped('"', "\\u00e4".repeat(100), '"'),
  "no JSON at all": new Uint8Array(documentLengthMax),
};

for (const [what, bytes] of Object.entries(documents)) {
  test(`an unsigned document of ${what} from each of three routes takes bounded memory`, {
    skip: process.platform !== "linux" && "needs /proc",
  }, async (context) => {
    await using folder = await tempFolder();
    const trust = path.join(folder.path, "root.json");
    await fs.writeFile(trust, vendor.trust);
    const files = new Map(vendor.files());
    for (const name of files.keys()) if (/\d\.targets\.json$/.test(name)) files.set(name, bytes);
    await using hostile = await startRoutes(["honest", "honest", "honest"], files);
    await using honest = await startRoute("honest", vendor.files());
    honest.wall = () => now;
    const args = [
      "--max-old-space-size=256",
      child,
      path.join(folder.path, "state"),
      trust,
      ...hostile.urls,
      honest.url,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { outcome, above } = JSON.parse(stdout) as { outcome: string; above: number };
    context.diagnostic(`${Math.round(above / MiB)} MiB`);
    assert.equal(outcome, "1.0");
    assert.ok(above < 640 * MiB, `${Math.round(above / MiB)} MiB`);
  });
}
