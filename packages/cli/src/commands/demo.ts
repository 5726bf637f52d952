import { Interrupted } from "@causeway/kernel";
import { findMaterial } from "../demo/material.ts";
import { demoSummary, runDemo } from "../demo/run.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface DemoOptions {
  readonly file?: string;
  readonly have?: string;
  readonly keep?: true;
}

/** Unlike other commands it does not go on where it was. */
function anew(reason: unknown): never {
  if (!(reason instanceof Interrupted)) throw reason;
  throw new Interrupted("interrupted; the next causeway demo begins anew.", { cause: reason });
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
      const shown = await runDemo(material, keep === true, context).catch(anew);
      if (context.signal.aborted) anew(context.signal.reason); // all is cleared away by now
      context.terminal.result(shown, printable(demoSummary(shown)));
    });
};
