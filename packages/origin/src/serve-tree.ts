import type { ShardKeys } from "@causeway/kernel";
import type { Counts } from "./counters.ts";
import type { Handler } from "./exchange.ts";
import { fileHandler } from "./file-handler.ts";
import type { Follower } from "./follower.ts";
import { HttpServer } from "./http-server.ts";
import type { OriginLimits } from "./limits.ts";
import { type Log, throttledLog } from "./log.ts";
import { countSources } from "./measures/count-sources.ts";
import type { Hash } from "./measures/keyed-hash.ts";
import { SourceMeter } from "./measures/source-meter.ts";
import type { WorkerReport } from "./measures/worker-report.ts";
import { type Policy, usualShares } from "./policy/policy.ts";
import { PolicyGate } from "./policy/policy-gate.ts";
import { refuseForNow } from "./refusals.ts";
import { requestRules } from "./request-rules.ts";
import type { AdmissionPorts } from "./shield/admission.ts";
import { entranceDoor } from "./shield/entrance-door.ts";
import { HiddenClients } from "./shield/hidden-clients.ts";
import { Rulebook } from "./shield/rulebook.ts";
import { runAdmission } from "./shield/run-admission.ts";
import { followShardKeys } from "./shield/shard-keys-follower.ts";
import { TicketAlarms } from "./shield/ticket-alarms.ts";
import { TicketDesk } from "./shield/ticket-desk.ts";
import type { TicketKey } from "./shield/ticket-key-file.ts";
import type { ToldEntrances } from "./shield/ticket-office.ts";
import { TicketTally } from "./shield/ticket-tally.ts";
import { TrustedEdges } from "./shield/trusted-edges.ts";
import { Tree } from "./tree.ts";
import { UploadPace } from "./upload-pace.ts";
import { WorkerLanes } from "./worker-lanes.ts";

const forgetMs = 10_000;

export interface ServedTree {
  /** A real path. */
  readonly tree: string;
  /** Base URLs of other routes, each ending in `/`. */
  readonly duplicates: readonly string[];
  readonly limits: OriginLimits;
  /** How many serve one client beside each other: each gives a part of its share. */
  readonly workers: number;
  /** Absent: tickets are neither given nor taken. */
  readonly tickets: ServedTickets | undefined;
  /** `off`: no rule of the shield turns anybody away. */
  readonly shield: "on" | "off";
  /** As in `TrustedEdges`. */
  readonly trustedEdges: readonly string[];
  /** In force from the first request on. */
  readonly policy: Policy;
  /** As in `OriginOptions`; it stays in its process. */
  readonly isWelcome?: ((address: string) => boolean) | undefined;
  /** As in `SourceMeter`. */
  readonly sourceKey: Hash;
  /** The port of the private entrance that this worker is; absent: it serves everybody. */
  readonly entrance?: number;
}

export interface ServedTickets {
  /** As in `Ticket.aud`. */
  readonly audience: string;
  /** None until the first are known. */
  readonly keys: readonly TicketKey[];
  readonly entrances: ToldEntrances;
  /** As in `TicketOptions`. */
  readonly shardKeysFile?: string;
}

/** The server of one worker. */
export interface TreeServer
  extends Pick<WorkerLanes, "listen" | "setPublic" | "renewTls" | "counts" | "stop">,
    Pick<HttpServer, "listenToEdge"> {
  /** What was counted, and who asked since the last report. */
  report(): WorkerReport;
  /** From now on tickets are signed and verified with these. */
  setTicketKeys(keys: readonly TicketKey[]): void;
  /** From now on this one is in force. */
  setPolicy(policy: Policy): void;
}

/**
 * Puts the server of one worker together: whom the policy lets in shows a ticket or none, is
 * admitted by the shield, and must keep the rules before a file is opened. The shield is in front
 * of the rules, too: a flood of what they refuse is a flood.
 */
export function serveTree(served: ServedTree, log: Log): TreeServer {
  const { tree: root, duplicates, limits, tickets, entrance, isWelcome } = served;
  const edges = new TrustedEdges(served.trustedEdges);
  const tally = new TicketTally(served.sourceKey);
  const rules = new Rulebook({
    isShieldOff: served.shield === "off",
    onRefused: (rule, ticket) => tally.noteRefused(rule, ticket),
  });
  const calm = throttledLog(log, limits.logLinesPerSecondMax);
  const tree = new Tree(root, (path) => linkText(path, duplicates), limits);
  const desk =
    tickets &&
    new TicketDesk(tickets.audience, tickets.entrances, {
      calm: () => admission.isCalm(),
      pressure: () => admission.pressure(),
    });
  const setTicketKeys = (keys: readonly TicketKey[]): void => desk?.setKeys(keys);
  setTicketKeys(tickets?.keys ?? []);
  const shardKeys = desk && followedShards(tickets?.shardKeysFile, desk, log);
  const refuse = refusing(duplicates, rules, desk);
  const place = { workers: served.workers, isEntrance: entrance !== undefined };
  const { admission, stop: stopTicking } = runAdmission(limits, place, refuse, rules);
  // Of its own measure: lines about refusals must not hide a failing disk.
  const disk = throttledLog(log, limits.logLinesPerSecondMax);
  const office = desk?.office;
  const pace = UploadPace.of(limits.uploadBytesPerSecond, limits.connectionsMax);
  const files = fileHandler({ tree, alternates: duplicates, office, pace, log: disk });
  const admitted = admission.handler(requestRules(files, limits.headerCountMax));
  const invited = entrance === undefined ? admitted : entranceDoor(admitted, entrance, rules);
  const hidden = new HiddenClients(served.sourceKey, log);
  const looked = hidden.handler(invited);
  const known = desk === undefined ? looked : desk.reader(noting(looked, tally));
  const gate = new PolicyGate(duplicates);
  const setPolicy = (policy: Policy): void => {
    gate.setPolicy(policy);
    rules.setOpened(policy.opened);
    admission.setShares(policy.shares ?? usualShares);
  };
  setPolicy(served.policy);
  const meter = new SourceMeter(served.sourceKey);
  const onAccepted = (): void => admission.noteAccepted();
  const handler = countSources(gate.handler(known), meter);
  const server = new HttpServer(handler, limits, calm, { rules, edges, onAccepted, isWelcome });
  const forgetting = setInterval(() => tree.forgetOld(), forgetMs).unref();
  const alarms = new TicketAlarms(limits, tally, log);
  const watches = [alarms.run(), hidden.run(), stopTicking];
  const lanes = new WorkerLanes(server, limits, log, rules);
  const counts = (): Counts => {
    const counted = lanes.counts();
    const now = { ...counted.now, admission: admission.state() };
    return { ...counted, alarms: alarms.counts(), now };
  };
  return {
    setTicketKeys,
    setPolicy,
    listen: (wanted, material) => lanes.listen(wanted, material),
    setPublic: (isPublic) => lanes.setPublic(isPublic),
    listenToEdge: (path) => server.listenToEdge(path),
    renewTls: (material) => lanes.renewTls(material),
    counts,
    report: () => ({ counts: counts(), sources: meter.report() }),
    stop: async (graceMs) => {
      admission.stop();
      await lanes.stop(graceMs);
      clearInterval(forgetting);
      for (const stop of watches) stop();
      shardKeys?.stop();
      tree.close();
    },
  };
}

/** Says "not now", and gives what whoever is refused gets in with later. */
function refusing(
  duplicates: readonly string[],
  rules: Rulebook,
  desk: TicketDesk | undefined,
): AdmissionPorts["refuse"] {
  return (exchange, status) => {
    const { challenge, ...means } = desk?.meansFor(exchange) ?? {};
    const offered = challenge && !rules.isOpen("puzzle") ? { challenge } : {};
    refuseForNow(exchange, status, duplicates, { ...means, ...offered });
  };
}

/** Each worker looks for itself: they hold keys that few need, and change once in a while. */
function followedShards(
  file: string | undefined,
  { office }: TicketDesk,
  log: Log,
): Follower<ShardKeys> | undefined {
  if (file === undefined) return undefined;
  const follower = followShardKeys(file, log, (keys) => office.shards.setKeys(keys));
  void follower.start();
  return follower;
}

/** Notes what a client has shown. */
function noting(next: Handler, tally: TicketTally): Handler {
  return (exchange) => {
    tally.noteShown(exchange.ticket);
    return next(exchange);
  };
}

function linkText(path: string, duplicates: readonly string[]): string | undefined {
  if (duplicates.length === 0) return undefined;
  return duplicates.map((base) => `<${base}${path}>; rel=duplicate`).join(", ");
}
