// Sparkplug B with Eclipse Tahu's own payload library: `rebirth` prints an NCMD in hex; `decode` reads lines of hex and prints JSON.
import { createInterface } from "node:readline";
import sparkplug from "sparkplug-payload";

const codec = sparkplug.get("spBv1.0");
if (process.argv[2] === "rebirth") {
  const metrics = [{ name: "Node Control/Rebirth", type: "Boolean", value: true }];
  process.stdout.write(Buffer.from(codec.encodePayload({ timestamp: Date.now(), metrics })).toString("hex"));
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const payload = codec.decodePayload(Buffer.from(line, "hex"));
    process.stdout.write(JSON.stringify(payload, (_key, value) => (value?.toNumber ? value.toNumber() : value)) + "\n");
  }
}
