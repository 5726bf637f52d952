import type { Got } from "@causeway/client";
import { nodePorts, openClient } from "@causeway/client/node";
import type { TransportRequest } from "@causeway/kernel";
import type { Added } from "@causeway/publisher";
import { DownloadScreen } from "../download-screen.ts";
import type { Context } from "../verb.ts";
import type { Material } from "./material.ts";
import type { ServerProcess } from "./server-process.ts";
import { SlowLine } from "./slow-line.ts";
import { story } from "./story.ts";
import type { Workplace } from "./workplace.ts";

const secondsOverOneLine = 8; // long enough to watch
const lineBytesPerSecondMin = 700_000;
const killAtShare = 0.4;

export interface Servers {
  readonly primary: ServerProcess;
  readonly alternate: ServerProcess;
}

/** Plays a customer who gets the patch while the primary is killed under them. */
export async function playCustomer(
  place: Workplace,
  material: Material,
  added: Added,
  { primary, alternate }: Servers,
  { terminal, signal }: Context,
): Promise<Got> {
  const rate = Math.max(lineBytesPerSecondMin, bytesToFetch(added) / secondsOverOneLine);
  const ports = nodePorts();
  const line = new SlowLine(ports.transport, ports.clock, rate);
  const transport = {
    open: (request: TransportRequest) => line.open(request),
    close: () => ports.transport.close(),
  };
  const client = await openClient({
    trust: place.path("vendor", "repository", "metadata", "1.root.json"),
    routes: [primary.url, alternate.url],
    stateFolder: place.path("customer", "state"),
    ports: { ...ports, transport },
  });
  const screen = new DownloadScreen(terminal, (url) => {
    return url === primary.url ? story.primary : story.alternate;
  });
  let toFetch = Number.POSITIVE_INFINITY;
  let killing: Promise<void> | undefined;
  try {
    return await client.get(story.product, {
      platform: "any",
      output: place.path("customer", story.patchName),
      have: material.old === undefined ? [] : [material.old],
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
    client.close();
  }

  function kill(): Promise<void> {
    screen.note(terminal.style(["bold", "red"], `✗ kill -9: ${story.primary} goes down`));
    line.cut(new URL(primary.url).host);
    return primary.kill();
  }
}

function bytesToFetch({ length, packLength, deltas }: Added): number {
  return Math.min(length, packLength ?? length, ...deltas.map((delta) => delta.length));
}
