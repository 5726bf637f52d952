import { type Added, addRelease } from "@causeway/publisher";
import { formatBytes } from "../format.ts";
import { logTo } from "../publisher-log.ts";
import { StepScreen } from "../step-screen.ts";
import { addVerb, collect, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface AddOptions {
  readonly dir: string;
  readonly product: string;
  readonly version: string;
  readonly platform: string;
  readonly severity: string;
  readonly advisory?: string[];
  readonly releasedAt?: string;
  readonly install: string;
  readonly minimumVersion?: string;
  readonly name?: string;
  readonly replaces?: string[];
  readonly workers?: number;
  readonly again?: boolean;
}

const example =
  "causeway add reader.bin --product contoso-reader --version 2.1.0 --severity critical";
const stepNames = { read: "reading", pack: "packing", delta: "making deltas" };

/** `causeway add`: stages a patch for the next publish. */
export const registerAdd: Register = (program, { terminal, signal }) => {
  addVerb(program, "add", "Prepare a patch: chunks, pack, deltas. Publishes nothing yet.", example)
    .argument("<file>", "what customers install")
    .requiredOption("--product <id>", "the product that it patches")
    .requiredOption("--version <v>", "its version, as 1.2.3 or 10.0.19041.388")
    .option("--platform <os-arch>", "what it runs on, as linux-x64", "any")
    .option("--severity <level>", "critical, high, medium or low", "medium")
    .option("--advisory <file.json>", "an OSV document that it answers; may be repeated", collect)
    .option("--released-at <time>", "as 2026-08-12T09:00:00Z (default: now)")
    .option("--install <method>", "how the agent installs it", "file")
    .option("--minimum-version <v>", "the oldest version that it can be installed over")
    .option("--replaces <v>", "make a delta from this version; may be repeated", collect)
    .option("--name <name>", "the file's name for customers (default: its own)")
    .option("--again", "in place of the same version that was added and is not public yet")
    .option("--workers <n>", "threads to work with (default: all cores)", wholeNumber(1, 256))
    .option("--dir <dir>", "the vendor's folder", ".")
    .action(async (file: string, options: AddOptions) => {
      const { dir, advisory, ...rest } = options;
      const screen = new StepScreen(terminal, stepNames, formatBytes);
      try {
        const added = await addRelease(dir, {
          ...rest,
          file,
          signal,
          onProgress: screen.show,
          log: logTo(terminal),
          ...(advisory && { advisories: advisory }),
        });
        screen.done();
        terminal.result(added, summary(added));
      } finally {
        screen.done();
      }
    });
};

function summary(added: Added): string {
  const { product, version, platform, length, packLength, deltas } = added;
  const sizes = [
    `  ${formatBytes(length)} as it is`,
    ...(packLength === undefined ? [] : [`  ${formatBytes(packLength)} packed`]),
    ...deltas.map((delta) => `  ${formatBytes(delta.length)} as the difference to ${delta.from}`),
  ];
  const head = `${product} ${version} for ${platform} is ready; causeway publish makes it public`;
  return [head, ...sizes].join("\n");
}
