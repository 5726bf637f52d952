import { createSocket } from "node:dgram";

// Takes mDNS's port, as others do: "shared" with whoever comes, or "alone".
const socket = createSocket({ type: "udp4", reuseAddr: process.argv[2] === "shared" });
socket.bind(5353, () => process.stdout.write("taken\n"));
