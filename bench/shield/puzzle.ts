import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A model of a puzzle in front of a site, as Anubis sets it: whoever shows no pass gets a page that
 * makes the browser find a number whose hash begins with zeros, and a pass for it. Four hexadecimal
 * zeros take a phone about half a second; here two are asked for, and the rest is waited, so that
 * solving takes nothing from the core that floods.
 */
const zeros = "00";
const phoneMs = 500;

/** What whoever shows no pass gets. */
export function puzzlePage(challenge: string): string {
  const script = `/* finds n: sha256(challenge + n) begins with ${zeros} */`.padEnd(1_500, " ");
  return `<!doctype html><title>Making sure you are not a bot</title><script>${script}</script><p data-challenge="${challenge}">`;
}

/** @returns the challenge and its answer, or undefined when the page sets no puzzle */
export async function solvePuzzle(page: string): Promise<string | undefined> {
  const challenge = /data-challenge="(\w+)"/.exec(page)?.[1];
  if (challenge === undefined) return undefined;
  await sleep(phoneMs);
  let number = 0;
  while (!isSolved(challenge, String(number))) number++;
  return `${challenge}.${number}`;
}

export function isSolved(challenge: string, number: string): boolean {
  return createHash("sha256")
    .update(challenge + number)
    .digest("hex")
    .startsWith(zeros);
}
