import { decodeRouteList, Fields, parseJson } from "@causeway/kernel";
import { stateFolder } from "../customer.ts";
import type { Checker } from "./checker.ts";
import { announcementsIn } from "./kept-announcements.ts";
import type { Scene } from "./scene.ts";

const listFile = `${stateFolder}/route-list.json`;
const retiredFile = `${stateFolder}/retired-routes.json`;
const recordFile = `${stateFolder}/announcements.json`;

/**
 * Laws 1 and 3: the list that is kept is one that the vendor signed, and neither it nor the number of
 * the last announcement goes back; what was retired stays so.
 */
export function keepsNewestList({ world, vendor, disk }: Scene): Checker {
  let version = 0;
  let sequence = 0;
  let retired: readonly string[] = [];
  const lookAtList = (bytes: Uint8Array): void => {
    if (!vendor.lists.some((list) => Buffer.compare(list.bytes, bytes) === 0)) {
      world.broke(1, `${listFile} is no list that the vendor signed`);
      return;
    }
    const next = decodeRouteList(parseJson(bytes, listFile)).version;
    if (next < version) world.broke(3, `list ${next} took the place of ${version}`);
    version = next;
  };
  const lookAtRetired = (bytes: Uint8Array): void => {
    const hosts = new Fields(parseJson(bytes, retiredFile), retiredFile).strings("hosts", 100);
    const lost = retired.find((host) => !hosts.includes(host));
    if (lost !== undefined) world.broke(3, `${lost} is not retired any more`);
    retired = hosts;
  };
  return {
    diskChanged(name) {
      const bytes = disk.folders.get(name)?.bytes;
      if (bytes === undefined) return;
      if (name === listFile) lookAtList(bytes);
      if (name === retiredFile) lookAtRetired(bytes);
      if (name !== recordFile) return;
      const next = announcementsIn(bytes).sequence;
      if (next < sequence) world.broke(3, `announcement ${next} took the place of ${sequence}`);
      sequence = next;
    },
  };
}
