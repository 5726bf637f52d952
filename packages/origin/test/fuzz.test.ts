import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, dial, head } from "./support/http.ts";
import { eventually, sleep, testOrigin } from "./support/origin.ts";
import { noise } from "./support/repository.ts";

const requests = 10_000;
const atOnce = 50;

/** A small seeded generator, so that a failing seed can be run again: `SEED=… node --test …`. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * bound);
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }
}

const lines = ["GET", "HEAD", "POST", "CONNECT", "OPTIONS", "PRI", "\x00", "G ET"] as const;
const headers = [
  "Range: bytes=0-0",
  "Range: bytes=-",
  "Range: bytes=99999999999999999999-",
  'If-None-Match: "',
  "If-Range: x",
  "Content-Length: 7",
  "Content-Length: 7, 7",
  "Content-Length: 0x7",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding : chunked",
  "Expect: 100-continue",
  "Upgrade: websocket",
  "Connection: Upgrade, keep-alive, close",
  "Host: b",
  " folded",
  "X: \x00",
  "X: \xff\xfe",
  ": empty",
  "Keep-Alive: timeout=9999999",
] as const;

/** A request that is nearly right: whole, then damaged, and perhaps another behind it. */
function nearlyRequest(dice: Dice, paths: readonly [string, ...string[]]): Buffer {
  const version = dice.pick(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9x"]);
  const target = dice.pick([...paths, "/../..", "*", "http://x/", "/%", "/targets/%00"]);
  const start = `${dice.pick(lines)} ${target} ${version}`;
  const some = Array.from({ length: dice.below(4) }, () => dice.pick(headers));
  const end = dice.pick(["\r\n", "\r\n", "\n", "\r"]);
  const bytes = Buffer.from([start, "Host: a", ...some, "", ""].join(end), "latin1");
  for (let damage = dice.below(3); damage > 0; damage--) {
    bytes[dice.below(bytes.length)] = dice.below(256);
  }
  const cut = dice.below(4) === 0 ? bytes.subarray(0, dice.below(bytes.length)) : bytes;
  const tail = dice.pick(["", "", "0\r\n\r\n", "7\r\nGET / H\r\n", head("GET /x HTTP/1.1")]);
  return Buffer.concat([cut, Buffer.from(tail)]);
}

/** Sends a few of them in pieces, then leaves in one of the ways that clients leave. */
async function visit(dice: Dice, port: number, paths: readonly [string, ...string[]]) {
  const socket = dial(port);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.resume();
  const count = 1 + dice.below(4);
  for (let sent = 0; sent < count && !socket.destroyed; sent++) {
    const bytes = nearlyRequest(dice, paths);
    const split = dice.below(bytes.length + 1);
    socket.write(bytes.subarray(0, split));
    if (dice.below(4) === 0) await sleep(1);
    socket.write(bytes.subarray(split));
  }
  const way = dice.below(3);
  if (way === 0) socket.destroy();
  else if (way === 1) socket.end();
  else setTimeout(() => socket.destroy(), 20);
  await closed;
  return count;
}

test("ten thousand hostile requests leave no crash, no hung slot and a server that serves", async (t) => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  t.diagnostic(`SEED=${seed}`);
  const origin = await testOrigin(t, { adminPort: 0 });
  const paths = [
    `/${origin.repository.addTarget(noise(700_000))}`,
    `/${origin.repository.addTarget(noise(100))}`,
    "/metadata/timestamp.json",
  ] as const;
  let sent = 0;
  const visitor = async (dice: Dice): Promise<void> => {
    while (sent < requests) {
      const count = await visit(dice, origin.port, paths);
      sent += count;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, at) => visitor(new Dice(seed + at))));
  await eventually("every slot is free again", async () => {
    return (await ask(`${origin.adminUrl}/metrics`)).body.includes("_connections 0\n");
  });
  const answer = await ask(new URL(paths[0], origin.url));
  assert.equal(answer.status, 200);
  assert.ok(answer.body.equals(noise(700_000)));
});
