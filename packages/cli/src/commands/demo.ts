import { demoSummary, runDemo } from "../demo/run.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

/** `causeway demo`: the whole story on one machine. */
export const registerDemo: Register = (program, context) => {
  addVerb(
    program,
    "demo",
    "Play the whole story on this machine, in under two minutes.",
    "causeway demo --keep",
  )
    .option("--keep", "keep the folder, and say what to try next")
    .action(async ({ keep }: { readonly keep?: true }) => {
      const shown = await runDemo(keep === true, context);
      context.terminal.result(shown, printable(demoSummary(shown)));
    });
};
