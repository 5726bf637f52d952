import {
  cataloguePath,
  hashedTargetPath,
  invariant,
  routeListPath,
  type TargetPath,
  TrustError,
} from "@causeway/kernel";
import { Lookup, storedName, storedRootName, type TargetFile, TrustedSet } from "@causeway/trust";
import { type Found, findRelease, type Wish } from "../metadata/find.ts";
import { lookUp, type Run } from "../metadata/metadata.ts";
import { unlessRefused } from "../metadata/trust-state.ts";
import { documentsOf, type RouteDocument, type WholeState } from "./whole-state.ts";

/** What a route has to carry for one release. */
export interface ReleaseState {
  readonly state: WholeState;
  /** The release's own file, among the targets. */
  readonly patch: TargetFile;
  readonly platform: string;
  /** Whether a document of that path below `metadata/` belongs to the state. */
  readonly isCurrent: (path: string) => boolean;
}

/**
 * What leads to a release in the state that is trusted, and what it is made from. Hardly anything
 * is asked for: whoever has just got the release has nearly all of it.
 * @throws {UsageError} {NoRouteDelivered} {TrustError}
 */
export async function readReleaseState(run: Run, wish: Wish): Promise<ReleaseState> {
  const found = await findRelease(run, wish);
  const documents = new Map<string, RouteDocument>();
  const catalogue = await leadTo(run, cataloguePath(wish.product), documents);
  const patch = await leadTo(run, found.target.path, documents);
  const list = await leadTo(run, routeListPath, documents);
  if (catalogue === undefined || patch === undefined) {
    throw new TrustError("TRUST_MIXED", found.target.path, "is not in the state any more");
  }
  const versions = run.state.set.snapshot?.roles;
  const state = {
    ...documentsOf(run.state, [...documents.values()]),
    targets: [catalogue, patch, indexOf(found), ...(list === undefined ? [] : [list])],
    leadsTo: [catalogue, patch, ...(list === undefined ? [] : [list])].map(({ path }) => path),
  };
  const named = new Set([...state.documents, state.timestamp].map(({ path }) => path));
  return {
    state,
    patch,
    platform: found.release.platform,
    isCurrent: (path) => {
      const [, version, role = ""] = /^metadata\/(\d+)\.(.+)\.json$/.exec(path) ?? [];
      const isNamed = named.has(path) || role === "root";
      return isNamed || versions?.get(role)?.version === Number(version);
    },
  };
}

/** The signed record vouches for it, as clients take it. */
function indexOf({ release: { index } }: Found): TargetFile {
  const { path, length, sha256 } = index;
  const locations = [hashedTargetPath(path, sha256)];
  return { path, length, hashes: new Map([["sha256", sha256]]), custom: undefined, locations };
}

/** Adds the documents that a lookup of the path reads. */
async function leadTo(
  run: Run,
  path: TargetPath,
  documents: Map<string, RouteDocument>,
): Promise<TargetFile | undefined> {
  await lookUp(run, path);
  const lookup = new Lookup(bareSet(run), path, run.now);
  for (let { want } = lookup; want !== undefined; want = lookup.want) {
    const bytes = await run.state.readRole(want.role);
    const taken = bytes && unlessRefused(() => lookup.offer(bytes));
    if (bytes === undefined || taken === undefined) {
      throw new TrustError("TRUST_MIXED", want.role, "was there a moment ago");
    }
    const where = `metadata/${want.path}`;
    documents.set(where, { path: where, bytes });
  }
  return lookup.found;
}

/** The trusted set as it was before any lookup: what one reads is to be seen. */
function bareSet({ state, now }: Run): TrustedSet {
  const [[, first] = [], ...later] = state.roots;
  invariant(first !== undefined, "a state trusts some root");
  const files = new Map(later.map(([version, bytes]) => [storedRootName(version), bytes]));
  for (const role of ["timestamp", "snapshot", "targets"] as const) {
    const bytes = state.document(role);
    if (bytes !== undefined) files.set(storedName(role), bytes);
  }
  return TrustedSet.open(first, files, now);
}
