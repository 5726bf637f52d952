import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { portsIn2030 } from "../../../client/test/support/field.ts";
import { quickLimits } from "../../../client/test/support/quick.ts";
import { type Mirror, type MirrorOptions, openMirrorWithin } from "../../src/mirror.ts";

/** A folder that goes away with the test. */
export async function treeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-mirror-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A mirror at the time of the test vendor, with short deadlines. */
export async function mirrorOf(
  t: TestContext,
  options: Pick<MirrorOptions, "folder" | "routes"> & Partial<MirrorOptions>,
): Promise<Mirror> {
  const signal = new AbortController().signal;
  const mirror = await openMirrorWithin(quickLimits, { ports: portsIn2030(), signal, ...options });
  t.after(() => mirror.close());
  return mirror;
}
