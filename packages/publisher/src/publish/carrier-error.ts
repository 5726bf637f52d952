import { CausewayError } from "@causeway/kernel";

export const carrierCodes = [
  "CARRIER_UNREACHABLE", // no connection, or it broke off, or no answer in time
  "CARRIER_HOST_KEY", // the host's key is not known here, or is another one than before
  "CARRIER_DENIED", // no credentials, wrong ones, or some that may not do this
  "CARRIER_MISSING", // no such bucket or program there
  "CARRIER_FULL", // no room there, or a quota is used up
  "CARRIER_BUSY", // it asks for fewer requests, again and again
  "CARRIER_CLOCK", // the clocks of the two machines differ by more than it accepts
  "CARRIER_LIED", // it took a file and has other bytes than it was given, or nothing
  "CARRIER_IO", // any other failure
] as const;
export type CarrierCode = (typeof carrierCodes)[number];

/** What is written to over a network failed. The other carriers go on; publish again repairs it. */
export class CarrierError extends CausewayError {
  override readonly name = "CarrierError";
  readonly blame = "route";
  readonly remedy = "later";
  readonly code: CarrierCode;

  constructor(code: CarrierCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
