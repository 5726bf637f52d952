import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { type Client, createClient, type Got } from "@causeway/client";
import { folderStore, lockFolder, nodePorts } from "@causeway/client/node";
import { HostError, type Store, UsageError } from "@causeway/kernel";
import { DownloadScreen } from "../download-screen.ts";
import { formatBytes, formatSeconds } from "../format.ts";
import { thisPlatform } from "../host-platform.ts";
import { openOldFiles } from "../old-files.ts";
import { defaultStateFolder } from "../state-folder.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, collect, type Register } from "../verb.ts";

interface GetOptions {
  readonly version?: string;
  readonly platform: string;
  readonly trust?: string;
  readonly route?: string[];
  readonly state: string;
  readonly output?: string;
  readonly have?: string[];
}

const example =
  "causeway get contoso-reader --trust 1.root.json --route https://updates.contoso.example -o reader";
const waitForOtherMs = 10 * 60_000;
const rootBytesMax = 1024 * 1024;
const clockSkewToldS = 300; // less is of no consequence to any expiry

/** `causeway get`: the newest verified patch, over any route that survives. */
export const registerGet: Register = (program, context) => {
  addVerb(program, "get", "Get a product's newest patch, verified, over any route.", example)
    .argument("<product>", "the product's id")
    .option("--version <v>", "this version instead of the newest")
    .option("--platform <os-arch>", "what it must run on", thisPlatform())
    .option("--trust <file>", "the vendor's root.json; needed once per state folder")
    .option("--route <url>", "http, https or file URL of the repository; may be repeated", collect)
    .option("--state <dir>", "what is trusted and known", defaultStateFolder())
    .option("-o, --output <file>", "where to put it (default: its own name, in this folder)")
    .option("--have <file>", "an older version to take bytes from; may be repeated", collect)
    .action(async (product: string, options: GetOptions) => {
      const got = await get(product, options, context);
      context.terminal.result(got, summary(got));
    });
};

async function get(product: string, options: GetOptions, context: Context): Promise<Got> {
  const { terminal, signal } = context;
  const ports = nodePorts();
  const screen = new DownloadScreen(terminal);
  const old = await openOldFiles(options.have ?? [], (why) => terminal.warn(why));
  try {
    const output = await outputOf(options.output);
    const client: Client = createClient({
      routes: options.route ?? [],
      state: folderStore(options.state),
      ports,
      ...(options.trust !== undefined && { trust: await readRoot(options.trust) }),
      hold: () =>
        lockFolder(options.state, {
          waitMs: waitForOtherMs,
          clock: ports.clock,
          signal,
          onWait: ({ pid }) =>
            terminal.say(`waiting for process ${pid ?? "?"}, which uses ${options.state}`),
        }),
    });
    const got = await client.get(product, {
      platform: options.platform,
      output,
      have: old.files,
      signal,
      onProgress: (event) => screen.show(event),
      ...(options.version !== undefined && { version: options.version }),
    });
    return { ...got, file: path.join(path.dirname(options.output ?? "."), got.file) };
  } finally {
    screen.done();
    await old.close();
    ports.transport.close();
  }
}

async function readRoot(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size <= rootBytesMax) return await readFile(file);
  } catch (cause) {
    throw new HostError("HOST_MISSING", `cannot read the trusted root ${file}.`, { cause });
  }
  throw new UsageError("USAGE_ARGUMENT", `${file} is too large for a root.json.`);
}

async function outputOf(file: string | undefined): Promise<{ store: Store; name?: string }> {
  if (file === undefined) return { store: folderStore(".") };
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder)
    throw new UsageError(
      "USAGE_ARGUMENT",
      `${file} is a folder; name the file: -o ${path.join(file, "NAME")}`,
    );
  return { store: folderStore(path.dirname(file)), name: path.basename(file) };
}

function summary(got: Got): string {
  const lines = [
    `${got.file}: ${got.product} ${got.version}, ${formatBytes(got.length)}, verified`,
    `  ${formatBytes(got.downloaded)} downloaded, ${formatBytes(got.reused)} already here, ${formatSeconds(got.seconds)}`,
  ];
  for (const route of got.routes) {
    const why = route.state === "ok" ? "" : `: ${route.why ?? ""}`;
    lines.push(
      `  ${route.state.padEnd(5)} ${formatBytes(route.bytes).padStart(8)}  ${route.url}${why}`,
    );
  }
  const skew = got.clock.skewSeconds;
  if (skew !== null && Math.abs(skew) > clockSkewToldS) {
    lines.push(
      `  this machine's clock differs from the routes' by ${formatSeconds(Math.abs(skew))}; set it`,
    );
  }
  return printable(lines.join("\n"));
}
