import { Interrupted } from "@causeway/kernel";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const remindAfterMs = 2000;

/**
 * The first Ctrl-C ends the command in order; the second ends the process at once.
 * @param remind called when the end takes long: the user may not know of the second
 */
export function onInterrupt(remind: () => void): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  let reminder: NodeJS.Timeout | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) endBy(signal);
    reminder = setTimeout(remind, remindAfterMs).unref();
    controller.abort(new Interrupted());
  };
  for (const signal of signals) process.on(signal, interrupt);
  const release = (): void => {
    clearTimeout(reminder);
    for (const signal of signals) process.off(signal, interrupt);
  };
  return { signal: controller.signal, release };
}

function endBy(signal: NodeJS.Signals): void {
  // process.exit() would wait for file operations, which a dead file server never ends.
  process.emit("exit", 130);
  for (const each of signals) process.removeAllListeners(each);
  process.kill(process.pid, signal);
}

/** Resolves when `signal` fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
