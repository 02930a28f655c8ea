import { defineConfig } from "vite";
import { licences, packed } from "./build/packed.ts";

const gateway = process.env.RESONANCE_GATEWAY ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/ml/console/",
  build: {
    outDir: process.env.OUT ?? "../services/gateway/resonance_gateway/console/built",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  plugins: [licences(), packed()],
  // `npm run dev` shows the page as it is being written, with the data of a gateway that runs.
  server: {
    host: "127.0.0.1",
    proxy: { "^/(ml/(?!console)|openapi|asyncapi|ws/)": { target: gateway, ws: true } },
  },
});
