import { helpEnd, type Register } from "../verb.ts";
import { registerAdd } from "./routes-add.ts";
import { registerCheck } from "./routes-check.ts";
import { registerDrain } from "./routes-drain.ts";
import { registerList } from "./routes-list.ts";
import { registerOpen } from "./routes-open.ts";
import { registerRestore } from "./routes-restore.ts";
import { registerRetire } from "./routes-retire.ts";
import { registerSeal } from "./routes-seal.ts";

/** `causeway routes list|check|add|drain|…`: the signed list of routes, one file per verb. */
export const registerRoutes: Register = (program, context) => {
  const routes = program
    .command("routes")
    .description("Change, sign and publish the list of routes, in one step; look at each of them.")
    .addHelpText(
      "after",
      helpEnd("causeway routes add mirror-eu https://eu.example.net/ --dir vendor"),
    );
  for (const register of [
    registerList,
    registerCheck,
    registerAdd,
    registerDrain,
    registerRetire,
    registerRestore,
    registerSeal,
    registerOpen,
  ]) {
    register(routes, context);
  }
};
