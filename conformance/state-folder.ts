import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Accepted } from "@causeway/trust";

const rootName = /^\d+\.root\.json$/;

/**
 * The trusted metadata as the suite wants to see it: `root.json` is the newest root, and every
 * other role lies beside it. The roots that led there are in `root_history/`.
 */
export class StateFolder {
  readonly #folder: string;
  readonly #history: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#history = join(folder, "root_history");
  }

  async pin(root: Uint8Array): Promise<void> {
    await mkdir(this.#history, { recursive: true });
    await writeFileAtomically(join(this.#history, "pinned.json"), root);
    await writeFileAtomically(join(this.#folder, "root.json"), root);
  }

  pinned(): Promise<Uint8Array> {
    return readFile(join(this.#history, "pinned.json"));
  }

  /** What is there, by the names that the trust core gave. */
  async stored(): Promise<ReadonlyMap<string, Uint8Array>> {
    const stored = new Map<string, Uint8Array>();
    const roots = (await readdir(this.#history)).filter((name) => rootName.test(name));
    for (const name of roots) stored.set(name, await readFile(join(this.#history, name)));
    const others = (await readdir(this.#folder)).filter((name) => {
      return name.endsWith(".json") && name !== "root.json";
    });
    for (const name of others) stored.set(name, await readFile(join(this.#folder, name)));
    return stored;
  }

  async persist(accepted: Accepted): Promise<void> {
    for (const { name, bytes } of accepted.write) {
      if (rootName.test(name)) {
        await writeFileAtomically(join(this.#history, name), bytes);
        await writeFileAtomically(join(this.#folder, "root.json"), bytes);
      } else {
        await writeFileAtomically(join(this.#folder, name), bytes);
      }
    }
    for (const name of accepted.remove) await rm(join(this.#folder, name), { force: true });
  }
}

/** A reader sees the old bytes or the new ones. */
export async function writeFileAtomically(file: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${file}.new`, bytes);
  await rename(`${file}.new`, file);
}
