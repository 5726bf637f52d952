import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { edgeLimits } from "../src/edge/edge-limits.ts";
import { lineOf } from "./support/edge-line.ts";
import { missing } from "./support/engines.ts";
import type { Answer } from "./support/http.ts";
import { eventually, sleep } from "./support/origin.ts";
import { claims, nowSeconds, tokenOf } from "./support/tokens.ts";

const skip = missing("haproxy");

const machine = (since: number): string => {
  return tokenOf(claims({ sub: `since-${since}`, since: nowSeconds() - since }));
};

test("the older a machine's first ticket, the sooner it is served", { skip }, async (t) => {
  const { gate, send, queued, arrived } = await lineOf(t);
  const answers = Array.from({ length: edgeLimits.ticketedSlots }, (_, at) => {
    return send(`busy-${at}`, "9.0.0.1", machine(0));
  });
  await arrived(edgeLimits.ticketedSlots);
  for (const [at, since] of [60, 86_400, 3_600, 7 * 86_400].entries()) {
    answers.push(send(`since-${since}`, "9.0.0.1", machine(since)));
    await queued("ticketed", at + 1);
  }
  for (let answer = 0; answer < 4; answer++) {
    gate.release();
    await arrived(edgeLimits.ticketedSlots + answer + 1);
  }
  for (let answer = 0; answer < 6; answer++) gate.release();
  assert.deepEqual(
    gate.came.slice(edgeLimits.ticketedSlots),
    [604_800, 86_400, 3_600, 60].map((since) => `/metadata/since-${since}`),
  );
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
});

test("newcomers of quiet addresses and networks go first", {
  skip,
}, async (t) => {
  const { gate, send, queued, arrived } = await lineOf(t);
  const early = 100;
  // A hundred requests make an address noisy; they are done before the order is looked at.
  for (let request = 0; request < early; request++) {
    const answer = send("early", "9.9.9.9");
    await arrived(request + 1);
    gate.release();
    await answer;
  }
  const answers = Array.from({ length: edgeLimits.newcomerSlots }, (_, at) => {
    return send(`busy-${at}`, `8.0.${at}.1`);
  });
  await arrived(early + edgeLimits.newcomerSlots);
  const waiting: readonly (readonly [string, string])[] = [
    ["noisy-address", "9.9.9.9"],
    ["noisy-network", "9.9.9.8"],
    ["quiet", "1.2.3.4"],
    ["quiet6", "2001:db8::1"],
  ];
  for (const [at, [name, from]] of waiting.entries()) {
    answers.push(send(name, from));
    await queued("newcomers", at + 1);
    await sleep(150); // who came earlier has no advantage that would explain the order
  }
  for (let answer = 0; answer < waiting.length; answer++) {
    gate.release();
    await arrived(early + edgeLimits.newcomerSlots + answer + 1);
  }
  for (let answer = 0; answer < 3; answer++) gate.release();
  const order = gate.came.slice(early + edgeLimits.newcomerSlots).map((url) => url.split("/")[2]);
  assert.deepEqual(order, ["quiet", "quiet6", "noisy-network", "noisy-address"]);
  await Promise.all(answers);
});

test("newcomers have slots that no crowd of tickets takes, and the other way round", {
  skip,
}, async (t) => {
  const { gate, send, queued, arrived } = await lineOf(t);
  const { ticketedSlots, newcomerSlots } = edgeLimits;
  const crowd = Array.from({ length: ticketedSlots + 5 }, (_, at) => {
    return send("crowd", "9.0.0.1", machine(at));
  });
  await queued("ticketed", 5);
  const newcomers = Array.from({ length: newcomerSlots + 5 }, () => send("new", "8.0.0.1"));
  await queued("newcomers", 5);
  await arrived(ticketedSlots + newcomerSlots);
  assert.equal(gate.came.filter((url) => url.endsWith("new")).length, newcomerSlots);
  assert.ok(newcomerSlots / (ticketedSlots + newcomerSlots) >= 0.2);
  const all = Promise.all([...crowd, ...newcomers]);
  const timer = setInterval(() => gate.release(), 5);
  for (const { status } of await all) assert.equal(status, 200);
  clearInterval(timer);
});

test("who has waited in vain is told to come back, at different times", { skip }, async (t) => {
  const { gate, send, arrived } = await lineOf(t, { queueMs: 800 });
  const busy = Array.from({ length: edgeLimits.newcomerSlots }, () => send("busy", "9.0.0.1"));
  await arrived(edgeLimits.newcomerSlots);
  const late = await Promise.all(
    Array.from({ length: 12 }, (_, at) => send("late", `8.0.${at}.1`)),
  );
  const waits = new Set(late.map(({ headers }) => headers["retry-after"]));
  for (const { status } of late) assert.equal(status, 503);
  assert.ok(waits.size > 2, [...waits].join());
  assert.equal(gate.came.length, edgeLimits.newcomerSlots, "nobody does work for who has gone");
  for (let answer = 0; answer < busy.length; answer++) gate.release();
  await Promise.all(busy);
});

test("a flooding address is held back only while others wait, and never whole", {
  skip,
}, async (t) => {
  const { gate, send, edge, queued } = await lineOf(t);
  const timer = setInterval(() => gate.release(), 1);
  t.after(() => clearInterval(timer));
  // Many in ten seconds, one after another: nobody waits, so nobody is refused.
  for (let request = 0; request < edgeLimits.addressShare + 50; request++) {
    assert.equal((await send("calm", "9.0.0.1")).status, 200);
  }
  clearInterval(timer);
  const many = edgeLimits.waitingMin + edgeLimits.newcomerSlots + 1;
  const others = Array.from({ length: many }, (_, at) => send("other", `8.0.${at}.1`));
  await queued("newcomers", edgeLimits.waitingMin + 1);
  const heard: Promise<Answer>[] = Array.from({ length: 24 }, () => send("flood", "9.0.0.1"));
  await sleep(300);
  const inLine = (await edge.waiting("newcomers")) - edgeLimits.waitingMin - 1;
  // One in four of new connections: of 24 at least one and at most 20, but once in thousands.
  assert.ok(inLine >= 1 && inLine <= 20, `${inLine} of 24 wait`);
  const ticketed = send("known", "9.0.0.1", machine(60));
  await eventually("the ticket holder behind it came", () => gate.came.includes("/metadata/known"));
  const held = (await Promise.all(heard)).filter(({ status }) => status === 429);
  assert.equal(held.length, 24 - inLine);
  const opened = setInterval(() => gate.release(), 1);
  t.after(() => clearInterval(opened));
  assert.equal((await ticketed).status, 200);
  await Promise.all(others);
});

test("on a connection that stays open, only the flooding address is held back", {
  skip,
}, async (t) => {
  const { gate, send, sendOn, queued } = await lineOf(t);
  const agents = [0, 1].map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
  t.after(() => agents.forEach((agent) => agent.destroy()));
  const [calm, flooding] = agents as [Agent, Agent];
  const timer = setInterval(() => gate.release(), 1);
  t.after(() => clearInterval(timer));
  await sendOn(calm, "calm", "7.0.0.1");
  for (let request = 0; request < edgeLimits.addressShare + 10; request++) {
    assert.equal((await sendOn(flooding, "flood", "9.0.0.1")).status, 200);
  }
  clearInterval(timer);
  const many = edgeLimits.waitingMin + edgeLimits.newcomerSlots + 1;
  const others = Array.from({ length: many }, (_, at) => send("other", `8.0.${at}.1`));
  await queued("newcomers", edgeLimits.waitingMin + 1);
  const waits = sendOn(calm, "calm", "7.0.0.1");
  await queued("newcomers", edgeLimits.waitingMin + 2);
  for (let request = 0; request < 3; request++) {
    assert.equal((await sendOn(flooding, "flood", "9.0.0.1")).status, 429);
  }
  const opened = setInterval(() => gate.release(), 1);
  t.after(() => clearInterval(opened));
  assert.equal((await waits).status, 200);
  await Promise.all(others);
});

test("while many wait, who was not known before is not known afterwards", { skip }, async (t) => {
  const { gate, send, queued, arrived } = await lineOf(t);
  const { newcomerSlots, waitingMin } = edgeLimits;
  const first = send("first", "8.0.0.1");
  const second = send("second", "8.0.1.1");
  await arrived(newcomerSlots);
  const waiting = Array.from({ length: waitingMin + 2 }, (_, at) => send("next", `8.1.${at}.1`));
  await queued("newcomers", waiting.length);
  const known = send("known", "8.0.0.1", machine(60));
  const all = newcomerSlots + waiting.length + 1;
  await arrived(newcomerSlots + 1);
  for (let answer = 1; answer <= all; answer++) {
    gate.release();
    await arrived(Math.min(all, newcomerSlots + answer));
  }
  for (const { headers } of [await first, await second]) {
    assert.equal(headers["causeway-ticket"], undefined);
  }
  assert.equal((await known).headers["causeway-ticket"], "a.b.c", "renewed");
  const tickets = (await Promise.all(waiting)).map(({ headers }) => headers["causeway-ticket"]);
  assert.equal(tickets.at(-1), "a.b.c", "nobody waits any more");
});

test("slow readers of documents keep nobody from what each check begins with, and the public page waits longest", {
  skip,
}, async (t) => {
  const { gate, edge, send, queued, arrived } = await lineOf(t);
  const answers: Promise<Answer>[] = [];
  const readSlowly = (): void => {
    const from = `8.0.${answers.length}.1`;
    answers.push(send("slow", from, undefined, "metadata"));
  };
  for (let came = 0; (await edge.waiting("newcomer_docs")) === 0; came++) {
    readSlowly();
    await eventually("it came, or waits", async () => {
      return gate.came.length > came || (await edge.waiting("newcomer_docs")) === 1;
    });
  }
  const slots = gate.came.length;
  answers.push(send("page", "7.7.7.7", undefined, "security"));
  await queued("newcomer_docs", 2);
  answers.push(send("later", "7.7.8.7", undefined, "metadata"));
  await queued("newcomer_docs", 3);
  answers.push(send("small", "7.7.9.7"));
  await arrived(slots + 1);
  for (let answer = 0; answer < answers.length; answer++) {
    gate.release();
    await arrived(Math.min(answers.length, slots + answer + 2));
  }
  await Promise.all(answers);
  assert.deepEqual(gate.came.slice(slots), [
    "/metadata/small",
    "/metadata/slow",
    "/metadata/later",
    "/security/page",
  ]);
});

test("newcomers' files have few slots while others move and the core has no time for more", {
  skip,
}, async (t) => {
  const { gate, edge, send, queued, arrived } = await lineOf(t, { hasTime: false });
  const { newcomerFileSlots: slots } = edgeLimits;
  const answers: Promise<Answer>[] = [];
  const file = (): void => {
    answers.push(send("file", `8.0.${answers.length}.1`, undefined, "targets"));
  };
  for (let came = 1; came <= slots; came++) {
    file();
    await arrived(came);
  }
  file();
  await queued("newcomer_files", 1);
  assert.equal(await edge.served("spare_files"), 0);
  await eventually("no file has begun for a second, so others come through", async () => {
    file();
    await sleep(100);
    return gate.came.length > slots;
  });
  assert.equal(await edge.served("spare_files"), gate.came.length - slots);
  const opened = setInterval(() => gate.release(), 1);
  t.after(() => clearInterval(opened));
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
});

test("newcomers' files have more slots while the core has time", { skip }, async (t) => {
  const { gate, edge, send, arrived } = await lineOf(t);
  const files = 3 * edgeLimits.newcomerFileSlots;
  const answers: Promise<Answer>[] = [];
  for (let at = 0; at < files; at++) {
    answers.push(send("file", `8.0.${at}.1`, undefined, "targets"));
    await arrived(answers.length); // of several at once some may wait for the few, which take turns
  }
  assert.equal(await edge.served("newcomer_files"), edgeLimits.newcomerFileSlots);
  assert.equal(await edge.served("spare_files"), 2 * edgeLimits.newcomerFileSlots);
  for (const _ of answers) gate.release();
  await Promise.all(answers);
});

for (const [kind, area] of [
  ["files", "targets"],
  ["docs", "metadata"],
] as const) {
  test(`who has many ${kind} sent at once gets more of them from a part that it shares with its like`, {
    skip,
  }, async (t) => {
    const { gate, edge, send, arrived } = await lineOf(t);
    const { atOnce } = edgeLimits;
    const crowd = 6;
    const answers: Promise<Answer>[] = [];
    for (const token of [machine(60), undefined]) {
      for (let file = 0; file < atOnce + crowd; file++) {
        answers.push(send("slow", "8.0.0.1", token, area));
        await arrived(answers.length);
      }
    }
    assert.equal(await edge.served(`ticketed_${kind}`), atOnce);
    const spare = kind === "files" ? await edge.served("spare_files") : 0;
    assert.equal((await edge.served(`newcomer_${kind}`)) + spare, atOnce);
    assert.equal(await edge.served(`crowd_${kind}`), 2 * crowd);
    const site = tokenOf(claims({ sub: "site", fleet: 2 }));
    for (let file = 0; file < 2 * atOnce; file++) {
      answers.push(send("fleet", "8.0.1.1", site, area));
    }
    await arrived(answers.length);
    assert.equal(await edge.served(`ticketed_${kind}`), 3 * atOnce, "a fleet is many machines");
    for (const _ of answers) gate.release();
    await Promise.all(answers);
    answers.push(send("later", "8.0.0.1", machine(60), area));
    await arrived(answers.length);
    gate.release();
    await answers.at(-1);
    assert.equal(await edge.served(`ticketed_${kind}`), 3 * atOnce + 1, "they are through");
  });
}
