import { findMaterial } from "../demo/material.ts";
import { demoSummary, runDemo } from "../demo/run.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface DemoOptions {
  readonly file?: string;
  readonly have?: string;
  readonly keep?: true;
}

/** `causeway demo`: the whole story on one machine. */
export const registerDemo: Register = (program, context) => {
  addVerb(
    program,
    "demo",
    "Play the whole story on this machine, in under two minutes.",
    "causeway demo --keep",
  )
    .option("--file <file>", "play it with this patch (default: the Node.js that runs this)")
    .option("--have <file>", "the version that the customer has, for a delta to the patch")
    .option("--keep", "keep the folder, and say what to try next")
    .action(async ({ file, have, keep }: DemoOptions) => {
      const material = findMaterial(file, have);
      const shown = await runDemo(material, keep === true, context);
      context.signal.throwIfAborted(); // all is cleared away; whoever interrupted that is told so
      context.terminal.result(shown, printable(demoSummary(shown)));
    });
};
