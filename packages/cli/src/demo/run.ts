import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Got } from "@causeway/client";
import { invariant, UsageError } from "@causeway/kernel";
import wrapAnsi from "wrap-ansi";
import { formatBytes, formatSeconds } from "../format.ts";
import { printable } from "../terminal.ts";
import type { Context } from "../verb.ts";
import { playCustomer } from "./customer.ts";
import type { Material } from "./material.ts";
import { ServerProcess } from "./server-process.ts";
import { story } from "./story.ts";
import { playVendor } from "./vendor.ts";
import { Workplace } from "./workplace.ts";

const columnsToRead = 90; // longer lines are hard to follow

/** What the demo showed. */
export interface Shown extends Got {
  /** The temporary folder when it was kept. */
  readonly folder: string | null;
}

/** Plays the whole story on this machine: publish, serve twice, kill one, get the patch. */
export async function runDemo(material: Material, keep: boolean, context: Context): Promise<Shown> {
  const { terminal, signal } = context;
  const title = (text: string): void => terminal.say(terminal.style("bold", text));
  const bytes = await bytesNeeded(material);
  const tell = (text: string): void => {
    terminal.say(wrapAnsi(printable(text), Math.min(terminal.columns, columnsToRead)));
  };
  tell(story.opening);
  tell(`(${material.name} stands in for the patch: a real file.)`);
  const place = await Workplace.make(bytes, keep);
  if (keep) terminal.say(`(Everything is kept in ${place.folder}.)`);
  terminal.say("");
  const servers: ServerProcess[] = [];
  try {
    title("1. The vendor adds the patch, signs it, publishes it.");
    const added = await playVendor(place, material, context);
    const sizes = added.deltas.map(({ length }) => `${formatBytes(length)} as a delta`);
    const packed =
      added.packLength === undefined ? [] : [`${formatBytes(added.packLength)} packed`];
    terminal.say(`   ${[`${formatBytes(added.length)} as it is`, ...packed, ...sizes].join(", ")}`);

    title("2. Two servers carry the same signed files.");
    const tree = place.path("vendor", "repository");
    const primary = await ServerProcess.start(tree, signal);
    servers.push(primary);
    const alternate = await ServerProcess.start(tree, signal);
    servers.push(alternate);
    terminal.say(`   ${primary.url}  ${story.primary}`);
    terminal.say(`   ${alternate.url}  ${story.alternate}`);

    title("3. A customer gets the patch, over lines as slow as then.");
    const got = await playCustomer(place, material, added, { primary, alternate }, context);
    const same = await isSame(place.path("customer", story.patchName), material.file);
    invariant(same, "the customer's file is the vendor's file");
    terminal.say("");
    title("The customer has the patch, byte for byte, although the first route died.");
    return { ...got, folder: keep ? place.folder : null };
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    place.close();
  }
}

/** What to read at the end: what came from where. */
export function demoSummary(shown: Shown): string {
  const lines = [
    `  ${formatBytes(shown.downloaded)} downloaded for a file of ${formatBytes(shown.length)}, in ${formatSeconds(shown.seconds)}`,
    ...shown.routes.map(({ url, bytes, state, why }) => {
      return `  ${formatBytes(bytes).padStart(8)} over ${url} (${state}${why === null ? "" : `: ${why}`})`;
    }),
    `  sha256 ${shown.sha256}`,
  ];
  if (shown.folder !== null) lines.push(...whatToTry(shown.folder));
  return lines.join("\n");
}

function whatToTry(folder: string): string[] {
  const causeway = process.env["npm_command"] === undefined ? "causeway" : "npx causeway";
  return [
    "",
    `Everything is in ${folder}. Try:`,
    `  ${causeway} serve --dir ${folder}/vendor --port 8080`,
    `  ${causeway} get ${story.product} --platform any --state ${folder}/customer/state \\`,
    `      --route http://localhost:1 --route http://localhost:8080 -o ${story.patchName}`,
    `  ${causeway} keys list --dir ${folder}/vendor`,
  ];
}

async function bytesNeeded({ file, old }: Material): Promise<number> {
  const files = old === undefined ? [file] : [file, old];
  const sizes = await Promise.all(files.map(lengthOf));
  // Each twice while it is added, its pack and delta, and the customer's copy.
  return sizes.reduce((sum, size) => sum + size * 4, 0);
}

async function lengthOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (cause) {
    throw new UsageError("USAGE_ARGUMENT", `there is no file ${file} that can be read.`, { cause });
  }
}

async function isSame(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([sha256(a), sha256(b)]);
  return left === right;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
