import { asSentence, HostError } from "@causeway/kernel";
import { addCounts, type Counts } from "../counters.ts";
import { tellHaproxy } from "../edge/runtime-socket.ts";
import { EdgeAlarms } from "../edge-watch/edge-alarms.ts";
import { EdgeMeter, edgeStatsAt } from "../edge-watch/edge-meter.ts";
import type { EdgeStats } from "../edge-watch/edge-stats.ts";
import { refusedCommand } from "../edge-watch/refused-machines.ts";
import type { Log } from "../log.ts";
import type { ServedTree } from "../serve-tree.ts";
import { canSharePort, type Serving, type ServingOptions, startServing } from "../serving.ts";
import { unnamedRoute } from "../shield/ticket.ts";
import type { TlsKeeper } from "../tls/tls-keeper.ts";
import type { EdgeState } from "./edge-supervisor.ts";
import { OwnEdge } from "./own-edge.ts";
import { endpointsOf } from "./own-edge-plan.ts";

/** Whether an HAProxy is to stand in front: where there is one, never, or by all means. */
export const edgeChoices = ["auto", "off", "haproxy"] as const;
export type EdgeChoice = (typeof edgeChoices)[number];

/** An HAProxy that stands in front, or is to. */
export interface EdgeInFront {
  /** As `2.6.12`. */
  readonly version: string;
  /** Its runtime socket. */
  readonly control: string;
  state(): EdgeState;
  /** What it has told so far; to be called about once a second where anybody looks. */
  stats(): EdgeStats;
}

/** What serves, and what stands in front of it. */
export interface EdgedServing extends Serving {
  readonly edge: EdgeInFront | undefined;
}

/**
 * Starts to serve, and an HAProxy in front of it on the same ports. Node serves there whenever no
 * HAProxy does: until the first one has started, and from the moment when one dies until the next
 * has. For that moment both listen (SO_REUSEPORT), so that nobody is refused.
 * @throws {HostError} also when there must be an HAProxy and none can be started
 */
export async function serveBehindEdge(
  served: ServedTree,
  options: ServingOptions & { readonly edge: EdgeChoice },
  keeper: TlsKeeper | undefined,
): Promise<EdgedServing> {
  const { edge: choice, log, workers } = options;
  const edge = choice === "off" ? undefined : await prepare(choice, log, keeper);
  const sockets = edge?.sockets(Math.max(workers, 1)) ?? [];
  let serving: Serving;
  try {
    serving = await startServing(served, { ...options, edgeSockets: sockets }, keeper);
  } catch (cause) {
    await edge?.stop(0);
    throw cause;
  }
  if (edge === undefined) return { ...serving, edge };
  try {
    await startEdge(edge, served, { host: options.host, sockets, serving, keeper });
  } catch (cause) {
    await edge.stop(0);
    if (choice === "haproxy" || !(cause instanceof HostError)) {
      await serving.stop(0);
      throw mustBe(cause);
    }
    tellWithout(log, "warn", cause);
    return { ...serving, edge: undefined };
  }
  const alarms = new EdgeAlarms(served.limits, {
    ask: () => tellHaproxy(edge.control, refusedCommand),
    log,
    now: Date.now,
  });
  return together(serving, edge, alarms, keeper);
}

async function prepare(
  choice: EdgeChoice,
  log: Log,
  keeper: TlsKeeper | undefined,
): Promise<OwnEdge | undefined> {
  try {
    if (canSharePort()) return await OwnEdge.prepare(log);
    throw new HostError("HOST_MISSING", "this system cannot share a port (SO_REUSEPORT).");
  } catch (cause) {
    if (choice === "haproxy" || !(cause instanceof HostError)) {
      keeper?.stop();
      throw mustBe(cause);
    }
    tellWithout(log, "info", cause);
    return undefined;
  }
}

/** What is said when there must be an HAProxy. */
function mustBe(cause: unknown): unknown {
  if (!(cause instanceof HostError)) return cause;
  const { code, message } = cause;
  const what = `No HAProxy can stand in front: ${asSentence(message)} Or serve without one: --edge off.`;
  return new HostError(code, what, { cause });
}

function tellWithout(log: Log, level: "info" | "warn", { message }: HostError): void {
  const instead = "Node serves alone; its own shield admits";
  log({ level, event: "no-edge", fields: { why: message, instead } });
}

/** @throws {HostError} */
async function startEdge(
  edge: OwnEdge,
  served: ServedTree,
  behind: {
    readonly host: string;
    readonly sockets: readonly string[];
    readonly serving: Serving;
    readonly keeper: TlsKeeper | undefined;
  },
): Promise<void> {
  const { host, sockets, serving, keeper } = behind;
  const { plain, tls } = serving.ports;
  let handedOver = Promise.resolve();
  await edge.start(
    {
      title: served.tree,
      listen: {
        plain: plain === undefined ? undefined : await endpointsOf(host, plain),
        tls: tls === undefined ? undefined : await endpointsOf(host, tls),
      },
      sockets,
      originConnections: served.limits.connectionsMax,
      behind: served.trustedEdges,
      audience: served.tickets?.audience ?? unnamedRoute,
      alternates: served.duplicates,
      keys: served.tickets?.keys ?? [],
      pair: keeper?.material,
    },
    (inFront) => {
      handedOver = serving.setPublic(!inFront);
    },
  );
  await handedOver; // who comes later meets HAProxy
}

function together(
  serving: Serving,
  edge: OwnEdge,
  alarms: EdgeAlarms,
  keeper: TlsKeeper | undefined,
): EdgedServing {
  keeper?.follow((material) => edge.setPair(material));
  if (keeper !== undefined) edge.setPair(keeper.material); // it may have changed meanwhile
  const { control } = edge;
  const meter = new EdgeMeter(() => edgeStatsAt(control));
  const endAlarms = alarms.run();
  const withAlarms = (counts: Counts): Counts => {
    return { ...counts, alarms: addCounts(counts.alarms, alarms.counts()) };
  };
  return {
    ...serving,
    counts: () => withAlarms(serving.counts()),
    report: () => {
      const { counts, sources } = serving.report();
      return { counts: withAlarms(counts), sources };
    },
    edge: {
      version: edge.haproxy.version,
      control,
      state: () => edge.state(),
      stats: () => {
        void meter.update();
        return meter.stats();
      },
    },
    setTicketKeys: (keys) => {
      serving.setTicketKeys(keys);
      edge.setTicketKeys(keys);
    },
    setPolicy: (policy) => {
      serving.setPolicy(policy);
      edge.setRetired(policy.retired.map(({ host }) => host));
      edge.setOpened(policy.opened);
    },
    stop: async (graceMs) => {
      endAlarms();
      const end = performance.now() + graceMs;
      await edge.stop(graceMs);
      await serving.stop(Math.max(0, end - performance.now()));
    },
  };
}
