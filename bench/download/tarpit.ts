import { createServer } from "node:net";

// A route that takes every connection and never answers: tarpit.ts ADDRESS PORT
const [address, port] = process.argv.slice(2);
createServer((socket) => {
  socket.on("error", () => undefined);
  socket.resume();
}).listen(Number(port), address);
