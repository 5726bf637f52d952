import type { OpenedRule, ShieldRule } from "../shield/rulebook.ts";
import { edgeFiles } from "./edge-names.ts";

/** The rules of the shield that an HAProxy of ours has, too. */
export const edgeRules = [
  "handshakes",
  "connections",
  "ticket-shares",
  "address-shares",
  "line",
] as const satisfies readonly ShieldRule[];
type EdgeRule = (typeof edgeRules)[number];

/** What can be opened at an HAProxy of ours. */
export const openableAtEdge: readonly OpenedRule["rule"][] = ["all", ...edgeRules];

/**
 * The lines of HAProxy's map from a rule that is open to the second when that ends. HAProxy ends it
 * by itself: whoever opened it may be gone by then.
 */
export function openRuleLines(opened: readonly OpenedRule[]): readonly string[] {
  return edgeRules.flatMap((name) => {
    const ofName = opened.filter(({ rule }) => rule === name || rule === "all");
    const end = Math.max(...ofName.map(({ until }) => until));
    return ofName.length === 0 ? [] : [`${name} ${Math.ceil(end / 1000)}`];
  });
}

/** Reads what `openRuleLines` made; what HAProxy does not know by itself is nothing to us either. */
export function openedRulesIn(
  entries: readonly (readonly [string, string])[],
): readonly OpenedRule[] {
  return entries.flatMap(([name, end]) => {
    const rule = edgeRules.find((each) => each === name);
    const seconds = /^\d{1,12}$/.test(end) ? Number(end) : 0;
    return rule === undefined ? [] : [{ rule, until: seconds * 1000 }];
  });
}

/** The name of the condition that holds while the rule is open. */
export function isOpenAcl(rule: EdgeRule): string {
  return `open_${rule.replace("-", "_")}`;
}

/** Declares these conditions for connections; for requests `sess.now` has to be set again. */
export function openRuleAcls(): readonly string[] {
  const acls = edgeRules.map((rule) => {
    const left = `str(${rule}),map_str_int(${edgeFiles.openRules},0),sub(sess.now)`;
    return `  acl ${isOpenAcl(rule)} ${left} gt 0`;
  });
  return ["  tcp-request connection set-var(sess.now) date()", ...acls];
}
