import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Link } from "./links.ts";

/** Where a message came from, or goes to. */
export type Peer = Pick<RemoteInfo, "address" | "port">;

/** The machine's ear and mouth for multicast DNS (RFC 6762). */
export interface Multicast {
  /** Called with every message; `bytes` are the callee's. */
  listen(onMessage: (bytes: Buffer, from: Peer) => void): void;
  /** Takes part in these links too. */
  join(links: readonly Link[]): void;
  /** To all on a link; what the network does not take is lost, as any of it may be. */
  tell(bytes: Buffer, link: Link): Promise<void>;
  /** To one alone. */
  answer(bytes: Buffer, to: Peer): Promise<void>;
  close(): void;
}

export const mdnsPort = 5353;
const group = "224.0.0.251";
const hops = 255; // RFC 6762 section 11

/**
 * Listens at mDNS's own port, beside whoever does so already (avahi, systemd-resolved); where they
 * let nobody in, at any port, as who only asks may.
 * @returns undefined where there is no network to speak of, or the system lets nobody take part
 */
export async function openMulticast(
  links: readonly Link[],
  { mayUseAnyPort }: { readonly mayUseAnyPort: boolean },
): Promise<Multicast | undefined> {
  if (links.length === 0) return undefined;
  const socket = (await bound(mdnsPort)) ?? (mayUseAnyPort ? await bound(0) : undefined);
  if (socket === undefined) return undefined;
  const joined = new Set<string>();
  const join = (more: readonly Link[]): void => {
    for (const { address } of more) {
      if (joined.has(address)) continue;
      joined.add(address);
      attempt(() => socket.addMembership(group, address)); // it may be gone again
    }
  };
  attempt(() => socket.setMulticastTTL(hops));
  join(links);
  let last: Promise<void> = Promise.resolve();
  return {
    listen: (onMessage) => void socket.on("message", onMessage),
    join,
    tell(bytes, { address }) {
      // One after the other: the interface is the socket's until the message is on its way.
      last = last.then(async () => {
        if (attempt(() => socket.setMulticastInterface(address))) {
          await sent(socket, bytes, { address: group, port: mdnsPort });
        }
      });
      return last;
    },
    answer: (bytes, to) => sent(socket, bytes, to),
    close: () => void attempt(() => socket.close()),
  };
}

function bound(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    socket.once("error", () => {
      attempt(() => socket.close());
      resolve(undefined);
    });
    socket.bind(port, () => {
      socket.removeAllListeners("error");
      socket.on("error", () => undefined); // a link that goes down ends no program
      resolve(socket);
    });
  });
}

function sent(socket: Socket, bytes: Buffer, { address, port }: Peer): Promise<void> {
  return new Promise((resolve) => {
    const isOpen = attempt(() => socket.send(bytes, port, address, () => resolve()));
    if (!isOpen) resolve();
  });
}

function attempt(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
