import { randomBytes } from "node:crypto";
import { mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { toHostError } from "@causeway/client/internal/host-error";
import { isSha256, namingOf, type Sha256 } from "@causeway/kernel";
import { placeOf, type RsyncConfig } from "../../config/carrier-config.ts";
import { digestOfFile, sha256Of } from "../../disk/digest.ts";
import { fileLength, makeFolder, readFileUpTo, writeScratch } from "../../disk/files.ts";
import type { CarrierActs, Source } from "../carrier.ts";
import { CarrierError } from "../carrier-error.ts";
import type { TreeFile } from "../tree.ts";
import { Batches } from "./batches.ts";
import { isMissingThere } from "./far-error.ts";
import { FarMachine } from "./far-machine.ts";

const filesMax = 10_000_000; // of a repository with 400,000 patches
const listed = ["metadata", "targets", "security"].map((area) => `--include=/${area}/***`);

interface Sent {
  /** Of the tree. */
  readonly path: string;
  /** Of this machine. */
  readonly from: string;
}

/**
 * Writes the tree to a folder of another machine, by rsync over SSH. rsync gives a file its name
 * when all of it is there, and goes on with one that was interrupted.
 */
export class RsyncCarrier implements CarrierActs {
  readonly #config: RsyncConfig;
  readonly #far: FarMachine;
  readonly #onAlive: () => void;
  readonly #lengths = new Map<string, number>();
  readonly #writes = new Batches((files: readonly Sent[]) => this.#send(files));
  readonly #digests = new Batches((paths: readonly string[]) => this.#digestsOf(paths));
  #hasShell: Promise<boolean> | undefined;

  constructor(config: RsyncConfig, onAlive: () => void) {
    this.#config = config;
    this.#far = new FarMachine(config, onAlive);
    this.#onAlive = onAlive;
  }

  place(): Promise<string> {
    return Promise.resolve(placeOf(this.#config));
  }

  async prepare(): Promise<void> {
    this.#lengths.clear();
    const onLine = (line: string): void => {
      const [, length, path] = /^-\S+ +(\d+) \S+ \S+ (.+)$/.exec(line) ?? [];
      if (path !== undefined && this.#lengths.size < filesMax) {
        this.#lengths.set(path, Number(length));
      }
    };
    const all = ["-r", "--no-h", "--list-only", ...listed, "--exclude=*"];
    await this.#far.rsync([...all, this.#far.at("")], { onLine }).catch((error: unknown) => {
      if (!isMissingThere(error)) throw error; // made with the first file
    });
  }

  length(path: string): Promise<number | undefined> {
    return Promise.resolve(this.#lengths.get(path));
  }

  async sha256(path: string): Promise<Sha256> {
    const digest = await this.#digests.ask(path);
    if (digest !== undefined) return digest;
    throw this.#lied(path, "is listed there, but is not there");
  }

  async read(path: string, lengthMax: number): Promise<Uint8Array | undefined> {
    const length = this.#lengths.get(path);
    if (length === undefined || length > lengthMax) return undefined;
    return this.#scratch(async (scratch) => {
      await this.#far.rsync([`--max-size=${lengthMax}`, this.#far.at(path), scratch]);
      return readFileUpTo(scratch, lengthMax);
    });
  }

  async write(file: TreeFile, source: Source): Promise<boolean> {
    if (source.kind === "file") return this.#write(file, source.path);
    return this.#scratch(async (scratch) => {
      await writeScratch({ path: scratch, bytes: source.bytes });
      return this.#write(file, scratch);
    });
  }

  async fetch(file: TreeFile, to: string): Promise<boolean> {
    const { path, length } = file;
    try {
      await this.#far.rsync(["--fsync", `--max-size=${length}`, this.#far.at(path), to]);
    } catch (error) {
      if (isMissingThere(error)) return false;
      throw error;
    }
    if ((await fileLength(to)) !== length) return false;
    return (await digestOfFile(to, this.#onAlive)) === file.sha256;
  }

  list(): Promise<readonly string[]> {
    const paths = [...this.#lengths.keys()];
    return Promise.resolve(paths.filter((path) => /^(metadata|targets)\//.test(path)));
  }

  async remove(paths: readonly string[]): Promise<void> {
    await this.#scratch(async (empty) => {
      // It wants the folders there, and removes what they lack.
      for (const folder of new Set(paths.map((path) => dirname(path)))) {
        await makeFolder(join(empty, folder));
      }
      const input = paths.map((path) => `${path}\n`).join("");
      const options = ["--delete-missing-args", "--files-from=-", `${empty}/`, this.#far.at("")];
      await this.#far.rsync(options, { input });
    });
  }

  finish(): Promise<void> {
    return this.#far.end();
  }

  async #write(file: TreeFile, from: string): Promise<boolean> {
    const { path, length, sha256 } = file;
    if ((await digestOfFile(from, this.#onAlive)) !== sha256) return false;
    await this.#writes.ask({ path, from });
    const digest = await this.#digests.ask(path);
    if (digest !== sha256) {
      // By its name and length it would pass for the right one in the next run.
      if (digest !== undefined && namingOf(path).sha256 !== undefined) await this.remove([path]);
      const what = digest === undefined ? "is not there" : "reads back with other bytes";
      throw this.#lied(path, `was taken, but ${what}; look at the disk there`);
    }
    this.#lengths.set(path, length);
    return true;
  }

  async #send(files: readonly Sent[]): Promise<readonly undefined[]> {
    return this.#scratch(async (folder) => {
      try {
        for (const { path, from } of files) {
          await mkdir(join(folder, dirname(path)), { recursive: true });
          await symlink(resolve(from), join(folder, path));
        }
      } catch (cause) {
        throw toHostError(cause, `write ${folder}`);
      }
      const options = [
        "--copy-links",
        "--ignore-times", // one of the same length and age may have other bytes
        "--mkpath",
        "--chmod=D755,F644",
        "--partial-dir=.causeway-partial",
        "--info=progress2", // a sign of life
        "--files-from=-",
      ];
      const input = files.map(({ path }) => `${path}\n`).join("");
      await this.#far.rsync([...options, `${folder}/`, this.#far.at("")], { input });
      return files.map(() => undefined);
    });
  }

  /** In the order of the paths; undefined for one that is not there. */
  async #digestsOf(paths: readonly string[]): Promise<readonly (Sha256 | undefined)[]> {
    this.#hasShell ??= this.#askForShell();
    if (await this.#hasShell) {
      const digests = await this.#digestsThere(paths.map((path) => this.#far.whole(path)));
      return paths.map((path) => digests.get(this.#far.whole(path)));
    }
    return this.#scratch(async (folder) => {
      const input = paths.map((path) => `${path}\n`).join("");
      const options = ["--ignore-missing-args", "--info=progress2", "--files-from=-"];
      await this.#far.rsync([...options, this.#far.at(""), `${folder}/`], { input });
      const digests: (Sha256 | undefined)[] = [];
      for (const path of paths) {
        const here = join(folder, path);
        const isThere = (await fileLength(here)) !== undefined;
        digests.push(isThere ? await digestOfFile(here, this.#onAlive) : undefined);
      }
      return digests;
    });
  }

  /** An account may be for rsync alone. Then what is there has to come here to be read. */
  async #askForShell(): Promise<boolean> {
    try {
      const nothing = "/dev/null";
      return (await this.#digestsThere([nothing])).get(nothing) === sha256Of("");
    } catch {
      return false;
    }
  }

  async #digestsThere(paths: readonly string[]): Promise<ReadonlyMap<string, Sha256>> {
    const digests = new Map<string, Sha256>();
    const onLine = (line: string): void => {
      const [digest, path] = [line.slice(0, 64), line.slice(66)];
      if (isSha256(digest)) digests.set(path, digest);
    };
    const input = paths.map((path) => `${path}\0`).join("");
    // No name in the command, so none that a shell could take for more. One that is missing is told
    // by its silence.
    await this.#far.shell("xargs -0 sha256sum -- 2>/dev/null || test $? = 123", { input, onLine });
    return digests;
  }

  #lied(path: string, what: string): CarrierError {
    return new CarrierError("CARRIER_LIED", `${placeOf(this.#config)}: ${path} ${what}.`);
  }

  async #scratch<Value>(act: (path: string) => Promise<Value>): Promise<Value> {
    const path = join(await this.#far.folder(), randomBytes(8).toString("hex"));
    try {
      return await act(path);
    } finally {
      await rm(path, { force: true, recursive: true });
    }
  }
}
