/**
 * Who asks from where: the first second byte of its loopback addresses, and how many of them it
 * has, so that no two groups share an address or a network.
 */
const groups = {
  ticketed: { first: 16, count: 16 },
  newcomers: { first: 32, count: 16 },
  browsers: { first: 48, count: 16 },
  flood: { first: 64, count: 64 },
} as const;
export type Group = keyof typeof groups;

/** How many machines flood, each from an address of its own; three share a network (/24). */
export const floodingMachines = 49_152;

/** The address of one of `sources` that flood. Neighbours in the list are none in the network. */
export function floodAddress(at: number, sources: number): string {
  return loopbackAddress("flood", ((at % sources) * 7_919) % floodingMachines);
}

/**
 * The address of a group's machine. All of 127.0.0.0/8 is this machine, and there is no number for
 * which this is anything else.
 */
export function loopbackAddress(group: Group, machine: number): string {
  const { first, count } = groups[group];
  const networks = count * 256;
  const network = Math.floor(machine) % networks;
  const host = 1 + (Math.floor(machine / networks) % 254);
  return `127.${first + (network >> 8)}.${network & 255}.${host}`;
}
