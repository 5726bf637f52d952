/** A reserve route as it stands in the signed list. Format: docs/reserves.md. */
export interface SealedRoute {
  /** Which key opens it: 1 to `sealedLimits.shardMax`. */
  readonly shard: number;
  /** base64url of the nonce, the encrypted route and the tag. */
  readonly box: string;
}

/** What opens all routes of one shard. */
export interface ShardKey {
  readonly shard: number;
  /** base64url of 32 random bytes; a secret until it is announced. */
  readonly key: string;
  /** Clients are given it with tickets in calm times; else nobody has it before it is announced. */
  readonly given?: true;
  /** An announcement has it: it hides nothing new. */
  readonly announced?: true;
}

export const sealedLimits = {
  shardMax: 1024,
  boxesMax: 1024, // with the longest URLs they take a third of what a list may
  boxLengthMax: 8192, // four URLs of 1,024 characters each, padded
} as const;

/** 32 bytes in base64url. */
export function isShardKey(text: string): text is string {
  return /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(text);
}

export function isBase64Url(text: string): boolean {
  return /^[\w-]+$/.test(text);
}
