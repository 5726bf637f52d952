/** Bounds of the HAProxy in front. No rule that refuses by rate holds while nobody has to wait. */
export const edgeLimits = {
  /** Connections of clients. Two buffers each: about 35 KiB, 700 MiB when all are in use. */
  connectionsMax: 20_000,
  /** Taken in one turn, as by an origin. HAProxy's own default is 4: behind 2,000 that come at once
   * somebody would wait for 500 turns, each as long as all downloads take to move on. */
  acceptedPerTurn: 64,
  /** Beyond this share of them, new connections of whoever holds many are not taken. */
  crowdedPercent: 80,
  /** How many one address may hold then: a browser opens six, our client fewer. */
  crowdedPerAddressMax: 32,
  /** Connections over TLS, where they are taken: each needs about 50 KiB more. */
  tlsConnectionsMax: 5_000,
  /** New ones in a second, as at an origin: up to the first everybody's; beyond, each address has a
   * share in ten seconds; beyond the last nobody is taken. */
  handshakesCalm: 200,
  handshakesPerAddress: 100,
  handshakesMax: 400,
  /** Of the answers that an origin works on at once, those for ticket holders: few, so that the
   * waiting is done here, by priority, and not in the origin, in order of arrival. */
  ticketedSlots: 6,
  /** And those for newcomers: a quarter of the whole, and at least the fifth that is theirs. */
  newcomerSlots: 2,
  /** Files that each server sends newcomers at once while HAProxy's core has no time for more: each of
   * them takes its part of it from ticket holders. */
  newcomerFileSlots: 4,
  /** Who has waited for the core for less has come while it had time. */
  freeCoreNs: 200_000,
  /** While fewer of these files begin in a second, it is readers that are slow, and others come through. */
  newcomerFilesMin: 50,
  /** Connections of each origin that are kept for probes and for what is being closed. */
  spareConnections: 32,
  /** Who has waited so long would wait longer the next time: measured best in floods. */
  queueMs: 800,
  /** A head is one packet; this allows two of them to be lost. */
  requestMs: 10_000,
  keepAliveMs: 15_000,
  /** A phone that changes networks; and what an origin may take for a block of its disk. */
  idleMs: 15_000,
  connectMs: 1_000,
  /** How long a flood's excess is held before it is refused, so that it cannot ask again. */
  tarpitMs: 2_000,
  headerCountMax: 64, // as the origin's
  /** Requests of one machine in ten seconds; beyond, its ticket counts for nothing. A client on a
   * quick line asks for ten runs of chunks a second. */
  ticketShare: 300,
  /** Requests without a ticket in ten seconds that are one address's, or its network's, share
   * while others wait. A first check reads about 20 documents. */
  addressShare: 100,
  networkShare: 400,
  /** Answers in ten seconds that one address is given at once to what no client of files asks, and
   * to a retired name. Nobody misses what the others wait for. */
  strayShare: 4,
  /** A place holds for so long, as an origin's. */
  placeSeconds: 600,
  /** Answers that one machine, or one address without tickets, is sent at once before those that are
   * beyond wait in a lane of their own: a browser asks for six, our client for fewer. */
  atOnce: 16,
  /** So many must wait before excess is refused. */
  waitingMin: 32,
  /** Of four new connections of a flooding address one is heard all the same. */
  unheardOf4: 3,
  /** Addresses, networks and tickets that are remembered for a minute; about 110 bytes each. */
  addressesMax: 262_144,
  networksMax: 131_072,
  ticketsMax: 262_144,
  /** Lines of good tickets that were turned away, for alarms: about 5,000. */
  refusedBytesMax: 262_144,
} as const;

/** Connections that one worker of our origin takes, and one nginx as we configure it. */
export const serverConnections = { origin: 512, nginx: 4_096 } as const;
