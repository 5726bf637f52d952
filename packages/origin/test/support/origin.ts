import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogEntry } from "../../src/log.ts";
import { type Origin, type OriginOptions, startOrigin } from "../../src/origin.ts";
import { TestRepository } from "./repository.ts";

export interface TestOrigin extends Origin {
  readonly repository: TestRepository;
  readonly logged: LogEntry[];
}

/** An origin of a fresh repository on a free loopback port, gone when the test ends. */
export async function testOrigin(
  t: TestContext,
  options: Partial<OriginOptions> = {},
): Promise<TestOrigin> {
  const repository = new TestRepository();
  const logged: LogEntry[] = [];
  const origin = await startOrigin({
    tree: repository.tree,
    host: "127.0.0.1",
    port: 0,
    workers: 1,
    log: (entry) => logged.push(entry),
    ...options,
  }).catch((error: unknown) => {
    repository.remove();
    throw error;
  });
  t.after(async () => {
    await origin.close(0);
    repository.remove();
  });
  return { ...origin, repository, logged };
}

/** Waits until `holds`, for at most ten seconds. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>) {
  for (let round = 0; round < 400; round++) {
    if (await holds()) return;
    await sleep(25);
  }
  throw new Error(`still not so after ten seconds: ${what}`);
}

export { sleep };
