/** Bounds of one worker. Every one of them is there because a flood reaches for it. */
export interface OriginLimits {
  /** Characters of a request target; a longer one names no file of ours. */
  readonly targetLengthMax: number;
  /** Bytes of the request line and all headers together. */
  readonly headerBytesMax: number;
  readonly headerCountMax: number;
  /** A connection that has not sent a whole request head by then is closed. */
  readonly headerTimeMs: number;
  /** The same while all connections are taken. */
  readonly headerTimePressedMs: number;
  /** Who has just come is not sent away before it could be heard. */
  readonly headerTimeFreshMs: number;
  readonly connectionsMax: number;
  /**
   * What a process bears: the same while the rule of connections is open, and with those that rest
   * where it is not.
   */
  readonly openedConnectionsMax: number;
  /** Of those that rest, as many are listened to at once. */
  readonly listeningTurnMax: number;
  /** Listeners of one worker on its port: as many connections are accepted in a turn of the loop. */
  readonly listeners: number;
  /** Connections over TLS where plain ones are served beside them, so that neither fills the other's. */
  readonly tlsConnectionsMax: number;
  /** A connection whose TLS handshake is not done by then is closed. */
  readonly handshakeMs: number;
  readonly handshakesUnderWayMax: number;
  /** Up to this rate, everybody may begin a handshake. */
  readonly handshakesPerSecondCalm: number;
  /** Beyond `handshakesPerSecondCalm`, what each address (/32, /64) may still begin. */
  readonly handshakesPerAddressPerSecond: number;
  /** The same for each network (/24, /48). */
  readonly handshakesPerNetworkPerSecond: number;
  /** Beyond this rate, nobody may. */
  readonly handshakesPerSecondMax: number;
  /** How long a client may come back with the session of an earlier connection. */
  readonly tlsSessionSeconds: number;
  /** How long sessions are sealed with one key. */
  readonly tlsSessionKeyMs: number;
  /** How long a connection may stay open between two requests. */
  readonly keepAliveMs: number;
  readonly requestsPerConnectionMax: number;
  /**
   * Requests that one connection may have waiting behind the one that is answered. It is closed
   * after those if there are more.
   */
  readonly pipelinedMax: number;
  /** Requests behind those, until the connection is dropped at once. */
  readonly unansweredMax: number;
  /** A reader slower than this, after `sendGraceMs`, loses its connection. */
  readonly sendBytesPerSecondMin: number;
  /** Bytes of files that are sent in a second, to all together; 0: as many as the line takes. */
  readonly uploadBytesPerSecond: number;
  readonly sendGraceMs: number;
  /** Who takes nothing for so long gives way to others while all connections are taken. */
  readonly sendGracePressedMs: number;
  /** Bytes of files kept in memory. */
  readonly cacheBytesMax: number;
  /** Files kept open. */
  readonly openFilesMax: number;
  /** Pieces of work under way at once: the bounds between which the shield finds its limit. */
  readonly workAtOnceMin: number;
  readonly workAtOnceMax: number;
  /** The delay, of the event loop or of a piece of work, that the shield aims at. */
  readonly delayTargetMs: number;
  /** How often it looks. */
  readonly admissionTickMs: number;
  /** Requests that wait for their turn. */
  readonly waitingMax: number;
  /** Who has waited so long is refused. */
  readonly waitMs: number;
  /** When newcomers have been waiting without a break for so long, it is no burst. */
  readonly standingAfterMs: number;
  /** How long one of them may wait then. */
  readonly standingWaitMs: number;
  /**
   * Refusals that are held back; beyond, connections are closed without an answer. They are paused,
   * so they are not among those of which `connectionsMax` may be ready at once.
   */
  readonly heldMax: number;
  readonly heldMs: { readonly least: number; readonly most: number };
  /** Beyond this rate, refusals are held back for longer. */
  readonly heldAnswersPerSecond: number;
  /** How long after somebody had to wait others are refused who have used up their share. */
  readonly contentionMs: number;
  /**
   * What one machine may use of the whole origin while others have to wait: as a rate, and how much
   * of it at once after a rest. Nobody is refused for it in calm times.
   */
  readonly shareWorkMsPerSecond: number;
  readonly shareBytesPerSecond: number;
  readonly shareBurstMs: number;
  /** Answers that one ticket, or place in the line, may have under way in a worker. */
  readonly shareAtOnce: number;
  /** What a network (/24, /48) is worth of which no more is known, in machines. */
  readonly networkShares: number;
  /** What a request costs before the shield sees it. */
  readonly requestWorkMs: number;
  /** How long after the last sign of pressure it is calm again. */
  readonly pressedMs: number;
  /** How long the windows are in which refused machines with good tickets are counted. */
  readonly alarmWindowMs: number;
  /** Of those that showed tickets, what part a rule may turn away, and how many in any case. */
  readonly alarmPercent: number;
  readonly alarmMachines: number;
  /** How long a rule that goes on so is not told again. */
  readonly alarmQuietMs: number;
  /** Lines about refused requests; the rest is counted. */
  readonly logLinesPerSecondMax: number;
}

export const defaultLimits: OriginLimits = {
  targetLengthMax: 1024, // a target path has at most 512 characters, and a hash in front
  headerBytesMax: 8 * 1024, // browsers with cookies of other services send 2 to 4 KiB
  headerCountMax: 64, // browsers send about 20, proxies add a few
  headerTimeMs: 10_000, // a head is one packet; this allows two of them to be lost
  headerTimePressedMs: 1_000, // the longest round trips; whoever says nothing gives way to the next
  headerTimeFreshMs: 100, // a request comes right behind its connection; thousands a second may come
  connectionsMax: 512, // well below 1,024: more ready sockets starve libuv's timers and accepts
  openedConnectionsMax: 8_192, // half a GiB if all of them take a block of a file
  listeningTurnMax: 128, // with the places still below 1,024; thousands are heard within three seconds
  listeners: 64, // 4,000 that wait are heard within 63 turns; idle ones cost nothing
  tlsConnectionsMax: 256, // with those above still well below 1,024
  handshakeMs: 5_000, // two round trips; this allows a packet of each to be lost
  handshakesUnderWayMax: 128, // at the rates below, each has over 0.3 s before it may have to go
  handshakesPerSecondCalm: 200, // an eighth of a core
  handshakesPerAddressPerSecond: 10, // one machine needs one or two in all
  handshakesPerNetworkPerSecond: 40,
  handshakesPerSecondMax: 400, // a quarter of a core: the rest is for plain connections and bytes
  tlsSessionSeconds: 7_200, // machines look for patches every hour or so
  tlsSessionKeyMs: 12 * 3_600_000, // a day is usual; who steals one reads what it sealed
  keepAliveMs: 15_000, // a client asks for its next chunk within seconds, or is done
  requestsPerConnectionMax: 1_000, // spreads long-lived clients over new workers in the end
  pipelinedMax: 8, // no client in use pipelines; a flood would, to multiply what is held for it
  unansweredMax: 64, // Node holds 2 KB and its head for each until those before it are answered
  sendBytesPerSecondMin: 4 * 1024, // below a modem's 56 kbit/s
  uploadBytesPerSecond: 0, // an origin is there to send
  sendGraceMs: 10_000, // a phone that changes networks
  sendGracePressedMs: 3_000, // a lost packet is sent again twice by then; who gives way comes back
  cacheBytesMax: 128 * 1024 * 1024, // the metadata and the patch that all ask for
  openFilesMax: 1_024, // 256 bins of metadata and some hundred targets
  workAtOnceMin: 8, // twice what the thread pool reads from the disk at once
  workAtOnceMax: 256, // ten milliseconds of small answers, which is the delay aimed at
  delayTargetMs: 10, // DAGOR calls 20 overload, a person notices 100
  admissionTickMs: 50, // often enough to follow a flood, and nothing beside it
  waitingMax: 256, // half of the connections
  waitMs: 800, // whoever has waited so long would wait longer the next time: measured best in floods
  standingAfterMs: 500, // an office that starts its day is through by then
  standingWaitMs: 100, // what CoDel calls an interval
  heldMax: 4_096, // 50 KB each; the more a flood's connections wait here, the less it can do
  heldAnswersPerSecond: 500, // a tenth of a core
  heldMs: { least: 1_000, most: 2_000 }, // a client of ours asks elsewhere meanwhile
  contentionMs: 2_000, // a client that comes every second or so keeps a flood off
  shareWorkMsPerSecond: 3, // 30 small answers; a client asks for ten runs of chunks a second
  shareBytesPerSecond: 1024 * 1024, // a hundred such machines fill a line of a Gbit/s
  shareBurstMs: 30_000, // a patch of 30 MB; a first check, and the day's page with its files
  shareAtOnce: 16, // a browser asks for six at once, our client for fewer
  networkShares: 4, // as for handshakes: a household has one address, an office has some
  requestWorkMs: 0.05, // to accept a connection and read a head
  pressedMs: 5_000, // a flood that is held back returns within two seconds
  alarmWindowMs: 10_000, // each of a worker's machines has asked again by then
  alarmPercent: 2, // the shield is to serve 99.9 % of them
  alarmMachines: 3, // one ticket that was stolen, or two, is no alarm
  alarmQuietMs: 60_000,
  logLinesPerSecondMax: 10, // what a person can read
};

/**
 * Files are read and kept in blocks of this size. Measured on 8 MiB downloads over loopback with
 * one core: `createReadStream` 1.1 to 1.3 GB/s, a read loop with pooled buffers 1.6 to 3.1,
 * blocks kept in memory and shared 1.8 to 4.0.
 */
export const blockBytes = 256 * 1024;
/**
 * What a reader of unknown speed is handed at once, since its rate is only seen when a write
 * ends. One that took a piece within `quickMs` gets the rest of the block in one write: that
 * costs a quarter less of a CPU second.
 */
export const pieceBytes = 64 * 1024;
export const quickMs = 50;
/**
 * Whole files up to this size are sent as text: Node hands a head and a text to the system in one
 * piece, without a copy of its own while both have under 16 KiB, and a head and a buffer in two.
 * Measured on 1 KiB: a quarter less of a CPU second.
 */
export const textBytesMax = 8 * 1024;
/** A file without its hash in its name is hashed up to this size: about a millisecond. */
export const hashedBytesMax = 1024 * 1024;
/** Other routes that one answer may name: a header of about a KiB. */
export const duplicatesMax = 8;
export const workersMax = 256;
