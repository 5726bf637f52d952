import { InvalidArgumentError } from "commander";

/** Where to listen. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

/** Reads an option's value as `[HOST:]PORT`: `8080`, `10.0.0.3:8080`, `[::1]:8080`. */
export function listenPlace(text: string): ListenPlace {
  const [, v6, name = "0.0.0.0", digits] =
    /^(?:(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{1,253})):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port <= 65_535) return { host: v6 ?? name, port };
  throw new InvalidArgumentError(
    "Write it as 8080, 10.0.0.3:8080 or [::1]:8080; port 0 takes a free one.",
  );
}
