import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Sha256, toRepositoryId } from "@causeway/kernel";
import { VirtualClock } from "../../client/test/support/virtual-clock.ts";
import { tellOnceHolding } from "../src/tell-once-holding.ts";
import { Lan, link } from "./support/lan.ts";
import { folderFor } from "./support/state.ts";

test("a tree is told of from when it holds something, until it is stopped", async (t) => {
  const folder = folderFor(t);
  const lan = new Lan();
  const clock = new VirtualClock();
  const place = {
    links: () => [link("10.1.1.2")],
    open: async () => lan.machine("10.1.1.2"),
  };
  const repository = toRepositoryId("0123456789abcdef".repeat(4) as Sha256);
  const ports = { clock, random: { uint32: () => 7 } };
  const telling = tellOnceHolding({ folder, repository, port: 8_080, ports }, place);
  await clock.run(clock.sleep(61_100)); // between two looks
  assert.equal(telling.links, 0);
  assert.equal(lan.said.length, 0);
  mkdirSync(join(folder, "metadata"));
  writeFileSync(join(folder, "metadata", "timestamp.json"), "{}");
  await clock.run(clock.sleep(1_500)); // for so long somebody listens who looks
  assert.equal(telling.links, 1);
  const told = lan.said.length;
  assert.ok(told > 0);
  await telling.stop();
  assert.equal(lan.said.length, told + 1, "a goodbye");
});

test("who stops before it holds anything has told nobody", async (t) => {
  const lan = new Lan();
  const clock = new VirtualClock();
  const place = { links: () => [link("10.1.1.2")], open: async () => lan.machine("10.1.1.2") };
  const repository = toRepositoryId("0123456789abcdef".repeat(4) as Sha256);
  const ports = { clock, random: { uint32: () => 7 } };
  const telling = tellOnceHolding({ folder: folderFor(t), repository, port: 80, ports }, place);
  await telling.stop();
  assert.deepEqual(lan.said, []);
});
