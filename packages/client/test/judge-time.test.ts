import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeTime } from "../src/metadata/judge-time.ts";

const day = 86_400_000;
const year = 365 * day;
const truth = Date.UTC(2030, 0, 1);

interface Row {
  readonly says: string;
  /** The local clock minus the true time. */
  readonly local: number;
  /** The hosts' clocks minus the true time. */
  readonly hosts: readonly number[];
  /** The newest time of signing minus the true time. */
  readonly signed?: number;
  /** What is judged, minus the true time. */
  readonly now: number;
  readonly by: "local" | "routes" | "signed" | "nothing";
}

const rows: readonly Row[] = [
  { says: "nobody tells", local: 3, hosts: [], now: 3, by: "local" },
  { says: "all agree", local: 0, hosts: [0, 1, -1], signed: -day, now: 0, by: "local" },
  { says: "one liar", local: 0, hosts: [-year], now: 0, by: "local" },
  {
    says: "one witness outdoes many liars",
    local: 0,
    hosts: [0, -year, -year],
    now: 0,
    by: "local",
  },
  {
    says: "two liars, and a witness beside whom the local clock is an hour off",
    local: -day / 24,
    hosts: [0, 10 * year, 10 * year],
    now: -day / 24,
    by: "local",
  },
  {
    says: "an hour off, and nobody lies by more than a day",
    local: -day / 24,
    hosts: [0, 0, -day / 2],
    now: 0,
    by: "routes",
  },
  {
    says: "a year ahead, and a liar guesses it within a day",
    local: year,
    hosts: [0, 0, 0, year - day / 2],
    now: 0,
    by: "routes",
  },
  { says: "two liars disagree", local: 0, hosts: [-year, year], now: 0, by: "local" },
  { says: "behind, two agree", local: -20 * year, hosts: [0, 4], now: 2, by: "routes" },
  { says: "behind, a liar", local: -20 * year, hosts: [0, 0, -year], now: 0, by: "routes" },
  {
    says: "behind, half lie",
    local: -year,
    hosts: [0, 0, 9 * day, 9 * day],
    now: -year,
    by: "local",
  },
  {
    says: "behind, signed lately",
    local: -year,
    hosts: [-year / 2],
    signed: -9,
    now: -9,
    by: "signed",
  },
  { says: "ahead, two agree", local: 20 * year, hosts: [0, 0], signed: -day, now: 0, by: "routes" },
  { says: "a month ahead, one host", local: 30 * day, hosts: [0], now: 30 * day, by: "local" },
  {
    says: "decades ahead, one host",
    local: 20 * year,
    hosts: [0],
    signed: -day,
    now: -day,
    by: "signed",
  },
  {
    says: "decades ahead, no host",
    local: 20 * year,
    hosts: [],
    signed: -day,
    now: -day,
    by: "signed",
  },
  {
    says: "decades ahead, a witness",
    local: 20 * year,
    hosts: [20 * year],
    now: 20 * year,
    by: "local",
  },
  { says: "decades ahead, all silent", local: 20 * year, hosts: [], now: -truth, by: "nothing" },
  { says: "most lie back", local: 0, hosts: [-year, -year], signed: -day, now: -day, by: "signed" },
];

for (const { says, local, hosts, signed, now, by } of rows) {
  test(`what time it is: ${says}`, () => {
    const judged = judgeTime({
      local: truth + local,
      newestSigned: signed === undefined ? undefined : truth + signed,
      lastExpiry: truth + year,
      hosts: hosts.map((host) => ({ aheadMs: host - local })),
    });
    assert.deepEqual({ now: judged.now - truth, by: judged.by }, { now, by });
  });
}
