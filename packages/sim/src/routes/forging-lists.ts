import { createHash } from "node:crypto";
import { canonicalJson, encodeRouteList, type RouteId } from "@causeway/kernel";
import type { Dice } from "../dice.ts";
import { evilHost } from "../directory/notices.ts";
import { type Answer, bodyOf, withHeaders } from "../network/reply.ts";
import { header, roleKeys, sign } from "../vendor/sign.ts";
import type { Behaviour, Situation } from "./behaviour.ts";

const yearMs = 365 * 86_400_000;

/**
 * Shows another list of routes than the vendor's, besides all else that the route does: one of its
 * own, one of its own with a document that its own key has signed, or the oldest one that was out.
 */
export function forgingLists(dice: Dice, behaviour: Behaviour): Behaviour {
  if (behaviour.dead === true) return behaviour;
  const kind = dice.pick(["list", "role", "old"] as const);
  return {
    ...behaviour,
    name: `${behaviour.name}, forging the list of routes (${kind})`,
    reply: (situation) => {
      const { path, now } = situation.asked;
      const isList = /^targets\/[0-9a-f]{64}\.routes\.json$/.test(path);
      const version = /^metadata\/(\d+)\.routes\.json$/.exec(path)?.[1];
      if (isList && kind === "old") return withBytes(situation, oldestList(situation));
      if (isList) return withBytes(situation, ownList);
      if (version === undefined || kind !== "role") return behaviour.reply(situation);
      return withBytes(situation, ownRole(Number(version), now));
    },
  };
}

const ownList = canonicalJson(
  encodeRouteList({
    version: 99,
    routes: [
      {
        id: "evil" as RouteId,
        urls: [`http://${evilHost}/`],
        kind: "mirror",
        priority: 1,
        weight: 1,
        state: "active",
      },
    ],
  }),
);

function ownRole(version: number, now: number): Uint8Array {
  const sha256 = createHash("sha256").update(ownList).digest("hex");
  const targets = { "routes.json": { length: ownList.length, hashes: { sha256 } } };
  const signed = { ...header("targets", version, now + yearMs), targets };
  return sign(signed, roleKeys(1, "somebody"));
}

function oldestList({ vendor }: Situation): Uint8Array {
  return vendor.lists[0]?.bytes ?? ownList;
}

/** As long as the true file where that is possible, or it would be cut off before it is looked at. */
function withBytes({ honest, asked }: Situation, forged: Uint8Array): Answer {
  const answer = honest(undefined, asked.path);
  const missing = answer.body.length - forged.length;
  const bytes = Buffer.concat([forged, Buffer.alloc(Math.max(0, missing), " ")]);
  const length = { "content-length": String(bytes.length) };
  return withHeaders({ ...answer, status: 200, body: bodyOf(bytes) }, length);
}
