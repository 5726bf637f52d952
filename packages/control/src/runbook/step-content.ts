import { createHash } from "node:crypto";
import { canonicalJson, type JsonInput, type Sha256 } from "@causeway/kernel";
import { shownServer } from "../names/name-server.ts";
import type { Condition, NamePlace, Step } from "./runbook.ts";

/** Where a step acts, which is as much of what it does as what it says itself. */
export interface StepPlace {
  readonly runbook: string;
  readonly dir: string;
  readonly names: NamePlace | undefined;
}

/** The digest of all that a step says and means: moments, thresholds, servers and folders. */
export function stepContent(step: Omit<Step, "content">, place: StepPlace): Sha256 {
  const { id, at, withinMs, when, after, mode, approvals, why, action } = step;
  const { verb, args } = action;
  const said = {
    runbook: place.runbook,
    dir: place.dir,
    id,
    ...(at !== undefined && { at }),
    withinMs,
    ...(when !== undefined && { when: conditionContent(when) }),
    after: [...after],
    mode,
    approvals,
    // As text, in which halves of characters are told apart too.
    why: JSON.stringify(why),
    verb,
    args: JSON.stringify(args),
    ...(verb.startsWith("names ") && { names: namesContent(place.names) }),
  };
  return createHash("sha256").update(canonicalJson(said)).digest("hex") as Sha256;
}

function conditionContent({ id, source, threshold, ...rest }: Condition): JsonInput {
  return { id, source: { ...source }, threshold: String(threshold), ...rest };
}

function namesContent(names: NamePlace | undefined): JsonInput {
  if (names === undefined) return null;
  const { server, keyFile, zone } = names;
  return { server: shownServer(server), keyFile, ...(zone !== undefined && { zone }) };
}
