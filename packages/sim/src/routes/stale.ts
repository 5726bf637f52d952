import { bodyOf, withHeaders } from "../network/reply.ts";
import type { VendorKey } from "../vendor/vendor-key.ts";
import type { Family, Situation } from "./behaviour.ts";
import { httpDate } from "./http-date.ts";

/** Serves the state of one moment for ever; some also lie about the time. */
export const frozen: Family = (dice) => {
  const behind = dice.below(4);
  const liesDate = dice.chance(1, 3);
  let frozenAt: number | undefined;
  let frozenDate = "";
  return {
    name: `frozen ${behind} states back${liesDate ? ", with an old date" : ""}`,
    liesDate,
    reply: ({ asked, state, honest }) => {
      frozenAt ??= Math.max(0, state - behind);
      frozenDate ||= httpDate(asked.now);
      const answer = honest(frozenAt);
      return liesDate ? withHeaders(answer, { date: frozenDate }) : answer;
    },
  };
};

/** Goes back a state with each so many requests. */
export const rollingBack: Family = (dice) => {
  const every = dice.between(1, 30);
  let count = 0;
  return {
    name: `rolling back every ${every} requests`,
    reply: ({ state, honest }) => {
      const back = Math.floor(count++ / every);
      return honest(Math.max(0, state - back));
    },
  };
};

/** Shows the timestamp of one state and the rest of another. */
export const mixing: Family = (dice) => {
  const [some, others] = [dice.below(4), dice.below(4)];
  const file = dice.pick(["timestamp.json", ".snapshot.json", ".targets.json", ".patches.json"]);
  return {
    name: `mixing: ${file} ${some} states back, the rest ${others}`,
    reply: (situation) => {
      const { asked, state, honest } = situation;
      const back = asked.path.endsWith(file) ? some : others;
      const answer = honest(Math.max(0, state - back));
      if (answer.status !== 404) return answer;
      return olderOne(situation) ?? answer;
    },
  };
};

/** What stands under the same role's name with an earlier version. */
function olderOne({
  asked,
  state,
  vendor,
  honest,
}: Situation): ReturnType<typeof honest> | undefined {
  const [, version, role] = /^metadata\/(\d+)\.(\w+)\.json$/.exec(asked.path) ?? [];
  if (version === undefined || role === undefined) return undefined;
  for (let number = Number(version) - 1; number > 0; number--) {
    const path = `metadata/${number}.${role}.json`;
    if (vendor.file(path, state) !== undefined) return honest(state, path);
  }
  return undefined;
}

/** Has the timestamp's key, and uses it to name an old snapshot under a new version. */
export const thief: Family = (dice) => {
  const ahead = dice.pick([0, 1, 5]);
  let stolen: VendorKey | undefined;
  let state = -1;
  let forged: Uint8Array = new Uint8Array(0);
  return {
    name: `naming an old snapshot with a stolen key, ${ahead} versions ahead`,
    thief: true,
    reply: (situation) => {
      const { asked, vendor, honest } = situation;
      stolen ??= vendor.timestampKey;
      if (!asked.path.endsWith("/timestamp.json")) return honest();
      if (state !== situation.state) {
        forged = vendor.forgeTimestamp(stolen, asked.now, situation.state, ahead);
      }
      state = situation.state;
      const answer = honest();
      const promised = { "content-length": String(forged.length) };
      return withHeaders({ ...answer, body: bodyOf(forged) }, promised);
    },
  };
};

/** Gives an old root for each new one that is asked for. */
export const oldRoots: Family = (dice) => {
  const which = dice.pick(["first", "same"] as const);
  return {
    name: `replaying the ${which} root`,
    reply: ({ asked, state, honest }) => {
      const version = /^metadata\/(\d+)\.root\.json$/.exec(asked.path)?.[1];
      if (version === undefined) return honest();
      const number = which === "first" ? 1 : Math.max(1, Number(version) - 1);
      return honest(state, `metadata/${number}.root.json`);
    },
  };
};
