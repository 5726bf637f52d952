import { stat } from "node:fs/promises";
import { type FileLock, folderStore, lockFolder, nodeClock } from "@causeway/client/node";
import { type Instant, type Store, UsageError } from "@causeway/kernel";
import type { Context } from "../verb.ts";

const waitForOtherMs = 60_000;

/** Works on a customer's state while nobody else does. A mistyped path makes no folder. */
export async function withState<Value>(
  folder: string,
  { terminal, signal }: Context,
  act: (store: Store, now: Instant) => Promise<Value>,
): Promise<Value> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
    const text = `there is no state in ${folder}; causeway get makes one, or name another with --state`;
    throw new UsageError("USAGE_ARGUMENT", `${text}.`);
  }
  const clock = nodeClock();
  const lock: FileLock = await lockFolder(folder, {
    waitMs: waitForOtherMs,
    clock,
    signal,
    onWait: ({ pid }) => terminal.say(`waiting for process ${pid ?? "?"}, which uses ${folder}`),
  });
  try {
    return await act(folderStore(folder), clock.wall());
  } finally {
    lock.release();
  }
}
