import { test } from "node:test";
import { fuzz } from "./support/fuzz/fuzz.ts";
import seeds from "./support/fuzz/seeds.json" with { type: "json" };

// `npm run fuzz-origin` does the same for longer: two million requests when nothing else is said.
test("hostile and right requests leave no crash, no leak, no hung slot, and only right answers", async (t) => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  t.diagnostic(`SEED=${seed}`);
  const tell = (line: string): void => t.diagnostic(line);
  // Those that found something once, as long as the scripts are made as they were.
  const report = await fuzz({ seed, requests: 10_000, known: seeds, tell });
  t.diagnostic(JSON.stringify(Object.fromEntries(report.answers)));
});
