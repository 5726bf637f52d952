import * as fs from "node:fs/promises";
import { download } from "../../src/download/download.ts";
import type { DownloadRequest } from "../../src/download/download-request.ts";
import { folderStore, nodePorts } from "../../src/node/index.ts";
import { parseRoute } from "../../src/routes/route.ts";

// Run as a process of its own, to be killed: fetches what the file that it is given describes.
const [file = ""] = process.argv.slice(2);
const told = JSON.parse(await fs.readFile(file, "utf8")) as Pick<
  DownloadRequest,
  "target" | "release"
> & { readonly folder: string; readonly urls: readonly string[] };
const ports = nodePorts();
const result = await download(ports, {
  target: told.target,
  release: told.release,
  routes: told.urls.map(parseRoute),
  output: { store: folderStore(told.folder), name: "app" },
  onProgress: (event) => process.stdout.write(`${event.kind}\n`),
});
process.stdout.write(`${JSON.stringify(result)}\n`);
ports.transport.close();
