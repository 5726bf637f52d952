import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { vendor } from "./support/customer.ts";
import { startRoute } from "./support/faulty-route.ts";
import { product } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";

const app = fileURLToPath(new URL("support/embedding.cjs", import.meta.url));

test("an application that requires the client is left as it was, in its main thread or another", async () => {
  await using folder = await tempFolder();
  await using route = await startRoute("honest", new Map());
  const trust = path.join(folder.path, "root.json");
  await fs.writeFile(trust, vendor.trust);
  const argv = [path.join(folder.path, "state"), trust, route.url, product];
  const main = await promisify(execFile)(process.execPath, [app, ...argv]);
  assert.equal(main.stdout, "ROUTE_ALL_FAILED");
  assert.ok(route.requests.length > 0);

  const worker = new Worker(app, { argv, stdout: true });
  let said = "";
  worker.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = await once(worker, "exit");
  assert.deepEqual([code, said], [0, "ROUTE_ALL_FAILED"]);
});
