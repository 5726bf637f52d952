import { Cancel, over } from "../routes/cancel.ts";
import type { JudgedTime } from "./judge-time.ts";
import type { Run } from "./metadata.ts";
import { refreshEarly } from "./refresh.ts";

/** Work on a state beside which others may still show that they know something newer. */
export interface OnState {
  /** Ends when it is of no use any more. */
  readonly run: Run;
  /** By those who have answered so far. */
  readonly time: JudgedTime;
  /**
   * Resolves, with the time as all routes tell it, when nobody has shown anything newer; rejects
   * when somebody has. Nothing may be called done before.
   */
  readonly sure: () => Promise<JudgedTime>;
}

/**
 * Does `act` on the newest state that any route has: at first on the one that the near routes lead
 * to, and once more when it turns out that another route knows something newer.
 * @throws what `refreshState` throws, and `act`
 */
export async function onNewestState<Value>(
  run: Run,
  act: (on: OnState) => Promise<Value>,
): Promise<Value> {
  const early = await refreshEarly(run);
  if (!("superseded" in early)) return act(settled(run, early));
  const cancel = new Cancel(run.signal);
  let settling: Promise<JudgedTime> | undefined;
  const sure = async (): Promise<JudgedTime> => {
    if (await early.superseded) throw over;
    settling ??= early.settle();
    return settling;
  };
  const ended = early.superseded.then((is) => {
    if (is) cancel.cancel(over);
  });
  ended.catch(() => undefined); // `sure` tells
  try {
    const fleeting = { ...run, now: early.time.now, signal: cancel.signal };
    return await act({ run: fleeting, time: early.time, sure });
  } catch (error) {
    run.signal.throwIfAborted();
    if (settling !== undefined || !(await early.superseded)) throw error;
  } finally {
    early.end();
    cancel.release();
  }
  return act(settled(run, await early.settle()));
}

function settled(run: Run, time: JudgedTime): OnState {
  return { run: { ...run, now: time.now }, time, sure: () => Promise.resolve(time) };
}
