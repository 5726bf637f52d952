import { nodeClock, nodeRandom } from "@causeway/client/node";
import type { RepositoryId } from "@causeway/kernel";
import { tellNeighbours } from "../../src/index.ts";

// Tells of a repository, the first argument, at a port, the second, until SIGTERM.
const [repository = "", port = ""] = process.argv.slice(2);
const telling = await tellNeighbours({
  repository: repository as RepositoryId,
  port: Number(port),
  clock: nodeClock(),
  random: nodeRandom(),
});
const alive = setInterval(() => undefined, 60_000);
process.once("SIGTERM", () => {
  clearInterval(alive);
  void telling.stop();
});
process.stdout.write(`${telling.links}\n`);
