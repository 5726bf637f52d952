import { isEntrancePort } from "@causeway/kernel";
import { decodeClaims, isIntegerUpTo, isSeconds, secondsMax } from "./signed-claims.ts";
import type { Ticket } from "./ticket.ts";

/** Bounds of what a ticket may claim, so that all of it fits into `ticketLengthMax`. */
export const claimLimits = {
  subLengthMax: 64, // 128 random bits take 22
  secondsMax,
  entrancesMax: 4, // two are named, and two more while they move
  fleetMax: 1_000_000,
} as const;

const name = /^[\w-]+$/;

/** Reads the second part of a ticket, whose signature must have been found right. */
export function readClaims(part: string): Ticket | undefined {
  const { aud, sub, since, exp, ent, home, fleet } = decodeClaims(part) ?? {};
  if (typeof aud !== "string" || !isName(sub) || !isSeconds(since) || !isSeconds(exp)) {
    return undefined;
  }
  if (ent !== undefined && !areEntrances(ent)) return undefined;
  if (home !== undefined && !isHome(home)) return undefined;
  if (fleet !== undefined && !isFleet(fleet)) return undefined;
  return {
    aud,
    sub,
    since,
    exp,
    ...(ent !== undefined && { ent }),
    ...(home !== undefined && { home }),
    ...(fleet !== undefined && { fleet }),
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= claimLimits.subLengthMax && name.test(value);
}

function isHome(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{11}$/.test(value);
}

function isFleet(value: unknown): value is number {
  return isIntegerUpTo(value, 1, claimLimits.fleetMax);
}

function areEntrances(value: unknown): value is readonly number[] {
  if (!Array.isArray(value) || value.length > claimLimits.entrancesMax) return false;
  return value.every(isEntrancePort);
}
