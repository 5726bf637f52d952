import { httpTransport } from "../../src/node/http-transport.ts";

// Reads each URL over connections that are kept, and closes nothing.
const [, , ca = "", ...urls] = process.argv;
const transport = httpTransport({ ca: [ca] });
const { signal } = new AbortController();
for (const url of urls) {
  const delivery = await transport.open({ url: new URL(url), signal });
  for await (const bytes of delivery.body) process.stdout.write(bytes);
}
