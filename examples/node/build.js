// Makes dist out of page: assets get a hash in their names, the page points at them.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { minify } from "html-minifier-terser";

await rm("dist", { recursive: true, force: true });
await mkdir("dist");

let page = await readFile("page/index.html", "utf8");
for (const name of ["chat.css", "chat.js"]) {
  const text = await readFile(`page/${name}`);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 10);
  const hashed = name.replace(".", `.${hash}.`);
  await writeFile(`dist/${hashed}`, text);
  page = page.replaceAll(`/${name}`, `/${hashed}`);
}
await writeFile("dist/index.html", await minify(page, { collapseWhitespace: true, removeComments: true }));
console.log("built dist");
