import { errnoOf } from "@causeway/client/internal/host-error";
import { CausewayError } from "@causeway/kernel";
import { type CarrierCode, CarrierError } from "../carrier-error.ts";

/** What a failed request to a bucket is to our callers. Keeps the cause. */
export function toS3Error(cause: unknown, place: string): CausewayError {
  if (cause instanceof CausewayError) return cause;
  const [code, what] = meaningOf(cause);
  return new CarrierError(code, `${place}: ${what}.`, { cause });
}

/** The service answered that there is no such object. */
export function isNoSuchKey(cause: unknown): boolean {
  return nameOf(cause) === "NoSuchKey";
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const meanings: readonly (readonly [RegExp, CarrierCode, string])[] = [
  [/^NoSuchBucket$/, "CARRIER_MISSING", "there is no such bucket; make it, or correct its name"],
  [
    /^(PermanentRedirect|TemporaryRedirect|AuthorizationHeaderMalformed|IllegalLocation.*)$/,
    "CARRIER_MISSING",
    "the bucket is in another region, or has another endpoint; set region or endpoint",
  ],
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    "CARRIER_DENIED",
    "no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile",
  ],
  [
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|UnrecognizedClient.*)$/,
    "CARRIER_DENIED",
    "the credentials are wrong or have expired; check AWS_ACCESS_KEY_ID or the profile",
  ],
  [
    /^(AccessDenied|AllAccessDisabled|AccountProblem|Forbidden|MethodNotAllowed)$/,
    "CARRIER_DENIED",
    "access denied; the credentials need to list, read, write and delete objects there",
  ],
  [
    /^(RequestTimeTooSkewed|RequestExpired|RequestInTheFuture)$/,
    "CARRIER_CLOCK",
    "this machine's clock and the service's differ by too much; set the clock",
  ],
  [
    /^(SlowDown|ServiceUnavailable|Throttling.*|TooManyRequests.*|RequestLimitExceeded|Busy)$/,
    "CARRIER_BUSY",
    "it asks for fewer requests, again and again; publish again later",
  ],
  [
    /^(Quota.*|InsufficientStorage|.*LimitExceeded|EntityTooLarge)$/,
    "CARRIER_FULL",
    "no room there, or a quota is used up; make room, then publish again",
  ],
];
const unreachable =
  /^(TimeoutError|RequestTimeout|E(CONNREFUSED|CONNRESET|CONNABORTED|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN|PROTO)|ERR_(TLS|SSL).*|CERT_.*|.*_CERT(_.*)?|.*_SIGNATURE)$/;
const byStatus: ReadonlyMap<number, string> = new Map([
  [301, "PermanentRedirect"],
  [403, "AccessDenied"],
  [429, "TooManyRequests"],
  [503, "SlowDown"],
  [507, "InsufficientStorage"],
]);

function meaningOf(cause: unknown): readonly [CarrierCode, string] {
  const name = nameOf(cause);
  const why = cause instanceof Error ? cause.message.slice(0, 300) : "";
  const status = statusOf(cause);
  for (const each of [name, errnoOf(cause) ?? "", byStatus.get(status ?? 0) ?? ""]) {
    const known = meanings.find(([pattern]) => pattern.test(each));
    if (known !== undefined) return [known[1], `${known[2]} (${name})`];
    if (unreachable.test(each)) {
      const what = `it cannot be reached; check the endpoint and the network (${why || each})`;
      return ["CARRIER_UNREACHABLE", what];
    }
  }
  if (why.startsWith("Region is missing")) return ["CARRIER_MISSING", "set its region"];
  return ["CARRIER_IO", `the request failed (${[name, status, why].filter(Boolean).join(", ")})`];
}

function nameOf(cause: unknown): string {
  return cause instanceof Error ? cause.name : String(cause);
}

function statusOf(cause: unknown): number | undefined {
  const { $metadata } = cause as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}
