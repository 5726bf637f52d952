import type { Register } from "../verb.ts";
import { registerAdd } from "./add.ts";
import { registerDemo } from "./demo.ts";
import { registerGet } from "./get.ts";
import { registerInit } from "./init.ts";
import { registerKeys } from "./keys.ts";
import { registerPublish } from "./publish.ts";
import { registerRefresh } from "./refresh.ts";
import { registerServe } from "./serve.ts";

/** Every command, in the order of `--help`. */
export const commands: readonly Register[] = [
  registerInit,
  registerAdd,
  registerPublish,
  registerRefresh,
  registerKeys,
  registerServe,
  registerGet,
  registerDemo,
];
