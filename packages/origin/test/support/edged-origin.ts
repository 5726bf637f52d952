import { Agent } from "node:http";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { tellHaproxy } from "../../src/edge/runtime-socket.ts";
import type { OriginOptions } from "../../src/origin.ts";
import { ask } from "./http.ts";
import { metricOf } from "./metrics.ts";
import { eventually, type TestOrigin, testOrigin } from "./origin.ts";
import { childrenOf } from "./processes.ts";

export const timestamp = "metadata/timestamp.json";

/** An origin behind the HAProxy that it started. */
export interface EdgedOrigin extends TestOrigin {
  /** Requests that HAProxy passed on, of all or of one backend. */
  passed(only?: string): Promise<number>;
  /** Its process. */
  haproxy(): number | undefined;
  /** Ends it as a crash would. */
  crash(): void;
}

export async function edgedOrigin(
  t: TestContext,
  options: Partial<OriginOptions> = {},
): Promise<EdgedOrigin> {
  const origin = await testOrigin(t, { edge: "haproxy", adminPort: 0, ...options });
  const control = origin.edge?.control ?? "";
  const passed = async (only?: string): Promise<number> => {
    const table = await tellHaproxy(control, "show stat -1 -1 -1");
    const all = [
      "ticketed",
      "newcomers",
      "ticketed_docs",
      "newcomer_docs",
      "crowd_docs",
      "ticketed_files",
      "newcomer_files",
      "spare_files",
      "crowd_files",
      "unlined",
      "unlined_files",
    ];
    const counts = all.map((backend) => {
      if (only !== undefined && only !== backend) return 0;
      const line = table.split("\n").find((each) => each.startsWith(`${backend},BACKEND,`));
      return Number(line?.split(",")[7]);
    });
    return counts.reduce((sum, count) => sum + count, 0);
  };
  const haproxy = (): number | undefined =>
    childrenOf(process.pid, join(dirname(control), "haproxy.cfg"))[0];
  const crash = (): void => {
    const pid = haproxy();
    if (pid === undefined) throw new Error("there is no HAProxy"); // 0 would be all of us
    process.kill(pid, "SIGKILL");
  };
  return { ...origin, passed, haproxy, crash };
}

export function inFront(origin: EdgedOrigin): Promise<void> {
  return eventually("HAProxy is in front", async () => {
    return (await metricOf(origin, "edge_in_front")) === 1;
  });
}

/** The status of an answer over a connection of its own. */
export async function get(url: string, localAddress = "127.0.0.1"): Promise<number> {
  const agent = new Agent({ localAddress });
  const { status } = await ask(url, { agent }).finally(() => agent.destroy());
  return status;
}
