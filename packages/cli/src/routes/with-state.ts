import { stat } from "node:fs/promises";
import { type FileLock, folderStore, lockFolder, nodePorts } from "@causeway/client/node";
import { type Instant, type Store, type Transport, UsageError } from "@causeway/kernel";
import type { Context } from "../verb.ts";

const waitForOtherMs = 60_000;

type Nearness = ReturnType<NonNullable<Transport["placeOf"]>>;

/** A customer's state, which is ours alone meanwhile. */
export interface OpenedState {
  readonly store: Store;
  /** As the local clock shows it. */
  readonly now: Instant;
  readonly placeOf: (url: URL) => Nearness;
}

/**
 * Works on a customer's state while nobody else does. A mistyped path makes no folder.
 * @param route a URL for who has no state yet
 */
export async function withState<Value>(
  folder: string,
  { terminal, signal }: Context,
  act: (opened: OpenedState) => Promise<Value>,
  route = "URL",
): Promise<Value> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
    const make = `causeway get PRODUCT --trust ROOT.json --route ${route} makes one`;
    const text = `there is no state in ${folder}; ${make}, or name another with --state.`;
    throw new UsageError("USAGE_ARGUMENT", text);
  }
  const { clock, transport } = nodePorts();
  const lock: FileLock = await lockFolder(folder, {
    waitMs: waitForOtherMs,
    clock,
    signal,
    onWait: ({ pid }) => terminal.say(`waiting for process ${pid ?? "?"}, which uses ${folder}`),
  });
  try {
    const placeOf = (url: URL): Nearness => transport.placeOf?.(url) ?? "public";
    return await act({ store: folderStore(folder), now: clock.wall(), placeOf });
  } finally {
    lock.release();
    transport.close();
  }
}
