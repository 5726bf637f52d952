import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/**
 * A folder of which nothing is ever answered, as on a network share whose server is gone: a FUSE
 * file system that nobody serves. Undefined, loudly, where that is not allowed.
 */
export async function hangingFolder(t: TestContext): Promise<string | undefined> {
  const path = await mkdtemp(join(tmpdir(), "causeway-hanging-"));
  const device = fuseDevice();
  t.after(async () => {
    if (device !== undefined) closeSync(device); // what hangs there fails now
    spawnSync("umount", ["-l", path]);
    await rm(path, { recursive: true, force: true });
  });
  if (device === undefined) {
    t.skip("cannot open /dev/fuse here");
    return undefined;
  }
  const options = ["-i", "-t", "fuse", "-o", "fd=3,rootmode=40000,user_id=0,group_id=0"];
  const mounted = spawnSync("mount", [...options, "hanging", path], {
    stdio: ["ignore", "ignore", "pipe", device],
    encoding: "utf8",
  });
  if (mounted.status === 0) return path;
  t.skip(`cannot mount a file system here (needs root): ${mounted.stderr ?? mounted.error}`);
  return undefined;
}

function fuseDevice(): number | undefined {
  try {
    return openSync("/dev/fuse", "r+");
  } catch {
    return undefined;
  }
}
