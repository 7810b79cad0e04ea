// Builds the front end: `npm run build` (or `npm run watch`) writes ../static/dist/ with content-hashed files and
// manifest.json, which maps each plain name to its file ("app.css" → "app-3F2A9C1B.css"). Nothing is fetched.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { watch as watchFolder } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../../..");
const dist = join(here, "../static/dist");
// The oldest browser we serve; esbuild lowers newer CSS (nesting) and JS to it.
const target = "chrome109";

/** One SVG file with a <symbol> per icon of icons.txt, so that a page draws any icon with <use>. */
async function sprite() {
  const lines = (await readFile(join(here, "icons.txt"), "utf8")).split("\n");
  const names = lines.map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
  const symbols = await Promise.all(
    names.map(async (name) => {
      const svg = await readFile(join(root, "node_modules/lucide-static/icons", `${name}.svg`), "utf8");
      const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.indexOf("</svg>")).replace(/\s*\n\s*/g, "");
      return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
    }),
  );
  const licence = "<!-- lucide-static, ISC licence, (c) Lucide contributors; parts (c) Cole Bemis (Feather, MIT) -->";
  return `<svg xmlns="http://www.w3.org/2000/svg">${licence}${symbols.join("")}</svg>\n`;
}

async function bundle(entry, format) {
  const result = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    write: false,
    target,
    format,
    charset: "utf8",
    legalComments: "inline",
    logLevel: "warning",
  });
  return result.outputFiles[0].text;
}

async function buildAll() {
  const [css, app, charts, icons] = await Promise.all([
    bundle("css/app.css"),
    bundle("js/app.js", "iife"),
    bundle("js/charts.js", "esm"), // loaded by import() only where a page has a chart
    sprite(),
  ]);
  const files = { "app.css": css, "app.js": app, "charts.js": charts, "icons.svg": icons };
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const manifest = {};
  for (const [name, text] of Object.entries(files)) {
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
    const ext = extname(name);
    manifest[name] = `${name.slice(0, -ext.length)}-${hash}${ext}`;
    await writeFile(join(dist, manifest[name]), text);
  }
  // Last, so that a manifest never names a file that isn't there yet.
  await writeFile(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  const sizes = Object.entries(files).map(([name, text]) => `${name} ${Math.round(Buffer.byteLength(text) / 1024)} kB`);
  console.log(`static/dist: ${sizes.join(", ")}`);
}

await buildAll();

if (process.argv.includes("--watch")) {
  let timer;
  watchFolder(here, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => buildAll().catch((error) => console.error(error.message)), 100);
  });
}
