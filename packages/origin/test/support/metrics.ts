import { ask } from "./http.ts";

/** The value of one sample of an origin's `/metrics`, as `tls_handshakes_total{outcome="late"}`. */
export async function metricOf(
  { adminUrl }: { readonly adminUrl: string | undefined },
  sample: string,
): Promise<number> {
  const text = (await ask(`${adminUrl}/metrics`)).body.toString();
  const line = text.split("\n").find((each) => each.startsWith(`causeway_origin_${sample} `));
  return Number(line?.split(" ")[1]);
}
