import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionPlaces, type Placed } from "../../src/shield/connection-places.ts";
import { Rulebook } from "../../src/shield/rulebook.ts";

interface Named extends Placed {
  readonly name: string;
}

const bounds = {
  headerTimeFreshMs: 100,
  headerTimePressedMs: 1_000,
  sendGracePressedMs: 3_000,
  connectionsMax: 2,
  openedConnectionsMax: 2,
  listeningTurnMax: 1,
};

function placed(name: string, part: Partial<Placed> = {}): Named {
  const seat = {
    busy: true,
    network: name,
    stalledMs: 0,
    owesRequestMs: () => 0,
    ticket: undefined,
  };
  const rests = { mayRest: false, rest: () => {}, listen: () => {} };
  return { name, standing: "known", ...seat, ...rests, ...part };
}

test("who gives up, and is closed for it, gives one place and only once", () => {
  const gone: string[] = [];
  const places = new ConnectionPlaces<Named>(bounds, new Rulebook(), ({ name }) => gone.push(name));
  const giveUp = (): void => void gone.push("gave up");
  places.take(placed("waits", { standing: "waiting", giveUp }));
  places.take(placed("served", { standing: "waited" }));
  places.take(placed("first"));
  assert.deepEqual(gone, ["gave up"]);
  places.take(placed("second"));
  assert.deepEqual(gone, ["gave up", "served"]);
});
