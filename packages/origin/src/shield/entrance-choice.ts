import { hash } from "node:crypto";

/** How many entrances a ticket names: one may be flooded, and there is another one. */
export const entrancesPerTicket = 2;

/**
 * The entrances that a machine is told of: always the same few of all, so that whoever floods those
 * of one machine hits few others (MacCárthaigh, "Workload isolation using shuffle-sharding", 2019).
 * By rendezvous hashing (Thaler and Ravishankar, 1998) of the places in the list: when the port at
 * one place is replaced, those are told of the new one who had the old one, and nobody else. There
 * is no key: an origin drew `sub`, and with keys that change each machine would come to know all.
 * @param sub as in `Ticket.sub`
 */
export function entrancesFor(sub: string, all: readonly number[]): readonly number[] {
  const ranked = all.map((port, place) => ({ port, rank: hash("sha256", `${place} ${sub}`) }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked.slice(0, entrancesPerTicket).map(({ port }) => port);
}
