/** Ports over 1023 that speak another protocol: the bad ports of the Fetch standard, section 2.9. */
const otherProtocols: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
  6679, 6697, 10080,
]);

/**
 * True for a port at which an origin may have a private entrance. A route names it, and clients
 * believe it: so it is none at which a request could be taken for something else.
 */
export function isEntrancePort(port: unknown): port is number {
  if (typeof port !== "number" || !Number.isInteger(port)) return false;
  if (port < 1024) return port === 80 || port === 443;
  return port <= 65_535 && !otherProtocols.has(port);
}
