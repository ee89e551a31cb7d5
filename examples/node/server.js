// Serves dist, the chat's WebSocket and a stream of how many messages there were.
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { WebSocketServer } from "ws";

const types = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8" };
const files = new Map();
for (const name of await readdir("dist")) {
  files.set(`/${name}`, { body: await readFile(`dist/${name}`), type: types[extname(name)] });
}
files.set("/", files.get("/index.html"));

let messages = 0;
const readers = new Set();

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/events") return tell(response);
  const file = files.get(pathname);
  if (!file) return response.writeHead(404, { "Content-Type": "text/plain" }).end("There is no such page.\n");
  const caching = /\.[0-9a-f]{10}\./.test(pathname) ? "public, max-age=31536000, immutable" : "no-cache";
  response.writeHead(200, { "Content-Type": file.type, "Cache-Control": caching }).end(file.body);
});

// tell keeps a response open and writes the count to it, now and every second.
function tell(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const write = () => response.write(`data: ${messages}\n\n`);
  const timer = setInterval(write, 1000);
  readers.add(response);
  response.on("close", () => { clearInterval(timer); readers.delete(response); });
  write();
}

const chat = new WebSocketServer({ server, path: "/chat", maxPayload: 4096 });
chat.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (text) => {
    messages += 1;
    for (const other of chat.clients) other.send(String(text));
  });
});

server.listen(process.env.PORT, process.env.HOST, () => console.log(`serving on port ${process.env.PORT}`));

process.on("SIGTERM", () => {
  for (const socket of chat.clients) socket.close(1001, "the server restarts");
  for (const response of readers) response.end();
  server.close(() => process.exit(0));
});
