import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Network, noNetworkHere } from "./support/network.ts";

const skip = noNetworkHere ?? false;
const here = import.meta.dirname;
const repository = "0123456789abcdef";
const options = { skip, timeout: 60_000 };

let network: Network;
before(() => {
  if (noNetworkHere !== undefined) return;
  network = new Network("mdns");
  for (const [at, name] of ["a", "b", "c"].entries()) network.join(name, `10.77.1.${at + 1}/24`);
});
after(() => network?.remove());

function teller(machine: string, id: string, port: number) {
  return network.start(machine, process.execPath, `${here}/support/tell-process.ts`, id, `${port}`);
}

async function look(machine: string): Promise<unknown> {
  const script = `${here}/support/look-process.ts`;
  return JSON.parse(await network.run(machine, process.execPath, script, repository));
}

test(
  "machines find each other by real multicast, and an independent reader finds them",
  options,
  async () => {
    const [one, other] = await Promise.all([
      teller("a", repository, 8_001),
      teller("b", "fedcba9876543210", 8_002),
    ]);
    assert.equal(one.first, "1\n");
    const [found, own] = await Promise.all([look("c"), look("a")]);
    assert.deepEqual(found, ["http://10.77.1.1:8001/"]);
    assert.deepEqual(own, [], "a machine is no neighbour of its own");
    await other.end("SIGKILL");
    const reader = await network.start("c", "/usr/bin/python3", `${here}/support/browse.py`);
    assert.equal(reader.first, "came ['10.77.1.1'] 8001 ['id=0123456789abcdef']\n");
    await one.end("SIGTERM");
    assert.match(await reader.over, /went/);
    assert.deepEqual(await look("c"), []);
  },
);

test("others at mDNS's port are no hindrance, whether they share it or not", options, async () => {
  const holders = [
    ["a", "shared"],
    ["b", "shared"],
    ["c", "alone"],
  ] as const;
  const held = await Promise.all(
    holders.map(([machine, how]) => {
      return network.start(machine, process.execPath, `${here}/support/port-process.ts`, how);
    }),
  );
  const telling = await teller("a", repository, 8_001);
  const expected = ["http://10.77.1.1:8001/"];
  assert.deepEqual(await Promise.all([look("b"), look("c")]), [expected, expected]);
  await telling.end("SIGTERM");
  for (const each of held) await each.end("SIGKILL");
});
