import path from "node:path";
import { nodePorts } from "@causeway/client/node";
import { toProductId, UsageError } from "@causeway/kernel";
import { type CreatedBundle, createBundle } from "@causeway/mirror";
import type { Command } from "commander";
import { formatBytes, formatCount } from "../format.ts";
import { StepScreen } from "../step-screen.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, collect } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface CreateOptions {
  readonly dir?: string;
  readonly repository?: string;
  readonly trust?: string;
  readonly product?: readonly string[];
  readonly partSize: number;
  readonly force?: boolean;
}

const example = "causeway bundle create /media/stick/contoso.causeway --dir vendor";
const notes = `
The file is a ZIP file that stores all as it is. Longer ones than --part-size become
FILE.001, FILE.002…, which are one bundle. It is a route as it lies there:
  --route file:///media/stick/contoso.causeway
`;
const mib = 1024 * 1024;
const partMibMax = 4095; // FAT ends one byte below 4096

/** `causeway bundle create`: the newest state of a repository, in one file. */
export function addBundleCreate(bundle: Command, context: Context): void {
  addVerb(bundle, "create", "Put the newest state of a repository into one file.", example, notes)
    .argument("<file>", "its name ends in .causeway or .zip")
    .option("--dir <dir>", "the vendor's folder (default: this one)")
    .option("--repository <tree>", "a repository's folder instead, as a mirror's")
    .option("--trust <file>", "the root.json that it has to follow from (default: its first)")
    .option("--product <id>", "this product's patches alone; repeat (default: all)", collect)
    .option(
      "--part-size <mib>",
      "no part is longer, in MiB",
      wholeNumber(1, partMibMax),
      partMibMax,
    )
    .option("--force", "replace a bundle of that name")
    .action((file: string, options: CreateOptions) => create(file, options, context));
}

async function create(
  file: string,
  options: CreateOptions,
  { terminal, signal }: Context,
): Promise<void> {
  const { dir, repository, trust, product = [], partSize, force = false } = options;
  if (dir !== undefined && repository !== undefined) {
    throw new UsageError("USAGE_ARGUMENT", "give --dir or --repository, not both.");
  }
  const screen = new StepScreen(terminal, { write: "writing" }, formatBytes);
  const ports = nodePorts();
  try {
    const created = await createBundle(
      {
        file,
        tree: repository ?? path.join(dir ?? ".", "repository"),
        ...(trust !== undefined && { trust }),
        products: product.map(toProductId),
        partBytes: partSize * mib,
        force,
        ports,
        signal,
      },
      (progress) => screen.show({ step: "write", ...progress }),
    );
    screen.done();
    terminal.result(created, summary(created));
  } finally {
    screen.done();
    ports.transport.close();
  }
}

function summary({ files, bytes, versions, targets }: CreatedBundle): string {
  const held = `${formatCount(targets, "file", "files")}, ${formatBytes(bytes)}`;
  const [first = "", ...others] = files;
  const last = others.at(-1);
  const where = last === undefined ? first : `${first} to ${path.basename(last)}`;
  const lines = [`${where}: state ${versions.timestamp}, ${held}, verified`];
  if (last !== undefined) {
    lines.push(`  ${files.length} parts, which belong together; copy all of them`);
  }
  return printable(lines.join("\n"));
}
