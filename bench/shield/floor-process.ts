import { createServer as createHttpServer } from "node:http";
import { createServer as createNetServer } from "node:net";
import { filesInMemory } from "./files-in-memory.ts";

// What no server on Node.js can be quicker than: `node floor-process.ts http|net PORT TREE PATH...`
// sends whole files from memory, and judges nothing but the path.

const [kind = "", port = "", tree = "", ...paths] = process.argv.slice(2);
const bodies = filesInMemory(tree, paths);

if (kind === "http") {
  const server = createHttpServer((request, response) => {
    const body = bodies.get(request.url ?? "");
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, [
      "Content-Type",
      "application/octet-stream",
      "Content-Length",
      String(body.length),
    ]);
    response.end(body);
  });
  server.listen(Number(port), "127.0.0.1");
} else {
  // As little of HTTP as a client can bear: whatever comes is one whole request.
  const server = createNetServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      const body = bodies.get(text.slice(4, text.indexOf(" ", 4)));
      if (body === undefined) {
        socket.destroy();
        return;
      }
      const closing = text.includes("Connection: close");
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n`;
      socket.cork();
      socket.write(`${head}${closing ? "Connection: close\r\n" : ""}\r\n`, "latin1");
      if (closing) socket.end(body);
      else socket.write(body);
      socket.uncork();
    });
  });
  server.listen(Number(port), "127.0.0.1");
}
