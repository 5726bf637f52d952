import { isTargetPath, TrustError } from "@causeway/kernel";
import { Lookup, RoleWalk, routePath, storedName, type TargetFile } from "@causeway/trust";
import { fetchFromAnyRoute, type Run } from "../metadata/metadata.ts";
import { type TrustState, unlessRefused } from "../metadata/trust-state.ts";

/** A signed document, and where it lies on a route. */
export interface RouteDocument {
  /** Below the route, as `metadata/3.root.json`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** All that a route of one state has to carry. */
export interface WholeState {
  /** The version of each top-level role. */
  readonly versions: Readonly<Record<"root" | "timestamp" | "snapshot" | "targets", number>>;
  /** From the first one that is trusted here to the newest. */
  readonly roots: readonly RouteDocument[];
  /** All other documents but the timestamp; nobody reads them before that names them. */
  readonly documents: readonly RouteDocument[];
  readonly timestamp: RouteDocument;
  /** What a client may be told to get, each once. */
  readonly targets: readonly TargetFile[];
  /** Paths of targets, of a state that carries only what leads to these; absent: it leads to all. */
  readonly leadsTo?: readonly string[];
}

const lookupsAtOnce = 64; // a few milliseconds, so that others get their turn

/**
 * Fetches what is missing of the metadata of the state that is trusted, and lists its targets.
 * @throws {NoRouteDelivered} no route has one of the documents
 * @throws {TrustError}
 */
export async function readWholeState(run: Run): Promise<WholeState> {
  const { state } = run;
  requireConsistent(state);
  const walk = new RoleWalk(state.set);
  const delegated: RouteDocument[] = [];
  for (let { want } = walk; want !== undefined; want = walk.want) {
    const bytes = await obtainRole(run, walk, want);
    delegated.push({ path: `metadata/${want.path}`, bytes });
  }
  await state.accept(walk.set, []);
  return { ...documentsOf(state, delegated), targets: await targetsOf(run, walk) };
}

/**
 * The documents of the state that is trusted.
 * @param delegated those of delegated roles
 * @throws {TrustError}
 */
export function documentsOf(
  state: TrustState,
  delegated: readonly RouteDocument[],
): Omit<WholeState, "targets"> {
  requireConsistent(state);
  const { root } = state.set;
  const versions = Object.fromEntries(state.set.versions());
  const { timestamp = 0, snapshot = 0, targets = 0 } = versions;
  const top = (role: "timestamp" | "snapshot" | "targets", version?: number): RouteDocument => {
    const bytes = state.document(role);
    if (bytes !== undefined) return { path: `metadata/${routePath(role, version)}`, bytes };
    throw new TrustError("TRUST_MIXED", role, "is not known; try again");
  };
  return {
    versions: { root: root.version, timestamp, snapshot, targets },
    roots: [...state.roots].map(([version, bytes]) => {
      return { path: `metadata/${routePath("root", version)}`, bytes };
    }),
    documents: [top("targets", targets), ...delegated, top("snapshot", snapshot)],
    timestamp: top("timestamp"),
  };
}

function requireConsistent({ set }: TrustState): void {
  if (set.root.consistentSnapshot) return;
  const text = "has no consistent snapshots: files would change while they are read";
  throw new TrustError("TRUST_MIXED", "root", text);
}

async function obtainRole(
  run: Run,
  walk: RoleWalk,
  want: NonNullable<RoleWalk["want"]>,
): Promise<Uint8Array> {
  const kept = await run.state.readRole(want.role);
  // It may be of an earlier state, or damaged.
  const offered = kept && unlessRefused(() => (walk.offer(kept), kept));
  if (offered !== undefined) return offered;
  const bytes = await fetchFromAnyRoute(run, want, (fetched) => (walk.offer(fetched), fetched));
  const write = [{ name: storedName(want.role), bytes }];
  await run.state.accept(walk.set, [{ write, remove: [] }]);
  return bytes;
}

/** Only what a lookup leads to: a role may name files that it was given no say in. */
async function targetsOf(run: Run, walk: RoleWalk): Promise<readonly TargetFile[]> {
  const paths = new Set([...walk.roles.values()].flatMap(({ entries }) => [...entries.keys()]));
  const targets: TargetFile[] = [];
  let at = 0;
  for (const path of paths) {
    if (++at % lookupsAtOnce === 0) await run.ports.clock.sleep(0, run.signal);
    // One that expired, or that no lookup gets to, is nothing that a client may have.
    const lookup = unlessRefused(() => new Lookup(walk.set, path, run.now));
    if (lookup?.found !== undefined && isCarried(lookup.found)) targets.push(lookup.found);
  }
  return targets;
}

/** Other names no Causeway serves, and no publisher of ours gives. */
function isCarried({ path }: TargetFile): boolean {
  return isTargetPath(path) && !/(?:^|\/)\.[^/]*\//.test(path);
}
