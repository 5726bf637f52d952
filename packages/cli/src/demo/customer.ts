import { readFile } from "node:fs/promises";
import { createClient, type Got } from "@causeway/client";
import { folderStore, nodePorts } from "@causeway/client/node";
import { DownloadScreen } from "../download-screen.ts";
import { openOldFiles } from "../old-files.ts";
import type { Context } from "../verb.ts";
import type { Material } from "./material.ts";
import type { ServerProcess } from "./server-process.ts";
import { slowLine } from "./slow-line.ts";
import { story } from "./story.ts";
import type { Workplace } from "./workplace.ts";

const lineBytesPerSecond = { delta: 700_000, pack: 5_000_000 } as const;
const killAtShare = 0.4;

export interface Servers {
  readonly primary: ServerProcess;
  readonly alternate: ServerProcess;
}

/** Plays a customer who gets the patch while the primary is killed under them. */
export async function playCustomer(
  place: Workplace,
  material: Material,
  { primary, alternate }: Servers,
  { terminal, signal }: Context,
): Promise<Got> {
  const ports = nodePorts();
  const rate = lineBytesPerSecond[material.old === undefined ? "pack" : "delta"];
  const old = await openOldFiles(material.old === undefined ? [] : [material.old.file], (why) => {
    terminal.warn(why);
  });
  const screen = new DownloadScreen(terminal, (url) => {
    return url === primary.url ? story.primary : story.alternate;
  });
  let toFetch = Number.POSITIVE_INFINITY;
  let killing: Promise<void> | undefined;
  try {
    const client = createClient({
      trust: await readFile(place.path("vendor", "repository", "metadata", "1.root.json")),
      routes: [primary.url, alternate.url],
      state: folderStore(place.path("customer", "state")),
      ports: { ...ports, transport: slowLine(ports.transport, ports.clock, rate) },
    });
    return await client.get(story.product, {
      platform: "any",
      output: { store: folderStore(place.path("customer")), name: story.patchName },
      have: old.files,
      signal,
      onProgress(event) {
        if (event.kind === "plan") toFetch = event.bytes;
        if (event.kind === "progress" && event.downloaded > toFetch * killAtShare) {
          killing ??= kill();
        }
        screen.show(event);
      },
    });
  } finally {
    screen.done();
    await killing;
    await old.close();
    ports.transport.close();
  }

  function kill(): Promise<void> {
    screen.note(terminal.style(["bold", "red"], `✗ kill -9: ${story.primary} goes down`));
    return primary.kill();
  }
}
