import type { Moment, Recorded } from "./moment.ts";

const momentsMax = 600;
const namesMax = 64;
const bucketsMax = 64;
const shapeOfName = /^[a-z][a-z-]{0,31}$/;
const shapeOfNetwork = /^[0-9a-f.:]{2,39}\/\d{1,3}$/;
const numberMax = 1e15;

/** Outcomes at the shield that are no refusals; one that was dropped is counted as refused already. */
const notRefused = new Set(["at-once", "waited", "dropped"]);

/**
 * Reads what the admin port of an origin answers at `/seconds`. Fields, classes and reasons that are
 * not known here are of a later release.
 * @returns undefined when it is something else
 */
export function readRecording(text: string): Recorded | undefined {
  try {
    const { version, started, latencyBounds, lastMinute, seconds } = fieldsOf(JSON.parse(text));
    if (version !== 1) return undefined;
    const { sources, networks } = fieldsOf(lastMinute);
    return {
      started: count(started),
      latencyBounds: list(latencyBounds, bucketsMax).map(count),
      sources: count(sources),
      networks: new Map(list(networks, namesMax).map(networkOf)),
      moments: list(seconds, momentsMax).map(momentOf),
    };
  } catch (cause) {
    if (cause instanceof NotRecorded || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

/** Never leaves this file. */
class NotRecorded extends Error {}

function momentOf(value: unknown): Moment {
  const second = fieldsOf(value);
  const requests = [...counts(second["requests"], (clients) => sumOf(counts(clients, count)))];
  const byClient = [...counts(second["requests"], fieldsOf).values()];
  const latency = fieldsOf(second["latency"]);
  const shield = fieldsOf(second["shield"]);
  const edge = second["edge"] === undefined ? undefined : fieldsOf(second["edge"]);
  // Behind an edge, those that a worker holds are the edge's.
  const connections = fieldsOf((edge ?? second)["connections"]);
  return {
    n: count(second["n"]),
    at: count(second["at"]) * 1000,
    seconds: Math.max(1, count(second["ms"])) / 1000,
    requests: new Map(requests),
    ticketed: byClient.reduce((sum, { ticketed }) => sum + count(ticketed), 0),
    atEdge: edge && count(edge["requests"]),
    refused: refusedIn(second, edge),
    sentBytes: sumOf(counts(second["sentBytes"], count)),
    latency: { ticketed: buckets(latency["ticketed"]), newcomer: buckets(latency["newcomer"]) },
    limit: count(shield["limit"]),
    waiting: count(shield["waiting"]) + (edge ? count(edge["waiting"]) : 0),
    held: count(shield["held"]),
    alarms: second["alarms"] === undefined ? new Map() : counts(second["alarms"], count),
    badTickets: count(fieldsOf(second["tickets"])["bad"]),
    open: count(connections["open"]),
    accepted: count(connections["accepted"]),
    sources: count(second["sources"]),
  };
}

function refusedIn(
  second: Readonly<Record<string, unknown>>,
  edge: Readonly<Record<string, unknown>> | undefined,
): ReadonlyMap<string, number> {
  const refused = new Map(counts(second["refusedByPolicy"], count));
  const byClient = counts(second["admissions"], (value) => counts(value, count)).values();
  const byEdge = edge === undefined ? [] : [counts(edge["refused"], count)];
  for (const outcomes of [...byClient, ...byEdge]) {
    for (const [outcome, times] of outcomes) {
      if (!notRefused.has(outcome)) refused.set(outcome, (refused.get(outcome) ?? 0) + times);
    }
  }
  return refused;
}

function buckets(value: unknown): readonly number[] {
  return list(value, bucketsMax + 1).map(count);
}

function networkOf(value: unknown): readonly [string, number] {
  const { network, requests } = fieldsOf(value);
  if (typeof network !== "string" || !shapeOfNetwork.test(network)) throw new NotRecorded();
  return [network, count(requests)];
}

/** A value for each name. */
function counts<Value>(value: unknown, read: (each: unknown) => Value): ReadonlyMap<string, Value> {
  const entries = Object.entries(fieldsOf(value));
  if (entries.length > namesMax || !entries.every(([name]) => shapeOfName.test(name))) {
    throw new NotRecorded();
  }
  return new Map(entries.map(([name, each]) => [name, read(each)]));
}

function sumOf(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((sum, value) => sum + value, 0);
}

function count(value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= numberMax) return value;
  throw new NotRecorded();
}

function list(value: unknown, lengthMax: number): readonly unknown[] {
  if (Array.isArray(value) && value.length <= lengthMax) return value;
  throw new NotRecorded();
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new NotRecorded();
}
