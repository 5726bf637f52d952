import type { Step } from "./step.ts";

/** The checks that read the source and run none of it. */
export const staticSteps: readonly Step[] = [
  {
    name: "format",
    command: ["biome", "check", "--error-on-warnings", "."],
    repair: "npx biome check --write .",
  },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "knip", command: ["knip", "--no-progress", "--treat-config-hints-as-errors"] },
];
