import assert from "node:assert/strict";
import type { Got } from "@causeway/client";
import { outputFile, type Run } from "../../src/customer.ts";
import type { Exchange } from "../../src/network/request.ts";
import { type Behaviour, honest } from "../../src/routes/behaviour.ts";
import { cleanTraits, setStage } from "../../src/stage.ts";
import type { RouteDraw } from "../../src/swarm.ts";
import { World } from "../../src/world.ts";
import { quietSwarm } from "./quiet-swarm.ts";

/** A route of a hand-written drill. Its round trip takes `roundTripMs`. */
export interface WrittenRoute {
  readonly name: string;
  readonly roundTripMs: number;
  readonly bytesPerSecond: number;
  /** Nothing comes over it from that moment on. */
  readonly diesAt?: number;
  readonly behaviour?: Behaviour;
}

export interface Outcome {
  readonly got: Got;
  /** What was asked, in order. */
  readonly exchanges: readonly Exchange[];
  readonly trace: readonly string[];
  /** From the first request for a part of the patch to the end. */
  readonly fetchMs: number;
}

/** Six megabytes that are not packed, so that every byte of them is fetched. */
export const bulk = { length: 6_000_000, packed: false };

/** One get of `bulk` over these routes, on virtual time: minutes of it take moments. */
export async function getOnce(routes: readonly WrittenRoute[], seed = 1): Promise<Outcome> {
  const world = new World(seed);
  const exchanges: Exchange[] = [];
  let ended: Run | undefined;
  const watcher = {
    asked: (exchange: Exchange) => void exchanges.push(exchange),
    ended: (run: Run) => {
      ended ??= run;
    },
  };
  const swarm = quietSwarm({ routes: routes.map(toDraw), line: bulk });
  const { customer, disk, vendor } = setStage(world, swarm, [watcher]);
  customer.boot();
  await world.run(() => ended !== undefined);
  const endedAt = world.now;
  assert.ok(
    ended?.outcome !== undefined && "got" in ended.outcome,
    world.trace.slice(-5).join("\n"),
  );
  const bytes = disk.folders.get(outputFile)?.bytes;
  assert.equal(bytes && vendor.patchOf(bytes), 0);
  assert.deepEqual(disk.folders.list("out"), ["app.bin"]);
  await letSettle(world);
  assert.equal(world.planned, 1, "but for the customer's next look, no timer is left behind");
  const first = exchanges.find(({ path }) => path.endsWith(".app.bin"));
  const fetchMs = endedAt - (first?.askedAt ?? 0);
  return { got: ended.outcome.got, exchanges, trace: world.trace, fetchMs };
}

/** What was on its way when it ended arrives. */
async function letSettle(world: World): Promise<void> {
  let settled = false;
  world.after(60_000, () => {
    settled = true;
  });
  await world.run(() => settled);
}

function toDraw({ name, roundTripMs, bytesPerSecond, diesAt, behaviour }: WrittenRoute): RouteDraw {
  const outages = diesAt === undefined ? [] : [{ from: diesAt, to: Infinity }];
  const traits = { ...cleanTraits(roundTripMs / 2, bytesPerSecond), outages };
  return { name, traits, lagMs: 0, behaviour: behaviour ?? honest };
}
