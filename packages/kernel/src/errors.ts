/** Who must act for the failure to go away. */
export type Blame = "route" | "publisher" | "host" | "caller";
/** What helps: another route, waiting, or nothing until the one to blame has acted. */
export type Remedy = "other-route" | "later" | "never";

/**
 * Base of every failure that Causeway reports. Match on `code`, not on the class: two copies of
 * a package may be loaded. Every code stands in docs/errors.md.
 */
export abstract class CausewayError extends Error {
  abstract readonly code: string;
  abstract readonly blame: Blame;
  abstract readonly remedy: Remedy;
}

export const routeCodes = [
  "ROUTE_UNREACHABLE", // no connection, or none in time
  "ROUTE_REFUSED", // answered, and will not serve us (401, 403, 429, 503, a redirect elsewhere)
  "ROUTE_MISSING", // answered that the file is not there (404, 410)
  "ROUTE_STALLED", // connected, then too few bytes in time
  "ROUTE_TRUNCATED", // the answer ended before its promised length
  "ROUTE_ENDLESS", // the answer went past its bound
  "ROUTE_MISLABELLED", // another range, encoding, or kind of answer than was asked for
  "ROUTE_LIED", // bytes that the signed metadata does not vouch for
  "PROXY_UNREACHABLE", // no connection to the proxy on the way, or none in time
  "PROXY_AUTHENTICATION", // the proxy wants another name and password, or any (407)
  "PROXY_REFUSED", // the proxy answered, and will not connect us
  "ROUTE_STALE", // an older state than one that is already trusted, or an expired one
] as const;
export type RouteCode = (typeof routeCodes)[number];

/** One route failed at one request. Another route may do better. */
export class RouteError extends CausewayError {
  override readonly name = "RouteError";
  readonly blame = "route";
  readonly remedy = "other-route";
  readonly code: RouteCode;
  /** The URL that was asked for, without credentials. */
  readonly url: string;
  /** Milliseconds that the route asked us to stay away (`Retry-After`), if it did. */
  readonly retryAfterMs: number | undefined;
  /** True when the connection was reset before the answer, as flood filters do to a first one. */
  readonly reset: boolean;
  /** True for a 403 that asks for no wait: what some object stores say of a file that they lack. */
  readonly forbidden: boolean;
  /** True when it redirects to where it may not lead. */
  readonly astray: boolean;
  /** True when it redirects to another listed route, which lied. */
  readonly misled: boolean;
  /** True when it sent all of the file where a part was asked for, as servers without ranges do. */
  readonly rangeless: boolean;
  /** True when it took the connection, or broke it off, and said nothing to what was asked. */
  readonly silent: boolean;

  constructor(
    code: RouteCode,
    url: string,
    message: string,
    options?: ErrorOptions & {
      retryAfterMs?: number;
      reset?: boolean;
      forbidden?: boolean;
      astray?: boolean;
      misled?: boolean;
      rangeless?: boolean;
      silent?: boolean;
    },
  ) {
    super(message, options);
    this.code = code;
    this.url = url;
    this.retryAfterMs = options?.retryAfterMs;
    this.reset = options?.reset ?? false;
    this.forbidden = options?.forbidden ?? false;
    this.astray = options?.astray ?? false;
    this.misled = options?.misled ?? false;
    this.rangeless = options?.rangeless ?? false;
    this.silent = options?.silent ?? this.reset;
  }
}

/** What became of one route in a run that failed. */
export interface RouteAttempt {
  readonly url: string;
  /** Bytes from this route that were verified and kept. */
  readonly bytesKept: number;
  readonly error: CausewayError;
}

/** Every route was tried and none delivered; `attempts` says what each one did. */
export class NoRouteDelivered extends CausewayError {
  override readonly name = "NoRouteDelivered";
  readonly code = "ROUTE_ALL_FAILED";
  readonly blame = "route";
  readonly remedy = "later";
  readonly attempts: readonly RouteAttempt[];

  constructor(what: string, attempts: readonly RouteAttempt[]) {
    const count = attempts.length === 1 ? "the only route" : `all ${attempts.length} routes`;
    const tried = attempts.length === 0 ? "" : `: ${count} failed`;
    super(`${what}${tried}. Add another with --route, or try again later.`);
    this.attempts = attempts;
  }
}

export const trustCodes = [
  "TRUST_MALFORMED", // not a document of the kind that was asked for
  "TRUST_THRESHOLD", // too few valid signatures
  "TRUST_VERSION", // another version number than the signed one, or than the next
  "TRUST_ROLLBACK", // older than what is already trusted
  "TRUST_EXPIRED", // past its signed expiry
  "TRUST_MISMATCH", // length or hash differs from the signed one
  "TRUST_MIXED", // pieces of different repository states
  "TRUST_UNDELEGATED", // no trusted role vouches for the path
  "TRUST_LIMIT", // larger, deeper or more than any honest document is
] as const;
export type TrustCode = (typeof trustCodes)[number];

/** Bytes that a threshold of trusted keys does not vouch for, or not any more. */
export class TrustError extends CausewayError {
  override readonly name = "TrustError";
  readonly blame = "publisher";
  readonly remedy = "other-route";
  readonly code: TrustCode;
  /** The document at fault, as `timestamp`, `patches-3f` or a target path. */
  readonly subject: string;

  constructor(code: TrustCode, subject: string, message: string, options?: ErrorOptions) {
    super(`${subject}: ${message}`, options);
    this.code = code;
    this.subject = subject;
  }
}

export const hostCodes = [
  "HOST_FULL", // the disk is full, or too small for the target
  "HOST_DENIED", // the operating system refuses access
  "HOST_MISSING", // a file that must be there is not
  "HOST_CORRUPT_STATE", // our own files were damaged or edited
  "HOST_REPLACED", // somebody removed a file that we were writing, or put another in its place
  "HOST_BUSY", // another process holds the lock, or too many files are open
  "HOST_ADDRESS", // the address or port cannot be listened on
  "HOST_CLOCK", // the clock is before the last signing
  "HOST_IO", // any other failure of the disk or the operating system
] as const;
export type HostCode = (typeof hostCodes)[number];

/** The machine itself stands in the way; no route can help. */
export class HostError extends CausewayError {
  override readonly name = "HostError";
  readonly blame = "host";
  readonly remedy = "never";
  readonly code: HostCode;

  constructor(code: HostCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const usageCodes = [
  "USAGE_ARGUMENT", // a wrong or missing argument
  "USAGE_NAME", // a name that not every route can carry
  "USAGE_VERSION", // not a version
  "USAGE_EXISTS", // would overwrite or add twice
  "USAGE_UNKNOWN_PRODUCT", // no such product, or none for this platform or version
  "USAGE_ROUTES_RETIRED", // the vendor has retired every route that is known
  "USAGE_TRUST_MISSING", // no trusted root yet: --trust is needed
  "USAGE_TRUST_CONFLICT", // the state was pinned to another root
  "CONFIG_MALFORMED", // causeway.yaml cannot be read; the message names the line
  "CONFIG_MISSING", // no causeway.yaml there
  "KEY_MISSING", // a key that is needed is not in keys/, or where --key says
  "KEY_PASSPHRASE", // a wrong or missing passphrase
  "KEY_UNREADABLE", // not a private key that we know
  "KEY_THRESHOLD", // fewer signatures than the role needs
  "TLS_CERTIFICATE", // no certificate that a server can use
  "TLS_KEY", // no private key that a server can use
  "TLS_MISMATCH", // the key is not the one of the certificate
] as const;
export type UsageCode = (typeof usageCodes)[number];

/** The caller asked for something that cannot be done as asked. */
export class UsageError extends CausewayError {
  override readonly name = "UsageError";
  readonly blame = "caller";
  readonly remedy = "never";
  readonly code: UsageCode;

  constructor(code: UsageCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const announcementCodes = [
  "ANNOUNCEMENT_MALFORMED", // no announcement at all, or of a newer kind
  "ANNOUNCEMENT_MISTYPED", // a group is not as it was written
  "ANNOUNCEMENT_TRUNCATED", // its end is missing
  "ANNOUNCEMENT_FOREIGN", // of another repository
  "ANNOUNCEMENT_UNKNOWN", // nothing here says yet who may sign one
  "ANNOUNCEMENT_FORGED", // not signed by a key of routes
  "ANNOUNCEMENT_EXPIRED", // past its signed end
  "ANNOUNCEMENT_ENDLESS", // good for longer than any may be
  "ANNOUNCEMENT_REPLAYED", // taken already, or older than one that was
] as const;
export type AnnouncementCode = (typeof announcementCodes)[number];

/** A code that carries routes, and that is not to be followed. */
export class AnnouncementError extends CausewayError {
  override readonly name = "AnnouncementError";
  readonly blame = "caller";
  readonly remedy = "never";
  readonly code: AnnouncementCode;
  /** Which group was mistyped, counted from 1. */
  readonly group: number | undefined;

  constructor(code: AnnouncementCode, message: string, options?: { readonly group: number }) {
    super(message);
    this.code = code;
    this.group = options?.group;
  }
}

export const nameCodes = [
  "NAME_TSIG_REFUSED", // the name server refuses the key, the signature, or the time of either
  "NAME_REFUSED", // the name server will not make the change, or made another
  "NAME_UNREACHABLE", // the name server does not answer
  "NAME_CONFLICT", // the name is no longer what it was when the change was planned
  "NAME_ZONE", // the name server has no zone in which the name is
] as const;
export type NameCode = (typeof nameCodes)[number];

/** A name server did not do what was asked of it. */
export class NameError extends CausewayError {
  override readonly name = "NameError";
  readonly blame: "caller" | "host";
  readonly remedy: "later" | "never";
  readonly code: NameCode;
  /** Which fault of the signature, where it was that: `BADKEY`, `BADSIG`, `BADTIME` (RFC 8945). */
  readonly tsig: string | undefined;
  /** Seconds that the server's clock is ahead of ours, where it told: negative when behind. */
  readonly clockSeconds: number | undefined;

  constructor(
    code: NameCode,
    message: string,
    options?: ErrorOptions & { readonly tsig?: string; readonly clockSeconds?: number },
  ) {
    super(message, options);
    const isPassing = code === "NAME_UNREACHABLE" || code === "NAME_CONFLICT";
    this.code = code;
    this.blame = isPassing ? "host" : "caller";
    this.remedy = isPassing ? "later" : "never";
    this.tsig = options?.tsig;
    this.clockSeconds = options?.clockSeconds;
  }
}

/** The caller's `AbortSignal` fired. What was verified so far is kept. */
export class Interrupted extends CausewayError {
  override readonly name = "Interrupted";
  readonly code = "INTERRUPTED";
  readonly blame = "caller";
  readonly remedy = "later";

  constructor(
    message = "interrupted; run the same command again to go on",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
