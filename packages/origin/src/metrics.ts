import {
  admissionOutcomes,
  badTicketReasons,
  type Counts,
  clientKinds,
  dropReasons,
  handshakeEnds,
  policyRefusals,
  statuses,
  type Traffic,
} from "./counters.ts";
import type { EdgeStats } from "./edge-watch/edge-stats.ts";
import { latencyBounds } from "./measures/latency.ts";
import type { SourceState } from "./measures/recorder.ts";
import { type MetricFamily, openMetricsText, type Sample } from "./openmetrics.ts";
import type { EdgeState } from "./own-edge/edge-supervisor.ts";
import { ownEdgeFamilies } from "./own-edge/own-edge-metrics.ts";
import type { Policy } from "./policy/policy.ts";
import { requestClasses } from "./shield/request-class.ts";
import { type ShieldRule, shieldRules } from "./shield/rulebook.ts";

/** How the workers of one pool are. */
export interface PoolState {
  readonly workers: number;
  readonly restarts: number;
}

/** How all that serves is. Workers of entrances are none of `workers`. */
export interface ServingState extends PoolState {
  /** Private entrances that are open. */
  readonly entrances: number;
}

/** What `/metrics` says beyond the workers' own counts. */
export interface OriginState extends ServingState {
  /** True: all rules of the shield are open, as long as it runs. */
  readonly isShieldOff: boolean;
  /** Of the HAProxy that was started in front, if one was. */
  readonly edge?: { readonly state: EdgeState; readonly stats: EdgeStats };
}

/** What `/metrics` says of the policy. */
export interface PolicyState {
  readonly inForce: Policy;
  /** What is signed. */
  readonly file: { readonly version: number } | undefined;
  readonly refused: number;
}

/** What an origin tells of itself, as OpenMetrics. */
export function renderMetrics(
  counts: Counts,
  origin: OriginState,
  sources: SourceState,
  policy: PolicyState,
): string {
  const families = [
    ...trafficFamilies(counts),
    ...admissionFamilies(counts),
    ...ticketFamilies(counts),
    ...policyFamilies(counts, policy),
    openRules(origin, policy),
    ...connectionFamilies(counts),
    ...sourceFamilies(sources),
    {
      name: "workers",
      type: "gauge",
      help: "Workers that serve now.",
      samples: [{ value: origin.workers }],
    },
    {
      name: "entrances",
      type: "gauge",
      help: "Private entrances that are open now.",
      samples: [{ value: origin.entrances }],
    },
    {
      name: "worker_restarts",
      type: "counter",
      help: "Workers started again after they died.",
      samples: [{ value: origin.restarts }],
    },
    ...(origin.edge === undefined ? [] : ownEdgeFamilies(origin.edge.state, origin.edge.stats)),
  ] satisfies MetricFamily[];
  return openMetricsText(
    families.map((each) => ({ ...each, name: `causeway_origin_${each.name}` })),
  );
}

function trafficFamilies(counts: Counts): readonly MetricFamily[] {
  return [
    {
      name: "requests_received",
      type: "counter",
      help: "Requests that came, whatever became of them.",
      samples: ofEachTraffic(counts, ({ received }, labels) => [{ labels, value: received }]),
    },
    {
      name: "requests",
      type: "counter",
      help: "Requests answered.",
      samples: ofEachTraffic(counts, ({ answers }, labels) => {
        return statuses.map((status) => {
          return { labels: { ...labels, status }, value: answers[status] };
        });
      }),
    },
    {
      name: "sent_bytes",
      type: "counter",
      unit: "bytes",
      help: "Bytes sent, headers included.",
      samples: ofEachTraffic(counts, ({ sentBytes }, labels) => [{ labels, value: sentBytes }]),
    },
    {
      name: "latency_seconds",
      type: "histogram",
      unit: "seconds",
      help: "From a whole request head to the start of its answer, where it was served.",
      samples: ofEachTraffic(counts, ({ latency, latencySeconds }, labels) => {
        const value = { bounds: latencyBounds, buckets: latency, sum: latencySeconds };
        return [{ labels, value }];
      }),
    },
  ];
}

function ofEachTraffic(
  { traffic }: Counts,
  samplesOf: (traffic: Traffic, labels: Readonly<Record<string, string>>) => readonly Sample[],
): readonly Sample[] {
  return requestClasses.flatMap((name) => {
    return clientKinds.flatMap((client) => {
      return samplesOf(traffic[name][client], { class: name, client });
    });
  });
}

function admissionFamilies(counts: Counts): readonly MetricFamily[] {
  const { limit, waiting, held } = counts.now.admission;
  return [
    {
      name: "admissions",
      type: "counter",
      help: "Requests at the shield, by what became of them.",
      samples: ofEachTraffic(counts, ({ admissions }, labels) => {
        return admissionOutcomes.map((outcome) => {
          return { labels: { ...labels, outcome }, value: admissions[outcome] };
        });
      }),
    },
    {
      name: "admission_limit",
      type: "gauge",
      help: "Pieces of work that may be under way at once.",
      samples: [{ value: limit }],
    },
    {
      name: "admission_waiting",
      type: "gauge",
      help: "Requests, and rests of answers, that wait for their turn.",
      samples: [{ value: waiting }],
    },
    {
      name: "admission_held",
      type: "gauge",
      help: "Refusals that are held back.",
      samples: [{ value: held }],
    },
    {
      name: "shield_alarms",
      type: "counter",
      help: "Windows in which a rule turned away too many machines with good tickets.",
      samples: shieldRules.map((rule) => ({ labels: { rule }, value: counts.alarms[rule] })),
    },
  ];
}

function ticketFamilies({ tickets }: Counts): readonly MetricFamily[] {
  const given = ["first", "renewed", "place"] as const;
  return [
    {
      name: "tickets_given",
      type: "counter",
      help: "Tickets given, to newcomers or to who showed one; places, to who was refused.",
      samples: given.map((kind) => ({ labels: { kind }, value: tickets[kind] })),
    },
    {
      name: "tickets_shown",
      type: "counter",
      help: "Requests with what was to be a ticket, by what was found of it.",
      samples: [
        { labels: { verdict: "good" }, value: tickets.good },
        { labels: { verdict: "waited" }, value: tickets.waited },
        ...badTicketReasons.map((verdict) => ({
          labels: { verdict },
          value: tickets.bad[verdict],
        })),
      ],
    },
  ];
}

function policyFamilies(
  { policyRefusals: refusals }: Counts,
  { file, refused }: PolicyState,
): readonly MetricFamily[] {
  return [
    {
      name: "policy_refusals",
      type: "counter",
      help: "Requests refused because the policy in force says so, by rule.",
      samples: policyRefusals.map((rule) => ({ labels: { rule }, value: refusals[rule] })),
    },
    {
      name: "policy_file_version",
      type: "gauge",
      help: "Version of the signed policy that was taken last; 0 for none.",
      samples: [{ value: file?.version ?? 0 }],
    },
    {
      name: "policy_files_refused",
      type: "counter",
      help: "Signed policies that were refused.",
      samples: [{ value: refused }],
    },
  ];
}

function openRules({ isShieldOff }: OriginState, { inForce }: PolicyState): MetricFamily {
  const opened = new Set(inForce.opened.map(({ rule }) => rule));
  const isOpen = (rule: ShieldRule): boolean => {
    return isShieldOff || opened.has("all") || opened.has(rule);
  };
  return {
    name: "shield_rule_open",
    type: "gauge",
    help: "Whether a rule of the shield is open, and turns nobody away.",
    samples: shieldRules.map((rule) => ({ labels: { rule }, value: isOpen(rule) ? 1 : 0 })),
  };
}

function connectionFamilies(counts: Counts): readonly MetricFamily[] {
  const { accepted, drops, handshakes, now } = counts;
  return [
    {
      name: "connections",
      type: "gauge",
      help: "Connections open now.",
      samples: [{ value: now.open }],
    },
    {
      name: "connections_resting",
      type: "gauge",
      help: "Connections that have nothing to do and no place, and are listened to by turns.",
      samples: [{ value: now.resting }],
    },
    {
      name: "connections_accepted",
      type: "counter",
      help: "Connections accepted.",
      samples: [{ value: accepted }],
    },
    {
      name: "connections_dropped",
      type: "counter",
      help: "Connections closed on the client, by reason.",
      samples: dropReasons.map((reason) => ({ labels: { reason }, value: drops[reason] })),
    },
    {
      name: "tls_handshakes",
      type: "counter",
      help: "Connections to the TLS port, by what became of the handshake.",
      samples: handshakeEnds.map((outcome) => {
        return { labels: { outcome }, value: handshakes[outcome] };
      }),
    },
    {
      name: "tls_handshakes_under_way",
      type: "gauge",
      help: "TLS handshakes that have begun and not ended.",
      samples: [{ value: now.handshaking }],
    },
  ];
}

function sourceFamilies({ lastMinute, ever, networks }: SourceState): readonly MetricFamily[] {
  return [
    {
      name: "sources",
      type: "gauge",
      help: "Distinct addresses (/32, /64) that asked, to 1.6 % or so.",
      samples: [
        { labels: { during: "minute" }, value: lastMinute },
        { labels: { during: "run" }, value: ever },
      ],
    },
    {
      name: "network_requests",
      type: "gauge",
      help: "Requests in the last minute, at least, of the ten networks (/24, /48) that sent most.",
      samples: networks.map(([network, value]) => ({ labels: { network }, value })),
    },
  ];
}
