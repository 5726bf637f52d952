import { HostError } from "@causeway/kernel";

/** What `work` resolves to, or undefined when the host cannot: for what is of use, not of need. */
export async function orNothing<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}
