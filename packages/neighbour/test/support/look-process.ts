import { nodeClock, nodeRandom } from "@causeway/client/node";
import type { RepositoryId } from "@causeway/kernel";
import { lookForNeighbours } from "../../src/index.ts";

// Looks for neighbours of a repository, the argument, and writes who was found.
const [repository = ""] = process.argv.slice(2);
const found = await lookForNeighbours({
  repository: repository as RepositoryId,
  clock: nodeClock(),
  random: nodeRandom(),
  signal: new AbortController().signal,
});
process.stdout.write(JSON.stringify(found));
