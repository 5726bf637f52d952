import * as fs from "node:fs/promises";
import { download } from "../../src/download/download.ts";
import type { DownloadRequest } from "../../src/download/download-request.ts";
import { folderStore, nodePorts } from "../../src/node/index.ts";
import { parseRoute } from "../../src/routes/parse-route.ts";
import { changedStore } from "./download-disk.ts";

// Run as a process of its own, to be killed: fetches what the file that it is given describes, and
// kills itself when so many bytes are there, if the file says so; or holds no lock.
const [file = ""] = process.argv.slice(2);
const told = JSON.parse(await fs.readFile(file, "utf8")) as Pick<
  DownloadRequest,
  "target" | "release"
> & {
  readonly folder: string;
  readonly urls: readonly string[];
  readonly killAt?: number;
  readonly lockless?: true;
};
const ports = nodePorts();
const store = folderStore(told.folder);
const pathOf = (name: string): string => store.pathOf?.(name) ?? name;
const result = await download(ports, {
  target: told.target,
  release: told.release,
  routes: told.urls.map(parseRoute),
  output: { store: told.lockless ? changedStore(store, { pathOf }) : store, name: "app" },
  onProgress: (event) => {
    process.stdout.write(`${event.kind}\n`);
    const { killAt } = told;
    if (killAt === undefined || event.kind !== "progress" || event.done < killAt) return;
    process.kill(process.pid, "SIGKILL");
  },
});
process.stdout.write(`${JSON.stringify(result)}\n`);
ports.transport.close();
