import assert from "node:assert/strict";
import { getRandomValues } from "node:crypto";
import { test } from "node:test";
import { Rulebook } from "../../src/shield/rulebook.ts";
import { type Asker, Shares } from "../../src/shield/shares.ts";
import { prefixOf } from "../../src/tls/address-prefix.ts";
import { ticket } from "../support/tickets.ts";

const share = {
  shareWorkMsPerSecond: 10,
  shareBytesPerSecond: 1_000,
  shareBurstMs: 2_000,
  shareAtOnce: 3,
  networkShares: 4,
};
const random = (into: Uint32Array): void => void getRandomValues(into);
const asker = (address: string, sub?: string): Asker => {
  return { from: prefixOf(address), ticket: sub === undefined ? undefined : { ...ticket, sub } };
};

/** How often `who` may use so much before its share is used up. */
function uses(
  shares: Shares,
  who: Asker,
  used: { workMs: number; bytes: number },
  now = 0,
): number {
  const before = shares.accountOf(who, now);
  for (let count = 0; count < 100_000; count++) {
    const account = shares.accountOf(who, now);
    if (account.isOver || account.known !== before.known) return count;
    shares.charge(who, account, used, now);
  }
  return Number.POSITIVE_INFINITY;
}

test("a share is used up by work or by bytes, whichever is scarcer", () => {
  const one = (used: { workMs: number; bytes: number }): number => {
    return uses(new Shares(share, { workers: 1 }, random), asker("192.0.2.1", "a"), used);
  };
  assert.equal(one({ workMs: 1, bytes: 0 }), 21); // 20 are two seconds' worth
  assert.equal(one({ workMs: 0, bytes: 100 }), 21);
  assert.equal(one({ workMs: 1, bytes: 200 }), 11);
});

test("a machine can be made to be worth less, or more", () => {
  const usesAt = (percent: number): number => {
    const shares = new Shares(share, { workers: 1 }, random);
    shares.setPercent(percent);
    return uses(shares, asker("192.0.2.1", "a"), { workMs: 1, bytes: 100 });
  };
  assert.deepEqual([usesAt(10), usesAt(50), usesAt(100), usesAt(1_000)], [3, 11, 21, 201]);
});

test("a ticket whose share is used up goes as a newcomer of its address, until time has paid", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  const who = asker("192.0.2.1", "a");
  assert.equal(shares.accountOf(who, 0).known, true);
  uses(shares, who, { workMs: 1, bytes: 0 });
  assert.deepEqual(shares.accountOf(who, 0), {
    known: false,
    hasWaited: false,
    owedMs: 0,
    isOver: false,
  });
  assert.equal(shares.accountOf(who, 101).known, true);
});

test("at an entrance a ticket whose share is used up is no newcomer, but over its share", () => {
  const shares = new Shares(share, { workers: 1, isEntrance: true }, random);
  const used = { workMs: 1, bytes: 0 };
  assert.equal(uses(shares, asker("192.0.2.1", "a"), used), 21);
  const { known, isOver } = shares.accountOf(asker("198.51.100.1", "a"), 0);
  assert.deepEqual([known, isOver], [false, true]);
  assert.equal(shares.accountOf(asker("192.0.2.1", "b"), 0).known, true);
  assert.equal(shares.accountOf(asker("192.0.2.1", "a"), 1_000).known, true);
});

test("a ticket, and a place, has a few answers under way at once, and a fleet's as many times", () => {
  const atOnce = (who: Asker): number => {
    const shares = new Shares(share, { workers: 1 }, random);
    const isFirst = (): boolean => {
      const account = shares.accountOf(who, 0);
      return account.known || account.hasWaited;
    };
    const ends: (() => void)[] = [];
    while (ends.length < 100 && isFirst()) ends.push(shares.begin(who, shares.accountOf(who, 0)));
    const [first] = ends;
    for (const _ of "twice") first?.();
    assert.equal(isFirst(), true, "one has ended");
    shares.begin(who, shares.accountOf(who, 0));
    assert.equal(isFirst(), false);
    return ends.length;
  };
  const single = asker("192.0.2.1", "a");
  assert.equal(atOnce(single), 3);
  assert.equal(atOnce({ ...single, ticket: { ...ticket, fleet: 5 } }), 15);
  assert.equal(atOnce({ ...asker("192.0.2.1"), place: { id: "A".repeat(22), lateMs: 0 } }), 3);
});

test("while tickets' shares are open a ticket has as many under way as it likes", () => {
  const rules = new Rulebook({ now: () => 0 });
  rules.setOpened([{ rule: "ticket-shares", until: 1 }]);
  const shares = new Shares(share, { workers: 1 }, random, rules);
  const who = asker("192.0.2.1", "a");
  for (let count = 0; count < 100; count++) {
    const account = shares.accountOf(who, 0);
    assert.equal(account.known, true);
    shares.begin(who, account);
  }
});

test("a stolen ticket that a flood shows is worth one share, and takes no other's", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  let known = 0;
  for (let machine = 0; machine < 200; machine++) {
    const who = asker(`198.51.${machine}.1`, "stolen");
    const account = shares.accountOf(who, 0);
    if (account.known) known++;
    shares.charge(who, account, { workMs: 1, bytes: 0 }, 0);
  }
  assert.equal(known, 21);
  assert.equal(shares.accountOf(asker("198.51.100.1", "other"), 0).known, true);
});

test("a ticket on a flooding address has its own share", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  uses(shares, asker("192.0.2.1"), { workMs: 1, bytes: 0 });
  assert.equal(shares.accountOf(asker("192.0.2.1"), 0).isOver, true);
  assert.equal(shares.accountOf(asker("192.0.2.1", "a"), 0).known, true);
});

test("beside an address that floods its neighbours have a share, and the network not for ever", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  uses(shares, asker("192.0.2.1"), { workMs: 1, bytes: 0 });
  assert.equal(shares.accountOf(asker("192.0.2.2"), 0).isOver, false);
  for (let host = 2; host < 9; host++)
    uses(shares, asker(`192.0.2.${host}`), { workMs: 1, bytes: 0 });
  assert.equal(shares.accountOf(asker("192.0.2.99"), 0).isOver, true);
  assert.equal(shares.accountOf(asker("192.0.3.1"), 0).isOver, false);
});

test("an address from which many tickets were shown has as many shares, also without them", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  for (let machine = 0; machine < 1_000; machine++) {
    shares.noteTicket(asker("203.0.113.1", `machine-${machine}`), 0);
  }
  const company = uses(shares, asker("203.0.113.1"), { workMs: 1, bytes: 0 }, 1);
  assert.ok(company > 5_000 && company !== Number.POSITIVE_INFINITY, String(company));
  assert.equal(uses(shares, asker("192.0.2.1"), { workMs: 1, bytes: 0 }, 1), 21);
});

test("a rule that is open refuses nobody, and leaves no debt of hours behind", () => {
  const rules = new Rulebook({ now: () => 0 });
  const shares = new Shares(share, { workers: 1 }, random, rules);
  const who = asker("192.0.2.1", "a");
  const neighbour = asker("192.0.2.1");
  const work = { workMs: 1e6, bytes: 0 };
  shares.charge(who, { known: true, hasWaited: false }, work, 0);
  shares.charge(neighbour, { known: false, hasWaited: false }, work, 0);
  const seen = (now: number): readonly boolean[] => {
    return [shares.accountOf(who, now).known, shares.accountOf(neighbour, now).isOver];
  };
  assert.deepEqual(seen(0), [false, true]);
  rules.setOpened([{ rule: "ticket-shares", until: 1 }]);
  assert.deepEqual(seen(0), [true, true]);
  rules.setOpened([{ rule: "address-shares", until: 1 }]);
  assert.deepEqual(seen(0), [false, false]);
  rules.setOpened([]);
  assert.deepEqual(seen(59_999), [false, true]);
  assert.deepEqual(seen(60_001), [true, false]);
});

test("visits of browsers make no machines of an address", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  for (let visit = 0; visit < 1_000; visit++) {
    const who = asker("203.0.113.1", `visit-${visit}`);
    shares.noteTicket({ ...who, ticket: { ...ticket, ...who.ticket, forVisit: true } }, 0);
  }
  assert.equal(uses(shares, asker("203.0.113.1"), { workMs: 1, bytes: 0 }, 1), 21);
});

test("a site's ticket speaks for as many machines as it says", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  const site = { ...asker("192.0.2.1"), ticket: { ...ticket, sub: "site", fleet: 100 } };
  assert.equal(uses(shares, site, { workMs: 1, bytes: 0 }), 2_001);
});

test("each of several workers gives a part of the rate, and all of what may be used at once", () => {
  const shares = new Shares(share, { workers: 4 }, random);
  const who = asker("192.0.2.1", "a");
  assert.equal(uses(shares, who, { workMs: 1, bytes: 0 }), 21);
  assert.equal(shares.accountOf(who, 399).known, false);
  assert.equal(shares.accountOf(who, 401).known, true);
});

test("who hides its address has no share to use up", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  const hidden = { ticket: undefined, from: undefined };
  shares.charge(hidden, { known: false, hasWaited: false }, { workMs: 1e9, bytes: 0 }, 0);
  assert.equal(shares.accountOf(hidden, 0).isOver, false);
});

test("who has waited goes by its place, whatever its address has used, and is worth one machine", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  const place = { id: "A".repeat(22), lateMs: 0 };
  const who = { ...asker("192.0.2.1"), place };
  shares.charge(
    asker("192.0.2.1"),
    { known: false, hasWaited: false },
    { workMs: 1e6, bytes: 0 },
    0,
  );
  assert.equal(shares.accountOf(asker("192.0.2.1"), 0).isOver, true);
  let served = 0;
  for (; shares.accountOf(who, 0).hasWaited && served < 100; served++) {
    const account = shares.accountOf(who, 0);
    assert.equal(account.known, false);
    shares.charge(who, account, { workMs: 1, bytes: 0 }, 0);
  }
  assert.equal(served, 21); // as a machine with a ticket
  assert.equal(shares.accountOf(who, 0).isOver, true);
  const another = { ...who, place: { id: "B".repeat(22), lateMs: 0 } };
  assert.equal(shares.accountOf(another, 0).isOver, false);
});

test("what has waited uses is its address's, too; and who comes late goes later", () => {
  const shares = new Shares(share, { workers: 1 }, random);
  const who = { ...asker("192.0.2.1"), place: { id: "A".repeat(22), lateMs: 5_000 } };
  const account = shares.accountOf(who, 0);
  assert.equal(account.owedMs, 5_000);
  shares.charge(who, account, { workMs: 1, bytes: 0 }, 0);
  assert.equal(shares.accountOf(who, 0).owedMs, 5_100);
  assert.equal(shares.accountOf(asker("192.0.2.1"), 0).owedMs, 100);
});
