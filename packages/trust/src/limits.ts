/**
 * What the client workflow never exceeds, whatever is signed. A document beyond them is refused
 * as `TRUST_LIMIT` or `TRUST_MALFORMED` before anything is spent on it.
 */
export const limits = {
  rootBytesMax: 512 * 1024, // what python-tuf allows; an honest root is under 20 KiB
  timestampBytesMax: 16 * 1024, // what python-tuf allows; fetched by every client, every time
  snapshotBytesMax: 8 * 1024 * 1024, // 50,000 roles with hashes
  targetsBytesMax: 32 * 1024 * 1024, // 100,000 targets with lean records in one role
  rootRotationsMax: 256, // in one refresh: five years asleep at one rotation a week
  rolesVisitedMax: 64, // in one lookup: each visit may cost one request
  signaturesMax: 256, // of one document; more keys than any ceremony has
  keysMax: 16 * 1024, // of one document: each of many delegated roles has its own
  roleKeysMax: 256, // keys that may sign for one role
  delegatedRolesMax: 16 * 1024, // of one document; more are written as succinct bins
  pathsMax: 64 * 1024, // patterns or prefixes of one delegated role
  patternLengthMax: 1024, // twice the longest target path that a publisher writes
  matchingStepsMax: 16 * 1024 * 1024, // in one lookup: about a second; 64 * 1024 honest patterns
  roleNameLengthMax: 256, // a role name becomes a file name on every route
  hashesMax: 8, // algorithms for one file
  keyLengthMax: 4096, // characters; an RSA key of 16,384 bits in PEM is 2,800
  signatureLengthMax: 4096, // characters; an RSA signature of 16,384 bits in hex
} as const;
