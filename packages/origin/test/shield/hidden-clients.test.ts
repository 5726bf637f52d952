import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../../src/exchange.ts";
import type { LogEntry } from "../../src/log.ts";
import { HiddenClients } from "../../src/shield/hidden-clients.ts";
import { ticket } from "../support/tickets.ts";

interface Asking {
  readonly peer: string;
  /** What it is believed to ask for; absent: it is not believed. */
  readonly believed?: { readonly client: string | undefined };
  readonly forwarded?: string;
  readonly machine?: string;
}

function looking() {
  const logged: LogEntry[] = [];
  const hidden = new HiddenClients([1, 2], (entry) => logged.push(entry));
  const handler = hidden.handler(async () => {});
  let now = 0;
  const ask = ({ peer, believed, forwarded, machine }: Asking): void => {
    const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
    void handler({
      request: { socket: { remoteAddress: peer }, headers },
      client: believed === undefined ? peer : believed.client,
      ticket: machine === undefined ? undefined : { ...ticket, sub: machine },
    } as Exchange);
  };
  /** Two windows of the same, ten seconds each. */
  const windows = (asking: readonly Asking[]): readonly (readonly unknown[])[] => {
    logged.length = 0;
    for (const _ of [1, 2]) {
      asking.forEach(ask);
      hidden.endWindow((now += 10_000));
    }
    return logged.map(({ level, event, fields }) => [level, event, fields["address"]]);
  };
  return { windows, later: (ms: number) => (now += ms), logged };
}

const each = (count: number, asking: (at: number) => Asking): readonly Asking[] => {
  return Array.from({ length: count }, (_, at) => asking(at));
};

test("many machines with tickets at one address nearby are an edge that hides them", () => {
  const { windows, logged, later } = looking();
  const behind = (peer: string, machines: number): readonly Asking[] => {
    return each(100, (at) => ({ peer, machine: `machine-${at % machines}` }));
  };
  assert.deepEqual(windows(behind("10.0.0.7", 30)), [["error", "edge-hides-clients", "10.0.0.7"]]);
  assert.match(String(logged[0]?.fields["next"]), /serve --trust-edge 10\.0\.0\.7$/);
  assert.deepEqual(windows(behind("10.0.0.7", 30)), [], "told once in a while");
  later(600_000);
  assert.equal(windows(behind("10.0.0.7", 30)).length, 1);
  later(600_000);
  assert.deepEqual(windows(behind("10.0.0.7", 3)), [], "some machines of one household");
  assert.deepEqual(windows(behind("203.0.113.7", 30)), [], "a company behind one public address");
});

test("an edge that says who asks and is not trusted is told, a client that says so beside others is not", () => {
  const edge = each(30, (at) => ({ peer: "198.51.100.1", forwarded: `203.0.113.${at}` }));
  assert.deepEqual(looking().windows(edge), [["error", "edge-not-trusted", "198.51.100.1"]]);
  const others = each(40, (at) => ({ peer: `203.0.113.${at}` }));
  assert.deepEqual(looking().windows([...edge, ...others]), []);
});

test("a trusted edge that says of ticket holders not who they are is told, and its own look is not", () => {
  const peer = "10.0.0.7";
  const silent = { peer, believed: { client: undefined } };
  const asking = each(30, (at) => ({ ...silent, machine: `machine-${at}` }));
  assert.deepEqual(looking().windows(asking), [["error", "edge-hides-clients", peer]]);
  assert.deepEqual(looking().windows(each(30, () => silent)), []);
  const well = each(30, (at) => {
    return { peer, believed: { client: `203.0.113.${at}` }, forwarded: "x", machine: `m-${at}` };
  });
  assert.deepEqual(looking().windows(well), []);
});
