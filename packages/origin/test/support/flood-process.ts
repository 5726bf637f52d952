import { Agent, get } from "node:http";

// A bounded closed-loop flood of one route on this machine: `node flood-process.ts PORT PATH
// CONNECTIONS REQUESTS`. It knows no other address than 127.0.0.1, so it can aim at none.
const [port = "0", path = "/", connections = "1", requests = "1"] = process.argv.slice(2);
const connectionsMax = 1_000;
const requestsMax = 50_000;
const agent = new Agent({
  keepAlive: true,
  maxSockets: Math.min(Number(connections), connectionsMax),
});
const statuses = new Map<number, number>();
let left = Math.min(Number(requests), requestsMax);

process.on("message", (message) => {
  if (message === "stop") left = 0;
});

function ask(): Promise<number> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port: Number(port), path, agent, timeout: 5_000 };
    const request = get(options, (response) => {
      response.resume();
      response.once("close", () => resolve(response.statusCode ?? 0));
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(0));
  });
}

async function client(): Promise<void> {
  while (left > 0) {
    left--;
    const status = await ask();
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
}

const clients = Array.from({ length: agent.maxSockets }, client);
process.send?.("flooding");
await Promise.all(clients);
process.send?.(Object.fromEntries(statuses));
process.disconnect?.();
