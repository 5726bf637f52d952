import { asSentence, type Instant, UsageError } from "@causeway/kernel";
import { notKnown } from "../policy/known-members.ts";
import { type OpenedRule, shieldRules } from "../shield/rulebook.ts";
import { edgeRules, openableAtEdge } from "./open-rules.ts";

/** What an operator wants to be open at one HAProxy, and what no longer. Names may be mistyped. */
export interface EdgeOpening {
  /** Turn nobody away until their ends; one that is open already gets its new end. */
  readonly open: readonly { readonly rule: string; readonly until: Instant }[];
  readonly close: readonly string[];
}

/**
 * What is open when these are opened, and then those closed. `all` stands for each rule that an
 * HAProxy has.
 * @throws {UsageError} `USAGE_ARGUMENT` no such rule, or one to close that is not open
 */
export function openedAfter(
  before: readonly OpenedRule[],
  { open, close }: EdgeOpening,
): readonly OpenedRule[] {
  let opened = before;
  for (const { rule, until } of open) {
    const named = rulesNamed(rule, "open");
    opened = [...without(opened, named), ...named.map((each) => ({ rule: each, until }))];
  }
  for (const rule of close) {
    const left = without(opened, rulesNamed(rule, "close"));
    if (left.length === opened.length) {
      const names = opened.map((each) => each.rule).join(", ") || "none";
      throw new UsageError("USAGE_ARGUMENT", `${rule} is not open here; open are: ${names}.`);
    }
    opened = left;
  }
  return opened;
}

function without(
  opened: readonly OpenedRule[],
  rules: readonly OpenedRule["rule"][],
): readonly OpenedRule[] {
  return opened.filter(({ rule }) => !rules.includes(rule));
}

function rulesNamed(text: string, act: "open" | "close"): readonly OpenedRule["rule"][] {
  if (text === "all") return edgeRules;
  const known = edgeRules.find((each) => each === text);
  if (known !== undefined) return [known];
  const elsewhere = shieldRules.find((each) => each === text);
  const what =
    elsewhere === undefined
      ? asSentence(notKnown(text, openableAtEdge))
      : `no HAProxy has the rule ${elsewhere}; say it to origins: causeway policy ${act}.`;
  throw new UsageError("USAGE_ARGUMENT", what);
}
