import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { httpTransport } from "../src/node/http-transport.ts";
import { folderStore } from "../src/node/index.ts";
import { selfSigned } from "./support/certificate.ts";
import { clientOf, content, ports, vendor } from "./support/customer.ts";
import { product } from "./support/field.ts";
import { startNginx } from "./support/nginx.ts";
import { tempFolder } from "./support/temp-folder.ts";

test("a patch comes from nginx over HTTP/2", async () => {
  await using folder = await tempFolder();
  const certificate = await selfSigned("localhost");
  const ca = [certificate.cert];
  await using nginx = await startNginx(certificate, vendor.files());
  const transport = httpTransport({ ca });
  const client = clientOf(folder.path, [nginx.url], vendor.trust, { ...ports, transport });
  const output = { store: folderStore(folder.path), name: "new" };
  const got = await client.get(product, { platform: "linux-x64", output });
  transport.close();
  assert.deepEqual(await fs.readFile(path.join(folder.path, "new")), Buffer.from(content));
  assert.deepEqual(got.routes[0]?.state, "ok");
  const requests = (await nginx.requests()).map((line) => line.split(" "));
  assert.deepEqual([...new Set(requests.map(([protocol]) => protocol))], ["HTTP/2.0"]);
  assert.equal(new Set(requests.map(([, connection]) => connection)).size, 1);
});
