import type { Register } from "../verb.ts";
import { registerGet } from "./get.ts";
import { registerServe } from "./serve.ts";

/** Every command, in the order of `--help`. */
export const commands: readonly Register[] = [registerServe, registerGet];
