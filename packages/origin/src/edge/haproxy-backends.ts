import { edgeLimits as limits } from "./edge-limits.ts";
import { endpointText } from "./endpoint.ts";
import { haproxyWord } from "./engine-words.ts";
import type { HaproxyPlan, Upstream } from "./haproxy-plan.ts";
import { isOpenAcl } from "./open-rules.ts";

/**
 * Where requests wait, and for what. Newcomers have slots of their own, so that no crowd of tickets
 * takes them. A slot is held for as long as its reader is slow: so those few that bring the waiting
 * here are for what is surely small, and has left at once; documents and bytes of patches have many.
 * Of the latter newcomers have few while these move, since what is sent at once shares one core; the
 * rest is for when readers are what is slow.
 */
export function haproxyBackends(plan: HaproxyPlan): readonly (readonly string[])[] {
  const edges = Math.max(1, plan.peers.length);
  const { origins } = plan;
  const ownFiles = plan.files.length === 0;
  const small = limits.ticketedSlots + limits.newcomerSlots;
  const share = (connections: number, taken: number): number => {
    return Math.max(4, Math.floor((connections - limits.spareConnections) / edges) - taken);
  };
  const rest = share(plan.originConnections, small);
  const documents = ownFiles ? Math.max(4, Math.floor(rest / 4)) : rest;
  const ofOrigin = { upstreams: origins, name: "origin", slots: documents, probed: "newcomers" };
  const ofFiles = {
    upstreams: ownFiles ? origins : plan.files,
    name: "files",
    slots: ownFiles ? Math.max(4, rest - documents) : share(plan.fileConnections, 0),
    probed: undefined,
    first: limits.newcomerFileSlots,
    ...(!ownFiles && { more: [forgetTicket] }),
  };
  return [
    [...backend("ticketed"), ...servers(origins, "origin", limits.ticketedSlots, "newcomers")],
    [
      ...backend("newcomers"),
      ...probes,
      ...servers(origins, "origin", limits.newcomerSlots, undefined),
    ],
    ...longBackends("docs", ofOrigin),
    ...longBackends("files", ofFiles),
    ...unlinedBackends(plan, share(plan.originConnections, 0), share(plan.fileConnections, 0)),
  ];
}

/** Rules that say which of them a request is for. */
export function backendRules({ origins, files }: HaproxyPlan): readonly string[] {
  const ticketed = "{ var(txn.ticketed) -m bool }";
  const opened = isOpenAcl("line");
  const begun = ["newcomer_files", "spare_files"].flatMap((lane) => {
    return (files.length > 0 ? files : origins).map((_, at) => {
      const rate = `srv_sess_rate(${lane}/files-${at + 1}),add(txn.files_begun)`;
      return `  http-request set-var(txn.files_begun) ${rate} if files`;
    });
  });
  return [
    "  http-request set-var(txn.files_begun) int(0) if files",
    ...begun,
    "  acl files_wait be_conn_free(newcomer_files) lt 1",
    `  acl few_files var(txn.files_begun) -m int lt ${limits.newcomerFilesMin}`,
    `  acl core_is_free lat_ns_tot lt ${limits.freeCoreNs}`,
    `  use_backend unlined_files if files ${opened}`,
    `  use_backend unlined if ${opened}`,
    "  use_backend crowd_files if files holds_many",
    `  use_backend ticketed_files if files ${ticketed}`,
    "  use_backend spare_files if files files_wait core_is_free",
    "  use_backend spare_files if files files_wait few_files",
    "  use_backend newcomer_files if files",
    "  use_backend crowd_docs if !small holds_many",
    `  use_backend ticketed_docs if !small ${ticketed}`,
    "  use_backend newcomer_docs if !small",
    `  use_backend ticketed if ${ticketed}`,
    "  default_backend newcomers",
  ];
}

/** Who sends what is long. */
interface LongSource {
  readonly upstreams: readonly Upstream[];
  readonly name: string;
  readonly slots: number;
  /** The backend whose probes tell who is alive; undefined: that of newcomers here. */
  readonly probed: string | undefined;
  /** Lines of its own. */
  readonly more?: readonly string[];
  /** Of the newcomers' slots, those that are used first; absent: all. */
  readonly first?: number;
}

/**
 * Whoever holds several slots already gets more from a part that it shares with its like: slow
 * readers with one ticket, or of one address, would hold all.
 */
function longBackends(
  kind: "docs" | "files",
  { upstreams, name, slots, probed, more = [], first }: LongSource,
): readonly (readonly string[])[] {
  const ofNewcomers = Math.max(1, Math.floor(slots / 4));
  const ofCrowd = Math.max(1, Math.floor(slots / 8));
  const newcomers = `newcomer_${kind}`;
  const lane = (title: string, count: number): readonly string[] => {
    const isProbing = title === newcomers && probed === undefined;
    const track = isProbing ? undefined : (probed ?? newcomers);
    const lines = [...backend(title), ...more, ...(isProbing ? probes : [])];
    return [...lines, ...servers(upstreams, name, count, track)];
  };
  return [
    lane(`ticketed_${kind}`, slots - ofNewcomers - ofCrowd),
    lane(newcomers, Math.min(ofNewcomers, first ?? ofNewcomers)),
    ...(first === undefined ? [] : [lane(`spare_${kind}`, Math.max(1, ofNewcomers - first))]),
    lane(`crowd_${kind}`, ofCrowd),
  ];
}

/**
 * Where nobody waits for a turn, while the rule `line` is open: as much is under way as the servers
 * take, and what is beyond that waits as long as it is not idle.
 */
function unlinedBackends(
  { origins, files }: HaproxyPlan,
  originSlots: number,
  fileSlots: number,
): readonly (readonly string[])[] {
  const ownFiles = files.length === 0;
  const small = ownFiles ? Math.floor(originSlots / 4) : originSlots;
  const large = ownFiles ? originSlots - small : fileSlots;
  const patience = `  timeout queue ${limits.idleMs}ms`;
  return [
    [...backend("unlined"), patience, ...servers(origins, "origin", small, "newcomers")],
    [
      ...backend("unlined_files"),
      patience,
      ...(ownFiles ? [] : [forgetTicket]),
      ...servers(ownFiles ? origins : files, "files", large, "newcomer_files"),
    ],
  ];
}

// No tickets beyond those who issue them: what carries files learns nothing that it could use.
const forgetTicket = "  http-request del-header Authorization";

/** A file that every route has. HEAD, since nobody would use the ticket of an answer to GET. */
const probes = [
  "  option httpchk",
  "  http-check send meth HEAD uri /metadata/timestamp.json ver HTTP/1.1 hdr Host edge.invalid",
  "  http-check expect status 200",
  "  timeout check 2s",
];

function backend(name: string): readonly string[] {
  return [`backend ${name}`, "  balance leastconn"];
}

/** @param track the backend whose probes tell who is alive; undefined: its own */
function servers(
  upstreams: readonly Upstream[],
  name: string,
  slots: number,
  track: string | undefined,
): readonly string[] {
  return upstreams.map((upstream, at) => {
    const id = `${name}-${at + 1}`;
    const alive = track === undefined ? "check inter 1s fall 3 rise 2" : `track ${track}/${id}`;
    return `  server ${id} ${addressOf(upstream)} maxconn ${slots} ${alive}`;
  });
}

function addressOf(upstream: Upstream): string {
  if ("port" in upstream) return endpointText(upstream);
  return haproxyWord(`unix@${upstream.socket}`, "the socket");
}
