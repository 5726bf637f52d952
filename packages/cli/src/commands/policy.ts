import { UsageError } from "@causeway/kernel";
import { openableRules, type PolicyChange, policyLimits, readPolicyFile } from "@causeway/origin";
import type { Command } from "commander";
import { adminUrl } from "../admin-url.ts";
import {
  apply,
  defaultForMs,
  policyNotes as notes,
  type PolicyOptions,
  placeOf,
  type RuleOptions,
  tellFile,
  tellOrigin,
  withEnd,
  withPlace,
} from "../policy/policy-verb.ts";
import { readOriginPolicy } from "../policy/running-origin.ts";
import { ruleDuration, usualOpenMs } from "../rule-duration.ts";
import { addVerb, type Context, helpEnd, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";
import { addKeyVerbs } from "./policy-keys.ts";

interface DrainOptions extends RuleOptions {
  /** Milliseconds. */
  readonly grace?: number;
}

interface ShareOptions extends RuleOptions {
  readonly machine?: number;
  readonly newcomers?: number;
  readonly usual?: boolean;
}

const defaultGraceMs = 5 * 60_000; // a load balancer, or the list of routes, has noticed by then

const ruleNames = `one or more of ${openableRules.join(", ")}`;

/** `causeway policy show|retire|restore|drain|undrain|shares|open|close|revoke|accept|sign-with`: what running origins are to do. */
export const registerPolicy: Register = (program, context) => {
  const policy = program
    .command("policy")
    .description("Change what running origins serve: retired names, draining, shares, rules, keys.")
    .addHelpText("after", helpEnd("causeway policy retire update.example.com --for 7d", notes));
  addShow(policy, context);
  addRetire(policy, context);
  addRestore(policy, context);
  addDrain(policy, context);
  addUndrain(policy, context);
  addShares(policy, context);
  addOpen(policy, context);
  addClose(policy, context);
  addKeyVerbs(policy, context);
};

function addShow(policy: Command, context: Context): void {
  withPlace(addVerb(policy, "show", "Show what is in force.", "causeway policy show")).action(
    async (options: PolicyOptions) => {
      if (options.origin !== undefined) {
        const origin = adminUrl(options.origin);
        tellOrigin(origin, await readOriginPolicy(origin, context.signal), context);
        return;
      }
      const place = placeOf(options);
      tellFile(place, await readPolicyFile(place), context);
    },
  );
}

function addRetire(policy: Command, context: Context): void {
  const example = "causeway policy retire update.example.com --for 7d";
  const retire = addVerb(policy, "retire", "Answer one short 503 to a name.", example, notes);
  withPlace(withEnd(retire.argument("<name...>", "host names, as update.example.com"))).action(
    async (names: readonly string[], options: RuleOptions) => {
      const until = Date.now() + (options.for ?? defaultForMs);
      await apply(
        names.map((host) => ({ kind: "retire", host, until })),
        options,
        context,
      );
    },
  );
}

function addRestore(policy: Command, context: Context): void {
  const example = "causeway policy restore update.example.com";
  const restore = addVerb(policy, "restore", "Serve retired names again.", example);
  withPlace(restore.argument("<name...>", "host names that are retired")).action(
    async (names: readonly string[], options: PolicyOptions) => {
      await apply(
        names.map((host) => ({ kind: "restore", host })),
        options,
        context,
      );
    },
  );
}

function addDrain(policy: Command, context: Context): void {
  const example = "causeway policy drain --origin http://127.0.0.1:9100";
  const what = "Finish what is under way, and take nothing new after a grace.";
  const drain = addVerb(policy, "drain", what, example, notes);
  withPlace(
    withEnd(drain).option(
      "--grace <time>",
      "how long newcomers are still served (default: 5m)",
      (text) => (text === "0" ? 0 : ruleDuration(text)),
    ),
  ).action(async (options: DrainOptions) => {
    refuseDrainingAll(options);
    const now = Date.now();
    const until = now + (options.for ?? defaultForMs);
    const refusesFrom = Math.min(now + (options.grace ?? defaultGraceMs), until);
    await apply([{ kind: "drain", refusesFrom, until }], options, context);
  });
}

function addUndrain(policy: Command, context: Context): void {
  const example = "causeway policy undrain --origin http://127.0.0.1:9100";
  withPlace(addVerb(policy, "undrain", "Take newcomers again.", example)).action(
    async (options: PolicyOptions) => {
      await apply([{ kind: "undrain" }], options, context);
    },
  );
}

function addShares(policy: Command, context: Context): void {
  const example = "causeway policy shares --machine 50 --newcomers 40 --for 2h";
  const what = "Say who gets how much while there is not enough for all.";
  const { machinePercent: ofMachine, newcomersPercent: ofNewcomers } = policyLimits;
  const shares = addVerb(policy, "shares", what, example, notes)
    .option(
      "--machine <percent>",
      "what one machine is worth, in percent of the usual",
      wholeNumber(ofMachine.min, ofMachine.max),
    )
    .option(
      "--newcomers <percent>",
      "what newcomers keep at least; usually 20, and never less",
      wholeNumber(ofNewcomers.min, ofNewcomers.max),
    )
    .option("--usual", "as it is without a rule");
  withPlace(withEnd(shares)).action(async (options: ShareOptions) => {
    const { machine, newcomers, usual = false } = options;
    if (usual === (machine !== undefined || newcomers !== undefined)) {
      throw new UsageError("USAGE_ARGUMENT", "say --machine or --newcomers, or --usual alone.");
    }
    const until = Date.now() + (options.for ?? defaultForMs);
    const change: PolicyChange = usual
      ? { kind: "usual-shares" }
      : { kind: "shares", machinePercent: machine, newcomersPercent: newcomers, until };
    await apply([change], options, context);
  });
}

function addOpen(policy: Command, context: Context): void {
  const example = "causeway policy open ticket-shares --for 1h --origin http://127.0.0.1:9100";
  const what = "Let a rule of the shield turn nobody away for a time.";
  const open = addVerb(policy, "open", what, example, notes);
  withPlace(withEnd(open.argument("<rule...>", ruleNames), "1h")).action(
    async (rules: readonly string[], options: RuleOptions) => {
      const until = Date.now() + (options.for ?? usualOpenMs);
      await apply(
        rules.map((rule) => ({ kind: "open", rule, until })),
        options,
        context,
      );
    },
  );
}

function addClose(policy: Command, context: Context): void {
  const example = "causeway policy close ticket-shares --origin http://127.0.0.1:9100";
  const close = addVerb(policy, "close", "Let rules that are open work again.", example);
  withPlace(close.argument("<rule...>", ruleNames)).action(
    async (rules: readonly string[], options: PolicyOptions) => {
      await apply(
        rules.map((rule) => ({ kind: "close", rule })),
        options,
        context,
      );
    },
  );
}

/** All origins follow the vendor's own file. @throws {UsageError} `USAGE_ARGUMENT` */
function refuseDrainingAll({ origin, policy }: PolicyOptions): void {
  if (origin !== undefined || policy !== undefined) return;
  const message = "say what to drain: --origin URL, or --policy FILE for all that follow the file.";
  throw new UsageError("USAGE_ARGUMENT", message);
}
