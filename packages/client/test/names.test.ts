import assert from "node:assert/strict";
import { test } from "node:test";
import type { Address } from "../src/node/connect/attempts.ts";
import { addressesOf, machineNames, type NameSources } from "../src/node/connect/names.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

const six: Address = { address: "2001:db8::1", family: 6 };
const four: Address = { address: "192.0.2.1", family: 4 };
const other: Address = { address: "192.0.2.2", family: 4 };

/** What each source says, and after how long; an `Error` is thrown. */
interface Said {
  readonly system: readonly [afterMs: number, said: readonly Address[] | Error];
  readonly six?: readonly [afterMs: number, said: readonly Address[] | Error];
  readonly four?: readonly [afterMs: number, said: readonly Address[] | Error];
}

interface Found {
  /** `address@ms`. */
  readonly addresses: readonly string[];
  readonly askedServers: boolean;
}

async function find(said: Said): Promise<Found> {
  const clock = new VirtualClock();
  let askedServers = false;
  const say = async (
    [afterMs, what]: readonly [number, readonly Address[] | Error] = [0, []],
    signal?: AbortSignal,
  ): Promise<readonly Address[]> => {
    await clock.sleep(afterMs, signal);
    if (what instanceof Error) throw what;
    return what;
  };
  const names: NameSources = {
    system: () => say(said.system),
    servers: (_, family, signal) => {
      askedServers = true;
      return say(family === 6 ? said.six : said.four, signal);
    },
  };
  const over = new AbortController();
  const addresses: string[] = [];
  await clock.run(
    (async () => {
      for await (const batch of addressesOf("updates.example", names, clock, over.signal)) {
        for (const { address } of batch) addresses.push(`${address}@${clock.steady()}`);
      }
    })(),
  );
  return { addresses, askedServers };
}

const unknown = Object.assign(new Error("nobody knows it"), { code: "ENOTFOUND" });

test("the system's word is enough, in its order", async () => {
  const found = await find({ system: [20, [six, four]] });
  assert.deepEqual(found, { addresses: ["2001:db8::1@20", "192.0.2.1@20"], askedServers: false });
  await assert.rejects(find({ system: [20, unknown] }), unknown);
});

test("a lookup that hangs keeps nobody from the name servers", async () => {
  const found = await find({ system: [30_000, unknown], four: [40, [four]], six: [90, [six]] });
  assert.deepEqual(found.addresses, ["192.0.2.1@340", "2001:db8::1@390"]);
});

test("each address comes once, whoever says it, and the system has the last word", async () => {
  const found = await find({
    system: [500, [four, other]],
    four: [40, [four]],
    six: [9_999, [six]],
  });
  assert.deepEqual(found.addresses, ["192.0.2.1@340", "192.0.2.2@500"]);
});

test("a name that only the hosts file knows is found although name servers deny it", async () => {
  const found = await find({ system: [800, [four]], four: [10, unknown], six: [10, unknown] });
  assert.deepEqual(found.addresses, ["192.0.2.1@800"]);
});

test("when nobody knows the name, the system's failure is told", async () => {
  const server = new Error("SERVFAIL");
  await assert.rejects(
    find({ system: [800, unknown], four: [10, server], six: [10, server] }),
    unknown,
  );
});

test("this machine knows itself", async () => {
  const found = await machineNames.system("localhost");
  assert.ok(found.some(({ address }) => address === "127.0.0.1" || address === "::1"));
});
