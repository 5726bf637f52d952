import { isUtcSecond } from "@causeway/kernel";
import { InvalidArgumentError } from "commander";

/**
 * A moment that is still to come, for an option, in milliseconds since the Unix epoch.
 * @throws {InvalidArgumentError}
 */
export function futureTime(text: string): number {
  if (!isUtcSecond(text)) throw new InvalidArgumentError("Write a time as 2026-08-16T00:00:00Z.");
  const time = Date.parse(text);
  if (time > Date.now()) return time;
  throw new InvalidArgumentError("That is past.");
}
