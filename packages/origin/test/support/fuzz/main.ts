import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const usage = `usage: npm run fuzz-origin -- [--requests N] [--seed S] [--connection SEED]
--connection plays the connection of that seed once more
`;
const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "2000000" },
    seed: { type: "string", default: `${Date.now() % 1_000_000_000}` },
    connection: { type: "string" },
  },
});
const again = values.connection === undefined ? [] : [Number(values.connection)];
const requests = again.length > 0 ? 1 : Number(values.requests);
const seed = Number(values.seed);
if (!(requests > 0) || !(seed >= 0) || !again.every((each) => each >= 0)) {
  process.stderr.write(usage);
  process.exit(2);
}

const tell = (line: string): void => void process.stdout.write(`${line}\n`);
tell(`SEED=${seed}`);
const began = performance.now();
try {
  const { answers, ...report } = await fuzz({ seed, requests, known: again, tell });
  const seconds = (performance.now() - began) / 1000;
  const statuses = Object.fromEntries([...answers].toSorted(([a], [b]) => a - b));
  tell(JSON.stringify({ seconds, ...report, statuses }, undefined, 1));
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
