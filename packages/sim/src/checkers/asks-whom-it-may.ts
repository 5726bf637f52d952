import { stateFolder } from "../customer.ts";
import { evilHost, firstSequence, goneHost } from "../directory/notices.ts";
import type { Swarm } from "../swarm.ts";
import { shardKeyOf } from "../vendor/shard-key.ts";
import type { Checker } from "./checker.ts";
import { announcementsIn } from "./kept-announcements.ts";
import type { Scene } from "./scene.ts";

const recordFile = `${stateFolder}/announcements.json`;

/**
 * Laws 1, 3 and 9: only hosts are asked that were given by hand, that a list of the vendor named or
 * that an announcement of it brought; a sealed one not before a key of its shard could be had; and none
 * by a code that was replayed, after a newer one was taken. Where a redirect leads is no choice.
 */
export function asksWhomItMay(
  { world, vendor, disk, hosts, notices }: Scene,
  { given }: Swarm,
): Checker {
  const byHand = new Set(
    hosts.filter((_, at) => given?.includes(at) ?? true).map(({ name }) => name),
  );
  const led = new Set<string>();
  const keys = new Set<number>();
  let hasNewer = false; // when the run began
  const isNamed = (host: string): boolean => {
    const announced = notices.right.some((said) => said.hosts.includes(host));
    return announced || byHand.has(host) || led.has(host) || vendor.isListed(host, keys);
  };
  return {
    began() {
      led.clear();
      const record = announcementsIn(disk.folders.get(recordFile)?.bytes);
      const isTaken = record.codes.some((sequence) => sequence === firstSequence);
      hasNewer = record.sequence > firstSequence && !isTaken;
    },
    asked({ host, path }) {
      for (const { shards } of notices.right) for (const shard of shards) keys.add(shard);
      if (host === evilHost) {
        world.broke(1, `${host} was asked for ${path}, and only who is not the vendor named it`);
      } else if (host === goneHost) {
        if (hasNewer) world.broke(3, `${host} was asked for ${path} by a code that was replayed`);
      } else if (!isNamed(host)) {
        world.broke(9, `${host} was asked for ${path}, and nothing that could be read named it`);
      }
    },
    answered({ answer }) {
      const location = answer?.headers.get("location");
      if (location !== undefined && URL.canParse(location)) led.add(new URL(location).hostname);
      const offered = answer?.headers.get("causeway-reserves") ?? "";
      for (const [, shard, key] of offered.matchAll(/(\d+)=([\w-]+)/g)) {
        if (shardKeyOf(Number(shard)).key === key) keys.add(Number(shard));
      }
    },
  };
}
