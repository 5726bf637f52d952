import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Lookup, Refresh, type TargetFile, TrustedSet, type Want } from "@causeway/trust";

/** A customer's machine, as far as metadata goes: our trust core over a folder. */
export class WalkingClient {
  #set: TrustedSet;
  /** Bytes of metadata that it read. */
  bytesRead = 0;

  private constructor(set: TrustedSet) {
    this.#set = set;
  }

  /** Pins the tree's first root. */
  static async pinned(tree: string, now: number): Promise<WalkingClient> {
    const root = await readFile(join(tree, "metadata", "1.root.json"));
    return new WalkingClient(TrustedSet.open(root, new Map(), now));
  }

  async refresh(tree: string, now: number): Promise<ReadonlyMap<string, number>> {
    const refresh = new Refresh(this.#set, now);
    for (let want = refresh.want; want !== undefined; want = refresh.want) {
      const bytes = await this.#read(tree, want);
      if (bytes === undefined && want.absence === "final") refresh.absent();
      else refresh.offer(bytes ?? new Uint8Array());
    }
    this.#set = refresh.set;
    return refresh.set.versions();
  }

  /** The target, after its file was found in the tree; undefined when nobody vouches for it. */
  async find(tree: string, path: string, now: number): Promise<TargetFile | undefined> {
    const lookup = new Lookup(this.#set, path, now);
    for (let want = lookup.want; want !== undefined; want = lookup.want) {
      lookup.offer((await this.#read(tree, want)) ?? new Uint8Array());
    }
    if (lookup.fault !== undefined) throw lookup.fault;
    return lookup.found;
  }

  async #read(tree: string, want: Want): Promise<Uint8Array | undefined> {
    try {
      const bytes = await readFile(join(tree, "metadata", want.path));
      this.bytesRead += bytes.length;
      return bytes;
    } catch {
      return undefined;
    }
  }
}

/** The target's bytes as the tree has them. */
export async function targetBytes(tree: string, found: TargetFile | undefined): Promise<Buffer> {
  return readFile(join(tree, "targets", found?.locations[0] ?? "nothing was found"));
}
