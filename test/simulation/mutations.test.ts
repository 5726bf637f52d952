import { test } from "node:test";
import { requirePlaces } from "./support/mutated-tree.ts";
import { mutations } from "./support/mutations.ts";

// The slow test finds them; who changes the code should hear in seconds that one has lost its place.
test("each bug of the mutation test can be put where the code is today", () => {
  for (const mutation of mutations) requirePlaces(mutation);
});
