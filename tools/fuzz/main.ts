import { parseArgs } from "node:util";
import { addToCorpus, readCorpus } from "./corpus.ts";
import { fuzz } from "./fuzz.ts";
import { readers } from "./readers.ts";

const usage = `usage: npm run fuzz -- READER... [--seconds N] [--seed S] [--keep]
readers: ${Object.keys(readers).join(", ")}; all of them when none is named
--keep adds the inputs that reached new code to tools/fuzz/corpus, which npm test replays
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "10" },
    seed: { type: "string", default: `${Date.now() % 1_000_000_000}` },
    keep: { type: "boolean", default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(readers);
const seconds = Number(values.seconds);
const seed = Number(values.seed);
if (!names.every((name) => Object.hasOwn(readers, name)) || !(seconds > 0) || !(seed >= 0)) {
  process.stderr.write(usage);
  process.exit(2);
}

for (const name of names) {
  const reader = readers[name];
  if (reader === undefined) continue;
  const { runs, found, reach, failure } = fuzz(reader, [...readCorpus(name).values()], {
    seed,
    ms: seconds * 1000,
  });
  const story = `${runs} inputs, ${found.length} reached new code, ${reach} characters of source ran`;
  process.stdout.write(`${name}: SEED=${seed} ${story}\n`);
  if (values.keep) for (const bytes of found) addToCorpus(name, bytes);
  if (failure !== undefined) {
    const file = addToCorpus(name, failure.bytes);
    process.stdout.write(`FAILED at ${file}\n`, () => undefined);
    console.error(failure.error);
    process.exitCode = 1;
  }
}
