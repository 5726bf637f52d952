import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const lookEveryMs = 20;
const initReplyBytes = 16 + 64;

/**
 * A folder of which nothing is ever answered, as on a network share whose server is gone: a FUSE
 * file system that takes what is asked of it, so that not even SIGKILL ends who asked. Closing the
 * device frees them, and so does the end of this process. Undefined, loudly, where that is not
 * allowed.
 */
export async function hangingFolder(t: TestContext): Promise<string | undefined> {
  const path = await mkdtemp(join(tmpdir(), "causeway-hanging-"));
  const device = fuseDevice();
  const server = device === undefined ? undefined : setInterval(takeAll, lookEveryMs, device);
  t.after(async () => {
    clearInterval(server);
    if (device !== undefined) closeSync(device);
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
    return openSync("/dev/fuse", constants.O_RDWR | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** Takes what was asked, and answers nothing but the greeting. */
function takeAll(device: number): void {
  const request = Buffer.alloc(256 * 1024);
  for (;;) {
    try {
      readSync(device, request);
    } catch {
      return; // nothing more was asked
    }
    if (request.readUInt32LE(4) === 26) writeSync(device, initReply(request));
  }
}

/** Accepts the version that the kernel speaks, and none of what it offers. */
function initReply(request: Buffer): Buffer {
  const reply = Buffer.alloc(initReplyBytes);
  reply.writeUInt32LE(initReplyBytes, 0);
  request.copy(reply, 8, 8, 16); // the number of the request
  request.copy(reply, 16, 40, 48); // major and minor version
  reply.writeUInt32LE(4096, 36); // the most bytes of one write
  return reply;
}
