import { edgeLimits as limits } from "./edge-limits.ts";
import { endpointText } from "./endpoint.ts";
import { haproxyWord } from "./engine-words.ts";
import type { HaproxyPlan, Upstream } from "./haproxy-plan.ts";

/**
 * Where requests wait, and for what. Newcomers have slots of their own, so that no crowd of tickets
 * takes them; bytes of patches have many, since a slot there is held as long as a slow line takes.
 */
export function haproxyBackends(plan: HaproxyPlan): readonly (readonly string[])[] {
  const edges = Math.max(1, plan.peers.length);
  const ownFiles = plan.files.length === 0;
  const small = limits.ticketedSlots + limits.newcomerSlots;
  const share = (connections: number, taken: number): number => {
    return Math.max(4, Math.floor((connections - limits.spareConnections) / edges) - taken);
  };
  const slots = ownFiles ? share(plan.originConnections, small) : share(plan.fileConnections, 0);
  const newcomerFiles = Math.max(1, Math.floor(slots / 4));
  const { origins } = plan;
  const files = ownFiles ? origins : plan.files;
  const forget = ownFiles ? [] : [forgetTicket];
  return [
    [...backend("ticketed"), ...servers(origins, "origin", limits.ticketedSlots, "newcomers")],
    [
      ...backend("newcomers"),
      ...probes,
      ...servers(origins, "origin", limits.newcomerSlots, undefined),
    ],
    [
      ...backend("ticketed_files"),
      ...forget,
      ...servers(files, "files", slots - newcomerFiles, "newcomer_files"),
    ],
    [
      ...backend("newcomer_files"),
      ...forget,
      ...probes,
      ...servers(files, "files", newcomerFiles, undefined),
    ],
    ...unlinedBackends(plan, share(plan.originConnections, 0), share(plan.fileConnections, 0)),
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
