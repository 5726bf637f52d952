import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** Something behind an HAProxy that answers its probes, and nobody else. */
export async function startSilentOrigin(t: TestContext): Promise<{ host: string; port: number }> {
  const server = createServer((request, response) => {
    if (request.method === "HEAD") response.end();
  });
  const host = "127.0.0.1";
  const port = await new Promise<number>((resolve) => {
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host, port };
}
