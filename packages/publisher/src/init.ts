import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { type Instant, toProductId, UsageError } from "@causeway/kernel";
import { readConfig } from "./config/config.ts";
import { configTemplate } from "./config/template.ts";
import { schemaText } from "./config-schema.ts";
import { makeFolder, removeTree, syncFolder, writeAllDurably, writeDurably } from "./disk/files.ts";
import { makeKeys, writeFirstState } from "./first-state.ts";
import type { PassphraseSource, RoleName } from "./keys/key-file.ts";
import { type Log, silent } from "./log.ts";
import { VendorFolder } from "./vendor-folder.ts";

export interface InitOptions {
  readonly name: string;
  /** Product ids to list in causeway.yaml; with none, `add` takes any. */
  readonly products?: readonly string[];
  /** How many root keys must agree; 2 when left out. */
  readonly rootThreshold?: number;
  /** How many root keys there are; 3 when left out. */
  readonly rootKeys?: number;
  /** How many keys of `routes` must agree on the list of routes; 1 when left out. */
  readonly routesThreshold?: number;
  /** How many keys of `routes` there are; as many as must agree when left out. */
  readonly routesKeys?: number;
  /** Keys without passphrases: for trying out, never for customers. */
  readonly dev?: boolean;
  /** Gives the passphrase of each new key; not asked with `dev`. */
  readonly passphrase: PassphraseSource;
  readonly now?: () => Instant;
  readonly log?: Log;
}

/** What init made. */
export interface Initialised {
  readonly repository: string;
  readonly dir: string;
  /** The root document that customers pin: `--trust`. */
  readonly root: string;
  readonly keys: readonly { readonly role: RoleName; readonly keyId: string }[];
}

const roleKeysMax = 16;
const developmentText = `The private keys in this folder are not encrypted: whoever reads them can sign patches.
They are for trying Causeway out. For customers, run causeway init without --dev.
`;

/**
 * Makes a vendor folder with its keys and a valid, empty repository. It appears as one step: it
 * is built beside `dir` and then renamed.
 * @throws {UsageError} `USAGE_EXISTS` when `dir` is there and not empty; `USAGE_ARGUMENT`
 */
export async function initVendor(dir: string, options: InitOptions): Promise<Initialised> {
  const final = resolve(dir);
  const name = options.name.trim();
  if (name === "" || name.length > 100 || /\p{Cc}/u.test(name)) {
    const message = "a vendor's name has 1 to 100 characters, on one line.";
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  const products = (options.products ?? []).map(toProductId);
  const counts = { root: rootCounts(options), routes: routesCounts(options) };
  await refuseExisting(final);
  await makeFolder(dirname(final));
  const building = await temporaryBeside(final);
  try {
    const folder = new VendorFolder(building);
    await writeFolder(folder, name, products, options.dev === true);
    const signers = await makeKeys(
      folder,
      { root: counts.root.keys, routes: counts.routes.keys },
      options.dev === true ? undefined : options.passphrase,
    );
    const config = await readConfig(folder.config);
    const now = (options.now ?? Date.now)();
    const thresholds = { root: counts.root.threshold, routes: counts.routes.threshold };
    await writeFirstState(folder, config, signers, thresholds, now, options.log ?? silent);
    await removeTree(folder.work);
    await putInPlace(building, final);
    return {
      repository: name,
      dir: final,
      root: join(final, "repository", "metadata", "1.root.json"),
      keys: [...signers].flatMap(([role, ofRole]) => {
        return ofRole.map(({ keyId }) => ({ role, keyId }));
      }),
    };
  } finally {
    await removeTree(building);
  }
}

/** How many keys a role has, and how many of them must agree. */
interface KeyCounts {
  readonly threshold: number;
  readonly keys: number;
}

function rootCounts(options: InitOptions): KeyCounts {
  const keys = options.rootKeys ?? Math.max(3, options.rootThreshold ?? 0);
  return checkedCounts("root", { threshold: options.rootThreshold ?? Math.min(2, keys), keys });
}

function routesCounts({ routesThreshold: threshold = 1, routesKeys }: InitOptions): KeyCounts {
  return checkedCounts("role routes", { threshold, keys: routesKeys ?? threshold });
}

function checkedCounts(what: string, counts: KeyCounts): KeyCounts {
  const { threshold, keys } = counts;
  const isWhole = Number.isInteger(keys) && Number.isInteger(threshold);
  if (isWhole && threshold >= 1 && threshold <= keys && keys <= roleKeysMax) return counts;
  const message = `the ${what} needs 1 to ${roleKeysMax} keys, and a threshold of at most as many.`;
  throw new UsageError("USAGE_ARGUMENT", message);
}

async function refuseExisting(dir: string): Promise<void> {
  let names: readonly string[];
  try {
    names = await readdir(dir);
  } catch (cause) {
    if (isMissing(cause)) return;
    throw toHostError(cause, `look at ${dir}`);
  }
  if (names.length === 0) return;
  const what = names.includes("causeway.yaml") ? "a vendor folder already" : "not empty";
  throw new UsageError("USAGE_EXISTS", `${dir} is ${what}; choose another folder.`);
}

async function temporaryBeside(dir: string): Promise<string> {
  const path = join(dirname(dir), `.${basename(dir)}.init-${randomBytes(4).toString("hex")}`);
  try {
    await mkdir(path);
    return path;
  } catch (cause) {
    throw toHostError(cause, `make a folder in ${dirname(dir)}`);
  }
}

async function writeFolder(
  folder: VendorFolder,
  name: string,
  products: readonly string[],
  dev: boolean,
): Promise<void> {
  const scratch = folder.work;
  await makeFolder(folder.keys, 0o700);
  await makeFolder(join(folder.repository, "targets"));
  await makeFolder(join(folder.repository, "security"));
  const files = [
    { path: folder.config, bytes: Buffer.from(configTemplate(name, products)) },
    { path: folder.schema, bytes: Buffer.from(schemaText()) },
    {
      path: join(folder.path, ".gitignore"),
      bytes: Buffer.from("keys/\nstaged/\npieces/\nunread/\n.work/\n.lock*\n"),
    },
  ];
  await writeAllDurably(files, { scratch });
  if (!dev) return;
  await writeDurably(
    { path: folder.developmentMark, bytes: Buffer.from(developmentText) },
    { scratch },
  );
}

async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await makeFolder(to); // rename replaces an empty folder, and only that
    await rename(from, to);
  } catch (cause) {
    throw toHostError(cause, `make ${to}`);
  }
  await syncFolder(dirname(to));
}
