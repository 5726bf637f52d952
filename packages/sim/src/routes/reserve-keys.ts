import { type Reply, withHeaders } from "../network/reply.ts";
import { shardKeyOf } from "../vendor/shard-key.ts";
import type { Behaviour } from "./behaviour.ts";

const header = "causeway-reserves";
const checkedPath = "metadata/timestamp.json";

/** Gives the keys of such shards to who looks for something new, besides all else that it does. */
export function givingReserveKeys(behaviour: Behaviour, ...shards: readonly number[]): Behaviour {
  const keys = shards.map(shardKeyOf).map(({ shard, key }) => `${shard}=${key}`);
  return {
    ...behaviour,
    name: `${behaviour.name}, gives keys of shards ${shards.join(", ")}`,
    reply: (situation): Reply => {
      const reply = behaviour.reply(situation);
      if (reply.kind !== "answer" || situation.asked.path !== checkedPath) return reply;
      return withHeaders(reply, { [header]: keys.join(", ") });
    },
  };
}
