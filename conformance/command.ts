import { parseArgs } from "node:util";
import { type Command, download, init, refresh } from "./client.ts";

/** What a command takes from its surroundings. */
export interface Surroundings {
  readonly now: number;
  complain(message: string): void;
}

/**
 * Runs one command of the CLIENT-CLI protocol.
 * @returns the exit code: 0 when all of it succeeded, 1 otherwise
 */
export async function run(args: readonly string[], around: Surroundings): Promise<number> {
  try {
    await dispatch(args, around.now);
    return 0;
  } catch (error) {
    around.complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function dispatch(args: readonly string[], now: number): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "metadata-dir": { type: "string" },
      "metadata-url": { type: "string" },
      "target-name": { type: "string" },
      "target-base-url": { type: "string" },
      "target-dir": { type: "string" },
    },
  });
  const option = (name: keyof typeof values): string => {
    const value = values[name];
    if (value === undefined) throw new Error(`--${name} is missing`);
    return value;
  };
  const [verb, ...rest] = positionals;
  const metadataFolder = option("metadata-dir");
  if (verb === "init") {
    if (rest[0] === undefined) throw new Error("the path of the trusted root is missing");
    await init(metadataFolder, rest[0]);
    return;
  }
  const command: Command = { metadataFolder, metadataUrl: option("metadata-url"), now };
  if (verb === "refresh") {
    await refresh(command);
  } else if (verb === "download") {
    await download(command, {
      path: option("target-name"),
      url: option("target-base-url"),
      folder: option("target-dir"),
    });
  } else {
    throw new Error("the command is one of init, refresh, download");
  }
}
