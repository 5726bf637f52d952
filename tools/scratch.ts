import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

/** What a test file's process is to be told of where it may write. */
export type Scratch = (file: string) => NodeJS.ProcessEnv;

const memory = "/dev/shm";
const GiB = 1024 ** 3;
const roomMin = { folder: 4 * GiB, machine: 8 * GiB } as const; // all tests at once take 0.3 GiB
const aboutDisks = /(?:^|\/)(?:disk|fat|large|lock|store)\.(?:slow\.)?test\.ts$/;

/**
 * Makes a place in memory, where there is room for it, until this process ends: a vendor of a test
 * is hundreds of files, each of them synced, and on a disk that is half of the time of all tests.
 * What is about disks stays on the disk, and so does everything where there is no such room.
 */
export function makeScratch(): Scratch {
  if (!hasRoom()) return () => ({});
  const folder = mkdtempSync(join(memory, "c")); // short: so are the paths of sockets
  chmodSync(folder, 0o755); // programs that give up root's rights read there
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return (file) => (aboutDisks.test(file) ? {} : { TMPDIR: folder });
}

function hasRoom(): boolean {
  if (!existsSync(memory) || process.availableMemory() < roomMin.machine) return false;
  const { bavail, bsize } = statfsSync(memory);
  if (bavail * bsize < roomMin.folder) return false;
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const options = mounts
    .find((line) => line.split(" ")[1] === memory)
    ?.split(" ")[3]
    ?.split(",");
  return options?.includes("noexec") === false; // tests start programs that they have put there
}
