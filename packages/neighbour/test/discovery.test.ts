import assert from "node:assert/strict";
import { test } from "node:test";
import { type Sha256, toRepositoryId } from "@causeway/kernel";
import { type Answer, decode, encode } from "dns-packet";
import { VirtualClock } from "../../client/test/support/virtual-clock.ts";
import { HeardNeighbours, heardLimits } from "../src/discovery/heard.ts";
import { linkOf, linksIn } from "../src/discovery/links.ts";
import { lookIn, neighboursMax } from "../src/discovery/look.ts";
import { messageBytesMax } from "../src/discovery/messages.ts";
import { mdnsPort, type Peer } from "../src/discovery/multicast.ts";
import { SenderBudget } from "../src/discovery/sender-budget.ts";
import {
  type Telling,
  type TellOptions,
  tellLimits,
  tellNeighbours,
} from "../src/discovery/tell.ts";
import { Lan, link } from "./support/lan.ts";

const repository = toRepositoryId("0123456789abcdef".repeat(4) as Sha256);
const foreign = toRepositoryId("f".repeat(64) as Sha256);
const question = encode({
  type: "query",
  questions: [{ name: "_causeway._tcp.local", type: "PTR" }],
});

/** Draws that are all different. */
function counter(first = 1): { uint32(): number } {
  let next = first;
  return { uint32: () => next++ };
}

function tell(
  lan: Lan,
  clock: VirtualClock,
  address: string,
  options: Partial<TellOptions> = {},
): Promise<Telling> {
  const wanted = { repository, port: 8_080, clock, random: counter(), ...options };
  return tellNeighbours(wanted, {
    links: () => [link(address)],
    open: async () => lan.machine(address),
  });
}

function look(lan: Lan, clock: VirtualClock, address = "10.1.1.9"): Promise<readonly string[]> {
  const { signal } = new AbortController();
  const place = { links: [link(address)], multicast: lan.machine(address) };
  return clock.run(lookIn(place, { repository, clock, random: counter(7), signal }));
}

/** What somebody at 10.1.1.2 says of themselves, but for `changed`. */
interface Said {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly ttl: number;
  readonly txt: string | readonly string[];
  readonly from: string;
  readonly fromPort: number;
}

function forged(lan: Lan, changed: Partial<Said>): void {
  lan.say(...saying(changed));
}

function saying(changed: Partial<Said>): [Buffer, Peer] {
  const name = "a".repeat(32);
  const usual = { name, address: "10.1.1.2", port: 8_080, ttl: 120, txt: `id=${repository}` };
  const said = { ...usual, from: "10.1.1.2", fromPort: mdnsPort, ...changed };
  const instance = `${said.name}._causeway._tcp.local`;
  const { ttl } = said;
  const answers: Answer[] = [
    { name: instance, type: "SRV", ttl, data: { port: said.port, target: "h.local" } },
    {
      name: instance,
      type: "TXT",
      ttl,
      data: typeof said.txt === "string" ? said.txt : [...said.txt],
    },
    { name: "h.local", type: "A", ttl, data: said.address },
  ];
  const from = { address: said.from, port: said.fromPort };
  return [encode({ type: "response", answers }), from];
}

test("who looks finds who tells of the same repository, and of no other", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  await tell(lan, clock, "10.1.1.2");
  await tell(lan, clock, "10.1.1.3", { port: 8_081, random: counter(50) });
  await tell(lan, clock, "10.1.1.4", { repository: foreign, random: counter(90) });
  const found = await look(lan, clock);
  assert.deepEqual(found.toSorted(), ["http://10.1.1.2:8080/", "http://10.1.1.3:8081/"]);
});

test("nothing of what is held is told, nor which machine it is", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  await tell(lan, clock, "10.1.1.2");
  await look(lan, clock);
  const told = lan.said.filter(({ from }) => from === "10.1.1.2").map(({ bytes }) => decode(bytes));
  assert.equal(told.length > 0, true);
  for (const { answers = [], additionals = [] } of told) {
    for (const record of [...answers, ...additionals]) {
      if (record.type === "TXT") assert.deepEqual(String(record.data), `id=${repository}`);
      assert.match(
        record.name,
        /^(?:[0-9a-f]{32}\.)?(?:_causeway\._tcp\.|_services\._dns-sd\._udp\.)?local$/,
      );
    }
  }
});

test("what is heard leads to the machine that said it alone, at a port that can be", async () => {
  const good = ["http://10.1.1.2:8080/"];
  const cases: readonly (readonly [string, Partial<Said>, readonly string[]])[] = [
    ["as it should be", {}, good],
    ["the port of web servers", { port: 80 }, ["http://10.1.1.2/".replace("2/", "2:80/")]],
    ["a third machine's address", { address: "10.1.1.3" }, []],
    ["loopback", { address: "127.0.0.1", from: "127.0.0.1" }, []],
    ["multicast", { address: "224.0.0.5", from: "224.0.0.5" }, []],
    ["a public address", { address: "198.51.100.7", from: "198.51.100.7" }, []],
    ["another private network", { address: "10.1.2.2", from: "10.1.2.2" }, []],
    ["this machine", { address: "10.1.1.9", from: "10.1.1.9" }, []],
    ["port 0", { port: 0 }, []],
    ["port 22", { port: 22 }, []],
    ["port 70000", { port: 70_000 - 65_536 }, good.map((url) => url.replace("8080", "4464"))],
    ["from another port than mDNS's", { fromPort: 5_354 }, []],
    ["a name with control characters", { name: `\u001b[31m${"a".repeat(27)}` }, []],
    ["a name of 255 bytes", { name: `${"a".repeat(60)}.`.repeat(3) + "a".repeat(40) }, []],
    ["another repository", { txt: `id=${foreign}` }, []],
    ["no repository", { txt: "id=" }, []],
    ["texts before the id", { txt: ["x".repeat(200), `id=${repository}`] }, good],
    ["texts without end", { txt: Array.from({ length: 250 }, () => "x".repeat(250)) }, []],
    ["a goodbye", { ttl: 0 }, []],
  ];
  for (const [what, changed, expected] of cases) {
    const lan = new Lan();
    const clock = new VirtualClock();
    const looking = look(lan, clock);
    forged(lan, changed);
    assert.deepEqual(await looking, expected, what);
  }
});

test("what is no message harms nobody", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  await tell(lan, clock, "10.1.1.2");
  const looking = look(lan, clock);
  const hostile = [
    Buffer.alloc(0),
    Buffer.from([1]),
    Buffer.alloc(messageBytesMax + 1),
    Buffer.from("000084000000ffffffffffffc00cc00c", "hex"),
    Buffer.concat([question.subarray(0, 12), Buffer.from([0xc0, 0x0c])]),
    question.subarray(0, question.length - 3),
  ];
  for (const bytes of hostile) lan.say(bytes, { address: "10.1.1.66", port: mdnsPort });
  assert.deepEqual(await looking, ["http://10.1.1.2:8080/"]);
});

test("of a flood of answers only so many are heard, and only few of them are asked", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  const looking = look(lan, clock);
  for (let at = 0; at < 6_000; at++) {
    const from = `10.1.1.${10 + (at % 200)}`;
    forged(lan, { name: at.toString(16).padStart(32, "0"), from, address: from, port: 2_000 + at });
  }
  const found = await looking;
  assert.equal(found.length, neighboursMax);
});

test("what is heard is bounded, in machines and in messages", () => {
  const heard = new HeardNeighbours([link("10.1.0.9", 16)], repository);
  for (let at = 0; at < 2 * heardLimits.heardMax; at++) {
    const from = `10.1.${1 + (at >> 8)}.${at & 255}`;
    heard.take(...saying({ name: at.toString(16).padStart(32, "0"), from, address: from }));
  }
  assert.equal(heard.urls.length, heardLimits.heardMax);
  const deaf = new HeardNeighbours([link("10.1.1.9")], repository);
  const junk = Buffer.from("junk");
  for (let at = 0; at < heardLimits.messagesPerSenderMax; at++) {
    deaf.take(junk, { address: "10.1.1.2", port: mdnsPort });
    deaf.take(junk, { address: "198.51.100.7", port: mdnsPort });
  }
  deaf.take(...saying({}));
  assert.deepEqual(deaf.urls, []);
  deaf.take(...saying({ from: "10.1.1.3", address: "10.1.1.3" }));
  assert.deepEqual(deaf.urls, ["http://10.1.1.3:8080/"], "who floods hides nobody else");
});

test("a message that is longer than any may be is not read", () => {
  const heard = new HeardNeighbours([link("10.1.1.9")], repository);
  const [bytes, from] = saying({});
  heard.take(Buffer.concat([bytes, Buffer.alloc(messageBytesMax)]), from);
  assert.deepEqual(heard.urls, []);
  heard.take(Buffer.concat([bytes, Buffer.alloc(10)]), from);
  assert.equal(heard.urls.length, 1);
});

test("one machine has few places, however many names it gives itself", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  const looking = look(lan, clock);
  for (let at = 0; at < 500; at++) {
    forged(lan, { name: at.toString(16).padStart(32, "0"), port: 2_000 + at });
  }
  forged(lan, { name: "b".repeat(32), from: "10.1.1.3", address: "10.1.1.3" });
  const found = await looking;
  assert.equal(found.length, heardLimits.perAddressMax + 1);
  assert.equal(found.includes("http://10.1.1.3:8080/"), true);
});

test("who stops says goodbye, and is found no more", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  const telling = await tell(lan, clock, "10.1.1.2");
  await telling.stop();
  await telling.stop();
  const goodbyes = lan.said.filter(({ bytes }) => {
    return (decode(bytes).answers ?? []).every((record) => "ttl" in record && record.ttl === 0);
  });
  assert.equal(goodbyes.length, 1);
  assert.deepEqual(await look(lan, clock), []);
});

test("who asks from any port is answered alone, and not without end", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  await tell(lan, clock, "10.1.1.2");
  const before = lan.said.length;
  for (let at = 0; at < 500; at++) {
    lan.say(question, { address: `10.1.1.${100 + (at % 100)}`, port: 40_000 });
  }
  const answers = lan.said.slice(before).filter(({ from }) => from === "10.1.1.2");
  assert.equal(answers.length, tellLimits.answersPerSecondMax);
  assert.equal(
    answers.every(({ to }) => to.startsWith("10.1.1.1")),
    true,
  );
});

test("one who floods keeps nobody else from an answer, and is not read without end", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  await tell(lan, clock, "10.1.1.2");
  const before = lan.said.length;
  const junk = Buffer.from("junk");
  for (let at = 0; at < 500; at++) lan.say(junk, { address: "10.1.1.66", port: 40_000 });
  lan.say(question, { address: "10.1.1.66", port: 40_000 });
  lan.say(question, { address: "10.1.1.67", port: 40_000 });
  const answers = lan.said.slice(before).filter(({ from }) => from === "10.1.1.2");
  assert.deepEqual(
    answers.map(({ to }) => to),
    ["10.1.1.67"],
  );
  await clock.run(clock.sleep(1_500));
  lan.say(question, { address: "10.1.1.66", port: 40_000 });
  assert.equal(lan.said.at(-1)?.to, "10.1.1.66", "a second later it is heard again");
});

test("messages are counted for so many senders, and others are not read", () => {
  const budget = new SenderBudget(1, 2);
  const read = ["a", "b", "c", "a"].map((sender) => budget.take(sender));
  assert.deepEqual(read, [true, true, false, false]);
  budget.reset();
  assert.equal(budget.take("c"), true);
});

test("who asks from elsewhere than the machine's networks is not answered", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  await tell(lan, clock, "10.1.1.2");
  const before = lan.said.length;
  lan.say(question, { address: "203.0.113.5", port: 40_000 });
  assert.deepEqual(
    lan.said.slice(before).filter(({ from }) => from === "10.1.1.2"),
    [],
  );
});

test("all who ask within a second hear one answer, and who knows it none", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  await tell(lan, clock, "10.1.1.2");
  await clock.run(clock.sleep(5_000));
  const before = lan.said.length;
  for (let at = 0; at < 50; at++)
    lan.say(question, { address: `10.1.1.${at + 20}`, port: mdnsPort });
  await clock.run(clock.sleep(900));
  const answers = lan.said.slice(before).filter(({ from }) => from === "10.1.1.2");
  assert.deepEqual(
    answers.map(({ to }) => to),
    ["all"],
  );
  await clock.run(clock.sleep(5_000));
  const [answer] = answers;
  const known = decode(answer?.bytes ?? Buffer.alloc(0)).answers ?? [];
  const later = lan.said.length;
  lan.say(
    encode({
      type: "query",
      questions: [{ name: "_causeway._tcp.local", type: "PTR" }],
      answers: known,
    }),
    { address: "10.1.1.20", port: mdnsPort },
  );
  await clock.run(clock.sleep(900));
  assert.deepEqual(
    lan.said.slice(later).filter(({ from }) => from === "10.1.1.2"),
    [],
  );
});

test("a network that comes later is told on too", async () => {
  const lan = new Lan();
  const clock = new VirtualClock();
  let links = [link("10.1.1.2")];
  links = [];
  const telling = await tellNeighbours(
    { repository, port: 8_080, clock, random: counter() },
    {
      links: () => links,
      open: async (some) => (some.length === 0 ? undefined : lan.machine("10.1.1.2")),
    },
  );
  assert.equal(telling.links, 0);
  links = [link("10.1.1.2")];
  await clock.run(clock.sleep(20_000));
  assert.equal(telling.links, 1);
  links = [link("10.1.1.2"), link("10.1.7.2")];
  await clock.run(clock.sleep(20_000));
  assert.equal(telling.links, 2);
  assert.equal(lan.joined.has("10.1.7.2"), true);
  assert.deepEqual(await look(lan, clock), ["http://10.1.1.2:8080/"]);
});

test("without any network nobody is found, at once", async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const place = { links: [], multicast: undefined };
  assert.deepEqual(await lookIn(place, { repository, clock, random: counter(), signal }), []);
  assert.equal(clock.steady(), 0);
});

test("an address is on a link of this machine, or on none", () => {
  const links = [link("10.1.1.9"), link("169.254.3.4", 16), link("203.0.113.9", 28)];
  const on = (address: string): string | undefined => linkOf(address, links)?.address;
  assert.equal(on("10.1.1.2"), "10.1.1.9");
  assert.equal(on("169.254.200.1"), "169.254.3.4");
  assert.equal(on("203.0.113.14"), "203.0.113.9");
  for (const far of ["203.0.113.17", "10.1.2.1", "127.0.0.1", "0.0.0.0", "fe80::1%eth0", "", "x"]) {
    assert.equal(on(far), undefined, far);
  }
});

test("the links are what the system says, without loopback and IPv6", () => {
  const info = { netmask: "", mac: "", internal: false } as const;
  const v4 = (address: string, cidr: string | null) => {
    return { ...info, family: "IPv4", address, cidr } as const;
  };
  const links = linksIn({
    lo: [{ ...v4("127.0.0.1", "127.0.0.1/8"), internal: true }],
    eth0: [
      v4("10.1.1.9", "10.1.1.9/24"),
      { ...info, family: "IPv6", address: "fe80::1", cidr: "fe80::1/64", scopeid: 2 },
    ],
    tun0: [v4("10.9.0.1", null)],
    none: undefined,
  });
  assert.deepEqual(links, [{ address: "10.1.1.9", prefix: 24 }]);
  const many = Array.from({ length: 300 }, (_, at) => v4(`10.2.${at}.1`, `10.2.${at}.1/24`));
  assert.equal(linksIn({ many }).length <= 16, true);
});
