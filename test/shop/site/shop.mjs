// A site under load: a page with assets that no other edition has, orders that are posted,
// and a report that takes its time.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as after } from "node:timers/promises";

const page = readFileSync("page.html", "utf8");
const hash = createHash("sha256").update(page).digest("hex").slice(0, 8);
const texts = {
  "/": ["text/html; charset=utf-8", page.replaceAll("{hash}", hash)],
  [`/style.${hash}.css`]: ["text/css", "p { color: green }\n"],
  [`/cart.${hash}.js`]: ["text/javascript", "console.log('cart');\n"],
};

// report comes a line a second, ten lines.
async function report(response) {
  for (let line = 0; line < 10; line++) {
    await after(1000);
    response.write("a line\n");
  }
  response.end();
}

const server = createServer((request, response) => {
  const text = texts[request.url];
  if (text) {
    response.setHeader("Content-Type", text[0]).end(text[1]);
  } else if (request.url === "/report") {
    report(response);
  } else if (request.url === "/orders") {
    request.pipe(response);
  } else {
    response.writeHead(404).end();
  }
});
server.keepAliveTimeout = 65_000;
server.listen(Number(process.env.PORT));
process.on("SIGTERM", () => server.close(() => process.exit(0))); // what is under way comes to its end
