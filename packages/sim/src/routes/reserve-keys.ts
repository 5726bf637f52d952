import type { ShardKey } from "@causeway/kernel";
import { type Reply, withHeaders } from "../network/reply.ts";
import { shardKeyOf } from "../vendor/shard-key.ts";
import type { Behaviour } from "./behaviour.ts";

const header = "causeway-reserves";
const checkedPath = "metadata/timestamp.json";

/** Gives the keys of such shards to who looks for something new, besides all else that it does. */
export function givingReserveKeys(behaviour: Behaviour, ...shards: readonly number[]): Behaviour {
  return giving(behaviour, "keys", shards.map(shardKeyOf));
}

/** Gives keys that open nothing instead. */
export function givingWrongKeys(behaviour: Behaviour, ...shards: readonly number[]): Behaviour {
  const wrong = shards.map((shard) => ({ shard, key: shardKeyOf(shard + 1_000).key }));
  return giving(behaviour, "wrong keys", wrong);
}

function giving(behaviour: Behaviour, what: string, given: readonly ShardKey[]): Behaviour {
  const keys = given.map(({ shard, key }) => `${shard}=${key}`);
  return {
    ...behaviour,
    name: `${behaviour.name}, gives ${what} of shards ${given.map(({ shard }) => shard).join(", ")}`,
    reply: (situation): Reply => {
      const reply = behaviour.reply(situation);
      if (reply.kind !== "answer" || situation.asked.path !== checkedPath) return reply;
      return withHeaders(reply, { [header]: keys.join(", ") });
    },
  };
}
