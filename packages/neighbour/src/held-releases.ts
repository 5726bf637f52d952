import {
  CausewayError,
  canonicalJson,
  Fields,
  isTargetPath,
  type Json,
  parseJson,
  type Store,
} from "@causeway/kernel";

/** A release that is held because a client had fetched it. */
export interface HeldRelease {
  readonly product: string;
  readonly version: string;
  readonly platform: string;
  /** What others need for it, below the tree; a catalogue is of several. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/** What is held so. */
export interface HeldReleases {
  /** The newest first. */
  readonly releases: readonly HeldRelease[];
  /** Files that were put there for them; others came with a bundle, and stay. */
  readonly placed: readonly string[];
}

const file = ".mirror/fetched.json";
const kind = "causeway-fetched";
const releasesMax = 256;
const filesMax = 8;
const lengthMax = 4 * 1024 * 1024;
const versionsMax = 2; // somebody may be under way with the one before

const none: HeldReleases = { releases: [], placed: [] };

/** Damaged, it is nothing: what was held so stays then, and is not counted. */
export async function readHeld(tree: Store): Promise<HeldReleases> {
  try {
    const bytes = await tree.read(file, lengthMax);
    return bytes === undefined ? none : decode(parseJson(bytes, kind));
  } catch (error) {
    if (error instanceof CausewayError) return none;
    throw error;
  }
}

/**
 * Holds a release, and lets go of what is too much then: older ones of the same product and
 * platform, and the oldest of all, until the rest fits.
 * @param bytesMax what may be held with it
 * @throws {HostError}
 */
export async function holdOne(
  tree: Store,
  { releases, placed }: HeldReleases,
  newest: HeldRelease & { readonly added: readonly string[] },
  bytesMax: number,
): Promise<void> {
  const { added, ...release } = newest;
  const others = releases.filter(
    (each) => !(isAlike(each, release) && each.version === release.version),
  );
  const all = { releases: [release, ...others], placed: [...new Set([...placed, ...added])] };
  await letGo(tree, all, bytesMax);
}

/** Makes room. @returns what is held still. @throws {HostError} */
export async function letGo(
  tree: Store,
  { releases, placed }: HeldReleases,
  bytesMax: number,
): Promise<HeldReleases> {
  const kept: HeldRelease[] = [];
  let bytes = 0;
  for (const release of releases.slice(0, releasesMax)) {
    const older = kept.filter((each) => isAlike(each, release)).length;
    if (older >= versionsMax || bytes + release.bytes > bytesMax) continue;
    bytes += release.bytes;
    kept.push(release);
  }
  const needed = new Set(kept.flatMap(({ files }) => files));
  for (const name of placed) if (!needed.has(name)) await tree.remove(name);
  const held = { releases: kept, placed: placed.filter((name) => needed.has(name)) };
  const written = held.releases.map((each) => ({ ...each, files: [...each.files] }));
  await tree.write(file, canonicalJson({ _type: kind, releases: written, placed: held.placed }));
  return held;
}

function isAlike(a: HeldRelease, b: HeldRelease): boolean {
  return a.product === b.product && a.platform === b.platform;
}

function decode(value: Json): HeldReleases {
  const fields = new Fields(value, kind);
  if (fields.string("_type") !== kind) return none;
  const namesIn = (from: Fields, name: string, max: number): readonly string[] => {
    return from.strings(name, max).filter(isOurs);
  };
  const releases = fields.objects("releases", releasesMax).map((each) => ({
    product: each.string("product"),
    version: each.string("version"),
    platform: each.string("platform"),
    files: namesIn(each, "files", filesMax),
    bytes: each.integer("bytes", 0),
  }));
  return { releases, placed: namesIn(fields, "placed", releasesMax * filesMax) };
}

/** What is removed one day lies below `targets/`, whoever wrote the record. */
function isOurs(name: string): boolean {
  return name.startsWith("targets/") && isTargetPath(name.slice("targets/".length));
}
