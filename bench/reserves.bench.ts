import { attackReserves, Dice, openInWaves, type ReservePlan } from "@causeway/sim";

export const title = "sealed reserves: who still has a route";

const seed = 1;
const fleets = [20, 100, 1_000, 10_000] as const;
const network = 4; // machines of one vendor behind one /24, as of households and small offices
const customer = 100;
const plan: ReservePlan = {
  clients: 0,
  shards: 16,
  perClient: 2,
  given: 1,
  captured: 1,
  capturedPercent: 5,
};

export function run(): Promise<string> {
  return Promise.resolve([bySize(), byShards(), byWaves(), told].join("\n\n"));
}

function bySize(): string {
  const ways: readonly (readonly [string, Partial<ReservePlan>])[] = [
    ["no shards: all know all", { perClient: 16 }],
    ["each draws its own; any are captured", {}],
    ["each its own; networks are captured", { captured: network }],
    ["by network; any are captured", { given: network }],
    ["by network; networks are captured", { given: network, captured: network }],
    ["by customer; any are captured", { given: customer }],
    ["by customer; customers are captured", { given: customer, captured: customer }],
  ];
  const rows = ways.map(([name, change]) => {
    return [name, ...fleets.map((clients) => shown({ ...plan, ...change, clients }))];
  });
  const head = [
    "keys are given, machines fall",
    ...fleets.map((size) => size.toLocaleString("en")),
  ];
  return `16 reserves, 2 for each machine, 5 % captured: of the others so many % keep a route (shards seen):\n\n${table(head, rows)}`;
}

function byShards(): string {
  const ways: readonly (readonly [string, Partial<ReservePlan>])[] = [
    ["each draws its own; any are captured", {}],
    ["by network; networks are captured", { given: network, captured: network }],
    ["by customer; customers are captured", { given: customer, captured: customer }],
  ];
  const counts = [16, 64, 256, 1_024];
  const rows = ways.map(([name, change]) => {
    return [
      name,
      ...counts.map((shards) => shown({ ...plan, ...change, clients: 10_000, shards })),
    ];
  });
  return `The same for 10,000 machines and more shards:\n\n${table(["", ...counts.map(String)], rows)}`;
}

function byWaves(): string {
  const dice = new Dice(seed).fork("waves");
  const rows = [5, 15, 60].flatMap((reaction) => {
    return [16, 8, 1].map((atOnce) => {
      const wave = { routes: 16, atOnce, reaction, pause: 5, window: 60 };
      const { minutes, reachedPerMille } = openInWaves(wave, 10_000, dice);
      const often = atOnce === 16 ? "all at once" : `${atOnce} at a time`;
      return [String(reaction), often, String(minutes), (reachedPerMille / 10).toFixed(1)];
    });
  });
  const head = ["minutes until one is killed", "opened", "minutes reachable", "% reached"];
  return `16 reserves whose keys nobody was given, each next one 5 minutes after the last has fallen, machines that look at some minute of each hour:\n\n${table(head, rows)}`;
}

const told = `An unsharded list leaves nobody a route. Shards save a fleet of dozens. In one of thousands, captured
machines that lie anywhere have seen all 16 shards; it helps when neighbours are given the same and
fall together, or when there are about as many shards as captured units. What always helps is a
reserve whose key nobody has: each buys the minutes until the attacker has moved, if they are opened
one after the other. Opened all at once, they fall together.`;

/** Of many drawn fleets, the mean. */
function shown(of: ReservePlan): string {
  const times = Math.max(5, Math.round(40_000 / of.clients));
  const dice = new Dice(seed).fork(JSON.stringify(of));
  let [seen, reached, others] = [0, 0, 0];
  for (let time = 0; time < times; time++) {
    const outcome = attackReserves(of, dice);
    seen += outcome.seen;
    reached += outcome.reached.filter(Boolean).length;
    others += outcome.reached.length;
  }
  return `${((reached * 100) / others).toFixed(1)} (${(seen / times).toFixed(1)})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, at) => (at === 0 ? "---" : "---:"));
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
